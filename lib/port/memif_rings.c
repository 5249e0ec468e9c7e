/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <rte_malloc.h>

#include <tern/counters.h>

#include "port/memif_ends.h"

struct memif_rings {
	uint32_t cores;
	struct memif_map map;        /* a copy: files and mappings are their owner's */
	struct memif_ends ends[];
};

struct memif_rings *
memif_rings_new(uint32_t cores, struct rte_mempool *pool, int node, bool checks)
{
	struct memif_rings *r = rte_zmalloc_socket("memif", sizeof(*r) + cores * sizeof(r->ends[0]), RTE_CACHE_LINE_SIZE,
						   node);

	if (r == NULL)
		return NULL;
	r->cores = cores;
	for (uint32_t i = 0; i < cores; i++) {
		struct memif_ends *e = &r->ends[i];

		e->link.receive = memif_in;
		e->link.transmit = memif_out;
		e->link.capabilities.rx_checksum = e->link.capabilities.rx_in_software = checks;
		e->pool = pool;
		e->room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
		e->region = r->map.region;
	}
	return r;
}

void
memif_rings_free(struct memif_rings *r)
{
	rte_free(r);
}

static void
side_begin(struct memif_side *side, const struct memif_map *map, const struct memif_place *p, bool server)
{
	side->ring = (struct memif_ring *)(map->region[p->region].base + p->offset);
	side->at = side->wild = 0;
	side->size = (uint16_t)(1u << p->log2);
	/* at the client every slot has still the length that its driver gave it */
	side->buffer = server ? 0 : side->ring->slot[0].length;
	side->bell = p->bell;
}

void
memif_rings_begin(struct memif_rings *r, const struct memif_map *map, bool server)
{
	r->map = *map;
	for (uint32_t i = 0; i < r->cores; i++) {
		struct memif_ends *e = &r->ends[i];

		e->server = server;
		side_begin(&e->in, map, &map->ring[server ? MEMIF_TO_SERVER : MEMIF_TO_CLIENT][i], server);
		side_begin(&e->out, map, &map->ring[server ? MEMIF_TO_CLIENT : MEMIF_TO_SERVER][i], server);
		e->usual = server ? e->room : RTE_MIN(e->room, e->in.buffer);
		/* a client's empty slots are its server's from the beginning on */
		if (!server)
			__atomic_store_n(&e->in.ring->head, e->in.size, __ATOMIC_RELEASE);
	}
}

struct tern_link *
memif_rings_link(struct memif_rings *r, uint32_t core)
{
	return &r->ends[core].link;
}

static uint64_t
since(const uint64_t *count, uint64_t *seen)
{
	uint64_t now = __atomic_load_n(count, __ATOMIC_RELAXED), more = now - *seen;

	*seen = now;
	return more;
}

void
memif_rings_read_drops(struct memif_rings *r, uint64_t *drops)
{
	for (uint32_t i = 0; i < r->cores; i++) {
		struct memif_ends *e = &r->ends[i];

		drops[TERN_DROP_RX_ERROR] += since(&e->in.bad, &e->in.bad_seen);
		drops[TERN_DROP_TX_ERROR] += since(&e->out.bad, &e->out.bad_seen);
		drops[TERN_DROP_RX_NO_MBUF] += since(&e->dry, &e->dry_seen);
	}
}
