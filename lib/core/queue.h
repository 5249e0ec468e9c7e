/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/mem.h"

/*
 * A queue of slab indices, for what waits long: a fifo's links lie in its items, and of a million connections each
 * next one would be a miss that the one before must be waited for. Here what comes next is known without a look at
 * any, so that it can be fetched ahead. An item is on one queue at most once: the owner keeps a bit. Who keeps its place
 * as well may be taken out from the middle, and leaves a place that stays empty until the queue's end comes there.
 */
struct queue {
	uint32_t *index;       /* 0: empty; the oldest and the newest never are */
	uint32_t head, length; /* empty places among it */
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

static inline bool queue_is_full(const struct queue *q) { return q->length == q->size; }

/* The one that comes so many places after the oldest; 0: there is none. */
static inline uint32_t
queue_peek(const struct queue *q, uint32_t after)
{
	uint32_t place = q->head + after;

	if (after >= q->length)
		return 0;
	return q->index[place < q->size ? place : place - q->size];
}

/* @return its place */
static inline uint32_t
queue_push(struct queue *q, uint32_t index)
{
	uint32_t place;

	assert(q->length < q->size);
	/* from the begin again, or all its memory would pass through the cache */
	if (q->length == 0)
		q->head = 0;
	place = q->head + q->length++;
	place = place < q->size ? place : place - q->size;
	q->index[place] = index;
	return place;
}

/*
 * Up to the next that is no empty place. Behind one that stayed for long there may be as many of them as items: so many
 * are looked at together that a million take 0.2 ms and not 1 ms, and a turn is not kept for them.
 */
static __attribute__((noinline)) void
queue_skip(struct queue *q)
{
	enum { TOGETHER = 16 };

	while (q->length > 0 && q->index[q->head] == 0) {
		uint32_t n = 1;

		if (q->length >= TOGETHER && q->size - q->head >= TOGETHER) {
			uint32_t any = 0;

			for (uint32_t i = 0; i < TOGETHER; i++)
				any |= q->index[q->head + i];
			n = any == 0 ? TOGETHER : 1;
		}
		q->length -= n;
		q->head = q->head + n < q->size ? q->head + n : 0;
	}
}

/* takes the oldest; there must be one */
static inline uint32_t
queue_pop(struct queue *q)
{
	uint32_t index = q->index[q->head];

	q->head = q->head + 1 < q->size ? q->head + 1 : 0;
	q->length--;
	if (q->length > 0 && q->index[q->head] == 0)
		queue_skip(q);
	return index;
}

/* takes the one that is there, if it is that one: a place that was kept for long may be another's. @return whether it was */
static inline bool
queue_take(struct queue *q, uint32_t place, uint32_t index)
{
	uint32_t after = place - q->head + (place < q->head ? q->size : 0);

	if (place >= q->size || after >= q->length || q->index[place] != index)
		return false;
	q->index[place] = 0;
	if (after == 0)
		queue_pop(q);
	else
		while (queue_peek(q, q->length - 1) == 0)
			q->length--;
	return true;
}

#endif
