/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_LOOP_RING_H
#define PORT_LOOP_RING_H

/*
 * Frames from one core to another: one sends, one receives. An rte_ring would do, but where the cores are far from each
 * other what counts is how often one waits for a line that the other wrote last, and it makes them wait twice more a burst:
 *
 * - The sender knows how far the receiver was when it looked last, and looks again only when that leaves too little
 *   room: once a few thousand frames and not at each burst.
 * - The receiver asks for the places that it will read, together with the word that says how many are full, and not
 *   when that is here.
 */

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#define LOOP_RING 4096u              /* places */
#define LOOP_RING_PLACES (RTE_CACHE_LINE_SIZE / sizeof(struct rte_mbuf *))  /* a line's */

struct loop_ring {
	/* the sender's: what it has put in, ever, and the receiver's count when it looked */
	_Alignas(2 * RTE_CACHE_LINE_SIZE) _Atomic uint32_t put;
	uint32_t taken_seen;
	/* the receiver's */
	_Alignas(2 * RTE_CACHE_LINE_SIZE) _Atomic uint32_t taken;
	_Alignas(2 * RTE_CACHE_LINE_SIZE) struct rte_mbuf *frame[LOOP_RING];
};

/* The sender's: places for n frames, as far as there are. */
static inline uint32_t
loop_ring_room(struct loop_ring *r, uint32_t n)
{
	uint32_t put = atomic_load_explicit(&r->put, memory_order_relaxed);

	if (unlikely(LOOP_RING - (put - r->taken_seen) < n))
		r->taken_seen = atomic_load_explicit(&r->taken, memory_order_acquire);
	return RTE_MIN(LOOP_RING - (put - r->taken_seen), n);
}

/* From frame[at % LOOP_RING] on, which may go around */
static inline uint32_t
loop_ring_first_part(uint32_t at, uint32_t n)
{
	return RTE_MIN(n, LOOP_RING - at % LOOP_RING);
}

/* For these n there is room. */
static inline void
loop_ring_put(struct loop_ring *r, struct rte_mbuf *const *frames, uint32_t n)
{
	uint32_t put = atomic_load_explicit(&r->put, memory_order_relaxed), first = loop_ring_first_part(put, n);

	memcpy(&r->frame[put % LOOP_RING], frames, first * sizeof(frames[0]));
	memcpy(r->frame, frames + first, (n - first) * sizeof(frames[0]));
	atomic_store_explicit(&r->put, put + n, memory_order_release);
}

/* The receiver's: up to n frames, the oldest first. */
static inline uint32_t
loop_ring_take(struct loop_ring *r, struct rte_mbuf **frames, uint32_t n)
{
	uint32_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed), first;

	for (uint32_t i = 0; i < n; i += LOOP_RING_PLACES)
		rte_prefetch0(&r->frame[(taken + i) % LOOP_RING]);
	n = RTE_MIN(n, atomic_load_explicit(&r->put, memory_order_acquire) - taken);
	if (n == 0)
		return 0;
	first = loop_ring_first_part(taken, n);
	memcpy(frames, &r->frame[taken % LOOP_RING], first * sizeof(frames[0]));
	memcpy(frames + first, r->frame, (n - first) * sizeof(frames[0]));
	atomic_store_explicit(&r->taken, taken + n, memory_order_release);
	return n;
}

#endif
