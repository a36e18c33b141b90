/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel series, under one set of names.  This is the
 * header for Linux 6.12.
 */
#ifndef _FS_PROC_CHECKPOINT_COMPAT_H
#define _FS_PROC_CHECKPOINT_COMPAT_H

#include <linux/crc32c.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/workqueue.h>
#include <asm/tlbflush.h>

/* Files, and writing them */

/* vfs_iter_write() takes freeze protection itself since 6.8 (e8e17ee90eaf). */
static inline ssize_t cp_iter_write(struct file *file, struct iov_iter *iter,
				    loff_t *pos)
{
	return vfs_iter_write(file, iter, pos, 0);
}

/* An idmap instead of a user namespace since 6.3 (abf08576afe3). */
static inline void cp_vfs_unlink(struct vfsmount *mnt, struct inode *dir,
				 struct dentry *dentry)
{
	vfs_unlink(mnt_idmap(mnt), dir, dentry, NULL);
}

/* An accessor since 6.7 (077c212f0344). */
static inline struct timespec64 cp_inode_mtime(struct inode *inode)
{
	return inode_get_mtime(inode);
}

/*
 * Of a file below an overlay, what the user has mapped is not the file's own
 * path since 6.7 (def3ae83da02).
 */
static inline const struct path *cp_file_path(const struct file *file)
{
	return file_user_path(file);
}

/* The same for the inode. */
static inline const struct inode *cp_file_inode(const struct file *file)
{
	return file_user_inode(file);
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
	return vma_is_initial_heap(vma);
}

/* vma_is_initial_stack() since 6.6 (11250fd12eb8). */
static inline bool cp_vma_is_stack(struct vm_area_struct *vma)
{
	return vma_is_initial_stack(vma);
}

/*
 * The clock's data that the vDSO reads, and that the kernel writes at any
 * time, are ordinary pages in a VM_MIXEDMAP in 7.3; here they are VM_PFNMAP.
 */
static inline bool cp_vma_is_vvar(struct vm_area_struct *vma)
{
	return false;
}

/*
 * vma_start_write(), until @give_up, in jiffies: -EAGAIN then, or -EINTR by a fatal
 * signal.  VMAs have locks since 6.4, and counts in place of semaphores since 6.15.
 */
static inline int cp_vma_start_write_until(struct vm_area_struct *vma,
					   unsigned long give_up)
{
#ifdef CONFIG_PER_VMA_LOCK
	unsigned int mm_lock_seq, before = vma->vm_lock_seq;
	int err = 0;

	if (__is_vma_write_locked(vma, &mm_lock_seq))
		return 0;
	/* From now on, vma_start_read() fails: who has it locked is all. */
	WRITE_ONCE(vma->vm_lock_seq, mm_lock_seq);
	while (!down_write_trylock(&vma->vm_lock->lock)) {
		if (fatal_signal_pending(current))
			err = -EINTR;
		else if (time_after(jiffies, give_up))
			err = -EAGAIN;
		if (err) {
			WRITE_ONCE(vma->vm_lock_seq, before);
			return err;
		}
		usleep_range_state(20, 50, TASK_KILLABLE);
	}
	up_write(&vma->vm_lock->lock);
#endif
	return 0;
}

/* Lost its argument for the VMAs in 6.5 (ca5e863233e8). */
static inline long cp_get_user_page(struct mm_struct *mm, unsigned long addr,
				    unsigned int flags, struct page **page,
				    int *locked)
{
	return get_user_pages_remote(mm, addr, 1, flags, page, locked);
}

/* Lost its argument for the VMA in 6.3 (7d4a8be0c4b2). */
static inline void cp_notifier_range_init(struct mmu_notifier_range *range,
					  enum mmu_notifier_event event,
					  struct mm_struct *mm,
					  unsigned long start,
					  unsigned long end)
{
	mmu_notifier_range_init(range, event, 0, mm, start, end);
}

/* Page tables */

/* Before 6.6 it leaves out devices that use the CPU's page tables (6bbd42e2df8f). */
static inline void cp_flush_tlb_range(struct vm_area_struct *vma,
				      unsigned long start, unsigned long end)
{
	flush_tlb_range(vma, start, end);
}

/*
 * In struct mm_walk_ops: VMAs have locks since 6.4, which walks take since 6.6
 * (49b0638502da).
 */
#define CP_WALK_WRLOCK	.walk_lock = PGWALK_WRLOCK,
#define CP_WALK_RDLOCK	.walk_lock = PGWALK_RDLOCK,

/* NULL, look again, if there is no page table: since 6.5 (0d940a9b270b). */
static inline pte_t *cp_pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd,
					    unsigned long addr,
					    spinlock_t **ptl)
{
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
	if (is_hwpoison_entry(entry) || is_poisoned_swp_entry(entry))
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

/* folio_expected_ref_count() is in mainline since 6.16 and backported here. */
static inline int cp_folio_expected_refs(struct folio *folio)
{
	return folio_expected_ref_count(folio);
}

/* One function for each level since 6.8 (e3b4b1374f87). */
static __always_inline int cp_try_share_anon_rmap(struct folio *folio,
						  struct page *page, bool huge)
{
	return huge ? folio_try_share_anon_rmap_pmd(folio, page) :
		      folio_try_share_anon_rmap_pte(folio, page);
}

/* copy_mc_highpage() since 6.5 (6efc7afb5cc9). */
static inline int cp_copy_page(struct page *to, struct page *from)
{
	return copy_mc_highpage(to, from);
}

/* folio_contain_hwpoisoned_page() since 6.12 (5f5ee52d4f58). */
static inline bool cp_folio_poisoned(struct folio *folio)
{
	return folio_contain_hwpoisoned_page(folio);
}

/* filemap_get_folio() has an ERR_PTR for NULL since 6.4 (66dabbb65d67). */
static inline struct folio *cp_find_folio(struct address_space *mapping,
					  pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	return IS_ERR(folio) ? NULL : folio;
}

/* shmem_get_folio() takes the end of a write since 6.12. */
static inline int cp_shmem_get_folio(struct inode *inode, pgoff_t index,
				     struct folio **folio)
{
	return shmem_get_folio(inode, index, 0, folio, SGP_READ);
}

/* hugetlb */

#ifdef CONFIG_HUGETLB_PAGE

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

/* hugetlb_walk() since 6.3 (9c67a20704e7). */
static inline pte_t *cp_hugetlb_walk(struct vm_area_struct *vma,
				     unsigned long addr)
{
	return hugetlb_walk(vma, addr, huge_page_size(hstate_vma(vma)));
}

/* huge_ptep_get() takes the mm and the address since 6.11 (e6c0c03245b5). */
static inline pte_t cp_huge_ptep_get(struct mm_struct *mm, unsigned long addr,
				     pte_t *ptep)
{
	return huge_ptep_get(mm, addr, ptep);
}

#endif /* CONFIG_HUGETLB_PAGE */

#endif /* _FS_PROC_CHECKPOINT_COMPAT_H */
