/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What most visits come to: one segment takes all that is owed, ACK, data and
 * FIN, and nothing rare is. It has a way of its own from here to the device's
 * queue, with every condition for it asked at its begin, so that nothing is
 * asked again and the frame is made from values in registers. Who takes the
 * general way instead (output.c) sends the same frames: test_whole.c holds them
 * against each other. Visit and segment need 380 instructions where they needed 670.
 */

#include "tcp/emit.h"
#include "tcp/output.h"

/* Of flags and opt: what needs a second segment, another number than SND.NXT, or more said. */
#define RARE_FLAGS (CONN_PERSIST | CONN_FIN_LOST | CONN_SYN_OWED | CONN_RST_OWED | CONN_PROBE_OWED | CONN_URGENT_OUT)
#define RARE_OPT (CONN_DRESSED | CONN_METERED)

static inline bool
is_healthy(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t rare = (c->flags & RARE_FLAGS) | (c->opt & RARE_OPT) | c->acks_owed | c->backoff | c->recovery | c->ooo |
			tcp->may_fragment | tcp->config.nagle_minshall;

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

/* As tcp_sent() does it: what is healthy needs fewer questions. */
static inline void
arm(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t deadline = tcp->now + (likely(c->opt & CONN_SACK) ? tcp_pto_clean_ms(c) : tcp_pto_ms(tcp, c));

	if (likely(!(c->flags & CONN_TIMER)))
		tcp_timer_set(tcp, c, deadline);
	else if (deadline != c->timer)
		tcp_tlp_again(tcp, c, deadline);
}

static inline void
was_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t length, uint8_t flags)
{
	tcp_all_acknowledged(c);
	if (length > 0) {
		struct tcp_record *r = tcp_record_at(tcp, c->q_send);

		r->flags |= RECORD_SENT;
		r->sent_ns = tcp->now_ns;
		c->q_send = r->next;
		c->snd_nxt += length;
		tcp_ack_could_wait(tcp, c);
		tcp->stats->tx_payload_bytes += length;
	}
	if (flags & TCP_FIN) {
		c->flags |= CONN_FIN_SENT;
		c->snd_nxt++;
	}
	if (flags != TCP_ACK)
		arm(tcp, c);
}

/* 1, or -EAGAIN or -ENOBUFS */
static __rte_always_inline int
send_as(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags, const bool v4,
	const enum headers_options options)
{
	struct tcp_emit e;
	int error;

	tcp_segment_of(tcp, c, &e, c->snd_nxt, flags);
	e.window = tcp_window_field(tcp, c, c->rcv_nxt);
	e.record = tcp_record_at(tcp, c->q_send);
	e.length = length;
	error = tcp_emit_as(tcp, &e, n, v4, options);
	if (unlikely(error < 0))
		return error;
	tcp_spend(tcp);
	was_sent(tcp, c, length, flags);
	return 1;
}

/* One body, with the constants of each kind of header: asked for where they matter, they would take 40 instructions. */
static __rte_noinline int
send_v4(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags)
{
	return send_as(tcp, c, n, length, flags, true, HEADERS_PLAIN);
}

static __rte_noinline int
send_v4_timestamp(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags)
{
	return send_as(tcp, c, n, length, flags, true, HEADERS_TIMESTAMP);
}

static __rte_noinline int
send_v6(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags)
{
	return send_as(tcp, c, n, length, flags, false, HEADERS_PLAIN);
}

static __rte_noinline int
send_v6_timestamp(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags)
{
	return send_as(tcp, c, n, length, flags, false, HEADERS_TIMESTAMP);
}

static inline int
send_kind(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n, uint32_t length, uint8_t flags)
{
	switch (c->opt & (CONN_V4 | CONN_TS)) {
	case CONN_V4 | CONN_TS:
		return send_v4_timestamp(tcp, c, n, length, flags);
	case CONN_V4:
		return send_v4(tcp, c, n, length, flags);
	case CONN_TS:
		return send_v6_timestamp(tcp, c, n, length, flags);
	default:
		return send_v6(tcp, c, n, length, flags);
	}
}

/* What of sequence numbers is owed goes at once, or nothing is. @return flags of the segment; 0: another way */
static inline uint8_t
flags_of(struct tcp *tcp, struct tcp_conn *c, uint32_t *length)
{
	uint8_t flags = TCP_ACK;

	*length = 0;
	if (c->flags & CONN_FIN_SENT)
		return flags;
	*length = c->snd_end - c->snd_nxt;
	if (*length > 0) {
		if (unlikely(!is_one_record(tcp_record_at(tcp, c->q_send), *length)))
			return 0;
		flags |= TCP_PSH;  /* MUST-61 */
	}
	if (c->flags & CONN_FIN_QUEUED)
		flags |= TCP_FIN;
	return flags == TCP_ACK || likely(may_go(tcp, c, *length)) ? flags : 0;
}

int
tcp_output_whole(struct tcp *tcp, struct tcp_conn *c)
{
	struct ip_neighbour *n;
	uint32_t length;
	uint8_t flags;

	if (unlikely(!is_healthy(tcp, c)))
		return 0;
	flags = flags_of(tcp, c, &length);
	if (flags == TCP_ACK) {
		if (!(c->flags & CONN_ACK_NOW)) {
			if (c->flags & CONN_ACK_LATER)
				tcp_delay_ack(tcp, c);
			return 1;
		}
		if (unlikely(c->full_segments > tcp->config.ack_every))
			return 0;
	}
	n = tcp_neighbour(tcp, c->hop);
	if (unlikely(flags == 0 || n == NULL))
		return 0;
	return send_kind(tcp, c, n, length, flags);
}
