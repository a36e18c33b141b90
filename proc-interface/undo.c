// SPDX-License-Identifier: GPL-2.0
/*
 * Marks pages soft-dirty again whose capture came to nothing.
 */
#include <linux/sched/mm.h>
#include "walk.h"

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
		} else {
			cp_dirty_pte(mm, addr, ptep);
		}
	}
	pte_unmap_unlock(first, ptl);
	return 0;
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
	CP_WALK_RDLOCK
};

/*
 * Leaves faults to go on that lock their VMA alone, and does not wait for them: to
 * set the bit, the lock of the page table is enough.
 */
int cp_undo_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	int err;

	if (start == end)
		return 0;
	do {
		err = walk_page_range(mm, start, end, &cp_undo_ops, NULL);
	} while (err == -EAGAIN);
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
int cp_undo_locked(struct cp_capture *cap)
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
