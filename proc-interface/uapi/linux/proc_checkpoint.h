/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /proc/<pid>/checkpoint: incremental checkpoints of a live process's memory.
 *
 * Commands
 * ========
 *
 * One command per write(2), one trailing newline ignored:
 *
 *	full START END PATH	save every page of the range
 *	inc  START END PATH	save what changed since the last checkpoint of
 *				exactly this range; a full image where there is
 *				no valid baseline
 *	forget			drop all baselines of the process
 *
 * START and END are 0x-hex or decimal byte addresses; END is the last byte,
 * inclusive.  The pages that lie wholly inside are saved.  PATH is the rest of
 * the line.  write(2) returns its length once the image is complete (and, on a
 * regular file, fsynced), else -1 and an errno; then the file that the command
 * created is gone again and no change is lost to the next inc.
 *
 * Status
 * ======
 *
 * Reading gives "key: value" lines, the keys below.  Addresses are 0x-hex and
 * ranges are written as in a command: START and END, END inclusive.
 *
 * Image
 * =====
 *
 * A little-endian ELF64 ET_CORE file, in this order:
 *
 *	ELF header
 *	one section header, only with 65,535 program headers or more (PN_XNUM)
 *	program headers: PT_NOTE (head), PT_LOAD..., PT_NOTE (end)
 *	head notes: INFO, MAP, FILE_PAGES, SKIPPED (each once, in this order,
 *		the last three possibly empty), NT_PRPSINFO, NT_FILE
 *	zero padding to a page boundary (only if any page data follows)
 *	page data, in the order of the PT_LOADs, without gaps
 *	end note: END; nothing follows it
 *
 * PT_LOAD: one for each run of neighbouring pages of one mapping in one state,
 * ascending by p_vaddr, disjoint, p_align == page size, p_memsz > 0 a multiple
 * of it.  Data: p_filesz == p_memsz.  Zeros: p_filesz == 0.  p_flags are the
 * mapping's PF_R, PF_W, PF_X.
 *
 * A full image says for every mapped page of the range exactly one of: data,
 * zero, the file's (FILE_PAGES), skipped (SKIPPED).  A page that an inc does
 * not name and that lies in a mapping of its MAP is as in the parent.  An
 * address outside every mapping of the newest MAP is not mapped.
 *
 * All integers of the notes are little-endian, all reserved fields zero.  The
 * structs keep 8-byte size and follow each other without gaps; a note's
 * descriptor need only be 4-byte aligned in memory, so copy before use.
 */
#ifndef _UAPI_LINUX_PROC_CHECKPOINT_H
#define _UAPI_LINUX_PROC_CHECKPOINT_H

#include <linux/types.h>

/* Version of the commands and status keys, as the status says it. */
#define PROC_CHECKPOINT_INTERFACE_VERSION	1

/* Version of the image format, in struct proc_checkpoint_info. */
#define PROC_CHECKPOINT_FORMAT_VERSION		1

/* Command words. */
#define PROC_CHECKPOINT_CMD_FULL	"full"
#define PROC_CHECKPOINT_CMD_INC		"inc"
#define PROC_CHECKPOINT_CMD_FORGET	"forget"

/* The longest command that is taken, newline included; longer: E2BIG. */
#define PROC_CHECKPOINT_CMD_MAX		(4096 + 128)

/* Ranges of one process that can have a baseline; one more drops the oldest. */
#define PROC_CHECKPOINT_MAX_RANGES	64

/*
 * Status keys.  "range" stands once for each tracked range, its value is
 * "START END ID SEQ".  state is "idle", "capturing" or "writing"; bytes_done
 * and bytes_total are of the command that runs, else of the last one.
 * The last.* keys are there once a command has saved something, or has failed
 * to: kind is "full" or "inc" as written (not as asked), status "0" or the
 * errno's name.
 */
#define PROC_CHECKPOINT_KEY_VERSION		"version"
#define PROC_CHECKPOINT_KEY_STATE		"state"
#define PROC_CHECKPOINT_KEY_BYTES_DONE		"bytes_done"
#define PROC_CHECKPOINT_KEY_BYTES_TOTAL		"bytes_total"
#define PROC_CHECKPOINT_KEY_RANGE		"range"
#define PROC_CHECKPOINT_KEY_LAST_KIND		"last.kind"
#define PROC_CHECKPOINT_KEY_LAST_STATUS		"last.status"
#define PROC_CHECKPOINT_KEY_LAST_START		"last.start"
#define PROC_CHECKPOINT_KEY_LAST_END		"last.end"
#define PROC_CHECKPOINT_KEY_LAST_ID		"last.id"
#define PROC_CHECKPOINT_KEY_LAST_PARENT		"last.parent"
#define PROC_CHECKPOINT_KEY_LAST_SEQ		"last.seq"
#define PROC_CHECKPOINT_KEY_LAST_PAGES_SCANNED	"last.pages_scanned"
#define PROC_CHECKPOINT_KEY_LAST_PAGES_SAVED	"last.pages_saved"
#define PROC_CHECKPOINT_KEY_LAST_PAGES_ZERO	"last.pages_zero"
#define PROC_CHECKPOINT_KEY_LAST_PAGES_COPIED	"last.pages_copied"
#define PROC_CHECKPOINT_KEY_LAST_PAGES_SKIPPED	"last.pages_skipped"
#define PROC_CHECKPOINT_KEY_LAST_BYTES		"last.bytes"
#define PROC_CHECKPOINT_KEY_LAST_STALL_NS	"last.stall_ns"
#define PROC_CHECKPOINT_KEY_LAST_TOTAL_NS	"last.total_ns"

/* Owner name of our notes; n_namesz counts the NUL. */
#define PROC_CHECKPOINT_NOTE_NAME	"PROC_CKPT"

/*
 * Note types.  Numbers of our own: BFD takes 1, 2, ... for register notes
 * whatever the owner's name.
 */
#define PROC_CHECKPOINT_NT_INFO		0x50434b01
#define PROC_CHECKPOINT_NT_MAP		0x50434b02
#define PROC_CHECKPOINT_NT_FILE_PAGES	0x50434b03
#define PROC_CHECKPOINT_NT_SKIPPED	0x50434b04
#define PROC_CHECKPOINT_NT_END		0x50434b05

#define PROC_CHECKPOINT_ID_BYTES	16

/* proc_checkpoint_info.kind */
#define PROC_CHECKPOINT_KIND_FULL	1
#define PROC_CHECKPOINT_KIND_INC	2

/* proc_checkpoint_info.flags */
/* A full image that was asked for as an inc: there was no valid baseline. */
#define PROC_CHECKPOINT_INFO_ASKED_INC	(1 << 0)
/* Made from a chain; id, seq, times and stall are those of the chain's last image. */
#define PROC_CHECKPOINT_INFO_MERGED	(1 << 1)
#define PROC_CHECKPOINT_INFO_FLAGS	(PROC_CHECKPOINT_INFO_ASKED_INC | \
					 PROC_CHECKPOINT_INFO_MERGED)

/**
 * struct proc_checkpoint_info - INFO: what this image is
 * @version: PROC_CHECKPOINT_FORMAT_VERSION
 * @info_bytes: size of this struct
 * @kind: PROC_CHECKPOINT_KIND_*
 * @flags: PROC_CHECKPOINT_INFO_*
 * @page_size: bytes
 * @pid: the process, in the pid namespace of the procfs mount
 * @id: random, never all zero
 * @parent: id of the image that an inc builds on; all zero in a full
 * @seq: place in the chain: 0 for a full image, the parent's + 1 for an inc;
 *	as in the last image of the chain for a merged one
 * @start: first byte of the range, page aligned
 * @end: first byte after the range, page aligned, > start
 * @start_time_ns: when the process started, nanoseconds since boot
 * @time_ns: when the memory was captured, nanoseconds since 1970, UTC
 * @pages_data: pages with data in the file
 * @pages_zero: pages in PT_LOADs without data
 * @pages_file: pages in FILE_PAGES
 * @pages_skipped: pages in SKIPPED
 * @pages_copied: of @pages_data, those copied while the process was locked
 * @mappings: entries of MAP
 * @stall_ns: how long the process was locked for the capture
 */
struct proc_checkpoint_info {
	__le32	version;
	__le32	info_bytes;
	__le32	kind;
	__le32	flags;
	__le32	page_size;
	__le32	pid;
	__u8	id[PROC_CHECKPOINT_ID_BYTES];
	__u8	parent[PROC_CHECKPOINT_ID_BYTES];
	__le64	seq;
	__le64	start;
	__le64	end;
	__le64	start_time_ns;
	__le64	time_ns;
	__le64	pages_data;
	__le64	pages_zero;
	__le64	pages_file;
	__le64	pages_skipped;
	__le64	pages_copied;
	__le64	mappings;
	__le64	stall_ns;
};

/* proc_checkpoint_mapping.prot: the bits of mmap(2)'s PROT_* */
#define PROC_CHECKPOINT_PROT_READ	(1 << 0)
#define PROC_CHECKPOINT_PROT_WRITE	(1 << 1)
#define PROC_CHECKPOINT_PROT_EXEC	(1 << 2)
#define PROC_CHECKPOINT_PROT		(PROC_CHECKPOINT_PROT_READ | \
					 PROC_CHECKPOINT_PROT_WRITE | \
					 PROC_CHECKPOINT_PROT_EXEC)

/* proc_checkpoint_mapping.flags */
#define PROC_CHECKPOINT_MAP_SHARED	(1 << 0)	/* MAP_SHARED */
#define PROC_CHECKPOINT_MAP_FILE	(1 << 1)	/* dev, inode, ... valid */
#define PROC_CHECKPOINT_MAP_BY_REF	(1 << 2)	/* may have FILE_PAGES */
#define PROC_CHECKPOINT_MAP_HUGETLB	(1 << 3)
#define PROC_CHECKPOINT_MAP_GROWSDOWN	(1 << 4)
#define PROC_CHECKPOINT_MAP_LOCKED	(1 << 5)
#define PROC_CHECKPOINT_MAP_DONTDUMP	(1 << 6)
#define PROC_CHECKPOINT_MAP_WIPEONFORK	(1 << 7)
#define PROC_CHECKPOINT_MAP_DEVICE	(1 << 8)	/* VM_IO or VM_PFNMAP */
#define PROC_CHECKPOINT_MAP_UNLINKED	(1 << 9)	/* file has no name */
#define PROC_CHECKPOINT_MAP_NORESERVE	(1 << 10)
#define PROC_CHECKPOINT_MAP_DONTFORK	(1 << 11)
#define PROC_CHECKPOINT_MAP_FLAGS	((1 << 12) - 1)

/**
 * struct proc_checkpoint_mapping - an entry of MAP
 * @entry_bytes: this struct, the name and its padding: a multiple of 8
 * @name_bytes: length of the name, without the NUL; 0: no name
 * @start: first byte, cut to the range
 * @end: first byte after it, cut to the range
 * @offset: where @start is in the file, bytes
 * @prot: PROC_CHECKPOINT_PROT_*
 * @flags: PROC_CHECKPOINT_MAP_*
 * @dev_major: device of the file, as in /proc/<pid>/maps
 * @dev_minor: as above
 * @inode: inode number of the file, as in /proc/<pid>/maps
 * @file_size: bytes
 * @mtime_sec: last modification of the file, seconds since 1970
 * @mtime_nsec: and nanoseconds
 * @reserved: zero
 *
 * Entries ascend and do not overlap.  The name follows the struct: as the last
 * column of /proc/<pid>/maps without its escapes, NUL terminated and padded
 * with NULs to @entry_bytes (there is always at least the one NUL).
 */
struct proc_checkpoint_mapping {
	__le32	entry_bytes;
	__le32	name_bytes;
	__le64	start;
	__le64	end;
	__le64	offset;
	__le32	prot;
	__le32	flags;
	__le32	dev_major;
	__le32	dev_minor;
	__le64	inode;
	__le64	file_size;
	__le64	mtime_sec;
	__le32	mtime_nsec;
	__le32	reserved;
};

/*
 * FILE_PAGES is an array of these, ascending and disjoint: pages of private
 * mappings of regular files that the process has not modified.  Each lies in
 * one mapping with PROC_CHECKPOINT_MAP_BY_REF; the contents are the file's at
 * (start - mapping.start + mapping.offset), zeros behind the end of the file.
 */
struct proc_checkpoint_file_run {
	__le64	start;
	__le64	end;
};

/* proc_checkpoint_skipped_run.reason */
#define PROC_CHECKPOINT_SKIP_DEVICE	1	/* VM_IO, VM_PFNMAP, [vvar] */
#define PROC_CHECKPOINT_SKIP_SECRET	2	/* memfd_secret(2) */
#define PROC_CHECKPOINT_SKIP_POISON	3	/* hardware error, UFFDIO_POISON */
#define PROC_CHECKPOINT_SKIP_GUARD	4	/* MADV_GUARD_INSTALL */
#define PROC_CHECKPOINT_SKIP_EOF	5	/* behind the end of the file */
#define PROC_CHECKPOINT_SKIP_UNREADABLE	6	/* any other fault that fails */
#define PROC_CHECKPOINT_SKIP_MAX	6

/* SKIPPED is an array of these, ascending and disjoint, each in one mapping. */
struct proc_checkpoint_skipped_run {
	__le64	start;
	__le64	end;
	__le32	reason;
	__le32	reserved;
};

/**
 * struct proc_checkpoint_end - END: the image is complete
 * @length: bytes before this note, that is, the offset of its header
 * @crc32c: CRC32C (Castagnoli, initial value and final xor ~0) of them
 * @reserved: zero
 */
struct proc_checkpoint_end {
	__le64	length;
	__le32	crc32c;
	__le32	reserved;
};

#endif /* _UAPI_LINUX_PROC_CHECKPOINT_H */
