// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of hugetlb mappings: protected and found in a walk of their own, and
 * copied with what source.c finds.
 */
#include <linux/hugetlb.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include "checkpoint.h"
#include "compat.h"

/* Emits a hole in the page tables of a hugetlb mapping. */
static int cp_hugetlb_hole(struct cp_capture *cap, struct vm_area_struct *vma,
			   unsigned long addr, unsigned long end)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	unsigned long huge = huge_page_size(hstate_vma(vma));
	unsigned long eof = cp_source_eof(vma, addr, end);

	while (addr < eof) {
		unsigned long index = cp_hugetlb_index(vma, addr);
		unsigned long next = eof;
		struct folio *folio = NULL;
		int err;

		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		/* What nobody touched is passed over, however large it is. */
		if (xa_find(&mapping->i_pages, &index,
			    cp_hugetlb_index(vma, eof - 1), XA_PRESENT))
			next = max(addr, cp_hugetlb_address(vma, index));
		if (next == addr) {
			next = min(end, ALIGN(addr + 1, huge));
			folio = cp_find_folio(mapping, index);
		}
		/* Migration fills it when it is there already, until 6.11. */
		if (folio && !folio_test_uptodate(folio)) {
			folio_put(folio);
			return -EAGAIN;
		}
		err = cp_reserve(cap, folio ? (next - addr) >> PAGE_SHIFT : 1);
		if (err) {
			if (folio)
				folio_put(folio);
			return err;
		}
		if (!folio) {
			cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, next);
			addr = next;
			continue;
		}
		if (cp_folio_poisoned(folio)) {
			folio_put(folio);
			cp_emit(cap, vma, CP_RUN_SKIPPED,
				PROC_CHECKPOINT_SKIP_POISON, addr, next);
			addr = next;
			continue;
		}
		for (; addr < next; addr += PAGE_SIZE) {
			folio_get(folio);
			cp_emit_page(cap, vma, addr,
				     folio_page(folio, (addr & (huge - 1)) >>
						       PAGE_SHIFT),
				     0, CP_PAGE_COPY);
		}
		folio_put(folio);
	}
	if (addr < end) {
		int err = cp_reserve(cap, 1);

		if (err)
			return err;
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_EOF,
			addr, end);
	}
	return 0;
}

/* Protects one hugetlb page, or a part of it, and emits it, to be copied. */
static int cp_hugetlb_page(struct cp_capture *cap, struct vm_area_struct *vma,
			   pte_t *ptep, unsigned long addr, unsigned long next)
{
	unsigned long hmask = huge_page_mask(hstate_vma(vma));
	struct page *page = NULL;
	enum cp_absent absent = CP_ABSENT_NONE;
	spinlock_t *ptl;
	pte_t pte;
	int err;

	err = cp_reserve(cap, (next - addr) >> PAGE_SHIFT);
	if (err)
		return err;

	ptl = huge_pte_lock(hstate_vma(vma), cap->mm, ptep);
	pte = cp_huge_ptep_get(cap->mm, addr, ptep);
	if (pte_present(pte)) {
		if (huge_pte_write(pte))
			huge_ptep_set_wrprotect(cap->mm, addr & hmask, ptep);
		page = pte_page(pte) + ((addr & ~hmask) >> PAGE_SHIFT);
		if (cp_folio_poisoned(page_folio(page))) {
			absent = CP_ABSENT_POISON;
			page = NULL;
		} else {
			folio_ref_add(page_folio(page),
				      (next - addr) >> PAGE_SHIFT);
		}
	} else if (!huge_pte_none(pte)) {
		absent = cp_pte_absent(pte);
	}
	spin_unlock(ptl);
	for (; page && addr < next; addr += PAGE_SIZE, page++) {
		cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
		cap->result->pages_scanned++;
	}

	switch (absent) {
	case CP_ABSENT_NONE:
		return addr < next ? cp_hugetlb_hole(cap, vma, addr, next) : 0;
	case CP_ABSENT_POISON:
		cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_POISON,
			addr, next);
		return 0;
	default:
		/* Being migrated, and waiting would drop the VMA lock. */
		return -EAGAIN;
	}
}

/*
 * Where an absent page table above the entries ends; @addr if none is absent.
 * (The entries themselves are none for a moment while they are replaced.)
 */
static unsigned long cp_hugetlb_absent(struct vm_area_struct *vma,
				       unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;

	if (pgd_none(*pgd))
		return pgd_addr_end(addr, end);
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return p4d_addr_end(addr, end);
	if (huge_page_size(hstate_vma(vma)) < PUD_SIZE &&
	    pud_none(*pud_offset(p4d, addr)))
		return pud_addr_end(addr, end);
	return addr;
}

/**
 * cp_hugetlb_take() - protect a hugetlb mapping, and emit it
 * @cap: capture
 * @vma: the mapping
 * @addr: first byte, maybe inside a huge page
 * @end: first byte after
 *
 * A write fault decides by the map count whether it may reuse a hugetlb page,
 * so that a reference does not freeze it: all of it is copied, always.
 * walk_page_range() would come by each page of a reservation of terabytes.
 *
 * Context: mmap_write_lock() held; may sleep.
 * Return: 0 or an errno.
 */
int cp_hugetlb_take(struct cp_capture *cap, struct vm_area_struct *vma,
		    unsigned long addr, unsigned long end)
{
	unsigned long huge = huge_page_size(hstate_vma(vma));
	int err = 0;

	hugetlb_vma_lock_read(vma);
	while (!err && addr < end) {
		unsigned long next = cp_hugetlb_absent(vma, addr, end);
		pte_t *ptep = NULL;

		if (next == addr) {
			next = min(end, ALIGN(addr + 1, huge));
			ptep = cp_hugetlb_walk(vma, addr & ~(huge - 1));
		}
		err = ptep ? cp_hugetlb_page(cap, vma, ptep, addr, next) :
			     cp_hugetlb_hole(cap, vma, addr, next);
		addr = next;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	hugetlb_vma_unlock_read(vma);
	return err;
}
