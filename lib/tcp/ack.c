/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The fifth check of SEGMENT ARRIVES: the ACK field, the send window, and what an acknowledged FIN brings. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

/*
 * RFC 7323, 4.3 (2): only from the segment at the left edge of what was
 * acknowledged, and only once its ACK was found credible: a forged segment
 * must not move the clock by which PAWS judges the true ones.
 */
static void
take_timestamp(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if ((c->opt & CONN_TS) && (s->opt.present & TCP_OPT_TIMESTAMP) && seq_leq(s->seq, c->last_ack_sent)) {
		c->ts_recent = s->opt.tsval;
		c->ts_recent_slow = tcp_slow_tick(tcp);
	}
}

static void
update_window(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
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
		tcp_timer_stop(c);
		c->backoff = 0;
		tcp_conn_owe(tcp, c);
	}
}

/* Those who wait for new data to be acknowledged */
static __rte_noinline void
tell_advance(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_URGENT_OUT)
		tcp_urgent_acked(tcp, c);
	if (c->flags & CONN_WANT_WRITE)
		tcp_conn_writable(tcp, c);
	if ((c->flags & CONN_NOTIFY_SENT) && seq_geq(c->snd_una, c->snd_end))
		tcp_conn_event(tcp, c, TERN_SENT);
}

static inline void
take_una(struct tcp *tcp, struct tcp_conn *c, uint32_t ack)
{
	tcp->stats->acked_payload_bytes += ack - c->snd_una - seq_gt(ack, c->snd_end);  /* a FIN is no payload */
	c->snd_una = ack;
}

/*
 * A round trip, if it is known which transmission (of sent_ns; 0: it is not) was answered. The echo of an ACK that
 * tells of a duplicate is no answer to it: what came again left TS.Recent as it was, and all ACKs since may be lost.
 */
static inline void
take_rtt(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, uint64_t sent_ns, bool dsack,
	 struct tcp_cc_sample *sample)
{
	if (sent_ns != 0) {
		sample->rtt_us = (uint32_t)RTE_MIN(RTE_MAX((tcp->now_ns - sent_ns) / 1000, UINT64_C(1)), (uint64_t)UINT32_MAX);
		tcp_rtt_sample(tcp, c, sample->rtt_us);
	} else if (unlikely(c->backoff > 0 || c->recovery != 0) && (dsack || !tcp_rtt_echo(tcp, c, s)))
		/* Karn: the backed-off RTO stays until a sample replaces it, or a path slower than it is never measured */
		c->rto_ms = tcp_rto_backed_off(tcp, c);
}

/* What follows from progress, whichever way it was found. */
static inline void
go_on(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->snd_una == c->snd_nxt) {
		tcp_timer_stop(c);
		c->timer = tcp->now + c->rto_ms;  /* stopped: when it will have been idle for long, see send_data() */
		c->flags &= ~(uint32_t)CONN_FIN_LOST;  /* it was late, not lost */
	} else {
		tcp_timer_set(tcp, c, tcp->now + tcp_timeout_ms(tcp, c));
	}
	if (c->snd_nxt != c->snd_end || tcp_lost_bytes(tcp, c) > 0 || (c->flags & (CONN_FIN_QUEUED | CONN_FIN_SENT)) == CONN_FIN_QUEUED)
		tcp_conn_owe(tcp, c);
	if (c->flags & (CONN_URGENT_OUT | CONN_WANT_WRITE | CONN_NOTIFY_SENT))
		tell_advance(tcp, c);
}

/* New data was acknowledged, and there is nothing to recover from. */
static void
advance(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	struct tcp_cc_sample sample;
	uint64_t sent_ns;

	/* of its rate nothing but that there is none, unless one is asked for */
	sample.acked = s->ack - c->snd_una;
	sample.outstanding = c->snd_nxt - c->snd_una;
	sample.rtt_us = 0;
	sample.interval_ns = 0;
	if (unlikely(c->opt & CONN_METERED))
		tcp_rate_acked(tcp, c, s->ack, &sample);
	sent_ns = tcp_queue_acked(tcp, c, s->ack);
	take_una(tcp, c, s->ack);
	take_rtt(tcp, c, s, sent_ns, false, &sample);
	c->backoff = 0;
	c->dupacks = 0;
	tcp_cwnd_acked(tcp, c, &sample);
	go_on(tcp, c);
}

/* RFC 5681, 2; with SACK nothing follows from it alone */
static bool
is_duplicate(const struct tcp_conn *c, const struct tcp_segment *s, uint32_t old_window)
{
	return s->ack == c->snd_una && c->snd_una != c->snd_nxt && s->payload == 0 && !(s->flags & TCP_FIN) &&
	       (uint32_t)s->window << c->snd_wscale == old_window;
}

/* Something was lost or came out of order, or may have: the way of recovery.h. */
static __rte_noinline void
careful(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, uint32_t old_window)
{
	struct tcp_cc_sample sample = { .outstanding = c->snd_nxt - c->snd_una };
	struct tcp_ack_news news = {
		.flight = tcp_pipe(tcp, c), .outstanding = sample.outstanding, .fack = c->snd_una,
		.duplicate = is_duplicate(c, s, old_window),
	};
	bool news_of_una = seq_gt(s->ack, c->snd_una);

	tcp_recovery_make(tcp, c);
	tcp_rack_timer_off(tcp, c);
	tcp_sack_input(tcp, c, s, &news);
	if (unlikely(c->opt & CONN_METERED))
		tcp_rate_acked(tcp, c, s->ack, &sample);
	if (news_of_una) {
		sample.acked = news.acked = s->ack - c->snd_una;
		tcp_sack_acked(tcp, c, s, &news);
		tcp_queue_acked(tcp, c, s->ack);
		take_una(tcp, c, s->ack);
		take_rtt(tcp, c, s, news.ambiguous ? 0 : news.once_ns, news.dsack, &sample);
		c->backoff = 0;
		c->dupacks = 0;
	} else if (news.once_ns != 0) {
		take_rtt(tcp, c, s, news.once_ns, news.dsack, &sample);
	}
	tcp_recovery_acked(tcp, c, s, &news, &sample);
	if (news_of_una)
		go_on(tcp, c);
	tcp_recovery_settle(tcp, c, &news);
}

/* Our FIN was acknowledged. */
static void
fin_acked(struct tcp *tcp, struct tcp_conn *c)
{
	switch (c->state) {
	case TCP_FIN_WAIT_1:
		c->state = TCP_FIN_WAIT_2;
		if (c->flags & CONN_APP_CLOSED)
			tcp_watch_fin_wait_2(tcp, c);
		break;
	case TCP_CLOSING:
		tcp_enter_time_wait(tcp, c);
		break;
	case TCP_LAST_ACK:
		tcp_conn_finish(tcp, c, TERN_CLOSE_NORMAL);
		break;
	default:
		break;
	}
}

static int
syn_received(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;

	/* of our SYN, and perhaps of data that went with or behind it */
	if (!seq_gt(s->ack, c->iss) || seq_gt(s->ack, c->snd_nxt)) {
		tcp_reply_rst(tcp, p);
		return -TERN_DROP_TCP_ACK_INVALID;
	}
	take_timestamp(tcp, c, s);
	c->snd_wnd = (uint32_t)s->window << c->snd_wscale;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	c->snd_una = c->iss + 1;
	tcp_timer_stop(c);
	if (c->flags & CONN_SYN_OWED)
		c->flags = (c->flags & ~(uint32_t)CONN_SYN_OWED) | CONN_ACK_NOW;  /* our SYN-ACK never left: the peer waits for an ACK */
	if (c->flags & CONN_PASSIVE)
		tcp_fastopen_established(tcp, c, s);
	tcp_conn_established(tcp, c);
	if (!(c->flags & CONN_PASSIVE)) {
		tcp_conn_event(tcp, c, TERN_CONNECTED);
		tcp_fastopen_answered(tcp, c, s->ack, NULL);
	}
	if (c->snd_una != c->snd_nxt)
		tcp_timer_set(tcp, c, tcp->now + c->rto_ms);
	if (c->flags & CONN_FIN_QUEUED)
		c->state = TCP_FIN_WAIT_1;  /* closed in SYN-RECEIVED */
	tcp_conn_owe(tcp, c);
	return 0;
}

/* RFC 5961, 5.2 (MAY-12): nothing beyond what was sent, nor older than any window we could have been sent */
static bool
is_credible(const struct tcp_conn *c, uint32_t ack)
{
	return !seq_gt(ack, c->snd_nxt) && !seq_lt(ack, c->snd_una - c->max_snd_wnd);
}

/* MUST-37: as long as probes are acknowledged the connection stays. */
static __rte_noinline void
answered(struct tcp *tcp, struct tcp_conn *c)
{
	c->unanswered = tcp->now;
	if (c->flags & CONN_PERSIST)
		c->probes = 0;
}

int
tcp_ack_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;
	uint32_t old_window = c->snd_wnd;

	if (unlikely(c->state == TCP_SYN_RECEIVED)) {
		int error = syn_received(tcp, c, p);

		if (error < 0 || s->ack == c->snd_una)
			return error;
	}
	if (unlikely(s->ack - c->snd_una > c->snd_nxt - c->snd_una) && !is_credible(c, s->ack))
		return tcp_challenge_ack(tcp, c, -TERN_DROP_TCP_ACK_INVALID);
	take_timestamp(tcp, c, s);
	if (unlikely((c->flags & CONN_PERSIST) || c->snd_wnd == 0))
		answered(tcp, c);
	if (seq_geq(s->ack, c->snd_una))
		update_window(tcp, c, s);
	if (unlikely(c->recovery != 0 || (s->opt.present & TCP_OPT_SACK))) {
		careful(tcp, c, s, old_window);
	} else if (seq_gt(s->ack, c->snd_una)) {
		advance(tcp, c, s);
	} else {
		if (is_duplicate(c, s, old_window))
			careful(tcp, c, s, old_window);
		return 0;
	}
	if ((c->flags & CONN_FIN_SENT) && c->snd_una == c->snd_nxt)
		fin_acked(tcp, c);
	return 0;
}
