/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page-table walks of a capture share: questions to the entries of
 * private memory, and how a page becomes one that is copied on write.  Most of it
 * is inline: it is done for each page.
 */
#ifndef _FS_PROC_CHECKPOINT_WALK_H
#define _FS_PROC_CHECKPOINT_WALK_H

#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagewalk.h>
#include <linux/prefetch.h>
#include <linux/rmap.h>
#include "checkpoint.h"
#include "compat.h"

/* How far ahead of the walk pages are prefetched. */
#define CP_PREFETCH_PAGES 16

/* Entries that are unchanged, or none, and passed at once: a cache line. */
#define CP_PTE_GROUP 8

/*
 * References to a folio with which no more of its pages are copied: they are
 * counted in an int, and others take some, too.
 */
#define CP_MAX_FOLIO_REFS (INT_MAX / 2)

/* collect.c */

void cp_close_run(struct cp_capture *cap);
void cp_emit_pushed(struct cp_capture *cap, struct vm_area_struct *vma);

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

/*
 * Whether somebody holds the folio who is neither a page table, nor the swap
 * cache, nor this capture.  In doubt, yes.  Its entry is cleared and a full
 * barrier was passed.
 */
static inline bool cp_folio_busy(struct cp_capture *cap, struct folio *folio)
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

/* Has the next capture see a present page again.  Context: page-table lock. */
static inline void cp_dirty_pte(struct mm_struct *mm, unsigned long addr,
				pte_t *ptep)
{
	pte_t pte;

	if (pte_soft_dirty(ptep_get(ptep)))
		return;
	pte = ptep_get_and_clear(mm, addr, ptep);
	set_pte_at(mm, addr, ptep, pte_mksoft_dirty(pte));
}

/*
 * Brings the struct page of an entry that will probably be taken into the
 * cache: to wait for it is most of what a page costs.  In the stall, one that
 * is not soft-dirty is unchanged or was taken early.
 */
static inline void cp_prefetch(pte_t *ptep, bool all)
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

/* walk.c */

int cp_lock_vmas(struct cp_capture *cap);
int cp_check_hole(struct mm_struct *mm, unsigned long addr, unsigned long *end,
		  unsigned long limit, int depth);
int cp_test_private(unsigned long start, unsigned long end,
		    struct mm_walk *walk);
int cp_walk_and_flush(struct cp_capture *cap);

/* ptes.c */

int cp_walk_ptes(struct cp_capture *cap, struct mm_walk *walk, pmd_t *pmd,
		 unsigned long addr, unsigned long end);

/* huge.c */

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
int cp_walk_huge(struct cp_capture *cap, struct mm_walk *walk, pmd_t *pmdp,
		 unsigned long addr, unsigned long end, spinlock_t *ptl);
void cp_protect_pmd(struct vm_area_struct *vma, unsigned long addr,
		    pmd_t *pmdp);
void cp_dirty_pmd(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmdp);
#else
/* No entry is one. */
static inline int cp_walk_huge(struct cp_capture *cap, struct mm_walk *walk,
			       pmd_t *pmdp, unsigned long addr,
			       unsigned long end, spinlock_t *ptl)
{
	return 0;
}

static inline void cp_protect_pmd(struct vm_area_struct *vma,
				  unsigned long addr, pmd_t *pmdp)
{
}

static inline void cp_dirty_pmd(struct vm_area_struct *vma, unsigned long addr,
				pmd_t *pmdp)
{
}
#endif

/* undo.c */

int cp_undo_range(struct mm_struct *mm, unsigned long start,
		  unsigned long end);
int cp_undo_locked(struct cp_capture *cap);

#endif /* _FS_PROC_CHECKPOINT_WALK_H */
