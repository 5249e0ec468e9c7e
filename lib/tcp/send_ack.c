/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* ACKs that ride on nothing, and the probes, which are as empty: of open connections, and of those in TIME-WAIT. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/emit.h"
#include "tcp/output.h"

static int
send_ack(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, bool take_note)
{
	struct tcp_emit e;
	int error;

	tcp_segment_of(tcp, c, &e, c->snd_nxt, TCP_ACK);
	/* one that acknowledges a part leaves the right edge where it is: a peer that sees it move back answers from
	 * below the window, where its ACKs do not count */
	e.window = tcp_window_field(tcp, c, ack);
	e.ack = ack;
	if (unlikely(c->ooo != 0) && (c->opt & CONN_SACK))
		e.sacks = (uint8_t)tcp_ooo_sacks(tcp, c, e.sack, c->opt & CONN_TS ? 3 : 4, take_note);
	error = tcp_emit_conn(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	return 0;
}

int
tcp_output_duplicate_acks(struct tcp *tcp, struct tcp_conn *c)
{
	while (c->acks_owed > 0) {
		int error = send_ack(tcp, c, c->rcv_nxt, true);

		if (error < 0)
			return error;
		c->acks_owed--;
		tcp->stats->duplicate_acks_tx++;
		tcp_all_acknowledged(c);
	}
	tcp_ooo_settle(tcp, c);
	return 0;
}

int
tcp_output_acks(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t every = tcp->config.ack_every, first = c->last_ack_sent;
	uint32_t n = RTE_MAX((c->full_segments + every - 1) / every, 1u);

	for (uint32_t i = 1; i <= n; i++) {
		uint32_t ack = first + (uint32_t)((uint64_t)(c->rcv_nxt - first) * i / n);
		int error = send_ack(tcp, c, ack, false);

		if (error < 0)
			return error;
		c->last_ack_sent = ack;
		c->full_segments -= (uint8_t)RTE_MIN((uint32_t)c->full_segments, every);
	}
	tcp_all_acknowledged(c);
	return 0;
}

/*
 * A segment below the window makes the peer tell its window; it takes no
 * sequence number, so it can't be lost. What is urgent is said by one in the
 * window, as nothing of the other counts with the peer (MUST-66).
 */
int
tcp_output_probe(struct tcp *tcp, struct tcp_conn *c)
{
	bool urgent = c->flags & CONN_URGENT_OUT;
	int error = 0;

	if (unlikely(urgent))
		error = tcp_send_segment(tcp, c, c->snd_nxt, 0, NULL, 0);
	if (error == 0)
		error = tcp_send_segment(tcp, c, c->snd_una - 1, 0, NULL, 0);
	else
		return error;
	/* where memory was there for the first of two alone, the timer asks again: else each turn would send the first */
	if (error < 0 && !urgent)
		return error;
	if (!(c->flags & CONN_FIN_SENT) && (c->snd_end != c->snd_nxt || (c->flags & CONN_FIN_QUEUED)))
		tcp->stats->zero_window_probes++;
	else
		tcp->stats->keepalive_probes++;
	return 0;
}

void
tcp_output_persist(struct tcp *tcp, struct tcp_conn *c)
{
	bool waits = c->snd_end != c->snd_nxt || (c->flags & CONN_FIN_QUEUED);

	if (c->snd_una != c->snd_nxt || !waits || (c->flags & (CONN_TIMER | CONN_FIN_SENT)))
		return;
	if ((c->opt & CONN_METERED) && tcp_pacing_holds(tcp, c))
		return;
	c->backoff = 0;
	tcp_timer_set(tcp, c, tcp->now + c->rto_ms);
	c->flags |= CONN_PERSIST;
}

/* ---- of TIME-WAIT */

static inline void
time_wait_ack_of(struct tcp *tcp, struct tcp_time_wait *w, struct tcp_emit *e)
{
	*e = (struct tcp_emit){
		.key = &w->key, .hop = &w->hop, .seq = w->snd_nxt, .ack = w->rcv_nxt,
		.tsval = tcp_tsval(tcp, w->ts_offset), .tsecr = w->ts_recent, .window = w->window,
		.flags = TCP_ACK, .opt = w->opt, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
	};
}

static __rte_noinline int
emit_usual_time_wait_ack(struct tcp *tcp, struct tcp_time_wait *w, struct ip_neighbour *n)
{
	struct tcp_emit e;

	time_wait_ack_of(tcp, w, &e);
	return w->opt & CONN_V4 ? tcp_emit_as(tcp, &e, n, true, HEADERS_TIMESTAMP) :
				  tcp_emit_as(tcp, &e, n, false, HEADERS_TIMESTAMP);
}

static __rte_noinline int
emit_any_time_wait_ack(struct tcp *tcp, struct tcp_time_wait *w)
{
	struct tcp_emit e;

	time_wait_ack_of(tcp, w, &e);
	return tcp_emit_segment(tcp, &e);
}

/* One in every connection that this side closes first, so the usual one goes tcp_emit_as()'s way. */
static inline int
emit_time_wait_ack(struct tcp *tcp, struct tcp_time_wait *w)
{
	struct ip_neighbour *n = tcp_neighbour(tcp, w->hop);

	if (unlikely(n == NULL || !(w->opt & CONN_TS) || tcp->may_fragment))
		return emit_any_time_wait_ack(tcp, w);
	return emit_usual_time_wait_ack(tcp, w, n);
}

bool
tcp_output_time_wait_acks(struct tcp *tcp)
{
	while (tcp->time_wait_owed_head != tcp->time_wait_owed_tail) {
		struct tcp_time_wait *w = tcp_time_wait_at(tcp, tcp->time_wait_owed[tcp->time_wait_owed_head & tcp->time_wait_owed_mask]);

		if (w->lists & TIME_WAIT_LIVE) {
			if (tcp->packets_left == 0 || emit_time_wait_ack(tcp, w) == -EAGAIN)
				return false;
			tcp_spend(tcp);
		}
		w->lists &= (uint8_t)~TIME_WAIT_OWED;
		tcp->time_wait_owed_head++;
	}
	/* from the ring's begin again, or all its memory would pass through the cache */
	tcp->time_wait_owed_head = tcp->time_wait_owed_tail = 0;
	return true;
}
