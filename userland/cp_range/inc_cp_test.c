// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inc_cp_test [SIZE]: two incremental checkpoints of an array, inc_cp_P1 before
 * and inc_cp_P2 after some of its pages are modified.  The first has nothing to
 * build on and must hold the whole array; the second must hold the modified
 * pages, and with the first the whole array as it was then.
 *
 * The files are made in the working directory and must not exist yet.  If
 * cp_test with the same SIZE ran there before, the size of inc_cp_P2 is printed
 * against that of its cp_P2.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cp_range.h"
#include "test_array.h"

static int checkpoint(const struct test_array *array)
{
	if (!inc_cp_range(array_first_byte(array), array_last_byte(array)))
		return 0;
	fprintf(stderr, "inc_cp_range: %s\n", strerror(errno));
	return 1;
}

static void print_sizes(const struct image *inc)
{
	struct stat full;

	printf("%s: %zu bytes", inc->path, inc->size);
	if (!stat("cp_P2", &full) && full.st_size)
		printf(", cp_P2: %lld bytes: %.1f%%", (long long)full.st_size,
		       100.0 * (double)inc->size / (double)full.st_size);
	printf("\n");
}

static int check(const struct test_array *array)
{
	struct image images[2];
	int bad;

	if (image_open(&images[0], "inc_cp_P1"))
		return 1;
	if (image_open(&images[1], "inc_cp_P2")) {
		image_close(&images[0]);
		return 1;
	}
	bad = !array_matches(array, 0, images, 1);
	printf("inc_cp_P1: %s\n", bad ? "DIFFERS" : "as the array was");
	if (!array_modified_saved(array, &images[1]) ||
	    !array_matches(array, 1, images, 2)) {
		printf("inc_cp_P2: DIFFERS\n");
		bad = 1;
	} else {
		printf("inc_cp_P2: with inc_cp_P1 as the array was\n");
	}
	print_sizes(&images[1]);
	image_close(&images[0]);
	image_close(&images[1]);
	return bad;
}

int main(int argc, char **argv)
{
	struct test_array array;

	unsetenv("CP_RANGE_DIR");
	if (!access("inc_cp_P1", F_OK) || !access("inc_cp_P2", F_OK)) {
		fprintf(stderr,
			"inc_cp_test: inc_cp_P1 or inc_cp_P2 exists already\n");
		return 1;
	}

	array_create(&array, argc, argv);
	array_initialise(&array);
	if (checkpoint(&array))
		return 1;
	array_modify(&array);
	if (checkpoint(&array))
		return 1;

	return check(&array);
}
