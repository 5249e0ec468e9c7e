/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Whether cwnd was what limited sending, as Linux asks it (config.growth_by_round): by the most that was outstanding
 * since the last round trip began, not by what is when an ACK comes.
 */

#include "tcp/tcp.h"

bool
tcp_cwnd_was_used_in_round(struct tcp *tcp, struct tcp_conn *c, uint32_t outstanding)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return tcp_cwnd_was_used(c, outstanding);
	if (seq_gt(c->snd_una, x->round_end) || outstanding >= x->round_most) {
		x->round_end = c->snd_nxt;
		x->round_most = outstanding;
	}
	if (c->cwnd < c->ssthresh)
		return c->cwnd < 2 * x->round_most;
	return x->round_most + c->mss > c->cwnd;
}
