/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Forward RTO recovery (RFC 5682): not yet. */

#include "tcp/tcp.h"

void
tcp_frto_begin(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp, (void)c;
}

bool
tcp_frto_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	(void)tcp, (void)c, (void)s, (void)news;
	return false;
}
