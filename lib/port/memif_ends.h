/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_ENDS_H
#define PORT_MEMIF_ENDS_H

/*
 * One core's ends of a memif's rings, for memif_in.c and memif_out.c. What stands in the ring is the other end's to
 * write at any time, whatever it may be: an index or a slot is read once, and checked before it is used.
 */

#include <assert.h>

#include <rte_branch_prediction.h>

#include "port/memif_rings.h"

#define MEMIF_LINE 64u

static_assert(sizeof(struct memif_slot) == 16 && sizeof(struct memif_ring) == 128, "the protocol's");

/* One way of one core. */
struct memif_side {
	struct memif_ring *ring;
	uint16_t at, size;           /* our side has come so far; slots */
	uint16_t wild;               /* an index of the other end's that cannot be, which is counted already */
	uint32_t buffer;             /* bytes of each; a server's way out: 0, each slot says it */
	uint64_t bad, bad_seen;      /* what lies nowhere or cannot be; told up to here */
	int bell;
};

struct memif_ends {
	struct tern_link link;
	const struct memif_region *region;
	struct rte_mempool *pool;
	uint32_t room;               /* of an mbuf */
	uint32_t usual;              /* bytes of a frame at most that takes one slot and one mbuf */
	bool server;
	struct memif_side in, out;
	uint64_t dry, dry_seen;      /* frames for which there was no memory; told up to here */
} __rte_cache_aligned;

static inline uint8_t *
memif_buffer(const struct memif_ends *e, const struct memif_slot *s, uint32_t bytes)
{
	const struct memif_region *r;

	if (unlikely(s->region >= MEMIF_REGIONS))
		return NULL;
	r = &e->region[s->region];
	if (unlikely(bytes > r->size || s->offset > r->size - bytes))
		return NULL;
	return r->base == NULL ? NULL : r->base + s->offset;
}

/* Once: what it is checked for is what is used. */
static inline struct memif_slot
memif_read_slot(const struct memif_slot *shared)
{
	struct memif_slot s = *shared;

	__asm__ volatile("" ::: "memory");
	return s;
}

/* By the core; whoever reads drops reads it, too. */
static inline void
memif_count(uint64_t *count)
{
	__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
}

/*
 * Slots from our place to the other end's index, or from there to ours: more than the ring has cannot be. Nothing of
 * such a ring is ours until its index is right again; each one that is not counts once, not once a turn.
 */
static inline uint16_t
memif_ours(struct memif_side *side, uint16_t slots)
{
	if (likely(slots <= side->size))
		return slots;
	if (side->wild != slots)
		memif_count(&side->bad);
	side->wild = slots;
	return 0;
}

uint16_t memif_in(struct tern_link *link, struct rte_mbuf **frames, uint16_t n);
uint16_t memif_out(struct tern_link *link, struct rte_mbuf **frames, uint16_t n);

#endif
