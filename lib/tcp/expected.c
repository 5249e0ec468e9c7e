/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A segment meets a block. The one that a healthy connection lives on goes a straight way, to which all other checks
 * and consequences of SEGMENT ARRIVES are nothing: what it shortens is tcp_segment_arrives() and tcp_ack_input(), and
 * whatever it is not sure of goes there.
 */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/ack.h"
#include "tcp/text.h"

/*
 * In a synchronised state, plain ACK with or without FIN (PSH is no matter), exactly next, inside the window, with a
 * fitting timestamp, not marked by a router: every check of the general path but that of the ACK would pass it
 * unchanged, so they are skipped.
 */
static inline bool
is_expected(const struct tcp_conn *c, const struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;

	return c->state >= TCP_ESTABLISHED && (s->flags & ~(TCP_PSH | TCP_FIN)) == TCP_ACK && s->seq == c->rcv_nxt &&
	       (p->tos & IP_ECN_MASK) != IP_ECN_CE &&
	       s->payload + (uint32_t)(s->flags & TCP_FIN) <= c->rcv_adv - c->rcv_nxt &&
	       (!(c->opt & CONN_TS) ||
		((s->opt.present & TCP_OPT_TIMESTAMP) && seq_geq(s->opt.tsval, c->ts_recent)));
}

/* With one of these an ACK has more consequences than that what was sent is through. */
#define ACK_IS_AWAITED (CONN_PERSIST | CONN_FIN_LOST | CONN_URGENT_OUT | CONN_WANT_WRITE | CONN_NOTIFY_SENT | CONN_ECN_WAIT)

/* All that was sent is acknowledged, and there is nothing to recover from, to probe for or to tell. */
static inline bool
acks_all(const struct tcp_conn *c, const struct tcp_segment *s)
{
	return s->ack == c->snd_nxt && !(c->flags & ACK_IS_AWAITED) && c->snd_wnd != 0 && c->recovery == 0 &&
	       !(s->opt.present & TCP_OPT_SACK) && !(c->opt & CONN_METERED);
}

/*
 * A stopped timer's entry costs nothing where it finds the connection in the cache. Among so many, of which each is asked
 * now and then, it would bring in four lines for nothing.
 */
#define COLD_CONNECTIONS 65536u

/* tcp_ack_input() then: the branches that are left of it. */
static __rte_always_inline void
take_all(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	uint32_t acked = s->ack - c->snd_una, rtt_us;
	uint64_t sent_ns;

	tcp_take_timestamp(tcp, c, s);
	tcp_take_window(tcp, c, s);
	if (acked == 0)
		return;
	sent_ns = tcp_take_acked(tcp, c, s->ack);
	tcp_take_una(tcp, c, s->ack);
	rtt_us = tcp_take_rtt(tcp, c, s, sent_ns, false);
	c->dupacks = 0;
	c->backoff = 0;
	if (unlikely(c->cc_block != 0) || tcp_cwnd_was_used(c, acked) || unlikely(tcp->config.linux_cwnd)) {
		struct tcp_cc_sample sample = { .acked = acked, .outstanding = acked, .rtt_us = rtt_us };

		tcp_cc_acked(tcp, c, &sample);
	}
	tcp_timer_stop(c);
	if (unlikely(c->lists & LIST_FRESH) && unlikely(tcp->conns.used > COLD_CONNECTIONS))
		tcp_timer_forget(tcp, c);
	c->timer = tcp->now + c->rto_ms;  /* stopped: when it will have been idle for long, see send_data() */
	if (unlikely(c->flags & CONN_FIN_SENT))
		tcp_fin_acked(tcp, c);
	else if (c->snd_nxt != c->snd_end || unlikely(c->flags & CONN_FIN_QUEUED))
		tcp_conn_owe(tcp, c);
}

/* Text or FIN before which nothing was lost, and nothing waits to be read. */
static inline bool
text_is_alone(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_segment *s)
{
	return s->payload <= c->rcv_mss && c->ooo == 0 && c->unread == 0 && !tcp->pool_low;
}

/* tcp_text_in_order() then */
static __rte_always_inline void
take_text(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	uint32_t length = p->seg.payload;

	if (length > 0) {
		c->rcv_nxt += length;
		tcp->stats->rx_payload_bytes += length;
		tcp_deliver(tcp, c, tcp_payload(p, 0, length), length);
		tcp_count_for_ack(tcp, c, length, 1);
	}
	if (unlikely(p->seg.flags & TCP_FIN))
		tcp_fin_arrives(tcp, c);
	else
		tcp_conn_owe(tcp, c);
}

/* Seventh and eighth, behind an ACK that is through */
static __rte_always_inline int
text_arrives(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;

	if (s->payload == 0 && !(s->flags & TCP_FIN))
		return 0;
	if (unlikely(c->state == TCP_CLOSED))
		return 0;  /* the ACK ended it */
	if (unlikely((c->flags & CONN_FIN_RECEIVED) || ((c->flags & CONN_APP_CLOSED) && s->payload > 0)))
		return tcp_text_input(tcp, c, p);
	if (unlikely(!text_is_alone(tcp, c, s)))
		return tcp_text_in_order(tcp, c, p, 0, s->payload, s->flags & TCP_FIN);
	take_text(tcp, c, p);
	return 0;
}

int
tcp_conn_input(struct tcp *tcp, struct tcp_packet *p, struct tcp_conn *c)
{
	int error;

	if (unlikely(!is_expected(c, p)))
		return c->state == TCP_SYN_SENT ? tcp_syn_sent_input(tcp, c, p) : tcp_segment_arrives(tcp, c, p);
	if (unlikely(c->flags & CONN_NOTED))
		tcp_note(tcp, c, p);
	if (likely(acks_all(c, &p->seg)))
		take_all(tcp, c, &p->seg);
	else if ((error = tcp_ack_input(tcp, c, p)) < 0)
		return error;
	return text_arrives(tcp, c, p);
}

int
tcp_first_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	/* of its ACK only the handshake's is left, which was our SYN's */
	if (unlikely(!is_expected(c, p) || !acks_all(c, &p->seg) || (c->flags & CONN_NOTED) || c->snd_una != c->snd_nxt))
		return tcp_segment_arrives(tcp, c, p);
	tcp_take_timestamp(tcp, c, &p->seg);
	tcp_take_window(tcp, c, &p->seg);
	return text_arrives(tcp, c, p);
}
