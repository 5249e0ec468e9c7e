/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_RINGS_H
#define PORT_MEMIF_RINGS_H

/*
 * Frames in and out of a memif's rings, in the place of the driver's functions: a
 * burst's slots are looked at and their lines fetched before the first is copied,
 * and mbufs come and go by the burst. The driver meets the other end and makes the
 * memory; nothing of what is sent or received here passes it.
 *
 * A slot's buffer is copied out of or into. The other end can write what it wants
 * at any time: a slot is read once, and what it says is checked before it is used.
 */

#include "port/memif_map.h"

#define MEMIF_RING_COOKIE 0x3E31F20u
#define MEMIF_SLOT_NEXT 1u       /* the frame goes on in the next one */
#define MEMIF_RING_NO_BELL 1u    /* the receiver polls */

struct memif_slot {
	uint16_t flags, region;
	uint32_t length, offset, metadata;
};

/* The protocol's layout. The client moves head, the server tail, whichever way the frames go. */
struct memif_ring {
	uint32_t cookie;
	uint16_t flags, head;
	uint8_t rest_of_line[56];
	uint16_t tail;
	uint8_t rest_of_second_line[62];
	struct memif_slot slot[];
};

struct memif_rings;

/* For so many cores, which receive into the pool, and look at checksums while they copy if they may. NULL: out of memory. */
struct memif_rings *memif_rings_new(uint32_t cores, struct rte_mempool *pool, int node, bool checks);
void memif_rings_free(struct memif_rings *rings);

/* A map that is open, from its first frame on; no core may be in a link of it. */
void memif_rings_begin(struct memif_rings *rings, const struct memif_map *map, bool server);

struct tern_link *memif_rings_link(struct memif_rings *rings, uint32_t core);

/* Adds what was dropped since the last call. */
void memif_rings_read_drops(struct memif_rings *rings, uint64_t *drops);

#endif
