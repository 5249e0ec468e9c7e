/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "core/mem.h"

/*
 * A queue of slab indices, for what waits long: a fifo's links lie in its items, and of a million connections each
 * next one would be a miss that the one before must be waited for. Here what comes next is known without a look at
 * any, so that it can be fetched ahead. An item is on one queue at most once: the owner keeps a bit.
 */
struct queue {
	uint32_t *index;
	uint32_t head, length;
	uint32_t size;         /* places: as many as there are items */
};

/* 0 or -ENOMEM. Memory is touched as far as the queue ever was long. */
static inline int
queue_init(struct queue *q, uint32_t items, int node)
{
	*q = (struct queue){ .size = items };
	q->index = mem_map_sparse((size_t)items * sizeof(q->index[0]), node);
	return q->index == NULL ? -ENOMEM : 0;
}

static inline void
queue_free(struct queue *q)
{
	if (q->index != NULL)
		mem_unmap(q->index, (size_t)q->size * sizeof(q->index[0]));
	*q = (struct queue){ 0 };
}

/* The one that comes so many after the oldest; 0: there is none. */
static inline uint32_t
queue_peek(const struct queue *q, uint32_t after)
{
	uint32_t place = q->head + after;

	if (after >= q->length)
		return 0;
	return q->index[place < q->size ? place : place - q->size];
}

static inline void
queue_push(struct queue *q, uint32_t index)
{
	uint32_t place;

	assert(q->length < q->size);
	/* from the begin again, or all its memory would pass through the cache */
	if (q->length == 0)
		q->head = 0;
	place = q->head + q->length++;
	q->index[place < q->size ? place : place - q->size] = index;
}

/* takes the oldest; there must be one */
static inline uint32_t
queue_pop(struct queue *q)
{
	uint32_t index = q->index[q->head];

	q->head = q->head + 1 < q->size ? q->head + 1 : 0;
	q->length--;
	return index;
}

#endif
