/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* CUBIC's integers against the formulas of RFC 9438, in double precision and in segments as the RFC has them. */

#include <math.h>
#include <stdio.h>

#include "cc_fixture.h"

#define BETA 0.7
#define C 0.4

/* RFC 9438, 4.1.2 to 4.7, per ACK as it is written there */
struct model {
	double cwnd, w_max, k, w_est, cwnd_prior, t;
};

static double
model_cubic(const struct model *m, double t)
{
	return C * pow(t - m->k, 3) + m->w_max;
}

static void
model_reduce(struct model *m)
{
	m->w_max = m->cwnd < m->w_max ? m->cwnd * (1 + BETA) / 2 : m->cwnd;
	m->cwnd_prior = m->cwnd;
	m->cwnd *= BETA;
	m->w_est = m->cwnd;
	m->k = cbrt((m->w_max - m->cwnd) / C);
	m->t = 0;
}

static void
model_acked(struct model *m, double segments, double rtt)
{
	double alpha = m->w_est >= m->cwnd_prior ? 1 : 3 * (1 - BETA) / (1 + BETA);
	double target = model_cubic(m, m->t + rtt);

	m->w_est += alpha * segments / m->cwnd;
	if (model_cubic(m, m->t) < m->w_est && m->w_est > m->cwnd) {
		m->cwnd = m->w_est;
		return;
	}
	target = fmin(fmax(target, m->cwnd), 1.5 * m->cwnd);
	m->cwnd += (target - m->cwnd) * segments / m->cwnd;
}

static void
lose(struct cc_fixture *f, enum tcp_cc_event event)
{
	tcp_cc_cubic.reduce(f->tcp, &f->c, f->c.cwnd, event);
	f->c.cwnd = f->c.ssthresh;
}

static void
ack(struct cc_fixture *f, uint32_t bytes)
{
	struct tcp_cc_sample sample = { .acked = bytes, .outstanding = f->c.cwnd, .rtt_us = f->c.srtt_us };

	tcp_cc_cubic.acked(f->tcp, &f->c, &sample);
}

/* Both go on for so long, with a window's ACKs spread over each round trip; they may differ by so many segments and parts. */
static void
run_both(struct cc_fixture *f, struct model *m, double seconds, double within)
{
	const double rtt = f->c.srtt_us / 1e6;
	const uint32_t each = 4;   /* segments an ACK */
	bool first = true;

	while (m->t < seconds) {
		uint32_t acks = RTE_MAX(f->c.cwnd / CC_MSS / each, 1u);
		uint64_t step = f->c.srtt_us * UINT64_C(1000) / acks;

		for (uint32_t i = 0; i < acks; i++) {
			/* the epoch begins with its first ACK */
			if (!first) {
				cc_advance(f, step);
				m->t += (double)step / 1e9;
			}
			first = false;
			ack(f, each * CC_MSS);
			model_acked(m, each, rtt);
		}
		if (fabs(f->c.cwnd / (double)CC_MSS - m->cwnd) > within * m->cwnd + 1.5)
			fail_msg("RTT %.4f s, W_max %.0f, t %.3f (K %.3f): cwnd %.2f segments, by the RFC %.2f", rtt, m->w_max, m->t,
				 m->k, f->c.cwnd / (double)CC_MSS, m->cwnd);
	}
}

static struct model
begin(struct cc_fixture *f, uint32_t rtt_us, uint32_t segments)
{
	struct model m = { .cwnd = segments };

	f->c.srtt_us = rtt_us;
	f->c.cwnd = segments * CC_MSS;
	lose(f, TCP_CC_LOSS);
	model_reduce(&m);
	return m;
}

static void
the_window_follows_the_curve(void **state)
{
	static const struct { uint32_t rtt_us, segments; } cases[] = {
		{ 1000, 10 }, { 1000, 100 }, { 1000, 1000 }, { 10000, 30 }, { 10000, 300 }, { 40000, 1000 }, { 100000, 50 },
		{ 100000, 1000 }, { 100000, 10000 }, { 300000, 20 }, { 300000, 5000 },
	};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct cc_fixture *f;
		struct model m;

		assert_int_equal(cc_setup((void **)&f), 0);
		m = begin(f, cases[i].rtt_us, cases[i].segments);
		run_both(f, &m, 1.5 * m.k, 0.005);
		assert_int_equal(cc_teardown((void **)&f), 0);
	}
}

/* 4.2: the plateau at W_max is reached K seconds after the loss, the same for every RTT. */
static void
the_plateau_is_reached_after_k(void **state)
{
	static const uint32_t rtts[] = { 10000, 50000, 100000 };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rtts); i++) {
		const uint32_t before = 20000u * CC_MSS;
		double k = cbrt(20000 * (1 - BETA) / C), t = 0;
		struct cc_fixture *f;

		assert_int_equal(cc_setup((void **)&f), 0);
		begin(f, rtts[i], 20000);
		while (f->c.cwnd < before - 5 * CC_MSS) {
			for (uint32_t left = f->c.cwnd; left > 0; left -= RTE_MIN(left, 64 * CC_MSS))
				ack(f, RTE_MIN(left, 64 * CC_MSS));
			cc_advance(f, rtts[i] * UINT64_C(1000));
			t += rtts[i] / 1e6;
		}
		/* within five segments it comes (5 / 0.4)^(1/3) s before */
		if (fabs(t - (k - cbrt(5 / C))) > 0.02 * k + 2 * rtts[i] / 1e6)
			fail_msg("RTT %u us: after %.3f s, K is %.3f", rtts[i], t, k);
		assert_int_equal(cc_teardown((void **)&f), 0);
	}
}

/* 4.3: with short round trips CUBIC is no slower than Reno with its alpha, 9/17 of a segment a round trip. */
static void
short_paths_are_reno_friendly(void **state)
{
	struct cc_fixture *f = *state;
	uint32_t from;

	begin(f, 1000, 20);
	from = f->c.cwnd;
	for (unsigned int round = 0; round < 17; round++) {
		cc_advance(f, 1000000);
		ack(f, f->c.cwnd);
	}
	/* below cwnd_prior: 14 + 9 would be beyond, so alpha becomes 1 at 20 */
	assert_in_range(f->c.cwnd, from + 6 * CC_MSS, from + 12 * CC_MSS);
	assert_true(f->c.cwnd >= 20 * CC_MSS);
}

/* 4.6 */
static void
a_loss_leaves_seven_tenths(void **state)
{
	struct cc_fixture *f = *state;

	f->c.ssthresh = f->c.cwnd = 1000 * CC_MSS;
	lose(f, TCP_CC_LOSS);
	assert_in_range(f->c.ssthresh, 700 * CC_MSS, 700 * CC_MSS + 3);
}

static void
no_loss_leaves_less_than_two_segments(void **state)
{
	struct cc_fixture *f = *state;

	f->c.cwnd = 2 * CC_MSS;
	lose(f, TCP_CC_LOSS);
	assert_int_equal(f->c.ssthresh, 2 * CC_MSS);
}

/* RFC 8511, 3.1: in congestion avoidance; in slow start a mark is a loss */
static void
a_mark_leaves_more_than_a_loss(void **state)
{
	struct cc_fixture *f = *state;

	f->c.ssthresh = f->c.cwnd = 1000 * CC_MSS;
	lose(f, TCP_CC_ECN);
	assert_in_range(f->c.ssthresh, 850 * CC_MSS, 850 * CC_MSS + 3);
	f->c.cwnd = 1000 * CC_MSS;
	f->c.ssthresh = TCP_CC_INFINITE;
	lose(f, TCP_CC_ECN);
	assert_in_range(f->c.ssthresh, 700 * CC_MSS, 700 * CC_MSS + 3);
}

static void
newreno_halves_by_loss_and_takes_a_fifth_by_mark(void **state)
{
	struct cc_fixture *f = *state;

	f->c.ssthresh = f->c.cwnd = 1000 * CC_MSS;
	tcp_cc_newreno.reduce(f->tcp, &f->c, f->c.cwnd, TCP_CC_LOSS);
	assert_int_equal(f->c.ssthresh, 500 * CC_MSS);
	f->c.ssthresh = f->c.cwnd;
	tcp_cc_newreno.reduce(f->tcp, &f->c, f->c.cwnd, TCP_CC_ECN);
	assert_int_equal(f->c.ssthresh, 800 * CC_MSS);
	assert_int_equal(f->c.cc_block, 0);
}

/* 4.7: a flow that loses below its last W_max makes room for others, and aims at 0.85 of where it lost. */
static void
fast_convergence_gives_way(void **state)
{
	struct cc_fixture *f = *state;
	struct model m = begin(f, 100000, 1000);

	run_both(f, &m, m.k / 2, 0.005);
	assert_true(m.cwnd < 1000);
	m.cwnd = f->c.cwnd / (double)CC_MSS;
	model_reduce(&m);
	lose(f, TCP_CC_LOSS);
	run_both(f, &m, 1.2 * m.k, 0.005);
	/* and one that loses beyond it aims at what it had */
	m.cwnd = f->c.cwnd / (double)CC_MSS;
	assert_true(m.cwnd > m.w_max);
	model_reduce(&m);
	lose(f, TCP_CC_LOSS);
	run_both(f, &m, 1.2 * m.k, 0.005);
}

/* 4.8: K = 0, W_max and W_est are cwnd, when congestion avoidance begins. */
static void
after_a_timeout_the_curve_begins_level(void **state)
{
	struct cc_fixture *f = *state;
	struct model m;

	f->c.cwnd = 1000 * CC_MSS;
	tcp_cc_cubic.reduce(f->tcp, &f->c, f->c.cwnd, TCP_CC_TIMEOUT);
	f->c.cwnd = CC_MSS;
	while (f->c.cwnd < f->c.ssthresh) {
		cc_advance(f, 1000000);
		ack(f, f->c.cwnd);
	}
	assert_int_equal(f->c.cwnd, f->c.ssthresh);
	m = (struct model){ .cwnd = 700, .w_max = 700, .w_est = 700, .cwnd_prior = 1000 };
	run_both(f, &m, 8, 0.005);
	assert_true(m.cwnd > 850);
}

/* 5.8: t leaves out the time in which the window was not in use. */
static void
idle_time_is_no_time(void **state)
{
	struct cc_fixture *f = *state;
	struct model m = begin(f, 100000, 1000);
	uint32_t cwnd;

	run_both(f, &m, m.k / 3, 0.005);
	cwnd = f->c.cwnd;
	cc_advance(f, UINT64_C(60) * 1000000000);
	ack(f, 4 * CC_MSS);
	assert_in_range(f->c.cwnd, cwnd, cwnd + 2 * CC_MSS);
	/* the pause counts as two round trips at most */
	m.t += 0.2;
	model_acked(&m, 4, 0.1);
	run_both(f, &m, 1.2 * m.k, 0.02);
}

static void
undo(struct cc_fixture *f, uint32_t cwnd, uint32_t ssthresh)
{
	f->c.cwnd = cwnd;
	f->c.ssthresh = ssthresh;
	tcp_cc_cubic.undone(f->tcp, &f->c);
}

/* 4.9: the curve goes on as if the reduction had not been. */
static void
what_was_undone_has_not_been(void **state)
{
	struct cc_fixture *f = *state;
	struct model m = begin(f, 100000, 1000);
	uint32_t cwnd, ssthresh = f->c.ssthresh;

	run_both(f, &m, m.k / 2, 0.005);
	cwnd = f->c.cwnd;
	lose(f, TCP_CC_LOSS);
	cc_advance(f, 300000000);
	undo(f, cwnd, ssthresh);
	run_both(f, &m, 1.5 * m.k, 0.005);
}

/* The first reduction is gone back behind. */
static void
a_timeout_within_a_recovery_is_undone_with_it(void **state)
{
	struct cc_fixture *f = *state;
	struct model m = begin(f, 100000, 1000);
	uint32_t cwnd, ssthresh = f->c.ssthresh;

	run_both(f, &m, m.k / 2, 0.005);
	cwnd = f->c.cwnd;
	lose(f, TCP_CC_LOSS);
	f->c.flags |= CONN_RECOVERY;
	lose(f, TCP_CC_TIMEOUT);
	f->c.flags &= ~(uint32_t)CONN_RECOVERY;
	undo(f, cwnd, ssthresh);
	run_both(f, &m, 1.5 * m.k, 0.005);
}

/* An algorithm's block is for windows that were put to use. */
static void
a_short_connection_has_no_block(void **state)
{
	struct cc_fixture *f = *state;
	const uint32_t initial = f->c.cwnd;

	while (f->c.cwnd < 2 * initial) {
		struct tcp_cc_sample sample = { .acked = CC_MSS, .outstanding = f->c.cwnd, .rtt_us = 100000 };

		assert_int_equal(f->c.cc_block, 0);
		tcp_cc_acked(f->tcp, &f->c, &sample);
	}
	assert_in_range(f->c.cwnd, 2 * initial, 2 * initial + CC_MSS);
	tcp_cc_acked(f->tcp, &f->c, &(struct tcp_cc_sample){ .acked = CC_MSS, .outstanding = f->c.cwnd });
	assert_int_not_equal(f->c.cc_block, 0);
}

/* Extremes give windows, whatever they are. */
static void
no_window_overflows(void **state)
{
	struct cc_fixture *f = *state;

	for (unsigned int i = 0; i < 4; i++) {
		f->c.mss = i & 1 ? UINT16_MAX : 48;
		f->c.srtt_us = i & 2 ? 60000000 : 1;
		f->c.cwnd = TCP_CC_INFINITE;
		lose(f, TCP_CC_LOSS);
		assert_in_range(f->c.cwnd, TCP_CC_INFINITE / 10 * 7 - 10, TCP_CC_INFINITE / 10 * 7 + 10);
		for (unsigned int round = 0; round < 100000; round++) {
			uint32_t was = f->c.cwnd;

			cc_advance(f, f->c.srtt_us * UINT64_C(1000));
			ack(f, f->c.cwnd);
			assert_in_range(f->c.cwnd, was, TCP_CC_INFINITE);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_follows_the_curve),
		cmocka_unit_test(the_plateau_is_reached_after_k),
		CC_CASE(short_paths_are_reno_friendly),
		CC_CASE(a_loss_leaves_seven_tenths),
		CC_CASE(no_loss_leaves_less_than_two_segments),
		CC_CASE(a_mark_leaves_more_than_a_loss),
		CC_CASE(newreno_halves_by_loss_and_takes_a_fifth_by_mark),
		CC_CASE(fast_convergence_gives_way),
		CC_CASE(after_a_timeout_the_curve_begins_level),
		CC_CASE(idle_time_is_no_time),
		CC_CASE(what_was_undone_has_not_been),
		CC_CASE(a_timeout_within_a_recovery_is_undone_with_it),
		CC_CASE(a_short_connection_has_no_block),
		CC_CASE(no_window_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
