/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Many connections of which few are busy: --hold beside a load, --in-flight, and the end of a run. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"

static void
held_connections_are_opened_before_the_load_and_kept_beside_it(void **state)
{
	const struct counts *c;

	(void)state;
	settings.hold = 100;
	c = go();
	assert_int_equal(stack.most_open, 108);
	assert_int_equal(c->started, 100 + c->begun);
	assert_int_equal(c->lost, 0);
	assert_int_equal(c->failed, 0);
	/* the load has nearly all the time, and as many as without */
	assert_in_range(c->completed, 8 * 20000 / 28, 8 * 20000 / 20);
}

static void
the_load_waits_for_what_is_held(void **state)
{
	(void)state;
	settings.hold = 100;
	settings.open_rate = 10000;
	settings.mode = MODE_RR;
	go();
	assert_true(stack.first_ask_ns > 100 * 100 * US);
	assert_true(stack.first_ask_ns < 13 * MS);
}

static void
so_many_requests_are_under_way_and_no_more(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.connections = 200;
	settings.in_flight = 10;
	c = go();
	assert_int_equal(c->started, 200);
	assert_in_range(c->completed, 10 * 19000 / 13, 10 * 20000 / 10);
	assert_int_equal(c->failed, 0);
}

static void
run_with_seed(uint64_t seed, uint16_t *asked)
{
	void *none = NULL;

	tear_down(&none);
	set_up(&none);
	settings.mode = MODE_RR;
	settings.connections = 400;
	settings.in_flight = 10;
	settings.arrival_seed = seed;
	go();
	memcpy(asked, stack.asked, sizeof(stack.asked));
}

static void
which_connections_are_asked_is_random_and_the_seed_repeats_it(void **state)
{
	uint16_t first[64], again[64], other[64];
	unsigned int behind = 0, far = 0;

	(void)state;
	run_with_seed(7, first);
	run_with_seed(7, again);
	run_with_seed(8, other);
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, sizeof(first));
	for (unsigned int i = 1; i < 64; i++) {
		behind += first[i] < first[i - 1];
		far += first[i] > 300;
	}
	assert_in_range(behind, 16, 48);
	assert_in_range(far, 4, 32);
}

static void
requests_at_random_end_with_the_count_too(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.connections = 100;
	settings.in_flight = 10;
	settings.count = 1000;
	c = go();
	assert_int_equal(c->completed, 1000);
}

static void
many_connections_are_closed_some_at_a_time(void **state)
{
	(void)state;
	settings.mode = MODE_HOLD;
	settings.connections = 500;
	go();
	assert_int_equal(stack.closes_seen, 500);
	assert_in_range(stack.most_closing, 200, 256);
}

static void
among_many_idle_ones_an_answer_that_does_not_come_is_missed_in_time(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.connections = 400;
	settings.in_flight = 4;
	settings.requests = 1;
	stack.silent = true;
	c = go();
	/* 4 at a time, each given up after 2 ms and a tick or two, for 20 ms */
	assert_in_range(c->fail[FAIL_answer_timeout], 4 * 4, 4 * 10);
	assert_int_equal(c->completed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(held_connections_are_opened_before_the_load_and_kept_beside_it),
		CASE(the_load_waits_for_what_is_held),
		CASE(so_many_requests_are_under_way_and_no_more),
		CASE(which_connections_are_asked_is_random_and_the_seed_repeats_it),
		CASE(requests_at_random_end_with_the_count_too),
		CASE(many_connections_are_closed_some_at_a_time),
		CASE(among_many_idle_ones_an_answer_that_does_not_come_is_missed_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
