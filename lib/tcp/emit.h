/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_EMIT_H
#define TCP_EMIT_H

/*
 * What every usual segment's way into a frame shares, inline: emit.c, which
 * takes segments of any kind, and whole.c, which takes what most visits come to.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

/* Frames that may wait for the device; the rest of the queue is left to IP's own. */
static inline bool
tcp_tx_is_full(const struct tcp *tcp)
{
	return unlikely(tcp->tx->count >= FRAME_QUEUE - IP_REPLIES);
}

/* IP's and TCP's header at p, of a segment without SACK blocks and urgent pointer. @return bytes of both */
static __rte_always_inline uint32_t
tcp_put_headers(const struct tcp *tcp, uint8_t *p, const struct tcp_emit *e, const struct headers_template *t,
		enum headers_options options, uint64_t payload_sum, const bool v4)
{
	struct tern_addr beyond;
	struct headers h;

	h.src = beyond.b;
	if (likely(e->key->local < tcp->ip->addresses))
		h.src = tcp->ip->address[e->key->local].b;
	else
		ip_local_address_beyond(tcp->ip, e->key->local, &beyond);
	h.dst = e->key->remote;
	h.payload = e->length;
	h.payload_sum = payload_sum;
	h.seq = e->seq;
	h.ack = e->ack;
	h.tsval = e->tsval;
	h.tsecr = e->tsecr;
	h.sport = e->key->lport;
	h.dport = e->key->rport;
	h.window = e->window;
	h.flags = e->flags;
	if (options == HEADERS_SYN) {
		h.mss = e->mss;
		h.wscale = e->wscale;
	}
	return headers_put(p, &h, t, v4, options, tcp->tx_checksums);
}

/* Ethernet's header in front of p. @return where the frame begins */
static __rte_always_inline uint8_t *
tcp_put_ethernet(uint8_t *p, const uint8_t *l2, uint32_t l2_length)
{
	p -= l2_length;
	memcpy(p, l2, ETHER_HEADER);
	if (unlikely(l2_length > ETHER_HEADER))
		memcpy(p + ETHER_HEADER, l2 + ETHER_HEADER, VLAN_HEADER);
	return p;
}

/* For a device that completes checksums and looks for the headers itself. */
static inline void
tcp_tell_lengths(struct rte_mbuf *m, uint32_t l2_length, uint32_t ip_length, uint32_t tcp_length)
{
	m->tx_offload = rte_mbuf_tx_offload(l2_length, ip_length, tcp_length, 0, 0, 0, 0);
}

#endif
