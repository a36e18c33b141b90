// SPDX-License-Identifier: GPL-2.0
/*
 * Layout of the image: an ELF core file, see the uapi header.  All sizes are
 * known after the capture, so that it can be written front to back.
 */
#include <linux/bitfield.h>
#include <linux/elf.h>
#include <linux/elfcore.h>
#include <linux/sched.h>
#include "checkpoint.h"

/**
 * struct cp_layout - where everything is
 * @phnum: program headers
 * @phoff: where they start
 * @map: descriptor of MAP
 * @file: numbers and names of NT_FILE
 * @nr_files: entries of NT_FILE
 * @notes: where the head notes start
 * @notes_end: first byte after them
 * @data: where the page data start
 * @end: where the END note starts
 * @total: size of the image
 */
struct cp_layout {
	u64 phnum;
	u64 phoff;
	struct cp_vec map;
	struct cp_vec file[2];
	u64 nr_files;
	u64 notes;
	u64 notes_end;
	u64 data;
	u64 end;
	u64 total;
};

static const char cp_note_owner[] = PROC_CHECKPOINT_NOTE_NAME;
static const char cp_core_owner[] = "CORE";

static u64 cp_note_bytes(size_t owner_bytes, u64 desc_bytes)
{
	return sizeof(struct elf64_note) + ALIGN(owner_bytes, 4) +
	       ALIGN(desc_bytes, 4);
}

static u64 cp_nt_file_bytes(struct cp_layout *layout)
{
	return 2 * sizeof(u64) + layout->file[0].count + layout->file[1].count;
}

static int cp_layout_init(struct cp_layout *layout, struct cp_capture *cap)
{
	u64 pages = cap->result->pages_data;
	int err;

	*layout = (struct cp_layout) { .phnum = 2 + cap->loads };
	cp_vec_init(&layout->map, 1);
	cp_vec_init(&layout->file[0], 1);
	cp_vec_init(&layout->file[1], 1);
	err = cp_mapping_notes(cap, &layout->map, layout->file);
	if (err)
		return err;
	layout->nr_files = layout->file[0].count / (3 * sizeof(u64));

	/* n_descsz has 32 bits. */
	if (layout->map.count > U32_MAX ||
	    cp_nt_file_bytes(layout) > U32_MAX ||
	    cap->file_runs * sizeof(struct proc_checkpoint_file_run) >
	    U32_MAX ||
	    cap->skipped_runs * sizeof(struct proc_checkpoint_skipped_run) >
	    U32_MAX || layout->phnum > U32_MAX)
		return -EOVERFLOW;

	layout->phoff = sizeof(struct elf64_hdr);
	if (layout->phnum >= PN_XNUM)
		layout->phoff += sizeof(struct elf64_shdr);
	layout->notes = layout->phoff +
			layout->phnum * sizeof(struct elf64_phdr);
	layout->notes_end = layout->notes +
		cp_note_bytes(sizeof(cp_note_owner),
			      sizeof(struct proc_checkpoint_info)) +
		cp_note_bytes(sizeof(cp_note_owner), layout->map.count) +
		cp_note_bytes(sizeof(cp_note_owner), cap->file_runs *
			      sizeof(struct proc_checkpoint_file_run)) +
		cp_note_bytes(sizeof(cp_note_owner), cap->skipped_runs *
			      sizeof(struct proc_checkpoint_skipped_run)) +
		cp_note_bytes(sizeof(cp_core_owner),
			      sizeof(struct elf_prpsinfo)) +
		cp_note_bytes(sizeof(cp_core_owner),
			      cp_nt_file_bytes(layout));
	layout->data = pages ? PAGE_ALIGN(layout->notes_end) :
			       layout->notes_end;
	layout->end = layout->data + (pages << PAGE_SHIFT);
	layout->total = layout->end +
		cp_note_bytes(sizeof(cp_note_owner),
			      sizeof(struct proc_checkpoint_end));
	return 0;
}

static void cp_layout_free(struct cp_layout *layout)
{
	cp_vec_free(&layout->map);
	cp_vec_free(&layout->file[0]);
	cp_vec_free(&layout->file[1]);
}

static int cp_write_headers(struct cp_stream *stream,
			    struct cp_layout *layout)
{
	bool extended = layout->phnum >= PN_XNUM;
	struct elf64_hdr header = {
		.e_ident = {
			ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
			[EI_CLASS] = ELFCLASS64,
			[EI_DATA] = ELFDATA2LSB,
			[EI_VERSION] = EV_CURRENT,
			[EI_OSABI] = ELFOSABI_NONE,
		},
		.e_type = ET_CORE,
		.e_machine = ELF_ARCH,
		.e_version = EV_CURRENT,
		.e_phoff = layout->phoff,
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = extended ? PN_XNUM : layout->phnum,
	};
	struct elf64_shdr section = {
		.sh_type = SHT_NULL,
		.sh_info = layout->phnum,
	};
	int err;

	if (extended) {
		header.e_shoff = sizeof(header);
		header.e_shentsize = sizeof(section);
		header.e_shnum = 1;
	}
	err = cp_stream_bytes(stream, &header, sizeof(header));
	if (!err && extended)
		err = cp_stream_bytes(stream, &section, sizeof(section));
	return err;
}

static int cp_write_note_segment(struct cp_stream *stream, u64 from, u64 to)
{
	struct elf64_phdr phdr = {
		.p_type = PT_NOTE,
		.p_offset = from,
		.p_filesz = to - from,
		.p_align = 4,
	};

	return cp_stream_bytes(stream, &phdr, sizeof(phdr));
}

static u32 cp_run_segment_flags(const struct cp_run *run)
{
	unsigned long prot = FIELD_GET(CP_RUN_PROT, run->bits);

	return (prot & VM_READ ? PF_R : 0) | (prot & VM_WRITE ? PF_W : 0) |
	       (prot & VM_EXEC ? PF_X : 0);
}

static int cp_write_segments(struct cp_stream *stream,
			     struct cp_layout *layout,
			     struct cp_capture *cap)
{
	u64 offset = PAGE_ALIGN(layout->data);
	struct cp_vec_iter iter;
	struct cp_run run;
	int err;

	err = cp_write_note_segment(stream, layout->notes, layout->notes_end);
	cp_vec_start(&iter, &cap->runs);
	while (!err && cp_run_next(&iter, &run)) {
		enum cp_run_state state = cp_run_state(&run);
		u64 bytes = (u64)run.pages << PAGE_SHIFT;
		struct elf64_phdr phdr = {
			.p_type = PT_LOAD,
			.p_flags = cp_run_segment_flags(&run),
			.p_offset = offset,
			.p_vaddr = run.start,
			.p_filesz = state == CP_RUN_DATA ? bytes : 0,
			.p_memsz = bytes,
			.p_align = PAGE_SIZE,
		};

		if (state != CP_RUN_DATA && state != CP_RUN_ZERO)
			continue;
		offset += phdr.p_filesz;
		err = cp_stream_bytes(stream, &phdr, sizeof(phdr));
		cond_resched();
	}
	if (!err)
		err = cp_write_note_segment(stream, layout->end,
					    layout->total);
	return err;
}

/* Header and owner of a note; its descriptor follows. */
static int cp_note_start(struct cp_stream *stream, const char *owner,
			 size_t owner_bytes, u32 type, u32 desc_bytes)
{
	struct elf64_note note = {
		.n_namesz = owner_bytes,
		.n_descsz = desc_bytes,
		.n_type = type,
	};
	int err;

	err = cp_stream_bytes(stream, &note, sizeof(note));
	if (!err)
		err = cp_stream_bytes(stream, owner, owner_bytes);
	if (!err)
		err = cp_stream_bytes(stream, NULL,
				      ALIGN(owner_bytes, 4) - owner_bytes);
	return err;
}

static int cp_our_note_start(struct cp_stream *stream, u32 type, u64 bytes)
{
	return cp_note_start(stream, cp_note_owner, sizeof(cp_note_owner),
			     type, bytes);
}

static int cp_write_info(struct cp_stream *stream,
			 struct cp_capture *cap,
			 const struct cp_subject *subject, bool asked_inc)
{
	const struct cp_result *result = cap->result;
	struct proc_checkpoint_info info = {
		.version = cpu_to_le32(PROC_CHECKPOINT_FORMAT_VERSION),
		.info_bytes = cpu_to_le32(sizeof(info)),
		.kind = cpu_to_le32(cap->inc ? PROC_CHECKPOINT_KIND_INC :
					       PROC_CHECKPOINT_KIND_FULL),
		.flags = cpu_to_le32(asked_inc && !cap->inc ?
				     PROC_CHECKPOINT_INFO_ASKED_INC : 0),
		.page_size = cpu_to_le32(PAGE_SIZE),
		.pid = cpu_to_le32(subject->pid),
		.seq = cpu_to_le64(result->seq),
		.start = cpu_to_le64(cap->start),
		.end = cpu_to_le64(cap->end),
		.start_time_ns = cpu_to_le64(subject->start_time_ns),
		.time_ns = cpu_to_le64(cap->time_ns),
		.pages_data = cpu_to_le64(result->pages_data),
		.pages_zero = cpu_to_le64(result->pages_zero),
		.pages_file = cpu_to_le64(result->pages_file),
		.pages_skipped = cpu_to_le64(result->pages_skipped),
		.pages_copied = cpu_to_le64(result->pages_copied),
		.mappings = cpu_to_le64(cap->mappings.count),
		.stall_ns = cpu_to_le64(result->stall_ns),
	};
	int err;

	BUILD_BUG_ON(sizeof(info) != 152);
	BUILD_BUG_ON(sizeof(struct proc_checkpoint_mapping) != 80);
	BUILD_BUG_ON(sizeof(struct proc_checkpoint_file_run) != 16);
	BUILD_BUG_ON(sizeof(struct proc_checkpoint_skipped_run) != 24);
	BUILD_BUG_ON(sizeof(struct proc_checkpoint_end) != 16);

	memcpy(info.id, result->id, sizeof(info.id));
	memcpy(info.parent, result->parent, sizeof(info.parent));
	err = cp_our_note_start(stream, PROC_CHECKPOINT_NT_INFO, sizeof(info));
	if (!err)
		err = cp_stream_bytes(stream, &info, sizeof(info));
	return err;
}

/* FILE_PAGES or SKIPPED: the runs of one state. */
static int cp_write_runs(struct cp_stream *stream,
			 struct cp_capture *cap, u32 type,
			 enum cp_run_state state, u64 count)
{
	size_t bytes = state == CP_RUN_FILE ?
		       sizeof(struct proc_checkpoint_file_run) :
		       sizeof(struct proc_checkpoint_skipped_run);
	struct cp_vec_iter iter;
	struct cp_run run;
	int err;

	err = cp_our_note_start(stream, type, count * bytes);
	cp_vec_start(&iter, &cap->runs);
	while (!err && cp_run_next(&iter, &run)) {
		u64 end = run.start + ((u64)run.pages << PAGE_SHIFT);
		struct proc_checkpoint_skipped_run entry = {
			.start = cpu_to_le64(run.start),
			.end = cpu_to_le64(end),
			.reason = cpu_to_le32(FIELD_GET(CP_RUN_REASON,
							run.bits)),
		};

		/* A file_run is the first half of a skipped_run. */
		if (cp_run_state(&run) == state)
			err = cp_stream_bytes(stream, &entry, bytes);
		cond_resched();
	}
	return err;
}

static int cp_write_prpsinfo(struct cp_stream *stream,
			     const struct cp_subject *subject)
{
	struct elf_prpsinfo info;
	int err;

	/* Not an initializer: it has padding, which goes to the file. */
	memset(&info, 0, sizeof(info));
	info.pr_sname = 'R';
	info.pr_pid = subject->pid;
	strscpy_pad(info.pr_fname, subject->comm, sizeof(info.pr_fname));
	strscpy_pad(info.pr_psargs, subject->args, sizeof(info.pr_psargs));
	err = cp_note_start(stream, cp_core_owner, sizeof(cp_core_owner),
			    NT_PRPSINFO, sizeof(info));
	if (!err)
		err = cp_stream_bytes(stream, &info, sizeof(info));
	return err;
}

static int cp_write_nt_file(struct cp_stream *stream,
			    struct cp_layout *layout)
{
	u64 head[2] = { layout->nr_files, PAGE_SIZE };
	u64 bytes = cp_nt_file_bytes(layout);
	int err;

	err = cp_note_start(stream, cp_core_owner, sizeof(cp_core_owner),
			    NT_FILE, bytes);
	if (!err)
		err = cp_stream_bytes(stream, head, sizeof(head));
	if (!err)
		err = cp_stream_vec(stream, &layout->file[0]);
	if (!err)
		err = cp_stream_vec(stream, &layout->file[1]);
	if (!err)
		err = cp_stream_bytes(stream, NULL, ALIGN(bytes, 4) - bytes);
	return err;
}

static int cp_write_notes(struct cp_stream *stream,
			  struct cp_layout *layout,
			  struct cp_capture *cap,
			  const struct cp_subject *subject, bool asked_inc)
{
	int err;

	err = cp_write_info(stream, cap, subject, asked_inc);
	if (!err)
		err = cp_our_note_start(stream, PROC_CHECKPOINT_NT_MAP,
					layout->map.count);
	if (!err)
		err = cp_stream_vec(stream, &layout->map);
	if (!err)
		err = cp_write_runs(stream, cap, PROC_CHECKPOINT_NT_FILE_PAGES,
				    CP_RUN_FILE, cap->file_runs);
	if (!err)
		err = cp_write_runs(stream, cap, PROC_CHECKPOINT_NT_SKIPPED,
				    CP_RUN_SKIPPED, cap->skipped_runs);
	if (!err)
		err = cp_write_prpsinfo(stream, subject);
	if (!err)
		err = cp_write_nt_file(stream, layout);
	return err;
}

/* The pages, each released as soon as it is written. */
static int cp_write_data(struct cp_stream *stream, struct cp_capture *cap)
{
	struct cp_page_iter iter;
	cp_page_t page;
	int err = 0;

	cp_page_start(&iter, cap);
	while (!err && cp_page_next(&iter, &page)) {
		cp_page_gone(&iter);
		err = cp_stream_page(stream, cp_page(page),
				     cp_page_order(page));
	}
	return err;
}

static int cp_write_end(struct cp_stream *stream,
			struct cp_layout *layout)
{
	struct proc_checkpoint_end end = {
		.length = cpu_to_le64(layout->end),
	};
	int err = cp_stream_flush(stream);

	if (err)
		return err;
	if (cp_stream_offset(stream) != layout->end)
		return -EIO;
	end.crc32c = cpu_to_le32(cp_stream_crc(stream));
	err = cp_our_note_start(stream, PROC_CHECKPOINT_NT_END, sizeof(end));
	if (!err)
		err = cp_stream_bytes(stream, &end, sizeof(end));
	return err ?: cp_stream_flush(stream);
}

static int cp_write_all(struct cp_stream *stream,
			struct cp_layout *layout, struct cp_capture *cap,
			const struct cp_subject *subject, bool asked_inc)
{
	int err;

	err = cp_write_headers(stream, layout);
	if (!err)
		err = cp_write_segments(stream, layout, cap);
	if (!err)
		err = cp_write_notes(stream, layout, cap, subject, asked_inc);
	if (!err)
		err = cp_stream_pad(stream, layout->data);
	if (!err)
		err = cp_write_data(stream, cap);
	if (!err)
		err = cp_write_end(stream, layout);
	return err;
}

/**
 * cp_image_write() - write the image of a capture
 * @cap: capture; its pages are released as they are written
 * @subject: whose memory it is
 * @asked_inc: the command was an inc
 * @file: where to, empty
 * @track: for the progress
 *
 * Context: No mmap lock.
 * Return: 0 or an errno; then the file is not complete.  Sets
 * cap->result->bytes.
 */
int cp_image_write(struct cp_capture *cap, const struct cp_subject *subject,
		   bool asked_inc, struct file *file,
		   struct mm_checkpoint *track)
{
	struct cp_stream *stream;
	struct cp_layout layout;
	int err;

	err = cp_layout_init(&layout, cap);
	if (err)
		goto free_layout;
	cp_track_state(track, CP_WRITING, layout.total);

	err = -ENOMEM;
	stream = cp_stream_open(file, track);
	if (!stream)
		goto free_layout;
	err = cp_write_all(stream, &layout, cap, subject, asked_inc);
	cap->result->bytes = err ? 0 : layout.total;
	cp_stream_close(stream);
free_layout:
	cp_layout_free(&layout);
	return err;
}
