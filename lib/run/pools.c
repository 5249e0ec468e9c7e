/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "run/pools.h"
#include "wire/ether.h"

#define ETHER_FCS 4u               /* some devices deliver it */
#define POOL_CACHE 512u            /* a core's; the most that DPDK allows */
#define POOL_CACHED 16u            /* all cores' caches are a sixteenth of the pool at most, or no other core has enough */
#define MBUFS_MOST 65535u          /* 2^n - 1 wastes nothing where a pool is a ring */
#define MBUFS_A_CORE 8192u         /* at least: queues of the device, caches, a few windows */
#define MBUF_OVERHEAD 256u         /* struct mbuf, the pool's header, and padding to spread over memory channels */
/* Every byte is touched at start, at the cost of clearing it, and normal pages cost a fault each besides. */
#define POOL_BYTES_HUGE (UINT64_C(168) << 20)
#define POOL_BYTES_NORMAL (UINT64_C(84) << 20)

static bool
one_pool(const struct tern *t)
{
	return t->sides == 2 && t->options.side[0].kind->open_pair != NULL;
}

static uint32_t
pool_mbufs(const struct tern *t, uint32_t cores, bool hugepages)
{
	uint64_t limit = hugepages ? POOL_BYTES_HUGE : POOL_BYTES_NORMAL;
	uint32_t mbufs = MBUFS_MOST, least = rte_align32pow2(cores * MBUFS_A_CORE) - 1;

	if (t->options.mbufs != 0)
		return (uint32_t)t->options.mbufs;
	while ((uint64_t)mbufs * (t->data_room + MBUF_OVERHEAD) > limit)
		mbufs /= 2;
	return RTE_MAX(mbufs, least);
}

uint64_t
pools_plan(struct tern *t, bool hugepages)
{
	uint64_t mtu = t->options.side[0].mtu;
	uint32_t cores = t->placement.side_count[0];

	if (t->sides == 2) {
		mtu = RTE_MAX(mtu, t->options.side[1].mtu);
		cores = one_pool(t) ? t->placement.count : RTE_MAX(cores, t->placement.side_count[1]);
	}
	t->data_room = (uint32_t)RTE_ALIGN_CEIL(mtu + ETHER_MAX_HEADER + ETHER_FCS + RTE_PKTMBUF_HEADROOM,
						(uint64_t)RTE_CACHE_LINE_SIZE);
	/* drivers expect room for 2 KiB, whatever the MTU */
	t->data_room = RTE_MAX(t->data_room, (uint32_t)RTE_MBUF_DEFAULT_BUF_SIZE);
	t->mbufs = pool_mbufs(t, cores, hugepages);
	return (uint64_t)t->mbufs * (t->data_room + MBUF_OVERHEAD) *
	       (t->sides == 2 && !one_pool(t) ? 2 : 1);
}

/*
 * What was freed last is taken first. Where more packets leave a core than reach it, a pool that is a ring hands out
 * each of its 64 Ki in turn, and none of their lines is in a cache any more: bulk data had half of the rate, and
 * connections that the client closes 15 % less. A platform that has pools in hardware keeps them: its driver
 * names them when EAL finds its devices. Nobody else can, as no word of the user's goes to EAL.
 */
static bool
set_order(struct rte_mempool *pool)
{
	const char *ops = rte_mbuf_best_mempool_ops();

	if (strcmp(ops, RTE_MBUF_DEFAULT_MEMPOOL_OPS) == 0 && rte_mempool_set_ops_byname(pool, "stack", NULL) == 0)
		return true;
	return rte_mempool_set_ops_byname(pool, ops, NULL) == 0;
}

/*
 * As rte_pktmbuf_pool_create(), but packets may lie across pages: addresses are
 * virtual for devices too (--iova-mode=va). Else a normal page would hold one
 * packet, and nearly half of it nothing.
 */
static struct rte_mempool *
pool_new(const char *name, uint32_t mbufs, uint32_t data_room, uint32_t cores, int node)
{
	struct rte_pktmbuf_pool_private private = { .mbuf_data_room_size = (uint16_t)data_room };
	struct rte_mempool *pool = rte_mempool_create_empty(name, mbufs, (uint32_t)sizeof(struct rte_mbuf) + data_room,
							    RTE_MIN(POOL_CACHE, mbufs / cores / POOL_CACHED), sizeof(private), node,
							    RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (pool == NULL)
		return NULL;
	if (!set_order(pool)) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &private);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

int
pools_make(struct tern *t, struct complaint *why)
{
	for (unsigned int i = 0; i < t->sides; i++) {
		struct side *side = &t->side[i];
		uint32_t cores = one_pool(t) ? t->stacks : side->count;
		int node = side->core[0]->node;
		char name[RTE_MEMPOOL_NAMESIZE];

		for (unsigned int k = 0; k < side->count; k++)
			side->core[k]->pool_sharers = cores - 1;
		if (i == 1 && one_pool(t)) {
			side->pool = t->side[0].pool;
			break;
		}
		snprintf(name, sizeof(name), "tern_%u", i);
		side->pool = pool_new(name, t->mbufs, t->data_room, cores, node);
		if (side->pool == NULL)
			return complain(why, "no memory for %u packets of %u bytes on NUMA node %d; give a smaller --mbufs%s",
					t->mbufs, t->data_room, node, t->memory.hugepages ? ", or --no-huge" : "");
	}
	return 0;
}

static void
unpoison(struct rte_mempool *pool __rte_unused, void *arg __rte_unused, struct rte_mempool_memhdr *memory,
	 unsigned int index __rte_unused)
{
	ASAN_UNPOISON_MEMORY_REGION(memory->addr, memory->len);
}

static void
pool_free(struct rte_mempool *pool)
{
	if (pool == NULL)
		return;
	/* free packets are poisoned, and who gets this memory next knows nothing of it */
	rte_mempool_mem_iter(pool, unpoison, NULL);
	rte_mempool_free(pool);
}

void
pools_free(struct tern *t)
{
	for (unsigned int i = 0; i < t->sides; i++)
		if (i == 0 || t->side[1].pool != t->side[0].pool)
			pool_free(t->side[i].pool);
}
