/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Congestion window validation (RFC 7661): a window of which less than half is
 * used says nothing of the path. It does not grow, a loss reduces what was in
 * use, and after five minutes it is halved. pipeACK is what one round trip
 * acknowledged, the most of the last one to two sampling periods.
 *
 * Whoever sent nothing for an RTO begins with the initial window, as RFC 5681
 * (4.1) says and this RFC does not ask for: see tcp_conn_restart_window().
 */

#include <rte_common.h>

#include "tcp/tcp.h"

#define NVP_MS (5u * 60 * 1000)       /* 4.4.3: the non-validated period */
#define SAMPLING_MS 1000u             /* 4.2: at least, and three round trips */

uint32_t
tcp_cwv_pipe(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	return b == NULL || !b->cwv.defined ? 0 : RTE_MAX(b->cwv.most[0], b->cwv.most[1]);
}

uint32_t
tcp_cwv_flight(const struct tcp *tcp, const struct tcp_conn *c, uint32_t flight)
{
	return tcp_cwv_is_nonvalidated(tcp, c) ? RTE_MAX(flight, tcp_cwv_pipe(tcp, c)) : flight;
}

void
tcp_cwv_reset(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	if (b != NULL)
		b->cwv = (struct tcp_cwv){ .period = tcp->now };
}

static void
add_sample(struct tcp *tcp, const struct tcp_conn *c, struct tcp_cwv *v)
{
	if (tcp->now - v->period >= RTE_MAX(SAMPLING_MS, 3 * (c->srtt_us / 1000))) {
		v->most[1] = v->most[0];
		v->most[0] = 0;
		v->period = tcp->now;
	}
	v->most[0] = RTE_MAX(v->most[0], v->round_bytes);
	v->defined = true;
}

/* 4.4.3 */
static void
end_period(struct tcp *tcp, struct tcp_conn *c, struct tcp_cwv *v)
{
	uint32_t initial = tcp_initial_window(tcp, c);

	v->since = tcp->now;
	if (c->cwnd <= initial)
		return;
	c->ssthresh = RTE_MAX(c->ssthresh, c->cwnd - c->cwnd / 4);
	c->cwnd = RTE_MAX(c->cwnd / 2, initial);
}

/* 4.3. What has begun to use the window is believed once it was acknowledged, what goes on using it at once. */
static void
judge(struct tcp *tcp, struct tcp_conn *c, struct tcp_cwv *v)
{
	uint32_t pipe = RTE_MAX(v->most[0], v->most[1]);

	if (!v->nonvalidated)
		pipe = RTE_MAX(pipe, v->round_bytes);
	/* a window in slow start is twice what was outstanding, give or take a segment */
	if (!v->defined || pipe + c->mss >= c->cwnd / 2) {
		v->nonvalidated = false;
		return;
	}
	if (!v->nonvalidated) {
		v->nonvalidated = true;
		v->since = tcp->now;
	} else if (tcp->now - v->since >= NVP_MS) {
		end_period(tcp, c, v);
	}
}

void
tcp_cwv_acked(struct tcp *tcp, struct tcp_conn *c, struct tcp_cwv *v, uint32_t outstanding)
{
	if (v->open && seq_lt(c->snd_una, v->round_end))
		return;
	if (v->open) {
		add_sample(tcp, c, v);
		v->open = false;
		judge(tcp, c, v);
		return;
	}
	v->open = true;
	v->round_end = c->snd_nxt;
	v->round_bytes = outstanding;
	judge(tcp, c, v);
}
