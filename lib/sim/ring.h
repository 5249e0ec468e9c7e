/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_RING_H
#define SIM_RING_H

/* Packets in order, each with a time. Grows as it must. */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_branch_prediction.h>

#include "core/mbuf.h"

struct sim_packet {
	struct rte_mbuf *m;
	uint64_t ns;
};

struct sim_ring {
	struct sim_packet *slot;
	uint32_t mask;               /* of as many slots as a power of two */
	uint32_t head, tail;         /* taken from the head */
};

static inline bool
sim_ring_is_empty(const struct sim_ring *r)
{
	return r->head == r->tail;
}

static inline uint32_t
sim_ring_length(const struct sim_ring *r)
{
	return r->tail - r->head;
}

static inline struct sim_packet *
sim_ring_head(const struct sim_ring *r)
{
	return &r->slot[r->head & r->mask];
}

/* When the first of them is due. */
static inline uint64_t
sim_ring_ns(const struct sim_ring *r)
{
	return sim_ring_is_empty(r) ? UINT64_MAX : sim_ring_head(r)->ns;
}

bool sim_ring_grow(struct sim_ring *r);

/* false without memory: m is still the caller's. */
static inline bool
sim_ring_push(struct sim_ring *r, struct rte_mbuf *m, uint64_t ns)
{
	if (unlikely(r->slot == NULL || r->tail - r->head > r->mask) && !sim_ring_grow(r))
		return false;
	r->slot[r->tail++ & r->mask] = (struct sim_packet){ m, ns };
	return true;
}

static inline struct sim_packet
sim_ring_pop(struct sim_ring *r)
{
	return r->slot[r->head++ & r->mask];
}

static inline void
sim_ring_free(struct sim_ring *r)
{
	while (!sim_ring_is_empty(r))
		mbuf_free(sim_ring_pop(r).m);
	free(r->slot);
	*r = (struct sim_ring){ 0 };
}

#endif
