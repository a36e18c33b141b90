// SPDX-License-Identifier: GPL-2.0
/*
 * Before the stall: takes pages while the process runs.
 */
#include <linux/mmu_notifier.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <asm/tlbflush.h>
#include "walk.h"

/* Those whose pages are taken early. */
#define CP_EARLY_TABLES 32

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
