/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * RACK (RFC 8985, 6): what was sent a reordering window before the newest thing
 * delivered, and has not come, is lost. Records sent once lie in the queue in the
 * order of their sending, those sent again in a list of their own, so each list is
 * judged from where the last judgement ended, up to the first that may still come.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

#define DUP_THRESH 3u           /* RFC 5681 */
#define REO_WND_PERSIST 16u     /* recoveries, 6.2 step 4 */
#define NS_PER_MS 1000000u

/* RFC 8985, 6.2: RACK_sent_after() */
static bool
sent_after(uint64_t a_ns, uint32_t a_end, uint64_t b_ns, uint32_t b_end)
{
	return a_ns > b_ns || (a_ns == b_ns && seq_gt(a_end, b_end));
}

/*
 * The echo is older than this transmission of it, so an earlier one was delivered. It tells where the record is
 * acknowledged cumulatively alone: an ACK that SACKs it echoes what came in order before (RFC 7323, 4.3).
 */
static bool
echoes_earlier(const struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_record *r)
{
	uint32_t tsval = (uint32_t)(r->sent_ns / NS_PER_MS) + c->ts_offset;

	return (c->opt & CONN_TS) && (s->opt.present & TCP_OPT_TIMESTAMP) && seq_leq(r->seq + r->length, s->ack) &&
	       seq_lt(s->opt.tsecr, tsval);
}

void
tcp_rack_delivered(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_segment *s,
		   const struct tcp_record *r, struct tcp_ack_news *news)
{
	const struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint32_t end = r->seq + r->length;
	bool again = r->flags & RECORD_RETRANSMITTED, earlier = again && echoes_earlier(c, s, r);

	news->fack = seq_max(news->fack, end);
	if (!again)
		news->once_ns = RTE_MAX(news->once_ns, r->sent_ns);
	/* step 3 asks for what was never sent again, as it cannot tell; the echo can */
	if ((!again || earlier) && seq_lt(end, rec->rack_fack)) {
		news->reordered = true;
		news->reordering = RTE_MAX(news->reordering, rec->rack_fack - r->seq);
	}
	/* step 2's two questions: is the ACK for an earlier transmission? */
	if (again && (earlier || tcp->now_ns - r->sent_ns < UINT64_C(1000) * c->min_rtt_us))
		return;
	if (!sent_after(r->sent_ns, end, news->sent_ns, news->end_seq))
		return;
	news->sent_ns = r->sent_ns;
	news->end_seq = end;
	news->again = again;
}

/* A probe's own duplicate says nothing of reordering. */
static bool
is_probes(const struct tcp_recovery *rec, const struct tcp_ack_news *news)
{
	return rec->tlp_out && rec->tlp_is_retrans && news->dsack_block.right == rec->tlp_end_seq;
}

/* Step 4's first half: a round trip with DSACK in it widens the window, as the reordering was underestimated. */
static void
adapt(const struct tcp_conn *c, struct tcp_recovery *rec, const struct tcp_ack_news *news)
{
	if (rec->dsack_seen && seq_geq(c->snd_una, rec->dsack_round))
		rec->dsack_seen = false;
	if (rec->dsack_seen || !news->dsack || is_probes(rec, news))
		return;
	rec->dsack_seen = true;
	rec->dsack_round = c->snd_nxt;
	if (rec->reo_wnd_mult < UINT8_MAX)
		rec->reo_wnd_mult++;
	rec->reo_wnd_persist = REO_WND_PERSIST;
}

void
tcp_rack_recovered(struct tcp_recovery *rec)
{
	if (rec->reo_wnd_persist > 0 && --rec->reo_wnd_persist == 0)
		rec->reo_wnd_mult = 1;
}

void
tcp_rack_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	adapt(c, rec, news);
	if (news->reordered) {
		rec->reordering_seen = true;
		rec->reorderings++;
		rec->reordering = RTE_MAX(rec->reordering, news->reordering);
		tcp->stats->reorderings++;
	}
	rec->rack_fack = seq_max(rec->rack_fack, seq_max(news->fack, c->snd_una));
	if (news->sent_ns == 0)
		return;
	rec->rack_rtt_us = (uint32_t)RTE_MIN((tcp->now_ns - news->sent_ns + 999) / 1000, (uint64_t)UINT32_MAX);
	if (sent_after(news->sent_ns, news->end_seq, rec->rack_xmit_ns, rec->rack_end_seq)) {
		rec->rack_xmit_ns = news->sent_ns;
		rec->rack_end_seq = news->end_seq;
	}
}

/*
 * Step 4. Until reordering is seen, as many segments as RFC 5681 waits for decide at once;
 * they are counted as RFC 6675, 5 (1) and (2) does.
 */
static uint32_t
reo_wnd_us(const struct tcp_conn *c, const struct tcp_recovery *rec)
{
	if (!rec->reordering_seen && ((c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)) || c->dupacks >= DUP_THRESH ||
				      rec->sacked_bytes > (DUP_THRESH - 1) * c->mss))
		return 0;
	return (uint32_t)RTE_MIN((uint64_t)rec->reo_wnd_mult * c->min_rtt_us / 4, (uint64_t)c->srtt_us);
}

struct judge {
	const struct tcp_recovery *rec;
	uint64_t now_ns, allow_ns;    /* RACK.rtt + RACK.reo_wnd */
	uint64_t due_ns;              /* when the first that may still come is lost; 0: none yet */
};

enum verdict { LATER_SENT, MAY_COME, IS_LOST };

static enum verdict
judge(struct judge *j, uint64_t sent_ns, uint32_t end)
{
	uint64_t due_ns = sent_ns + j->allow_ns;

	if (!sent_after(j->rec->rack_xmit_ns, j->rec->rack_end_seq, sent_ns, end))
		return LATER_SENT;
	if (due_ns <= j->now_ns)
		return IS_LOST;
	if (j->due_ns == 0 || due_ns < j->due_ns)
		j->due_ns = due_ns;
	return MAY_COME;
}

static enum verdict
judge_record(struct judge *j, const struct tcp_record *r)
{
	return judge(j, r->sent_ns, r->seq + r->length);
}

static uint32_t
judge_sent_once(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *rec, struct judge *j)
{
	uint32_t i = rec->rack_from != 0 ? rec->rack_from : c->q_head, lost = 0;

	while (i != 0 && i != c->q_send) {
		const struct tcp_record *r = tcp_record_at(tcp, i);

		rec->rack_from = i;
		if (!(r->flags & (RECORD_SACKED | RECORD_LOST | RECORD_RETRANSMITTED))) {
			if (judge_record(j, r) != IS_LOST)
				break;
			lost += r->length;
			tcp_record_lost(tcp, c, i);
		}
		i = tcp_record_past(tcp, i);
	}
	return lost;
}

static uint32_t
judge_sent_again(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *rec, struct judge *j)
{
	uint32_t lost = 0, end = 0, length = 0;

	while (rec->again_head != 0) {
		const struct tcp_record *r = tcp_record_at(tcp, rec->again_head);

		if (judge_record(j, r) != IS_LOST)
			break;
		lost += r->length;
		/* a segment may have been several records */
		length = r->seq == end && length + r->length <= c->mss ? length + r->length : r->length;
		tcp->stats->lost_retransmits += length == r->length;
		end = r->seq + r->length;
		tcp_record_lost(tcp, c, rec->again_head);
	}
	return lost;
}

static uint32_t
judge_fin(struct tcp_conn *c, struct judge *j)
{
	if (!(c->flags & CONN_FIN_SENT) || (c->flags & CONN_FIN_LOST) || j->rec->fin_sacked || c->snd_una == c->snd_nxt)
		return 0;
	if (judge(j, j->rec->fin_ns, c->snd_nxt) != IS_LOST)
		return 0;
	c->flags |= CONN_FIN_LOST;
	return 1;
}

/*
 * Step 5, but the time to look again is the first that something may be lost at, not the last: whoever is
 * late is found in its turn, and the queue is not walked up to the newest delivery with each ACK.
 */
uint32_t
tcp_rack_detect(struct tcp *tcp, struct tcp_conn *c, uint32_t *again_ms)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	struct judge j = { .rec = rec, .now_ns = tcp->now_ns };
	uint32_t lost;

	*again_ms = 0;
	if (rec->rack_xmit_ns == 0)
		return 0;
	j.allow_ns = UINT64_C(1000) * ((uint64_t)rec->rack_rtt_us + reo_wnd_us(c, rec));
	lost = judge_sent_once(tcp, c, rec, &j);
	lost += judge_sent_again(tcp, c, rec, &j);
	lost += judge_fin(c, &j);
	/* in ticks, never early */
	if (j.due_ns != 0)
		*again_ms = (uint32_t)((j.due_ns + NS_PER_MS - 1) / NS_PER_MS - tcp->now_ns / NS_PER_MS);
	return lost;
}

/* RFC 8985, 6.3: the oldest, and what was sent a round trip and a reordering window ago; the younger may be on its way. */
void
tcp_rack_mark_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint64_t rtt_us = rec->rack_rtt_us != 0 ? rec->rack_rtt_us : c->srtt_us;
	uint64_t allow_ns = UINT64_C(1000) * (rtt_us + reo_wnd_us(c, rec));

	for (uint32_t i = c->q_head; i != 0 && i != c->q_send; i = tcp_record_past(tcp, i))
		if (i == c->q_head || tcp_record_at(tcp, i)->sent_ns + allow_ns <= tcp->now_ns)
			tcp_record_lost(tcp, c, i);
	if ((c->flags & CONN_FIN_SENT) && !rec->fin_sacked && (c->q_head == 0 || rec->fin_ns + allow_ns <= tcp->now_ns))
		c->flags |= CONN_FIN_LOST;
}

/* ---- the reordering timer, in the place of the retransmission timer, whose deadline it remembers */

void
tcp_rack_timer_set(struct tcp *tcp, struct tcp_conn *c, uint32_t again_ms)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	if (again_ms == 0 || !(c->flags & CONN_TIMER) || (c->flags & CONN_PERSIST) || seq_geq(tcp->now + again_ms, c->timer))
		return;
	rec->reo_timer = true;
	rec->rto_tick = c->timer;
	tcp_timer_set(tcp, c, tcp->now + again_ms);
}

void
tcp_rack_timer_off(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	if (!rec->reo_timer)
		return;
	rec->reo_timer = false;
	c->timer = rec->rto_tick;  /* later, so its entry in the wheel is early enough */
}

void
tcp_rto_restart(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint32_t deadline = tcp->now + tcp_rto_backed_off(tcp, c);

	if (rec->reo_timer && seq_lt(c->timer, deadline))
		rec->rto_tick = deadline;
	else
		tcp_timer_set(tcp, c, deadline);
}
