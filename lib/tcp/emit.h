/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_EMIT_H
#define TCP_EMIT_H

/*
 * What every usual segment's way into a frame shares, inline: emit.c, which
 * takes segments of any kind, whole.c, which takes what most visits come to, and
 * who sends what comes once in every connection: SYN, SYN-ACK, TIME-WAIT's ACK.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "core/copy.h"
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
	h.mss = options == HEADERS_SYN ? e->mss : 0;
	h.wscale = options == HEADERS_SYN ? e->wscale : 0;
	/* a body of its own: with sums in it, words are kept in memory and waited for */
	return likely(tcp->tx_checksums == 0) ? headers_put(p, &h, t, v4, options, 0) :
						headers_put(p, &h, t, v4, options, tcp->tx_checksums);
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

/* Payload of up to RECORD_INLINE bytes stands at p. @return its sum, if that is wanted */
static __rte_always_inline uint64_t
tcp_put_short(const struct tcp *tcp, uint8_t *p, const struct tcp_record *r, uint32_t length)
{
	copy_short(p, r->bytes, length);
	/* of the record: what was just written would have to be waited for */
	return unlikely(tcp->tx_checksums & HEADERS_CHECKED) ? checksum_short(r->bytes, length) : 0;
}

/* The frame, in an mbuf of tcp_mbuf_take()'s. Where its data is, the mbuf says: the pool may be the application's. */
static __rte_always_inline void
tcp_put_frame(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e, const struct ip_neighbour *n, const bool v4,
	      const enum headers_options options)
{
	const uint32_t ip_length = v4 ? IPV4_HEADER : IPV6_HEADER, tcp_length = headers_tcp_length(options);
	uint8_t *p = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM + ETHER_HEADER;
	uint32_t l2_length = n->header.length;
	uint64_t sum = e->length > 0 ? tcp_put_short(tcp, p + ip_length + tcp_length, e->record, e->length) : 0;

	tcp_put_headers(tcp, p, e, &tcp->tx_template[v4], options, sum, v4);
	tcp_put_ethernet(p, n->header.bytes, l2_length);
	m->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM + ETHER_HEADER - l2_length);
	m->data_len = (uint16_t)(l2_length + ip_length + tcp_length + e->length);
	m->pkt_len = m->data_len;
	m->ol_flags = tcp->tx_flags[v4];
	if (unlikely(tcp->tx_lengths))
		tcp_tell_lengths(m, l2_length, ip_length, tcp_length);
}

/* Whom a frame can go to at once; NULL: the way is to be looked for, or its end to be asked */
static inline struct ip_neighbour *
tcp_neighbour(const struct tcp *tcp, ip_nexthop hop)
{
	struct ip_neighbour *n = ip_nexthop_get(tcp->ip, hop);

	return likely(n != NULL && ip_neighbour_usable(n)) ? n : NULL;
}

/*
 * As tcp_emit_segment(), of a segment whose kind of header is known where this is compiled, and its neighbour as well: a
 * frame from values in registers, in half of the instructions. It says no more than config and *e do: nothing of a
 * connection that is CONN_DRESSED or may be cut on its way. 0, -EAGAIN or -ENOBUFS
 */
static __rte_always_inline int
tcp_emit_as(struct tcp *tcp, const struct tcp_emit *e, struct ip_neighbour *n, const bool v4,
	    const enum headers_options options)
{
	struct rte_mbuf *m;

	if (tcp_tx_is_full(tcp))
		return -EAGAIN;
	m = tcp_mbuf_take(tcp);
	if (unlikely(m == NULL)) {
		tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
		return -ENOBUFS;
	}
	tcp_put_frame(tcp, m, e, n, v4, options);
	n->used = 1;
	tcp->tx->frame[tcp->tx->count++] = m;
	tcp->stats->tcp_tx_segments++;
	return 0;
}

#endif
