// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for what a capture collects: append-only lists in page-sized chunks,
 * so that their size need not be known, nothing is ever moved, and room can be
 * reserved before a spinlock is taken.
 */
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "checkpoint.h"

#define CP_CHUNK_BYTES (PAGE_SIZE - sizeof(struct cp_chunk))

void cp_vec_init(struct cp_vec *vec, unsigned int elem_bytes)
{
	*vec = (struct cp_vec) {
		.elem_bytes = elem_bytes,
		.per_chunk = CP_CHUNK_BYTES / elem_bytes,
	};
	INIT_LIST_HEAD(&vec->chunks);
}

void cp_vec_free(struct cp_vec *vec)
{
	struct cp_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &vec->chunks, list) {
		free_page((unsigned long)chunk);
		cond_resched();
	}
	cp_vec_init(vec, vec->elem_bytes);
}

/**
 * cp_vec_reserve() - make room so that pushes need no memory
 * @vec: the list
 * @count: elements that will be pushed
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM.
 */
int cp_vec_reserve(struct cp_vec *vec, unsigned long count)
{
	while (vec->spare < count) {
		struct cp_chunk *chunk;

		chunk = (void *)__get_free_page(GFP_KERNEL_ACCOUNT |
						__GFP_NOWARN |
						__GFP_RETRY_MAYFAIL);
		if (!chunk)
			return -ENOMEM;
		chunk->used = 0;
		list_add_tail(&chunk->list, &vec->chunks);
		vec->spare += vec->per_chunk;
	}
	return 0;
}

/* Gives back what was reserved and not used. */
void cp_vec_trim(struct cp_vec *vec)
{
	struct cp_chunk *chunk, *next;

	if (!vec->tail) {
		cp_vec_free(vec);
		return;
	}
	chunk = list_next_entry(vec->tail, list);
	list_for_each_entry_safe_from(chunk, next, &vec->chunks, list) {
		list_del(&chunk->list);
		free_page((unsigned long)chunk);
		cond_resched();
	}
	vec->spare = vec->per_chunk - vec->tail->used;
}

/* The next chunk that has room.  For cp_vec_push(). */
struct cp_chunk *cp_vec_advance(struct cp_vec *vec)
{
	if (!vec->tail)
		vec->tail = list_first_entry(&vec->chunks, struct cp_chunk,
					     list);
	else
		vec->tail = list_next_entry(vec->tail, list);
	return vec->tail;
}

/**
 * cp_vec_append_bytes() - append to a list of single bytes
 * @vec: made with an element size of 1
 * @data: what to append
 * @len: bytes
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM.
 */
int cp_vec_append_bytes(struct cp_vec *vec, const void *data, size_t len)
{
	int err = cp_vec_reserve(vec, len);

	if (err)
		return err;
	while (len) {
		unsigned long room = len;
		void *to = cp_vec_room(vec, &room);

		memcpy(to, data, room);
		cp_vec_pushed(vec, room);
		data += room;
		len -= room;
	}
	return 0;
}

void cp_vec_start(struct cp_vec_iter *iter, struct cp_vec *vec)
{
	*iter = (struct cp_vec_iter) {
		.vec = vec,
		.chunk = list_first_entry_or_null(&vec->chunks,
						  struct cp_chunk, list),
	};
}

/**
 * cp_vec_next() - step through a list
 * @iter: from cp_vec_start()
 *
 * Return: the next element, NULL after the last.
 */
void *cp_vec_next(struct cp_vec_iter *iter)
{
	const struct cp_vec *vec = iter->vec;

	if (!iter->chunk)
		return NULL;
	if (iter->index == iter->chunk->used) {
		if (iter->chunk == vec->tail ||
		    list_is_last(&iter->chunk->list, &vec->chunks))
			return NULL;
		iter->chunk = list_next_entry(iter->chunk, list);
		iter->index = 0;
		if (!iter->chunk->used)
			return NULL;
	}
	return iter->chunk->elems + vec->elem_bytes * iter->index++;
}

/**
 * cp_vec_next_chunk() - step through a list of single bytes, much at a time
 * @iter: from cp_vec_start()
 * @len: set to the number of bytes
 *
 * Return: the next bytes, NULL after the last.
 */
void *cp_vec_next_chunk(struct cp_vec_iter *iter, size_t *len)
{
	char *first = cp_vec_next(iter);

	if (!first)
		return NULL;
	*len = iter->chunk->used - iter->index + 1;
	iter->index = iter->chunk->used;
	return first;
}
