// SPDX-License-Identifier: GPL-2.0
/*
 * The mappings of the range, as they were at the instant of the capture.
 *
 * Under the lock only references and numbers are taken; names are looked up
 * afterwards.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/slab.h>
#include "checkpoint.h"
#include "compat.h"

/* Name of a mapping without a file; must not depend on the VMA afterwards. */
static const char *cp_static_name(struct vm_area_struct *vma)
{
	const char *name;

	if (vma->vm_ops && vma->vm_ops->name) {
		name = vma->vm_ops->name(vma);
		if (name)
			return name;
	}
	name = arch_vma_name(vma);
	if (name)
		return name;
	if (cp_vma_is_heap(vma))
		return "[heap]";
	if (cp_vma_is_stack(vma))
		return "[stack]";
	return NULL;
}

/**
 * cp_mapping_record() - remember a mapping
 * @cap: capture, its kind set for @vma
 * @vma: the mapping
 * @start: first byte, cut to the range
 * @end: first byte after it
 *
 * Context: mmap lock held.
 * Return: 0, -ENOMEM.
 */
int cp_mapping_record(struct cp_capture *cap, struct vm_area_struct *vma,
		      unsigned long start, unsigned long end)
{
	struct anon_vma_name *anon_name = anon_vma_name(vma);
	struct cp_mapping *mapping;

	if (cp_vec_reserve(&cap->mappings, 1))
		return -ENOMEM;

	mapping = cp_vec_push(&cap->mappings);
	*mapping = (struct cp_mapping) {
		.start = start,
		.end = end,
		.vm_flags = vma->vm_flags,
		.by_ref = cap->kind == CP_KIND_FILE_REF,
	};
	if (vma->vm_file) {
		struct inode *inode = file_inode(vma->vm_file);

		mapping->file = get_file(vma->vm_file);
		mapping->unlinked = cp_source_is_unlinked(vma->vm_file);
		mapping->offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) +
				  (start - vma->vm_start);
		mapping->file_size = i_size_read(inode);
		mapping->mtime = cp_inode_mtime(inode);
	} else {
		mapping->name = cp_static_name(vma);
	}
	if (anon_name && !mapping->name) {
		anon_vma_name_get(anon_name);
		mapping->anon_name = anon_name;
	}
	return 0;
}

/* Nobody's file stays open, or locked, for as long as an image takes. */
static void cp_mapping_put_files(struct cp_capture *cap)
{
	struct cp_mapping *mapping;
	struct cp_vec_iter iter;

	cp_vec_start(&iter, &cap->mappings);
	while ((mapping = cp_vec_next(&iter))) {
		if (mapping->file)
			fput(mapping->file);
		mapping->file = NULL;
	}
}

/**
 * cp_mapping_release() - drop all that the recorded mappings hold
 * @cap: capture
 *
 * Context: May sleep; no mmap lock.
 */
void cp_mapping_release(struct cp_capture *cap)
{
	struct cp_mapping *mapping;
	struct cp_vec_iter iter;

	cp_mapping_put_files(cap);
	cp_vec_start(&iter, &cap->mappings);
	while ((mapping = cp_vec_next(&iter)))
		anon_vma_name_put(mapping->anon_name);
	cp_vec_free(&cap->mappings);
}

/* As in the last column of /proc/<pid>/maps; "" if there is none. */
static const char *cp_mapping_name(const struct cp_mapping *mapping,
				   char *buffer)
{
	const char *name;

	if (mapping->anon_name) {
		snprintf(buffer, PATH_MAX, "[%s:%s]",
			 mapping->file ? "anon_shmem" : "anon",
			 mapping->anon_name->name);
		return buffer;
	}
	if (mapping->file) {
		name = d_path(cp_file_path(mapping->file), buffer, PATH_MAX);
		return IS_ERR(name) ? "" : name;
	}
	return mapping->name ?: "";
}

static u32 cp_mapping_flags(const struct cp_mapping *mapping)
{
	static const struct {
		unsigned long vm_flag;
		u32 flag;
	} table[] = {
		{ VM_MAYSHARE,		PROC_CHECKPOINT_MAP_SHARED },
		{ VM_HUGETLB,		PROC_CHECKPOINT_MAP_HUGETLB },
		{ VM_GROWSDOWN,		PROC_CHECKPOINT_MAP_GROWSDOWN },
		{ VM_LOCKED,		PROC_CHECKPOINT_MAP_LOCKED },
		{ VM_DONTDUMP,		PROC_CHECKPOINT_MAP_DONTDUMP },
		{ VM_WIPEONFORK,	PROC_CHECKPOINT_MAP_WIPEONFORK },
		{ VM_IO | VM_PFNMAP,	PROC_CHECKPOINT_MAP_DEVICE },
		{ VM_NORESERVE,		PROC_CHECKPOINT_MAP_NORESERVE },
		{ VM_DONTCOPY,		PROC_CHECKPOINT_MAP_DONTFORK },
	};
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (mapping->vm_flags & table[i].vm_flag)
			flags |= table[i].flag;
	if (mapping->file) {
		flags |= PROC_CHECKPOINT_MAP_FILE;
		if (mapping->unlinked)
			flags |= PROC_CHECKPOINT_MAP_UNLINKED;
	}
	if (mapping->by_ref)
		flags |= PROC_CHECKPOINT_MAP_BY_REF;
	return flags;
}

static int cp_append_mapping(struct cp_vec *note,
			     const struct cp_mapping *mapping,
			     const char *name)
{
	static const char zeros[8];
	size_t name_bytes = strlen(name);
	size_t bytes = ALIGN(sizeof(struct proc_checkpoint_mapping) +
			     name_bytes + 1, 8);
	struct proc_checkpoint_mapping entry = {
		.entry_bytes = cpu_to_le32(bytes),
		.name_bytes = cpu_to_le32(name_bytes),
		.start = cpu_to_le64(mapping->start),
		.end = cpu_to_le64(mapping->end),
		.offset = cpu_to_le64(mapping->offset),
		.flags = cpu_to_le32(cp_mapping_flags(mapping)),
	};
	u32 prot = 0;
	int err;

	if (mapping->vm_flags & VM_READ)
		prot |= PROC_CHECKPOINT_PROT_READ;
	if (mapping->vm_flags & VM_WRITE)
		prot |= PROC_CHECKPOINT_PROT_WRITE;
	if (mapping->vm_flags & VM_EXEC)
		prot |= PROC_CHECKPOINT_PROT_EXEC;
	entry.prot = cpu_to_le32(prot);

	if (mapping->file) {
		const struct inode *inode = cp_file_inode(mapping->file);

		entry.dev_major = cpu_to_le32(MAJOR(inode->i_sb->s_dev));
		entry.dev_minor = cpu_to_le32(MINOR(inode->i_sb->s_dev));
		entry.inode = cpu_to_le64(inode->i_ino);
		entry.file_size = cpu_to_le64(mapping->file_size);
		entry.mtime_sec = cpu_to_le64(mapping->mtime.tv_sec);
		entry.mtime_nsec = cpu_to_le32(mapping->mtime.tv_nsec);
	}

	err = cp_vec_append_bytes(note, &entry, sizeof(entry));
	if (!err)
		err = cp_vec_append_bytes(note, name, name_bytes);
	if (!err)
		err = cp_vec_append_bytes(note, zeros, bytes - sizeof(entry) -
						       name_bytes);
	return err;
}

/* An entry of NT_FILE: first the numbers of all, then the names of all. */
static int cp_append_nt_file(struct cp_vec *numbers, struct cp_vec *names,
			     const struct cp_mapping *mapping,
			     const char *name)
{
	u64 entry[3] = { mapping->start, mapping->end,
			 mapping->offset >> PAGE_SHIFT };
	int err;

	err = cp_vec_append_bytes(numbers, entry, sizeof(entry));
	if (!err)
		err = cp_vec_append_bytes(names, name, strlen(name) + 1);
	return err;
}

/**
 * cp_mapping_notes() - descriptors of MAP and of NT_FILE
 * @cap: capture
 * @map_note: list of bytes, MAP is appended
 * @file_note: two lists of bytes: numbers and names of NT_FILE are appended
 *
 * Context: May sleep; no mmap lock.  Names are as current's root sees them.
 * Return: 0, -ENOMEM.
 */
int cp_mapping_notes(struct cp_capture *cap, struct cp_vec *map_note,
		     struct cp_vec file_note[2])
{
	struct cp_mapping *mapping;
	struct cp_vec_iter iter;
	int err = 0;
	char *buffer;

	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	cp_vec_start(&iter, &cap->mappings);
	while (!err && (mapping = cp_vec_next(&iter))) {
		const char *name = cp_mapping_name(mapping, buffer);

		err = cp_append_mapping(map_note, mapping, name);
		if (!err && mapping->file)
			err = cp_append_nt_file(&file_note[0], &file_note[1],
						mapping, name);
		cond_resched();
	}
	kfree(buffer);
	/* All that was wanted of them is said. */
	cp_mapping_put_files(cap);
	return err;
}
