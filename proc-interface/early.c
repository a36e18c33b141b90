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
	cp_vec_init(&early->runs, sizeof(struct cp_early_run));
}

/**
 * cp_early_break_runs() - from now on, look at each page of [@start, @end)
 * @early: the list
 * @start: first byte
 * @end: first byte behind
 */
void cp_early_break_runs(struct cp_early *early, unsigned long start,
			 unsigned long end)
{
	struct cp_early_run *run;
	struct cp_vec_iter iter;

	cp_vec_start(&iter, &early->runs);
	while ((run = cp_vec_next(&iter))) {
		if (run->index <= (end - 1) >> PAGE_SHIFT &&
		    run->index + run->count > start >> PAGE_SHIFT)
			run->count = 0;
	}
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
	cp_early_break_runs(early, start, end);
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
	cp_vec_free(&early->runs);
	cp_early_init(early);
}

/* Room for the greatest number of pages that will be added.  May sleep. */
int cp_early_reserve(struct cp_early *early, unsigned long pages)
{
	return cp_vec_reserve(&early->runs, pages / CP_EARLY_RUN_MIN + 1) ?:
	       cp_vec_reserve(&early->words, 2 * pages);
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
	early->index = index;
	if (far) {
		word = cp_vec_push(&early->words);
		*word = index;
		return;
	}
	if (delta != 1 || !early->open_run.count) {
		cp_early_end_run(early);
		early->open_run.index = index;
	}
	early->open_run.count++;
}

/* What is added from now on is of another run. */
void cp_early_end_run(struct cp_early *early)
{
	if (early->open_run.count >= CP_EARLY_RUN_MIN)
		*(struct cp_early_run *)cp_vec_push(&early->runs) =
			early->open_run;
	early->open_run.count = 0;
}

/* To the first page. */
void cp_early_start(struct cp_early *early)
{
	cp_vec_start(&early->iter, &early->words);
	cp_vec_start(&early->run_iter, &early->runs);
	early->run = cp_vec_next(&early->run_iter);
	early->index = 0;
	early->next = NULL;
	early->stop = NULL;
	cp_early_next(early);
}

/*
 * How many pages from the cursor on are known to follow one another, their words
 * likewise; 0: it is not known, there are few, or some are not to be used.
 */
unsigned long cp_early_following(struct cp_early *early)
{
	struct cp_early_run *run;

	while ((run = early->run) && run->index + run->count <= early->index)
		early->run = cp_vec_next(&early->run_iter);
	if (!run || early->index < run->index)
		return 0;
	return run->index + run->count - early->index;
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
