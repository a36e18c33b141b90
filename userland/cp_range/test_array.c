// SPDX-License-Identifier: GPL-2.0-or-later
#include "test_array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The word that is modified in a page: not its first, not its last. */
#define MODIFIED_WORD	77

static uint64_t first_contents(size_t index)
{
	/* Odd, so never 0: a page that was lost can't pass for one of ours. */
	return ((uint64_t)index * 0x9e3779b97f4a7c15u) | 1;
}

static uint64_t second_contents(size_t index)
{
	return ~first_contents(index);
}

static size_t words_per_page(const struct test_array *array)
{
	return array->page_size / sizeof(uint64_t);
}

static size_t nr_pages(const struct test_array *array)
{
	return array->size / array->page_size;
}

static int is_modified(size_t page)
{
	return page % MODIFIED_EVERY == 0;
}

static int parse_size(const char *text, size_t *size)
{
	unsigned long long number;
	int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -1;
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	else if (*end == 'G' || *end == 'g')
		shift = 30;
	if (shift)
		end++;
	if (*end || !number || number > (SIZE_MAX >> shift) / 2)
		return -1;
	*size = (size_t)number << shift;
	return 0;
}

void array_create(struct test_array *array, int argc, char **argv)
{
	size_t size = (size_t)16 << 20;
	void *memory;

	if (argc > 2 || (argc == 2 && parse_size(argv[1], &size))) {
		fprintf(stderr, "usage: %s [SIZE]   bytes, or with K, M, G\n",
			argv[0]);
		exit(2);
	}
	array->page_size = (size_t)sysconf(_SC_PAGESIZE);
	array->size = (size + array->page_size - 1) &
		      ~(array->page_size - 1);

	/* malloc() proper would put a header into the first page. */
	if (posix_memalign(&memory, array->page_size, array->size)) {
		fprintf(stderr, "%s: no memory for %zu bytes\n", argv[0],
			array->size);
		exit(1);
	}
	array->words = memory;
}

void *array_first_byte(const struct test_array *array)
{
	return array->words;
}

void *array_last_byte(const struct test_array *array)
{
	return (char *)array->words + array->size - 1;
}

void array_initialise(struct test_array *array)
{
	size_t i;

	for (i = 0; i < array->size / sizeof(uint64_t); i++)
		array->words[i] = first_contents(i);
}

void array_modify(struct test_array *array)
{
	size_t page;

	for (page = 0; page < nr_pages(array); page++) {
		size_t index = page * words_per_page(array) + MODIFIED_WORD;

		if (is_modified(page))
			array->words[index] = second_contents(index);
	}
}

static int page_matches(const struct test_array *array, size_t page,
			int modified, const unsigned char *data)
{
	size_t first = page * words_per_page(array), i;

	for (i = 0; i < words_per_page(array); i++) {
		uint64_t expected = first_contents(first + i), found;

		if (modified && is_modified(page) && i == MODIFIED_WORD)
			expected = second_contents(first + i);
		memcpy(&found, data + i * sizeof(found), sizeof(found));
		if (found != expected) {
			fprintf(stderr,
				"page %zu, word %zu: found 0x%llx, expected 0x%llx\n",
				page, i, (unsigned long long)found,
				(unsigned long long)expected);
			return 0;
		}
	}
	return 1;
}

static uint64_t page_address(const struct test_array *array, size_t page)
{
	return (uint64_t)(uintptr_t)array->words + page * array->page_size;
}

int array_matches(const struct test_array *array, int modified,
		  const struct image *images, size_t count)
{
	size_t page;

	for (page = 0; page < nr_pages(array); page++) {
		enum image_page state = IMAGE_ABSENT;
		const unsigned char *data = NULL;
		size_t i = count;

		while (i-- > 0 && state == IMAGE_ABSENT)
			state = image_find(&images[i],
					   page_address(array, page), &data);
		if (state != IMAGE_DATA) {
			fprintf(stderr, "%s: page %zu is %s\n",
				images[count - 1].path, page,
				state == IMAGE_ZERO ? "zero" : "absent");
			return 0;
		}
		if (!page_matches(array, page, modified, data))
			return 0;
	}
	return 1;
}

int array_modified_saved(const struct test_array *array,
			 const struct image *image)
{
	size_t page, saved = 0, modified = 0, missing = 0;
	const unsigned char *data;

	for (page = 0; page < nr_pages(array); page++) {
		int has = image_find(image, page_address(array, page),
				     &data) == IMAGE_DATA;

		saved += has;
		modified += is_modified(page);
		missing += is_modified(page) && !has;
	}
	printf("%s: %zu of %zu pages, %zu were modified\n", image->path, saved,
	       nr_pages(array), modified);
	if (missing)
		fprintf(stderr, "%s: %zu modified pages are missing\n",
			image->path, missing);
	return !missing;
}
