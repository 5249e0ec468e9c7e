/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Forward RTO recovery (RFC 5682). After a timeout one segment goes again, as
 * always; but what its ACK opens goes to new data, and the next ACK tells: if it
 * acknowledges what was sent before the timeout and never again, that was late,
 * not lost, and the timeout is undone. If not, recovery goes on as usual.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

/* Step 1; before the timeout changes anything. Not within a recovery, but again when nothing came since the last timeout. */
void
tcp_frto_begin(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r = tcp_recovery_make(tcp, c);
	bool fresh = !(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY));

	r->frto = fresh || (c->backoff > 0 && r->frto == FRTO_FIRST) ? FRTO_FIRST : FRTO_OFF;
}

/* Step 2b wants two segments of new data; where not even one may go, the usual recovery does more. */
static bool
has_new_data(const struct tcp_conn *c)
{
	uint32_t edge = c->snd_una + c->snd_wnd;

	return !(c->flags & CONN_FIN_SENT) && c->snd_end - c->snd_nxt >= c->mss && seq_geq(edge, c->snd_nxt + c->mss);
}

/* Step 2: the first ACK. What a duplicate SACKs is no answer to the retransmission: the wait goes on. */
static void
first_ack(struct tcp *tcp, struct tcp_conn *c, struct tcp_recovery *r, const struct tcp_ack_news *news)
{
	if (news->acked == 0) {
		if (news->duplicate && !(c->opt & CONN_SACK))
			r->frto = FRTO_OFF;
		return;
	}
	if (seq_geq(c->snd_una, c->recover) || !has_new_data(c)) {
		r->frto = FRTO_OFF;
		return;
	}
	r->frto = FRTO_SECOND;
	c->cwnd = tcp_pipe(tcp, c) + 2 * c->mss;
}

/* Step 3a: the loss was real. */
static void
second_ack(struct tcp_conn *c, struct tcp_recovery *r, const struct tcp_ack_news *news)
{
	if (news->acked == 0 && news->sacked == 0 && !news->duplicate)
		return;
	r->frto = FRTO_OFF;
	c->cwnd = RTE_MIN(c->cwnd, 3u * c->mss);
}

bool
tcp_frto_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	if (r->frto == FRTO_OFF)
		return false;
	/* step 3b; an ACK that takes a retransmission along proves nothing, as that may have been what filled the hole */
	if (news->fresh > 0 && !news->ambiguous && tcp_undo_timeout(tcp, c, s, news)) {
		tcp->stats->undos_frto++;
		return true;
	}
	if (r->frto == FRTO_FIRST)
		first_ack(tcp, c, r, news);
	else
		second_ack(c, r, news);
	return false;
}
