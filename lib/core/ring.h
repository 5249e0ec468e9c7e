/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_RING_H
#define CORE_RING_H

#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "core/mem.h"

/*
 * A queue of slab indices for what is pushed and taken each turn, in as few instructions as that may take: nothing is
 * taken from its middle, see queue.h for that, and no item is touched for its neighbour's sake, as in a fifo. An item
 * is on one ring at most once: the owner keeps a bit.
 */
struct ring {
	uint32_t *index;
	uint32_t head, tail;   /* counted up: the place is what is left of them under the mask */
	uint32_t mask;         /* places - 1: as many as there are items, or more */
};

/* 0 or -ENOMEM. Memory is touched as far as the ring ever was long. */
static inline int
ring_init(struct ring *r, uint32_t items, int node)
{
	uint32_t places = 1;

	while (places < items)
		places *= 2;
	*r = (struct ring){ .mask = places - 1 };
	r->index = mem_map_begin((size_t)places * sizeof(r->index[0]), node);
	return r->index == NULL ? -ENOMEM : 0;
}

static inline void
ring_free(struct ring *r)
{
	if (r->index != NULL)
		mem_unmap(r->index, ((size_t)r->mask + 1) * sizeof(r->index[0]));
	*r = (struct ring){ 0 };
}

static inline uint32_t ring_length(const struct ring *r) { return r->tail - r->head; }

/* The next one if there is any, else one that was there, or 0: to be fetched and no more */
static inline uint32_t ring_likely(const struct ring *r) { return r->index[r->head & r->mask]; }

static inline void
ring_push(struct ring *r, uint32_t index)
{
	assert(ring_length(r) <= r->mask);
	r->index[r->tail++ & r->mask] = index;
}

/* Takes the oldest; there must be one. ring_settle() follows behind the last of several. */
static inline uint32_t
ring_take(struct ring *r)
{
	return r->index[r->head++ & r->mask];
}

/* An empty one goes on from the begin of its memory, or all of that would pass through the cache. */
static inline void
ring_settle(struct ring *r)
{
	if (r->head == r->tail)
		r->head = r->tail = 0;
}

#endif
