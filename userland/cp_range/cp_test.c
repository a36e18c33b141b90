// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cp_test [SIZE]: two full checkpoints of an array, cp_P1 before and cp_P2 after
 * some of its pages are modified; checks that both hold the whole array as it
 * was.  The files are made in the working directory and must not exist yet.
 */
#include <stdio.h>
#include <string.h>

#include "cp_range.h"
#include "test_array.h"

static int checkpoint(const struct test_array *array)
{
	if (!cp_range(array_first_byte(array), array_last_byte(array)))
		return 0;
	fprintf(stderr, "cp_range: %s\n", strerror(errno));
	return 1;
}

static int check(const struct test_array *array, const char *path, int modified)
{
	struct image image;
	int good;

	if (image_open(&image, path))
		return 1;
	good = array_matches(array, modified, &image, 1);
	printf("%s: %s, %zu bytes for an array of %zu\n", path,
	       good ? "as the array was" : "DIFFERS", image.size, array->size);
	image_close(&image);
	return !good;
}

int main(int argc, char **argv)
{
	struct test_array array;

	unsetenv("CP_RANGE_DIR");
	if (!access("cp_P1", F_OK) || !access("cp_P2", F_OK)) {
		fprintf(stderr, "cp_test: cp_P1 or cp_P2 exists already\n");
		return 1;
	}

	array_create(&array, argc, argv);
	array_initialise(&array);
	if (checkpoint(&array))
		return 1;
	array_modify(&array);
	if (checkpoint(&array))
		return 1;

	return check(&array, "cp_P1", 0) | check(&array, "cp_P2", 1);
}
