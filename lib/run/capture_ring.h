/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CAPTURE_RING_H
#define RUN_CAPTURE_RING_H

/* Frames on their way from a core to the capture's writer: one puts, one takes. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* What stands before the bytes of a frame. */
struct capture_record {
	uint64_t time_ns;
	uint32_t captured, length;
	uint8_t direction;           /* enum pcapng_direction */
	bool fill_ip, fill_l4;       /* checksums that nobody has computed */
	uint8_t pad[5];
};

struct capture_ring {
	/* whoever puts */
	_Alignas(64) _Atomic uint64_t head;
	uint64_t tail_seen;
	_Atomic uint64_t passed, missed;
	/* whoever takes */
	_Alignas(64) _Atomic uint64_t tail;
	/* fixed */
	_Alignas(64) uint64_t size;  /* a power of two */
	uint8_t *bytes;
};

/* 0, or -1 without memory. */
int capture_ring_make(struct capture_ring *r, uint64_t size, int node);
void capture_ring_free(struct capture_ring *r);

/* A copy of the first record->captured bytes, told to nobody before capture_ring_tell(). false when there is no room. */
bool capture_ring_put(struct capture_ring *r, uint64_t *head, const struct capture_record *record, const struct rte_mbuf *m);
static inline void
capture_ring_tell(struct capture_ring *r, uint64_t head)
{
	atomic_store_explicit(&r->head, head, memory_order_release);
}

/* The next record up to `head`, with its bytes behind it; NULL when there is none. */
struct capture_record *capture_ring_next(struct capture_ring *r, uint64_t head);
/* It has been used. */
void capture_ring_done(struct capture_ring *r, const struct capture_record *record);

#endif
