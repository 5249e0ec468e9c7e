/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What SACK blocks say (RFC 2018, RFC 6675, 4). An ACK repeats the blocks of the
 * last ones, so only what they did not cover is looked for, from where the last
 * was found: an ACK costs what is new in it, not what is in flight.
 *
 * A record counts once a block covers the whole of it. Records end where segments
 * do, so that a part of one is told only where something on the way has cut
 * segments anew; what is in doubt there is sent again.
 */

#include <string.h>

#include <rte_common.h>

#include "tcp/tcp.h"

/* Where the search for seq begins: a record that stands at or before it. */
static uint32_t
search_from(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_recovery *rec, uint32_t seq)
{
	if (rec->sack_high != 0 && seq_leq(tcp_record_at(tcp, rec->sack_high)->seq, seq))
		return rec->sack_high;
	if (rec->sack_from != 0 && seq_leq(tcp_record_at(tcp, rec->sack_from)->seq, seq))
		return rec->sack_from;
	return c->q_head;
}

/* Its delivery answers a transmission from before the last reduction, and no other. */
static bool
is_fresh(const struct tcp_conn *c, const struct tcp_record *r)
{
	return !(r->flags & RECORD_RETRANSMITTED) && seq_leq(r->seq + r->length, c->recover);
}

static void
sack_record(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, uint32_t index, struct tcp_ack_news *news)
{
	const struct tcp_record *r = tcp_record_at(tcp, index);

	news->sacked += r->length;
	news->delivered += r->length;
	news->fresh += is_fresh(c, r) ? r->length : 0;
	tcp_rack_delivered(tcp, c, s, r, news);
	if (unlikely(c->opt & CONN_METERED))
		tcp_rate_delivered(tcp, c, tcp_record_at(tcp, index));
	tcp_record_sacked(tcp, c, index);
}

/* Records that touch [left, right) and lie within the block. Runs that adjoin become one. */
static void
mark(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct sack_seen *block, uint32_t left,
     uint32_t right, struct tcp_ack_news *news)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint32_t i = search_from(tcp, c, rec, left), run = 0, last = 0;

	while (i != 0 && i != c->q_send) {
		const struct tcp_record *r = tcp_record_at(tcp, i);
		uint32_t end = r->seq + r->length;

		if (!(r->flags & RECORD_SACKED)) {
			if (!seq_lt(r->seq, right))
				break;
			if (!seq_gt(end, left) || seq_lt(r->seq, block->left) || seq_gt(end, block->right)) {
				run = 0;
				i = r->next;
				continue;
			}
			sack_record(tcp, c, s, i, news);
		} else if (run == 0 && !seq_lt(r->seq, right)) {
			break;
		}
		if (run != 0)
			tcp_record_at(tcp, run)->again.next = r->again.next;
		else
			run = i;
		last = run;
		i = tcp_record_past(tcp, run);
	}
	if (last == 0)
		return;
	rec->sack_from = last;
	if (rec->sack_high == 0 || seq_gt(tcp_record_at(tcp, last)->seq, tcp_record_at(tcp, rec->sack_high)->seq))
		rec->sack_high = last;
}

/* What of [left, right) the blocks of the last ACK, from the k-th on, did not cover */
static void
mark_unseen(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct sack_seen *block, uint32_t left,
	    uint32_t right, unsigned int k, struct tcp_ack_news *news)
{
	const struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	for (; k < RTE_DIM(rec->seen); k++) {
		const struct sack_seen *seen = &rec->seen[k];

		if (!seq_lt(left, seen->right) || !seq_lt(seen->left, right))
			continue;
		if (seq_lt(left, seen->left))
			mark_unseen(tcp, c, s, block, left, seen->left, k + 1, news);
		if (!seq_lt(seen->right, right))
			return;
		left = seen->right;
	}
	mark(tcp, c, s, block, left, right, news);
}

/* Of what is outstanding, and not below what the ACK itself says; what an old ACK tells has a part there. */
static bool
usable(const struct tcp_conn *c, const struct tcp_segment *s, const struct sack_block *told, struct sack_seen *block)
{
	*block = (struct sack_seen){ seq_max(told->left, seq_max(c->snd_una, s->ack)), told->right };
	return seq_lt(told->left, told->right) && seq_lt(block->left, block->right) && seq_leq(told->right, c->snd_nxt);
}

void
tcp_sack_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	struct sack_seen now[RTE_DIM(rec->seen)];
	unsigned int n = 0;

	if (!(s->opt.present & TCP_OPT_SACK) || !(c->opt & CONN_SACK)) {
		/* what is remembered of the last blocks must not wait until their numbers come round again */
		memset(rec->seen, 0, sizeof(rec->seen));
		return;
	}
	news->dsack = tcp_dsack_input(tcp, c, s);
	if (news->dsack)
		news->dsack_block = (struct sack_seen){ s->opt.sack[0].left, s->opt.sack[0].right };
	memset(now, 0, sizeof(now));
	for (unsigned int i = news->dsack; i < s->opt.sacks && n < RTE_DIM(now); i++) {
		if (!usable(c, s, &s->opt.sack[i], &now[n]))
			continue;
		if ((c->flags & CONN_FIN_SENT) && now[n].right == c->snd_nxt) {
			rec->fin_sacked = true;
			c->flags &= ~(uint32_t)CONN_FIN_LOST;
		}
		mark_unseen(tcp, c, s, &now[n], now[n].left, now[n].right, 0, news);
		n++;
	}
	memcpy(rec->seen, now, sizeof(now));
}

void
tcp_sack_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news)
{
	for (uint32_t i = c->q_head; i != 0 && i != c->q_send; i = tcp_record_at(tcp, i)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, i);
		uint32_t bytes;

		if (!seq_gt(s->ack, r->seq))
			return;
		bytes = RTE_MIN((uint32_t)r->length, s->ack - r->seq);
		if (!(r->flags & RECORD_SACKED)) {
			news->delivered += bytes;
			news->fresh += is_fresh(c, r) ? bytes : 0;
			news->ambiguous |= (r->flags & RECORD_RETRANSMITTED) != 0;
			if (bytes == r->length)
				tcp_rack_delivered(tcp, c, s, r, news);
		}
		tcp_record_leaves(tcp, c, i, bytes);
	}
}

bool
tcp_sack_reneged(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (c->q_head == 0)  /* a FIN has no record */
		return c->recovery != 0 && c->snd_una != c->snd_nxt && tcp_recovery_at(tcp, c->recovery)->fin_sacked;
	return tcp_record_at(tcp, c->q_head)->flags & RECORD_SACKED;
}
