/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The load: closed and open loop, what fails, and who closes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"

static void
a_closed_loop_keeps_its_connections_open_and_never_more(void **state)
{
	const struct counts *c;

	(void)state;
	c = go();
	assert_int_equal(stack.most_open, 8);
	/* 10 us to connect, 10 us for the answer, a turn or two to close: 8 at a time over 20 ms */
	assert_in_range(c->completed, 8 * 20000 / 26, 8 * 20000 / 20);
	assert_int_equal(c->failed, 0);
	assert_int_equal(core.meter.latency[LATENCY_SETUP]->max, 10 * US);
	assert_int_equal(core.meter.latency[LATENCY_HEADLINE]->max, 20 * US);
	assert_int_equal(core.meter.latency[LATENCY_SENT]->total, 0);
}

static void
keepalive_is_asked_for_with_its_times(void **state)
{
	(void)state;
	settings.keepalive_ns = 1500 * US;
	settings.keepalive_interval_ns = 3 * MS;
	settings.keepalive_count = 4;
	go();
	assert_int_equal(stack.option[TERN_OPT_KEEPALIVE], 1);
	assert_int_equal(stack.option[TERN_OPT_KEEPIDLE], 2);  /* in whole ms, never early */
	assert_int_equal(stack.option[TERN_OPT_KEEPINTVL], 3);
	assert_int_equal(stack.option[TERN_OPT_KEEPCNT], 4);
}

static void
an_open_loop_spaces_its_arrivals_evenly(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	c = go();
	for (uint32_t i = 1; i < 64; i++)
		assert_in_range(stack.connect_ns[i] - stack.connect_ns[i - 1], 100 * US - TURN_NS, 100 * US + TURN_NS);
	assert_in_range(c->offered, 185, 200);
	assert_int_equal(c->completed, c->offered);
}

static void
a_rate_that_changes_is_followed(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	stack.second_rate = 50000;
	stack.second_rate_ns = 10 * MS;
	c = go();
	/* 10 ms of either, less up to 3 ms between them */
	assert_in_range(c->offered, 90 + 350, 100 + 500);
	assert_int_equal(c->completed, c->offered);
}

static void
a_rate_of_nothing_is_a_rest(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	stack.second_rate_ns = 10 * MS;
	c = go();
	assert_in_range(c->offered, 85, 100);
	assert_int_equal(c->behind, 0);
}

static void
poisson_arrivals_are_not_even_and_repeat_with_their_seed(void **state)
{
	uint64_t before[64];
	bool even = true;

	settings.rate = 10000;
	settings.connections = 64;
	settings.poisson = 1;
	settings.arrival_seed = 5;
	/* of the mean of 200 gaps, 4 standard deviations are 57 of them */
	assert_in_range(go()->offered, 140, 260);
	memcpy(before, stack.connect_ns, sizeof(before));
	for (uint32_t i = 1; i < 64; i++)
		even = even && before[i] - before[i - 1] > 50 * US && before[i] - before[i - 1] < 150 * US;
	assert_false(even);
	tear_down(state);
	set_up(state);
	settings.rate = 10000;
	settings.connections = 64;
	settings.poisson = 1;
	settings.arrival_seed = 5;
	go();
	assert_memory_equal(before, stack.connect_ns, sizeof(before));
}

static void
a_server_that_stalls_cannot_hide_it(void **state)
{
	const struct tern_histogram *headline = core.meter.latency[LATENCY_HEADLINE], *sent = core.meter.latency[LATENCY_SENT];
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	settings.connections = 4;
	settings.timeout_ns = 5 * MS;
	stack.stall_from_ns = 10 * MS;
	stack.stall_to_ns = 12 * MS;
	c = go();
	assert_int_equal(counts_not_started(c), 0);
	assert_int_equal(c->failed, 0);
	/* four were caught; sixteen more waited for a connection, and their latency says so */
	assert_true(sent->counts[0] == 0);
	assert_in_range(tern_histogram_percentile(sent, 97), 19 * US, 25 * US);
	assert_in_range(tern_histogram_percentile(headline, 97), 1000 * US, 2000 * US);
	/* which is not the generator's fault */
	assert_true(core.meter.latency[LATENCY_LATENESS]->max <= 30 * US);
}

static void
what_a_gap_of_the_machine_overlapped_is_told_apart(void **state)
{
	const struct tern_histogram *headline = core.meter.latency[LATENCY_HEADLINE];
	const struct tern_histogram *undisturbed = core.meter.latency[LATENCY_UNDISTURBED];

	(void)state;
	settings.rate = 10000;
	settings.connections = 64;
	settings.timeout_ns = 5 * MS;
	stack.stall_from_ns = 10 * MS;
	stack.stall_to_ns = 12 * MS;
	stack.stall_is_gap = true;
	go();
	assert_true(headline->max >= 1900 * US);
	assert_true(undisturbed->max <= 25 * US);
	/* twenty were under way in it */
	assert_in_range(headline->total - undisturbed->total, 19, 21);
	/* a peer's own pause is none of the machine's */
	tear_down(state);
	set_up(state);
	settings.rate = 10000;
	settings.connections = 64;
	settings.timeout_ns = 5 * MS;
	stack.stall_from_ns = 10 * MS;
	stack.stall_to_ns = 12 * MS;
	go();
	assert_true(core.meter.latency[LATENCY_UNDISTURBED]->max >= 1900 * US);
}

static void
an_arrival_that_finds_no_connection_in_time_is_counted_as_not_started(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	settings.connections = 1;
	settings.timeout_ns = 1 * MS;
	stack.answer_ns = 900 * US;
	c = go();
	assert_true(c->not_started[NOT_limit] > 100);
	assert_int_equal(c->offered, c->begun + counts_not_started(c));
}

static void
no_free_port_is_counted_and_does_not_spin(void **state)
{
	const struct counts *c;

	(void)state;
	stack.connect_error = -EADDRNOTAVAIL;
	c = go();
	assert_in_range(c->not_started[NOT_no_port], 15, 21);
	assert_int_equal(c->started, 0);
}

static void
a_refused_connection_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.refuse = true;
	c = go();
	assert_true(c->connect_failed > 0);
	assert_int_equal(c->fail[FAIL_connect_refused], c->failed);
}

static void
silence_is_a_timeout(void **state)
{
	const struct counts *c;

	(void)state;
	stack.silent = true;
	c = go();
	assert_in_range(c->fail[FAIL_answer_timeout], 8 * 7, 8 * 10);
	assert_int_equal(c->completed, 0);
}

static void
an_answer_too_long_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.answer_size = 65;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_long], c->failed);
}

static void
an_answer_too_short_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.answer_size = 63;
	stack.ends_short = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_short], c->failed);
}

static void
a_reset_before_the_answer_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.resets = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_reset], c->failed);
}

static void
verify_passes_an_echo_in_every_mode(void **state)
{
	const struct counts *c;

	(void)state;
	settings.verify = 1;
	settings.mode = MODE_RR;
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
}

static void
verify_finds_a_changed_byte(void **state)
{
	const struct counts *c;

	(void)state;
	settings.verify = 1;
	stack.garble = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_differs], c->failed);
}

static void
without_verify_only_the_length_is_looked_at(void **state)
{
	const struct counts *c;

	(void)state;
	stack.garble = true;
	c = go();
	assert_int_equal(c->failed, 0);
}

static void
the_client_closes_with_fin_or_rst(void **state)
{
	const struct counts *c;

	(void)state;
	settings.close_rst = 1;
	c = go();
	assert_int_equal(stack.aborts_seen, c->completed);
	assert_int_equal(stack.closes_seen, 0);
}

static void
when_the_server_closes_the_client_follows(void **state)
{
	const struct counts *c;

	(void)state;
	settings.closer_server = 1;
	stack.closes = true;
	c = go();
	assert_int_equal(stack.closes_seen, c->completed);
	assert_int_equal(stack.aborts_seen, 0);
	assert_int_equal(c->close_timeouts, 0);
}

static void
a_server_that_should_close_and_does_not_is_reset(void **state)
{
	const struct counts *c;

	(void)state;
	settings.closer_server = 1;
	c = go();
	assert_true(c->close_timeouts > 0);
	assert_int_equal(c->close_timeouts, c->completed);
	assert_int_equal(c->failed, 0);
}

static void
connect_and_close_sends_nothing(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_CC;
	c = go();
	assert_int_equal(c->completed, c->established);
	assert_int_equal(stack.closes_seen, c->completed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_closed_loop_keeps_its_connections_open_and_never_more),
		CASE(keepalive_is_asked_for_with_its_times),
		CASE(an_open_loop_spaces_its_arrivals_evenly),
		CASE(a_rate_that_changes_is_followed),
		CASE(a_rate_of_nothing_is_a_rest),
		CASE(poisson_arrivals_are_not_even_and_repeat_with_their_seed),
		CASE(a_server_that_stalls_cannot_hide_it),
		CASE(what_a_gap_of_the_machine_overlapped_is_told_apart),
		CASE(an_arrival_that_finds_no_connection_in_time_is_counted_as_not_started),
		CASE(no_free_port_is_counted_and_does_not_spin),
		CASE(a_refused_connection_is_a_failure),
		CASE(silence_is_a_timeout),
		CASE(an_answer_too_long_is_a_failure),
		CASE(an_answer_too_short_is_a_failure),
		CASE(a_reset_before_the_answer_is_a_failure),
		CASE(verify_passes_an_echo_in_every_mode),
		CASE(verify_finds_a_changed_byte),
		CASE(without_verify_only_the_length_is_looked_at),
		CASE(the_client_closes_with_fin_or_rst),
		CASE(when_the_server_closes_the_client_follows),
		CASE(a_server_that_should_close_and_does_not_is_reset),
		CASE(connect_and_close_sends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
