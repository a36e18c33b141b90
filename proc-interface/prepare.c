// SPDX-License-Identifier: GPL-2.0
/*
 * Before the stall: room for what it will take, and what it would have to read.
 */
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/userfaultfd_k.h>
#include "walk.h"

/* Absent pages that are found in one walk of the preparation. */
#define CP_ABSENT_BATCH 64

/* Page tables that the preparation looks at without a pause. */
#define CP_SURVEY_TABLES 512

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
