/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef UNIT_MEMIF_FIXTURE_H
#define UNIT_MEMIF_FIXTURE_H

/* A client's memory with a ring each way, as its driver makes it, and an end of ours on either side. */

#include <rte_mbuf.h>

#include "port/memif_rings.h"

#define SLOTS 64u
#define BUFFER 2048u
#define RING_BYTES (sizeof(struct memif_ring) + SLOTS * sizeof(struct memif_slot))
#define BYTES (2 * RING_BYTES + 2 * SLOTS * BUFFER)
#define POOL 1023u

enum { CLIENT, SERVER };

struct memif_fixture {
	struct rte_mempool *pool;
	int file;
	struct memif_map map[2];
	struct memif_rings *rings[2];
	struct tern_link *end[2];
};
extern struct memif_fixture memif;

struct memif_dropped {
	uint64_t in, dry, out;       /* dry: for want of memory */
};

/* Of the group, and of each test; the last one fails where an mbuf is not back. */
int memif_begin(void **state);
int memif_make(void **state);
int memif_unmake(void **state);

/* What the client's driver tells of its memory. */
void memif_tell(struct memif_map *map);
/* The ring whose frames go to that end. */
struct memif_ring *memif_ring_to(unsigned int end);
/* By that end, since this was asked last. */
struct memif_dropped memif_dropped(unsigned int end);

/* So many bytes that tell their place, in pieces of at most `piece` bytes; and whether they came so. */
struct rte_mbuf *memif_frame(uint32_t length, uint32_t piece);
void memif_expect(struct rte_mbuf *frame, uint32_t length);
/* One frame from that end to the other, whole. */
void memif_pass_one(unsigned int from, uint32_t length, uint32_t piece);

#endif
