/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/<pid>/checkpoint, internal interfaces.
 *
 * One command goes through these files, in this order:
 *
 *	interface.c	the procfs file: permissions, the command as a story
 *	command.c	text of a command -> struct cp_command
 *	target.c	PATH -> open file; removal on failure
 *	track.c		per address space: baselines, status, one at a time
 *	capture.c	overview; a capture from its beginning to its end
 *	prepare.c	before the stall: room, and what would have to be read
 *	take_early.c	before the stall: pages are taken copy-on-write
 *	early.c		list of them
 *	walk.c		the stall: mappings, holes, page tables, the flush
 *	ptes.c		the stall in a page table: pages are taken or passed
 *	huge.c		the stall at a huge page
 *	undo.c		pages whose capture came to nothing
 *	collect.c	the runs and pages that a capture collects
 *	source.c	pages that cannot be taken so: found and copied
 *	hugetlb.c	the same for hugetlb
 *	mapping.c	the list of mappings, as it was at the capture
 *	image.c		layout of the ELF image
 *	stream.c	batched writing and the CRC
 *	run.c		what a capture says of neighbouring pages, packed
 *	vec.c		memory for all that the capture collects
 *
 * walk.h has what those of the page-table walks share and do for each page.
 * compat.h has what differs between kernels.
 */
#ifndef _FS_PROC_CHECKPOINT_H
#define _FS_PROC_CHECKPOINT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/proc_checkpoint.h>

struct anon_vma_name;
struct mm_walk;
struct seq_file;

/* command.c */

enum cp_op { CP_FULL, CP_INC, CP_FORGET };

/**
 * struct cp_command - a parsed command
 * @op: what to do
 * @start: first byte asked for
 * @last: last byte asked for, >= @start
 * @path: points into the text that was parsed
 */
struct cp_command {
	enum cp_op op;
	unsigned long start;
	unsigned long last;
	const char *path;
};

int cp_command_parse(char *text, size_t len, struct cp_command *cmd);
int cp_command_pages(const struct cp_command *cmd, unsigned long limit,
		     unsigned long *start, unsigned long *end);

/* vec.c */

/* A page of a list.  @elems has room for cp_vec.per_chunk elements. */
struct cp_chunk {
	struct list_head list;
	unsigned int used;
	char elems[] __aligned(8);
};

/**
 * struct cp_vec - append-only list of equal elements in page-sized chunks
 * @chunks: all chunks; those after @tail are spare
 * @tail: chunk that is being filled, maybe empty; NULL before the first element
 * @elem_bytes: size of an element
 * @per_chunk: elements of a chunk
 * @spare: elements that can be pushed without allocating
 * @count: elements
 */
struct cp_vec {
	struct list_head chunks;
	struct cp_chunk *tail;
	unsigned int elem_bytes;
	unsigned int per_chunk;
	unsigned long spare;
	unsigned long count;
};

/* Reads a vec from the front; see cp_vec_next(). */
struct cp_vec_iter {
	struct cp_vec *vec;
	struct cp_chunk *chunk;
	unsigned int index;
};

void cp_vec_init(struct cp_vec *vec, unsigned int elem_bytes);
void cp_vec_free(struct cp_vec *vec);
int cp_vec_reserve(struct cp_vec *vec, unsigned long count);
void cp_vec_trim(struct cp_vec *vec);
struct cp_chunk *cp_vec_advance(struct cp_vec *vec);
int cp_vec_append_bytes(struct cp_vec *vec, const void *data, size_t len);
void cp_vec_start(struct cp_vec_iter *iter, struct cp_vec *vec);
void *cp_vec_next(struct cp_vec_iter *iter);
void *cp_vec_next_chunk(struct cp_vec_iter *iter, size_t *len);

/**
 * cp_vec_push() - append an element
 * @vec: the list, with room reserved by cp_vec_reserve()
 *
 * Return: the new element, uninitialised.  It never moves.
 */
static inline void *cp_vec_push(struct cp_vec *vec)
{
	struct cp_chunk *chunk = vec->tail;

	if (!chunk || chunk->used == vec->per_chunk)
		chunk = cp_vec_advance(vec);
	vec->spare--;
	vec->count++;
	return chunk->elems + vec->elem_bytes * chunk->used++;
}

/**
 * cp_vec_room() - where the next elements will be
 * @vec: the list, with room reserved for one at least
 * @count: how many are wanted; set to how many can be written there
 *
 * They are appended by cp_vec_pushed().
 */
static inline void *cp_vec_room(struct cp_vec *vec, unsigned long *count)
{
	struct cp_chunk *chunk = vec->tail;

	if (!chunk || chunk->used == vec->per_chunk)
		chunk = cp_vec_advance(vec);
	*count = min_t(unsigned long, *count, vec->per_chunk - chunk->used);
	return chunk->elems + vec->elem_bytes * chunk->used;
}

static inline void cp_vec_pushed(struct cp_vec *vec, unsigned long count)
{
	vec->tail->used += count;
	vec->spare -= count;
	vec->count += count;
}

/* track.c */

/**
 * struct cp_baseline - the latest checkpoint of a range
 * @list: in mm_checkpoint.baselines, the latest used first
 * @start: first byte, page aligned
 * @end: first byte after it
 * @id: of that checkpoint
 * @seq: its place in its chain
 */
struct cp_baseline {
	struct list_head list;
	unsigned long start;
	unsigned long end;
	u8 id[PROC_CHECKPOINT_ID_BYTES];
	u64 seq;
};

enum cp_state { CP_IDLE, CP_CAPTURING, CP_WRITING };

/* What the status says of the last command. */
struct cp_result {
	bool valid;
	bool inc;
	int error;
	unsigned long start;
	unsigned long end;
	u8 id[PROC_CHECKPOINT_ID_BYTES];
	u8 parent[PROC_CHECKPOINT_ID_BYTES];
	u64 seq;
	u64 pages_scanned;
	u64 pages_data;
	u64 pages_zero;
	u64 pages_file;
	u64 pages_copied;
	u64 pages_skipped;
	u64 bytes;
	u64 stall_ns;
	u64 total_ns;
};

/**
 * struct mm_checkpoint - tracking state of an address space
 * @ref: the mm's reference and one for each open procfs file
 * @command: held over a whole command: one at a time
 * @lock: guards all below but @early_* and @moved_*
 * @baselines: valid baselines, latest used first
 * @nr_baselines: their number, at most PROC_CHECKPOINT_MAX_RANGES
 * @generation: counts the events that end all baselines
 * @early_start: a command may have taken pages before its stall from there on
 * @early_end: and up to there
 * @moved_start: mremap() moved such pages from there on
 * @moved_end: and up to there; grows under mmap_write_lock(), and a command
 *	empties it before it takes pages
 * @state: what the running command does
 * @bytes_done: written by the running or last command
 * @bytes_total: size of its image
 * @last: the last command
 */
struct mm_checkpoint {
	refcount_t ref;
	struct mutex command;	/* one command at a time */
	spinlock_t lock;	/* all below but @early_* and @moved_* */
	struct list_head baselines;
	unsigned int nr_baselines;
	u64 generation;
	unsigned long early_start;
	unsigned long early_end;
	unsigned long moved_start;
	unsigned long moved_end;
	enum cp_state state;
	u64 bytes_done;
	u64 bytes_total;
	struct cp_result last;
};

struct mm_checkpoint *cp_track_get(struct mm_struct *mm);
void cp_track_put(struct mm_checkpoint *track);
int cp_track_start(struct mm_struct *mm);
void cp_track_early(struct mm_checkpoint *track, unsigned long start,
		    unsigned long end);
bool cp_track_begin(struct mm_checkpoint *track, unsigned long start,
		    unsigned long end, struct cp_baseline *parent,
		    u64 *generation);
bool cp_track_has_baseline(struct mm_checkpoint *track, unsigned long start,
			   unsigned long end);
void cp_track_success(struct mm_checkpoint *track, u64 generation,
		      struct cp_baseline *fresh);
void cp_track_drop(struct mm_checkpoint *track, unsigned long start,
		   unsigned long end);
void cp_track_forget(struct mm_checkpoint *track);
void cp_track_state(struct mm_checkpoint *track, enum cp_state state,
		    u64 bytes_total);
void cp_track_progress(struct mm_checkpoint *track, u64 bytes_done);
void cp_track_finish(struct mm_checkpoint *track,
		     const struct cp_result *result);
int cp_track_show(struct mm_checkpoint *track, struct seq_file *m);

/* run.c */

enum cp_run_state { CP_RUN_DATA, CP_RUN_ZERO, CP_RUN_FILE, CP_RUN_SKIPPED };

/**
 * struct cp_run - neighbouring pages of one mapping in one state
 * @start: first address, page aligned
 * @pages: length, not 0
 * @bits: CP_RUN_*
 */
struct cp_run {
	unsigned long start;
	unsigned long pages;
	unsigned int bits;
};

#define CP_RUN_STATE	GENMASK(1, 0)	/* enum cp_run_state */
#define CP_RUN_PROT	GENMASK(4, 2)	/* VM_READ | VM_WRITE | VM_EXEC */
#define CP_RUN_REASON	GENMASK(7, 5)	/* PROC_CHECKPOINT_SKIP_* */

static inline enum cp_run_state cp_run_state(const struct cp_run *run)
{
	return FIELD_GET(CP_RUN_STATE, run->bits);
}

/* A run in a list takes one or two elements of 8 bytes. */
#define CP_RUN_MAX_WORDS 2

void cp_run_push(struct cp_vec *runs, const struct cp_run *run);
bool cp_run_next(struct cp_vec_iter *iter, struct cp_run *run);

/* capture.c, prepare.c, take_early.c, undo.c */

/*
 * A taken page, one reference each: pfn, and below it CP_PAGE_*.  Eight bytes
 * a 4K page or huge page: with a run for each and a hole behind it, a capture
 * needs at most 24 bytes for 4096, and 8 more for a page that was taken early.
 * CP_PAGE_EARLY as the order: a number of pages in place of the pfn, and in the
 * next element where the first of them is in the list of those taken early.
 */
typedef u64 cp_page_t;

#define CP_PAGE_ORDER		GENMASK(4, 0)
#define CP_PAGE_EARLY		CP_PAGE_ORDER	/* that is no order */
#define CP_PAGE_COPY		BIT(5)	/* copied, or to be copied */
#define CP_PAGE_WAS_DIRTY	BIT(6)	/* soft-dirty when it was taken */
#define CP_PAGE_GONE		BIT(7)	/* the reference was given away */
#define CP_PAGE_PFN_SHIFT	8

static inline struct page *cp_page(cp_page_t entry)
{
	return pfn_to_page(entry >> CP_PAGE_PFN_SHIFT);
}

static inline unsigned int cp_page_order(cp_page_t entry)
{
	return entry & CP_PAGE_ORDER;
}

/**
 * struct cp_page_iter - a cursor of the pages of a capture, in their order
 * @iter: of cp_capture.pages
 * @entry: the page, if it is there
 * @word: else where it is among those taken early
 * @more: that follow @word
 */
struct cp_page_iter {
	struct cp_vec_iter iter;
	cp_page_t *entry;
	u64 *word;
	unsigned int more;
};

/* early.c */

/**
 * struct cp_early_run - pages taken early that follow one another
 * @index: of the first: address / 4096
 * @count: pages, CP_EARLY_RUN_MIN or more; 0: each has to be looked at
 *
 * Their words follow one another, too, maybe in the next chunk.
 */
struct cp_early_run {
	unsigned long index;
	unsigned long count;
};

/**
 * struct cp_early - pages that were taken before the stall
 * @words: packed, CP_EARLY_*
 * @runs: struct cp_early_run, ascending
 * @open_run: the one that pages are added to, if @count is not 0
 * @run_iter: a cursor of @runs
 * @run: at that cursor, NULL behind the last
 * @index: of the page at the cursor, or that was added last: address / 4096
 * @iter: a cursor of @words, at the chunk of @next
 * @word: at the cursor, NULL behind the last page
 * @next: the word behind it
 * @stop: the end of its chunk
 * @addr: of the page at the cursor, ULONG_MAX behind the last
 */
struct cp_early {
	struct cp_vec words;
	struct cp_vec runs;
	struct cp_early_run open_run;
	struct cp_vec_iter run_iter;
	struct cp_early_run *run;
	unsigned long index;
	struct cp_vec_iter iter;
	u64 *word;
	u64 *next;
	u64 *stop;
	unsigned long addr;
};

#define CP_EARLY_PFN	GENMASK_ULL(39, 0)	/* all ones: no page */
#define CP_EARLY_DIRTY	BIT_ULL(40)		/* was soft-dirty */
#define CP_EARLY_GONE	BIT_ULL(41)		/* the reference is the capture's */
#define CP_EARLY_PUT	BIT_ULL(42)		/* and was given away, too */
#define CP_EARLY_DELTA	GENMASK_ULL(63, 43)	/* 0: the next word is the index */

/* So many that follow one another are noted as a run. */
#define CP_EARLY_RUN_MIN 64

void cp_early_init(struct cp_early *early);
void cp_early_break_runs(struct cp_early *early, unsigned long start,
			 unsigned long end);
void cp_early_drop(struct cp_early *early, unsigned long start,
		   unsigned long end);
void cp_early_release(struct cp_early *early);
int cp_early_reserve(struct cp_early *early, unsigned long pages);
bool cp_early_fits(const struct page *page);
void cp_early_push(struct cp_early *early, unsigned long addr,
		   struct page *page, bool was_dirty);
void cp_early_end_run(struct cp_early *early);
void cp_early_start(struct cp_early *early);
void cp_early_next_far(struct cp_early *early);
unsigned long cp_early_following(struct cp_early *early);

/* On to the next page. */
static __always_inline void cp_early_next(struct cp_early *early)
{
	u64 *word = early->next;

	if (unlikely(word == early->stop || !(*word & CP_EARLY_DELTA))) {
		cp_early_next_far(early);
		return;
	}
	early->word = word;
	early->next = word + 1;
	early->index += FIELD_GET(CP_EARLY_DELTA, *word);
	early->addr = early->index << PAGE_SHIFT;
}

/*
 * Whether the @count pages behind that at the cursor were all taken early, too;
 * in doubt, no.
 */
static __always_inline bool cp_early_followers(const struct cp_early *early,
					       unsigned int count)
{
	unsigned int i;

	if (early->stop - early->next < count)
		return false;
	for (i = 0; i < count; i++)
		if (FIELD_GET(CP_EARLY_DELTA, early->next[i]) != 1)
			return false;
	return true;
}

/* The pfn of the page at the cursor. */
static inline unsigned long cp_early_pfn(const struct cp_early *early)
{
	return FIELD_GET(CP_EARLY_PFN, *early->word);
}

/* What a word says of its page, for cp_capture.pages. */
static inline cp_page_t cp_early_page(u64 word)
{
	return FIELD_GET(CP_EARLY_PFN, word) << CP_PAGE_PFN_SHIFT |
	       (word & CP_EARLY_DIRTY ? CP_PAGE_WAS_DIRTY : 0) |
	       (word & CP_EARLY_PUT ? CP_PAGE_GONE : 0);
}

/* The reference to the page is the caller's from now on. */
static inline cp_page_t cp_early_take_over(u64 *entry)
{
	u64 word = *entry;

	*entry = word | CP_EARLY_GONE;
	return cp_early_page(word);
}

/* How the contents of a mapping are had. */
enum cp_kind {
	CP_KIND_ANON,		/* private anonymous memory */
	CP_KIND_FILE_REF,	/* private; unmodified pages are the file's */
	CP_KIND_FILE,		/* private or shared page cache, to be copied */
	CP_KIND_SHMEM,		/* same, of tmpfs: holes are zeros */
	CP_KIND_HUGETLB,
	CP_KIND_OTHER,		/* vdso, drivers, DAX: page by page */
	CP_KIND_DEVICE,		/* skipped: VM_IO, VM_PFNMAP, vvar */
	CP_KIND_SECRET,		/* skipped: memfd_secret() */
};

/**
 * struct cp_capture - the memory of a range at one instant
 * @mm: address space
 * @start: first byte of the range, page aligned
 * @end: first byte after it
 * @inc: take only what is soft-dirty
 * @early: pages that were taken before the stall
 * @last_attempt: what could not be read is skipped
 * @held_up: -EAGAIN, since a fault has a VMA locked: its file system is slow
 * @runs: packed struct cp_run, ascending
 * @pages: cp_page_t of the CP_RUN_DATA runs, in their order
 * @copies: cp_page_t * of the elements of @pages that have to be copied
 * @mappings: struct cp_mapping, ascending
 * @unreadable: addresses of pages of files that could not be read, ascending
 * @open_run: the last run, which may still grow; no pages: there is none
 * @pushed_start: pages from here are in @pages and not yet in @runs
 * @pushed_end: first byte after them
 * @kind: of the mapping that is being walked
 * @protect_only: its contents are collected already, or not wanted
 * @next: the walk is done with all below
 * @force_dirty: address of a page whose soft-dirty bit does not count
 * @tables: page tables and mappings that were walked
 * @faults: pages that were read from swap under the lock
 * @faulted_bytes: holes of special mappings that were faulted in
 * @max_copies: pages that may have to be copied
 * @overdrawn: a folio has too many references
 * @lost: pages that were soft-dirty could not be marked again
 * @unreadable_iter: behind @unreadable_at
 * @unreadable_at: element of @unreadable that the walk has not passed
 * @folio: folio of the page taken last
 * @folio_refs: references to it that this capture holds
 * @loads: CP_RUN_DATA and CP_RUN_ZERO runs
 * @file_runs: CP_RUN_FILE runs
 * @skipped_runs: CP_RUN_SKIPPED runs
 * @result: counts of pages
 * @time_ns: wall-clock time of the instant
 */
struct cp_capture {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long end;
	bool inc;
	bool last_attempt;
	bool held_up;
	struct cp_early early;
	struct cp_vec runs;
	struct cp_vec pages;
	struct cp_vec copies;
	struct cp_vec mappings;
	struct cp_vec unreadable;
	struct cp_run open_run;
	unsigned long pushed_start;
	unsigned long pushed_end;
	enum cp_kind kind;
	bool protect_only;
	unsigned long next;
	unsigned long force_dirty;
	unsigned int tables;
	unsigned int faults;
	unsigned long faulted_bytes;
	unsigned long max_copies;
	bool overdrawn;
	bool lost;
	struct cp_vec_iter unreadable_iter;
	unsigned long *unreadable_at;
	struct folio *folio;
	unsigned int folio_refs;
	u64 loads;
	u64 file_runs;
	u64 skipped_runs;
	struct cp_result *result;
	u64 time_ns;
};

void cp_capture_init(struct cp_capture *cap, struct mm_struct *mm,
		     unsigned long start, unsigned long end,
		     struct cp_result *result);
void cp_capture_reset(struct cp_capture *cap);
int cp_capture_prepare(struct cp_capture *cap);
int cp_capture_early(struct cp_capture *cap);
int cp_capture_take(struct cp_capture *cap);
void cp_capture_settle(struct cp_capture *cap);
int cp_capture_undo(struct cp_capture *cap);

/* collect.c */

void cp_page_start(struct cp_page_iter *iter, struct cp_capture *cap);
bool cp_page_next(struct cp_page_iter *iter, cp_page_t *page);
void cp_page_gone(struct cp_page_iter *iter);
int cp_reserve(struct cp_capture *cap, unsigned long pages);
void cp_emit(struct cp_capture *cap, struct vm_area_struct *vma,
	     enum cp_run_state state, unsigned int reason, unsigned long addr,
	     unsigned long end);
void cp_emit_page(struct cp_capture *cap, struct vm_area_struct *vma,
		  unsigned long addr, struct page *page, unsigned int order,
		  unsigned int flags);

/* compat.h */

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

/* source.c */

enum cp_kind cp_source_kind(struct vm_area_struct *vma);
bool cp_source_is_unlinked(const struct file *file);
unsigned long cp_source_eof(struct vm_area_struct *vma, unsigned long addr,
			    unsigned long end);
void cp_source_file_ref(struct cp_capture *cap, struct vm_area_struct *vma,
			unsigned long addr, unsigned long end);
int cp_source_page_cache(struct cp_capture *cap, struct vm_area_struct *vma,
			 unsigned long addr, unsigned long end);
int cp_source_may_read(struct cp_capture *cap);
int cp_source_fault(struct cp_capture *cap, unsigned long addr, bool wait,
		    struct page **page);
int cp_source_fault_range(struct cp_capture *cap, struct vm_area_struct *vma,
			  unsigned long addr, unsigned long end);
int cp_source_hole(struct cp_capture *cap, struct vm_area_struct *vma,
		   unsigned long addr, unsigned long end);
int cp_source_read_ahead(struct cp_capture *cap);
int cp_source_copy_all(struct cp_capture *cap);

/* hugetlb.c */

#ifdef CONFIG_HUGETLB_PAGE
int cp_hugetlb_take(struct cp_capture *cap, struct vm_area_struct *vma,
		    unsigned long addr, unsigned long end);
#else
/* No mapping is one. */
static inline int cp_hugetlb_take(struct cp_capture *cap,
				  struct vm_area_struct *vma,
				  unsigned long addr, unsigned long end)
{
	return 0;
}
#endif

/* mapping.c */

/**
 * struct cp_mapping - a mapping at the instant of the capture
 * @start: first byte, cut to the range
 * @end: first byte after it, cut to the range
 * @offset: of @start in the file, bytes
 * @vm_flags: VM_*
 * @by_ref: unmodified pages are the file's
 * @unlinked: the file has no name
 * @file: a reference, or NULL
 * @anon_name: a reference, or NULL
 * @name: static string, or NULL
 * @file_size: bytes
 * @mtime: of the file
 */
struct cp_mapping {
	unsigned long start;
	unsigned long end;
	u64 offset;
	unsigned long vm_flags;
	bool by_ref;
	bool unlinked;
	struct file *file;
	struct anon_vma_name *anon_name;
	const char *name;
	u64 file_size;
	struct timespec64 mtime;
};

int cp_mapping_record(struct cp_capture *cap, struct vm_area_struct *vma,
		      unsigned long start, unsigned long end);
void cp_mapping_release(struct cp_capture *cap);
int cp_mapping_notes(struct cp_capture *cap, struct cp_vec *map_note,
		     struct cp_vec file_note[2]);

/* target.c */

/**
 * struct cp_target - where the image goes
 * @file: open for writing
 * @created: a regular file that this command made
 */
struct cp_target {
	struct file *file;
	bool created;
};

int cp_target_open(struct cp_target *target, const char *path);
int cp_target_commit(struct cp_target *target);
void cp_target_abandon(struct cp_target *target);

/* stream.c */

struct cp_stream;

struct cp_stream *cp_stream_open(struct file *file,
				 struct mm_checkpoint *track);
int cp_stream_bytes(struct cp_stream *stream, const void *data, size_t len);
int cp_stream_vec(struct cp_stream *stream, struct cp_vec *bytes);
int cp_stream_pad(struct cp_stream *stream, u64 offset);
int cp_stream_page(struct cp_stream *stream, struct page *page,
		   unsigned int order);
int cp_stream_flush(struct cp_stream *stream);
u64 cp_stream_offset(const struct cp_stream *stream);
u32 cp_stream_crc(const struct cp_stream *stream);
void cp_stream_close(struct cp_stream *stream);

/* image.c */

/**
 * struct cp_subject - whose memory it is
 * @pid: in the pid namespace of the procfs mount
 * @start_time_ns: since boot
 * @comm: name of the process
 * @args: command line, NULs replaced by spaces
 */
struct cp_subject {
	pid_t pid;
	u64 start_time_ns;
	char comm[16];
	char args[80];
};

int cp_image_write(struct cp_capture *cap, const struct cp_subject *subject,
		   bool asked_inc, struct file *file,
		   struct mm_checkpoint *track);

#endif /* _FS_PROC_CHECKPOINT_H */
