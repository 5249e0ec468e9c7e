/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * TERN_OPT_NOTSENT_LOWAT: how much may wait unsent, however large the buffer. Who sends what is newest (a video's next
 * picture, an answer of higher priority) keeps what is not on its way in his own hands. By Linux's rules: nothing is
 * taken while so much waits that the windows do not let go now; else up to the end of a piece of half the peer's
 * window, the frame that a device would cut; and there is room again when less than half of it waits.
 */

#include "tcp/tcp.h"

#define PIECE_MOST 65536u

/* What the windows let go at once. */
static uint32_t
may_go(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t edge = c->snd_una + c->snd_wnd, pipe = tcp_pipe(tcp, c);

	if (c->state < TCP_ESTABLISHED || !seq_gt(edge, c->snd_nxt) || c->cwnd <= pipe)
		return 0;
	return RTE_MIN(edge - c->snd_nxt, c->cwnd - pipe);
}

static uint32_t
unsent(const struct tcp_conn *c)
{
	return c->flags & CONN_FIN_SENT ? 0 : c->snd_end - c->snd_nxt;
}

uint32_t
tcp_notsent_room(const struct tcp *tcp, const struct tcp_conn *c, uint32_t room)
{
	uint32_t most = tcp_extra(tcp, c)->notsent_lowat, mss = RTE_MAX(c->mss, (uint16_t)1);
	uint32_t piece = RTE_MAX(RTE_MIN(c->max_snd_wnd / 2, PIECE_MOST) / mss, 1u) * mss;
	uint32_t go = may_go(tcp, c), now = unsent(c);
	uint64_t end = go + ((uint64_t)most + piece - 1) / piece * piece;

	if (now >= go && now - go >= most)
		return 0;
	return (uint32_t)RTE_MIN((uint64_t)room, end - now);
}

bool
tcp_notsent_is_low(const struct tcp *tcp, const struct tcp_conn *c)
{
	return 2 * (uint64_t)unsent(c) < tcp_extra(tcp, c)->notsent_lowat;
}
