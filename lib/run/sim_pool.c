/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include <sanitizer/asan_interface.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "core/mem.h"
#include "run/sim.h"

#define EAL_BYTES (UINT64_C(1024) << 20)   /* hosts' records, mailboxes and pools' rings; touched as they are used */
#define POOL_CACHE 256u

int
sim_eal(struct complaint *why)
{
	static struct options options;
	static struct placement placement;
	struct eal_memory memory = { .needed_bytes = EAL_BYTES };

	/* a program's own, or that of the network before: it is never stopped, as DPDK could not start again */
	if (rte_lcore_count() != 0)
		return 0;
	options.side[0].kind = &device_kinds[0];
	placement.allowed_count = cpu_allowed(placement.allowed, CPU_MAX);
	return eal_start(&memory, &options, &placement, why);
}

static void
free_memory(struct rte_mempool_memhdr *memory, void *size)
{
	/* free packets are poisoned, and who gets this memory next knows nothing of it */
	ASAN_UNPOISON_MEMORY_REGION(memory->addr, memory->len);
	mem_unmap(memory->addr, (size_t)(uintptr_t)size);
}

/* Not of EAL's memory, whose size is fixed at its start: networks come and go, and may be large. */
static int
populate(struct rte_mempool *pool, uint32_t mbufs)
{
	size_t size = (size_t)mbufs * (pool->header_size + pool->elt_size + pool->trailer_size) + RTE_CACHE_LINE_SIZE;
	void *memory;
	int n;

	/* reserved hugepages are for those who measure */
	mem_prefer_small(true);
	memory = mem_map(size, MEM_ANY_NODE);
	mem_prefer_small(false);
	if (memory == NULL)
		return -ENOMEM;
	madvise(memory, size, MADV_HUGEPAGE);
	n = rte_mempool_populate_iova(pool, memory, RTE_BAD_IOVA, size, free_memory, (void *)(uintptr_t)size);
	if (n <= 0)
		mem_unmap(memory, size);
	return n == (int)mbufs ? 0 : -ENOMEM;
}

struct rte_mempool *
sim_pool_new(uint32_t mbufs, uint32_t data_room, struct complaint *why)
{
	static _Atomic unsigned int made;
	struct rte_pktmbuf_pool_private private = { .mbuf_data_room_size = (uint16_t)data_room };
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;

	snprintf(name, sizeof(name), "sim_%u", atomic_fetch_add(&made, 1));
	pool = rte_mempool_create_empty(name, mbufs, (uint32_t)sizeof(struct rte_mbuf) + data_room,
					RTE_MIN(POOL_CACHE, mbufs / 2), sizeof(private), SOCKET_ID_ANY,
					RTE_MEMPOOL_F_NO_IOVA_CONTIG | RTE_MEMPOOL_F_NO_SPREAD);
	if (pool == NULL) {
		complain(why, "no memory for %u packets: %s", mbufs, rte_strerror(rte_errno));
		return NULL;
	}
	/* one thread makes and runs a network */
	if (rte_mempool_set_ops_byname(pool, "ring_sp_sc", NULL) == 0) {
		rte_pktmbuf_pool_init(pool, &private);
		if (populate(pool, mbufs) == 0) {
			rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
			return pool;
		}
	}
	complain(why, "no memory for %u packets of %u bytes; give fewer, or smaller ones", mbufs, data_room);
	rte_mempool_free(pool);
	return NULL;
}

unsigned int
sim_pool_free(struct rte_mempool *pool)
{
	unsigned int lost;

	if (pool == NULL)
		return 0;
	lost = rte_mempool_in_use_count(pool);
	rte_mempool_free(pool);
	return lost;
}
