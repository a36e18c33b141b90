// SPDX-License-Identifier: GPL-2.0
/*
 * The stall: the walk over mappings, holes and page tables, and its flush.
 */
#include <linux/jiffies.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/signal.h>
#include <asm/tlbflush.h>
#include "walk.h"

/* Page tables that are walked without a cond_resched(): about 1 ms. */
#define CP_RESCHED_TABLES 64

/* For how long the stall waits for VMAs that others have locked: 100 ms. */
#define CP_MAX_LOCK_JIFFIES (HZ / 10)

/* The level of pmd_t in the walks, counted from pgd_t. */
#define CP_DEPTH_PMD 3

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
int cp_check_hole(struct mm_struct *mm, unsigned long addr, unsigned long *end,
		  unsigned long limit, int depth)
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

/*
 * Write-locks the VMAs of the range, as the walk would do, but does not wait for
 * ever: a fault on a shared page may keep one locked until its file system answers,
 * which may be served by a thread that needs the lock that we hold.
 *
 * Context: mmap_write_lock() held; the VMAs stay locked until it is released.
 * Return: 0, -EINTR, or -EAGAIN, with cap->held_up set.
 */
int cp_lock_vmas(struct cp_capture *cap)
{
	VMA_ITERATOR(vmi, cap->mm, cap->start);
	unsigned long give_up = jiffies + CP_MAX_LOCK_JIFFIES;
	struct vm_area_struct *vma;
	unsigned int locked = 0;

	for_each_vma_range(vmi, vma, cap->end) {
		int err = cp_vma_start_write_until(vma, give_up);

		if (err) {
			cap->held_up = err == -EAGAIN;
			return err;
		}
		if (!(++locked % CP_RESCHED_TABLES))
			cond_resched();
	}
	return 0;
}

/* Walks only mappings in which soft-dirty bits count. */
int cp_test_private(unsigned long start, unsigned long end,
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
int cp_walk_and_flush(struct cp_capture *cap)
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
