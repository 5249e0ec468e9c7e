/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the peer tells of duplicates that it received (RFC 2883, 4 and 5). What follows from it is undo.c's and rack.c's. */

#include "tcp/tcp.h"

/* The first block tells of a duplicate when it lies below the ACK, or within the second. */
static bool
is_duplicate(const struct tcp_segment *s)
{
	const struct sack_block *first = &s->opt.sack[0], *second = &s->opt.sack[1];

	return seq_leq(first->right, s->ack) ||
	       (s->opt.sacks > 1 && seq_geq(first->left, second->left) && seq_leq(first->right, second->right));
}

bool
tcp_dsack_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	const struct sack_block *first = &s->opt.sack[0];

	/* of something that was sent, at least */
	if (!(c->opt & CONN_SACK) || !seq_lt(first->left, first->right) || seq_gt(first->right, c->snd_nxt) || !is_duplicate(s))
		return false;
	tcp->stats->dsacks_rx++;
	if ((c->flags & CONN_ACCOUNT) && c->extra != 0)
		tcp_extra_at(tcp, c->extra)->dsacks++;
	return true;
}
