/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_SLAB_H
#define CORE_SLAB_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sanitizer/asan_interface.h>

/*
 * Items of one size, named by a 32-bit index; index 0 is never handed out, so 0
 * means none. Last in, first out, so that a hot item is used again. Memory is
 * touched when an index is first handed out. An item's content survives
 * slab_put() (generations do), but for the 4 bytes of `link`, which the slab
 * uses while the item is free. Under ASan a free item is poisoned but for the
 * bytes [keep, keep + keep_size).
 */
struct slab {
	uint8_t *base;
	uint32_t stride;
	uint32_t capacity;   /* usable items; indices 1 .. capacity */
	uint32_t fresh;      /* next index never handed out */
	uint32_t free_head;
	uint32_t used;
	uint32_t link;       /* offset of the free list's link in an item */
	uint32_t keep, keep_size;
	size_t mapped;
};

struct slab_layout {
	uint32_t stride;     /* multiple of 64 for records that want whole lines */
	uint32_t link;
	uint32_t keep, keep_size;
	bool sparse;         /* few of its items are used at a time: see mem_map_sparse() */
};

/* 0 or -ENOMEM. capacity at most 2^30 - 2 */
int slab_init(struct slab *s, const struct slab_layout *layout, uint32_t capacity, int node);
void slab_free(struct slab *s);

static inline void *
slab_at(const struct slab *s, uint32_t index)
{
	return s->base + (uint64_t)index * s->stride;
}

/* False for 0 and for indices that were never handed out, so that an index from outside may be looked at. */
static inline bool
slab_valid(const struct slab *s, uint32_t index)
{
	return index - 1 < s->fresh - 1;
}

/* The free list's link of an item; it must not be poisoned. */
static inline uint32_t *
slab_link(const struct slab *s, uint32_t index)
{
	return (uint32_t *)(void *)((uint8_t *)slab_at(s, index) + s->link);
}

/* An index, or 0 when all are used. */
static inline uint32_t
slab_get(struct slab *s)
{
	uint32_t index = s->free_head;

	if (index == 0) {
		if (s->fresh > s->capacity)
			return 0;
		index = s->fresh++;
		ASAN_UNPOISON_MEMORY_REGION(slab_at(s, index), s->stride);
	} else {
		ASAN_UNPOISON_MEMORY_REGION(slab_at(s, index), s->stride);
		s->free_head = *slab_link(s, index);
	}
	s->used++;
	return index;
}

static inline void
slab_put(struct slab *s, uint32_t index)
{
	uint8_t *item = slab_at(s, index);

	assert(slab_valid(s, index) && s->used != 0);
	*slab_link(s, index) = s->free_head;
	s->free_head = index;
	s->used--;
	ASAN_POISON_MEMORY_REGION(item, s->stride);
	ASAN_UNPOISON_MEMORY_REGION(item + s->keep, s->keep_size);
}

#endif
