// SPDX-License-Identifier: GPL-2.0
/*
 * The stall, at a huge page.
 */
#include "walk.h"

/* Context: page-table lock. */
void cp_dirty_pmd(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmdp)
{
	pmd_t pmd = pmdp_invalidate_ad(vma, addr, pmdp);

	set_pmd_at(vma->vm_mm, addr, pmdp, pmd_mksoft_dirty(pmd));
}

/* Takes a private huge page whole.  Context: page-table lock. */
static void cp_take_pmd(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, pmd_t *pmdp, bool dirty)
{
	pmd_t pmd = pmdp_invalidate_ad(vma, addr, pmdp);
	struct page *page = pmd_page(pmd);
	struct folio *folio = page_folio(page);
	unsigned int flags = 0;
	unsigned int i;

	if (pmd_soft_dirty(pmd) || pmd_write(pmd) || dirty)
		flags |= CP_PAGE_WAS_DIRTY;
	if (!cp_share_page(cap, folio, page, true)) {
		pmd = pmd_clear_soft_dirty(pmd_wrprotect(pmd));
		set_pmd_at(vma->vm_mm, addr, pmdp, pmd);
		folio_get(folio);
		cp_emit_page(cap, vma, addr, page, HPAGE_PMD_ORDER, flags);
		return;
	}
	pmd = pmd_mksoft_dirty(pmd_wrprotect(pmd));
	set_pmd_at(vma->vm_mm, addr, pmdp, pmd);
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		folio_get(folio);
		cp_emit_page(cap, vma, addr + i * PAGE_SIZE, page + i, 0,
			     flags | CP_PAGE_COPY);
	}
}

/* As cp_copy_pte(), for what of a huge page lies in [@addr, @end). */
static void cp_copy_pmd(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, unsigned long end, pmd_t *pmdp)
{
	struct page *page = pmd_page(*pmdp) +
			    ((addr & ~HPAGE_PMD_MASK) >> PAGE_SHIFT);

	if (cap->kind == CP_KIND_FILE_REF) {
		cp_source_file_ref(cap, vma, addr, end);
		return;
	}
	if (pmd_write(*pmdp))
		pmdp_set_wrprotect(vma->vm_mm, addr & HPAGE_PMD_MASK, pmdp);
	for (; addr < end; addr += PAGE_SIZE, page++) {
		get_page(page);
		cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
	}
}

void cp_protect_pmd(struct vm_area_struct *vma, unsigned long addr, pmd_t *pmdp)
{
	pmd_t pmd = *pmdp;

	addr &= HPAGE_PMD_MASK;
	if (!pmd_present(pmd)) {
		if (cp_pmd_is_migration(pmd))
			set_pmd_at(vma->vm_mm, addr, pmdp,
				   cp_pmd_migrate_readable(pmd));
	} else if (pmd_write(pmd)) {
		pmdp_set_wrprotect(vma->vm_mm, addr, pmdp);
	}
}

/*
 * A PMD that is no page table.  Context: @ptl held, released here.
 * Return: 0, with walk->action set if it has to be looked at again, or an
 * errno.
 */
int cp_walk_huge(struct cp_capture *cap, struct mm_walk *walk, pmd_t *pmdp,
		 unsigned long addr, unsigned long end, spinlock_t *ptl)
{
	struct vm_area_struct *vma = walk->vma;
	/* Small pages that were taken early are in its place no more. */
	bool dirty = cap->early.addr < end;
	pmd_t pmd = *pmdp;
	int err = 0;

	if (!pmd_present(pmd)) {
		spin_unlock(ptl);
		if (cp_pmd_is_migration(pmd))
			pmd_migration_entry_wait(walk->mm, pmdp);
		else
			cp_split_huge_pmd(vma, pmdp, addr);
		walk->action = ACTION_AGAIN;
		return 0;
	}
	if (cp_pmd_is_devmap(pmd)) {
		cp_protect_pmd(vma, addr, pmdp);
		/* As in cp_one_pte(), for when it is split. */
		if (vma_is_anonymous(vma) && !pmd_soft_dirty(pmd))
			cp_dirty_pmd(vma, addr & HPAGE_PMD_MASK, pmdp);
		spin_unlock(ptl);
		err = cp_source_fault_range(cap, vma, addr, end);
		cap->next = end;
		return err;
	}

	if (is_huge_zero_pmd(pmd)) {
		cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, end);
	} else if (!PageAnon(pmd_page(pmd))) {
		cp_copy_pmd(cap, vma, addr, end, pmdp);
	} else if (cap->inc && !pmd_soft_dirty(pmd) && !pmd_write(pmd) &&
		   !dirty) {
		/* Unchanged. */
	} else if (end - addr < HPAGE_PMD_SIZE ||
		   folio_test_has_hwpoisoned(page_folio(pmd_page(pmd)))) {
		spin_unlock(ptl);
		cp_split_huge_pmd(vma, pmdp, addr);
		walk->action = ACTION_AGAIN;
		ptl = NULL;
	} else {
		cp_take_pmd(cap, vma, addr, pmdp, dirty);
	}
	if (ptl) {
		spin_unlock(ptl);
		cap->next = end;
	}
	return 0;
}
