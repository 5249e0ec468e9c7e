/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Undoing of what proved needless. Eifel (RFC 3522): the ACK that ends the wait
 * for what was sent again echoes the timestamp of the first transmission. DSACK
 * (RFC 3708): the peer tells of each retransmission that it had that already.
 * F-RTO asks here too. The response is that of RFC 4015.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

static uint32_t
tsval_of(const struct tcp_conn *c, uint64_t ns)
{
	uint32_t tsval = (uint32_t)(ns / 1000000) + c->ts_offset;

	return tsval != 0 ? tsval : UINT32_MAX;  /* 0 says that there is none; a millisecond before it says too little at most */
}

/*
 * What was sent again already may answer too: a probe, or what an earlier
 * recovery left in flight. A timeout within a recovery goes back to before that.
 */
void
tcp_undo_begin(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r = tcp_recovery_make(tcp, c);

	if (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY))
		return;
	r->undo = true;
	r->undo_over = false;
	r->undo_cwnd = c->cwnd;
	r->undo_ssthresh = c->ssthresh;
	r->undo_from = c->snd_una;
	r->undo_retrans = 0;
	r->undo_tsval = r->again_head != 0 ? tsval_of(c, tcp_record_at(tcp, r->again_head)->sent_ns) : 0;
	for (uint32_t i = r->again_head; i != 0; i = tcp_record_at(tcp, i)->again.next)
		r->undo_retrans += tcp_record_at(tcp, i)->length;
}

void
tcp_undo_sent(struct tcp *tcp, struct tcp_conn *c, const struct tcp_record *record)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	if (c->recovery == 0 || !r->undo)
		return;
	r->undo_retrans += record->length;
	if (r->undo_tsval == 0)
		r->undo_tsval = tsval_of(c, tcp->now_ns);
}

/*
 * RFC 3522, 3.2: an echo from before the first retransmission, and progress. With a DSACK it means that all ACKs
 * in between were lost, which is no sign of a path in health.
 */
static bool
answers_original(const struct tcp_conn *c, const struct tcp_recovery *r, const struct tcp_segment *s,
		 const struct tcp_ack_news *news)
{
	return news->acked > 0 && !news->dsack && r->undo_tsval != 0 && (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)) && (c->opt & CONN_TS) &&
	       (s->opt.present & TCP_OPT_TIMESTAMP) && seq_lt(s->opt.tsecr, r->undo_tsval);
}

/* RFC 3708, 3: each retransmission of this window was the second copy. What is not of it was somebody else's doing. */
static bool
all_denied(const struct tcp_conn *c, struct tcp_recovery *r, const struct tcp_ack_news *news)
{
	const struct sack_seen *block = &news->dsack_block;

	if (!news->dsack || r->undo_retrans == 0 || seq_lt(block->left, r->undo_from) || seq_gt(block->right, c->recover))
		return false;
	r->undo_retrans -= RTE_MIN(r->undo_retrans, block->right - block->left);
	return r->undo_retrans == 0;
}

/* RFC 4015, 3.2, step 9: so long a round trip shall not time out again. */
static void
adapt_timer(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	uint32_t echo_ms = tcp_tsval(tcp, c->ts_offset) - s->opt.tsecr;

	if (news->once_ns != 0)
		tcp_rtt_spurious(tcp, c, (tcp->now_ns - news->once_ns) / 1000);
	else if ((c->opt & CONN_TS) && (s->opt.present & TCP_OPT_TIMESTAMP) && echo_ms <= 2 * tcp->config.rto_max_ms)
		tcp_rtt_spurious(tcp, c, UINT64_C(1000) * echo_ms);
}

/*
 * RFC 4015, 3.2, step 8. All that was sent is in flight again as far as is
 * known, so most often the window is full with that. Where it is not, slow start
 * leads back to it, not a burst.
 */
static void
restore(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *r, const struct tcp_ack_news *news)
{
	uint32_t initial = tcp->config.initial_window * c->mss;
	uint32_t most = tcp_pipe(tcp, c) + r->lost_bytes + RTE_MAX(RTE_MIN(news->delivered, initial), (uint32_t)c->mss);

	c->ssthresh = RTE_MAX(c->ssthresh, r->undo_ssthresh);
	if (r->undo_cwnd > RTE_MAX(c->cwnd, most))
		c->ssthresh = RTE_MAX(c->ssthresh, r->undo_cwnd);
	c->cwnd = RTE_MAX(c->cwnd, RTE_MIN(r->undo_cwnd, most));
	r->undo = false;
	r->frto = FRTO_OFF;
	r->undos++;
	if (tcp_cc_at(c->cc)->undone != NULL)
		tcp_cc_at(c->cc)->undone(tcp, c);
}

bool
tcp_undo_timeout(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	if (!r->undo)
		return false;
	tcp->stats->spurious_rto++;
	adapt_timer(tcp, c, s, news);
	restore(tcp, c, r, news);
	return true;
}

/* Recovery is over, and data that was sent later is acknowledged: no word of it will come any more. */
static void
expire(struct tcp_conn *c, struct tcp_recovery *r)
{
	if (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY))
		return;
	if (!r->undo_over) {
		r->undo_over = true;
		r->undo_until = c->snd_nxt;
	} else if (seq_gt(c->snd_una, r->undo_until)) {
		r->undo = false;
	}
}

bool
tcp_undo_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	if (!r->undo)
		return false;
	if (answers_original(c, r, s, news)) {
		tcp->stats->undos_timestamp++;
	} else if (all_denied(c, r, news)) {
		tcp->stats->undos_dsack++;
	} else {
		expire(c, r);
		return false;
	}
	if (c->flags & CONN_RTO_RECOVERY)
		return tcp_undo_timeout(tcp, c, s, news);
	/* what looked lost was late, also where RACK could not see that */
	if (!news->reordered && !r->reordering_seen) {
		r->reordering_seen = true;
		r->reorderings++;
		tcp->stats->reorderings++;
	}
	restore(tcp, c, r, news);
	return true;
}

void
tcp_undo_forget(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (c->recovery != 0)
		tcp_recovery_at(tcp, c->recovery)->undo = false;
}
