/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Tail loss probes (RFC 8985, 7). Behind the last segments of a flight nothing
 * comes whose ACK could tell that they are lost; so after two round trips
 * without an ACK one segment more goes, new or the last one again, and RACK
 * judges by what the peer says of it. Only where that is not answered either
 * comes the retransmission timeout.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

/* 7.2: whether the timer that runs may be the probe's. */
static bool
may_probe(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_recovery *r;

	if (!(c->opt & CONN_SACK) || c->backoff > 0 || (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)))
		return false;
	if (c->recovery == 0)
		return true;
	r = tcp_recovery_at(tcp, c->recovery);
	/* one at a time; and what is lost or SACKed is RACK's affair */
	return !r->tlp_out && !r->tlp_owed && !r->reo_timer && !r->fin_sacked && r->sacked_bytes == 0 && r->lost_bytes == 0;
}

uint32_t
tcp_pto_ms(const struct tcp *tcp, const struct tcp_conn *c)
{
	return may_probe(tcp, c) ? tcp_pto_clean_ms(c) : tcp_rto_backed_off(tcp, c);
}

/* Tick of the last transmission of the oldest that waits for its ACK; false: nothing but a FIN does */
static bool
oldest_sent(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *tick)
{
	if (c->q_head == 0 || c->q_head == c->q_send)
		return false;
	*tick = (uint32_t)(tcp_record_at(tcp, c->q_head)->sent_ns / 1000000);
	return true;
}

/* The probe is due two round trips behind what went last, but not later than the timeout of what went first. */
void
tcp_tlp_again(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline)
{
	uint32_t oldest;

	if (c->state < TCP_ESTABLISHED || !may_probe(tcp, c))
		return;
	if (oldest_sent(tcp, c, &oldest))
		deadline = seq_min(deadline, oldest + c->rto_ms);
	tcp_timer_set(tcp, c, seq_max(deadline, tcp->now + 1));
}

bool
tcp_tlp_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	bool has_record;
	uint32_t oldest;

	/* what the peer has dropped waits for no round trip: see tcp_recovery_settle() */
	if (c->snd_una == c->snd_nxt || c->backoff > 0 || tcp_sack_reneged(tcp, c))
		return false;
	has_record = oldest_sent(tcp, c, &oldest);
	if (!has_record)
		oldest = tcp->now - c->rto_ms;
	if (may_probe(tcp, c) && seq_leq(c->snd_nxt, c->snd_una + c->snd_wnd)) {
		tcp_recovery_make(tcp, c)->tlp_owed = true;
		/* R2 of a FIN alone does not begin before it was sent */
		c->unanswered = has_record ? oldest : tcp->now - RTE_MIN(tcp_pto_clean_ms(c), c->rto_ms);
		tcp_conn_owe(tcp, c);
		/* 7.3: the next is the timeout, whether a probe can be sent or not */
		tcp_timer_set(tcp, c, tcp->now + c->rto_ms);
		return true;
	}
	/* a probe was due, and may not be any more: the timeout never comes sooner for that (RFC 6298, 5) */
	if (!seq_gt(oldest + c->rto_ms, tcp->now))
		return false;
	tcp_timer_set(tcp, c, oldest + c->rto_ms);
	/* RACK's timer gave way to this one, as that came sooner */
	if ((c->opt & CONN_SACK) && c->recovery != 0)
		tcp_reordering_timeout(tcp, c);
	return true;
}

uint32_t
tcp_tlp_last(struct tcp *tcp, struct tcp_conn *c, uint32_t *length)
{
	uint32_t first = c->q_head, index;
	bool ends_record = false;  /* the application's: no segment goes on behind it */

	*length = 0;
	for (index = first; index != 0 && index != c->q_send; index = tcp_record_at(tcp, index)->next) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		/* segments have become shorter since: its end is enough */
		if (r->length > c->mss && !tcp_queue_split(tcp, c, index, r->length - c->mss))
			return 0;
		*length = ends_record ? r->length : *length + r->length;
		first = ends_record ? index : first;
		ends_record = r->flags & RECORD_EOR;
		while (*length > c->mss) {
			*length -= tcp_record_at(tcp, first)->length;
			first = tcp_record_at(tcp, first)->next;
		}
	}
	return *length == 0 ? 0 : first;
}

void
tcp_tlp_sent(struct tcp *tcp, struct tcp_conn *c, bool again)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	r->tlp_out = true;
	r->tlp_is_retrans = again;
	r->tlp_end_seq = c->snd_nxt;
	tcp->stats->tlp_probes++;
}

void
tcp_tlp_end(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	r->tlp_owed = r->tlp_out = false;
}

/* 7.4.2, case 1: the original and the probe both arrived. A FIN may be counted into the block or not. */
static bool
is_probes_dsack(const struct tcp_conn *c, const struct tcp_recovery *r, const struct tcp_ack_news *news)
{
	return news->dsack && (news->dsack_block.right == r->tlp_end_seq ||
			       ((c->flags & CONN_FIN_SENT) && news->dsack_block.right + 1 == r->tlp_end_seq));
}

bool
tcp_tlp_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	if (!r->tlp_out || seq_lt(s->ack, r->tlp_end_seq))
		return false;
	if (!r->tlp_is_retrans || is_probes_dsack(c, r, news)) {
		r->tlp_out = false;
	} else if (seq_gt(s->ack, r->tlp_end_seq)) {
		/* nobody said that it came twice: the original was lost, and that is congestion */
		r->tlp_out = false;
		tcp->stats->tlp_recoveries++;
		return true;
	} else if (news->duplicate && news->sacked == 0 && s->opt.sacks == 0) {
		r->tlp_out = false;  /* case 2, of a peer without DSACK */
	}
	return false;
}
