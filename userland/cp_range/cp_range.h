/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cp_range.h: a program checkpoints ranges of its own memory.
 *
 *	char *array = ...;
 *	cp_range(array, array + size - 1);	writes cp_P1, then cp_P2, ...
 *	inc_cp_range(array, array + size - 1);	writes inc_cp_P1, ...
 *
 * A thin layer over /proc/self/checkpoint (see <linux/proc_checkpoint.h>), for
 * C99 and C++; include it, there is nothing to link.
 *
 * START is the first byte and END the last one, inclusive.  The pages that lie
 * wholly in between are saved; a range without a whole page is EINVAL.
 *
 * cp_range() saves them all.  inc_cp_range() saves those that changed since the
 * latest checkpoint, of either kind, of exactly this range; the first one of a
 * range is therefore a full image.
 *
 * The files are created in $CP_RANGE_DIR, else in the working directory, and
 * are numbered from 1, each kind by itself.  A file that exists is never
 * overwritten: its number is passed over, so a second run of a program goes on
 * where the first one ended.  Any number of threads may call at once: each call
 * gets a file of its own.
 *
 * All return 0, or -1 with errno set; then no file is left behind and no change
 * is lost to the next inc_cp_range().  ENOENT can also mean that this kernel has
 * no /proc/self/checkpoint, ESRCH that /proc is not the process's own.
 */
#ifndef CP_RANGE_H
#define CP_RANGE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline int cp_range_command_(const char *word, const void *start,
				    const void *end, const char *path)
{
	char command[PATH_MAX + 128];
	ssize_t written;
	int length, fd, error;

	if (!*path) {
		errno = ENOENT;
		return -1;
	}
	/*
	 * Spaces in front of PATH separate, so a name that begins with one
	 * needs the "./".  The newline is ours: one at the end of the name is
	 * then kept.
	 */
	length = snprintf(command, sizeof(command),
			  "%s 0x%llx 0x%llx %s%s\n", word,
			  (unsigned long long)(uintptr_t)start,
			  (unsigned long long)(uintptr_t)end,
			  *path == ' ' ? "./" : "", path);
	if (length < 0 || (size_t)length >= sizeof(command)) {
		errno = ENAMETOOLONG;
		return -1;
	}

	fd = open("/proc/self/checkpoint", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	written = write(fd, command, (size_t)length);
	error = written < 0 ? errno : written == length ? 0 : EIO;
	close(fd);
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static inline int cp_range_numbered_(const char *word, const char *name,
				     unsigned int *last, const void *start,
				     const void *end)
{
	const char *dir = getenv("CP_RANGE_DIR");
	char path[PATH_MAX];
	unsigned int number;
	int length;

	/*
	 * The kernel creates the file exclusively, so the first name that it
	 * takes is ours alone; *last only says where to start looking.
	 */
	number = __atomic_load_n(last, __ATOMIC_RELAXED);
	do {
		if (++number == 0) {
			errno = EEXIST;
			return -1;
		}
		length = snprintf(path, sizeof(path), "%s%s%s_P%u",
				  dir && *dir ? dir : "",
				  dir && *dir ? "/" : "", name, number);
		if (length < 0 || (size_t)length >= sizeof(path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (!cp_range_command_(word, start, end, path)) {
			__atomic_store_n(last, number, __ATOMIC_RELAXED);
			return 0;
		}
	} while (errno == EEXIST);
	return -1;
}

/* Saves [start, end] to a new file at path. */
static inline int cp_range_to(const void *start, const void *end,
			      const char *path)
{
	return cp_range_command_("full", start, end, path);
}

/* Saves what changed in [start, end] to a new file at path. */
static inline int inc_cp_range_to(const void *start, const void *end,
				  const char *path)
{
	return cp_range_command_("inc", start, end, path);
}

/* Saves [start, end] to the next cp_P file. */
static inline int cp_range(void *start, void *end)
{
	static unsigned int last;

	return cp_range_numbered_("full", "cp", &last, start, end);
}

/* Saves what changed in [start, end] to the next inc_cp_P file. */
static inline int inc_cp_range(void *start, void *end)
{
	static unsigned int last;

	return cp_range_numbered_("inc", "inc_cp", &last, start, end);
}

#ifdef __cplusplus
}
#endif

#endif /* CP_RANGE_H */
