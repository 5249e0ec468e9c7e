/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "run/pools.h"
#include "wire/ether.h"

#define ETHER_FCS 4u               /* some devices deliver it */
#define POOL_CACHE 512u            /* a core's; the most that DPDK allows */
#define MBUFS_DEFAULT 65535u       /* 2^n - 1 wastes nothing of the pool's ring */
#define MBUFS_A_CORE 16384u        /* at least: queues of the device, caches, a few windows */
#define MBUF_OVERHEAD 256u         /* struct mbuf, the pool's header, and padding to spread over memory channels */

static bool
one_pool(const struct tern *t)
{
	return t->sides == 2 && t->options.side[0].kind->open_pair != NULL;
}

static uint32_t
pool_mbufs(const struct tern *t, uint32_t cores)
{
	uint32_t wanted = cores * MBUFS_A_CORE;

	if (t->options.mbufs != 0)
		return (uint32_t)t->options.mbufs;
	return wanted > MBUFS_DEFAULT ? rte_align32pow2(wanted) - 1 : MBUFS_DEFAULT;
}

uint64_t
pools_plan(struct tern *t)
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
	t->mbufs = pool_mbufs(t, cores);
	return (uint64_t)t->mbufs * (t->data_room + sizeof(struct rte_mbuf) + MBUF_OVERHEAD) *
	       (t->sides == 2 && !one_pool(t) ? 2 : 1);
}

int
pools_make(struct tern *t, struct complaint *why)
{
	for (unsigned int i = 0; i < t->sides; i++) {
		struct side *side = &t->side[i];
		int node = (int)rte_lcore_to_socket_id(t->core[i == 0 ? 0 : t->side[0].count]->lcore);
		char name[RTE_MEMPOOL_NAMESIZE];

		if (i == 1 && one_pool(t)) {
			side->pool = t->side[0].pool;
			break;
		}
		snprintf(name, sizeof(name), "tern_%u", i);
		side->pool = rte_pktmbuf_pool_create(name, t->mbufs, RTE_MIN(POOL_CACHE, t->mbufs / 2), 0,
						     (uint16_t)t->data_room, node);
		if (side->pool == NULL)
			return complain(why, "no memory for %u packets of %u bytes on NUMA node %d (%s); give a smaller --mbufs%s",
					t->mbufs, t->data_room, node, rte_strerror(rte_errno),
					t->memory.hugepages ? ", or --no-huge" : "");
	}
	return 0;
}

void
pools_free(struct tern *t)
{
	for (unsigned int i = 0; i < t->sides; i++) {
		if (i == 0 || t->side[1].pool != t->side[0].pool)
			rte_mempool_free(t->side[i].pool);
	}
}
