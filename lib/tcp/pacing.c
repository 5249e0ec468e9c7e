/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Pacing: what a window allows is spread over the round trip. There is no timer
 * a packet: a millisecond's worth goes at once, and who must wait for more is in
 * a heap by time, to be visited again when the line that it may use is free.
 */

#include <errno.h>

#include <rte_common.h>

#include "tcp/tcp.h"

#define BURST_NS 1000000u        /* goes at once; two segments where that is less */
#define BURST_SEGMENTS 2u
#define SLOW_START_PERCENT 200u  /* of cwnd each smoothed round trip: room for the window to grow into, as Linux has it */
#define AVOIDANCE_PERCENT 120u
#define EXPIRE_BUDGET 64u

static struct tcp_pacing *
pacing(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	return b != NULL && b->pacing.on ? &b->pacing : NULL;
}

int
tcp_pacing_start(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_cc_block *b;

	/* nobody pays for it who does not use it */
	if (tcp->paced.entry == NULL && heap_init(&tcp->paced, tcp->config.max_connections, tcp->node) < 0)
		return -ENOBUFS;
	b = tcp_cc_block_make(tcp, c);
	if (b == NULL)
		return -ENOBUFS;
	b->pacing.on = true;
	c->opt |= CONN_METERED;
	return 0;
}

void
tcp_pacing_stop(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_pacing *p = pacing(tcp, c);

	if (p == NULL)
		return;
	*p = (struct tcp_pacing){ .on = false };
	heap_remove(&tcp->paced, tcp_conn_index(tcp, c));
	tcp_conn_owe(tcp, c);  /* what was held back may go */
}

bool
tcp_pacing_is_on(const struct tcp *tcp, const struct tcp_conn *c)
{
	return (c->opt & CONN_METERED) && pacing(tcp, c) != NULL;
}

uint64_t
tcp_pacing_rate(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_pacing *p = pacing(tcp, c);
	uint32_t percent = c->cwnd < c->ssthresh / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
	uint64_t rate;

	if (p == NULL)
		return 0;
	if (c->srtt_us == 0)
		return p->max_rate;
	rate = RTE_MAX((uint64_t)c->cwnd * percent * 10000 / c->srtt_us, UINT64_C(1));
	return p->max_rate != 0 ? RTE_MIN(rate, p->max_rate) : rate;
}

int
tcp_pacing_limit(struct tcp *tcp, struct tcp_conn *c, uint64_t rate)
{
	int error = rate == 0 ? 0 : tcp_pacing_start(tcp, c);

	if (error == 0 && pacing(tcp, c) != NULL)
		pacing(tcp, c)->max_rate = rate;
	return error;
}

uint64_t
tcp_pacing_max(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_pacing *p = pacing(tcp, c);

	return p == NULL ? 0 : p->max_rate;
}

static uint64_t
time_of(uint64_t bytes, uint64_t rate)
{
	return bytes * 1000000000 / rate;
}

/* The rate holds for a visit. */
static void
look_at_rate(const struct tcp *tcp, const struct tcp_conn *c, struct tcp_pacing *p)
{
	if (p->looked_ns == tcp->now_ns && p->rate != 0)
		return;
	p->looked_ns = tcp->now_ns;
	p->rate = tcp_pacing_rate(tcp, c);
	if (p->rate != 0)
		p->burst_ns = RTE_MAX((uint64_t)BURST_NS, time_of(BURST_SEGMENTS * c->mss, p->rate));
}

bool
tcp_pacing_holds(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_pacing *p = pacing(tcp, c);

	return p != NULL && tcp->paced.place[tcp_conn_index(tcp, c)] != 0;
}

bool
tcp_pacing_allows(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_pacing *p = pacing(tcp, c);

	if (p == NULL || (c->snd_end == c->snd_nxt && tcp_lost_bytes(tcp, c) == 0))
		return true;
	look_at_rate(tcp, c, p);
	if (p->rate == 0 || p->free_ns < tcp->now_ns + p->burst_ns)
		return true;
	/* the round trip is over, whatever was thought that it takes: who waited on would not learn that it has become shorter */
	if (p->max_rate == 0 && tcp_pipe(tcp, c) == 0) {
		p->free_ns = tcp->now_ns;
		return true;
	}
	heap_set(&tcp->paced, tcp_conn_index(tcp, c), p->free_ns);
	return false;
}

uint32_t
tcp_pacing_burst(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint64_t rate = tcp_pacing_rate(tcp, c);

	return rate == 0 ? UINT32_MAX : (uint32_t)RTE_MIN(RTE_MAX(rate / (1000000000 / BURST_NS), (uint64_t)BURST_SEGMENTS * c->mss),
							  (uint64_t)UINT32_MAX);
}

void
tcp_pacing_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t bytes)
{
	struct tcp_pacing *p = pacing(tcp, c);

	if (p == NULL)
		return;
	look_at_rate(tcp, c, p);
	if (p->rate == 0)
		return;
	/* a visit that came late makes up for it, up to a burst */
	if (p->free_ns + p->burst_ns < tcp->now_ns)
		p->free_ns = tcp->now_ns - p->burst_ns;
	p->free_ns += time_of(bytes, p->rate);
}

void
tcp_pacing_forget(struct tcp *tcp, struct tcp_conn *c)
{
	if (pacing(tcp, c) != NULL)
		heap_remove(&tcp->paced, tcp_conn_index(tcp, c));
}

bool
tcp_pacing_expire(struct tcp *tcp)
{
	uint32_t budget = EXPIRE_BUDGET, index;
	bool fired = false;

	while (budget-- > 0 && (index = heap_due(&tcp->paced, tcp->now_ns)) != 0) {
		tcp_conn_owe(tcp, tcp_conn_at(tcp, index));
		fired = true;
	}
	return fired;
}
