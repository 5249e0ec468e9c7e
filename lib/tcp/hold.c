/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Short segments that the application holds back, by Linux's rules: under TERN_OPT_CORK until it is taken off, under
 * TERN_OPT_MORE until the next write without it, or until something is acknowledged: who promised more has not kept up.
 * TERN_OPT_NODELAY lets go what is queued. Where nothing is in flight the persist timer lets go, a retransmission
 * timeout after it could have gone (MUST-60: nothing is kept for ever). A FIN ends it all.
 */

#include "tcp/output.h"

bool
tcp_is_held(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	if (c->extra == 0 || (c->flags & CONN_FIN_QUEUED))
		return false;
	/* forgotten when it is passed, as sequence numbers come again */
	if (x->pushed && seq_lt(x->push_end, c->snd_end))
		x->pushed = false;
	return !x->pushed && (x->corked || (x->more && x->more_una == c->snd_una));
}

void
tcp_hold_push(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x;

	if (c->extra == 0)
		return;
	x = tcp_extra_at(tcp, c->extra);
	x->pushed = x->corked || x->more;
	x->push_end = c->snd_end;
}

int
tcp_hold_cork(struct tcp *tcp, struct tcp_conn *c, bool on)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return -ENOBUFS;
	x->corked = on;
	x->pushed = false;
	c->opt |= CONN_DRESSED;
	if (!on && c->state >= TCP_ESTABLISHED)
		tcp_conn_owe(tcp, c);
	return 0;
}

int
tcp_hold_more(struct tcp *tcp, struct tcp_conn *c, bool on)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return -ENOBUFS;
	x->more = on;
	x->more_una = c->snd_una;
	x->pushed = false;
	c->opt |= CONN_DRESSED;
	if (!on && c->state >= TCP_ESTABLISHED)
		tcp_conn_owe(tcp, c);
	return 0;
}
