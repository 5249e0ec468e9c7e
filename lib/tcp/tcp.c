/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Setting up and taking down a core's TCP. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mempool.h>

#include "core/mem.h"
#include "tcp/rtt.h"
#include "tcp/tcp.h"

#define FIRST_PORT 1024u
#define LAST_PORT 65535u

static uint8_t
window_scale(uint32_t rcvbuf)
{
	uint8_t scale = 0;

	while (scale < 14 && rcvbuf >> scale > UINT16_MAX)
		scale++;
	return scale;
}

static int
init_slabs(struct tcp *tcp, int node)
{
	const struct tcp_config *cfg = &tcp->config;
	const struct slab_layout conn = {
		.stride = sizeof(struct tcp_conn), .link = offsetof(struct tcp_conn, slab_link),
		.keep = offsetof(struct tcp_conn, slab_link),
		.keep_size = offsetof(struct tcp_conn, mss) - offsetof(struct tcp_conn, slab_link),
	};
	const struct slab_layout half = {
		.stride = sizeof(struct tcp_half_open), .link = offsetof(struct tcp_half_open, links),
		.keep = offsetof(struct tcp_half_open, links),
		.keep_size = sizeof(struct tcp_half_open) - offsetof(struct tcp_half_open, links),
	};
	const struct slab_layout wait = {
		.stride = sizeof(struct tcp_time_wait), .link = offsetof(struct tcp_time_wait, links),
		.keep = offsetof(struct tcp_time_wait, links),
		.keep_size = sizeof(struct tcp_time_wait) - offsetof(struct tcp_time_wait, links),
	};
	/* An idle connection has none of these: there is room for as many as all could need, and memory for those in use. */
#define SPARSE(type) { .stride = sizeof(type), .keep_size = sizeof(uint32_t), .sparse = true }
	const struct slab_layout record = SPARSE(struct tcp_record), ooo = SPARSE(struct tcp_ooo), extra = SPARSE(struct tcp_extra),
				 recovery = SPARSE(struct tcp_recovery), cc_block = SPARSE(struct tcp_cc_block),
				 piece = SPARSE(struct tcp_ooo_piece);
#undef SPARSE
	/* records and pieces hold mbufs, or bytes that a connection's send buffer bounds: this is the stack's bound */
	const uint32_t records = RTE_MAX(1u << 18, 2 * cfg->max_connections);
	/* who finds none left grows as Reno does */
	const uint32_t cc_blocks = RTE_MIN(cfg->max_connections, RTE_MAX(1u << 16, cfg->max_connections / 4));

	if (slab_init(&tcp->conns, &conn, cfg->max_connections, node) < 0 ||
	    slab_init(&tcp->half_open, &half, cfg->max_half_open, node) < 0 ||
	    slab_init(&tcp->time_wait, &wait, cfg->max_time_wait + TCP_REPLIES, node) < 0 ||
	    slab_init(&tcp->records, &record, records, node) < 0 ||
	    slab_init(&tcp->oooes, &ooo, cfg->max_connections, node) < 0 ||
	    slab_init(&tcp->extras, &extra, cfg->max_connections, node) < 0 ||
	    slab_init(&tcp->recoveries, &recovery, cfg->max_connections, node) < 0 ||
	    slab_init(&tcp->cc_blocks, &cc_block, cc_blocks, node) < 0 ||
	    slab_init(&tcp->pieces, &piece, 1u << 18, node) < 0)
		return -ENOMEM;
	return 0;
}

static void
init_lists(struct tcp *tcp)
{
	list_init(&tcp->time_wait_list, tcp->time_wait.base, sizeof(struct tcp_time_wait),
		  offsetof(struct tcp_time_wait, links));
	for (unsigned int i = 0; i < TCP_SYN_LEVELS; i++)
		list_init(&tcp->syn_level[i], tcp->half_open.base, sizeof(struct tcp_half_open),
			  offsetof(struct tcp_half_open, links));
}

/* What all segments have in common: what the device leaves to us of checksums, what it is told, how the headers begin. */
static void
init_headers(struct tcp *tcp)
{
	uint64_t flags = tcp->tx_l4_checksum ? RTE_MBUF_F_TX_TCP_CKSUM : 0;

	tcp->tx_checksums = tcp->tx_ip_checksum ? 0 : HEADERS_IP_CHECKED;
	/* where memory changes hands nobody will look at the field */
	if (!tcp->tx_l4_checksum)
		tcp->tx_checksums |= HEADERS_CHECKED;
	else if (tcp->tx_lengths)
		tcp->tx_checksums |= HEADERS_PSEUDO;
	tcp->tx_flags[false] = flags | RTE_MBUF_F_TX_IPV6;
	tcp->tx_flags[true] = flags | RTE_MBUF_F_TX_IPV4 | (tcp->tx_ip_checksum ? RTE_MBUF_F_TX_IP_CKSUM : 0);
	for (unsigned int v4 = 0; v4 < 2; v4++)
		tcp->tx_template[v4] = headers_template(v4, tcp->config.tos, tcp->config.ttl);
}

static void
init_mss(struct tcp *tcp)
{
	uint32_t room = UINT16_MAX;

	/* where a device takes no chains: what fits into one mbuf behind its headers */
	if (!tcp->multi_segment)
		room = rte_pktmbuf_data_room_size(tcp->pool) - RTE_PKTMBUF_HEADROOM - ETHER_HEADER - IPV6_HEADER - TCP_HEADER;
	for (unsigned int v4 = 0; v4 < 2; v4++) {
		uint16_t mss = ip_mss(tcp->ip, v4);

		tcp->mss_announced[v4] = tcp->config.mss != 0 ? RTE_MIN(mss, tcp->config.mss) : mss;
		tcp->mss_most[v4] = (uint16_t)RTE_MIN(mss, room);
	}
}

int
tcp_init(struct tcp *tcp, const struct tcp_config *config, struct ip *ip, struct frame_queue *tx,
	 struct rte_mempool *pool, struct tern_stats *stats, const struct secret *secret, const struct owner *owner,
	 uint64_t now_ns, int node)
{
	uint32_t entries = config->max_connections + config->max_half_open + config->max_time_wait + TCP_REPLIES;
	int cc = tcp_cc_find(config->congestion);

	if (cc < 0)
		return -EINVAL;
	tcp->config = *config;
	if (config->cookie_threshold == 0)
		tcp->config.cookie_threshold = config->max_half_open / 4 * 3 + config->max_half_open % 4 * 3 / 4;
	tcp->config.cookie_threshold = RTE_MIN(tcp->config.cookie_threshold, config->max_half_open);
	tcp->node = node;
	tcp->ip = ip;
	tcp->tx = tx;
	tcp->pool = pool;
	tcp->stats = stats;
	stats->time_wait_most = tcp->config.max_time_wait;
	stats->time_wait_ms = tcp->config.time_wait_ms;
	tcp->secret = *secret;
	tcp->overload.share = TCP_SHARE_ALL;
	tcp->overload.batch = INT_MAX;
	prf_init(&tcp->isn, secret->isn);
	tcp->owner = owner;
	tcp->default_cc = (uint8_t)cc;
	tcp->noisy_rttvar_us = tcp_rtt_noisy_us(config->rto_min_ms);
	tcp->wscale = window_scale(RTE_MAX(config->rcvbuf, config->rcvbuf_max));
	/* of one pool for all, half: the rest is what is sent, and what the device holds */
	tcp->held_most = (uint64_t)pool->size * (sizeof(struct rte_mbuf) + rte_pktmbuf_data_room_size(pool)) / 2;
	tcp->extra_default = (struct tcp_extra){
		.user_timeout_ms = config->user_timeout_ms, .snd_lowat = 1, .notsent_lowat = config->notsent_lowat,
		.rcv_lowat = 1, .ttl = config->ttl, .tos = config->tos, .tell_errors = true, .linger_ms = UINT32_MAX, .keep_idle_ms = config->keep_idle_ms,
		.keep_interval_ms = config->keep_interval_ms, .keep_count = config->keep_count, .may_fragment = !config->pmtu_discovery,
	};
	tcp->may_fragment = !config->pmtu_discovery;
	init_headers(tcp);
	init_mss(tcp);
	tcp_set_time(tcp, now_ns);
	if (init_slabs(tcp, node) < 0 || flow_table_init(&tcp->table, entries, node) < 0 ||
	    wheel_init(&tcp->wheel, config->max_connections, tcp->now, node) < 0 ||
	    ring_init(&tcp->owed, config->max_connections, node) < 0 ||
	    ring_init(&tcp->ready, config->max_connections, node) < 0 ||
	    queue_init(&tcp->delack, config->max_connections, node) < 0 ||
	    queue_init(&tcp->fresh, config->max_connections, node) < 0 ||
	    ports_init(&tcp->ports, owner, secret, FIRST_PORT, LAST_PORT) < 0)
		return -ENOMEM;
	flow_table_set_records(&tcp->table, FLOW_HALF_OPEN, tcp->half_open.base, sizeof(struct tcp_half_open));
	flow_table_set_records(&tcp->table, FLOW_OPEN, tcp->conns.base, sizeof(struct tcp_conn));
	flow_table_set_records(&tcp->table, FLOW_TIME_WAIT, tcp->time_wait.base, sizeof(struct tcp_time_wait));
	init_lists(tcp);
	tcp_conn_init(tcp);
	tcp->synack_mask = rte_align32pow2(config->max_half_open + 1) - 1;
	tcp->synack_owed = mem_map((tcp->synack_mask + 1) * sizeof(uint32_t), node);
	tcp->time_wait_owed_mask = rte_align32pow2(tcp->time_wait.capacity + 1) - 1;
	tcp->time_wait_owed = mem_map_sparse((tcp->time_wait_owed_mask + 1) * sizeof(uint32_t), node);
	if (tcp->synack_owed == NULL || tcp->time_wait_owed == NULL || tcp_refs_init(tcp, node) < 0 || tcp_fastopen_init(tcp, node) < 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip->config.local[i].pool)
			tcp->pool_count += ip->config.local[i].count;
	return 0;
}

void
tcp_free(struct tcp *tcp)
{
	/* of a start that failed there may be nothing yet */
	for (uint32_t i = 1; tcp->conns.base != NULL && slab_valid(&tcp->conns, i); i++) {
		struct tcp_conn *c = tcp_conn_at(tcp, i);

		if (c->live != BLOCK_LIVE)
			continue;
		tcp_queue_free(tcp, c);
		tcp_receive_free(tcp, c);
		tcp_ooo_free(tcp, c);
	}
	for (uint32_t i = 0; i < tcp->replies; i++)
		mbuf_free(tcp->reply[i].m);
	if (tcp->spares > 0)
		rte_mempool_put_bulk(tcp->pool, (void **)tcp->spare, tcp->spares);
	tcp_refs_free(tcp);
	tcp_fastopen_free(tcp);
	if (tcp->synack_owed != NULL)
		mem_unmap(tcp->synack_owed, (tcp->synack_mask + 1) * sizeof(uint32_t));
	if (tcp->time_wait_owed != NULL)
		mem_unmap(tcp->time_wait_owed, (tcp->time_wait_owed_mask + 1) * sizeof(uint32_t));
	ports_free(&tcp->ports);
	queue_free(&tcp->fresh);
	queue_free(&tcp->delack);
	ring_free(&tcp->ready);
	ring_free(&tcp->owed);
	wheel_free(&tcp->wheel);
	flow_table_free(&tcp->table);
	slab_free(&tcp->conns);
	slab_free(&tcp->half_open);
	slab_free(&tcp->time_wait);
	slab_free(&tcp->records);
	slab_free(&tcp->oooes);
	slab_free(&tcp->pieces);
	slab_free(&tcp->extras);
	slab_free(&tcp->recoveries);
	slab_free(&tcp->cc_blocks);
	heap_free(&tcp->paced);
}
