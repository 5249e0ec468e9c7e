/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Undoing of what proved needless (RFC 3522, 3708, 4015): not yet. */

#include "tcp/tcp.h"

void
tcp_undo_begin(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp, (void)c;
}

void
tcp_undo_sent(struct tcp *tcp, struct tcp_conn *c, const struct tcp_record *record)
{
	(void)tcp, (void)c, (void)record;
}

bool
tcp_undo_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	(void)tcp, (void)c, (void)s, (void)news;
	return false;
}
