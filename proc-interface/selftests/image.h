/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A minimal reader of the images of /proc/<pid>/checkpoint, written from
 * linux/proc_checkpoint.h alone.
 */
#ifndef PROC_CHECKPOINT_IMAGE_H
#define PROC_CHECKPOINT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/elf.h>
#include <linux/proc_checkpoint.h>

/* What an image says of a page. */
enum page_state {
	PAGE_UNMAPPED,		/* in no mapping of the image */
	PAGE_AS_BEFORE,		/* mapped, and not named */
	PAGE_DATA,
	PAGE_ZERO,
	PAGE_OF_FILE,
	PAGE_SKIPPED,
};

struct image {
	char *bytes;
	size_t size;
	struct proc_checkpoint_info info;
	const struct elf64_phdr *segments;
	size_t nr_segments;
	const char *map;
	size_t map_bytes;
	const char *file_pages;
	size_t file_pages_bytes;
	const char *skipped;
	size_t skipped_bytes;
};

/* NULL, or what is wrong with the file. */
const char *image_read(struct image *image, const char *path);
void image_free(struct image *image);

/*
 * What @image alone says of the page at @address.  *@contents is set for
 * PAGE_DATA.
 */
enum page_state image_page(const struct image *image, unsigned long address,
			   const void **contents);

/* The mapping at @address, copied, and its name; false if there is none. */
bool image_mapping(const struct image *image, unsigned long address,
		   struct proc_checkpoint_mapping *mapping, const char **name);

/* The same for a full image and the @count - 1 incs that follow it. */
enum page_state chain_page(const struct image *images, size_t count,
			   unsigned long address, const void **contents);

#endif /* PROC_CHECKPOINT_IMAGE_H */
