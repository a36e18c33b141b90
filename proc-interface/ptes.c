// SPDX-License-Identifier: GPL-2.0
/*
 * The stall, in a page table: takes, copies or passes what its entries map.
 */
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include "walk.h"

/* Faults that are tried for one swapped page before starting again. */
#define CP_MAX_FAULTS 16

/* What is left to do for an entry, without its lock. */
enum cp_step {
	CP_STEP_DONE,
	CP_STEP_HOLE,		/* contents of a hole: may have to sleep */
	CP_STEP_MIGRATION,	/* wait and look again */
	CP_STEP_FAULT,		/* fault it in and look again */
	CP_STEP_FAULT_DIRTY,	/* the same, and its soft-dirty bit is lost */
	CP_STEP_SPECIAL,	/* contents of a special entry */
};

/* Whether the page that was taken early is still what the entry maps. */
static __always_inline bool cp_early_holds(const u64 *word, pte_t pte)
{
	return pte_present(pte) && !pte_write(pte) && !pte_soft_dirty(pte) &&
	       pte_pfn(pte) == FIELD_GET(CP_EARLY_PFN, *word);
}

/* The page at the cursor, which was taken early, is the capture's. */
static __always_inline void cp_use_early_page(struct cp_capture *cap,
					      struct vm_area_struct *vma)
{
	struct cp_early *early = &cap->early;

	cp_grow_pushed(cap, vma, early->addr, 1);
	*(cp_page_t *)cp_vec_push(&cap->pages) = cp_early_take_over(early->word);
	cp_early_next(early);
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
	cp_use_early_page(cap, vma);
	return true;
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
	       cp_early_followers(early, 1)) {
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

/*
 * In an inc, passes entries that are unchanged, CP_PTE_GROUP at once, and uses on
 * the way the pages that were taken early and stand among them, one or two: most do,
 * of a program that writes here and there.  Context: page-table lock; room reserved.
 * Return: an entry that is for others, with @addr its address, or @end.
 */
static __always_inline pte_t *cp_pass_alone(struct cp_capture *cap,
					    struct vm_area_struct *vma,
					    pte_t *ptep, unsigned long *addr,
					    unsigned long end)
{
	pte_t *last = ptep + ((end - *addr) >> PAGE_SHIFT);
	struct cp_early *early = &cap->early;

	if (!cap->inc || *addr == cap->force_dirty)
		return ptep;
	while (unlikely(early->addr < *addr))
		cp_early_next(early);
	/* Without a look at many where one says that it is in vain. */
	if (early->addr >= end || last - ptep < CP_PTE_GROUP ||
	    !cp_pte_unchanged(ptep_get(ptep)))
		return ptep;
	while (last - ptep >= CP_PTE_GROUP && cp_ptes_unchanged(ptep)) {
		unsigned long behind = *addr + CP_PTE_GROUP * PAGE_SIZE;

		while (early->addr < behind) {
			pte_t *at = ptep + ((early->addr - *addr) >> PAGE_SHIFT);

			/* Several are cp_pass_early()'s, another one cp_one_pte()'s. */
			if (cp_early_followers(early, 2) ||
			    !cp_early_holds(early->word, ptep_get(at))) {
				*addr = early->addr;
				return at;
			}
			cp_use_early_page(cap, vma);
		}
		ptep += CP_PTE_GROUP;
		*addr = behind;
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
		if (page)
			cp_dirty_pte(vma->vm_mm, addr, ptep);
		return CP_STEP_SPECIAL;
	}
	if (PageHWPoison(page)) {
		/* It may be healed, and hold what it held: see it again. */
		cp_dirty_pte(vma->vm_mm, addr, ptep);
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

int cp_walk_ptes(struct cp_capture *cap, struct mm_walk *walk, pmd_t *pmd,
		 unsigned long addr, unsigned long end)
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
				ptep = cp_pass_alone(cap, vma, ptep, &addr,
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
