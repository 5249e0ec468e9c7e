/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The receive window follows the path: twice what the application drains in a
 * round trip, so that a sender that doubles its own window a round trip is not
 * held up (dynamic right-sizing, as in Linux). Measured over a round trip or
 * more, and brought down to one: a reader that comes seldom needs no more room
 * than one that comes often.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

#define UNKNOWN_RTT_MS 100u
#define SLACK_SEGMENTS 16u

static uint32_t
round_trip_ms(const struct tcp_conn *c)
{
	return c->srtt_us == 0 ? UNKNOWN_RTT_MS : RTE_MAX(c->srtt_us / 1000, 1u);
}

static void
grow(struct tcp *tcp, struct tcp_conn *c, uint64_t product)
{
	uint64_t wanted = 2 * product + SLACK_SEGMENTS * c->rcv_mss;
	uint64_t most = RTE_MIN((uint64_t)tcp->config.rcvbuf_max, (uint64_t)UINT16_MAX << c->rcv_wscale);

	wanted = RTE_MIN(wanted, most);
	if (wanted <= c->rcvbuf || tcp->pool_low || tcp_extra(tcp, c)->rcvbuf_fixed)
		return;
	c->rcvbuf = (uint32_t)wanted;
}

void
tcp_tune(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t elapsed_ms = tcp->now - c->tune_tick, rtt_ms = round_trip_ms(c);
	uint32_t read, drained;

	if (elapsed_ms < rtt_ms)
		return;
	read = c->rcv_nxt - c->unread;
	drained = read - c->tune_seq;
	c->tune_seq = read;
	c->tune_tick = tcp->now;
	/* as much as drained in a round trip at the very most: a reader of small messages needs no division to know */
	if (2 * (uint64_t)drained + SLACK_SEGMENTS * c->rcv_mss <= c->rcvbuf)
		return;
	grow(tcp, c, (uint64_t)drained * rtt_ms / elapsed_ms);
}
