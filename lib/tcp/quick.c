/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Quick ACKs: a peer that begins slowly waits for each ACK to send more, and 40 ms for each are long. With
 * config.quick_acks the first segments are acknowledged at once, unless we have begun to answer them: then an answer
 * most likely takes the next ACK along. As Linux does it, and not by default: an ACK more for every request is what small
 * answers pay for it.
 */

#include "tcp/tcp.h"

void
tcp_quick_begin(struct tcp *tcp, struct tcp_conn *c, bool quick)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	x->quick_began = true;
	x->quick_acks = quick ? tcp->config.quick_acks : 0;
	x->quick_snd_nxt = c->snd_nxt;
}

bool
tcp_ack_is_quick(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return false;
	if (!x->quick_began)
		tcp_quick_begin(tcp, c, true);
	if (c->snd_nxt != x->quick_snd_nxt)
		x->quick_acks = 0;
	if (x->quick_acks == 0)
		return false;
	x->quick_acks--;
	return true;
}
