/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_array.h: the array that cp_test and inc_cp_test checkpoint.
 *
 * What it holds at each checkpoint follows from the position alone, so that
 * images can be checked against it at any size without a second copy.
 */
#ifndef TEST_ARRAY_H
#define TEST_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "image_check.h"

/* Of these many pages, one is modified between the two checkpoints. */
#define MODIFIED_EVERY	16

struct test_array {
	uint64_t *words;
	size_t size;		/* bytes, whole pages */
	size_t page_size;
};

/*
 * Takes "4096", "64K", "16M" or "1G" from the command line; one page at the
 * least, rounded up to whole ones.  Without an argument: 16M.  Exits with 2 on
 * anything else, with 1 if there is no memory.
 */
void array_create(struct test_array *array, int argc, char **argv);

void *array_first_byte(const struct test_array *array);
void *array_last_byte(const struct test_array *array);

/* All words get their first contents. */
void array_initialise(struct test_array *array);

/* One word of every MODIFIED_EVERY-th page gets its second contents. */
void array_modify(struct test_array *array);

/*
 * Whether the images, @count of them, oldest first, hold the whole array as it
 * was after array_initialise() (@modified 0) or array_modify() (1): each page
 * as in the newest image that has it.  Says on stderr what is wrong.
 */
int array_matches(const struct test_array *array, int modified,
		  const struct image *images, size_t count);

/* Whether @image holds data for each modified page; prints how many in all. */
int array_modified_saved(const struct test_array *array,
			 const struct image *image);

#endif /* TEST_ARRAY_H */
