/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_check.h: looks pages up in a checkpoint image, which is an ELF core
 * file: all that this needs is <elf.h>.
 */
#ifndef IMAGE_CHECK_H
#define IMAGE_CHECK_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct image {
	const char *path;
	const unsigned char *bytes;
	size_t size;
	const Elf64_Phdr *segments;
	size_t nr_segments;
};

enum image_page {
	IMAGE_ABSENT,	/* not in this image: in an inc, as in its parent */
	IMAGE_ZERO,	/* saved without data: all bytes are 0 */
	IMAGE_DATA,
};

/* Maps the image at @path.  Returns 0, or -1 and says on stderr what is wrong. */
int image_open(struct image *image, const char *path);
void image_close(struct image *image);

/* Finds the page at @address; @data is set for IMAGE_DATA only. */
enum image_page image_find(const struct image *image, uint64_t address,
			   const unsigned char **data);

#endif /* IMAGE_CHECK_H */
