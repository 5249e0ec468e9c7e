/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* HyStart++ (RFC 9406) from series of round-trip times. */

#include "cc_fixture.h"

#define SEGMENTS 64u           /* a round */

struct run {
	struct cc_fixture *f;
	struct tcp_hystart h;
	bool left;
	uint32_t grown;        /* in the last round */
};

/* A round in which each ACK, for a segment, measures the same. */
static void
round_of(struct run *r, uint32_t rtt_us)
{
	struct tcp_conn *c = &r->f->c;
	struct tcp_cc_sample sample = { .acked = CC_MSS, .outstanding = SEGMENTS * CC_MSS, .rtt_us = rtt_us };

	r->grown = 0;
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		bool leave;

		/* always as much outstanding, so that a round ends with the first ACK of the next */
		c->snd_una += CC_MSS;
		c->snd_nxt += CC_MSS;
		r->grown += tcp_hystart_acked(&r->h, c, &sample, HYSTART_USUAL, &leave);
		r->left |= leave;
	}
}

static struct run
begin(void **state)
{
	struct run r = { .f = *state };

	r.f->c.snd_una = 1000;
	r.f->c.snd_nxt = 1000 + SEGMENTS * CC_MSS;
	return r;
}

static void
steady_round_trips_do_not_end_slow_start(void **state)
{
	struct run r = begin(state);

	for (unsigned int i = 0; i < 50; i++) {
		round_of(&r, 50000);
		assert_int_equal(r.grown, SEGMENTS * CC_MSS);
	}
	assert_false(r.left);
}

/* RttThresh is an eighth of the last round's minimum: 6.25 ms here. */
static void
less_than_the_threshold_does_not(void **state)
{
	struct run r = begin(state);

	round_of(&r, 50000);
	for (unsigned int i = 1; i < 5; i++) {
		round_of(&r, 50000 + i * 6000);
		assert_int_equal(r.grown, SEGMENTS * CC_MSS);
	}
	assert_false(r.left);
}

static void
longer_round_trips_end_it_after_five_careful_rounds(void **state)
{
	struct run r = begin(state);
	unsigned int rounds = 0;

	round_of(&r, 50000);
	round_of(&r, 50000);
	round_of(&r, 57000);
	/* noticed with the eighth sample of the round, which began with its second ACK */
	assert_int_equal(r.grown, 8 * CC_MSS + (SEGMENTS - 8) * (CC_MSS / 4));
	for (rounds = 0; !r.left; rounds++) {
		round_of(&r, 57000);
		assert_true(r.left || r.grown == SEGMENTS * (CC_MSS / 4));
		assert_true(rounds < 10);
	}
	assert_int_equal(rounds, 5);
}

static void
jitter_is_forgiven(void **state)
{
	struct run r = begin(state);

	round_of(&r, 50000);
	round_of(&r, 50000);
	round_of(&r, 60000);
	round_of(&r, 60000);
	assert_int_equal(r.grown, SEGMENTS * (CC_MSS / 4));
	round_of(&r, 50000);
	round_of(&r, 50000);
	assert_int_equal(r.grown, SEGMENTS * CC_MSS);
	assert_false(r.left);
}

static bool
ends(void **state, uint32_t rtt_us, uint32_t more_us)
{
	struct run r = begin(state);

	round_of(&r, rtt_us);
	round_of(&r, rtt_us);
	for (unsigned int i = 0; i < 6; i++)
		round_of(&r, rtt_us + more_us);
	return r.left;
}

/* 4.3: between 4 and 16 ms */
static void
the_threshold_has_bounds(void **state)
{
	assert_false(ends(state, 1000, 3900));
	assert_true(ends(state, 1000, 4100));
	assert_false(ends(state, 400000, 15900));
	assert_true(ends(state, 400000, 16100));
}

static void
fewer_than_eight_samples_say_nothing(void **state)
{
	struct cc_fixture *f = *state;
	struct tcp_hystart h = { 0 };

	for (unsigned int round = 0; round < 30; round++) {
		for (unsigned int i = 0; i < 7; i++) {
			struct tcp_cc_sample sample = { .acked = CC_MSS, .rtt_us = 10000 + round * 10000 };
			bool leave;

			f->c.snd_una += CC_MSS;
			f->c.snd_nxt = f->c.snd_una + 6 * CC_MSS;
			assert_int_equal(tcp_hystart_acked(&h, &f->c, &sample, HYSTART_USUAL, &leave), CC_MSS);
			assert_false(leave);
		}
	}
}

/* L = 8, and no limit with pacing (4.2) */
static void
one_ack_grows_by_eight_segments_at_most(void **state)
{
	struct cc_fixture *f = *state;
	struct tcp_hystart h = { 0 };
	struct tcp_cc_sample sample = { .acked = 40 * CC_MSS };
	bool leave;

	assert_int_equal(tcp_hystart_acked(&h, &f->c, &sample, HYSTART_USUAL, &leave), 8 * CC_MSS);
	assert_int_equal(tcp_hystart_acked(&h, &f->c, &sample, HYSTART_PACED, &leave), 40 * CC_MSS);
}

/* As CUBIC uses it: the window at which it ends is ssthresh, and from there the curve begins level. */
static void
cubic_goes_on_from_where_slow_start_ends(void **state)
{
	struct cc_fixture *f = *state;
	struct tcp_conn *c = &f->c;
	uint32_t rtt_us = 50000, rounds = 0;

	while (c->ssthresh == TCP_CC_INFINITE) {
		uint32_t left = c->cwnd;

		assert_true(rounds++ < 20);
		if (c->cwnd > 500 * CC_MSS)
			rtt_us += 10000;  /* a queue */
		c->snd_nxt = c->snd_una + c->cwnd;
		for (; left >= CC_MSS && c->ssthresh == TCP_CC_INFINITE; left -= CC_MSS) {
			struct tcp_cc_sample sample = { .acked = CC_MSS, .outstanding = c->cwnd, .rtt_us = rtt_us };

			c->snd_una += CC_MSS;
			tcp_cc_acked(f->tcp, c, &sample);
			c->snd_nxt = c->snd_una + c->cwnd;
		}
		cc_advance(f, rtt_us * UINT64_C(1000));
	}
	assert_int_equal(c->ssthresh, c->cwnd);
	/* 640 to 1,280 segments when it was noticed, and a quarter more in each of five rounds */
	assert_in_range(c->cwnd / CC_MSS, 1500, 3950);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CC_CASE(steady_round_trips_do_not_end_slow_start),
		CC_CASE(less_than_the_threshold_does_not),
		CC_CASE(longer_round_trips_end_it_after_five_careful_rounds),
		CC_CASE(jitter_is_forgiven),
		CC_CASE(the_threshold_has_bounds),
		CC_CASE(fewer_than_eight_samples_say_nothing),
		CC_CASE(one_ack_grows_by_eight_segments_at_most),
		CC_CASE(cubic_goes_on_from_where_slow_start_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
