/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The fifth check of SEGMENT ARRIVES: the ACK field, the send window, and what an acknowledged FIN brings. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/ack.h"

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
	sample.interval_ns = 0;
	if (unlikely(c->opt & CONN_METERED))
		tcp_rate_acked(tcp, c, s->ack, &sample);
	sent_ns = tcp_take_acked(tcp, c, s->ack);
	tcp_take_una(tcp, c, s->ack);
	sample.rtt_us = tcp_take_rtt(tcp, c, s, sent_ns, false);
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
		tcp_take_una(tcp, c, s->ack);
		sample.rtt_us = tcp_take_rtt(tcp, c, s, news.ambiguous ? 0 : news.once_ns, news.dsack);
		c->backoff = 0;
		c->dupacks = 0;
	} else if (news.once_ns != 0) {
		sample.rtt_us = tcp_take_rtt(tcp, c, s, news.once_ns, news.dsack);
	}
	tcp_recovery_acked(tcp, c, s, &news, &sample);
	if (news_of_una)
		go_on(tcp, c);
	tcp_recovery_settle(tcp, c, &news);
}

void
tcp_fin_acked(struct tcp *tcp, struct tcp_conn *c)
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
	tcp_take_timestamp(tcp, c, s);
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

void
tcp_window_opens(struct tcp *tcp, struct tcp_conn *c)
{
	/* it was closed for an RTO, in which nothing was sent (RFC 5681, 4.1) */
	if (c->backoff > 0)
		tcp_conn_restart_window(tcp, c);
	tcp_timer_stop(c);
	c->backoff = 0;
	tcp_conn_owe(tcp, c);
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
	tcp_take_timestamp(tcp, c, s);
	if (unlikely((c->flags & CONN_PERSIST) || c->snd_wnd == 0))
		answered(tcp, c);
	if (seq_geq(s->ack, c->snd_una))
		tcp_take_window(tcp, c, s);
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
		tcp_fin_acked(tcp, c);
	return 0;
}
