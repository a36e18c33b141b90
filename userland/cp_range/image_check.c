// SPDX-License-Identifier: GPL-2.0-or-later
#include "image_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int damaged(const struct image *image, const char *what)
{
	fprintf(stderr, "%s: %s\n", image->path, what);
	return -1;
}

/* Whether @length bytes at @offset are inside the file; no sum overflows. */
static int inside(const struct image *image, uint64_t offset, uint64_t length)
{
	return offset <= image->size && length <= image->size - offset;
}

/*
 * Sets ->segments.  From 65,535 segments on, e_phnum says PN_XNUM and the count
 * is in the first section header.
 */
static int find_segments(struct image *image)
{
	const Elf64_Ehdr *header = (const void *)image->bytes;
	uint64_t count;

	if (!inside(image, 0, sizeof(*header)))
		return damaged(image, "too short for an ELF header");
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_type != ET_CORE)
		return damaged(image, "not a little-endian ELF64 core file");

	count = header->e_phnum;
	if (count == PN_XNUM) {
		const Elf64_Shdr *section =
			(const void *)(image->bytes + header->e_shoff);

		if (!inside(image, header->e_shoff, sizeof(*section)) ||
		    header->e_shoff % 8)
			return damaged(image, "section header is outside");
		count = section->sh_info;
	}
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff % 8 ||
	    !inside(image, header->e_phoff, count * sizeof(Elf64_Phdr)))
		return damaged(image, "program headers are outside");

	image->segments = (const void *)(image->bytes + header->e_phoff);
	image->nr_segments = count;
	return 0;
}

static int check_segments(const struct image *image)
{
	size_t i;

	for (i = 0; i < image->nr_segments; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (!inside(image, segment->p_offset, segment->p_filesz))
			return damaged(image, "a segment is outside");
		if (segment->p_type == PT_LOAD && segment->p_filesz &&
		    segment->p_filesz != segment->p_memsz)
			return damaged(image, "a segment is cut off");
	}
	return 0;
}

int image_open(struct image *image, const char *path)
{
	struct stat st;
	void *bytes;
	int fd;

	memset(image, 0, sizeof(*image));
	image->path = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return damaged(image, strerror(errno));
	if (fstat(fd, &st) || st.st_size <= 0) {
		close(fd);
		return damaged(image, "empty");
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return damaged(image, strerror(errno));
	image->bytes = bytes;
	image->size = (size_t)st.st_size;

	if (find_segments(image) || check_segments(image)) {
		image_close(image);
		return -1;
	}
	return 0;
}

void image_close(struct image *image)
{
	if (image->bytes)
		munmap((void *)image->bytes, image->size);
	image->bytes = NULL;
}

enum image_page image_find(const struct image *image, uint64_t address,
			   const unsigned char **data)
{
	size_t low = 0, high = image->nr_segments;

	/* PT_LOADs ascend; the notes before and after have p_vaddr 0. */
	while (low < high && image->segments[low].p_type != PT_LOAD)
		low++;
	while (low < high && image->segments[high - 1].p_type != PT_LOAD)
		high--;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const Elf64_Phdr *segment = &image->segments[middle];

		if (address < segment->p_vaddr) {
			high = middle;
		} else if (address - segment->p_vaddr >= segment->p_memsz) {
			low = middle + 1;
		} else if (!segment->p_filesz) {
			return IMAGE_ZERO;
		} else {
			*data = image->bytes + segment->p_offset +
				(address - segment->p_vaddr);
			return IMAGE_DATA;
		}
	}
	return IMAGE_ABSENT;
}
