/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel series, under one set of names.  This is the
 * header for Linux 6.12.
 */
#ifndef _FS_PROC_CHECKPOINT_COMPAT_H
#define _FS_PROC_CHECKPOINT_COMPAT_H

#include <linux/fs.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/coredump.h>
#include <linux/swap.h>
#include <linux/swapops.h>

/* vfs_iter_write() takes freeze protection itself since 6.8 (e8e17ee90eaf). */
static inline ssize_t cp_iter_write(struct file *file, struct iov_iter *iter,
				    loff_t *pos)
{
	return vfs_iter_write(file, iter, pos, 0);
}

/* free_page_and_swap_cache() is free_folio_and_swap_cache() since 6.16. */
static inline void cp_put_page(struct page *page)
{
	free_page_and_swap_cache(page);
}

/* __split_huge_pmd() lost its folio argument in 6.16. */
static inline void cp_split_huge_pmd(struct vm_area_struct *vma, pmd_t *pmd,
				     unsigned long addr)
{
	__split_huge_pmd(vma, pmd, addr, false, NULL);
}

/* The page cache of hugetlbfs counts in base pages since 6.7 (a08c7193e4f1). */
static inline pgoff_t cp_hugetlb_index(struct vm_area_struct *vma,
				       unsigned long addr)
{
	struct hstate *h = hstate_vma(vma);

	return round_down(linear_page_index(vma, addr),
			  pages_per_huge_page(h));
}

/* The reverse. */
static inline unsigned long cp_hugetlb_address(struct vm_area_struct *vma,
					       pgoff_t index)
{
	return vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
}

/* folio_expected_ref_count() is in mainline since 6.16 and backported here. */
static inline int cp_folio_expected_refs(struct folio *folio)
{
	return folio_expected_ref_count(folio);
}

/* The flags of an mm are a type of their own since 6.18. */
static inline bool cp_mm_oom_victim(struct mm_struct *mm)
{
	return test_bit(MMF_OOM_SKIP, &mm->flags);
}

/* huge_ptep_get() takes the mm and the address since 6.11 (e6c0c03245b5). */
static inline pte_t cp_huge_ptep_get(struct mm_struct *mm, unsigned long addr,
				     pte_t *ptep)
{
	return huge_ptep_get(mm, addr, ptep);
}

/* pmd_is_migration_entry() since 6.19. */
static inline bool cp_pmd_is_migration(pmd_t pmd)
{
	return is_pmd_migration_entry(pmd);
}

/* DAX entries have no vm_normal_page() before 6.16. */
static inline bool cp_pmd_is_devmap(pmd_t pmd)
{
	return pmd_devmap(pmd);
}

/**
 * enum cp_absent - what a page-table entry that is not present stands for
 * @CP_ABSENT_NONE: nothing, as if it were none
 * @CP_ABSENT_SWAP: a page in swap
 * @CP_ABSENT_MIGRATION: a page that is being migrated
 * @CP_ABSENT_DEVICE: a page that a device has; a fault brings it back
 * @CP_ABSENT_POISON: contents lost
 * @CP_ABSENT_GUARD: MADV_GUARD_INSTALL
 */
enum cp_absent {
	CP_ABSENT_NONE,
	CP_ABSENT_SWAP,
	CP_ABSENT_MIGRATION,
	CP_ABSENT_DEVICE,
	CP_ABSENT_POISON,
	CP_ABSENT_GUARD,
};

/* Swap entries are softleaf_t since 6.19; guard markers came with 6.13. */
static inline enum cp_absent cp_pte_absent(pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (!non_swap_entry(entry))
		return CP_ABSENT_SWAP;
	if (is_migration_entry(entry))
		return CP_ABSENT_MIGRATION;
	if (is_hwpoison_entry(entry) || is_poisoned_swp_entry(entry))
		return CP_ABSENT_POISON;
	if (is_pte_marker_entry(entry))
		return CP_ABSENT_NONE;
	return CP_ABSENT_DEVICE;
}

#endif /* _FS_PROC_CHECKPOINT_COMPAT_H */
