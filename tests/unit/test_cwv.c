/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Congestion window validation (RFC 7661) */

#include "cc_fixture.h"

#define RTT_NS UINT64_C(100000000)

/* A round trip in which so much is sent at once, and acknowledged two segments at a time. */
static void
use(struct cc_fixture *f, uint32_t segments)
{
	struct tcp_conn *c = &f->c;

	c->snd_nxt = c->snd_una + segments * CC_MSS;
	cc_advance(f, RTT_NS);
	while (c->snd_una != c->snd_nxt) {
		struct tcp_cc_sample sample = { .outstanding = c->snd_nxt - c->snd_una, .rtt_us = 100000 };

		sample.acked = RTE_MIN(2 * CC_MSS, sample.outstanding);
		c->snd_una += sample.acked;
		if (c->cc_block != 0 || tcp_cwnd_was_used(c, sample.outstanding))
			tcp_cc_acked(f->tcp, c, &sample);
	}
}

/* As ACK-clocked data is: always a window outstanding. */
static void
use_all(struct cc_fixture *f)
{
	struct tcp_conn *c = &f->c;

	for (uint32_t left = c->cwnd / CC_MSS; left > 0; left--) {
		struct tcp_cc_sample sample = { .acked = CC_MSS, .rtt_us = 100000 };

		c->snd_nxt = c->snd_una + c->cwnd / CC_MSS * CC_MSS;
		sample.outstanding = c->snd_nxt - c->snd_una;
		c->snd_una += CC_MSS;
		tcp_cc_acked(f->tcp, c, &sample);
	}
	cc_advance(f, RTT_NS);
}

static struct cc_fixture *
with_a_window_of(void **state, uint8_t cc, uint32_t segments)
{
	struct cc_fixture *f = *state;

	f->c.cc = cc;
	f->c.srtt_us = 100000;
	f->c.snd_una = f->c.snd_nxt = 5000;
	while (f->c.cwnd < segments * CC_MSS)
		use_all(f);
	f->c.ssthresh = f->c.cwnd = segments * CC_MSS;
	use_all(f);
	f->c.cwnd = segments * CC_MSS;
	return f;
}

static void
a_window_in_use_is_validated(void **state)
{
	struct cc_fixture *f = with_a_window_of(state, TERN_CONGESTION_NEWRENO, 200);

	for (unsigned int i = 0; i < 50; i++) {
		use_all(f);
		assert_false(tcp_cwv_is_nonvalidated(f->tcp, &f->c));
	}
	assert_in_range(f->c.cwnd, 249 * CC_MSS, 251 * CC_MSS);
}

/* Slow start doubles a window that was full, and may go on doing so. */
static void
slow_start_is_validated_all_the_way(void **state)
{
	struct cc_fixture *f = *state;

	f->c.cc = TERN_CONGESTION_NEWRENO;
	for (uint32_t rounds = 0; rounds < 8; rounds++) {
		uint32_t before = f->c.cwnd / CC_MSS;

		use_all(f);
		assert_int_equal(f->c.cwnd / CC_MSS, 2 * before);
		assert_false(tcp_cwv_is_nonvalidated(f->tcp, &f->c));
	}
}

/* 4.3, 4.4.1: less than half of it for a sampling period; then a burst does not make it grow, but its acknowledgment validates it. */
static void
a_window_not_in_use_does_not_grow(void **state)
{
	struct cc_fixture *f = with_a_window_of(state, TERN_CONGESTION_NEWRENO, 200);
	uint32_t cwnd = f->c.cwnd;

	for (unsigned int i = 0; i < 40; i++)
		use(f, 90);
	assert_true(tcp_cwv_is_nonvalidated(f->tcp, &f->c));
	assert_int_equal(f->c.cwnd, cwnd);
	assert_int_equal(tcp_cwv_pipe(f->tcp, &f->c), 90 * CC_MSS);
	use(f, 200);
	assert_int_equal(f->c.cwnd, cwnd);
	assert_false(tcp_cwv_is_nonvalidated(f->tcp, &f->c));
	use_all(f);
	use_all(f);
	assert_in_range(f->c.cwnd, cwnd + CC_MSS, cwnd + 2 * CC_MSS);
}

/* 4.4.2: it is what was in use that a loss reduces, though little is in flight just now. */
static void
a_loss_reduces_what_was_in_use(void **state)
{
	struct cc_fixture *f = with_a_window_of(state, TERN_CONGESTION_NEWRENO, 200);

	for (unsigned int i = 0; i < 40; i++)
		use(f, 80);
	tcp_cc_newreno.reduce(f->tcp, &f->c, 10 * CC_MSS, TCP_CC_LOSS);
	assert_int_equal(f->c.ssthresh, 40 * CC_MSS);
	/* and then the path is measured anew */
	assert_int_equal(tcp_cwv_pipe(f->tcp, &f->c), 0);
	assert_false(tcp_cwv_is_nonvalidated(f->tcp, &f->c));
}

static void
cubic_reduces_what_was_in_use(void **state)
{
	struct cc_fixture *f = with_a_window_of(state, TERN_CONGESTION_CUBIC, 200);

	for (unsigned int i = 0; i < 40; i++)
		use(f, 80);
	tcp_cc_cubic.reduce(f->tcp, &f->c, 10 * CC_MSS, TCP_CC_LOSS);
	assert_in_range(f->c.ssthresh, 56 * CC_MSS, 56 * CC_MSS + 3);
}

/* 4.4.3: after five minutes half of it is left, ssthresh remembers three quarters, and never less than the initial window. */
static void
a_window_not_in_use_expires(void **state)
{
	struct cc_fixture *f = with_a_window_of(state, TERN_CONGESTION_NEWRENO, 200);

	f->c.ssthresh = 20 * CC_MSS;
	for (unsigned int i = 0; i < 2900; i++)
		use(f, 12);
	assert_int_equal(f->c.cwnd, 200 * CC_MSS);
	for (unsigned int i = 0; i < 200; i++)
		use(f, 12);
	assert_int_equal(f->c.cwnd, 100 * CC_MSS);
	assert_int_equal(f->c.ssthresh, 150 * CC_MSS);
	for (unsigned int i = 0; i < 20000; i++)
		use(f, 2);
	assert_int_equal(f->c.cwnd, tcp_initial_window(f->tcp, &f->c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CC_CASE(a_window_in_use_is_validated),
		CC_CASE(slow_start_is_validated_all_the_way),
		CC_CASE(a_window_not_in_use_does_not_grow),
		CC_CASE(a_loss_reduces_what_was_in_use),
		CC_CASE(cubic_reduces_what_was_in_use),
		CC_CASE(a_window_not_in_use_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
