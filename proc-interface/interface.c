// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/<pid>/checkpoint: the file, and a command as a story.
 *
 * The contract is in the uapi header, the algorithm in capture.c.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include "../internal.h"
#include "checkpoint.h"

/* Captures that are tried before pages that cannot be read are skipped. */
#define CP_MAX_ATTEMPTS 8

/**
 * struct cp_file - an open procfs file
 * @mm: the address space that it was opened on, and stays with
 * @track: its tracking state
 * @pid: the process
 * @pid_nr: its number in the pid namespace of the procfs mount
 * @start_time_ns: when it started
 */
struct cp_file {
	struct mm_struct *mm;
	struct mm_checkpoint *track;
	struct pid *pid;
	pid_t pid_nr;
	u64 start_time_ns;
};

static struct cp_file *cp_file_of(struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static void cp_file_free(struct cp_file *cp)
{
	cp_track_put(cp->track);
	mmdrop(cp->mm);
	put_pid(cp->pid);
	kfree(cp);
}

/*
 * A reference to the users of the address space, if the process still has it:
 * after an exec it may live on elsewhere (vfork, CLONE_VM).
 */
static bool cp_file_get_mm(struct cp_file *cp)
{
	struct task_struct *task = get_pid_task(cp->pid, PIDTYPE_TGID);
	struct task_struct *user;
	bool same = false;

	if (!task)
		return false;
	rcu_read_lock();
	user = find_lock_task_mm(task);
	if (user) {
		same = user->mm == cp->mm && mmget_not_zero(cp->mm);
		task_unlock(user);
	}
	rcu_read_unlock();
	put_task_struct(task);
	return same;
}

static void cp_describe_subject(struct cp_file *cp, struct cp_subject *subject)
{
	struct mm_struct *mm = cp->mm;
	struct task_struct *task;
	unsigned long start, end;
	int len, i;

	memset(subject, 0, sizeof(*subject));
	subject->pid = cp->pid_nr;
	subject->start_time_ns = cp->start_time_ns;

	task = get_pid_task(cp->pid, PIDTYPE_TGID);
	if (task) {
		get_task_comm(subject->comm, task);
		put_task_struct(task);
	}

	spin_lock(&mm->arg_lock);
	start = mm->arg_start;
	end = mm->arg_end;
	spin_unlock(&mm->arg_lock);
	if (start >= end)
		return;
	/* FOLL_ANON: a file system must not be able to stop us here. */
	len = access_remote_vm(mm, start, subject->args,
			       min(end - start, sizeof(subject->args) - 1),
			       FOLL_ANON);
	for (i = 0; i + 1 < len; i++)
		if (!subject->args[i])
			subject->args[i] = ' ';
}

/*
 * A write to a pipe can be interrupted by a signal that the writer handles,
 * SIGCHLD in a shell for example, or that stops it, but half an image cannot
 * be resumed.  Such signals wait; those that kill do not.
 */
static void cp_block_handled_signals(sigset_t *saved)
{
	struct sighand_struct *sighand;
	__sighandler_t handler;
	unsigned long flags;
	sigset_t block;
	int sig;

	sigemptyset(&block);
	sighand = lock_task_sighand(current, &flags);
	if (sighand) {
		for (sig = 1; sig <= _NSIG; sig++) {
			handler = sighand->action[sig - 1].sa.sa_handler;
			if (handler == SIG_DFL ? sig_kernel_stop(sig) :
						 handler != SIG_IGN)
				sigaddset(&block, sig);
		}
		unlock_task_sighand(current, &flags);
	}
	sigprocmask(SIG_BLOCK, &block, saved);
}

/**
 * struct cp_job - a command that saves memory
 * @cp: open procfs file
 * @cmd: the command
 * @cap: what it captures
 * @result: what the status will say
 * @subject: whose memory it is
 * @parent: the baseline, with cap.inc
 * @had_baseline: there was one of exactly this range
 * @generation: for cp_track_success()
 */
struct cp_job {
	struct cp_file *cp;
	const struct cp_command *cmd;
	struct cp_capture cap;
	struct cp_result result;
	struct cp_subject subject;
	struct cp_baseline parent;
	bool had_baseline;
	u64 generation;
};

/* What the range has to do with those before, and what is to be taken. */
static void cp_begin(struct cp_job *job)
{
	struct cp_capture *cap = &job->cap;

	job->had_baseline = cp_track_begin(job->cp->track, cap->start, cap->end,
					   &job->parent, &job->generation);
	cap->inc = job->cmd->op == CP_INC && job->had_baseline;
}

/*
 * Takes pages while the process runs.  On error, none is taken; else the
 * address space is locked, for writing.
 */
static int cp_capture_ahead(struct cp_job *job)
{
	struct cp_capture *cap = &job->cap;
	int err;

	err = cp_track_start(cap->mm);
	if (err)
		return err;
	cp_track_early(job->cp->track, cap->start, cap->end);
	cp_begin(job);
	err = cp_capture_early(cap);
	if (!err && mmap_write_lock_killable(cap->mm))
		err = -EINTR;
	if (err && cp_capture_undo(cap))
		cp_track_drop(job->cp->track, cap->start, cap->end);
	return err;
}

/* One instant, or -EAGAIN.  Context: a reference to the mm's users. */
static int cp_capture_once(struct cp_job *job)
{
	struct mm_checkpoint *track = job->cp->track;
	struct cp_capture *cap = &job->cap;
	u64 generation, locked;
	int err;

	cp_capture_reset(cap);
	cap->inc = job->cmd->op == CP_INC &&
		   cp_track_has_baseline(track, cap->start, cap->end);
	err = cp_capture_prepare(cap);
	if (!err)
		err = cp_capture_ahead(job);
	if (err)
		return err;

	/* The address space is locked: the stall. */
	locked = ktime_get_ns();
	generation = job->generation;
	cp_begin(job);
	/* An entry that is not soft-dirty says nothing any more. */
	if (job->generation != generation)
		cp_early_break_runs(&cap->early, 0, ULONG_MAX);
	/* Elsewhere they would look busy, and all of them would be copied. */
	if (track->moved_end)
		cp_early_drop(&cap->early, track->moved_start,
			      track->moved_end);
	err = cp_capture_take(cap);
	mmap_write_unlock(cap->mm);
	job->result.stall_ns += ktime_get_ns() - locked;
	if (cap->lost)
		cp_track_drop(track, cap->start, cap->end);
	if (!err)
		cp_capture_settle(cap);
	return err;
}

static int cp_capture(struct cp_job *job)
{
	int attempt = 1, held_up = 0;
	int err;

	cp_track_state(job->cp->track, CP_CAPTURING, 0);
	if (!cp_file_get_mm(job->cp))
		return -ESRCH;
	cp_describe_subject(job->cp, &job->subject);
	for (;;) {
		job->cap.last_attempt = attempt == CP_MAX_ATTEMPTS;
		err = cp_capture_once(job);
		if (err != -EAGAIN)
			break;
		if (job->cap.held_up)
			held_up++;
		else
			attempt++;
		if (attempt > CP_MAX_ATTEMPTS || held_up == CP_MAX_ATTEMPTS)
			break;
		/* Give what was in the way, a migration say, a moment. */
		schedule_timeout_killable(job->cap.held_up ?
					  held_up * HZ / 10 : 1);
	}
	/* From here on only pages are held: the process may go. */
	mmput(job->cp->mm);
	return err;
}

static void cp_name_image(struct cp_job *job)
{
	struct cp_result *result = &job->result;

	get_random_bytes(result->id, sizeof(result->id));
	result->inc = job->cap.inc;
	if (job->cap.inc) {
		memcpy(result->parent, job->parent.id, sizeof(result->parent));
		result->seq = job->parent.seq + 1;
	}
}

/* Captures and writes.  On error nothing is lost and no file is left. */
static int cp_capture_and_write(struct cp_job *job, struct cp_target *target)
{
	struct mm_checkpoint *track = job->cp->track;
	struct cp_capture *cap = &job->cap;
	struct cp_baseline *fresh;
	int err = -ENOMEM;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		goto abandon;
	err = cp_capture(job);
	if (err)
		goto abandon;

	cp_name_image(job);
	err = cp_image_write(cap, &job->subject, job->cmd->op == CP_INC,
			     target->file, track);
	if (!err)
		err = cp_target_commit(target);
	if (err) {
		if (cp_capture_undo(cap))
			cp_track_drop(track, cap->start, cap->end);
		goto abandon;
	}

	fresh->start = cap->start;
	fresh->end = cap->end;
	fresh->seq = job->result.seq;
	memcpy(fresh->id, job->result.id, sizeof(fresh->id));
	cp_track_success(track, job->generation, fresh);
	fput(target->file);
	return 0;

abandon:
	kfree(fresh);
	cp_target_abandon(target);
	return err;
}

/* A full or inc command.  Context: @cp->track->command held. */
static int cp_save(struct cp_file *cp, const struct cp_command *cmd)
{
	struct cp_target target;
	unsigned long start, end;
	u64 began = ktime_get_ns();
	struct cp_job *job;
	int err;

	err = cp_command_pages(cmd, cp->mm->task_size, &start, &end);
	if (err)
		return err;
	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		return -ENOMEM;
	job->cp = cp;
	job->cmd = cmd;
	job->result.inc = cmd->op == CP_INC;
	job->result.start = start;
	job->result.end = end;
	cp_capture_init(&job->cap, cp->mm, start, end, &job->result);

	err = cp_target_open(&target, cmd->path);
	if (!err)
		err = cp_capture_and_write(job, &target);

	job->result.error = err;
	if (err) {
		memset(job->result.id, 0, sizeof(job->result.id));
		memset(job->result.parent, 0, sizeof(job->result.parent));
		job->result.seq = 0;
		job->result.bytes = 0;
	}
	job->result.total_ns = ktime_get_ns() - began;
	cp_track_finish(cp->track, &job->result);
	cp_capture_reset(&job->cap);
	kfree(job);
	return err;
}

static int cp_run(struct cp_file *cp, const struct cp_command *cmd)
{
	sigset_t saved;
	int err;

	if (mutex_lock_killable(&cp->track->command))
		return -EINTR;
	cp_block_handled_signals(&saved);
	if (cmd->op == CP_FORGET) {
		cp_track_forget(cp->track);
		err = 0;
	} else {
		err = cp_save(cp, cmd);
	}
	sigprocmask(SIG_SETMASK, &saved, NULL);
	mutex_unlock(&cp->track->command);
	return err;
}

static ssize_t cp_write(struct file *file, const char __user *buf,
			size_t count, loff_t *ppos)
{
	struct cp_file *cp = cp_file_of(file);
	const struct cred *saved;
	struct cp_command cmd;
	char *text;
	int err;

	if (count > PROC_CHECKPOINT_CMD_MAX)
		return -E2BIG;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = cp_command_parse(text, count, &cmd);
	if (err)
		goto free_text;

	err = -ESRCH;
	if (!cp_file_get_mm(cp))
		goto free_text;
	mmput(cp->mm);

	/*
	 * Whoever opened this file decides what it may do, not whoever was
	 * made to write to it: a set-uid program that is handed the descriptor
	 * as its output must not create files for its caller.
	 */
	saved = override_creds(file->f_cred);
	err = cp_run(cp, &cmd);
	revert_creds(saved);
free_text:
	kfree(text);
	return err ?: count;
}

static int cp_show(struct seq_file *m, void *unused)
{
	struct cp_file *cp = m->private;

	return cp_track_show(cp->track, m);
}

static int cp_open(struct inode *inode, struct file *file)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct cp_file *cp;
	int err;

	mm = proc_mem_open(inode, PTRACE_MODE_ATTACH);
	if (IS_ERR_OR_NULL(mm))
		return mm ? PTR_ERR(mm) : -ESRCH;

	err = -ENOMEM;
	cp = kzalloc(sizeof(*cp), GFP_KERNEL_ACCOUNT);
	if (!cp)
		goto drop_mm;
	cp->mm = mm;

	err = -ESRCH;
	task = get_proc_task(inode);
	if (!task)
		goto free_cp;
	/* /proc/<tid> leads to the process as well; it may be going away. */
	cp->pid = get_task_pid(task, PIDTYPE_TGID);
	put_task_struct(task);
	task = get_pid_task(cp->pid, PIDTYPE_TGID);
	if (!task)
		goto free_cp;
	cp->pid_nr = pid_nr_ns(cp->pid, proc_pid_ns(inode->i_sb));
	cp->start_time_ns = task->start_boottime;
	put_task_struct(task);
	if (!mmget_not_zero(mm))
		goto free_cp;
	cp->track = cp_track_get(mm);
	mmput(mm);
	err = -ENOMEM;
	if (!cp->track)
		goto free_cp;

	err = single_open(file, cp_show, cp);
	if (err)
		goto put_track;
	/*
	 * A command has no offset, so pwrite(2) is as good as write(2), and
	 * those who share the descriptor need not wait for each other's: the
	 * status can be read, and what waits can be killed.
	 */
	file->f_mode |= FMODE_PWRITE;
	file->f_mode &= ~FMODE_ATOMIC_POS;
	return 0;

put_track:
	cp_track_put(cp->track);
free_cp:
	put_pid(cp->pid);
	kfree(cp);
drop_mm:
	mmdrop(mm);
	return err;
}

static int cp_release(struct inode *inode, struct file *file)
{
	cp_file_free(cp_file_of(file));
	return single_release(inode, file);
}

const struct file_operations proc_pid_checkpoint_operations = {
	.open		= cp_open,
	.read		= seq_read,
	.write		= cp_write,
	.llseek		= seq_lseek,
	.release	= cp_release,
};
