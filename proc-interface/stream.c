// SPDX-License-Identifier: GPL-2.0
/*
 * Writing the image: strictly front to back, in large batches straight from
 * the captured pages, with the CRC of a batch taken on another CPU while the
 * batch is being written.
 */
#include <linux/bvec.h>
#include <linux/cpumask.h>
#include <linux/highmem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include "checkpoint.h"
#include "compat.h"

/*
 * Bytes that are handed to the file system at once.  Larger batches gain
 * nothing measurable and keep page references longer.
 */
#define CP_BATCH_BYTES	SZ_1M
#define CP_BATCH_VECS	(CP_BATCH_BYTES / PAGE_SIZE)

/**
 * struct cp_stream - an image that is being written
 * @file: where to
 * @track: for the progress
 * @pos: file position; stays 0 for a pipe
 * @written: bytes that were written
 * @queued: bytes of the batch
 * @crc: of all batches that were flushed
 * @crc_work: takes the CRC of the batch
 * @meta: page that collects bytes, or NULL
 * @meta_len: bytes in it
 * @nr_vecs: used entries of @vecs
 * @nr_pages: used entries of @pages
 * @vecs: the batch
 * @pages: a reference each, dropped when the batch is written
 */
struct cp_stream {
	struct file *file;
	struct mm_checkpoint *track;
	loff_t pos;
	u64 written;
	size_t queued;
	u32 crc;
	struct work_struct crc_work;
	struct page *meta;
	unsigned int meta_len;
	unsigned int nr_vecs;
	unsigned int nr_pages;
	struct bio_vec vecs[CP_BATCH_VECS];
	struct page *pages[CP_BATCH_VECS];
};

static void cp_stream_crc_work(struct work_struct *work)
{
	struct cp_stream *stream = container_of(work, struct cp_stream,
						crc_work);
	unsigned int i;

	for (i = 0; i < stream->nr_vecs; i++) {
		struct page *page = stream->vecs[i].bv_page;
		unsigned int left = stream->vecs[i].bv_len;

		for (; left; page++) {
			unsigned int len = min_t(unsigned int, left, PAGE_SIZE);
			void *data = kmap_local_page(page);

			stream->crc = crc32c(stream->crc, data, len);
			kunmap_local(data);
			left -= len;
		}
	}
}

/**
 * cp_stream_open() - start an image
 * @file: where to, from its present beginning
 * @track: for the progress
 *
 * Return: the stream, NULL without memory.
 */
struct cp_stream *cp_stream_open(struct file *file,
				 struct mm_checkpoint *track)
{
	struct cp_stream *stream = kzalloc(sizeof(*stream), GFP_KERNEL);

	if (!stream)
		return NULL;
	stream->file = file;
	stream->track = track;
	stream->crc = ~0;
	INIT_WORK(&stream->crc_work, cp_stream_crc_work);
	return stream;
}

static void cp_stream_put_pages(struct cp_stream *stream)
{
	unsigned int i;

	for (i = 0; i < stream->nr_pages; i++)
		cp_put_page(stream->pages[i]);
	stream->nr_pages = 0;
	stream->nr_vecs = 0;
	stream->queued = 0;
}

static int cp_stream_write_batch(struct cp_stream *stream)
{
	size_t left = stream->queued;
	struct iov_iter iter;
	ssize_t ret;

	while (left) {
		/*
		 * Anew each time: a file system that fails half-way may have
		 * taken more from it than it says, and a limit of the file's
		 * size cuts it.
		 */
		iov_iter_bvec(&iter, ITER_SOURCE, stream->vecs,
			      stream->nr_vecs, stream->queued);
		iov_iter_advance(&iter, stream->queued - left);
		ret = cp_iter_write(stream->file, &iter, &stream->pos);
		if (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR ||
		    ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK)
			return -EINTR;
		if (ret < 0)
			return ret;
		if (!ret)
			return -EIO;
		stream->written += ret;
		left -= ret;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int cp_stream_write(struct cp_stream *stream)
{
	bool parallel = num_online_cpus() > 1 && stream->nr_vecs > 1;
	int err;

	if (!stream->nr_vecs)
		return 0;
	if (parallel)
		queue_work(cp_unbound_wq(), &stream->crc_work);
	else
		cp_stream_crc_work(&stream->crc_work);
	err = cp_stream_write_batch(stream);
	if (parallel)
		flush_work(&stream->crc_work);
	cp_stream_put_pages(stream);
	cp_track_progress(stream->track, stream->written);
	cond_resched();
	return err;
}

static int cp_stream_queue(struct cp_stream *stream, struct page *page,
			   size_t len)
{
	if (stream->nr_pages == CP_BATCH_VECS ||
	    stream->queued >= CP_BATCH_BYTES) {
		int err = cp_stream_write(stream);

		if (err) {
			cp_put_page(page);
			return err;
		}
	}
	bvec_set_page(&stream->vecs[stream->nr_vecs++], page, len, 0);
	stream->pages[stream->nr_pages++] = page;
	stream->queued += len;
	return 0;
}

static int cp_stream_queue_meta(struct cp_stream *stream)
{
	struct page *page = stream->meta;
	unsigned int len = stream->meta_len;

	if (!page)
		return 0;
	stream->meta = NULL;
	stream->meta_len = 0;
	return cp_stream_queue(stream, page, len);
}

/**
 * cp_stream_bytes() - append bytes
 * @stream: the stream
 * @data: the bytes; NULL for zeros
 * @len: their number
 *
 * Return: 0 or an errno; the stream can then only be closed.
 */
int cp_stream_bytes(struct cp_stream *stream, const void *data, size_t len)
{
	while (len) {
		size_t part;
		void *to;
		int err;

		if (!stream->meta) {
			stream->meta = alloc_page(GFP_KERNEL);
			if (!stream->meta)
				return -ENOMEM;
		}
		part = min_t(size_t, len, PAGE_SIZE - stream->meta_len);
		to = page_address(stream->meta) + stream->meta_len;
		if (data) {
			memcpy(to, data, part);
			data += part;
		} else {
			memset(to, 0, part);
		}
		stream->meta_len += part;
		len -= part;
		if (stream->meta_len == PAGE_SIZE) {
			err = cp_stream_queue_meta(stream);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Appends all of a list of bytes. */
int cp_stream_vec(struct cp_stream *stream, struct cp_vec *bytes)
{
	struct cp_vec_iter iter;
	size_t len;
	void *data;
	int err = 0;

	cp_vec_start(&iter, bytes);
	while (!err && (data = cp_vec_next_chunk(&iter, &len)))
		err = cp_stream_bytes(stream, data, len);
	return err;
}

/* Appends zeros up to @offset. */
int cp_stream_pad(struct cp_stream *stream, u64 offset)
{
	return cp_stream_bytes(stream, NULL,
			       offset - cp_stream_offset(stream));
}

/**
 * cp_stream_page() - append a page, or a huge page
 * @stream: the stream, at a multiple of the page size
 * @page: first page; its reference is the stream's from now on
 * @order: number of pages, log2
 *
 * Return: 0 or an errno, -EHWPOISON if its memory went bad since it was
 * captured; the stream can then only be closed.
 */
int cp_stream_page(struct cp_stream *stream, struct page *page,
		   unsigned int order)
{
	int err = cp_stream_queue_meta(stream);

	/* Nothing on the way to a file survives reading it. */
	if (!err && (PageHWPoison(page) ||
		     (order && folio_test_has_hwpoisoned(page_folio(page)))))
		err = -EHWPOISON;
	if (err) {
		cp_put_page(page);
		return err;
	}
	return cp_stream_queue(stream, page, PAGE_SIZE << order);
}

/* Writes all that was appended. */
int cp_stream_flush(struct cp_stream *stream)
{
	int err = cp_stream_queue_meta(stream);

	return err ?: cp_stream_write(stream);
}

/* Bytes appended so far. */
u64 cp_stream_offset(const struct cp_stream *stream)
{
	return stream->written + stream->queued + stream->meta_len;
}

/* CRC32C of all that was flushed. */
u32 cp_stream_crc(const struct cp_stream *stream)
{
	return ~stream->crc;
}

void cp_stream_close(struct cp_stream *stream)
{
	if (stream->meta)
		__free_page(stream->meta);
	cp_stream_put_pages(stream);
	kfree(stream);
}
