/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_RTT_H
#define TCP_RTT_H

/*
 * A round trip was measured: SRTT, RTTVAR and RTO of RFC 6298, in microseconds, on a clock of 1 ms. Inline, as every
 * request and three segments of a handshake bring one.
 */

#include "tcp/tcp.h"

#define RTT_CLOCK_GRANULARITY_US 1000u

/* RFC 6298, 2.3, the last line; srtt_us is at least 1. */
static inline void
tcp_rtt_set_rto(const struct tcp *tcp, struct tcp_conn *c)
{
	/*
	 * RFC 6298's least RTO, a second, is above nearly any round trip (2.4). A fifth of that is below many, and where they are
	 * steady RTTVAR is close to 0: so the least is kept above SRTT, as Linux does, or a queue that grows is taken for a loss.
	 */
	uint32_t rto_ms = (c->srtt_us - 1) / 1000 + tcp->config.rto_min_ms;

	if (unlikely(c->rttvar_us >= tcp->noisy_rttvar_us)) {
		uint32_t rto_us = c->srtt_us + RTE_MAX(RTT_CLOCK_GRANULARITY_US, 4 * c->rttvar_us);

		rto_ms = RTE_MAX((rto_us + 999) / 1000, rto_ms);
	}
	c->rto_ms = RTE_MIN(rto_ms, tcp->config.rto_max_ms);
}

/* Up to a millisecond below the least, max(G, K * RTTVAR) has no say in the RTO. @return the RTTVAR from which on it has */
static inline uint32_t
tcp_rtt_noisy_us(uint32_t rto_min_ms)
{
	return rto_min_ms < 2 ? 0 : (rto_min_ms - 1) * 1000 / 4 + 1;
}

/* @return the sample as it was taken */
static inline uint32_t
tcp_rtt_sample(const struct tcp *tcp, struct tcp_conn *c, uint64_t sample_us)
{
	uint64_t most = (uint64_t)tcp->config.rto_max_ms * 1000;
	uint32_t rtt_us = (uint32_t)RTE_MIN(RTE_MAX(sample_us, UINT64_C(1)), most);

	if (unlikely(!(c->flags & CONN_SENT_ANY))) {
		c->flags |= CONN_SENT_ANY;
		c->srtt_us = rtt_us;           /* 2.2 */
		c->rttvar_us = rtt_us / 2;
		c->min_rtt_us = rtt_us;
	} else {
		uint32_t error = rtt_us > c->srtt_us ? rtt_us - c->srtt_us : c->srtt_us - rtt_us;

		c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + error / 4;  /* 2.3 */
		c->srtt_us = c->srtt_us - c->srtt_us / 8 + rtt_us / 8;
		if (rtt_us < c->min_rtt_us)
			c->min_rtt_us = rtt_us;
	}
	tcp_rtt_set_rto(tcp, c);
	return rtt_us;
}

#endif
