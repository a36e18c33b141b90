// SPDX-License-Identifier: GPL-2.0
/*
 * The list of the pages that were taken before the stall, packed: a word of 8
 * bytes a page, and one more where the page before it is far away.
 */
#include "checkpoint.h"
#include "compat.h"

void cp_early_init(struct cp_early *early)
{
	*early = (struct cp_early) { .addr = ULONG_MAX };
	cp_vec_init(&early->words, sizeof(u64));
}

/**
 * cp_early_drop() - release the pages of [@start, @end)
 * @early: the list
 * @start: first byte
 * @end: first byte behind
 *
 * They stay in the list, as pages that no entry maps.  Moves the cursor.
 */
void cp_early_drop(struct cp_early *early, unsigned long start,
		   unsigned long end)
{
	for (cp_early_start(early); early->addr < end; cp_early_next(early)) {
		cond_resched();
		if (early->addr < start || *early->word & CP_EARLY_GONE ||
		    cp_early_pfn(early) == FIELD_MAX(CP_EARLY_PFN))
			continue;
		cp_put_page(pfn_to_page(cp_early_pfn(early)));
		*early->word |= CP_EARLY_PFN;
	}
}

/* Releases the pages that nobody took over. */
void cp_early_release(struct cp_early *early)
{
	cp_early_drop(early, 0, ULONG_MAX);
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
	return page_to_pfn(page) < FIELD_MAX(CP_EARLY_PFN);
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

/* To the first page. */
void cp_early_start(struct cp_early *early)
{
	cp_vec_start(&early->iter, &early->words);
	early->index = 0;
	early->next = NULL;
	early->stop = NULL;
	cp_early_next(early);
}

static u64 *cp_early_next_word(struct cp_early *early)
{
	struct cp_vec_iter *iter = &early->iter;
	u64 *word;

	if (early->next != early->stop)
		return early->next++;
	/* The first of the next chunk. */
	if (iter->chunk)
		iter->index = early->stop ? iter->chunk->used : 0;
	word = cp_vec_next(iter);
	if (word) {
		early->next = word + 1;
		early->stop = (u64 *)iter->chunk->elems + iter->chunk->used;
	}
	return word;
}

/* The same as cp_early_next() where that is not simple. */
void cp_early_next_far(struct cp_early *early)
{
	unsigned long delta;

	early->word = cp_early_next_word(early);
	if (!early->word) {
		early->addr = ULONG_MAX;
		return;
	}
	delta = FIELD_GET(CP_EARLY_DELTA, *early->word);
	if (delta)
		early->index += delta;
	else
		early->index = *cp_early_next_word(early);
	early->addr = early->index << PAGE_SHIFT;
}
