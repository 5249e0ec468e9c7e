/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The retransmission timeout, but for what rtt.h does with every sample. */

#include <rte_common.h>

#include "tcp/rtt.h"

void
tcp_rtt_spurious(struct tcp *tcp, struct tcp_conn *c, uint64_t rtt_us)
{
	c->srtt_us = RTE_MAX(RTE_MAX(c->srtt_us, 1u), (uint32_t)RTE_MIN(rtt_us, (uint64_t)tcp->config.rto_max_ms * 1000));
	c->rttvar_us = RTE_MAX(c->rttvar_us, c->srtt_us / 2);
	tcp_rtt_set_rto(tcp, c);
}

/*
 * RTTM (RFC 7323, 4): the echo tells which transmission an ACK of new data
 * answers, so it measures what Karn's rule (MUST-18) forbids to time, to a
 * millisecond. Where nothing was repeated the send queue's own times are finer.
 * @return false: none, or one that cannot be true
 */
bool
tcp_rtt_echo(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	uint32_t rtt_ms;

	if (!(c->opt & CONN_TS) || !(s->opt.present & TCP_OPT_TIMESTAMP))
		return false;
	rtt_ms = tcp_tsval(tcp, c->ts_offset) - s->opt.tsecr;
	/* from the future, or older than anything that still waits for its ACK: a peer that echoes what it likes */
	if (rtt_ms > 2 * tcp->config.rto_max_ms)
		return false;
	tcp_rtt_sample(tcp, c, UINT64_C(1000) * RTE_MAX(rtt_ms, 1u));
	return true;
}

uint32_t
tcp_rto_backed_off(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint64_t rto = (uint64_t)c->rto_ms << RTE_MIN(c->backoff, 20);

	return (uint32_t)RTE_MIN(rto, (uint64_t)tcp->config.rto_max_ms);
}
