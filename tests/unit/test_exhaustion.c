/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What there is a bound for, and a load that goes beyond it, in virtual time: the bound holds, what is made of that is
 * counted, and when the load is over, the next connections are served and everything is back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim_load.h"

#define US UINT64_C(1000)
#define WORK_NS (200 * US)
#define CAPACITY 5000u
#define FEW 100u                 /* connections a second that no bound here is too small for */

static const struct load_setup usual = {
	.work_ns = WORK_NS, .frame_ns = 250, .rx_queue = 1024, .delay_ns = 50 * US,
};

/* Options of each side, NULL: room enough */
static struct load *
load_with(const char *const *server, const char *const *client)
{
	struct load_setup setup = usual;

	setup.server = server;
	setup.client = client;
	return load_new(&setup);
}

/* Of a bound on memory alone nothing is left so much later: peers that were refused have asked again and given up. */
static void
wait_for_rest(struct load *l, uint64_t ms)
{
	load_rate(l, 0);
	load_flood(l, 0);
	load_run(l, ms);
	assert_int_equal(load_stats(l).open_now, 0);
	assert_int_equal(load_stats(l).half_open_now, 0);
	assert_int_equal(load_client_stats(l).open_now, 0);
}

/* Whoever comes now is served, at once; then all packets are back. */
static void
serves_again_and_ends(struct load *l)
{
	struct load_figures f;

	load_look(l);
	load_rate(l, FEW);
	load_run(l, 2000);
	load_rate(l, 0);
	load_run(l, 500);
	f = load_look(l);
	assert_true(f.offered >= 2 * FEW - 1);
	assert_int_equal(f.done, f.offered);
	assert_int_equal(f.failed, 0);
	assert_int_equal(f.not_begun, 0);
	assert_true(f.p99_ns <= 5 * LOAD_MS);
	assert_int_equal(load_stats(l).open_now, 0);
	assert_int_equal(load_free(l), 0);
}

static void
without_connections_syns_are_refused_until_some_end(void **state)
{
	static const char *const room[] = { "--max-connections", "8", "--max-half-open", "16Ki", NULL };
	struct load_figures f;
	struct load *l = load_with(room, NULL);

	(void)state;
	load_rate(l, 2 * CAPACITY);
	load_run(l, 4000);
	f = load_look(l);
	assert_true(load_stats(l).drops[TERN_DROP_TCP_NO_BLOCK] > 0);
	assert_true(l->open_most <= 8);
	/* each of the few is used again as soon as it is free: nobody is let into a handshake that could not end */
	assert_true(l->half_open_most <= 8);
	assert_int_equal(load_client_stats(l).retransmits_data, 0);
	assert_true((double)f.done >= 0.7 * CAPACITY * f.seconds);
	/* those that were refused ask once more, a second later */
	load_rate(l, 0);
	load_run(l, 1000);
	wait_for_rest(l, 1000);
	serves_again_and_ends(l);
}

/* Handshakes that never end promise themselves no connections. */
static void
a_flood_takes_no_connections_from_those_who_mean_it(void **state)
{
	static const char *const room[] = { "--max-connections", "512", "--max-half-open", "16Ki", NULL };
	struct load_figures f;
	struct load *l = load_with(room, NULL);

	(void)state;
	load_flood(l, 2000);
	load_run(l, 2000);
	load_rate(l, CAPACITY / 2);
	load_run(l, 1000);
	load_look(l);
	load_run(l, 3000);
	f = load_look(l);
	assert_true((double)f.done >= 0.95 * CAPACITY / 2 * f.seconds);
	assert_true(load_stats(l).cookies_accepted > 0);
	assert_true(l->half_open_most <= 512);
	load_rate(l, 0);
	load_flood(l, 0);
	load_run(l, 64000);   /* the last SYN-ACKs */
	wait_for_rest(l, 1000);
	serves_again_and_ends(l);
}

static void
a_client_without_connections_is_told_and_opens_when_some_have_ended(void **state)
{
	static const char *const room[] = { "--src", "198.18.64.0/22", "--max-connections", "4", "--max-time-wait", "64Ki", NULL };
	struct load_figures f;
	struct load *l = load_with(NULL, room);

	(void)state;
	load_rate(l, 4 * CAPACITY);
	load_run(l, 2000);
	f = load_look(l);
	assert_true(f.not_begun > 0);
	assert_true(f.done > 0);
	assert_int_equal(f.failed, 0);
	wait_for_rest(l, 1000);
	serves_again_and_ends(l);
}

/* Without cookies: the oldest gives way once its SYN-ACK was sent again, and none before. */
static void
half_open_records_are_given_up_oldest_first(void **state)
{
	static const char *const room[] = { "--max-connections", "64Ki", "--max-half-open", "32", "--syn-cookies", "never",
					    "--synack-retries", "1", NULL };
	struct load *l = load_with(room, NULL);

	(void)state;
	load_flood(l, 10000);
	load_run(l, 5000);
	assert_true(load_stats(l).drops[TERN_DROP_TCP_SYN_QUEUE] > 0);
	assert_true(load_stats(l).half_open_evicted > 0);
	assert_true(l->half_open_most <= 32);
	wait_for_rest(l, 8000);
	serves_again_and_ends(l);
}

static void
with_cookies_no_record_is_needed(void **state)
{
	static const char *const room[] = { "--max-connections", "64Ki", "--max-half-open", "32", "--synack-retries", "1", NULL };
	struct load_figures f;
	struct load *l = load_with(room, NULL);

	(void)state;
	load_flood(l, 10000);
	load_run(l, 100);
	load_rate(l, FEW);
	load_run(l, 2000);
	f = load_look(l);
	assert_true(load_stats(l).cookies_sent > 0);
	assert_true(load_stats(l).cookies_accepted > 0);
	assert_int_equal(load_stats(l).drops[TERN_DROP_TCP_SYN_QUEUE], 0);
	assert_true(l->half_open_most <= 32);
	assert_true(f.done + 2 >= f.offered);
	wait_for_rest(l, 8000);
	serves_again_and_ends(l);
}

static void
time_wait_records_are_given_up_oldest_first(void **state)
{
	static const char *const room[] = { "--src", "198.18.64.0/22", "--max-connections", "64Ki", "--max-time-wait", "64", NULL };
	struct load_figures f;
	struct tern_stats t;
	struct load *l = load_with(NULL, room);

	(void)state;
	load_rate(l, CAPACITY / 2);
	load_run(l, 2000);
	f = load_look(l);
	t = load_client_stats(l);
	assert_in_range(t.time_wait_now, 1, 64);
	assert_true(t.time_wait_evicted + 64 + FEW >= f.done);
	assert_true(t.time_wait_evicted_ms > 0);
	assert_int_equal(f.failed + f.refused + f.not_begun, 0);
	wait_for_rest(l, 1000);
	/* those that are left stay for their 2 MSL, and go then */
	assert_int_equal(load_client_stats(l).time_wait_now, 64);
	load_run(l, 60000);
	assert_int_equal(load_client_stats(l).time_wait_now, 0);
	serves_again_and_ends(l);
}

/* Frames wait in the server's queue, and hold what both ends would send with. */
static void
without_packets_what_waits_is_sent_when_some_are_back(void **state)
{
	static const char *const room[] = { "--max-connections", "64Ki", "--max-half-open", "16Ki", "--synack-retries", "1", NULL };
	struct load_setup setup = usual;
	struct tern_stats s, c;
	struct load *l;

	(void)state;
	setup.server = room;
	setup.mbufs = 1024;
	l = load_new(&setup);
	load_rate(l, 4 * CAPACITY);
	load_flood(l, 400000);
	load_run(l, 1000);
	s = load_stats(l);
	c = load_client_stats(l);
	assert_true(s.mbuf_alloc_failed + c.mbuf_alloc_failed + s.drops[TERN_DROP_TX_NO_MBUF] + c.drops[TERN_DROP_TX_NO_MBUF] > 0);
	assert_true(load_look(l).done > 0);
	wait_for_rest(l, 10000);
	serves_again_and_ends(l);
}

/* One address towards one port, and no timestamps that would tell a new connection from an old one. */
static void
without_ports_opens_are_refused_until_time_wait_ends(void **state)
{
	static const char *const room[] = { "--max-connections", "64Ki", "--max-time-wait", "128Ki", "--no-timestamps", "--time-wait",
					    "10s", NULL };
	struct load_setup setup = usual;
	struct load_figures f;
	struct load *l;

	(void)state;
	setup.client = room;
	setup.work_ns = 10 * US;
	l = load_new(&setup);
	load_rate(l, 40000);
	load_run(l, 1700);   /* 68,000 */
	f = load_look(l);
	assert_true(load_client_stats(l).connects_failed_no_port > 0);
	assert_int_equal(load_client_stats(l).connects_failed_no_port, f.not_begun);
	assert_true(f.done > 50000 && f.done < 65536);
	wait_for_rest(l, 1000);
	load_run(l, 11000);
	assert_int_equal(load_client_stats(l).time_wait_now, 0);
	serves_again_and_ends(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_connections_syns_are_refused_until_some_end),
		cmocka_unit_test(a_flood_takes_no_connections_from_those_who_mean_it),
		cmocka_unit_test(a_client_without_connections_is_told_and_opens_when_some_have_ended),
		cmocka_unit_test(half_open_records_are_given_up_oldest_first),
		cmocka_unit_test(with_cookies_no_record_is_needed),
		cmocka_unit_test(time_wait_records_are_given_up_oldest_first),
		cmocka_unit_test(without_packets_what_waits_is_sent_when_some_are_back),
		cmocka_unit_test(without_ports_opens_are_refused_until_time_wait_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
