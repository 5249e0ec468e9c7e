/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* SYN-SENT (RFC 9293, 3.10.7.3), step by step. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/rtt.h"
#include "tcp/tcp.h"

static void
take_options(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	const struct tcp_options *opt = &p->seg.opt;
	uint16_t mss = opt->present & TCP_OPT_MSS ? opt->mss : p->v4 ? 536 : 1220;  /* MUST-15 */

	if (!(opt->present & TCP_OPT_TIMESTAMP))
		c->opt &= (uint8_t)~CONN_TS;
	if (!(opt->present & TCP_OPT_SACK_OK))
		c->opt &= (uint8_t)~CONN_SACK;
	if (opt->present & TCP_OPT_WSCALE)
		c->snd_wscale = opt->wscale;
	else
		c->opt &= (uint8_t)~CONN_WSCALE;
	/* an echo of both bits comes from hosts that copy what they do not know (RFC 3168, 6.1.1) */
	if (p->seg.flags & TCP_ACK ? !tcp_ecn_granted(p->seg.flags) : !tcp_ecn_asked(p->seg.flags))
		c->opt &= (uint8_t)~CONN_ECN;
	if (c->opt & CONN_TS) {
		c->ts_recent = opt->tsval;
		c->ts_recent_slow = tcp_slow_tick(tcp);
	}
	tcp_conn_negotiated(tcp, c, mss);
}

/*
 * A SYN-ACK that echoes a timestamp which no SYN of ours had answers another incarnation's, or is a guess. Linux refuses
 * it as well, and like us takes 0 for no echo at all, as some peers have it.
 */
static inline bool
echoes_our_syn(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_segment *s)
{
	if (!(s->opt.present & TCP_OPT_TIMESTAMP) || !(c->opt & CONN_TS) || unlikely(s->opt.tsecr == 0))
		return true;
	return s->opt.tsecr - c->ts_offset - c->unanswered <= tcp->now - c->unanswered;
}

static void
syn_received(struct tcp *tcp, struct tcp_conn *c)
{
	c->state = TCP_SYN_RECEIVED;
	c->flags |= CONN_SYN_OWED;
	tcp_conn_owe(tcp, c);
}

static void
syn_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if (!(c->flags & CONN_SYN_WAS_LOST))
		tcp_rtt_sample(tcp, c, 1000u * RTE_MAX(tcp->now - c->unanswered, 1u));
	else
		tcp_rtt_echo(tcp, c, s);
	c->snd_una = c->iss + 1;
	tcp_timer_stop(c);
	tcp_conn_established(tcp, c);
	if (unlikely(c->opt & CONN_FASTOPEN))
		tcp_fastopen_answered(tcp, c, s->ack, &s->opt);
	c->flags |= CONN_ACK_NOW;
	tcp_conn_event(tcp, c, TERN_CONNECTED);
	tcp_conn_owe(tcp, c);
}

int
tcp_syn_sent_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	struct tcp_segment *s = &p->seg;
	bool ack = s->flags & TCP_ACK;

	/* first, the ACK: of the SYN, and perhaps of data on it */
	if (ack && (!seq_gt(s->ack, c->iss) || seq_gt(s->ack, c->snd_nxt) ||
		    (!(s->flags & TCP_RST) && unlikely(!echoes_our_syn(tcp, c, s))))) {
		if (!(s->flags & TCP_RST))
			tcp_reply_rst(tcp, p);
		return -TERN_DROP_TCP_ACK_INVALID;
	}
	/* second, RST */
	if (s->flags & TCP_RST) {
		tcp->stats->rst_rx++;
		if (!ack)
			return -TERN_DROP_TCP_RST_INVALID;
		if (c->opt & CONN_ECN) {
			/* perhaps the question was refused by something on the way: once more without (RFC 3168, 6.1.1.1) */
			c->opt &= (uint8_t)~CONN_ECN;
			c->flags |= CONN_SYN_OWED;
			tcp_conn_owe(tcp, c);
			return 0;
		}
		tcp_conn_finish(tcp, c, TERN_CLOSE_REFUSED);
		return 0;
	}
	/* fourth, SYN */
	if (!(s->flags & TCP_SYN))
		return -TERN_DROP_TCP_ACK_MISSING;
	c->rcv_nxt = s->seq + 1;
	c->rcv_adv = c->rcv_nxt + RTE_MIN(c->rcvbuf, (uint32_t)UINT16_MAX);
	c->last_ack_sent = c->rcv_nxt;
	take_options(tcp, c, p);
	c->snd_wnd = s->window;  /* a SYN's window is never scaled (RFC 7323, 2.2) */
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	if (!ack) {
		syn_received(tcp, c);  /* simultaneous open (MUST-10) */
		return 0;
	}
	syn_acked(tcp, c, s);
	if (s->flags & TCP_URG)
		tcp_urgent_input(tcp, c, s);
	if (s->payload == 0 && !(s->flags & TCP_FIN))
		return 0;
	/* sixth and on: what came with it */
	s->seq++;
	s->flags &= (uint8_t)~TCP_SYN;
	return tcp_text_input(tcp, c, p);
}
