/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A server that is offered more than it takes, in virtual time: its goodput, whom it serves, and how it recovers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim_load.h"

#define US UINT64_C(1000)
#define WORK_NS (200 * US)
#define FRAME_NS UINT64_C(250)
#define CAPACITY (LOAD_SECOND / (WORK_NS + 4 * FRAME_NS))
#define RX_QUEUE 1024u

static const struct load_setup usual = {
	.work_ns = WORK_NS, .frame_ns = FRAME_NS, .rx_queue = RX_QUEUE, .delay_ns = 50 * US,
};

static void
end(struct load *l)
{
	load_rate(l, 0);
	load_flood(l, 0);
	/* peers that were refused give up, and resend what they had asked */
	load_run(l, 3000);
	assert_int_equal(load_stats(l).open_now, 0);
	assert_int_equal(load_free(l), 0);
}

/* What the server does when it is offered all but a tenth of what it can take. */
static struct load_figures
peak(struct load *l)
{
	load_rate(l, CAPACITY * 9 / 10);
	load_run(l, 1000);
	load_look(l);
	load_run(l, 1000);
	return load_look(l);
}

/* Within a second of the load's end: the latency of before, and whoever asks is let in and served. */
static void
all_is_as_before(struct load *l, const struct load_figures *before)
{
	struct load_figures f;

	uint64_t refused = load_stats(l).drops[TERN_DROP_TCP_OVERLOAD];

	load_rate(l, CAPACITY * 9 / 10);
	load_run(l, 500);
	load_look(l);
	load_run(l, 1000);
	f = load_look(l);
	assert_int_equal(load_stats(l).drops[TERN_DROP_TCP_OVERLOAD], refused);
	assert_true(f.done >= before->done * 99 / 100);
	assert_true(f.p99_ns <= before->p99_ns * 3 / 2);
	assert_int_equal(f.failed, 0);
}

static void
overload_for(const struct load_setup *setup, unsigned int times, uint64_t seconds, double least, uint64_t latency_ns)
{
	struct load *l = load_new(setup);
	struct load_figures before = peak(l), f;
	uint64_t missed = load_stats(l).drops[TERN_DROP_RX_MISSED];

	load_rate(l, times * CAPACITY);
	load_run(l, 1000);
	load_look(l);
	l->open_most = l->half_open_most = 0;
	load_run(l, 1000 * (seconds - 1));
	f = load_look(l);
	assert_true((double)f.done >= least * (double)CAPACITY * f.seconds);
	/* who is let in is served, and soon */
	assert_int_equal(f.failed, 0);
	assert_true(f.p99_ns <= latency_ns);
	/* and takes its memory for no longer: a tenth of a second of connections, and four round trips */
	assert_true(l->open_most <= CAPACITY * (LOAD_SECOND / 10 + 16 * setup->delay_ns) / LOAD_SECOND);
	assert_true(l->half_open_most <= CAPACITY * (LOAD_SECOND / 10 + 16 * setup->delay_ns) / LOAD_SECOND);
	assert_true(load_stats(l).drops[TERN_DROP_TCP_OVERLOAD] > 0);
	/* what was refused is SYNs, of this stack's choice */
	assert_int_equal(load_stats(l).drops[TERN_DROP_RX_MISSED], missed);
	assert_int_equal(load_stats(l).retransmits_data, 0);
	load_rate(l, 0);
	/* those that were refused ask once more, a second later: only then the load is over */
	load_run(l, 1000);
	load_run(l, 500);
	/* nothing of it is left, and a second later all is as before */
	assert_int_equal(load_stats(l).open_now, 0);
	assert_int_equal(load_stats(l).half_open_now, 0);
	all_is_as_before(l, &before);
	end(l);
}

static void
twice_the_capacity_for_half_a_minute_costs_nobody_who_is_let_in(void **state)
{
	(void)state;
	overload_for(&usual, 2, 30, 0.9, 30 * LOAD_MS);
}

static void
ten_times_the_capacity_is_refused_as_well(void **state)
{
	(void)state;
	overload_for(&usual, 10, 4, 0.9, 60 * LOAD_MS);
}

static void
peers_far_away_are_told_later_and_let_in_all_the_same(void **state)
{
	struct load_setup far = usual;

	(void)state;
	far.delay_ns = 20 * LOAD_MS;
	/* what is decided shows 80 ms later */
	overload_for(&far, 2, 5, 0.85, 2 * 80 * LOAD_MS);
}

/* ---- a flood */

static void
flooded_by(uint64_t load, uint64_t syns, double least)
{
	struct load *l = load_new(&usual);
	struct load_figures before, f;

	load_rate(l, load);
	load_run(l, 500);
	load_look(l);
	load_run(l, 1000);
	before = load_look(l);
	load_flood(l, syns);
	load_run(l, 1000);
	load_look(l);
	load_run(l, 1000);
	f = load_look(l);
	assert_true((double)f.done >= least * (double)before.done);
	assert_int_equal(f.failed, 0);
	assert_true(f.p99_ns <= 30 * LOAD_MS);
	assert_true(load_stats(l).cookies_accepted > 0);
	load_flood(l, 0);
	load_run(l, 1000);
	load_look(l);
	load_run(l, 500);
	f = load_look(l);
	assert_true((double)f.done / f.seconds >= 0.99 * (double)before.done / before.seconds);
	load_rate(l, 0);
	assert_int_equal(load_free(l), 0);
}

/* Each SYN of the flood costs a frame: at 400,000 a second, a tenth of the server's time. */
static void
a_flood_beside_a_load_that_is_held_costs_it_nothing(void **state)
{
	(void)state;
	flooded_by(CAPACITY / 2, 400000, 0.99);
}

static void
a_flood_beside_twice_the_capacity_leaves_the_honest_their_share(void **state)
{
	(void)state;
	flooded_by(2 * CAPACITY, 400000, 0.8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twice_the_capacity_for_half_a_minute_costs_nobody_who_is_let_in),
		cmocka_unit_test(ten_times_the_capacity_is_refused_as_well),
		cmocka_unit_test(peers_far_away_are_told_later_and_let_in_all_the_same),
		cmocka_unit_test(a_flood_beside_a_load_that_is_held_costs_it_nothing),
		cmocka_unit_test(a_flood_beside_twice_the_capacity_leaves_the_honest_their_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
