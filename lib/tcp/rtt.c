/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The retransmission timeout of RFC 6298, in microseconds, on a clock of 1 ms. */

#include <rte_common.h>

#include "tcp/tcp.h"

#define CLOCK_GRANULARITY_US 1000u

static void
set_rto(const struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t rto_us = c->srtt_us + RTE_MAX(CLOCK_GRANULARITY_US, 4 * c->rttvar_us);
	/*
	 * RFC 6298's least RTO, a second, is above nearly any round trip (2.4). A fifth of that is below many, and where they are
	 * steady RTTVAR is close to 0: so the least is kept above SRTT, as Linux does, or a queue that grows is taken for a loss.
	 */
	uint32_t least_ms = (c->srtt_us - 1) / 1000 + tcp->config.rto_min_ms;

	c->rto_ms = RTE_MIN(RTE_MAX((rto_us + 999) / 1000, least_ms), tcp->config.rto_max_ms);
}

void
tcp_rtt_sample(struct tcp *tcp, struct tcp_conn *c, uint64_t sample)
{
	uint32_t rtt_us = (uint32_t)RTE_MIN(RTE_MAX(sample, UINT64_C(1)), (uint64_t)tcp->config.rto_max_ms * 1000);

	if (!(c->flags & CONN_SENT_ANY)) {
		c->flags |= CONN_SENT_ANY;
		c->srtt_us = rtt_us;           /* 2.2 */
		c->rttvar_us = rtt_us / 2;
		c->min_rtt_us = rtt_us;
	} else {
		uint32_t error = rtt_us > c->srtt_us ? rtt_us - c->srtt_us : c->srtt_us - rtt_us;

		c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + error / 4;  /* 2.3 */
		c->srtt_us = c->srtt_us - c->srtt_us / 8 + rtt_us / 8;
		c->min_rtt_us = RTE_MIN(c->min_rtt_us, rtt_us);
	}
	set_rto(tcp, c);
}

void
tcp_rtt_spurious(struct tcp *tcp, struct tcp_conn *c, uint64_t rtt_us)
{
	c->srtt_us = RTE_MAX(RTE_MAX(c->srtt_us, 1u), (uint32_t)RTE_MIN(rtt_us, (uint64_t)tcp->config.rto_max_ms * 1000));
	c->rttvar_us = RTE_MAX(c->rttvar_us, c->srtt_us / 2);
	set_rto(tcp, c);
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
