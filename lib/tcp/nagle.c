/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Nagle's algorithm as Minshall changed it, and Linux has it (config.nagle_minshall): a short segment waits for another
 * short one alone, not for full ones, so that the end of a large answer need not wait for an ACK.
 */

#include "tcp/output.h"

bool
tcp_nagle_small_is_acked(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);

	/* not in flight any more: what seems to lie beyond that is of long ago, as sequence numbers come again */
	return !x->sent_small || seq_leq(x->small_end, c->snd_una) || seq_gt(x->small_end, c->snd_nxt);
}

/* Up to SND.NXT the last one was short. What a SYN was to carry is sent again, and no small segment, as in Linux. */
void
tcp_nagle_note(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	if (x->rode && seq_leq(x->rode_end, c->snd_una))
		x->rode = false;
	if (x->rode && seq_leq(c->snd_nxt, x->rode_end))
		return;
	x->sent_small = true;
	x->small_end = c->snd_nxt;
}
