// SPDX-License-Identifier: GPL-2.0
/*
 * What a capture collects: runs, and the pages of those that hold data.
 */
#include "checkpoint.h"
#include "compat.h"
#include "walk.h"

/* Before the first page that was taken. */
void cp_page_start(struct cp_page_iter *iter, struct cp_capture *cap)
{
	*iter = (struct cp_page_iter) { };
	cp_vec_start(&iter->iter, &cap->pages);
}

/**
 * cp_page_next() - step through the pages that were taken
 * @iter: from cp_page_start()
 * @page: set to the next
 *
 * Return: false after the last.
 */
bool cp_page_next(struct cp_page_iter *iter, cp_page_t *page)
{
	cp_page_t *entry;

	if (iter->more) {
		iter->more--;
		iter->word++;
		*page = cp_early_page(*iter->word);
		return true;
	}
	entry = cp_vec_next(&iter->iter);
	if (!entry)
		return false;
	if (cp_page_order(*entry) == CP_PAGE_EARLY) {
		iter->more = (*entry >> CP_PAGE_PFN_SHIFT) - 1;
		iter->word = *(u64 **)cp_vec_next(&iter->iter);
		*page = cp_early_page(*iter->word);
		return true;
	}
	iter->entry = entry;
	iter->word = NULL;
	*page = *entry;
	return true;
}

/* The reference to the page at the cursor is the caller's from now on. */
void cp_page_gone(struct cp_page_iter *iter)
{
	if (iter->word)
		*iter->word |= CP_EARLY_GONE | CP_EARLY_PUT;
	else
		*iter->entry |= CP_PAGE_GONE;
}

/**
 * cp_reserve() - make room to emit pages without allocating
 * @cap: capture
 * @pages: their number, also the greatest number of runs
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM; that also where more would have to be copied than can be.
 */
int cp_reserve(struct cp_capture *cap, unsigned long pages)
{
	if (cap->overdrawn || cap->copies.count > cap->max_copies)
		return -ENOMEM;
	/*
	 * The run that is open and those that follow.  One more of them:
	 * cp_source_file_ref() can make two of one range.
	 */
	if (cp_vec_reserve(&cap->runs, (1 + pages + 1) * CP_RUN_MAX_WORDS) ||
	    cp_vec_reserve(&cap->pages, pages) ||
	    cp_vec_reserve(&cap->copies, pages))
		return -ENOMEM;
	return 0;
}

/* The run that was added last is complete. */
void cp_close_run(struct cp_capture *cap)
{
	if (cap->open_run.pages)
		cp_run_push(&cap->runs, &cap->open_run);
	cap->open_run.pages = 0;
}

static void cp_add_run(struct cp_capture *cap, struct vm_area_struct *vma,
		       enum cp_run_state state, unsigned int reason,
		       unsigned long addr, unsigned long end)
{
	unsigned long pages = (end - addr) >> PAGE_SHIFT;
	unsigned int bits = FIELD_PREP(CP_RUN_STATE, state) |
		FIELD_PREP(CP_RUN_REASON, reason) |
		FIELD_PREP(CP_RUN_PROT,
			   vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC));
	struct cp_run *run = &cap->open_run;
	struct cp_result *result = cap->result;

	if (run->pages && run->start + (run->pages << PAGE_SHIFT) == addr &&
	    run->bits == bits) {
		run->pages += pages;
	} else {
		cp_close_run(cap);
		run->start = addr;
		run->pages = pages;
		run->bits = bits;
		cap->loads += state == CP_RUN_DATA || state == CP_RUN_ZERO;
		cap->file_runs += state == CP_RUN_FILE;
		cap->skipped_runs += state == CP_RUN_SKIPPED;
	}

	switch (state) {
	case CP_RUN_DATA:
		result->pages_data += pages;
		break;
	case CP_RUN_ZERO:
		result->pages_zero += pages;
		break;
	case CP_RUN_FILE:
		result->pages_file += pages;
		break;
	case CP_RUN_SKIPPED:
		result->pages_skipped += pages;
		break;
	}
}

/* Makes a run of the pages that were pushed and that no run covers yet. */
void cp_emit_pushed(struct cp_capture *cap, struct vm_area_struct *vma)
{
	if (cap->pushed_start != cap->pushed_end)
		cp_add_run(cap, vma, CP_RUN_DATA, 0, cap->pushed_start,
			   cap->pushed_end);
	cap->pushed_start = 0;
	cap->pushed_end = 0;
}

/**
 * cp_emit() - say what [@addr, @end) holds
 * @cap: capture, with room reserved
 * @vma: its mapping
 * @state: what it holds
 * @reason: PROC_CHECKPOINT_SKIP_*, with CP_RUN_SKIPPED
 * @addr: first byte, not below anything emitted before
 * @end: first byte after; nothing happens if it is @addr
 */
void cp_emit(struct cp_capture *cap, struct vm_area_struct *vma,
	     enum cp_run_state state, unsigned int reason, unsigned long addr,
	     unsigned long end)
{
	cp_emit_pushed(cap, vma);
	if (addr != end)
		cp_add_run(cap, vma, state, reason, addr, end);
}

/**
 * cp_emit_page() - say that [@addr, @addr + (PAGE_SIZE << @order)) holds data
 * @cap: capture, with room reserved
 * @vma: its mapping
 * @addr: first byte
 * @page: first page; its reference is the capture's from now on
 * @order: number of pages, log2; 0 with CP_PAGE_COPY
 * @flags: CP_PAGE_COPY, CP_PAGE_WAS_DIRTY
 */
void cp_emit_page(struct cp_capture *cap, struct vm_area_struct *vma,
		  unsigned long addr, struct page *page, unsigned int order,
		  unsigned int flags)
{
	cp_push_page(cap, page_folio(page), page, order, flags);
	cp_emit(cap, vma, CP_RUN_DATA, 0, addr, addr + (PAGE_SIZE << order));
}
