/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * CUBIC (RFC 9438), with HyStart++ (RFC 9406) for the first slow start. Windows
 * are bytes, times microseconds; no floating point. Names are the RFC's, 4.1.2.
 */

#include <assert.h>

#include <rte_common.h>

#include "tcp/tcp.h"

__extension__ typedef unsigned __int128 wide;

/* beta_cubic = 0.7, for a mark in congestion avoidance 0.85 (RFC 8511, 3.1) */
#define LESS_BY_LOSS(w) ((w) - (w) / 10 * 3)
#define LESS_BY_MARK(w) ((w) - (w) / 20 * 3)
/* (1 + beta_cubic) / 2: 4.7 */
#define FAST_CONVERGENCE(w) ((w) - (w) / 20 * 3)
/* alpha_cubic = 3 (1 - beta_cubic) / (1 + beta_cubic) = 9/17: 4.3 */
#define ALPHA_NUM 9u
#define ALPHA_DEN 17u
/* C = 0.4 segments per cubic second, for a cube of microseconds without its low 40 bits: 0.4 * 10^-18 * 2^40 * 2^40 */
#define CUBE_SHIFT 40
#define C_SCALED 483570u
#define MAX_CUBE_US (UINT32_C(1) << 29)   /* nine minutes: beyond it W_cubic is larger than any window */

struct curve {
	uint32_t w_max;
	uint32_t cwnd_prior;
	uint32_t w_est;
	uint32_t est_acked;    /* bytes acknowledged that w_est has not grown for yet */
	uint32_t k_us;
	bool running;          /* congestion avoidance has begun, t_epoch ago */
	bool level;            /* it begins at its own level, K = 0: after slow start without a loss, or a timeout (4.8, 4.10) */
	uint64_t elapsed_ns;   /* t, without the time in which the window was not in use (5.8) */
};

struct cubic {
	struct curve now, before;  /* the last reduction */
	uint64_t acked_ns;     /* last ACK that found the window in use */
	uint64_t remainder;    /* of cwnd's growth, in bytes times cwnd */
	struct tcp_hystart hystart;
};

static_assert(sizeof(struct cubic) <= TCP_CC_BYTES, "an algorithm's part of the block");

static struct cubic *
state(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	return b == NULL ? NULL : (struct cubic *)(void *)b->bytes;
}

/* ---- the curve */

/* Equation 2: K^3 = (W_max - cwnd_epoch) / C; once an epoch */
static uint32_t
cube_root_us(uint32_t bytes, uint32_t mss)
{
	wide cube = (wide)bytes * UINT64_C(2500000000000000000) / mss;
	uint32_t root = 0;

	for (uint32_t bit = MAX_CUBE_US / 2; bit != 0; bit >>= 1) {
		uint32_t try = root | bit;

		if ((wide)((uint64_t)try * try) * try <= cube)
			root = try;
	}
	return root;
}

/* Equation 1: W_cubic(t) = C (t - K)^3 + W_max, in bytes, between 0 and TCP_CC_INFINITE */
static uint32_t
w_cubic(const struct curve *v, uint32_t mss, uint64_t t_us)
{
	bool below = t_us < v->k_us;
	uint64_t d = below ? v->k_us - t_us : t_us - v->k_us, bytes;

	d = RTE_MIN(d, (uint64_t)MAX_CUBE_US);
	bytes = (uint64_t)(((wide)(uint64_t)((wide)(d * d) * d >> CUBE_SHIFT) * mss * C_SCALED) >> 40);
	if (below)
		return bytes < v->w_max ? v->w_max - (uint32_t)bytes : 0;
	return (uint32_t)RTE_MIN(v->w_max + bytes, (uint64_t)TCP_CC_INFINITE);
}

static void
begin_epoch(struct tcp *tcp, const struct tcp_conn *c, struct cubic *b)
{
	struct curve *v = &b->now;

	if (v->level || c->cwnd >= v->w_max) {
		v->w_max = c->cwnd;
		v->k_us = 0;
	} else {
		v->k_us = cube_root_us(v->w_max - c->cwnd, c->mss);
	}
	v->w_est = c->cwnd;
	v->est_acked = 0;
	v->elapsed_ns = 0;
	v->level = false;
	v->running = true;
	b->acked_ns = tcp->now_ns;
	b->remainder = 0;
}

/* Data in flight brings an ACK each round trip; a longer pause was the application's, the peer's window's or a recovery's. */
static void
let_time_pass(struct tcp *tcp, const struct tcp_conn *c, struct cubic *b)
{
	uint64_t passed = tcp->now_ns - b->acked_ns;

	b->now.elapsed_ns += RTE_MIN(passed, UINT64_C(2000) * RTE_MAX(c->srtt_us, 1u));
	b->acked_ns = tcp->now_ns;
}

/* 4.3, equation 4: as Reno would have grown, a segment at a time */
static void
grow_estimate(const struct tcp_conn *c, struct curve *v, uint32_t acked)
{
	uint64_t acked_scaled = (uint64_t)(v->est_acked += acked) * ALPHA_NUM, window = (uint64_t)c->cwnd * ALPHA_DEN;

	if (v->w_est >= v->cwnd_prior)
		window = (uint64_t)c->cwnd * ALPHA_NUM;  /* alpha is 1 from there on */
	if (acked_scaled < window)
		return;
	v->w_est = (uint32_t)RTE_MIN(v->w_est + acked_scaled / window * c->mss, (uint64_t)TCP_CC_INFINITE);
	v->est_acked = (uint32_t)(acked_scaled % window / ALPHA_NUM);
}

/* 4.4, 4.5: by (target - cwnd) / cwnd a segment */
static void
approach(struct tcp_conn *c, struct cubic *b, uint32_t target, uint32_t acked)
{
	uint32_t most = c->cwnd + c->cwnd / 2, gap;

	target = RTE_MIN(RTE_MIN(target, most), TCP_CC_INFINITE);
	if (target <= c->cwnd)
		return;
	gap = target - c->cwnd;
	b->remainder += (uint64_t)gap * acked;
	c->cwnd += (uint32_t)RTE_MIN(b->remainder / c->cwnd, (uint64_t)gap);
	b->remainder %= c->cwnd;
}

static void
avoid(struct tcp *tcp, struct tcp_conn *c, struct cubic *b, uint32_t acked)
{
	struct curve *v = &b->now;
	uint64_t t_us;

	if (!v->running)
		begin_epoch(tcp, c, b);
	let_time_pass(tcp, c, b);
	t_us = v->elapsed_ns / 1000;
	grow_estimate(c, v, acked);
	if (v->w_est > c->cwnd && w_cubic(v, c->mss, t_us) < v->w_est)
		c->cwnd = v->w_est;  /* the Reno-friendly region */
	else
		approach(c, b, w_cubic(v, c->mss, t_us + c->srtt_us), acked);
}

/* ---- the calls */

static void
slow_start(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	struct cubic *b = state(tcp, c);
	uint32_t grow;
	bool leave;

	/* HyStart++ for the first one alone (RFC 9406, 4.3): later ones know where to end */
	if (b == NULL || c->ssthresh < TCP_CC_INFINITE) {
		tcp_cc_slow_start(c, sample->acked);
		return;
	}
	grow = tcp_hystart_acked(&b->hystart, c, sample, tcp->config.linux_cwnd ? HYSTART_LINUX :
				 tcp_pacing_is_on(tcp, c) ? HYSTART_PACED : HYSTART_USUAL, &leave);
	c->cwnd = RTE_MIN(c->cwnd + grow, TCP_CC_INFINITE);
	if (leave) {
		c->ssthresh = c->cwnd;
		b->now.level = true;
	}
}

static void
acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	struct tcp_cc_block *b;

	if (c->cwnd < c->ssthresh)
		slow_start(tcp, c, sample);
	else if (likely((b = tcp_cc_block_make(tcp, c)) != NULL))
		avoid(tcp, c, state(tcp, c), sample->acked);
	else
		tcp_cc_additive(c, sample->acked);
}

/*
 * 4.6 lets cwnd be what is reduced where it does not grow unused. That it does
 * not, but it may be larger than what was in use: a receive window's bound.
 */
static uint32_t
window_in_use(const struct tcp *tcp, const struct tcp_conn *c, uint32_t flight)
{
	if (flight + c->mss > c->cwnd)
		return c->cwnd;
	return RTE_MIN(RTE_MAX(flight, tcp_cwv_pipe(tcp, c)), c->cwnd);
}

static void
reduce(struct tcp *tcp, struct tcp_conn *c, uint32_t flight, enum tcp_cc_event event)
{
	uint32_t window = window_in_use(tcp, c, flight);
	bool marked = event == TCP_CC_ECN && c->cwnd >= c->ssthresh;
	struct cubic *b;

	c->ssthresh = RTE_MAX(marked ? LESS_BY_MARK(window) : LESS_BY_LOSS(window), 2u * c->mss);
	c->cc_bytes = 0;
	if (tcp_cc_block_make(tcp, c) == NULL)
		return;
	b = state(tcp, c);
	/* a timeout within a recovery is undone with it */
	if (!(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)))
		b->before = b->now;
	b->now.w_max = window < b->now.w_max ? FAST_CONVERGENCE(window) : window;
	b->now.cwnd_prior = window;
	b->now.running = false;
	b->now.level = event == TCP_CC_TIMEOUT;
	tcp_cwv_reset(tcp, c);
}

static void
restart(struct tcp *tcp, struct tcp_conn *c)
{
	struct cubic *b = state(tcp, c);

	if (b == NULL)
		return;
	b->now.running = false;
	b->hystart = (struct tcp_hystart){ 0 };
}

/* 4.9: as if nothing had been; the time that the recovery took is left out */
static void
undone(struct tcp *tcp, struct tcp_conn *c)
{
	struct cubic *b = state(tcp, c);

	if (b == NULL)
		return;
	b->now = b->before;
	b->acked_ns = tcp->now_ns;
	b->remainder = 0;
}

const struct tcp_cc_ops tcp_cc_cubic = {
	.name = "cubic", .validates = true, .acked = acked, .reduce = reduce, .restart = restart, .undone = undone,
};
