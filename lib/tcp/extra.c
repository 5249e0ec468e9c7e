/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A connection's extra record: what only few need, so that the others stay within their four lines. */

#include "tcp/tcp.h"

struct tcp_extra *
tcp_extra_make(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x;

	if (c->extra != 0)
		return tcp_extra_at(tcp, c->extra);
	c->extra = slab_get(&tcp->extras);
	if (c->extra == 0)
		return NULL;
	x = tcp_extra_at(tcp, c->extra);
	*x = tcp->extra_default;
	return x;
}

void
tcp_extra_free(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->extra == 0)
		return;
	slab_put(&tcp->extras, c->extra);
	c->extra = 0;
}

uint32_t
tcp_user_timeout(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (c->flags & CONN_OWN_TIMEOUT)
		return tcp_extra(tcp, c)->user_timeout_ms;
	return c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED ? c->handshake_ms :
									  tcp->config.user_timeout_ms;
}
