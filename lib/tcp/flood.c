/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* SYNs without a connection behind them, from the pools that the user gave: for tests of what a flood does. */

#include <errno.h>
#include <string.h>

#include "tcp/tcp.h"

/* A tuple that no connection has: the next address of the pools, the next port of the pair. */
static int
choose(struct tcp *tcp, const struct tern_endpoint *target, bool v4, struct flow_key *key)
{
	struct port_walk walk;
	struct tern_addr local;

	memcpy(key->remote, target->addr.b, sizeof(key->remote));
	key->rport = target->port;
	key->local = tcp_next_pool_local(tcp, v4);
	if (key->local == 0)
		return -EADDRNOTAVAIL;
	ip_local_address(tcp->ip, key->local, &local);
	ports_walk(&tcp->ports, &walk, key, &local);
	key->lport = ports_next(&tcp->ports, &walk);
	ports_took(&tcp->ports, &walk);
	if (key->lport == 0 || flow_find(&tcp->table, tcp_hash(tcp, key), key) != 0)
		return -EADDRNOTAVAIL;
	return 0;
}

int
tcp_send_syn(struct tcp *tcp, const struct tern_endpoint *target, bool silent)
{
	bool v4 = tern_addr_is_v4(&target->addr);
	ip_nexthop none = 0;
	uint32_t ts_offset;
	struct flow_key key;
	struct tcp_emit e;
	int error;

	tcp->silent = silent;
	if (tcp->tx->count >= FRAME_QUEUE - IP_REPLIES)
		return -EAGAIN;
	error = target->port == 0 ? -EINVAL : choose(tcp, target, v4, &key);
	if (error != 0)
		return error;
	e = (struct tcp_emit){
		.key = &key, .hop = &none, .seq = tcp_isn(tcp, &key, &ts_offset), .tsval = tcp_tsval(tcp, ts_offset),
		.window = (uint16_t)RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX), .flags = TCP_SYN,
		.mss = tcp_announced_mss(tcp, v4), .wscale = tcp->wscale, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
		.opt = (uint8_t)((v4 ? CONN_V4 : 0) | (tcp->config.timestamps ? CONN_TS : 0) |
				 (tcp->config.sack ? CONN_SACK : 0) | (tcp->config.wscale ? CONN_WSCALE : 0)),
	};
	error = tcp_emit_segment(tcp, &e);
	if (error != 0)
		return error;
	tcp->stats->syn_tx++;
	return 0;
}
