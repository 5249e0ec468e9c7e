/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_ACK_H
#define TCP_ACK_H

/* What every acceptable ACK brings: inline, for the general path (ack.c) and the expected segment's (expected.c). */

#include "tcp/rtt.h"
#include "tcp/tcp.h"

/*
 * RFC 7323, 4.3 (2): only from the segment at the left edge of what was
 * acknowledged, and only once its ACK was found credible: a forged segment
 * must not move the clock by which PAWS judges the true ones.
 */
static inline void
tcp_take_timestamp(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if ((c->opt & CONN_TS) && (s->opt.present & TCP_OPT_TIMESTAMP) && seq_leq(s->seq, c->last_ack_sent)) {
		c->ts_recent = s->opt.tsval;
		c->ts_recent_slow = tcp_slow_tick(tcp);
	}
}

/* ack.c: the peer's window opens, for who waited for that alone. */
void tcp_window_opens(struct tcp *tcp, struct tcp_conn *c);
static inline void
tcp_take_window(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	uint32_t window = (uint32_t)s->window << c->snd_wscale;

	if (seq_gt(c->snd_wl1, s->seq) || (c->snd_wl1 == s->seq && seq_gt(c->snd_wl2, s->ack)))
		return;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	if (window == c->snd_wnd)
		return;
	/* what is lost may have waited for it too */
	if (window > c->snd_wnd && (c->snd_end != c->snd_nxt || unlikely(c->recovery != 0)))
		tcp_conn_owe(tcp, c);
	c->snd_wnd = window;
	if (window > c->max_snd_wnd)
		c->max_snd_wnd = window;
	if (window > 0 && (c->flags & CONN_PERSIST)) {
		tcp_window_opens(tcp, c);
	}
}

/* tcp_queue_acked(). A request is one small record, which its ACK takes whole: that is done here, without a call. */
static inline uint64_t
tcp_take_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t ack)
{
	const uint32_t index = c->q_head;
	const struct tcp_record *r = tcp_record_at(tcp, index);
	uint64_t sent_ns;

	if (index == 0)
		return 0;  /* a FIN alone */
	if (unlikely(index != c->q_tail || r->flags != RECORD_SENT || r->m != NULL || ack - r->seq < r->length))
		return tcp_queue_acked(tcp, c, ack);
	sent_ns = r->sent_ns;
	c->q_charge -= r->charge;
	c->q_head = c->q_tail = 0;
	slab_put(&tcp->records, index);
	return sent_ns;
}

static inline void
tcp_take_una(struct tcp *tcp, struct tcp_conn *c, uint32_t ack)
{
	tcp->stats->acked_payload_bytes += ack - c->snd_una - seq_gt(ack, c->snd_end);  /* a FIN is no payload */
	c->snd_una = ack;
}

/*
 * A round trip, if it is known which transmission (of sent_ns; 0: it is not) was answered. The echo of an ACK that
 * tells of a duplicate is no answer to it: what came again left TS.Recent as it was, and all ACKs since may be lost.
 * @return it in microseconds, or 0
 */
static inline uint32_t
tcp_take_rtt(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, uint64_t sent_ns, bool dsack)
{
	if (likely(sent_ns != 0))
		return tcp_rtt_sample(tcp, c, (tcp->now_ns - sent_ns) / 1000);
	if (unlikely(c->backoff > 0 || c->recovery != 0) && (dsack || !tcp_rtt_echo(tcp, c, s)))
		/* Karn: the backed-off RTO stays until a sample replaces it, or a path slower than it is never measured */
		c->rto_ms = tcp_rto_backed_off(tcp, c);
	return 0;
}

#endif
