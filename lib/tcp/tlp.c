/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Tail loss probes (RFC 8985, 7): not yet. */

#include "tcp/tcp.h"

uint32_t
tcp_pto_ms(const struct tcp *tcp, const struct tcp_conn *c)
{
	return tcp_rto_backed_off(tcp, c);
}

bool
tcp_tlp_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp, (void)c;
	return false;
}

bool
tcp_tlp_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news)
{
	(void)tcp, (void)c, (void)s, (void)news;
	return false;
}
