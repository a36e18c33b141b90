// SPDX-License-Identifier: GPL-2.0
/*
 * The capture: what the memory of a range holds, at one instant.
 *
 * DOC: overview
 *
 * A capture is a fork() without a child.  Under mmap_write_lock(), with every
 * VMA of the range write-locked, it walks the page tables once: the stall.  For
 * a page of private memory it takes a reference, write-protects the entry,
 * clears the soft-dirty bit and PageAnonExclusive.  Then it flushes the TLB
 * once and unlocks.  From the flush on, no thread can write to a taken page: a write
 * fault finds a page that is not exclusive and has a reference too many, and
 * copies it for the process.  The taken pages are written to the file later
 * and then released; a page that nobody else has by then is reused in place.
 *
 * An incremental capture takes only pages with the soft-dirty bit.  That the
 * others are unchanged rests on this, which the hooks in mm/ maintain for a
 * tracked address space: an entry that maps a private page is writable only if
 * it is soft-dirty, and whatever maps, moves or replaces such a page makes the
 * new entry soft-dirty.  Holes and zero pages carry no such proof, so they are
 * always named in the image, as runs; so is everything whose contents others
 * can change: page cache, shared memory, hugetlb, special mappings.
 *
 * Busy pages.  A page with a reference that page tables and swap cache do not
 * explain may be written to by somebody who never faults: direct I/O, RDMA, a
 * kernel thread.  Neither may such a page be given away on the next fault (the
 * I/O would go to the wrong copy), nor is it ever known to be unchanged.  It is
 * write-protected for the time of the stall, so that threads cannot write
 * either; keeps PageAnonExclusive, so that the next fault reuses it; is set
 * soft-dirty, so that the next capture sees it again; and is copied.
 *
 * Pages taken early.  Most pages are taken before the stall, while the process
 * runs, in the same way: under mmap_read_lock() and the lock of their page
 * table, which is flushed before that is released, so that whoever copies a
 * page in a fault finds no thread that can still write to the old one.  From
 * then on such a page does not change.  In the stall, an entry that still maps
 * it, neither writable nor soft-dirty, says that it holds at that instant what
 * the page holds: that takes no look at the page.  (Where many follow one another,
 * not even at which page it maps.)  Any other entry there, if the
 * page was soft-dirty, counts as changed since the baseline, whatever the entry's
 * bit says, since that is about the time since the page was taken.  Whatever is
 * not simple (huge and shared pages, busy ones) is left to the stall.
 *
 * Copies are made under the lock, but after the flush.  A write through a
 * stale TLB entry before the flush is part of the instant, and a copy made
 * earlier would miss it while the soft-dirty bit is cleared already.
 *
 * The order for one entry, against GUP-fast: clear it; full barrier; look at
 * the pin count, clear PageAnonExclusive, look at the reference count (and set
 * PageAnonExclusive again if the page is busy); set the entry again, read-only.
 * Either we see the reference, or GUP-fast sees that the entry changed.  See
 * include/linux/rmap.h, __folio_try_share_anon_rmap().
 *
 * Locking: one capture of an address space at a time (mm_checkpoint.command).
 * A fork(), munmap() or mremap() comes before or after the stall, and meets the
 * pages taken early as any page that a fork() has shared.
 * Page-table locks are held for one page table at a time, and nothing is
 * allocated under them: cp_reserve() does that before.
 */
#include <linux/mmu_notifier.h>
#include <linux/oom.h>
#include <linux/swap.h>
#include <linux/timekeeping.h>
#include "checkpoint.h"
#include "compat.h"
#include "walk.h"

void cp_capture_init(struct cp_capture *cap, struct mm_struct *mm,
		     unsigned long start, unsigned long end,
		     struct cp_result *result)
{
	*cap = (struct cp_capture) {
		.mm = mm,
		.start = start,
		.end = end,
		.result = result,
	};
	cp_early_init(&cap->early);
	cp_vec_init(&cap->runs, sizeof(u64));
	cp_vec_init(&cap->pages, sizeof(cp_page_t));
	cp_vec_init(&cap->copies, sizeof(cp_page_t *));
	cp_vec_init(&cap->mappings, sizeof(struct cp_mapping));
	cp_vec_init(&cap->unreadable, sizeof(unsigned long));
}

/* Releases everything that was collected, and forgets it. */
void cp_capture_reset(struct cp_capture *cap)
{
	struct cp_result *result = cap->result;
	struct cp_page_iter iter;
	cp_page_t page;

	cp_page_start(&iter, cap);
	while (cp_page_next(&iter, &page)) {
		cond_resched();
		if (page & CP_PAGE_GONE)
			continue;
		cp_page_gone(&iter);
		/* Of a page that was to be copied, nothing is known. */
		if (page & CP_PAGE_COPY)
			put_page(cp_page(page));
		else
			cp_put_page(cp_page(page));
	}
	cp_early_release(&cap->early);
	cp_mapping_release(cap);
	cp_vec_free(&cap->runs);
	cp_vec_free(&cap->pages);
	cp_vec_free(&cap->copies);
	cp_vec_free(&cap->unreadable);

	cap->open_run.pages = 0;
	cap->pushed_start = 0;
	cap->pushed_end = 0;
	cap->next = 0;
	cap->force_dirty = 0;
	cap->faults = 0;
	cap->faulted_bytes = 0;
	cap->overdrawn = false;
	cap->lost = false;
	cap->held_up = false;
	cap->folio = NULL;
	cap->folio_refs = 0;
	cap->loads = 0;
	cap->file_runs = 0;
	cap->skipped_runs = 0;
	result->pages_scanned = 0;
	result->pages_data = 0;
	result->pages_zero = 0;
	result->pages_file = 0;
	result->pages_copied = 0;
	result->pages_skipped = 0;
}

/**
 * cp_capture_take() - the instant
 * @cap: capture, prepared, with what was taken early
 *
 * Context: mmap_write_lock() held over everything; see the overview.
 * Return: 0, or an errno, and then nothing is lost: what was taken is
 * soft-dirty again, or @cap->lost is set.  -EAGAIN: prepare again, and try again.
 */
int cp_capture_take(struct cp_capture *cap)
{
	int err;

	mmap_assert_write_locked(cap->mm);
	/* The OOM reaper has already thrown pages away. */
	if (check_stable_address_space(cap->mm))
		return -ESRCH;
	err = cp_lock_vmas(cap);
	/* Rather give up early than push out what everybody else has. */
	cap->max_copies = si_mem_available();
	cp_vec_start(&cap->unreadable_iter, &cap->unreadable);
	cap->unreadable_at = cp_vec_next(&cap->unreadable_iter);
	cp_early_start(&cap->early);

	if (!err)
		err = cp_walk_and_flush(cap);
	cp_close_run(cap);
	cap->time_ns = ktime_get_real_ns();
	if (!err)
		err = cp_source_copy_all(cap);
	if (err && cp_undo_locked(cap))
		cap->lost = true;
	return err;
}

/**
 * cp_capture_settle() - release what the stall reserved or did not use
 * @cap: capture that was taken
 *
 * Context: No locks held.
 */
void cp_capture_settle(struct cp_capture *cap)
{
	struct cp_vec_iter iter;
	bool early = false;
	cp_page_t *entry;

	cp_vec_start(&iter, &cap->pages);
	while ((entry = cp_vec_next(&iter))) {
		unsigned long pages = *entry >> CP_PAGE_PFN_SHIFT;
		u64 *word;

		cond_resched();
		if (cp_page_order(*entry) != CP_PAGE_EARLY)
			continue;
		early = true;
		for (word = *(u64 **)cp_vec_next(&iter); pages--; word++)
			*word |= CP_EARLY_GONE;
	}
	if (early)
		cp_early_drop(&cap->early, 0, ULONG_MAX);
	else
		cp_early_release(&cap->early);
	cp_vec_trim(&cap->pages);
}
