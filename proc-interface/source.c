// SPDX-License-Identifier: GPL-2.0
/*
 * Contents that cannot be taken copy-on-write from a page-table entry: the
 * page cache of files and shared memory, swapped and special pages.
 *
 * Found under the lock, without waiting for a file system: a page of a file
 * that is not in memory makes the capture start again (-EAGAIN) after
 * cp_source_read_ahead().  A process that serves its own file system can so be
 * captured, and one whose file system hangs cannot make us hang unkillably.
 * What was found is copied under the lock, but after the TLB flush: see the
 * overview in capture.c.
 */
#include <linux/bpf.h>
#include <linux/dax.h>
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/secretmem.h>
#include <linux/shmem_fs.h>
#include "checkpoint.h"
#include "compat.h"

/* Pages that are read from swap under the lock before starting again. */
#define CP_MAX_FAULTS_LOCKED 1024

/* Pages that are read ahead at once. */
#define CP_READ_AHEAD_PAGES 512UL

/*
 * Drivers' mappings are faulted in under the lock, which may take memory that
 * the process never asked for: not more than this of holes.
 */
#define CP_MAX_FAULT_HOLES SZ_64M

/* Whether no name leads to the file any more, so that a reference is useless. */
bool cp_source_is_unlinked(const struct file *file)
{
	return !file_inode(file)->i_nlink ||
	       d_unlinked(cp_file_path(file)->dentry);
}

/**
 * cp_source_kind() - how the contents of a mapping are had
 * @vma: the mapping
 *
 * Context: mmap lock held.
 */
enum cp_kind cp_source_kind(struct vm_area_struct *vma)
{
	struct address_space *mapping;
	bool shmem, regular;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP) || cp_vma_is_vvar(vma))
		return CP_KIND_DEVICE;
	if (vma_is_secretmem(vma))
		return CP_KIND_SECRET;
	if (is_vm_hugetlb_page(vma))
		return CP_KIND_HUGETLB;
	if (vma_is_anonymous(vma))
		return CP_KIND_ANON;
	if (!vma->vm_file)
		return CP_KIND_OTHER;

	mapping = vma->vm_file->f_mapping;
	shmem = shmem_mapping(mapping);
	regular = S_ISREG(mapping->host->i_mode);
	/*
	 * Stores through somebody's shared mapping may leave mtime alone, so
	 * that a reference would not tell that the file changed.
	 */
	if (regular && !(vma->vm_flags & VM_MAYSHARE) &&
	    !mapping_writably_mapped(mapping) &&
	    (shmem || mapping->a_ops->read_folio || vma_is_dax(vma)) &&
	    !cp_source_is_unlinked(vma->vm_file))
		return CP_KIND_FILE_REF;
	/* Without read_folio() pages do not come from the page cache. */
	if (vma_is_dax(vma) ||
	    (!shmem && (!mapping->a_ops->read_folio ||
			!(regular || S_ISBLK(mapping->host->i_mode)))))
		return CP_KIND_OTHER;
	return shmem ? CP_KIND_SHMEM : CP_KIND_FILE;
}

/* First page behind the end of the mapped file. */
static pgoff_t cp_eof_index(struct vm_area_struct *vma)
{
	return DIV_ROUND_UP(i_size_read(vma->vm_file->f_mapping->host),
			    PAGE_SIZE);
}

/*
 * What of its file is mapped at @addr, in pages.  linear_page_index() counts
 * in huge pages for hugetlb, before 6.7.
 */
static pgoff_t cp_page_index(struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/* Where @index of the file is mapped, cut to [@addr, @end). */
static unsigned long cp_index_address(struct vm_area_struct *vma,
				      unsigned long addr, unsigned long end,
				      pgoff_t index)
{
	pgoff_t first = cp_page_index(vma, addr);

	if (index <= first)
		return addr;
	if (index - first >= (end - addr) >> PAGE_SHIFT)
		return end;
	return addr + ((index - first) << PAGE_SHIFT);
}

/**
 * cp_source_eof() - where the file of a mapping ends
 * @vma: the mapping
 * @addr: first byte
 * @end: first byte after
 *
 * Return: the first address behind the end of the file, cut to [@addr, @end].
 */
unsigned long cp_source_eof(struct vm_area_struct *vma, unsigned long addr,
			    unsigned long end)
{
	return cp_index_address(vma, addr, end, cp_eof_index(vma));
}

/* Emits unmodified pages of a private mapping of a file. */
void cp_source_file_ref(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, unsigned long end)
{
	unsigned long eof = cp_source_eof(vma, addr, end);

	cp_emit(cap, vma, CP_RUN_FILE, 0, addr, eof);
	cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_EOF, eof, end);
}

/**
 * cp_source_may_read() - whether a page may be read from swap, under the lock
 * @cap: capture
 *
 * What is taken cannot be reclaimed to make room.  Rather start again than read
 * all of it there, and rather fail than have others killed.  For the same reason
 * those few pages may go beyond limits (memalloc_noreclaim_save()): the OOM
 * killer would take the process, which waits for our lock, and then others.
 *
 * Return: 0, -EAGAIN, -ENOMEM.
 */
int cp_source_may_read(struct cp_capture *cap)
{
	if (++cap->faults > CP_MAX_FAULTS_LOCKED)
		return -EAGAIN;
	return mm_flags_test(MMF_OOM_SKIP, cap->mm) ? -ENOMEM : 0;
}

/* Whether @addr is a page that cp_source_read_ahead() could not read. */
static bool cp_source_unreadable(struct cp_capture *cap, unsigned long addr)
{
	/* The walk ascends, and so do they. */
	while (cap->unreadable_at && *cap->unreadable_at < addr) {
		cap->unreadable_at = cp_vec_next(&cap->unreadable_iter);
		cond_resched();
	}
	return cap->unreadable_at && *cap->unreadable_at == addr;
}

/*
 * A page of the page cache, with a reference.
 * Return: 0 with @page set, or with NULL for a hole; -EAGAIN if it has to be
 * read first; or an errno.
 */
static int cp_cached_page(struct cp_capture *cap,
			  struct address_space *mapping, bool shmem,
			  pgoff_t index, struct page **page)
{
	struct folio *folio;
	int err;

	*page = NULL;
	if (shmem) {
		unsigned int noreclaim;

		if (xa_is_value(xa_load(&mapping->i_pages, index))) {
			err = cp_source_may_read(cap);
			if (err)
				return err;
		}
		noreclaim = memalloc_noreclaim_save();
		err = cp_shmem_get_folio(mapping->host, index, &folio);
		memalloc_noreclaim_restore(noreclaim);
		if (err || !folio)
			return err;
		folio_unlock(folio);
	} else {
		folio = cp_find_folio(mapping, index);
		if (!folio)
			return -EAGAIN;
		if (!folio_test_uptodate(folio)) {
			folio_put(folio);
			return -EAGAIN;
		}
	}
	*page = folio_file_page(folio, index);
	if (PageHWPoison(*page)) {
		folio_put(folio);
		return -EHWPOISON;
	}
	return 0;
}

/* What an errno of finding a page says of the page; 0: the capture fails. */
static unsigned int cp_skip_reason(struct cp_capture *cap, unsigned long addr,
				   int err)
{
	switch (err) {
	case -EAGAIN:
		/* Skip what the process could not read either, nothing else. */
		return cap->last_attempt && (cap->kind == CP_KIND_OTHER ||
					     cp_source_unreadable(cap, addr)) ?
		       PROC_CHECKPOINT_SKIP_UNREADABLE : 0;
	case -EHWPOISON:
		return PROC_CHECKPOINT_SKIP_POISON;
	case -EFAULT:
	case -EIO:
	case -EINVAL:
	case -EEXIST:	/* mapped, but there is no struct page */
	case -EREMOTEIO:	/* the memory of a PCI device */
		return PROC_CHECKPOINT_SKIP_UNREADABLE;
	default:
		return 0;
	}
}

/**
 * cp_source_page_cache() - emit contents of the page cache, to be copied
 * @cap: capture
 * @vma: mapping of kind FILE or SHMEM
 * @addr: first byte
 * @end: first byte after
 *
 * Context: mmap_write_lock() held; may sleep.
 * Return: 0 or an errno; -EAGAIN: see the head of this file.
 */
int cp_source_page_cache(struct cp_capture *cap, struct vm_area_struct *vma,
			 unsigned long addr, unsigned long end)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	bool shmem = shmem_mapping(mapping);
	unsigned long eof = cp_source_eof(vma, addr, end);
	int err;

	while (addr < eof) {
		pgoff_t index = cp_page_index(vma, addr);
		unsigned int reason;
		struct page *page;

		if (fatal_signal_pending(current))
			return -EINTR;
		err = cp_reserve(cap, 1);
		if (err)
			return err;
		/*
		 * mapping_seek_hole_data() would take what is being migrated or
		 * collapsed, and is not yet uptodate, for a hole:
		 * cp_cached_page() asks under the folio's lock.
		 */
		if (shmem) {
			unsigned long data = index;
			unsigned long to = eof;

			if (xa_find(&mapping->i_pages, &data,
				    cp_page_index(vma, eof - 1), XA_PRESENT))
				to = cp_index_address(vma, addr, eof, data);

			cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, to);
			if (to != addr) {
				addr = to;
				continue;
			}
		}
		err = cp_cached_page(cap, mapping, shmem, index, &page);
		reason = cp_skip_reason(cap, addr, err);
		if (err && !reason)
			return err;
		if (err)
			cp_emit(cap, vma, CP_RUN_SKIPPED, reason, addr,
				addr + PAGE_SIZE);
		else if (page)
			cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
		else
			cp_emit(cap, vma, CP_RUN_ZERO, 0, addr,
				addr + PAGE_SIZE);
		addr += PAGE_SIZE;
		cond_resched();
	}
	err = cp_reserve(cap, 1);
	if (err)
		return err;
	cp_emit(cap, vma, CP_RUN_SKIPPED, PROC_CHECKPOINT_SKIP_EOF, eof, end);
	return 0;
}

/**
 * cp_source_fault() - fault a page in, for reading
 * @cap: capture
 * @addr: page
 * @wait: for I/O; only for swap, never for a file system
 * @page: set, with a reference
 *
 * Context: mmap lock held and kept; no page-table lock.
 * Return: 0 or an errno; -EAGAIN: not without waiting.
 */
int cp_source_fault(struct cp_capture *cap, unsigned long addr, bool wait,
		    struct page **page)
{
	unsigned int flags = FOLL_FORCE | FOLL_HWPOISON;
	long ret;

	if (!wait)
		flags |= FOLL_NOWAIT;
	ret = cp_get_user_page(cap->mm, addr, flags, page, NULL);
	if (ret == 1)
		return 0;
	return ret ?: -EAGAIN;
}

/* Emits pages of special mappings, page by page, to be copied. */
int cp_source_fault_range(struct cp_capture *cap, struct vm_area_struct *vma,
			  unsigned long addr, unsigned long end)
{
	for (; addr < end; addr += PAGE_SIZE) {
		unsigned int reason;
		struct page *page;
		int err;

		if (fatal_signal_pending(current))
			return -EINTR;
		err = cp_reserve(cap, 1);
		if (err)
			return err;
		err = cp_source_fault(cap, addr, false, &page);
		reason = cp_skip_reason(cap, addr, err);
		if (err && !reason)
			return err;
		if (err)
			cp_emit(cap, vma, CP_RUN_SKIPPED, reason, addr,
				addr + PAGE_SIZE);
		else
			cp_emit_page(cap, vma, addr, page, 0, CP_PAGE_COPY);
		cond_resched();
	}
	return 0;
}

/* A page of a BPF arena that is looked at is one that its program lacks. */
static bool cp_fault_allocates(struct vm_area_struct *vma)
{
#ifdef CONFIG_BPF_SYSCALL
	return vma->vm_file && vma->vm_file->f_op == &bpf_map_fops;
#else
	return false;
#endif
}

/**
 * cp_source_hole() - emit addresses without a page-table entry
 * @cap: capture, with room reserved for one page
 * @vma: the mapping
 * @addr: first byte
 * @end: first byte after
 *
 * Context: mmap_write_lock() held; may sleep.
 * Return: 0 or an errno; -EAGAIN: see the head of this file.
 */
int cp_source_hole(struct cp_capture *cap, struct vm_area_struct *vma,
		   unsigned long addr, unsigned long end)
{
	switch (cap->kind) {
	case CP_KIND_ANON:
		cp_emit(cap, vma, CP_RUN_ZERO, 0, addr, end);
		return 0;
	case CP_KIND_FILE_REF:
		cp_source_file_ref(cap, vma, addr, end);
		return 0;
	case CP_KIND_OTHER:
		if (vma->vm_ops && vma->vm_ops->fault &&
		    !cp_fault_allocates(vma) &&
		    end - addr <= CP_MAX_FAULT_HOLES - cap->faulted_bytes) {
			cap->faulted_bytes += end - addr;
			return cp_source_fault_range(cap, vma, addr, end);
		}
		cp_emit(cap, vma, CP_RUN_SKIPPED,
			PROC_CHECKPOINT_SKIP_UNREADABLE, addr, end);
		return 0;
	default:
		return cp_source_page_cache(cap, vma, addr, end);
	}
}

/*
 * A page of a file, read if need be.  read_mapping_folio() alone would wait
 * unkillably for a read that is under way, of a file system that is silent.
 */
static struct folio *cp_read_folio(struct file *file, pgoff_t index)
{
	struct folio *folio = cp_find_folio(file->f_mapping, index);

	if (folio) {
		int err = folio_test_uptodate(folio) ? 0 :
			  folio_wait_locked_killable(folio);

		if (!err && folio_test_uptodate(folio))
			return folio;
		folio_put(folio);
		if (err)
			return ERR_PTR(-EINTR);
	}
	return read_mapping_folio(file->f_mapping, index, file);
}

/*
 * Brings [@index, @last) of a file, mapped at @addr, into the page cache, and
 * remembers what cannot be read.
 */
static int cp_read_pages(struct cp_capture *cap, struct file *file,
			 unsigned long addr, pgoff_t index, pgoff_t last)
{
	for (; index < last; index++, addr += PAGE_SIZE) {
		struct folio *folio;

		if (index % CP_READ_AHEAD_PAGES == 0)
			vfs_fadvise(file, (loff_t)index << PAGE_SHIFT,
				    CP_READ_AHEAD_PAGES << PAGE_SHIFT,
				    POSIX_FADV_WILLNEED);
		folio = cp_read_folio(file, index);
		if (folio == ERR_PTR(-EINTR))
			return -EINTR;
		if (!IS_ERR(folio)) {
			folio_put(folio);
		} else {
			if (cp_vec_reserve(&cap->unreadable, 1))
				return -ENOMEM;
			*(unsigned long *)cp_vec_push(&cap->unreadable) = addr;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Reads what of [@index, @last) of shared memory is in swap. */
static int cp_read_shmem(struct file *file, unsigned long index,
			 unsigned long last)
{
	struct address_space *mapping = file->f_mapping;
	struct folio *folio;
	void *entry;

	for (entry = xa_find(&mapping->i_pages, &index, last, XA_PRESENT);
	     entry;
	     entry = xa_find_after(&mapping->i_pages, &index, last,
				   XA_PRESENT)) {
		/* What cannot be read is found out again under the lock. */
		if (xa_is_value(entry) &&
		    !cp_shmem_get_folio(mapping->host, index, &folio) &&
		    folio) {
			folio_unlock(folio);
			folio_put(folio);
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * cp_source_read_ahead() - read what cp_source_page_cache() will look for
 * @cap: capture
 *
 * Context: No locks held; the caller holds a reference to the mm's users.
 * Return: 0, -EINTR by a fatal signal, -ENOMEM.
 */
int cp_source_read_ahead(struct cp_capture *cap)
{
	unsigned long addr = cap->start;
	struct vm_area_struct *vma;
	unsigned long pages = 0;

	while (addr < cap->end) {
		struct file *file = NULL;
		enum cp_kind kind;
		unsigned long from;
		pgoff_t index, last;
		int err;

		if (mmap_read_lock_killable(cap->mm))
			return -EINTR;
		for (vma = find_vma(cap->mm, addr);
		     vma && addr < cap->end && vma->vm_start < cap->end;
		     vma = find_vma(cap->mm, addr)) {
			from = max(vma->vm_start, addr);
			addr = min(vma->vm_end, cap->end);
			cond_resched();
			kind = cp_source_kind(vma);
			if (kind != CP_KIND_FILE && kind != CP_KIND_SHMEM)
				continue;
			file = get_file(vma->vm_file);
			index = cp_page_index(vma, from);
			last = min(index + ((addr - from) >> PAGE_SHIFT),
				   cp_eof_index(vma));
			if (kind == CP_KIND_FILE && last > index)
				pages += last - index;
			break;
		}
		mmap_read_unlock(cap->mm);
		if (!file)
			return 0;
		/* Of a file, holes are copied as well: it may be a large one. */
		if (pages > totalram_pages())
			err = -ENOMEM;
		else if (index >= last)
			err = 0;
		else if (kind == CP_KIND_SHMEM)
			err = cp_read_shmem(file, index, last - 1);
		else
			err = cp_read_pages(cap, file, from, index, last);
		fput(file);
		if (err)
			return err;
	}
	return 0;
}

/**
 * cp_source_copy_all() - copy the pages that were found to be copied
 * @cap: capture
 *
 * Context: mmap_write_lock() held, all entries protected and the TLB flushed.
 * Return: 0, -ENOMEM, -EINTR, -EHWPOISON.
 */
int cp_source_copy_all(struct cp_capture *cap)
{
	struct cp_vec_iter iter;
	cp_page_t **entry;

	cp_vec_start(&iter, &cap->copies);
	while ((entry = cp_vec_next(&iter))) {
		struct page *from = cp_page(**entry);
		struct page *to;

		if (fatal_signal_pending(current))
			return -EINTR;
		to = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
				__GFP_RETRY_MAYFAIL);
		if (!to)
			return -ENOMEM;
		if (cp_copy_page(to, from)) {
			__free_page(to);
			return -EHWPOISON;
		}
		**entry &= BIT(CP_PAGE_PFN_SHIFT) - 1;
		**entry |= (cp_page_t)page_to_pfn(to) << CP_PAGE_PFN_SHIFT;
		put_page(from);
		cond_resched();
	}
	return 0;
}
