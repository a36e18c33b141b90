/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cp_load.h: a program that starts afresh gets the memory back that it, or its
 * predecessor, checkpointed with cp_range.h.
 *
 *	static const char *const chain[] = { "cp_P1", "inc_cp_P1" };
 *	cp_load(array, array + size - 1, chain, 2);
 *
 *	cp_load_dir(array, array + size - 1);	the newest chain of cp_P*, inc_cp_P*
 *
 * For C99 with POSIX (-std=gnu99, or -D_DEFAULT_SOURCE) and C++; include it,
 * there is nothing to link.
 *
 * START is the first byte and END the last one, inclusive, as for cp_range().
 * The pages that lie wholly in between get the contents that the chain has for
 * the pages of its range, the first for the first and so on: the address may be
 * another one, the number of pages must be the same.
 *
 * What the program has to do for that:
 *
 * - Keep all that it needs to go on in the range: the arrays, and also where it
 *   was, such as the number of the step.  Nothing else is saved or loaded.
 * - Have whole pages for it, by mmap() or aligned_alloc(): the bytes of a page
 *   that lies only partly in the range are not saved.
 * - Map it writable before the call, and let nothing else use it meanwhile.
 *   Never the stack, nor the heap as a whole.
 * - Keep no pointers in it: they are loaded as they were, and the memory may be
 *   elsewhere now.  Indices will do.
 * - Have the same meaning for it: nobody compares versions of the program.
 *
 * cp_load() takes a full image and the incs that follow it, in order.
 * cp_load_dir() looks at the files cp_P<number> and inc_cp_P<number> in
 * $CP_RANGE_DIR, else in the working directory, that are images of as many
 * pages; how they belong together it reads in them.  It loads the newest
 * checkpoint, by its time, that is good with all that it builds on; an older
 * one if that is damaged or something is missing.  A directory should
 * therefore hold checkpoints of one range only.
 *
 * Both return 0, or -1 with errno set, and then the memory is as it was:
 * everything is checked, checksums included, before the first byte is written.
 * (The files must not be changed by others during the call: shortening one
 * raises SIGBUS.)
 *
 *	EINVAL		no image, no whole page, or another number of pages
 *	ENOMEM		not all of [START, END] is mapped
 *	ENOENT, EACCES, ...  a file cannot be opened; by cp_load_dir(): there is
 *			no checkpoint of so many pages
 *	EBADMSG		an image is damaged, not complete, or no image at all
 *	ESTALE		the images are no chain: the first one is no full image,
 *			or one does not build on the one before
 *	ENODATA		a page was not mapped, or was skipped: not saved
 *	ENOTSUP		a page is saved by reference to a file, or the format is
 *			newer than this header
 *
 * Images are mapped, not read into memory, so gigabytes need no space besides
 * those that they are loaded to.
 */
#ifndef CP_LOAD_H
#define CP_LOAD_H

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is needed of <linux/proc_checkpoint.h>, which programs may not have; its
 * comments say what it means.
 */
#define CP_LOAD_VERSION_	1
#define CP_LOAD_PAGE_		4096u
#define CP_LOAD_OWNER_		"PROC_CKPT"
#define CP_LOAD_NT_INFO_	0x50434b01u
#define CP_LOAD_NT_MAP_		0x50434b02u
#define CP_LOAD_NT_FILE_PAGES_	0x50434b03u
#define CP_LOAD_NT_SKIPPED_	0x50434b04u
#define CP_LOAD_NT_END_		0x50434b05u
#define CP_LOAD_FULL_		1
#define CP_LOAD_INC_		2

struct cp_load_info_ {
	uint32_t version, info_bytes, kind, flags, page_size, pid;
	uint8_t id[16], parent[16];
	uint64_t seq, start, end, start_time_ns, time_ns;
	uint64_t pages_data, pages_zero, pages_file, pages_skipped;
	uint64_t pages_copied, mappings, stall_ns;
};

struct cp_load_mapping_ {
	uint32_t entry_bytes, name_bytes;
	uint64_t start, end, offset;
	uint32_t prot, flags, dev_major, dev_minor;
	uint64_t inode, file_size, mtime_sec;
	uint32_t mtime_nsec, reserved;
};

struct cp_load_file_run_ {
	uint64_t start, end;
};

struct cp_load_skipped_run_ {
	uint64_t start, end;
	uint32_t reason, reserved;
};

struct cp_load_end_ {
	uint64_t length;
	uint32_t crc32c, reserved;
};

/* A part of the file: a note's descriptor. */
struct cp_load_part_ {
	uint64_t offset, size;
};

struct cp_load_image_ {
	const unsigned char *bytes;
	uint64_t size;
	struct cp_load_info_ info;
	uint64_t loads, nr_loads;	/* headers of the PT_LOADs */
	struct cp_load_part_ map, file_pages, skipped;
	uint64_t length;		/* of what the checksum is about */
	uint32_t crc32c;
};

/* What an image says of a page. */
enum cp_load_state_ {
	CP_LOAD_BAD_STATE_,	/* things that exclude each other */
	CP_LOAD_NAMED_,		/* data or zero */
	CP_LOAD_FILE_,
	CP_LOAD_SKIPPED_,
	CP_LOAD_ABSENT_,	/* mapped: as in the parent */
	CP_LOAD_UNMAPPED_
};

/* The first run of each kind that may still reach to an address; all 0 to begin. */
struct cp_load_cursor_ {
	uint64_t load, map, file, skipped;
};

/* Reading.  Nothing is trusted that has not been compared with the file. */

static inline int cp_load_inside_(const struct cp_load_image_ *image,
				  uint64_t offset, uint64_t length)
{
	return offset <= image->size && length <= image->size - offset;
}

/* Notes need not be aligned, so everything is copied before use. */
static inline int cp_load_copy_(const struct cp_load_image_ *image,
				uint64_t offset, void *to, size_t length)
{
	if (!cp_load_inside_(image, offset, length))
		return EBADMSG;
	memcpy(to, image->bytes + offset, length);
	return 0;
}

/* Header n of the PT_LOADs, which cp_load_segments_() has found to be there. */
static inline void cp_load_header_(const struct cp_load_image_ *image,
				   uint64_t n, Elf64_Phdr *header)
{
	memcpy(header, image->bytes + image->loads + n * sizeof(*header),
	       sizeof(*header));
}

static inline uint64_t cp_load_align_(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

/* Whether [start, end) is whole pages, behind "last", in the image's range. */
static inline int cp_load_good_run_(const struct cp_load_image_ *image,
				    uint64_t start, uint64_t end, uint64_t last)
{
	return start % CP_LOAD_PAGE_ == 0 && end % CP_LOAD_PAGE_ == 0 &&
	       start < end && start >= last && start >= image->info.start &&
	       end <= image->info.end;
}

/* Takes the note at *at, of the segment that ends at "end". */
static inline int cp_load_note_(const struct cp_load_image_ *image,
				uint64_t *at, uint64_t end, uint32_t type,
				struct cp_load_part_ *descriptor)
{
	/* With its padding. */
	static const char owner[12] = CP_LOAD_OWNER_;
	Elf64_Nhdr note;

	if (*at > end || end - *at < sizeof(note) + sizeof(owner) ||
	    cp_load_copy_(image, *at, &note, sizeof(note)))
		return EBADMSG;
	*at += sizeof(note);
	if (note.n_namesz != sizeof(CP_LOAD_OWNER_) || note.n_type != type ||
	    memcmp(image->bytes + *at, owner, sizeof(owner)))
		return EBADMSG;
	*at += sizeof(owner);
	if (end - *at < cp_load_align_(note.n_descsz, 4))
		return EBADMSG;
	descriptor->offset = *at;
	descriptor->size = note.n_descsz;
	*at += cp_load_align_(note.n_descsz, 4);
	return 0;
}

static inline int cp_load_info_note_(struct cp_load_image_ *image,
				     const struct cp_load_part_ *note)
{
	static const uint8_t none[16] = { 0 };
	struct cp_load_info_ *info = &image->info;
	int inc;

	if (note->size < sizeof(info->version) ||
	    cp_load_copy_(image, note->offset, &info->version,
			  sizeof(info->version)))
		return EBADMSG;
	if (info->version != CP_LOAD_VERSION_)
		return ENOTSUP;
	if (note->size != sizeof(*info) ||
	    cp_load_copy_(image, note->offset, info, sizeof(*info)))
		return EBADMSG;
	inc = info->kind == CP_LOAD_INC_;
	if (info->info_bytes != sizeof(*info) ||
	    (info->kind != CP_LOAD_FULL_ && !inc) ||
	    info->page_size != CP_LOAD_PAGE_ ||
	    info->start % CP_LOAD_PAGE_ || info->end % CP_LOAD_PAGE_ ||
	    info->start >= info->end || !memcmp(info->id, none, sizeof(none)) ||
	    !memcmp(info->parent, none, sizeof(none)) != !inc ||
	    (inc && (!info->seq || !memcmp(info->parent, info->id, 16))))
		return EBADMSG;
	return 0;
}

static inline int cp_load_map_note_(const struct cp_load_image_ *image)
{
	uint64_t at = 0, last = 0, count = 0;
	struct cp_load_mapping_ mapping;

	for (; at < image->map.size; at += mapping.entry_bytes, count++) {
		uint64_t left = image->map.size - at;

		if (left < sizeof(mapping))
			return EBADMSG;
		memcpy(&mapping, image->bytes + image->map.offset + at,
		       sizeof(mapping));
		if (mapping.entry_bytes > left || mapping.entry_bytes % 8 ||
		    mapping.entry_bytes <= sizeof(mapping) ||
		    mapping.name_bytes >=
			    mapping.entry_bytes - sizeof(mapping) ||
		    mapping.reserved ||
		    !cp_load_good_run_(image, mapping.start, mapping.end, last))
			return EBADMSG;
		last = mapping.end;
	}
	return count == image->info.mappings ? 0 : EBADMSG;
}

static inline int cp_load_run_notes_(const struct cp_load_image_ *image)
{
	struct cp_load_file_run_ file;
	struct cp_load_skipped_run_ skipped;
	uint64_t at, last = 0;

	if (image->file_pages.size % sizeof(file) ||
	    image->skipped.size % sizeof(skipped))
		return EBADMSG;
	for (at = 0; at < image->file_pages.size; at += sizeof(file)) {
		memcpy(&file, image->bytes + image->file_pages.offset + at,
		       sizeof(file));
		if (!cp_load_good_run_(image, file.start, file.end, last))
			return EBADMSG;
		last = file.end;
	}
	last = 0;
	for (at = 0; at < image->skipped.size; at += sizeof(skipped)) {
		memcpy(&skipped, image->bytes + image->skipped.offset + at,
		       sizeof(skipped));
		if (!cp_load_good_run_(image, skipped.start, skipped.end,
				       last) ||
		    !skipped.reason || skipped.reserved)
			return EBADMSG;
		last = skipped.end;
	}
	return 0;
}

static inline int cp_load_head_notes_(struct cp_load_image_ *image,
				      uint64_t at, uint64_t end)
{
	struct cp_load_part_ info;
	int error = 0;

	if (cp_load_note_(image, &at, end, CP_LOAD_NT_INFO_, &info))
		return EBADMSG;
	error = cp_load_info_note_(image, &info);
	if (error)
		return error;
	if (cp_load_note_(image, &at, end, CP_LOAD_NT_MAP_, &image->map) ||
	    cp_load_note_(image, &at, end, CP_LOAD_NT_FILE_PAGES_,
			  &image->file_pages) ||
	    cp_load_note_(image, &at, end, CP_LOAD_NT_SKIPPED_,
			  &image->skipped) ||
	    cp_load_map_note_(image))
		return EBADMSG;
	return cp_load_run_notes_(image);
}

static inline int cp_load_end_note_(struct cp_load_image_ *image, uint64_t at,
				    uint64_t end)
{
	struct cp_load_part_ note;
	struct cp_load_end_ record;

	image->length = at;
	if (cp_load_note_(image, &at, end, CP_LOAD_NT_END_, &note) ||
	    at != image->size || note.size != sizeof(record) ||
	    cp_load_copy_(image, note.offset, &record, sizeof(record)) ||
	    record.length != image->length || record.reserved)
		return EBADMSG;
	image->crc32c = record.crc32c;
	return 0;
}

/* Sets ->loads and ->nr_loads: all headers are in the file then. */
static inline int cp_load_segments_(struct cp_load_image_ *image)
{
	uint64_t count, headers = sizeof(Elf64_Ehdr);
	Elf64_Ehdr header;
	Elf64_Shdr section;

	if (cp_load_copy_(image, 0, &header, sizeof(header)) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    header.e_ident[EI_VERSION] != EV_CURRENT ||
	    header.e_type != ET_CORE || header.e_machine != EM_X86_64 ||
	    header.e_version != EV_CURRENT ||
	    header.e_phentsize != sizeof(Elf64_Phdr))
		return EBADMSG;
	count = header.e_phnum;
	if (count == PN_XNUM) {
		if (header.e_shoff != headers ||
		    cp_load_copy_(image, headers, &section, sizeof(section)) ||
		    section.sh_info < PN_XNUM)
			return EBADMSG;
		headers += sizeof(section);
		count = section.sh_info;
	}
	if (header.e_phoff != headers || count < 2 ||
	    !cp_load_inside_(image, headers, count * sizeof(Elf64_Phdr)))
		return EBADMSG;
	image->loads = headers + sizeof(Elf64_Phdr);
	image->nr_loads = count - 2;
	return 0;
}

/* Page data follows the head notes in the order of the headers, without gaps. */
static inline int cp_load_loads_(const struct cp_load_image_ *image,
				 uint64_t head_end, uint64_t *data_end)
{
	uint64_t n, last = 0, at = head_end;
	Elf64_Phdr load;

	for (n = 0; n < image->nr_loads; n++) {
		cp_load_header_(image, n, &load);
		if (load.p_type != PT_LOAD || load.p_align != CP_LOAD_PAGE_ ||
		    load.p_memsz > UINT64_MAX - load.p_vaddr ||
		    !cp_load_good_run_(image, load.p_vaddr,
				       load.p_vaddr + load.p_memsz, last))
			return EBADMSG;
		last = load.p_vaddr + load.p_memsz;
		if (!load.p_filesz)
			continue;
		if (at == head_end)
			at = cp_load_align_(at, CP_LOAD_PAGE_);
		if (load.p_filesz != load.p_memsz || load.p_offset != at ||
		    !cp_load_inside_(image, at, load.p_filesz))
			return EBADMSG;
		at += load.p_filesz;
	}
	*data_end = at;
	return 0;
}

/* Everything about an image but the checksum and how its runs fit together. */
static inline int cp_load_parse_(struct cp_load_image_ *image)
{
	uint64_t head_end, data_end;
	Elf64_Phdr head, end;
	int error = cp_load_segments_(image);

	if (error)
		return error;
	memcpy(&head, image->bytes + image->loads - sizeof(head), sizeof(head));
	cp_load_header_(image, image->nr_loads, &end);
	if (head.p_type != PT_NOTE || end.p_type != PT_NOTE ||
	    head.p_offset != image->loads +
				     (image->nr_loads + 1) * sizeof(head) ||
	    !cp_load_inside_(image, head.p_offset, head.p_filesz))
		return EBADMSG;
	head_end = head.p_offset + head.p_filesz;
	error = cp_load_head_notes_(image, head.p_offset, head_end);
	if (!error)
		error = cp_load_loads_(image, head_end, &data_end);
	if (error)
		return error;
	if (end.p_offset != data_end ||
	    !cp_load_inside_(image, end.p_offset, end.p_filesz))
		return EBADMSG;
	return cp_load_end_note_(image, data_end, data_end + end.p_filesz);
}

static inline void cp_load_close_(struct cp_load_image_ *image)
{
	if (image->bytes)
		munmap((void *)(uintptr_t)image->bytes, (size_t)image->size);
	image->bytes = NULL;
}

static inline int cp_load_open_(struct cp_load_image_ *image, const char *path)
{
	/* Without waiting for the writer of a FIFO, which is no image. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = 0;
	struct stat st;
	void *bytes;

	memset(image, 0, sizeof(*image));
	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		error = errno;
	else if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		error = EBADMSG;
	if (error) {
		close(fd);
		return error;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	error = errno;
	close(fd);
	if (bytes == MAP_FAILED)
		return error;
	image->bytes = (const unsigned char *)bytes;
	image->size = (uint64_t)st.st_size;
	error = cp_load_parse_(image);
	if (error)
		cp_load_close_(image);
	return error;
}

/* The checksum: by the processor's instruction where it has one. */

static inline uint32_t cp_load_crc_table_(uint32_t crc,
					  const unsigned char *bytes,
					  uint64_t length)
{
	uint32_t table[8][256], n, k;

	for (n = 0; n < 256; n++) {
		uint32_t entry = n;

		for (k = 0; k < 8; k++)
			entry = entry & 1 ? entry >> 1 ^ 0x82f63b78u : entry >> 1;
		table[0][n] = entry;
	}
	for (k = 1; k < 8; k++)
		for (n = 0; n < 256; n++)
			table[k][n] = table[k - 1][n] >> 8 ^
				      table[0][table[k - 1][n] & 255];
	for (; length >= 8; length -= 8, bytes += 8) {
		uint64_t word;

		memcpy(&word, bytes, sizeof(word));	/* little-endian */
		word ^= crc;
		crc = 0;
		for (k = 0; k < 8; k++)
			crc ^= table[7 - k][word >> 8 * k & 255];
	}
	for (; length; length--, bytes++)
		crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 255];
	return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static inline uint32_t
cp_load_crc_sse_(uint32_t crc, const unsigned char *bytes, uint64_t length)
{
	uint64_t wide = crc;

	for (; length >= 8; length -= 8, bytes += 8) {
		uint64_t word;

		memcpy(&word, bytes, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; length; length--, bytes++)
		crc = __builtin_ia32_crc32qi(crc, *bytes);
	return crc;
}
#endif

static inline uint32_t cp_load_crc_(const unsigned char *bytes, uint64_t length)
{
#if defined(__x86_64__) && defined(__GNUC__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~cp_load_crc_sse_(~(uint32_t)0, bytes, length);
#endif
	return ~cp_load_crc_table_(~(uint32_t)0, bytes, length);
}

/* What an image says of its pages. */

/* That [start, end) is the next run: counts it if it holds the address. */
static inline int cp_load_meets_(uint64_t start, uint64_t end, uint64_t address,
				 uint64_t *until)
{
	int holds = start <= address;
	uint64_t border = holds ? end : start;

	if (border < *until)
		*until = border;
	return holds;
}

/*
 * What is said of the page at "address", and of all up to *until.  Addresses
 * must ascend from call to call with one cursor.
 */
static inline enum cp_load_state_
cp_load_state_(const struct cp_load_image_ *image, struct cp_load_cursor_ *at,
	       uint64_t address, uint64_t *until)
{
	int named = 0, file = 0, skipped = 0, mapped = 0;
	struct cp_load_skipped_run_ skipped_run;
	struct cp_load_file_run_ file_run;
	struct cp_load_mapping_ mapping;
	Elf64_Phdr load;

	*until = image->info.end;
	for (; at->load < image->nr_loads; at->load++) {
		cp_load_header_(image, at->load, &load);
		if (load.p_vaddr + load.p_memsz <= address)
			continue;
		named = cp_load_meets_(load.p_vaddr,
				       load.p_vaddr + load.p_memsz, address,
				       until);
		break;
	}
	for (; at->file < image->file_pages.size; at->file += sizeof(file_run)) {
		memcpy(&file_run,
		       image->bytes + image->file_pages.offset + at->file,
		       sizeof(file_run));
		if (file_run.end <= address)
			continue;
		file = cp_load_meets_(file_run.start, file_run.end, address,
				      until);
		break;
	}
	for (; at->skipped < image->skipped.size;
	     at->skipped += sizeof(skipped_run)) {
		memcpy(&skipped_run,
		       image->bytes + image->skipped.offset + at->skipped,
		       sizeof(skipped_run));
		if (skipped_run.end <= address)
			continue;
		skipped = cp_load_meets_(skipped_run.start, skipped_run.end,
					 address, until);
		break;
	}
	for (; at->map < image->map.size; at->map += mapping.entry_bytes) {
		memcpy(&mapping, image->bytes + image->map.offset + at->map,
		       sizeof(mapping));
		if (mapping.end <= address)
			continue;
		mapped = cp_load_meets_(mapping.start, mapping.end, address,
					until);
		break;
	}
	if (named + file + skipped > mapped)
		return CP_LOAD_BAD_STATE_;
	return named   ? CP_LOAD_NAMED_ :
	       file    ? CP_LOAD_FILE_ :
	       skipped ? CP_LOAD_SKIPPED_ :
	       mapped  ? CP_LOAD_ABSENT_ :
			 CP_LOAD_UNMAPPED_;
}

/* The checksum, that runs do not overlap, what a full image has to say. */
static inline int cp_load_check_(const struct cp_load_image_ *image)
{
	uint64_t named = 0, file = 0, skipped = 0, at, until;
	struct cp_load_cursor_ cursor = { 0, 0, 0, 0 };

	if (cp_load_crc_(image->bytes, image->length) != image->crc32c)
		return EBADMSG;
	for (at = image->info.start; at < image->info.end; at = until) {
		switch (cp_load_state_(image, &cursor, at, &until)) {
		case CP_LOAD_NAMED_:
			named += until - at;
			break;
		case CP_LOAD_FILE_:
			file += until - at;
			break;
		case CP_LOAD_SKIPPED_:
			skipped += until - at;
			break;
		case CP_LOAD_ABSENT_:
			if (image->info.kind == CP_LOAD_FULL_)
				return EBADMSG;
			break;
		case CP_LOAD_UNMAPPED_:
			break;
		default:
			return EBADMSG;
		}
	}
	if (named / CP_LOAD_PAGE_ !=
		    image->info.pages_data + image->info.pages_zero ||
	    file / CP_LOAD_PAGE_ != image->info.pages_file ||
	    skipped / CP_LOAD_PAGE_ != image->info.pages_skipped)
		return EBADMSG;
	return 0;
}

/* What the images say together. */

static inline int cp_load_check_links_(const struct cp_load_image_ *images,
				       size_t count)
{
	size_t n;

	if (images[0].info.kind != CP_LOAD_FULL_)
		return ESTALE;
	for (n = 1; n < count; n++) {
		const struct cp_load_info_ *before = &images[n - 1].info;
		const struct cp_load_info_ *info = &images[n].info;

		if (info->kind != CP_LOAD_INC_ ||
		    memcmp(info->parent, before->id, sizeof(before->id)) ||
		    info->seq != before->seq + 1 ||
		    info->start != before->start || info->end != before->end)
			return ESTALE;
	}
	return 0;
}

/* The end of the PT_LOAD that holds the address, or 0. */
static inline uint64_t cp_load_named_until_(const struct cp_load_image_ *image,
					    uint64_t address)
{
	uint64_t low = 0, high = image->nr_loads;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		Elf64_Phdr load;

		cp_load_header_(image, middle, &load);
		if (address < load.p_vaddr)
			high = middle;
		else if (address - load.p_vaddr >= load.p_memsz)
			low = middle + 1;
		else
			return load.p_vaddr + load.p_memsz;
	}
	return 0;
}

/* Whether later images than n have data or zeros for all of [start, end). */
static inline int cp_load_named_later_(const struct cp_load_image_ *images,
				       size_t count, size_t n, uint64_t start,
				       uint64_t end)
{
	while (start < end) {
		uint64_t until = 0;
		size_t later;

		for (later = n + 1; later < count && !until; later++)
			until = cp_load_named_until_(&images[later], start);
		if (!until)
			return 0;
		start = until;
	}
	return 1;
}

/* That in the end each page is data or zero. */
static inline int cp_load_check_pages_(const struct cp_load_image_ *images,
				       size_t count)
{
	size_t n;

	for (n = 0; n < count; n++) {
		struct cp_load_cursor_ cursor = { 0, 0, 0, 0 };
		uint64_t at, until;

		for (at = images[n].info.start; at < images[n].info.end;
		     at = until) {
			enum cp_load_state_ state = cp_load_state_(
				&images[n], &cursor, at, &until);

			if (state == CP_LOAD_NAMED_ ||
			    state == CP_LOAD_ABSENT_ ||
			    cp_load_named_later_(images, count, n, at, until))
				continue;
			return state == CP_LOAD_FILE_ ? ENOTSUP : ENODATA;
		}
	}
	return 0;
}

/* Writing.  Nothing fails here. */

/* Zeros that are there already are only read: that takes no memory. */
static inline void cp_load_clear_(unsigned char *to, uint64_t length)
{
	static const unsigned char zeros[CP_LOAD_PAGE_] = { 0 };

	for (; length; length -= CP_LOAD_PAGE_, to += CP_LOAD_PAGE_)
		if (memcmp(to, zeros, CP_LOAD_PAGE_))
			memset(to, 0, CP_LOAD_PAGE_);
}

static inline void cp_load_write_(const struct cp_load_image_ *image,
				  unsigned char *memory)
{
	Elf64_Phdr load;
	uint64_t n;

	for (n = 0; n < image->nr_loads; n++) {
		unsigned char *to;

		cp_load_header_(image, n, &load);
		to = memory + (load.p_vaddr - image->info.start);
		if (load.p_filesz)
			memcpy(to, image->bytes + load.p_offset,
			       (size_t)load.p_filesz);
		else
			cp_load_clear_(to, load.p_memsz);
	}
}

/* The whole pages of [start, end]; 0: there is none. */
static inline uint64_t cp_load_pages_(void *start, void *end,
				      unsigned char **first)
{
	uintptr_t mask = CP_LOAD_PAGE_ - 1;
	uintptr_t from = (uintptr_t)start, last = (uintptr_t)end;
	uintptr_t skip = -from & mask;

	/* No sum may go beyond the end of the address space. */
	if (last < from || last - from < skip)
		return 0;
	*first = (unsigned char *)start + skip;
	return (last - from - skip + 1) & ~(uint64_t)mask;
}

static inline int cp_load_images_(void *start, void *end,
				  struct cp_load_image_ *images, size_t count)
{
	unsigned char *memory = NULL;
	uint64_t size = cp_load_pages_(start, end, &memory);
	size_t n;
	int error = 0;

	if (!size || images[0].info.end - images[0].info.start != size)
		return EINVAL;
	if (msync(memory, (size_t)size, MS_ASYNC))	/* all of it is mapped */
		return errno;
	for (n = 0; n < count && !error; n++)
		error = cp_load_check_(&images[n]);
	if (!error)
		error = cp_load_check_links_(images, count);
	if (!error)
		error = cp_load_check_pages_(images, count);
	if (error)
		return error;
	for (n = 0; n < count; n++)
		cp_load_write_(&images[n], memory);
	return 0;
}

/* Loads the chain of these images, the full one first, into [start, end]. */
static inline int cp_load(void *start, void *end, const char *const images[],
			  size_t count)
{
	struct cp_load_image_ *all;
	size_t opened = 0;
	int error = 0;

	if (!count || count > SIZE_MAX / sizeof(*all)) {
		errno = EINVAL;
		return -1;
	}
	all = (struct cp_load_image_ *)malloc(count * sizeof(*all));
	if (!all)
		return -1;
	while (opened < count && !error) {
		error = cp_load_open_(&all[opened], images[opened]);
		opened += !error;
	}
	if (!error)
		error = cp_load_images_(start, end, all, count);
	while (opened > 0)
		cp_load_close_(&all[--opened]);
	free(all);
	if (!error)
		return 0;
	errno = error;
	return -1;
}

/* The checkpoints of a directory. */

struct cp_load_file_ {
	char path[PATH_MAX];
	struct cp_load_info_ info;
	int tried;
};

struct cp_load_files_ {
	struct cp_load_file_ *all;
	size_t count, space;
};

/* cp_P1, inc_cp_P12: what cp_range.h makes. */
static inline int cp_load_is_numbered_(const char *name)
{
	if (!strncmp(name, "inc_", 4))
		name += 4;
	if (strncmp(name, "cp_P", 4) || name[4] == '0' || !name[4])
		return 0;
	for (name += 4; *name; name++)
		if (*name < '0' || *name > '9')
			return 0;
	return 1;
}

/* Adds the file if it is an image of so many bytes; else it is not ours. */
static inline int cp_load_add_(struct cp_load_files_ *files, const char *dir,
			       const char *name, uint64_t size)
{
	struct cp_load_image_ image;
	struct cp_load_file_ *file;
	int length;

	if (files->count == files->space) {
		size_t space = 2 * files->space + 16;
		void *all = realloc(files->all, space * sizeof(*file));

		if (!all)
			return ENOMEM;
		files->all = (struct cp_load_file_ *)all;
		files->space = space;
	}
	file = &files->all[files->count];
	length = snprintf(file->path, sizeof(file->path), "%s/%s", dir, name);
	if (length < 0 || (size_t)length >= sizeof(file->path))
		return ENAMETOOLONG;
	if (cp_load_open_(&image, file->path))
		return 0;
	if (image.info.end - image.info.start == size) {
		file->info = image.info;
		file->tried = 0;
		files->count++;
	}
	cp_load_close_(&image);
	return 0;
}

static inline int cp_load_list_(struct cp_load_files_ *files, const char *dir,
				uint64_t size)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	int error = 0;

	if (!entries)
		return errno;
	for (errno = 0; !error && (entry = readdir(entries)); errno = 0)
		if (cp_load_is_numbered_(entry->d_name))
			error = cp_load_add_(files, dir, entry->d_name, size);
	if (!error)
		error = errno;
	closedir(entries);
	return error;
}

/* The newest one that has not been tried, or NULL. */
static inline struct cp_load_file_ *
cp_load_newest_(const struct cp_load_files_ *files)
{
	struct cp_load_file_ *newest = NULL;
	size_t n;

	for (n = 0; n < files->count; n++) {
		struct cp_load_file_ *file = &files->all[n];

		if (!file->tried &&
		    (!newest || file->info.time_ns > newest->info.time_ns ||
		     (file->info.time_ns == newest->info.time_ns &&
		      file->info.seq > newest->info.seq)))
			newest = file;
	}
	return newest;
}

static inline const struct cp_load_file_ *
cp_load_parent_(const struct cp_load_files_ *files,
		const struct cp_load_file_ *file)
{
	size_t n;

	for (n = 0; n < files->count; n++)
		if (!memcmp(files->all[n].info.id, file->info.parent,
			    sizeof(file->info.parent)))
			return &files->all[n];
	return NULL;
}

/* Loads what "newest" and its parents are; paths has room for all files. */
static inline int cp_load_from_(void *start, void *end,
				const struct cp_load_files_ *files,
				const struct cp_load_file_ *newest,
				const char **paths)
{
	size_t first = files->count;
	const struct cp_load_file_ *file = newest;

	/* From the back; a circle of parents ends where there is no room. */
	while (file && first > 0) {
		paths[--first] = file->path;
		if (file->info.kind == CP_LOAD_FULL_)
			return cp_load(start, end, paths + first,
				       files->count - first) ? errno : 0;
		file = cp_load_parent_(files, file);
	}
	return ESTALE;
}

/* Loads the newest good checkpoint of the numbered files into [start, end]. */
static inline int cp_load_dir(void *start, void *end)
{
	struct cp_load_files_ files = { NULL, 0, 0 };
	const char *dir = getenv("CP_RANGE_DIR");
	unsigned char *memory = NULL;
	uint64_t size = cp_load_pages_(start, end, &memory);
	struct cp_load_file_ *newest;
	const char **paths = NULL;
	int error, first_error = 0;

	error = size ? cp_load_list_(&files, dir && *dir ? dir : ".", size) :
		       EINVAL;
	if (!error && !files.count)
		error = ENOENT;
	if (!error) {
		paths = (const char **)malloc(files.count * sizeof(*paths));
		if (!paths)
			error = ENOMEM;
	}
	if (!error) {
		while ((newest = cp_load_newest_(&files)) != NULL) {
			newest->tried = 1;
			error = cp_load_from_(start, end, &files, newest, paths);
			if (!error)
				break;
			/* What is wrong with the newest one tells most. */
			if (!first_error)
				first_error = error;
		}
		if (error)
			error = first_error;
	}
	free((void *)paths);
	free(files.all);
	if (!error)
		return 0;
	errno = error;
	return -1;
}

#ifdef __cplusplus
}
#endif

#endif /* CP_LOAD_H */
