// SPDX-License-Identifier: GPL-2.0
/*
 * The list of the pages that were taken before the stall, packed: a word of 8
 * bytes a page, and one more where the page before it is far away.
 */
#include <linux/bitfield.h>
#include "checkpoint.h"
#include "compat.h"

#define CP_EARLY_PFN	GENMASK_ULL(39, 0)
#define CP_EARLY_DIRTY	BIT_ULL(40)		/* CP_PAGE_WAS_DIRTY */
#define CP_EARLY_GONE	BIT_ULL(41)		/* the reference was given away */
#define CP_EARLY_DELTA	GENMASK_ULL(63, 42)	/* 0: the next word is the index */

void cp_early_init(struct cp_early *early)
{
	*early = (struct cp_early) { .addr = ULONG_MAX };
	cp_vec_init(&early->words, sizeof(u64));
}

/* Releases the pages that nobody took over. */
void cp_early_release(struct cp_early *early)
{
	for (cp_early_start(early); early->word; cp_early_next(early)) {
		if (!(*early->word & CP_EARLY_GONE))
			cp_put_page(cp_page(early->page));
		cond_resched();
	}
	cp_vec_free(&early->words);
	cp_early_init(early);
}

/* Room for the greatest number of pages that will be added.  May sleep. */
int cp_early_reserve(struct cp_early *early, unsigned long pages)
{
	return cp_vec_reserve(&early->words, 2 * pages);
}

/* Whether the list can hold the page. */
bool cp_early_fits(const struct page *page)
{
	return page_to_pfn(page) <= FIELD_MAX(CP_EARLY_PFN);
}

/**
 * cp_early_push() - add a page
 * @early: the list, with room reserved
 * @addr: where it is mapped, above all that were added before
 * @page: the page; its reference is the list's from now on
 * @was_dirty: it was soft-dirty
 */
void cp_early_push(struct cp_early *early, unsigned long addr,
		   struct page *page, bool was_dirty)
{
	unsigned long index = addr >> PAGE_SHIFT;
	unsigned long delta = index - early->index;
	bool far = !early->words.count || delta > FIELD_MAX(CP_EARLY_DELTA);
	u64 *word = cp_vec_push(&early->words);

	*word = FIELD_PREP(CP_EARLY_PFN, page_to_pfn(page)) |
		(was_dirty ? CP_EARLY_DIRTY : 0) |
		FIELD_PREP(CP_EARLY_DELTA, far ? 0 : delta);
	if (far) {
		word = cp_vec_push(&early->words);
		*word = index;
	}
	early->index = index;
}

/* Back to the first page. */
void cp_early_start(struct cp_early *early)
{
	cp_vec_start(&early->iter, &early->words);
	early->index = 0;
	cp_early_next(early);
}

/* On to the next; behind the last, its address is ULONG_MAX. */
void cp_early_next(struct cp_early *early)
{
	unsigned long delta;

	early->word = cp_vec_next(&early->iter);
	if (!early->word) {
		early->addr = ULONG_MAX;
		return;
	}
	delta = FIELD_GET(CP_EARLY_DELTA, *early->word);
	if (delta)
		early->index += delta;
	else
		early->index = *(u64 *)cp_vec_next(&early->iter);
	early->addr = early->index << PAGE_SHIFT;
	early->page = FIELD_GET(CP_EARLY_PFN, *early->word) <<
		      CP_PAGE_PFN_SHIFT |
		      (*early->word & CP_EARLY_DIRTY ? CP_PAGE_WAS_DIRTY : 0);
}

/* The reference to the page is the caller's from now on; on to the next. */
cp_page_t cp_early_take_over(struct cp_early *early)
{
	cp_page_t page = early->page;

	*early->word |= CP_EARLY_GONE;
	cp_early_next(early);
	return page;
}

/* Whether the list has still the page. */
bool cp_early_has(const struct cp_early *early)
{
	return !(*early->word & CP_EARLY_GONE);
}
