/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The congestion window as Linux keeps it (config.linux_cwnd), where RFCs leave a choice or say SHOULD:
 *
 * - what limited sending is asked by the most that was outstanding since the last round trip began, not by what is when an
 *   ACK comes;
 * - it grows by what was newly delivered: not again for what was SACKed before; and where reordering is usual also by
 *   what is SACKed;
 * - a loss reduces cwnd, and not what was in flight (RFC 9438, 4.6, allows it; RFC 5681, 3.1, does not);
 * - slow start ends where a round's trips are longer than the shortest of all, without RFC 9406's conservative one.
 */

#include "tcp/tcp.h"

#define USUAL_REORDERING 3u   /* segments: beyond it a SACK says that the path delivers, not that it lost */

uint32_t
tcp_cwnd_growth(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_ack_news *news)
{
	if (likely(!tcp->config.linux_cwnd))
		return news->acked;
	return news->acked > 0 || tcp_recovery_at(tcp, c->recovery)->reordering > USUAL_REORDERING * c->mss ? news->delivered : 0;
}

bool
tcp_cwnd_was_used_in_round(struct tcp *tcp, struct tcp_conn *c, uint32_t outstanding)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return tcp_cwnd_was_used(c, outstanding);
	/* SND.UNA as it was before the ACK: what that answers belongs to the round before */
	if (seq_geq(c->snd_nxt - outstanding, x->round_end) || outstanding >= x->round_most) {
		x->round_end = c->snd_nxt;
		x->round_most = outstanding;
	}
	if (c->cwnd < c->ssthresh)
		return c->cwnd < 2 * x->round_most;
	return x->round_most + c->mss > c->cwnd;
}
