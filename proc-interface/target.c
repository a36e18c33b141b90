// SPDX-License-Identifier: GPL-2.0
/*
 * PATH of a command: where the image goes.
 *
 * A new regular file is made, and removed again if the command fails.  A FIFO,
 * pipe or character device is written as a stream.  Nothing else is touched:
 * the type is looked at before the open, because opening can have effects, and
 * again after it, because the name may have changed meanwhile.
 *
 * All of it runs with the credentials that opened the procfs file, see
 * cp_write() in interface.c.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "checkpoint.h"
#include "compat.h"

#define CP_TARGET_FLAGS (O_WRONLY | O_LARGEFILE | O_NOCTTY)

/* How often a file is looked for that is being moved between directories. */
#define CP_MAX_UNLINKS 1000

/* Errno for a file that exists, by its type; 0 for a stream. */
static int cp_target_refusal(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
	case S_IFCHR:
		return 0;
	case S_IFDIR:
		return -EISDIR;
	case S_IFLNK:
		return -ELOOP;
	case S_IFBLK:
		return -EOPNOTSUPP;
	case S_IFSOCK:
		return -ENXIO;
	default:
		return -EEXIST;
	}
}

/*
 * Nothing can be created in procfs, and it is not to be tried with O_CREAT: that
 * takes the write access to the superblock which vfs_write() holds already for
 * the file of the command.
 */
static bool cp_target_is_in_proc(const struct path *path)
{
	return path->dentry->d_sb->s_magic == PROC_SUPER_MAGIC;
}

/*
 * /dev/fd/N and /proc/self/fd/N end in a symbolic link as well, but one of
 * procfs that leads to the open file itself and to no other name.
 */
static bool cp_target_is_proc_link(const struct path *path)
{
	return d_is_symlink(path->dentry) && cp_target_is_in_proc(path);
}

/*
 * Opens what a link of procfs leads to; it has no name to open it by.  Goes on
 * from the link: by its name, something else might be found by now.
 */
static struct file *cp_target_open_proc_link(const struct path *link)
{
	struct dentry *parent = dget_parent(link->dentry);
	struct inode *inode;
	struct file *file;
	struct path path;
	int err;

	err = vfs_path_lookup(parent, link->mnt, link->dentry->d_name.name,
			      LOOKUP_FOLLOW, &path);
	dput(parent);
	if (err)
		return ERR_PTR(err);
	inode = d_inode(path.dentry);
	err = cp_target_refusal(inode->i_mode);
	if (!err)
		err = path_permission(&path, MAY_WRITE | MAY_OPEN);
	if (!err && S_ISCHR(inode->i_mode) && !may_open_dev(&path))
		err = -EACCES;
	file = err ? ERR_PTR(err) :
		     dentry_open(&path, CP_TARGET_FLAGS | O_NONBLOCK,
				 current_cred());
	path_put(&path);
	return file;
}

/*
 * Opens a stream by its name.  With O_CREAT, though it exists: only then does
 * the kernel refuse a FIFO that somebody planted in a sticky directory, see
 * fs.protected_fifos.
 */
static struct file *cp_target_open_named(const struct path *dir,
					 const char *last)
{
	struct file *file;
	int err;

	file = file_open_root(dir, last, CP_TARGET_FLAGS | O_NONBLOCK |
					 O_NOFOLLOW | O_CREAT, 0600);
	if (IS_ERR(file) || (file->f_mode & FMODE_CREATED))
		return file;
	err = cp_target_refusal(file_inode(file)->i_mode);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}

/* O_NONBLOCK at the open: ENXIO at once for a FIFO that nobody reads. */
static struct file *cp_target_open_stream(const struct path *dir,
					  const char *last)
{
	struct file *file;
	struct path path;
	int err;

	err = vfs_path_lookup(dir->dentry, dir->mnt, last, 0, &path);
	if (err)
		return ERR_PTR(err);
	err = cp_target_refusal(d_inode(path.dentry)->i_mode);
	if (cp_target_is_proc_link(&path))
		file = cp_target_open_proc_link(&path);
	else if (err || cp_target_is_in_proc(dir))
		file = ERR_PTR(err ?: -EACCES);
	else
		file = cp_target_open_named(dir, last);
	path_put(&path);
	if (IS_ERR(file))
		return file;
	/* But the writing itself waits for the reader. */
	spin_lock(&file->f_lock);
	file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	return file;
}

/*
 * Opens @name.  Its directory is looked up once: whoever may change what is on
 * the way there must not make us look at one and open in another.
 */
static struct file *cp_target_open_file(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;
	struct file *file = ERR_PTR(-EEXIST);
	struct path dir;
	char *dir_name;
	int err;

	if (strlen(name) >= PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (!*last)
		return ERR_PTR(-EISDIR);
	/* "/name" and "name" are in "/" and ".". */
	dir_name = slash ? kmemdup_nul(name, max(slash - name, 1), GFP_KERNEL) :
			   kstrdup(".", GFP_KERNEL);
	if (!dir_name)
		return ERR_PTR(-ENOMEM);
	err = kern_path(dir_name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &dir);
	kfree(dir_name);
	if (err)
		return ERR_PTR(err);
	if (!cp_target_is_in_proc(&dir))
		file = file_open_root(&dir, last,
				      CP_TARGET_FLAGS | O_CREAT | O_EXCL, 0600);
	if (file == ERR_PTR(-EEXIST))
		file = cp_target_open_stream(&dir, last);
	path_put(&dir);
	return file;
}

/**
 * cp_target_open() - open PATH for an image
 * @target: set on success
 * @path: relative to the working directory, root and namespace of current
 *
 * Context: Runs with the credentials that count.  May sleep.
 * Return: 0 or an errno; then nothing was created.
 */
int cp_target_open(struct cp_target *target, const char *path)
{
	struct file *file = cp_target_open_file(path);

	if (IS_ERR(file))
		return PTR_ERR(file);
	target->file = file;
	target->created = file->f_mode & FMODE_CREATED;

	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter) {
		cp_target_abandon(target);
		return -EINVAL;
	}
	return 0;
}

/**
 * cp_target_commit() - all is written: make it last
 * @target: from cp_target_open(); still has to be abandoned on error, else
 *	closed
 *
 * Return: 0 or the errno of the fsync.
 */
int cp_target_commit(struct cp_target *target)
{
	return target->created ? vfs_fsync(target->file, 0) : 0;
}

/*
 * Removes a file, by whatever name it has by now.
 * Return: false if it moved to another directory meanwhile.
 */
static bool cp_target_unlink(struct vfsmount *mnt, struct dentry *dentry)
{
	struct dentry *parent = dget_parent(dentry);
	bool here;

	inode_lock_nested(d_inode(parent), I_MUTEX_PARENT);
	here = dentry->d_parent == parent;
	if (here && !d_unhashed(dentry))
		cp_vfs_unlink(mnt, d_inode(parent), dentry);
	inode_unlock(d_inode(parent));
	dput(parent);
	return here;
}

/**
 * cp_target_abandon() - close, and remove what this command created
 * @target: from cp_target_open()
 */
void cp_target_abandon(struct cp_target *target)
{
	struct dentry *dentry = target->file->f_path.dentry;
	struct vfsmount *mnt = target->file->f_path.mnt;
	int tries = CP_MAX_UNLINKS;

	if (target->created && !mnt_want_write(mnt)) {
		/* Else d_delete() would take the inode from the open file. */
		dget(dentry);
		while (!cp_target_unlink(mnt, dentry) && --tries)
			cond_resched();
		dput(dentry);
		mnt_drop_write(mnt);
	}
	fput(target->file);
}
