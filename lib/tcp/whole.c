/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What most visits come to: one segment takes all that is owed, ACK, data and
 * FIN, and nothing rare is. It has its own way from here to the device's queue, with every
 * condition for it asked at its begin, so that nothing is asked again
 * and the frame is made from values in registers. Who takes the general way
 * instead (output.c) sends the same frames: test_whole.c holds them against
 * each other. A request on an open connection needs 20 % fewer instructions for it.
 */

#include "core/copy.h"
#include "tcp/emit.h"
#include "tcp/output.h"

/* Of flags and opt: what needs a second segment, another number than SND.NXT, or more said. */
#define RARE_FLAGS (CONN_PERSIST | CONN_FIN_LOST | CONN_SYN_OWED | CONN_RST_OWED | CONN_PROBE_OWED | CONN_URGENT_OUT)
#define RARE_OPT (CONN_DRESSED | CONN_METERED)

static inline bool
is_healthy(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t rare = (c->flags & RARE_FLAGS) | (c->opt & RARE_OPT) | c->acks_owed | c->recovery | c->ooo | tcp->may_fragment;

	return rare == 0 && c->state >= TCP_ESTABLISHED;
}

/* The first unsent record is all that is queued, in memory of its own. */
static inline bool
is_one_record(const struct tcp_record *r, uint32_t length)
{
	return r->m == NULL && r->length == length;
}

/* All of it, and the FIN, may go now: the windows have room, and Nagle's algorithm (RFC 9293, 3.7.4) does not hold it. */
static inline bool
may_go(struct tcp *tcp, struct tcp_conn *c, uint32_t length)
{
	uint32_t flight = c->snd_nxt - c->snd_una;

	if (flight == 0 && length > 0 && unlikely(seq_gt(tcp->now, c->timer)))
		tcp_conn_restart_window(tcp, c);
	return flight + length < RTE_MIN(c->snd_wnd, c->cwnd) && length <= c->mss &&
	       (flight == 0 || (c->flags & (CONN_NODELAY | CONN_FIN_QUEUED)));
}

/* Payload of up to RECORD_INLINE bytes stands at p. @return its sum, if that is wanted */
static __rte_always_inline uint64_t
put_payload(const struct tcp *tcp, uint8_t *p, const struct tcp_record *r, uint32_t length)
{
	copy_short(p, r->bytes, length);
	/* of the record: what was just written would have to be waited for */
	return likely(tcp->tx_checksum != HEADERS_CHECKED) ? 0 : checksum_short(r->bytes, length);
}

static __rte_always_inline void
build(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e, const struct ip_neighbour *n, const bool v4)
{
	uint8_t *p = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM + ETHER_HEADER;
	enum headers_options options = e->opt & CONN_TS ? HEADERS_TIMESTAMP : HEADERS_PLAIN;
	const uint32_t ip_length = v4 ? IPV4_HEADER : IPV6_HEADER;
	uint32_t tcp_length = headers_tcp_length(options), l2_length = n->header.length;
	uint64_t sum = e->length > 0 ? put_payload(tcp, p + ip_length + tcp_length, e->record, e->length) : 0;

	tcp_put_headers(tcp, p, e, options, sum, v4);
	tcp_put_ethernet(p, n->header.bytes, l2_length);
	m->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM + ETHER_HEADER - l2_length);
	m->data_len = (uint16_t)(l2_length + ip_length + tcp_length + e->length);
	m->pkt_len = m->data_len;
	m->ol_flags = tcp->tx_flags[v4];
	if (unlikely(tcp->tx_lengths))
		tcp_tell_lengths(m, l2_length, ip_length, tcp_length);
}

/* 0, or -EAGAIN or -ENOBUFS */
static __rte_always_inline int
send(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, const struct tcp_record *r, uint32_t length, uint8_t flags)
{
	struct rte_mbuf *m;
	struct tcp_emit e;

	if (tcp_tx_is_full(tcp))
		return -EAGAIN;
	tcp_segment_of(tcp, c, &e, c->snd_nxt, flags);
	e.window = tcp_window_field(tcp, c, c->rcv_nxt);
	e.record = r;
	e.length = length;
	m = tcp_mbuf(tcp);
	if (unlikely(m == NULL)) {
		tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
		return -ENOBUFS;
	}
	if (likely(c->opt & CONN_V4))
		build(tcp, m, &e, n, true);
	else
		build(tcp, m, &e, n, false);
	n->used = 1;
	tcp->tx->frame[tcp->tx->count++] = m;
	tcp->stats->tcp_tx_segments++;
	tcp_spend(tcp);
	return 0;
}

static inline void
data_was_sent(struct tcp *tcp, struct tcp_conn *c, struct tcp_record *r, uint32_t length)
{
	r->flags |= RECORD_SENT;
	r->sent_ns = tcp->now_ns;
	c->q_send = r->next;
	c->snd_nxt += length;
	tcp->stats->tx_payload_bytes += length;
}

int
tcp_output_whole(struct tcp *tcp, struct tcp_conn *c)
{
	bool sent_fin = c->flags & CONN_FIN_SENT, fin = !sent_fin && (c->flags & CONN_FIN_QUEUED);
	uint32_t length = sent_fin ? 0 : c->snd_end - c->snd_nxt;
	struct tcp_record *r = tcp_record_at(tcp, c->q_send);
	struct ip_neighbour *n = ip_nexthop_get(tcp->ip, c->hop);
	uint8_t flags = TCP_ACK;
	int error;

	if (unlikely(!is_healthy(tcp, c)))
		return 0;
	if (length > 0) {
		if (unlikely(!is_one_record(r, length) || !may_go(tcp, c, length)))
			return 0;
		flags |= TCP_PSH;  /* MUST-61 */
	} else if (fin) {
		if (unlikely(!may_go(tcp, c, 0)))
			return 0;
	} else if (!(c->flags & CONN_ACK_NOW)) {
		if (c->flags & CONN_ACK_LATER)
			tcp_delay_ack(tcp, c);
		return 1;
	} else if (unlikely(c->full_segments > tcp->config.ack_every)) {
		return 0;
	}
	if (unlikely(n == NULL || !ip_neighbour_usable(n)))
		return 0;
	if (fin)
		flags |= TCP_FIN;
	error = send(tcp, c, n, r, length, flags);
	if (unlikely(error < 0))
		return error;
	tcp_all_acknowledged(c);
	if (length == 0 && !fin)
		return 1;
	if (length > 0)
		data_was_sent(tcp, c, r, length);
	if (fin) {
		c->flags |= CONN_FIN_SENT;
		c->snd_nxt++;
	}
	tcp_sent(tcp, c, true);
	return 1;
}
