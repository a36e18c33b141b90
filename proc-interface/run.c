// SPDX-License-Identifier: GPL-2.0
/*
 * The runs of a capture, packed: there may be two for each page, a page and a
 * hole behind it.  A run is one word of 8 bytes, a long one two.
 */
#include <linux/bitfield.h>
#include "checkpoint.h"

#define CP_PACKED_BITS	GENMASK_ULL(7, 0)	/* CP_RUN_* */
#define CP_PACKED_PAGES	GENMASK_ULL(18, 8)	/* 0: in the next word */
#define CP_PACKED_INDEX	GENMASK_ULL(63, 19)	/* of the first page */

/**
 * cp_run_push() - append a run
 * @runs: list with room for CP_RUN_MAX_WORDS
 * @run: the run
 */
void cp_run_push(struct cp_vec *runs, const struct cp_run *run)
{
	bool is_long = run->pages > FIELD_MAX(CP_PACKED_PAGES);
	u64 *word = cp_vec_push(runs);

	*word = FIELD_PREP(CP_PACKED_BITS, run->bits) |
		FIELD_PREP(CP_PACKED_PAGES, is_long ? 0 : run->pages) |
		FIELD_PREP(CP_PACKED_INDEX, run->start >> PAGE_SHIFT);
	if (is_long) {
		word = cp_vec_push(runs);
		*word = run->pages;
	}
}

/**
 * cp_run_next() - step through a list
 * @iter: from cp_vec_start()
 * @run: set to the next run
 *
 * Return: false after the last.
 */
bool cp_run_next(struct cp_vec_iter *iter, struct cp_run *run)
{
	const u64 *word = cp_vec_next(iter);

	if (!word)
		return false;
	run->bits = FIELD_GET(CP_PACKED_BITS, *word);
	run->start = FIELD_GET(CP_PACKED_INDEX, *word) << PAGE_SHIFT;
	run->pages = FIELD_GET(CP_PACKED_PAGES, *word);
	if (!run->pages) {
		word = cp_vec_next(iter);
		run->pages = *word;
	}
	return true;
}
