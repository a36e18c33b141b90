// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "image.h"

#define ALIGN4(n) (((n) + 3) & ~(size_t)3)

static uint32_t crc32c(const char *bytes, size_t count)
{
	uint32_t table[256], crc = ~0U;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0x82f63b78 : 0);
	}
	while (count--)
		crc = (crc >> 8) ^ table[(crc ^ (uint8_t)*bytes++) & 0xff];
	return ~crc;
}

static const char *read_file(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t done = 0;
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return "cannot be opened";
	if (!fstat(fd, &st))
		image->bytes = malloc(st.st_size + 1);
	if (!image->bytes) {
		close(fd);
		return "cannot be read";
	}
	image->size = st.st_size;
	while ((got = read(fd, image->bytes + done, image->size - done)) > 0)
		done += got;
	close(fd);
	return done == image->size ? NULL : "cannot be read";
}

static const char *parse_header(struct image *image)
{
	const struct elf64_hdr *ehdr = (const void *)image->bytes;
	const struct elf64_shdr *section;

	if (image->size < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG))
		return "no ELF header";
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB || ehdr->e_type != ET_CORE)
		return "no little-endian ELF64 core";
	image->nr_segments = ehdr->e_phnum;
	if (ehdr->e_phnum == PN_XNUM) {
		if (ehdr->e_shoff > image->size - sizeof(*section))
			return "section header outside";
		section = (const void *)(image->bytes + ehdr->e_shoff);
		image->nr_segments = section->sh_info;
	}
	if (ehdr->e_phentsize != sizeof(struct elf64_phdr) || ehdr->e_phoff > image->size ||
	    image->nr_segments > (image->size - ehdr->e_phoff) / sizeof(struct elf64_phdr))
		return "program headers outside";
	image->segments = (const void *)(image->bytes + ehdr->e_phoff);
	for (size_t i = 0; i < image->nr_segments; i++) {
		const struct elf64_phdr *segment = image->segments + i;

		/* Without data it is nowhere. */
		if (!segment->p_filesz)
			continue;
		if (segment->p_offset > image->size ||
		    segment->p_filesz > image->size - segment->p_offset)
			return "segment outside";
		if (segment->p_type == PT_LOAD && segment->p_filesz != segment->p_memsz)
			return "segment with part of its data";
	}
	return NULL;
}

static const char *take_end(struct image *image, const char *header,
			    const char *desc, size_t bytes)
{
	struct proc_checkpoint_end end;
	size_t before = header - image->bytes;

	if (bytes != sizeof(end) || desc + bytes != image->bytes + image->size)
		return "end record of another size, or not at the end";
	memcpy(&end, desc, sizeof(end));
	if (le64toh(end.length) != before || end.reserved)
		return "end record of another file";
	if (le32toh(end.crc32c) != crc32c(image->bytes, before))
		return "wrong CRC";
	return NULL;
}

static const char *take_note(struct image *image, const char *header,
			     const struct elf64_note *note, const char *desc)
{
	size_t bytes = note->n_descsz;

	switch (note->n_type) {
	case PROC_CHECKPOINT_NT_INFO:
		if (bytes != sizeof(image->info))
			return "info record of another size";
		memcpy(&image->info, desc, bytes);
		if (le32toh(image->info.version) != PROC_CHECKPOINT_FORMAT_VERSION)
			return "another format version";
		break;
	case PROC_CHECKPOINT_NT_MAP:
		image->map = desc;
		image->map_bytes = bytes;
		break;
	case PROC_CHECKPOINT_NT_FILE_PAGES:
		image->file_pages = desc;
		image->file_pages_bytes = bytes;
		break;
	case PROC_CHECKPOINT_NT_SKIPPED:
		image->skipped = desc;
		image->skipped_bytes = bytes;
		break;
	case PROC_CHECKPOINT_NT_END:
		return take_end(image, header, desc, bytes);
	}
	return NULL;
}

static const char *parse_notes(struct image *image)
{
	bool ended = false;

	for (size_t i = 0; i < image->nr_segments; i++) {
		const struct elf64_phdr *segment = image->segments + i;
		const char *at = image->bytes + segment->p_offset;
		size_t left = segment->p_filesz;

		if (segment->p_type != PT_NOTE)
			continue;
		while (left >= sizeof(struct elf64_note)) {
			const char *name = at + sizeof(struct elf64_note);
			const char *wrong = NULL;
			struct elf64_note note;
			size_t bytes;

			memcpy(&note, at, sizeof(note));
			bytes = sizeof(note) + ALIGN4(note.n_namesz) + ALIGN4(note.n_descsz);
			if (bytes > left)
				return "note outside";
			if (note.n_namesz == sizeof(PROC_CHECKPOINT_NOTE_NAME) &&
			    !memcmp(name, PROC_CHECKPOINT_NOTE_NAME, note.n_namesz))
				wrong = take_note(image, at, &note, name + ALIGN4(note.n_namesz));
			if (wrong)
				return wrong;
			ended |= note.n_type == PROC_CHECKPOINT_NT_END;
			at += bytes;
			left -= bytes;
		}
	}
	if (!image->info.version || !image->map || !image->file_pages || !image->skipped)
		return "a note is missing";
	return ended ? NULL : "no end record";
}

const char *image_read(struct image *image, const char *path)
{
	const char *wrong;

	memset(image, 0, sizeof(*image));
	wrong = read_file(image, path);
	if (!wrong)
		wrong = parse_header(image);
	if (!wrong)
		wrong = parse_notes(image);
	if (wrong)
		image_free(image);
	return wrong;
}

void image_free(struct image *image)
{
	free(image->bytes);
	memset(image, 0, sizeof(*image));
}

bool image_mapping(const struct image *image, unsigned long address,
		   struct proc_checkpoint_mapping *mapping, const char **name)
{
	size_t at = 0;

	while (at + sizeof(*mapping) <= image->map_bytes) {
		memcpy(mapping, image->map + at, sizeof(*mapping));
		if (address >= le64toh(mapping->start) && address < le64toh(mapping->end)) {
			*name = image->map + at + sizeof(*mapping);
			return true;
		}
		if (le32toh(mapping->entry_bytes) < sizeof(*mapping))
			break;
		at += le32toh(mapping->entry_bytes);
	}
	return false;
}

/* Both kinds of runs begin with start and end. */
static bool in_run(const char *runs, size_t bytes, size_t each, unsigned long address)
{
	for (size_t at = 0; at + each <= bytes; at += each) {
		struct proc_checkpoint_file_run run;

		memcpy(&run, runs + at, sizeof(run));
		if (address >= le64toh(run.start) && address < le64toh(run.end))
			return true;
	}
	return false;
}

enum page_state image_page(const struct image *image, unsigned long address,
			   const void **contents)
{
	struct proc_checkpoint_mapping mapping;
	const char *name;

	if (!image_mapping(image, address, &mapping, &name))
		return PAGE_UNMAPPED;
	if (in_run(image->file_pages, image->file_pages_bytes,
		   sizeof(struct proc_checkpoint_file_run), address))
		return PAGE_OF_FILE;
	if (in_run(image->skipped, image->skipped_bytes,
		   sizeof(struct proc_checkpoint_skipped_run), address))
		return PAGE_SKIPPED;
	for (size_t i = 0; i < image->nr_segments; i++) {
		const struct elf64_phdr *segment = image->segments + i;

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_memsz)
			continue;
		if (!segment->p_filesz)
			return PAGE_ZERO;
		*contents = image->bytes + segment->p_offset + (address - segment->p_vaddr);
		return PAGE_DATA;
	}
	return PAGE_AS_BEFORE;
}

enum page_state chain_page(const struct image *images, size_t count,
			   unsigned long address, const void **contents)
{
	enum page_state state = PAGE_AS_BEFORE;

	/* What the newest does not map is not mapped, whatever was before. */
	while (count-- && state == PAGE_AS_BEFORE)
		state = image_page(images + count, address, contents);
	return state;
}
