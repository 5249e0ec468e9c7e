/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_SLAB_H
#define CORE_SLAB_H

#include <stddef.h>
#include <stdint.h>

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
};

/* 0 or -ENOMEM. capacity at most 2^30 - 2 */
int slab_init(struct slab *s, const struct slab_layout *layout, uint32_t capacity, int node);
void slab_free(struct slab *s);

/* static inline below: */
/* uint32_t slab_get(struct slab *s)                    index, or 0 when all are used */
/* void     slab_put(struct slab *s, uint32_t index)                                  */
/* void    *slab_at(const struct slab *s, uint32_t index)                             */
/* bool     slab_valid(const struct slab *s, uint32_t index)   1 <= index < fresh     */
#endif
