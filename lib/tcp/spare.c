/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The core's own stock of mbufs: what was freed last is filled next, while its lines are still here. */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mempool.h>

#include "tcp/tcp.h"

#define BATCH (TCP_SPARES / 2)

#define POOL_LOW_SHARE 16u     /* below a sixteenth, what is kept must not grow: ACKs come first */

/*
 * What was freed by another core lies in its cache and its stock until those are full: as much has to be left besides,
 * or the last mbufs end there, and no segment of what fills all the others ever leaves.
 */
void
tcp_share_pool(struct tcp *tcp, const struct rte_mempool_cache *cache, uint32_t sharers)
{
	uint32_t keeps = TCP_SPARES + (cache != NULL ? cache->flushthresh : 0);

	tcp->pool_cache = cache;
	tcp->pool_least = RTE_MIN(tcp->pool->size / POOL_LOW_SHARE + sharers * keeps, tcp->pool->size / 2);
}

/* What this core could have: what other cores' caches hold is not among it. */
static uint32_t
count_available(const struct tcp *tcp)
{
	if (tcp->pool_cache == NULL)
		return rte_mempool_avail_count(tcp->pool) + tcp->spares;
	return rte_mempool_get_ops(tcp->pool->ops_index)->get_count(tcp->pool) + tcp->pool_cache->len + tcp->spares;
}

/* Counting reads a line that every core writes: so not with every refill, but before the share is through. */
uint32_t
tcp_check_pool(struct tcp *tcp)
{
	uint32_t available = count_available(tcp);

	tcp->pool_low = available < tcp->pool_least || tcp->held > tcp->held_most;
	tcp->pool_watch = tcp->pool->size / POOL_LOW_SHARE / 4;
	return available;
}

static void
watch_pool(struct tcp *tcp, uint32_t taken)
{
	if (tcp->pool_watch < taken)
		tcp_check_pool(tcp);
	else
		tcp->pool_watch -= taken;
}

__rte_noinline bool
tcp_mbuf_refill(struct tcp *tcp)
{
	watch_pool(tcp, BATCH);
	for (uint32_t n = BATCH; n > 0; n /= 2) {
		if (rte_mempool_get_bulk(tcp->pool, (void **)tcp->spare, n) == 0) {
			tcp->spares = n;
			return true;
		}
	}
	tcp->stats->mbuf_alloc_failed++;
	return false;
}

struct rte_mbuf *
tcp_mbuf(struct tcp *tcp)
{
	struct rte_mbuf *m = tcp_mbuf_take(tcp);

	if (unlikely(m == NULL))
		return NULL;
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = 0;
	m->pkt_len = 0;
	m->ol_flags = 0;
	return m;
}

void
tcp_mbuf_reserve(struct tcp *tcp)
{
	watch_pool(tcp, BATCH);
	if (!tcp->pool_low && rte_mempool_get_bulk(tcp->pool, (void **)(tcp->spare + tcp->spares), BATCH) == 0)
		tcp->spares += BATCH;
}

/* What does not go into the stock, or not before there is room in it */
__rte_noinline void
tcp_mbuf_put_other(struct tcp *tcp, struct rte_mbuf *m)
{
	if (tcp->spares == TCP_SPARES) {
		/* the oldest go: the newest are warm */
		rte_mempool_put_bulk(tcp->pool, (void **)tcp->spare, BATCH);
		memcpy(tcp->spare, tcp->spare + BATCH, BATCH * sizeof(tcp->spare[0]));
		tcp->spares = BATCH;
		tcp_mbuf_put(tcp, m);
		return;
	}
	mbuf_free(m);
}
