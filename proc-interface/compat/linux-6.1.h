/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel series, under one set of names.  This is the
 * header for Linux 6.1.
 */
#ifndef _FS_PROC_CHECKPOINT_COMPAT_H
#define _FS_PROC_CHECKPOINT_COMPAT_H

#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/rmap.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/workqueue.h>
#include <asm/tlbflush.h>

/* vfs_path_lookup() is in linux/namei.h since 6.6 (74c7f8a0d8f2). */
#include "../../internal.h"

/* Files, and writing them */

/* vfs_iter_write() takes freeze protection itself since 6.8 (e8e17ee90eaf). */
static inline ssize_t cp_iter_write(struct file *file, struct iov_iter *iter,
				    loff_t *pos)
{
	ssize_t ret;

	file_start_write(file);
	ret = vfs_iter_write(file, iter, pos, 0);
	file_end_write(file);
	return ret;
}

/* An idmap instead of a user namespace since 6.3 (abf08576afe3). */
static inline void cp_vfs_unlink(struct vfsmount *mnt, struct inode *dir,
				 struct dentry *dentry)
{
	vfs_unlink(mnt_user_ns(mnt), dir, dentry, NULL);
}

/* An accessor since 6.7 (077c212f0344). */
static inline struct timespec64 cp_inode_mtime(struct inode *inode)
{
	return inode->i_mtime;
}

/*
 * Of a file below an overlay, what the user has mapped is not the file's own
 * path since 6.7 (def3ae83da02).
 */
static inline const struct path *cp_file_path(const struct file *file)
{
	return &file->f_path;
}

/* The same for the inode. */
static inline const struct inode *cp_file_inode(const struct file *file)
{
	return file_inode(file);
}

/* system_dfl_wq since 6.17 (128ea9f6ccfb). */
static inline struct workqueue_struct *cp_unbound_wq(void)
{
	return system_unbound_wq;
}

/* Mappings */

/* vma_is_initial_heap() since 6.6 (11250fd12eb8). */
static inline bool cp_vma_is_heap(struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->brk &&
	       vma->vm_end >= vma->vm_mm->start_brk;
}

/* vma_is_initial_stack() since 6.6 (11250fd12eb8). */
static inline bool cp_vma_is_stack(struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->start_stack &&
	       vma->vm_end >= vma->vm_mm->start_stack;
}

/*
 * The clock's data that the vDSO reads, and that the kernel writes at any
 * time, are ordinary pages in a VM_MIXEDMAP in 7.3; here they are VM_PFNMAP.
 */
static inline bool cp_vma_is_vvar(struct vm_area_struct *vma)
{
	return false;
}

/* VMAs have locks since 6.4. */
static inline int cp_vma_start_write_until(struct vm_area_struct *vma,
					   unsigned long give_up)
{
	return 0;
}

/* Lost its argument for the VMAs in 6.5 (ca5e863233e8). */
static inline long cp_get_user_page(struct mm_struct *mm, unsigned long addr,
				    unsigned int flags, struct page **page,
				    int *locked)
{
	return get_user_pages_remote(mm, addr, 1, flags, page, NULL, locked);
}

/* Lost its argument for the VMA in 6.3 (7d4a8be0c4b2). */
static inline void cp_notifier_range_init(struct mmu_notifier_range *range,
					  enum mmu_notifier_event event,
					  struct mm_struct *mm,
					  unsigned long start,
					  unsigned long end)
{
	mmu_notifier_range_init(range, event, 0, NULL, mm, start, end);
}

/* Page tables */

/*
 * Also for devices that use the CPU's page tables, before the page-table lock
 * goes: since 6.6 the flush does that itself (6bbd42e2df8f).
 */
static inline void cp_flush_tlb_range(struct vm_area_struct *vma,
				      unsigned long start, unsigned long end)
{
	flush_tlb_range(vma, start, end);
	mmu_notifier_invalidate_range(vma->vm_mm, start, end);
}

/*
 * In struct mm_walk_ops: VMAs have locks since 6.4, which walks take since 6.6
 * (49b0638502da).
 */
#define CP_WALK_WRLOCK
#define CP_WALK_RDLOCK

/* NULL, look again, if there is no page table: since 6.5 (0d940a9b270b). */
static inline pte_t *cp_pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd,
					    unsigned long addr,
					    spinlock_t **ptl)
{
	pmd_t val = READ_ONCE(*pmd);

	/*
	 * A huge page of DAX may have come since pmd_trans_huge_lock(); a page
	 * table does not go while the mmap lock is held.
	 */
	if (!pmd_present(val) || pmd_trans_huge(val) || pmd_devmap(val))
		return NULL;
	return pte_offset_map_lock(mm, pmd, addr, ptl);
}

/* __split_huge_pmd() lost its folio argument in 6.16. */
static inline void cp_split_huge_pmd(struct vm_area_struct *vma, pmd_t *pmd,
				     unsigned long addr)
{
	__split_huge_pmd(vma, pmd, addr, false, NULL);
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

/*
 * What a page-table entry that is not present stands for.  Swap entries are
 * softleaf_t since 6.19; guard markers came with 6.13.
 */
static inline enum cp_absent cp_pte_absent(pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (!non_swap_entry(entry))
		return CP_ABSENT_SWAP;
	if (is_migration_entry(entry))
		return CP_ABSENT_MIGRATION;
	if (is_hwpoison_entry(entry) || is_swapin_error_entry(entry))
		return CP_ABSENT_POISON;
	if (is_pte_marker_entry(entry))
		return CP_ABSENT_NONE;
	return CP_ABSENT_DEVICE;
}

/*
 * The entry of a page that is being migrated, which will not be writable when
 * that has ended, whatever it was.  Not for anonymous pages.
 */
static inline pte_t cp_pte_migrate_readable(pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	pte_t new;

	if (!is_writable_migration_entry(entry))
		return pte;
	entry = make_readable_migration_entry(swp_offset(entry));
	new = swp_entry_to_pte(entry);
	if (pte_swp_soft_dirty(pte))
		new = pte_swp_mksoft_dirty(new);
	if (pte_swp_uffd_wp(pte))
		new = pte_swp_mkuffd_wp(new);
	return new;
}

static inline pmd_t cp_pmd_migrate_readable(pmd_t pmd)
{
	swp_entry_t entry = pmd_to_swp_entry(pmd);
	pmd_t new;

	if (!is_writable_migration_entry(entry))
		return pmd;
	entry = make_readable_migration_entry(swp_offset(entry));
	new = swp_entry_to_pmd(entry);
	if (pmd_swp_soft_dirty(pmd))
		new = pmd_swp_mksoft_dirty(new);
	if (pmd_swp_uffd_wp(pmd))
		new = pmd_swp_mkuffd_wp(new);
	return new;
}

/* Pages */

/* free_page_and_swap_cache() is free_folio_and_swap_cache() since 6.16. */
static inline void cp_put_page(struct page *page)
{
	free_page_and_swap_cache(page);
}

/* folio_expected_ref_count() is in mainline since 6.16, and backported here. */
static inline int cp_folio_expected_refs(struct folio *folio)
{
	return folio_expected_ref_count(folio);
}

/* One function for each level since 6.8 (e3b4b1374f87). */
static __always_inline int cp_try_share_anon_rmap(struct folio *folio,
						  struct page *page, bool huge)
{
	return page_try_share_anon_rmap(page);
}

/* copy_mc_highpage() since 6.5 (6efc7afb5cc9). */
static inline int cp_copy_page(struct page *to, struct page *from)
{
	void *source = kmap_local_page(from);
	void *copy = kmap_local_page(to);
	unsigned long left = copy_mc_to_kernel(copy, source, PAGE_SIZE);

	kunmap_local(copy);
	kunmap_local(source);
	if (left) {
		memory_failure_queue(page_to_pfn(from), 0);
		return -EHWPOISON;
	}
	kmsan_copy_page_meta(to, from);
	return 0;
}

/* folio_contain_hwpoisoned_page() since 6.12 (5f5ee52d4f58). */
static inline bool cp_folio_poisoned(struct folio *folio)
{
	return folio_test_hwpoison(folio) ||
	       (folio_test_large(folio) && folio_test_has_hwpoisoned(folio));
}

/* filemap_get_folio() has an ERR_PTR for NULL since 6.4 (66dabbb65d67). */
static inline struct folio *cp_find_folio(struct address_space *mapping,
					  pgoff_t index)
{
	return filemap_get_folio(mapping, index);
}

/* shmem_get_folio() takes the end of a write since 6.12. */
static inline int cp_shmem_get_folio(struct inode *inode, pgoff_t index,
				     struct folio **folio)
{
	return shmem_get_folio(inode, index, folio, SGP_READ);
}

/* hugetlb */

#ifdef CONFIG_HUGETLB_PAGE

/* The page cache of hugetlbfs counts in base pages since 6.7 (a08c7193e4f1). */
static inline pgoff_t cp_hugetlb_index(struct vm_area_struct *vma,
				       unsigned long addr)
{
	struct hstate *h = hstate_vma(vma);

	return (vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT)) >>
	       huge_page_order(h);
}

/* The reverse. */
static inline unsigned long cp_hugetlb_address(struct vm_area_struct *vma,
					       pgoff_t index)
{
	index <<= huge_page_order(hstate_vma(vma));
	return vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
}

/* hugetlb_walk() since 6.3 (9c67a20704e7). */
static inline pte_t *cp_hugetlb_walk(struct vm_area_struct *vma,
				     unsigned long addr)
{
	return huge_pte_offset(vma->vm_mm, addr,
			       huge_page_size(hstate_vma(vma)));
}

/* huge_ptep_get() takes the mm and the address since 6.11 (e6c0c03245b5). */
static inline pte_t cp_huge_ptep_get(struct mm_struct *mm, unsigned long addr,
				     pte_t *ptep)
{
	return huge_ptep_get(ptep);
}

#endif /* CONFIG_HUGETLB_PAGE */

#endif /* _FS_PROC_CHECKPOINT_COMPAT_H */
