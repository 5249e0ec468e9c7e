/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Times in nanoseconds of some of a slab's indices, the soonest first: for the
 * few that need to be woken more exactly than the wheel's millisecond. An index
 * is in it at most once. Memory is touched as far as it is used.
 */
struct heap {
	struct heap_entry {
		uint64_t at_ns;
		uint32_t index;
	} *entry;            /* from 1; each no later than 2 i and 2 i + 1 */
	uint32_t *place;     /* of an index; 0: not in it */
	uint32_t count, capacity;
};

/* Of indices 1 .. capacity. 0 or -ENOMEM. */
int heap_init(struct heap *h, uint32_t capacity, int node);
void heap_free(struct heap *h);

/* In it, or moved, to that time. */
void heap_set(struct heap *h, uint32_t index, uint64_t at_ns);
void heap_remove(struct heap *h, uint32_t index);
/* Takes the soonest out if it is due; else 0. Equal times come in no particular order, the same each run. */
uint32_t heap_due(struct heap *h, uint64_t now_ns);

static inline uint64_t
heap_next_ns(const struct heap *h)
{
	return h->count == 0 ? UINT64_MAX : h->entry[1].at_ns;
}

#endif
