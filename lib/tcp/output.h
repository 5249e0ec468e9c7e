/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_OUTPUT_H
#define TCP_OUTPUT_H

/*
 * What the files of the output phase share: output.c visits, the others send
 * what it finds owed. Where an int is returned that is no count, it is 0, or
 * -EAGAIN or -ENOBUFS: the device or the pool gives no more this turn.
 */

#include <errno.h>

#include "tcp/window.h"

static inline void
tcp_segment_of(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e, uint32_t seq, uint8_t flags)
{
	e->key = &c->key;
	e->hop = &c->hop;
	e->seq = seq;
	e->ack = c->rcv_nxt;
	e->tsval = tcp_tsval(tcp, c->ts_offset);
	e->tsecr = c->ts_recent;
	e->flags = flags;
	e->opt = c->opt;
	e->ttl = tcp->config.ttl;
	e->tos = tcp->config.tos;
	e->length = 0;
	e->urgent = 0;
	e->may_fragment = false;
	e->sacks = 0;
	e->turned = NULL;
}

/* The one test on the way out for all that most connections do without. */
static inline int
tcp_emit_conn(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	if (unlikely(c->opt & CONN_DRESSED))
		return tcp_emit_dressed(tcp, c, e);
	return tcp_emit_segment(tcp, e);
}

/* Everything received so far is acknowledged by what was just sent. */
static inline void
tcp_all_acknowledged(struct tcp_conn *c)
{
	c->last_ack_sent = c->rcv_nxt;
	c->full_segments = 0;
	c->flags &= ~(uint32_t)(CONN_ACK_NOW | CONN_ACK_LATER);
}

/* Data went, and an ACK that is not sent at once would have had it to ride on. */
static inline void
tcp_ack_could_wait(const struct tcp *tcp, struct tcp_conn *c)
{
	if (unlikely(c->prompt))
		c->prompt = !seq_lt(tcp->now, c->delack_tick);
}

/* A timer runs for what went (RFC 6298, 5.1); where new data is behind what it ran for, the probe's moves (RFC 8985, 7.2). */
static __rte_always_inline void
tcp_sent(struct tcp *tcp, struct tcp_conn *c, bool new_data)
{
	uint32_t deadline = tcp->now + tcp_timeout_ms(tcp, c);

	if (!(c->flags & CONN_TIMER) || (c->flags & CONN_PERSIST)) {
		if (unlikely(c->flags & CONN_PERSIST))
			c->dupacks = 0;
		c->flags &= ~(uint32_t)CONN_PERSIST;
		tcp_timer_set(tcp, c, deadline);
	} else if (unlikely(deadline != c->timer) && new_data) {
		tcp_tlp_again(tcp, c, deadline);
	}
}

/* PRR's prr_out; who has not begun a recovery has begun to count with it anew */
static inline void
tcp_count_out(struct tcp *tcp, const struct tcp_conn *c, uint32_t length)
{
	if (unlikely(c->recovery != 0))
		tcp_recovery_at(tcp, c->recovery)->prr_out += length;
}

/* A FIN has no record to keep its time in. */
static inline void
tcp_fin_was_sent(struct tcp *tcp, struct tcp_conn *c)
{
	c->flags = (c->flags & ~(uint32_t)CONN_FIN_LOST) | CONN_FIN_SENT;
	if (unlikely(c->recovery != 0))
		tcp_recovery_at(tcp, c->recovery)->fin_ns = tcp->now_ns;
}

/* ---- whole.c */
/* All that is owed, when one segment takes it. 1: done, 0: the general way has to be taken */
int tcp_output_whole(struct tcp *tcp, struct tcp_conn *c);

/* ---- send_data.c: new data, and the FIN behind it */
/* An ACK rides on it. */
int tcp_send_segment(struct tcp *tcp, struct tcp_conn *c, uint32_t seq, uint8_t flags, const struct tcp_record *r,
		     uint32_t length);
/* Make the queue's first `length` unsent bytes end with a record. @return how many do */
uint32_t tcp_cut(struct tcp *tcp, struct tcp_conn *c, uint32_t length);
void tcp_mark_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t length);
/* One segment, or a frame of at most `budget`. 1: sent, 0: nothing may go now. */
int tcp_output_data(struct tcp *tcp, struct tcp_conn *c, uint32_t budget);
/* FIN alone, when all data has gone and the window has room for it. */
int tcp_output_fin(struct tcp *tcp, struct tcp_conn *c);

/* ---- retransmit.c */
/* The oldest lost segment, if the windows allow. 1: sent one. */
int tcp_output_retransmit(struct tcp *tcp, struct tcp_conn *c);
int tcp_output_tail_probe(struct tcp *tcp, struct tcp_conn *c);  /* RFC 8985, 7.3 */

/* ---- send_ack.c */
/* Out of order, below the window: one each, as a peer's fast retransmit counts them. */
int tcp_output_duplicate_acks(struct tcp *tcp, struct tcp_conn *c);
/* In order: one for at most `ack_every` full segments, so that the peer's ACK clock still ticks. */
int tcp_output_acks(struct tcp *tcp, struct tcp_conn *c);
int tcp_output_probe(struct tcp *tcp, struct tcp_conn *c);
/* Something waits, nothing is in flight that would bring an ACK: the persist timer asks (MUST-36). */
void tcp_output_persist(struct tcp *tcp, struct tcp_conn *c);
/* @return false when there is more than may go this turn */
bool tcp_output_time_wait_acks(struct tcp *tcp);

/* ---- send_syn.c */
int tcp_output_syn(struct tcp *tcp, struct tcp_conn *c);
bool tcp_output_syn_acks(struct tcp *tcp);   /* as tcp_output_time_wait_acks() */

#endif
