// SPDX-License-Identifier: GPL-2.0
/*
 * Tracking state of an address space: its baselines and its status.
 *
 * A baseline says: every page of this range whose page-table entry is not
 * soft-dirty is as in that checkpoint (or is named in every image anyway: see
 * capture.c).  What an inc takes in the stall is decided under
 * mmap_write_lock(), and clear_refs ends baselines under it; all else that ends
 * one is of the command that runs (mm_checkpoint.command), which asks again once
 * it has that lock:
 *
 * - a capture of a range that overlaps without being equal: cp_track_begin();
 * - somebody else clearing soft-dirty bits:
 *   proc_checkpoint_soft_dirty_cleared(), which also bumps the generation, so
 *   that a command which has captured but not yet written sets no baseline;
 * - a failed command whose pages could not be marked dirty again, and "forget".
 *
 * fork() and exec() need no rule: a new mm starts without state.
 */
#include <linux/errname.h>
#include <linux/proc_checkpoint.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "checkpoint.h"

static void cp_track_free_list(struct list_head *list)
{
	struct cp_baseline *base, *next;

	list_for_each_entry_safe(base, next, list, list)
		kfree(base);
}

/**
 * cp_track_get() - the tracking state of an address space
 * @mm: the address space; the caller holds a reference to its users
 *
 * Return: the state, made at the first call, with a reference for the caller;
 * NULL without memory.
 */
struct mm_checkpoint *cp_track_get(struct mm_struct *mm)
{
	/* Pairs with the cmpxchg() below. */
	struct mm_checkpoint *track = smp_load_acquire(&mm->checkpoint);
	struct mm_checkpoint *other;

	if (!track) {
		track = kzalloc(sizeof(*track), GFP_KERNEL_ACCOUNT);
		if (!track)
			return NULL;
		refcount_set(&track->ref, 1);
		mutex_init(&track->command);
		spin_lock_init(&track->lock);
		INIT_LIST_HEAD(&track->baselines);

		other = cmpxchg(&mm->checkpoint, NULL, track);
		if (other) {
			kfree(track);
			track = other;
		}
	}
	refcount_inc(&track->ref);
	return track;
}

void cp_track_put(struct mm_checkpoint *track)
{
	if (!refcount_dec_and_test(&track->ref))
		return;
	cp_track_free_list(&track->baselines);
	kfree(track);
}

/* mm_init(): fork() copies the whole mm_struct, but the state is not shared. */
void proc_checkpoint_mm_init(struct mm_struct *mm)
{
	mm->checkpoint = NULL;
}

/* __mmput(): no user is left, so nobody can look at the field any more. */
void proc_checkpoint_mm_free(struct mm_struct *mm)
{
	struct mm_checkpoint *track = mm->checkpoint;

	if (track) {
		mm->checkpoint = NULL;
		cp_track_put(track);
	}
}

/* Moves baselines of @track to @ended: those that overlap [@start, @end). */
static void cp_track_cut(struct mm_checkpoint *track, unsigned long start,
			 unsigned long end, bool keep_equal,
			 struct list_head *ended)
{
	struct cp_baseline *base, *next;

	lockdep_assert_held(&track->lock);
	list_for_each_entry_safe(base, next, &track->baselines, list) {
		if (base->end <= start || end <= base->start)
			continue;
		if (keep_equal && base->start == start && base->end == end)
			continue;
		list_move(&base->list, ended);
		track->nr_baselines--;
	}
}

static struct cp_baseline *cp_track_find(struct mm_checkpoint *track,
					 unsigned long start, unsigned long end)
{
	struct cp_baseline *base;

	lockdep_assert_held(&track->lock);
	list_for_each_entry(base, &track->baselines, list)
		if (base->start == start && base->end == end)
			return base;
	return NULL;
}

/**
 * proc_checkpoint_soft_dirty_cleared() - somebody else clears soft-dirty bits
 * @mm: the address space
 *
 * Context: mmap_write_lock() held.
 */
void proc_checkpoint_soft_dirty_cleared(struct mm_struct *mm)
{
	/* Pairs with the cmpxchg() in cp_track_get(). */
	struct mm_checkpoint *track = smp_load_acquire(&mm->checkpoint);
	LIST_HEAD(ended);

	mmap_assert_write_locked(mm);
	if (!track)
		return;
	spin_lock(&track->lock);
	track->generation++;
	cp_track_cut(track, 0, ULONG_MAX, false, &ended);
	spin_unlock(&track->lock);
	cp_track_free_list(&ended);
}

/**
 * proc_checkpoint_pages_moved() - mremap() moves pages
 * @mm: the address space
 * @addr: from there
 * @len: that many bytes
 *
 * Context: mmap_write_lock() held.
 */
void proc_checkpoint_pages_moved(struct mm_struct *mm, unsigned long addr,
				 unsigned long len)
{
	/* Pairs with the cmpxchg() in cp_track_get(). */
	struct mm_checkpoint *track = smp_load_acquire(&mm->checkpoint);

	mmap_assert_write_locked(mm);
	if (!track || addr >= READ_ONCE(track->early_end) ||
	    addr + len <= READ_ONCE(track->early_start))
		return;
	/* A command may just begin, and set them back. */
	WRITE_ONCE(track->moved_start,
		   min(READ_ONCE(track->moved_start), addr));
	WRITE_ONCE(track->moved_end,
		   max(READ_ONCE(track->moved_end), addr + len));
}

/**
 * cp_track_early() - pages of [@start, @end) will be taken before a stall
 * @track: tracking state
 * @start: first byte of the range
 * @end: first byte behind it
 *
 * Which of them move is of interest from now on; what a mremap() moves that is
 * under way has moved when the first page is taken.
 *
 * Context: @track->command held, no locks.
 */
void cp_track_early(struct mm_checkpoint *track, unsigned long start,
		    unsigned long end)
{
	WRITE_ONCE(track->early_start, start);
	WRITE_ONCE(track->early_end, end);
	WRITE_ONCE(track->moved_start, ULONG_MAX);
	WRITE_ONCE(track->moved_end, 0);
}

/**
 * cp_track_start() - have soft-dirty bits be exact from now on
 * @mm: the address space
 *
 * Context: No locks held.
 * Return: 0, -EINTR by a fatal signal.
 */
int cp_track_start(struct mm_struct *mm)
{
	if (mm_checkpoint_tracked(mm))
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	mm_flags_set(MMF_CHECKPOINT, mm);
	mmap_write_unlock(mm);
	return 0;
}

/**
 * cp_track_begin() - a capture clears soft-dirty bits from now on
 * @track: tracking state
 * @start: first byte of the range
 * @end: first byte after it
 * @parent: set to the baseline of exactly this range, if there is one
 * @generation: set for cp_track_success()
 *
 * Ends the baselines of all ranges that overlap without being equal.
 *
 * Context: @track->command held, behind cp_track_start(); under
 * mmap_write_lock() the answer is true until that is released.
 * Return: whether @parent was set.
 */
bool cp_track_begin(struct mm_checkpoint *track, unsigned long start,
		    unsigned long end, struct cp_baseline *parent,
		    u64 *generation)
{
	struct cp_baseline *base;
	LIST_HEAD(ended);

	spin_lock(&track->lock);
	*generation = track->generation;
	cp_track_cut(track, start, end, true, &ended);
	base = cp_track_find(track, start, end);
	if (base)
		*parent = *base;
	spin_unlock(&track->lock);

	cp_track_free_list(&ended);
	return base;
}

/* Whether an inc of the range would be one, as far as one knows unlocked. */
bool cp_track_has_baseline(struct mm_checkpoint *track, unsigned long start,
			   unsigned long end)
{
	bool found;

	spin_lock(&track->lock);
	found = cp_track_find(track, start, end);
	spin_unlock(&track->lock);
	return found;
}

/**
 * cp_track_success() - an image is complete: make it the baseline
 * @track: tracking state
 * @generation: from cp_track_begin()
 * @fresh: the baseline; owned by the callee
 *
 * Context: @track->command held since before cp_track_begin().
 */
void cp_track_success(struct mm_checkpoint *track, u64 generation,
		      struct cp_baseline *fresh)
{
	LIST_HEAD(ended);

	spin_lock(&track->lock);
	cp_track_cut(track, fresh->start, fresh->end, false, &ended);
	if (track->generation != generation) {
		list_add(&fresh->list, &ended);
	} else {
		list_add(&fresh->list, &track->baselines);
		if (++track->nr_baselines > PROC_CHECKPOINT_MAX_RANGES) {
			struct cp_baseline *oldest;

			oldest = list_last_entry(&track->baselines,
						 struct cp_baseline, list);
			list_move(&oldest->list, &ended);
			track->nr_baselines--;
		}
	}
	spin_unlock(&track->lock);
	cp_track_free_list(&ended);
}

/* Ends the baselines that overlap [@start, @end). */
void cp_track_drop(struct mm_checkpoint *track, unsigned long start,
		   unsigned long end)
{
	LIST_HEAD(ended);

	spin_lock(&track->lock);
	cp_track_cut(track, start, end, false, &ended);
	spin_unlock(&track->lock);
	cp_track_free_list(&ended);
}

void cp_track_forget(struct mm_checkpoint *track)
{
	cp_track_drop(track, 0, ULONG_MAX);
}

void cp_track_state(struct mm_checkpoint *track, enum cp_state state,
		    u64 bytes_total)
{
	spin_lock(&track->lock);
	track->state = state;
	track->bytes_done = 0;
	track->bytes_total = bytes_total;
	spin_unlock(&track->lock);
}

void cp_track_progress(struct mm_checkpoint *track, u64 bytes_done)
{
	spin_lock(&track->lock);
	track->bytes_done = bytes_done;
	spin_unlock(&track->lock);
}

void cp_track_finish(struct mm_checkpoint *track,
		     const struct cp_result *result)
{
	spin_lock(&track->lock);
	track->state = CP_IDLE;
	track->last = *result;
	track->last.valid = true;
	spin_unlock(&track->lock);
}

static const char * const cp_state_names[] = {
	[CP_IDLE] = "idle",
	[CP_CAPTURING] = "capturing",
	[CP_WRITING] = "writing",
};

static void cp_show_u64(struct seq_file *m, const char *key, u64 value)
{
	seq_printf(m, "%s: %llu\n", key, value);
}

static void cp_show_last(struct seq_file *m, const struct cp_result *last)
{
	const char *status = last->error ? errname(-last->error) : "0";

	seq_printf(m, "%s: %s\n", PROC_CHECKPOINT_KEY_LAST_KIND,
		   last->inc ? "inc" : "full");
	if (status)
		seq_printf(m, "%s: %s\n", PROC_CHECKPOINT_KEY_LAST_STATUS,
			   status);
	else
		seq_printf(m, "%s: %d\n", PROC_CHECKPOINT_KEY_LAST_STATUS,
			   -last->error);
	seq_printf(m, "%s: 0x%lx\n", PROC_CHECKPOINT_KEY_LAST_START,
		   last->start);
	seq_printf(m, "%s: 0x%lx\n", PROC_CHECKPOINT_KEY_LAST_END,
		   last->end - 1);
	seq_printf(m, "%s: %*phN\n", PROC_CHECKPOINT_KEY_LAST_ID,
		   PROC_CHECKPOINT_ID_BYTES, last->id);
	seq_printf(m, "%s: %*phN\n", PROC_CHECKPOINT_KEY_LAST_PARENT,
		   PROC_CHECKPOINT_ID_BYTES, last->parent);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_SEQ, last->seq);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_PAGES_SCANNED,
		    last->pages_scanned);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_PAGES_SAVED, last->pages_data);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_PAGES_ZERO, last->pages_zero);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_PAGES_COPIED,
		    last->pages_copied);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_PAGES_SKIPPED,
		    last->pages_skipped);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_BYTES, last->bytes);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_STALL_NS, last->stall_ns);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_LAST_TOTAL_NS, last->total_ns);
}

/**
 * cp_track_show() - print the status
 * @track: tracking state
 * @m: where to
 *
 * Return: 0.
 */
int cp_track_show(struct mm_checkpoint *track, struct seq_file *m)
{
	struct cp_baseline *base;

	cp_show_u64(m, PROC_CHECKPOINT_KEY_VERSION,
		    PROC_CHECKPOINT_INTERFACE_VERSION);

	/* seq_printf() neither sleeps nor faults: the buffer is there. */
	spin_lock(&track->lock);
	seq_printf(m, "%s: %s\n", PROC_CHECKPOINT_KEY_STATE,
		   cp_state_names[track->state]);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_BYTES_DONE, track->bytes_done);
	cp_show_u64(m, PROC_CHECKPOINT_KEY_BYTES_TOTAL, track->bytes_total);
	list_for_each_entry(base, &track->baselines, list)
		seq_printf(m, "%s: 0x%lx 0x%lx %*phN %llu\n",
			   PROC_CHECKPOINT_KEY_RANGE, base->start,
			   base->end - 1, PROC_CHECKPOINT_ID_BYTES, base->id,
			   base->seq);
	if (track->last.valid)
		cp_show_last(m, &track->last);
	spin_unlock(&track->lock);
	return 0;
}
