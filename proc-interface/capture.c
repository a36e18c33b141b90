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
#include <linux/bitfield.h>
#include <linux/hugetlb.h>
#include <linux/mm_inline.h>
#include <linux/mmu_notifier.h>
#include <linux/oom.h>
#include <linux/pagewalk.h>
#include <linux/prefetch.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/timekeeping.h>
#include <linux/userfaultfd_k.h>
#include <asm/tlbflush.h>
#include "checkpoint.h"
#include "compat.h"

/* Page tables that are walked without a cond_resched(): about 1 ms. */
#define CP_RESCHED_TABLES 64

/* How far ahead of the walk pages are prefetched. */
#define CP_PREFETCH_PAGES 16

/* Entries that are unchanged, or none, and passed at once: a cache line. */
#define CP_PTE_GROUP 8

/* Faults that are tried for one swapped page before starting again. */
#define CP_MAX_FAULTS 16

/* Absent pages that are found in one walk of the preparation. */
#define CP_ABSENT_BATCH 64

/* The level of pmd_t in the walks, counted from pgd_t. */
#define CP_DEPTH_PMD 3

/*
 * References to a folio with which no more of its pages are copied: they are
 * counted in an int, and others take some, too.
 */
#define CP_MAX_FOLIO_REFS (INT_MAX / 2)

/* Page tables that the preparation looks at without a pause. */
#define CP_SURVEY_TABLES 512

/* Those whose pages are taken early. */
#define CP_EARLY_TABLES 32

/* What is left to do for an entry, without its lock. */
enum cp_step {
	CP_STEP_DONE,
	CP_STEP_HOLE,		/* contents of a hole: may have to sleep */
	CP_STEP_MIGRATION,	/* wait and look again */
	CP_STEP_FAULT,		/* fault it in and look again */
	CP_STEP_FAULT_DIRTY,	/* the same, and its soft-dirty bit is lost */
	CP_STEP_SPECIAL,	/* contents of a special entry */
};

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
static void cp_close_run(struct cp_capture *cap)
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
static void cp_emit_pushed(struct cp_capture *cap, struct vm_area_struct *vma)
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

/* The reference to @page is the capture's from now on. */
static __always_inline void cp_push_page(struct cp_capture *cap,
					 struct folio *folio,
					 struct page *page, unsigned int order,
					 unsigned int flags)
{
	cp_page_t *entry = cp_vec_push(&cap->pages);

	*entry = (cp_page_t)page_to_pfn(page) << CP_PAGE_PFN_SHIFT |
		 order | flags;
	if (flags & CP_PAGE_COPY) {
		*(cp_page_t **)cp_vec_push(&cap->copies) = entry;
		cap->result->pages_copied++;
		/* One page may be mapped very often, and captured as often. */
		if (folio_ref_count(folio) > CP_MAX_FOLIO_REFS)
			cap->overdrawn = true;
	}
	if (folio != cap->folio) {
		cap->folio = folio;
		cap->folio_refs = 0;
	}
	cap->folio_refs++;
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

/*
 * Whether somebody holds the folio who is neither a page table, nor the swap
 * cache, nor this capture.  In doubt, yes.  Its entry is cleared and a full
 * barrier was passed.
 */
static bool cp_folio_busy(struct cp_capture *cap, struct folio *folio)
{
	int ours = folio == cap->folio ? cap->folio_refs : 0;
	int refs = folio_ref_count(folio);

	/*
	 * Another process may map or unmap a shared page meanwhile: only an
	 * unchanged count on both sides of the map count says something.
	 */
	if (refs != cp_folio_expected_refs(folio) + ours)
		return true;
	/* The reads of the two counts stay in this order. */
	smp_rmb();
	return refs != folio_ref_count(folio);
}

/*
 * Gives up that a page is its process's own, unless it is busy.  Its entry is
 * cleared.  Return: whether it is busy; then it is as exclusive as it was.
 */
static __always_inline bool cp_share_page(struct cp_capture *cap,
					  struct folio *folio,
					  struct page *page, bool huge)
{
	/* A KSM page is never written to, whoever holds it. */
	if (folio_test_ksm(folio))
		return false;
	if (!PageAnonExclusive(page)) {
		/* Pairs with the barrier in GUP-fast after its reference. */
		smp_mb();
		return cp_folio_busy(cap, folio);
	}
	/* This has the barrier, and fails if the page is pinned. */
	if (cp_try_share_anon_rmap(folio, page, huge))
		return true;
	/* The usual case: one reference, and that is the entry's. */
	if (folio_ref_count(folio) == 1 || !cp_folio_busy(cap, folio))
		return false;
	/*
	 * Whoever pinned it for reading meanwhile backs off, or finds it
	 * exclusive again.
	 */
	SetPageAnonExclusive(page);
	return true;
}

/* One run for many pages: see cp_walk_ptes(). */
static __always_inline void cp_grow_pushed(struct cp_capture *cap,
					   struct vm_area_struct *vma,
					   unsigned long addr,
					   unsigned long pages)
{
	if (addr != cap->pushed_end) {
		cp_emit_pushed(cap, vma);
		cap->pushed_start = addr;
	}
	cap->pushed_end = addr + (pages << PAGE_SHIFT);
}

/* Whether the page that was taken early is still what the entry maps. */
static __always_inline bool cp_early_holds(const u64 *word, pte_t pte)
{
	return pte_present(pte) && !pte_write(pte) && !pte_soft_dirty(pte) &&
	       pte_pfn(pte) == FIELD_GET(CP_EARLY_PFN, *word);
}

/*
 * Whether the page at @addr was taken early and is still what is there; then
 * it is the capture's.  Context: page-table lock.
 */
static __always_inline bool cp_use_early(struct cp_capture *cap,
					 struct vm_area_struct *vma,
					 unsigned long addr, pte_t pte)
{
	struct cp_early *early = &cap->early;

	while (unlikely(early->addr < addr))
		cp_early_next(early);
	if (early->addr != addr)
		return false;
	if (!cp_early_holds(early->word, pte)) {
		/* What the soft-dirty bit said is lost. */
		if (*early->word & CP_EARLY_DIRTY)
			cap->force_dirty = addr;
		return false;
	}
	cp_grow_pushed(cap, vma, addr, 1);
	*(cp_page_t *)cp_vec_push(&cap->pages) = cp_early_take_over(early->word);
	cp_early_next(early);
	return true;
}

/*
 * Whether an entry says that its page is unchanged.  That of a zero page, which
 * is special, says nothing.
 */
static __always_inline bool cp_pte_unchanged(pte_t pte)
{
	return !pte_soft_dirty(pte) && !pte_special(pte) && pte_present(pte) &&
	       !pte_write(pte);
}

/*
 * The same of CP_PTE_GROUP entries at once.  Each question is about bits of which
 * one being set is enough, in any of them, or one in common, in all of them.  (A
 * page of a shadow stack is dirty and not RW: so are all of them together, or
 * one of them is RW.)
 */
static __always_inline bool cp_ptes_unchanged(pte_t *ptep)
{
	pteval_t any = 0, all = ~(pteval_t)0;
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < CP_PTE_GROUP; i++) {
		pteval_t flags = pte_flags(ptep_get(ptep + i));

		any |= flags;
		all &= flags;
	}
	return !pte_soft_dirty(native_make_pte(any)) &&
	       !pte_special(native_make_pte(any)) &&
	       !pte_write(native_make_pte(any)) &&
	       pte_present(native_make_pte(all));
}

/* Whether CP_PTE_GROUP entries are all none: pte_none() knows by which bits. */
static __always_inline bool cp_ptes_none(pte_t *ptep)
{
	pteval_t any = 0;
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < CP_PTE_GROUP; i++)
		any |= native_pte_val(ptep_get(ptep + i));
	return pte_none(native_make_pte(any));
}

/*
 * Passes entries that are none: CP_PTE_GROUP at once, for a reservation has
 * hardly any others.  Context: page-table lock.
 * Return: the first that is not, with @addr its address, or @end.
 */
static __always_inline pte_t *cp_pass_none(pte_t *ptep, unsigned long *addr,
					   unsigned long end)
{
	pte_t *first = ptep, *last = ptep + ((end - *addr) >> PAGE_SHIFT);

	while (ptep != last && pte_none(ptep_get(ptep))) {
		ptep++;
		while (IS_ALIGNED((unsigned long)ptep,
				  CP_PTE_GROUP * sizeof(*ptep)) &&
		       last - ptep >= CP_PTE_GROUP && cp_ptes_none(ptep))
			ptep += CP_PTE_GROUP;
	}
	*addr += (unsigned long)(ptep - first) << PAGE_SHIFT;
	return ptep;
}

/*
 * Makes pages of the capture of @pages that were taken early, from the cursor on,
 * without a look at each: they stay in the list.
 */
static void cp_use_early_run(struct cp_capture *cap, unsigned long pages)
{
	struct cp_early *early = &cap->early;

	while (pages) {
		unsigned long here = min_t(unsigned long, pages,
					   early->stop - early->word);

		*(cp_page_t *)cp_vec_push(&cap->pages) =
			here << CP_PAGE_PFN_SHIFT | CP_PAGE_EARLY;
		*(u64 **)cp_vec_push(&cap->pages) = early->word;
		/* To the last of them, and on. */
		early->index += here - 1;
		early->next = early->word + here;
		cp_early_next(early);
		pages -= here;
	}
}

/*
 * Passes pages that were taken early and follow one another, without asking
 * which pages the entries map.  By what an inc rests on, see the overview, they
 * hold the same if their entries are not soft-dirty since: whether it is the same
 * page, one that was merged, or one that was read back from swap.  (If somebody
 * else cleared soft-dirty bits since, there are no runs.)
 * Context: page-table lock; room reserved.  Return: as below.
 */
static __always_inline pte_t *cp_pass_early_run(struct cp_capture *cap,
						struct vm_area_struct *vma,
						pte_t *ptep,
						unsigned long *addr,
						unsigned long end)
{
	pte_t *first = ptep, *last;
	unsigned long pages;

	/* (cp_take_pte() is to know of that one) */
	if (!cap->early.run || cap->early.addr != *addr ||
	    *addr == cap->force_dirty)
		return ptep;
	pages = min(cp_early_following(&cap->early),
		    (end - *addr) >> PAGE_SHIFT);
	last = ptep + pages;
	while (last - ptep >= CP_PTE_GROUP && cp_ptes_unchanged(ptep))
		ptep += CP_PTE_GROUP;
	/* (for a few, it would need more room than is reserved for them) */
	if (ptep == first)
		return first;
	while (ptep != last && cp_pte_unchanged(ptep_get(ptep)))
		ptep++;
	pages = ptep - first;
	cp_grow_pushed(cap, vma, *addr, pages);
	cp_use_early_run(cap, pages);
	*addr += pages << PAGE_SHIFT;
	return ptep;
}

/*
 * Does cp_use_early() for as many as follow one another, which are most.
 * Context: page-table lock; room reserved.
 * Return: the first entry that is another, with @addr its address, or @end.
 */
static __always_inline pte_t *cp_pass_early(struct cp_capture *cap,
					    struct vm_area_struct *vma,
					    pte_t *ptep, unsigned long *addr,
					    unsigned long end)
{
	struct cp_early *early = &cap->early;
	bool same = true;

	ptep = cp_pass_early_run(cap, vma, ptep, addr, end);
	/* (for one alone it would be dearer) */
	while (same && *addr < end && early->addr == *addr &&
	       early->next != early->stop &&
	       FIELD_GET(CP_EARLY_DELTA, *early->next) == 1) {
		unsigned long room = (end - *addr) >> PAGE_SHIFT;
		cp_page_t *to = cp_vec_room(&cap->pages, &room);
		u64 *word = early->word, *next = early->next;
		unsigned long taken = 0;

		for (;;) {
			same = cp_early_holds(word, ptep_get(ptep));
			if (!same)
				break;
			to[taken++] = cp_early_take_over(word);
			ptep++;
			if (taken == room || next == early->stop ||
			    FIELD_GET(CP_EARLY_DELTA, *next) != 1)
				break;
			word = next++;
		}
		if (!taken)
			break;
		cp_vec_pushed(&cap->pages, taken);
		cp_grow_pushed(cap, vma, *addr, taken);
		*addr += taken << PAGE_SHIFT;

		/* The cursor: at the page that is another, or behind the last. */
		early->word = word;
		early->next = next;
		early->index += same ? taken - 1 : taken;
		early->addr = early->index << PAGE_SHIFT;
		if (same)
			cp_early_next(early);
	}
	return ptep;
}

/* Takes a private page.  Context: page-table lock. */
static void cp_take_pte(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, pte_t *ptep, struct page *page,
			struct folio *folio)
{
	pte_t pte = ptep_get_and_clear(vma->vm_mm, addr, ptep);
	bool busy = cp_share_page(cap, folio, page, false);
	unsigned int flags = 0;

	if (pte_soft_dirty(pte) || pte_write(pte) || addr == cap->force_dirty)
		flags |= CP_PAGE_WAS_DIRTY;
	pte = pte_wrprotect(pte);
	if (busy) {
		pte = pte_mksoft_dirty(pte);
		flags |= CP_PAGE_COPY;
	} else {
		pte = pte_clear_soft_dirty(pte);
	}
	set_pte_at(vma->vm_mm, addr, ptep, pte);

	folio_get(folio);
	cp_grow_pushed(cap, vma, addr, 1);
	cp_push_page(cap, folio, page, 0, flags);
}

/*
 * A page that is not private: of the page cache, or a driver's.
 * Context: page-table lock.
 */
static enum cp_step cp_copy_pte(struct cp_capture *cap,
				struct vm_area_struct *vma, unsigned long addr,
				pte_t *ptep, struct page *page)
{
	if (cap->kind == CP_KIND_FILE_REF) {
		cp_source_file_ref(cap, vma, addr, addr + PAGE_SIZE);
		return CP_STEP_DONE;
	}
	/* For the time of the stall; the next write fault lifts it. */
	if (pte_write(ptep_get(ptep)))
		ptep_set_wrprotect(vma->vm_mm, addr, ptep);
	get_page(page);
	cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
	return CP_STEP_DONE;
}

/* An entry that is not present.  Context: page-table lock. */
static enum cp_step cp_absent_pte(struct cp_capture *cap,
				  struct vm_area_struct *vma,
				  unsigned long addr, pte_t pte)
{
	switch (cp_pte_absent(pte)) {
	case CP_ABSENT_SWAP:
		if (cap->inc && !pte_swp_soft_dirty(pte) &&
		    addr != cap->force_dirty)
			return CP_STEP_DONE;
		return CP_STEP_FAULT;
	case CP_ABSENT_MIGRATION:
		/* Its soft-dirty bit is not cleared here: see mm/migrate.c. */
		return CP_STEP_MIGRATION;
	case CP_ABSENT_DEVICE:
		return CP_STEP_FAULT_DIRTY;
	case CP_ABSENT_POISON:
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_POISON,
			addr, addr + PAGE_SIZE);
		return CP_STEP_DONE;
	case CP_ABSENT_GUARD:
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_GUARD,
			addr, addr + PAGE_SIZE);
		return CP_STEP_DONE;
	case CP_ABSENT_NONE:
		break;
	}
	return CP_STEP_HOLE;
}

/* Context: page-table lock; room reserved. */
static enum cp_step cp_one_pte(struct cp_capture *cap,
			       struct vm_area_struct *vma, unsigned long addr,
			       pte_t *ptep)
{
	pte_t pte = ptep_get(ptep);
	enum cp_step step = CP_STEP_HOLE;
	struct folio *folio;
	struct page *page;

	if (cp_use_early(cap, vma, addr, pte))
		return CP_STEP_DONE;
	if (!pte_none(pte) && !pte_present(pte))
		step = cp_absent_pte(cap, vma, addr, pte);
	if (!pte_present(pte)) {
		/* What is none here stands alone, or is the first of some. */
		if (step == CP_STEP_HOLE && cap->kind == CP_KIND_ANON) {
			cp_emit(cap, vma, CP_RUN_ZERO, 0, addr,
				addr + PAGE_SIZE);
			step = CP_STEP_DONE;
		}
		return step;
	}

	if (is_zero_pfn(pte_pfn(pte))) {
		cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, addr + PAGE_SIZE);
		return CP_STEP_DONE;
	}
	/* All that vm_normal_page() would find out here. */
	if (cap->kind == CP_KIND_ANON && !pte_special(pte) &&
	    !(vma->vm_flags & VM_MIXEDMAP))
		page = pte_page(pte);
	else
		page = vm_normal_page(vma, addr, pte);
	if (!page || is_zone_device_page(page)) {
		/* As in cp_copy_pte(). */
		if (pte_write(pte) && (page || vma->vm_flags & VM_SHARED))
			ptep_set_wrprotect(vma->vm_mm, addr, ptep);
		/* A device may write to it at any time: see it again. */
		if (page && !pte_soft_dirty(pte)) {
			pte = ptep_get_and_clear(vma->vm_mm, addr, ptep);
			set_pte_at(vma->vm_mm, addr, ptep,
				   pte_mksoft_dirty(pte));
		}
		return CP_STEP_SPECIAL;
	}
	if (PageHWPoison(page)) {
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_POISON,
			addr, addr + PAGE_SIZE);
		return CP_STEP_DONE;
	}
	folio = page_folio(page);
	if (!folio_test_anon(folio))
		return cp_copy_pte(cap, vma, addr, ptep, page);
	if (cap->inc && !pte_soft_dirty(pte) && !pte_write(pte) &&
	    addr != cap->force_dirty)
		return CP_STEP_DONE;
	cp_take_pte(cap, vma, addr, ptep, page, folio);
	return CP_STEP_DONE;
}

/* Context: page-table lock. */
static void cp_dirty_pmd(struct vm_area_struct *vma, unsigned long addr,
			 pmd_t *pmdp)
{
	pmd_t pmd = pmdp_invalidate_ad(vma, addr, pmdp);

	set_pmd_at(vma->vm_mm, addr, pmdp, pmd_mksoft_dirty(pmd));
}

/*
 * What the walk calls a hole it has read without the page-table lock: while an
 * rmap walk, which takes no mmap lock, replaces the entry of a huge page, that
 * is none for a moment.  (Reclaim of one that is MADV_FREE, migration of one
 * in the memory of a device.)  PTEs are read under their lock.
 *
 * @end, the end of the hole, moves on with the entries behind it that are none,
 * at most to @limit and within their table, which has one lock: the walk calls
 * each of them a hole of its own.
 *
 * Return: 0, or -EAGAIN if it is none no more.
 */
static int cp_check_hole(struct mm_struct *mm, unsigned long addr,
			 unsigned long *end, unsigned long limit, int depth)
{
	spinlock_t *ptl;
	pmd_t *pmd;
	bool none;

	if (depth != CP_DEPTH_PMD)
		return 0;
	limit = pud_addr_end(addr, limit);
	pmd = pmd_offset(pud_offset(p4d_offset(pgd_offset(mm, addr), addr),
				    addr), addr);
	ptl = pmd_lock(mm, pmd);
	none = pmd_none(*pmd);
	while (none && *end < limit && pmd_none(*++pmd))
		*end = pmd_addr_end(*end, limit);
	spin_unlock(ptl);
	return none ? 0 : -EAGAIN;
}

/* Marks [@addr, @end) soft-dirty again, where something is mapped. */
static int cp_undo_pmd_entry(pmd_t *pmdp, unsigned long addr,
			     unsigned long end, struct mm_walk *walk)
{
	struct mm_struct *mm = walk->mm;
	pte_t *first, *ptep;
	spinlock_t *ptl;

	cond_resched();
	ptl = pmd_trans_huge_lock(pmdp, walk->vma);
	if (ptl) {
		pmd_t pmd = *pmdp;

		if (!pmd_present(pmd)) {
			set_pmd_at(mm, addr & HPAGE_PMD_MASK, pmdp,
				   pmd_swp_mksoft_dirty(pmd));
		} else if (!pmd_soft_dirty(pmd)) {
			cp_dirty_pmd(walk->vma, addr & HPAGE_PMD_MASK, pmdp);
		}
		spin_unlock(ptl);
		return 0;
	}

	first = cp_pte_offset_map_lock(mm, pmdp, addr, &ptl);
	if (!first) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (ptep = first; addr < end; ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);

		if (pte_none(pte))
			continue;
		if (!pte_present(pte)) {
			enum cp_absent absent = cp_pte_absent(pte);

			if (absent == CP_ABSENT_SWAP ||
			    absent == CP_ABSENT_MIGRATION)
				set_pte_at(mm, addr, ptep,
					   pte_swp_mksoft_dirty(pte));
		} else if (!pte_soft_dirty(pte)) {
			pte = ptep_get_and_clear(mm, addr, ptep);
			set_pte_at(mm, addr, ptep, pte_mksoft_dirty(pte));
		}
	}
	pte_unmap_unlock(first, ptl);
	return 0;
}

/* Walks only mappings in which soft-dirty bits count. */
static int cp_test_private(unsigned long start, unsigned long end,
			   struct mm_walk *walk)
{
	switch (cp_source_kind(walk->vma)) {
	case CP_KIND_ANON:
	case CP_KIND_FILE_REF:
		return 0;
	case CP_KIND_FILE:
	case CP_KIND_SHMEM:
	case CP_KIND_OTHER:
		return walk->vma->vm_flags & VM_MAYSHARE ? 1 : 0;
	default:
		return 1;
	}
}

static int cp_undo_hole(unsigned long addr, unsigned long end, int depth,
			struct mm_walk *walk)
{
	return walk->vma ? cp_check_hole(walk->mm, addr, &end, end, depth) : 0;
}

static const struct mm_walk_ops cp_undo_ops = {
	.pmd_entry	= cp_undo_pmd_entry,
	.pte_hole	= cp_undo_hole,
	.test_walk	= cp_test_private,
	CP_WALK_WRLOCK
};

static int cp_undo_range(struct mm_struct *mm, unsigned long start,
			 unsigned long end)
{
	int err;

	if (start == end)
		return 0;
	do {
		err = walk_page_range(mm, start, end, &cp_undo_ops, NULL);
	} while (err == -EAGAIN);
	return err;
}

/* Whether a fault that failed has brought the page back all the same. */
static bool cp_is_mapped(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *ptep = cp_pte_offset_map_lock(mm, pmd, addr, &ptl);
	bool mapped;

	if (!ptep)
		return true;
	mapped = pte_present(ptep_get(ptep));
	pte_unmap_unlock(ptep, ptl);
	return mapped;
}

/* Does what an entry could not have done under its lock. */
static int cp_slow_step(struct cp_capture *cap, struct vm_area_struct *vma,
			pmd_t *pmd, unsigned long addr, enum cp_step step)
{
	unsigned int noreclaim;
	struct page *page;
	int err;

	switch (step) {
	case CP_STEP_DONE:
		return 0;
	case CP_STEP_HOLE:
		cap->next = addr + PAGE_SIZE;
		return cp_source_hole(cap, vma, addr, cap->next);
	case CP_STEP_SPECIAL:
		cap->next = addr + PAGE_SIZE;
		return cp_source_fault_range(cap, vma, addr, cap->next);
	case CP_STEP_MIGRATION:
		migration_entry_wait(vma->vm_mm, pmd, addr);
		return 0;
	case CP_STEP_FAULT:
	case CP_STEP_FAULT_DIRTY:
		break;
	}

	err = cp_source_may_read(cap);
	if (err)
		return err;
	/*
	 * Truncation takes the entry of a file's mapping away without the mmap
	 * lock, and the fault is then one that waits for the file system.
	 */
	noreclaim = memalloc_noreclaim_save();
	err = cp_source_fault(cap, addr, cap->kind == CP_KIND_ANON, &page);
	memalloc_noreclaim_restore(noreclaim);
	if (!err) {
		/* With this reference it would look busy. */
		put_page(page);
	} else if (err == -EFAULT && cp_is_mapped(vma->vm_mm, pmd, addr)) {
		/* From swap, but access is userfaultfd's to give: 7.3's RWP. */
		err = 0;
	} else if (err == -EHWPOISON || err == -EFAULT) {
		unsigned int reason = err == -EFAULT ?
			PROC_CHECKPOINT_SKIP_UNREADABLE :
			PROC_CHECKPOINT_SKIP_POISON;

		err = cp_reserve(cap, 1);
		if (err)
			return err;
		cap->next = addr + PAGE_SIZE;
		cp_emit(cap, vma, CP_RUN_SKIPPED, reason, addr, cap->next);
		/* The next inc tries again, and says what came of it. */
		return cp_undo_range(cap->mm, addr, cap->next);
	}
	if (err)
		return err;
	/* So it would with that of an LRU batch. */
	lru_add_drain();
	if (step == CP_STEP_FAULT_DIRTY)
		cap->force_dirty = addr;
	return 0;
}

/*
 * Brings the struct page of an entry that will probably be taken into the
 * cache: to wait for it is most of what a page costs.  In the stall, one that
 * is not soft-dirty is unchanged or was taken early.
 */
static void cp_prefetch(pte_t *ptep, bool all)
{
	pte_t pte = ptep_get(ptep);

	if (pte_present(pte) && !pte_special(pte) &&
	    (all || pte_soft_dirty(pte)))
		prefetchw(pfn_to_page(pte_pfn(pte)));
}

/*
 * In an inc, passes entries of private memory that are unchanged, without a look
 * at their pages: that is what makes it cheap.  Context: page-table lock.
 * Return: the first that is not, with @addr its address, or @end.
 */
static __always_inline pte_t *cp_pass_unchanged(const struct cp_capture *cap,
						pte_t *ptep,
						unsigned long *addr,
						unsigned long end)
{
	/* What was taken early counts as changed. */
	unsigned long stop = min(end, cap->early.addr);
	pte_t *first = ptep, *last;

	if (!cap->inc || *addr == cap->force_dirty || *addr >= stop)
		return ptep;
	last = ptep + ((stop - *addr) >> PAGE_SHIFT);
	while (ptep != last && cp_pte_unchanged(ptep_get(ptep))) {
		ptep++;
		/* Where one of them is not, one by one up to that. */
		while (IS_ALIGNED((unsigned long)ptep,
				  CP_PTE_GROUP * sizeof(*ptep)) &&
		       last - ptep >= CP_PTE_GROUP && cp_ptes_unchanged(ptep))
			ptep += CP_PTE_GROUP;
	}
	*addr += (unsigned long)(ptep - first) << PAGE_SHIFT;
	return ptep;
}

/*
 * Takes what is none in private anonymous memory: zeros, also where a page was
 * taken early.  Context: page-table lock; room reserved.  Return: as above.
 */
static __always_inline pte_t *cp_take_none(struct cp_capture *cap,
					   struct vm_area_struct *vma,
					   pte_t *ptep, unsigned long *addr,
					   unsigned long end)
{
	unsigned long from = *addr;

	ptep = cp_pass_none(ptep, addr, end);
	if (*addr != from)
		cp_emit(cap, vma, CP_RUN_ZERO, 0, from, *addr);
	return ptep;
}

static int cp_walk_ptes(struct cp_capture *cap, struct mm_walk *walk,
			pmd_t *pmd, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = walk->vma;
	unsigned long faulting = 0;
	unsigned int faults = 0;

	for (;;) {
		enum cp_step step = CP_STEP_DONE;
		pte_t *first, *ptep;
		spinlock_t *ptl;
		int err;

		err = cp_reserve(cap, PTRS_PER_PTE);
		if (err)
			return err;
		first = cp_pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
		if (!first) {
			walk->action = ACTION_AGAIN;
			return 0;
		}
		for (ptep = first; addr < end; ptep++, addr += PAGE_SIZE) {
			if (cap->kind == CP_KIND_ANON) {
				ptep = cp_take_none(cap, vma, ptep, &addr, end);
				ptep = cp_pass_early(cap, vma, ptep, &addr,
						     end);
				ptep = cp_pass_unchanged(cap, ptep, &addr, end);
			}
			if (addr == end)
				break;
			if (end - addr > CP_PREFETCH_PAGES * PAGE_SIZE)
				cp_prefetch(ptep + CP_PREFETCH_PAGES, false);
			step = cp_one_pte(cap, vma, addr, ptep);
			if (step != CP_STEP_DONE)
				break;
		}
		/* Whoever looks at the runs finds them complete. */
		cp_emit_pushed(cap, vma);
		pte_unmap_unlock(first, ptl);
		cap->next = addr;
		if (addr == end)
			return 0;

		faults = addr == faulting ? faults + 1 : 0;
		faulting = addr;
		if (faults == CP_MAX_FAULTS)
			return -EAGAIN;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = cp_slow_step(cap, vma, pmd, addr, step);
		if (err)
			return err;
		addr = cap->next;
		if (addr == end)
			return 0;
		cond_resched();
	}
}

/* Passes what was taken early below @addr: there is nothing any more. */
static void cp_early_skip(struct cp_capture *cap, unsigned long addr)
{
	unsigned int skipped = 0;

	while (cap->early.addr < addr) {
		cp_early_next(&cap->early);
		if (!(++skipped % PTRS_PER_PTE))
			cond_resched();
	}
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/* Takes a private huge page whole.  Context: page-table lock. */
static void cp_take_pmd(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, pmd_t *pmdp, bool dirty)
{
	pmd_t pmd = pmdp_invalidate_ad(vma, addr, pmdp);
	struct page *page = pmd_page(pmd);
	struct folio *folio = page_folio(page);
	unsigned int flags = 0;
	unsigned int i;

	if (pmd_soft_dirty(pmd) || pmd_write(pmd) || dirty)
		flags |= CP_PAGE_WAS_DIRTY;
	if (!cp_share_page(cap, folio, page, true)) {
		pmd = pmd_clear_soft_dirty(pmd_wrprotect(pmd));
		set_pmd_at(vma->vm_mm, addr, pmdp, pmd);
		folio_get(folio);
		cp_emit_page(cap, vma, addr, page, HPAGE_PMD_ORDER, flags);
		return;
	}
	pmd = pmd_mksoft_dirty(pmd_wrprotect(pmd));
	set_pmd_at(vma->vm_mm, addr, pmdp, pmd);
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		folio_get(folio);
		cp_emit_page(cap, vma, addr + i * PAGE_SIZE, page + i, 0,
			     flags | CP_PAGE_COPY);
	}
}

/* As cp_copy_pte(), for what of a huge page lies in [@addr, @end). */
static void cp_copy_pmd(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, unsigned long end, pmd_t *pmdp)
{
	struct page *page = pmd_page(*pmdp) +
			    ((addr & ~HPAGE_PMD_MASK) >> PAGE_SHIFT);

	if (cap->kind == CP_KIND_FILE_REF) {
		cp_source_file_ref(cap, vma, addr, end);
		return;
	}
	if (pmd_write(*pmdp))
		pmdp_set_wrprotect(vma->vm_mm, addr & HPAGE_PMD_MASK, pmdp);
	for (; addr < end; addr += PAGE_SIZE, page++) {
		get_page(page);
		cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
	}
}

static void cp_protect_pmd(struct vm_area_struct *vma, unsigned long addr,
			   pmd_t *pmdp)
{
	pmd_t pmd = *pmdp;

	addr &= HPAGE_PMD_MASK;
	if (!pmd_present(pmd)) {
		if (cp_pmd_is_migration(pmd))
			set_pmd_at(vma->vm_mm, addr, pmdp,
				   cp_pmd_migrate_readable(pmd));
	} else if (pmd_write(pmd)) {
		pmdp_set_wrprotect(vma->vm_mm, addr, pmdp);
	}
}

/*
 * A PMD that is no page table.  Context: @ptl held, released here.
 * Return: 0, with walk->action set if it has to be looked at again, or an
 * errno.
 */
static int cp_walk_huge(struct cp_capture *cap, struct mm_walk *walk,
			pmd_t *pmdp, unsigned long addr, unsigned long end,
			spinlock_t *ptl)
{
	struct vm_area_struct *vma = walk->vma;
	/* Small pages that were taken early are in its place no more. */
	bool dirty = cap->early.addr < end;
	pmd_t pmd = *pmdp;
	int err = 0;

	if (!pmd_present(pmd)) {
		spin_unlock(ptl);
		if (cp_pmd_is_migration(pmd))
			pmd_migration_entry_wait(walk->mm, pmdp);
		else
			cp_split_huge_pmd(vma, pmdp, addr);
		walk->action = ACTION_AGAIN;
		return 0;
	}
	if (cp_pmd_is_devmap(pmd)) {
		cp_protect_pmd(vma, addr, pmdp);
		/* As in cp_one_pte(), for when it is split. */
		if (vma_is_anonymous(vma) && !pmd_soft_dirty(pmd))
			cp_dirty_pmd(vma, addr & HPAGE_PMD_MASK, pmdp);
		spin_unlock(ptl);
		err = cp_source_fault_range(cap, vma, addr, end);
		cap->next = end;
		return err;
	}

	if (is_huge_zero_pmd(pmd)) {
		cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, end);
	} else if (!PageAnon(pmd_page(pmd))) {
		cp_copy_pmd(cap, vma, addr, end, pmdp);
	} else if (cap->inc && !pmd_soft_dirty(pmd) && !pmd_write(pmd) &&
		   !dirty) {
		/* Unchanged. */
	} else if (end - addr < HPAGE_PMD_SIZE ||
		   folio_test_has_hwpoisoned(page_folio(pmd_page(pmd)))) {
		spin_unlock(ptl);
		cp_split_huge_pmd(vma, pmdp, addr);
		walk->action = ACTION_AGAIN;
		ptl = NULL;
	} else {
		cp_take_pmd(cap, vma, addr, pmdp, dirty);
	}
	if (ptl) {
		spin_unlock(ptl);
		cap->next = end;
	}
	return 0;
}
#else
static int cp_walk_huge(struct cp_capture *cap, struct mm_walk *walk,
			pmd_t *pmdp, unsigned long addr, unsigned long end,
			spinlock_t *ptl)
{
	return 0;
}

static void cp_protect_pmd(struct vm_area_struct *vma, unsigned long addr,
			   pmd_t *pmdp)
{
}
#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

/*
 * Stops threads from writing to shared pages for the time of the stall.  What
 * is being migrated comes back meanwhile: not writable, either.
 */
static int cp_walk_protect(struct mm_walk *walk, pmd_t *pmd,
			   unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = walk->vma;
	pte_t *first, *ptep;
	spinlock_t *ptl;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		cp_protect_pmd(vma, addr, pmd);
		spin_unlock(ptl);
		return 0;
	}
	first = cp_pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!first) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (ptep = first; addr < end; ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);

		if (pte_none(pte))
			continue;
		if (pte_present(pte) && pte_write(pte))
			ptep_set_wrprotect(walk->mm, addr, ptep);
		else if (!pte_present(pte) &&
			 cp_pte_absent(pte) == CP_ABSENT_MIGRATION)
			set_pte_at(walk->mm, addr, ptep,
				   cp_pte_migrate_readable(pte));
	}
	pte_unmap_unlock(first, ptl);
	return 0;
}

static int cp_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long end,
			struct mm_walk *walk)
{
	struct cp_capture *cap = walk->private;
	spinlock_t *ptl;
	int err;

	/* Whoever runs instead makes the stall longer: not all the time. */
	if (!(++cap->tables % CP_RESCHED_TABLES))
		cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	if (cap->protect_only)
		return cp_walk_protect(walk, pmd, addr, end);

	/* The walk comes back here with what it had done already. */
	addr = max(addr, cap->next);
	if (addr >= end)
		return 0;
	err = cp_reserve(cap, PTRS_PER_PTE);
	if (err)
		return err;
	cp_early_skip(cap, addr);
	cap->next = addr;
	ptl = pmd_trans_huge_lock(pmd, walk->vma);
	if (ptl)
		err = cp_walk_huge(cap, walk, pmd, addr, end, ptl);
	else
		err = cp_walk_ptes(cap, walk, pmd, addr, end);
	cap->result->pages_scanned += (cap->next - addr) >> PAGE_SHIFT;
	return err;
}

static int cp_pte_hole(unsigned long addr, unsigned long end, int depth,
		       struct mm_walk *walk)
{
	struct cp_capture *cap = walk->private;
	int err;

	addr = max(addr, cap->next);
	if (addr >= end || !walk->vma || cap->protect_only)
		return 0;
	if (fatal_signal_pending(current))
		return -EINTR;
	/* (elsewhere, what is done for a hole may depend on its size) */
	err = cp_check_hole(walk->mm, addr, &end, cap->kind == CP_KIND_ANON ?
			    min(walk->vma->vm_end, cap->end) : end, depth);
	if (!err)
		err = cp_reserve(cap, 1);
	if (err)
		return err;
	cap->next = end;
	return cp_source_hole(cap, walk->vma, addr, end);
}

static int cp_test_walk(unsigned long start, unsigned long end,
			struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	struct cp_capture *cap = walk->private;
	int err;

	cap->kind = cp_source_kind(vma);
	cap->protect_only = false;
	cp_close_run(cap);
	if (!(++cap->tables % CP_RESCHED_TABLES))
		cond_resched();

	err = cp_mapping_record(cap, vma, start, end);
	if (!err)
		err = cp_reserve(cap, 1);
	if (err)
		return err;

	switch (cap->kind) {
	case CP_KIND_DEVICE:
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_DEVICE,
			start, end);
		return 1;
	case CP_KIND_SECRET:
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_SECRET,
			start, end);
		return 1;
	case CP_KIND_HUGETLB:
		err = cp_hugetlb_take(cap, vma, start, end);
		return err ?: 1;
	case CP_KIND_FILE:
	case CP_KIND_SHMEM:
		if (!(vma->vm_flags & VM_MAYSHARE))
			return 0;
		/* The page cache knows better than this process's entries. */
		cap->protect_only = true;
		return cp_source_page_cache(cap, vma, start, end);
	default:
		return 0;
	}
}

static const struct mm_walk_ops cp_take_ops = {
	.pmd_entry	= cp_pmd_entry,
	.pte_hole	= cp_pte_hole,
	.test_walk	= cp_test_walk,
	CP_WALK_WRLOCK
};

/* The walk, and all that makes its changes visible to TLBs and devices. */
static int cp_walk_and_flush(struct cp_capture *cap)
{
	struct mm_struct *mm = cap->mm;
	struct mmu_notifier_range range;
	int err;

	cp_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, mm,
			       cap->start, cap->end);
	mmu_notifier_invalidate_range_start(&range);
	inc_tlb_flush_pending(mm);

	err = walk_page_range(mm, cap->start, cap->end, &cp_take_ops, cap);

	flush_tlb_mm(mm);
	dec_tlb_flush_pending(mm);
	mmu_notifier_invalidate_range_end(&range);
	return err;
}

/* Pages to be marked soft-dirty again: a range that still may grow. */
struct cp_undo {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
};

static int cp_undo_add(struct cp_undo *undo, unsigned long addr,
		       unsigned long end)
{
	int err = 0;

	if (addr != undo->end) {
		err = cp_undo_range(undo->mm, undo->start, undo->end);
		undo->start = addr;
	}
	undo->end = end;
	return err;
}

static int cp_undo_last(struct cp_undo *undo)
{
	return cp_undo_range(undo->mm, undo->start, undo->end);
}

/* Marks what was taken early and not used.  Context: as below. */
static int cp_undo_early(struct cp_capture *cap)
{
	struct cp_undo undo = { .mm = cap->mm };
	struct cp_early *early = &cap->early;
	int err = 0;

	for (cp_early_start(early); !err && early->word; cp_early_next(early)) {
		cond_resched();
		if ((*early->word & (CP_EARLY_DIRTY | CP_EARLY_GONE)) ==
		    CP_EARLY_DIRTY)
			err = cp_undo_add(&undo, early->addr,
					  early->addr + PAGE_SIZE);
	}
	return err ?: cp_undo_last(&undo);
}

/*
 * Marks everything that was soft-dirty when it was taken soft-dirty again.
 * Context: mmap_write_lock() held.
 */
static int cp_undo_locked(struct cp_capture *cap)
{
	struct cp_undo undo = { .mm = cap->mm };
	struct cp_page_iter pages;
	struct cp_vec_iter runs;
	struct cp_run run;
	int err;

	err = cp_undo_early(cap);

	cp_vec_start(&runs, &cap->runs);
	cp_page_start(&pages, cap);
	while (!err && cp_run_next(&runs, &run)) {
		unsigned long addr = run.start;
		unsigned long last = addr + (run.pages << PAGE_SHIFT);

		if (cp_run_state(&run) != CP_RUN_DATA)
			continue;
		while (!err && addr < last) {
			unsigned long next;
			cp_page_t page;

			cond_resched();
			cp_page_next(&pages, &page);
			next = addr + (PAGE_SIZE << cp_page_order(page));
			if (page & CP_PAGE_WAS_DIRTY)
				err = cp_undo_add(&undo, addr, next);
			addr = next;
		}
	}
	return err ?: cp_undo_last(&undo);
}

/**
 * cp_capture_take() - the instant
 * @cap: capture, reset
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
	/* Rather give up early than push out what everybody else has. */
	cap->max_copies = si_mem_available();
	cp_vec_start(&cap->unreadable_iter, &cap->unreadable);
	cap->unreadable_at = cp_vec_next(&cap->unreadable_iter);
	cp_early_start(&cap->early);

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

/**
 * cp_capture_undo() - the image could not be written: lose nothing
 * @cap: capture that was taken
 *
 * Pages that moved since, with mremap(), are soft-dirty by that; unmapped ones
 * will be named as holes.
 *
 * Context: No locks held.
 * Return: 0, or an errno if the pages could not be marked: then the range has
 * no valid baseline any more.
 */
int cp_capture_undo(struct cp_capture *cap)
{
	int err;

	if (!mmget_not_zero(cap->mm))
		return -ESRCH;
	/* Succeeds for a writer that was killed, too, if it need not wait. */
	err = mmap_write_lock_killable(cap->mm);
	if (!err) {
		err = cp_undo_locked(cap);
		mmap_write_unlock(cap->mm);
	}
	mmput(cap->mm);
	return err;
}

/**
 * struct cp_survey - what the preparation finds
 * @cap: capture
 * @pages: pages that will probably be taken
 * @runs: runs that they will probably make
 * @taking: the last page was one to be taken
 * @tables: page tables since the lock was taken
 * @nr_absent: used entries of @absent
 * @absent: addresses of what has to be read from swap, or from a device
 */
struct cp_survey {
	struct cp_capture *cap;
	unsigned long pages;
	unsigned long runs;
	bool taking;
	unsigned int tables;
	unsigned int nr_absent;
	unsigned long absent[CP_ABSENT_BATCH];
};

/* Whether the stall would have to read what is not present. */
static bool cp_survey_absent(const struct cp_capture *cap, pte_t pte)
{
	if (pte_none(pte))
		return false;
	switch (cp_pte_absent(pte)) {
	case CP_ABSENT_SWAP:
		return !cap->inc || pte_swp_soft_dirty(pte);
	case CP_ABSENT_DEVICE:
		return true;
	default:
		return false;
	}
}

/* Adds to the absent pages.  Return: false if there is no room for one more. */
static bool cp_survey_add(struct cp_survey *survey, unsigned long addr)
{
	if (survey->nr_absent == CP_ABSENT_BATCH) {
		survey->cap->next = addr;
		return false;
	}
	survey->absent[survey->nr_absent++] = addr;
	return true;
}

static int cp_survey_pmd_entry(pmd_t *pmd, unsigned long addr,
			       unsigned long end, struct mm_walk *walk)
{
	struct cp_survey *survey = walk->private;
	struct cp_capture *cap = survey->cap;
	pte_t *first, *ptep;
	spinlock_t *ptl;

	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	/* Let others have the lock now and then: mmap(), brk(). */
	if (survey->tables++ == CP_SURVEY_TABLES) {
		survey->tables = 0;
		cap->next = addr;
		return 1;
	}
	ptl = pmd_trans_huge_lock(pmd, walk->vma);
	if (ptl) {
		bool absent = !pmd_present(*pmd) && !cp_pmd_is_migration(*pmd);

		spin_unlock(ptl);
		if (absent && !cp_survey_add(survey, addr))
			return 1;
		survey->pages++;
		return 0;
	}
	first = cp_pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!first) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (ptep = first; addr < end; ptep++, addr += PAGE_SIZE) {
		unsigned long from = addr;
		bool take;
		pte_t pte;

		ptep = cp_pass_none(ptep, &addr, end);
		ptep = cp_pass_unchanged(cap, ptep, &addr, end);
		if (addr != from)
			survey->taking = false;
		if (addr == end)
			break;
		pte = ptep_get(ptep);
		if (pte_present(pte)) {
			take = !cap->inc || pte_soft_dirty(pte);
		} else {
			take = cp_survey_absent(cap, pte);
			if (take && !cp_survey_add(survey, addr)) {
				pte_unmap_unlock(first, ptl);
				return 1;
			}
		}
		survey->pages += take;
		survey->runs += take && !survey->taking;
		survey->taking = take;
	}
	pte_unmap_unlock(first, ptl);
	return 0;
}

static const struct mm_walk_ops cp_survey_ops = {
	.pmd_entry	= cp_survey_pmd_entry,
	.test_walk	= cp_test_private,
	CP_WALK_RDLOCK
};

/* Reads what was found absent, so that the stall need not. */
static int cp_read_absent(struct cp_survey *survey)
{
	struct mm_struct *mm = survey->cap->mm;
	unsigned int i;

	for (i = 0; i < survey->nr_absent; i++) {
		struct vm_area_struct *vma;
		int locked = 1;
		struct page *page;
		long ret;

		if (mmap_read_lock_killable(mm))
			return -EINTR;
		/*
		 * If it is missing by now, nobody is asked for it: the handler
		 * may be the one who waits for this command.
		 */
		vma = vma_lookup(mm, survey->absent[i]);
		ret = cp_get_user_page(mm, survey->absent[i], FOLL_FORCE,
				       &page, vma && userfaultfd_armed(vma) ?
					      NULL : &locked);
		if (ret == 1)
			put_page(page);
		if (locked)
			mmap_read_unlock(mm);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	survey->nr_absent = 0;
	return 0;
}

/**
 * cp_capture_prepare() - do before the stall what need not be in it
 * @cap: capture, reset
 *
 * Makes room for what will probably be taken, reads absent and file pages,
 * and drains the LRU batches, whose references would make pages look busy.
 * Nothing depends on it but the length of the stall.
 *
 * Context: No locks held; the caller holds a reference to the mm's users.
 * Return: 0, -EINTR by a fatal signal, -ENOMEM.
 */
int cp_capture_prepare(struct cp_capture *cap)
{
	struct cp_survey survey = { .cap = cap };
	int err;

	cap->next = cap->start;
	do {
		unsigned long from = cap->next;

		cap->next = cap->end;
		if (mmap_read_lock_killable(cap->mm))
			return -EINTR;
		err = walk_page_range(cap->mm, from, cap->end, &cp_survey_ops,
				      &survey);
		mmap_read_unlock(cap->mm);
		if (err < 0)
			return err;
		err = cp_read_absent(&survey);
		if (err)
			return err;
	} while (cap->next < cap->end);
	cap->next = 0;

	if (cp_vec_reserve(&cap->pages, survey.pages) ||
	    cp_vec_reserve(&cap->runs, 2 * survey.runs))
		return -ENOMEM;
	err = cp_source_read_ahead(cap);
	if (err)
		return err;
	lru_add_drain_all();
	return 0;
}

/*
 * Takes the page of an entry, if that is simple.  Context: page-table lock.
 * Return: whether the TLB has to be flushed.
 */
static bool cp_take_early(struct cp_capture *cap, struct vm_area_struct *vma,
			  unsigned long addr, pte_t *ptep)
{
	pte_t pte = ptep_get(ptep);
	struct folio *folio;
	struct page *page;
	bool exclusive;

	if (!pte_present(pte) || pte_special(pte) || is_zero_pfn(pte_pfn(pte)))
		return false;
	page = pte_page(pte);
	folio = page_folio(page);
	if (folio_test_large(folio) || !folio_test_anon(folio) ||
	    folio_test_ksm(folio) || folio_is_zone_device(folio) ||
	    PageHWPoison(page) || !cp_early_fits(page))
		return false;

	exclusive = PageAnonExclusive(page);
	pte = ptep_get_and_clear(vma->vm_mm, addr, ptep);
	if (cp_share_page(cap, folio, page, false)) {
		set_pte_at(vma->vm_mm, addr, ptep, pte);
		return false;
	}
	set_pte_at(vma->vm_mm, addr, ptep,
		   pte_clear_soft_dirty(pte_wrprotect(pte)));
	folio_get(folio);
	cp_early_push(&cap->early, addr, page,
		      pte_soft_dirty(pte) || pte_write(pte));
	/*
	 * An entry that is not writable may have been until just now, with its
	 * flush to come: that of a NUMA hint.  Then the page is exclusive.
	 */
	return exclusive || pte_write(pte);
}

/* Takes what it can of a page table. */
static void cp_early_table(struct cp_capture *cap, struct vm_area_struct *vma,
			   pmd_t *pmd, unsigned long addr, unsigned long end)
{
	unsigned long flush_from = 0, flush_to = 0;
	pte_t *first, *ptep;
	spinlock_t *ptl;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		spin_unlock(ptl);
		return;
	}
	first = cp_pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!first)
		return;
	for (ptep = first; addr < end; ptep++, addr += PAGE_SIZE) {
		ptep = cp_pass_none(ptep, &addr, end);
		ptep = cp_pass_unchanged(cap, ptep, &addr, end);
		if (addr == end)
			break;
		if (end - addr > CP_PREFETCH_PAGES * PAGE_SIZE)
			cp_prefetch(ptep + CP_PREFETCH_PAGES, !cap->inc);
		if (!cp_take_early(cap, vma, addr, ptep))
			continue;
		if (!flush_to)
			flush_from = addr;
		flush_to = addr + PAGE_SIZE;
	}
	cp_early_end_run(&cap->early);
	/* Before the lock goes: see the overview. */
	if (flush_to)
		cp_flush_tlb_range(vma, flush_from, flush_to);
	pte_unmap_unlock(first, ptl);
}

static int cp_early_pmd_entry(pmd_t *pmd, unsigned long addr,
			      unsigned long end, struct mm_walk *walk)
{
	struct cp_capture *cap = walk->private;
	struct mmu_notifier_range range;

	/*
	 * Never ACTION_AGAIN: what is pushed has to ascend, and on a second
	 * look what was dirty would be clean.
	 */
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	/* Others want to change mappings; and a fault behind them waits, too. */
	if (cap->tables++ == CP_EARLY_TABLES ||
	    (cap->tables > 1 && mmap_lock_is_contended(walk->mm))) {
		cap->next = addr;
		return 1;
	}
	if (cp_early_reserve(&cap->early, PTRS_PER_PTE))
		return -ENOMEM;
	cp_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, walk->mm,
			       addr, end);
	mmu_notifier_invalidate_range_start(&range);
	cp_early_table(cap, walk->vma, pmd, addr, end);
	mmu_notifier_invalidate_range_end(&range);
	return 0;
}

static int cp_early_test_walk(unsigned long start, unsigned long end,
			      struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;

	return cp_source_kind(vma) != CP_KIND_ANON ||
	       vma->vm_flags & VM_MIXEDMAP;
}

static const struct mm_walk_ops cp_early_ops = {
	.pmd_entry	= cp_early_pmd_entry,
	.test_walk	= cp_early_test_walk,
	CP_WALK_RDLOCK
};

/**
 * cp_capture_early() - take pages while the process runs
 * @cap: capture, prepared
 *
 * Context: No locks held; the caller holds a reference to the mm's users, and
 * has called cp_track_begin().
 * Return: 0, -EINTR by a fatal signal, -ENOMEM; then cp_capture_undo() has to
 * be called.
 */
int cp_capture_early(struct cp_capture *cap)
{
	struct mm_struct *mm = cap->mm;
	int err = 0;

	cap->next = cap->start;
	do {
		unsigned long from = cap->next;

		cap->next = cap->end;
		cap->tables = 0;
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		/* If the OOM reaper was there, the stall will say so. */
		if (!check_stable_address_space(mm))
			err = walk_page_range(mm, from, cap->end,
					      &cp_early_ops, cap);
		mmap_read_unlock(mm);
	} while (err >= 0 && cap->next < cap->end);
	cap->next = 0;
	return min(err, 0);
}
