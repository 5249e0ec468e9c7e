/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Conducts recovery from loss: RACK's verdict begins it, or the third duplicate ACK of a peer without SACK (RFC 5681),
 * a window is reduced once, and it ends when all that was outstanding is acknowledged (RFC 6582, RFC 6675). After a
 * timeout: RFC 6298, 5.
 */

#include <assert.h>

#include <rte_common.h>

#include "tcp/tcp.h"

#define DUPACK_THRESHOLD 3
#define RENEGED_MS 10u

struct tcp_recovery *
tcp_recovery_make(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r;

	if (c->recovery == 0) {
		c->recovery = slab_get(&tcp->recoveries);
		assert(c->recovery != 0);
		r = tcp_recovery_at(tcp, c->recovery);
		*r = (struct tcp_recovery){ .reo_wnd_mult = 1, .rack_fack = c->snd_una, .fin_ns = tcp->now_ns - 1 };
		return r;
	}
	return tcp_recovery_at(tcp, c->recovery);
}

void
tcp_recovery_free(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->recovery == 0)
		return;
	slab_put(&tcp->recoveries, c->recovery);
	c->recovery = 0;
}

/* FlightSize, without what limited transmit has added to it (RFC 5681, 3.2, step 2) */
static uint32_t
flight(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (unlikely(tcp->config.linux_cwnd))
		return c->cwnd;
	return RTE_MIN(c->snd_nxt - c->snd_una, RTE_MAX(c->cwnd, (uint32_t)c->mss));
}

/* One reduction a window: not again for what ECN has told of (RFC 3168, 6.1.2). */
static void
reduce_for_loss(struct tcp *tcp, struct tcp_conn *c, uint32_t bytes)
{
	if (!(c->flags & CONN_ECN_WAIT))
		tcp_cc_at(c->cc)->reduce(tcp, c, bytes, TCP_CC_LOSS);
	tcp_ecn_reduced(c);
	c->flags &= ~CONN_ECN_WAIT;
	c->recover = c->snd_nxt;
}

static void
enter_fast_recovery(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	tcp_undo_begin(tcp, c);
	reduce_for_loss(tcp, c, flight(tcp, c));
	c->flags |= CONN_RECOVERY;
	tcp_tlp_end(tcp, c);
	tcp_prr_begin(tcp, c, news);
	tcp_prr_acked(tcp, c, news);
	tcp->stats->fast_retransmits++;
	tcp->stats->sack_recoveries += (c->opt & CONN_SACK) != 0;
}

static void
leave(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_RECOVERY)
		tcp_prr_end(tcp, c);
	c->flags &= ~(uint32_t)(CONN_RECOVERY | CONN_RTO_RECOVERY);
	tcp_rack_recovered(tcp_recovery_at(tcp, c->recovery));
}

/* What was held lost was late: all is as before, and nothing more is sent again. */
static void
forgive(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	/* late among others is reordered; late with all others is a delay */
	rec->reordering_seen |= (c->opt & CONN_SACK) && !(c->flags & CONN_RTO_RECOVERY);
	tcp_unmark_lost(tcp, c);
	c->flags &= ~(uint32_t)(CONN_FIN_LOST | CONN_RECOVERY | CONN_RTO_RECOVERY);
	tcp_rack_recovered(rec);
	tcp_conn_owe(tcp, c);
}

/*
 * Right behind what a recovery was about they may answer what it sent again needlessly: not again for losses of a
 * window that was dealt with (RFC 6582, 3.2, step 2). For a mark nothing was sent again.
 */
static bool
answers_old_copies(const struct tcp_conn *c)
{
	return c->snd_una == c->recover && !(c->flags & CONN_ECN_WAIT);
}

/* Without SACK each duplicate tells of a segment that has left the network (RFC 6582, 3.2, step 4; RFC 3042). */
static void
count_duplicate(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *rec, struct tcp_ack_news *news)
{
	if (c->dupacks < UINT8_MAX)
		c->dupacks++;
	if ((c->flags & CONN_RTO_RECOVERY) || (c->dupacks >= DUPACK_THRESHOLD && answers_old_copies(c)))
		return;
	news->delivered = c->mss;
	if (rec->dupack_bytes + c->mss <= c->snd_nxt - c->snd_una - rec->lost_bytes)
		rec->dupack_bytes += c->mss;
	if (!(c->flags & CONN_RECOVERY) && c->dupacks == DUPACK_THRESHOLD) {
		tcp_queue_mark_lost(tcp, c, false);
		news->lost = rec->lost_bytes + ((c->flags & CONN_FIN_LOST) != 0);
	}
}

/* A partial ACK tells of the next hole (RFC 6582, 3.2, step 3); the rest of it is what the duplicates were for. */
static void
take_partial(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *rec, struct tcp_ack_news *news)
{
	uint32_t counted = news->acked > c->mss ? news->acked - c->mss : 0;

	counted = RTE_MIN(rec->dupack_bytes, counted);
	news->delivered -= RTE_MIN(news->delivered, counted);
	if (!(c->flags & CONN_RECOVERY) || seq_geq(c->snd_una, c->recover)) {
		rec->dupack_bytes = 0;
		return;
	}
	rec->dupack_bytes -= counted;
	tcp_queue_mark_lost(tcp, c, false);
}

/* Loss detection without SACK: RFC 5681, RFC 6582 */
static void
detect_by_duplicates(struct tcp *tcp, struct tcp_conn *c, struct tcp_ack_news *news)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	if (news->acked > 0)
		take_partial(tcp, c, rec, news);
	else if (news->duplicate)
		count_duplicate(tcp, c, rec, news);
}

static void
detect(struct tcp *tcp, struct tcp_conn *c, struct tcp_ack_news *news)
{
	if (!(c->opt & CONN_SACK)) {
		detect_by_duplicates(tcp, c, news);
		return;
	}
	/* a duplicate is one that SACKs something new (RFC 6675, 2) */
	if (news->acked == 0 && news->sacked > 0 && c->dupacks < UINT8_MAX)
		c->dupacks++;
	news->lost = tcp_rack_detect(tcp, c, &news->again_ms);
}

/* Of a later window than the one that recovery was about. */
static bool
lost_since(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	return rec->lost_bytes > 0 || rec->again_head != 0;
}

/* Enters recovery, goes on with it, ends it. */
static void
conduct(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news, struct tcp_cc_sample *sample)
{
	bool was_recovering = c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY);
	uint32_t grows;

	if (was_recovering && seq_geq(c->snd_una, c->recover)) {
		/* after a timeout: slow start over what was outstanding then */
		if ((c->flags & CONN_RTO_RECOVERY) && news->acked > 0)
			tcp_cc_at(c->cc)->acked(tcp, c, sample);
		leave(tcp, c);
		if ((c->opt & CONN_SACK) && lost_since(tcp, c))
			enter_fast_recovery(tcp, c, news);
	} else if (c->flags & CONN_RECOVERY) {
		tcp_prr_acked(tcp, c, news);
	} else if (c->flags & CONN_RTO_RECOVERY) {
		if (news->acked > 0 && tcp_recovery_at(tcp, c->recovery)->frto != FRTO_SECOND)
			tcp_cc_at(c->cc)->acked(tcp, c, sample);
	} else if (news->lost > 0) {
		enter_fast_recovery(tcp, c, news);
	} else if ((grows = tcp_cwnd_growth(tcp, c, news)) > 0) {
		sample->acked = grows;
		tcp_cwnd_acked(tcp, c, sample);
	}
}

void
tcp_recovery_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news,
		   struct tcp_cc_sample *sample)
{
	bool repaired, needless;

	if (c->opt & CONN_SACK)
		tcp_rack_acked(tcp, c, news);
	repaired = tcp_tlp_acked(tcp, c, s, news);
	needless = tcp_frto_acked(tcp, c, s, news);
	needless |= tcp_undo_acked(tcp, c, s, news);
	if (needless)
		forgive(tcp, c);
	detect(tcp, c, news);
	conduct(tcp, c, news, sample);
	/* a loss that nobody saw is one all the same (RFC 8985, 7.4.2) */
	if (repaired && !(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY))) {
		/* of the flight that it was the tail of, little may be left to be seen */
		reduce_for_loss(tcp, c, c->cwnd);
		c->cwnd = c->ssthresh;
		tcp_undo_forget(tcp, c);
	}
	if (news->acked + news->sacked + news->lost > 0 || news->duplicate)
		tcp_conn_owe(tcp, c);
}

/* Nothing is known that the next ACK could need. What is kept of reordering stays. */
static bool
is_idle(const struct tcp_conn *c, const struct tcp_recovery *rec)
{
	return !(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)) && rec->lost_bytes + rec->sacked_bytes + rec->dupack_bytes == 0 &&
	       rec->again_head == 0 && !rec->fin_sacked && !rec->reordering_seen && rec->reo_wnd_mult == 1 && !rec->dsack_seen &&
	       !rec->tlp_owed && !rec->tlp_out && !rec->undo && rec->frto == 0;
}

void
tcp_recovery_settle(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	if (is_idle(c, tcp_recovery_at(tcp, c->recovery))) {
		tcp_recovery_free(tcp, c);
		return;
	}
	/*
	 * The ACK ends within what was SACKed: a peer that dropped it, or one that tells of a hole's filling in several
	 * ACKs, whose next is here soon. What follows if not is the timeout's, which forgets the marks; Linux waits as long.
	 */
	if (news->acked > 0 && tcp_sack_reneged(tcp, c))
		tcp_timer_set(tcp, c, seq_min(c->timer, tcp->now + RTE_MAX(c->srtt_us / 2000, RENEGED_MS)));
	tcp_rack_timer_set(tcp, c, news->again_ms);
}

/* RACK's timer: nothing has come since, and what is due is lost. */
void
tcp_reordering_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_ack_news news = { .again_ms = 0 };

	tcp_rack_timer_off(tcp, c);
	tcp_timer_set(tcp, c, c->timer);
	tcp->stats->rack_timeouts++;
	news.lost = tcp_rack_detect(tcp, c, &news.again_ms);
	if (news.lost > 0 && !(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)))
		enter_fast_recovery(tcp, c, &news);
	else if (c->flags & CONN_RECOVERY)
		tcp_prr_acked(tcp, c, &news);
	tcp_rack_timer_set(tcp, c, news.again_ms);
	tcp_conn_owe(tcp, c);
}

/* What is lost by a timeout; what was SACKed is not, unless the peer has dropped it (RFC 2018, 8; RFC 8985, 6.3). */
static void
mark_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_make(tcp, c);

	rec->dupack_bytes = 0;
	if (!(c->opt & CONN_SACK)) {
		tcp_queue_mark_lost(tcp, c, true);
	} else if (tcp_sack_reneged(tcp, c)) {
		tcp->stats->sack_reneged++;
		tcp_unmark_sacked(tcp, c);
		tcp_queue_mark_lost(tcp, c, true);
	} else {
		tcp_rack_mark_timeout(tcp, c);
	}
}

void
tcp_recovery_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	tcp_frto_begin(tcp, c);
	tcp_tlp_end(tcp, c);
	/* ssthresh once a loss, not once a retransmission (RFC 5681, 3.1) */
	if (c->backoff == 0) {
		tcp_undo_begin(tcp, c);
		tcp_cc_at(c->cc)->reduce(tcp, c, flight(tcp, c), TCP_CC_TIMEOUT);
	}
	tcp_ecn_reduced(c);
	c->flags &= ~(uint32_t)(CONN_RECOVERY | CONN_ECN_WAIT);
	c->flags |= CONN_RTO_RECOVERY;
	c->recover = c->snd_nxt;
	c->cwnd = c->mss;
	c->dupacks = 0;
	mark_timeout(tcp, c);
}
