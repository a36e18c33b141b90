/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rest of the kernel has to know of /proc/<pid>/checkpoint.
 *
 * In an address space that has been checkpointed ("tracked"), soft-dirty PTE
 * bits are the proof that a page is unchanged.  The hooks in mm/ keep that
 * proof sound: wherever a private page is mapped anew, moved or replaced in a
 * tracked address space, its entry is soft-dirty, and no entry is writable
 * without being soft-dirty, whatever VM_SOFTDIRTY says.
 */
#ifndef _LINUX_PROC_CHECKPOINT_H
#define _LINUX_PROC_CHECKPOINT_H

#include <linux/mm.h>
#include <linux/sched/coredump.h>

#ifdef CONFIG_PROC_CHECKPOINT

/**
 * mm_checkpoint_tracked() - do soft-dirty bits of @mm have to be exact?
 * @mm: the address space
 *
 * Context: To be asked under the page-table lock or mmap lock under which the
 * answer is used.  Set under mmap_write_lock() by the first checkpoint, before it
 * changes any page table, and never cleared.
 */
static inline bool mm_checkpoint_tracked(const struct mm_struct *mm)
{
	return mm_flags_test(MMF_CHECKPOINT, mm);
}

void proc_checkpoint_mm_init(struct mm_struct *mm);
void proc_checkpoint_mm_free(struct mm_struct *mm);
void proc_checkpoint_soft_dirty_cleared(struct mm_struct *mm);
void proc_checkpoint_pages_moved(struct mm_struct *mm, unsigned long addr,
				 unsigned long len);

#else

static inline bool mm_checkpoint_tracked(const struct mm_struct *mm)
{
	return false;
}

static inline void proc_checkpoint_mm_init(struct mm_struct *mm)
{
}

static inline void proc_checkpoint_mm_free(struct mm_struct *mm)
{
}

static inline void proc_checkpoint_soft_dirty_cleared(struct mm_struct *mm)
{
}

static inline void proc_checkpoint_pages_moved(struct mm_struct *mm,
					       unsigned long addr,
					       unsigned long len)
{
}

#endif /* CONFIG_PROC_CHECKPOINT */

/**
 * vma_all_soft_dirty() - is every page of @vma soft-dirty, whatever its entry says?
 * @vma: the mapping
 *
 * That is what VM_SOFTDIRTY means, which nearly every mapping has from its
 * beginning on.  In a tracked address space the entries of private pages are
 * exact without it.
 *
 * Context: mmap or VMA lock.
 */
static inline bool vma_all_soft_dirty(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_SOFTDIRTY) &&
	       (vma->vm_flags & (VM_MAYSHARE | VM_HUGETLB) ||
		!mm_checkpoint_tracked(vma->vm_mm));
}

#endif /* _LINUX_PROC_CHECKPOINT_H */
