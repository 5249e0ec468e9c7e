/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../app/tern/failif.h"
#include "../../app/tern/pacer.h"
#include "../../app/tern/search.h"
#include "../../app/tern/shortage.h"
#include "../../app/tern/units.h"
#include "../../app/tern/verdict.h"

#define SECOND UINT64_C(1000000000)

static void
numbers_are_printed_as_people_read_them(void **state)
{
	char buf[UNITS_STRLEN];

	(void)state;
	assert_string_equal(units_count(buf, 0), "0");
	assert_string_equal(units_count(buf, 999), "999");
	assert_string_equal(units_count(buf, 1234567), "1,234,567");
	assert_string_equal(units_count(buf, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(units_time(buf, 1500000000), "1.5s");
	assert_string_equal(units_time(buf, 500000), "500us");
	assert_string_equal(units_us(buf, 840), "0.84");
	assert_string_equal(units_us(buf, 12345), "12.3");
	assert_string_equal(units_us(buf, 1234567), "1,235");
	assert_string_equal(units_short(buf, 0), "0");
	assert_string_equal(units_short(buf, 999.6), "1.00k");
	assert_string_equal(units_short(buf, 2100000), "2.10M");
	assert_string_equal(units_short(buf, 99960), "100k");
	assert_string_equal(units_bytes(buf, 1536), "1.5 KiB");
}

static void
a_ratio_to_nothing_is_nothing(void **state)
{
	(void)state;
	assert_true(units_ratio(5, 0) == 0);
	assert_true(units_ratio(5, 2) == 2.5);
}

static void
arrivals_are_evenly_spaced_over_all_cores_and_never_drift(void **state)
{
	struct pacer p[3];
	const uint64_t rate = 700001;
	uint64_t arrivals = 0;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		pacer_start(&p[i], SECOND, rate, i, 3);
	/* in turn, each due no more than a rounded-down nanosecond before its exact time */
	for (uint64_t k = 0; k < 3 * rate; k++) {
		uint64_t exact_ns = SECOND + (uint64_t)((unsigned __int128)k * SECOND / rate);
		uint64_t next_ns = p[k % 3].next_ns;

		if (next_ns + 1 < exact_ns || next_ns > exact_ns)
			fail_msg("arrival %llu is due at %llu, not %llu", (unsigned long long)k,
				 (unsigned long long)next_ns, (unsigned long long)exact_ns);
		pacer_advance(&p[k % 3]);
		arrivals++;
	}
	assert_int_equal(arrivals, 3 * rate);
}

static void
what_was_not_taken_up_is_behind(void **state)
{
	struct pacer p;

	(void)state;
	pacer_start(&p, SECOND, 1000, 0, 1);
	assert_int_equal(pacer_behind(&p, SECOND - 1), 0);
	assert_int_equal(pacer_behind(&p, SECOND), 1);
	assert_int_equal(pacer_behind(&p, SECOND + 10 * 1000000), 11);
}

static void
poisson_gaps_have_the_mean_and_the_spread_of_an_exponential(void **state)
{
	struct pacer p;
	double sum = 0, squares = 0;
	const uint32_t n = 200000;

	(void)state;
	pacer_start_poisson(&p, SECOND, 2000000, 1, 2, 42);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t before_ns = p.next_ns;

		pacer_advance(&p);
		sum += (double)(p.next_ns - before_ns);
		squares += (double)(p.next_ns - before_ns) * (double)(p.next_ns - before_ns);
	}
	/* a core of two at 2 M/s: 1,000 ns; the deviation of an exponential is its mean */
	assert_true(fabs(sum / n - 1000) < 10);
	assert_true(fabs(sqrt(squares / n - sum / n * sum / n) - 1000) < 20);
}

static void
every_core_and_every_seed_draws_its_own_gaps(void **state)
{
	struct pacer a, b, c, d;

	(void)state;
	pacer_start_poisson(&a, SECOND, 1000, 0, 2, 1);
	pacer_start_poisson(&b, SECOND, 1000, 1, 2, 1);
	pacer_start_poisson(&c, SECOND, 1000, 0, 2, 9);
	pacer_start_poisson(&d, SECOND, 1000, 0, 2, 1);
	assert_true(a.next_ns != b.next_ns && a.next_ns != c.next_ns && a.next_ns == d.next_ns);
}

/* ---- --ramp and --find */

static void
a_ramp_is_read_as_it_is_written(void **state)
{
	static const char *const wrong[] = { "1k", "1k..2k", "1k..2k/+1k", "1k..2k/1k@5s", "2k..1k/+1k@5s", "0..1k/+1@1s",
					     "1..2/+0@1s", "1..2/+1@1ms", "1..2/+1@x", "a..2/+1@1s", "1..1M/+1@1s", "" };
	struct problem why;
	struct ramp r;

	(void)state;
	assert_int_equal(ramp_parse(&r, "1k..10k/+4k@500ms", &why), 0);
	assert_int_equal(r.from, 1000);
	assert_int_equal(r.to, 10000);
	assert_int_equal(r.step, 4000);
	assert_int_equal(r.stage_ns, SECOND / 2);
	assert_int_equal(ramp_next(&r, 1000), 5000);
	assert_int_equal(ramp_next(&r, 5000), 9000);
	assert_int_equal(ramp_next(&r, 9000), 10000);
	assert_int_equal(ramp_next(&r, 10000), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (ramp_parse(&r, wrong[i], &why) == 0)
			fail_msg("'%s' was taken", wrong[i]);
}

/* Search a peer that holds up to `limit`; returns the highest that was found, and how many trials that took. */
static uint64_t
found(uint64_t from, uint64_t most, uint64_t limit, uint32_t *trials)
{
	struct search search = { .most = most };
	uint64_t rate = from;

	for (*trials = 0; rate != 0 && *trials < 100; (*trials)++) {
		assert_true(most == 0 || rate <= most);
		rate = search_next(&search, rate, rate <= limit);
	}
	return search.good;
}

static void
a_search_finds_the_limit_to_a_hundredth(void **state)
{
	static const uint64_t limits[] = { 1, 2, 99, 100, 1000, 1001, 54321, 1000000, 3333333 };
	uint32_t trials;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint64_t best = found(1000, 0, limits[i], &trials);

		if (best > limits[i] || best + limits[i] / 50 + 1 < limits[i])
			fail_msg("found %llu of %llu", (unsigned long long)best, (unsigned long long)limits[i]);
		assert_true(trials <= 30);
	}
	assert_int_equal(found(1000, 0, 0, &trials), 0);
	assert_true(trials < 15);
}

static void
a_search_goes_no_higher_than_it_may(void **state)
{
	uint32_t trials;

	(void)state;
	assert_int_equal(found(5000, 5000, 1000000, &trials), 5000);
	assert_int_equal(trials, 1);
	assert_true(found(5000, 5000, 3000, &trials) > 2940);
}

/* ---- --fail-if */

static struct failif_rule
rule_of(const char *text)
{
	struct problem why;
	struct failif rules;

	assert_int_equal(failif_parse(&rules, text, &why), 0);
	assert_int_equal(rules.count, 1);
	return rules.list[0];
}

static bool
missed(const char *text, const struct figures *f)
{
	struct failif_rule rule = rule_of(text);

	return failif_holds(&rule, failif_value(&rule, f, NULL));
}

static void
a_criterion_compares_in_its_own_unit(void **state)
{
	const struct figures f = { .failed_share = 0.002, .failed = 12, .completed_rate = 99000, .client_busy = 0.5 };

	(void)state;
	assert_true(missed("failed>0.1%", &f));
	assert_false(missed("failed>0.3%", &f));
	assert_true(missed("failed>11", &f));
	assert_false(missed("failed>12", &f));
	assert_true(missed("failed>=12", &f));
	assert_true(missed("rate<100k", &f));
	assert_false(missed("rate<99k", &f));
	assert_true(missed("rate<=99k", &f));
	assert_true(missed("busy>40%", &f));
}

static void
a_latency_criterion_reads_the_headline_histogram(void **state)
{
	struct window w;
	const struct figures f = { 0 };
	struct failif_rule p99 = rule_of("p99>5ms"), p50 = rule_of("p50>1ms");

	(void)state;
	assert_int_equal(window_init(&w), 0);
	for (int i = 0; i < 90; i++)
		tern_histogram_record(w.latency[LATENCY_HEADLINE], 1000);
	for (int i = 0; i < 10; i++)
		tern_histogram_record(w.latency[LATENCY_HEADLINE], 6000000);
	assert_true(failif_holds(&p99, failif_value(&p99, &f, &w)));
	assert_false(failif_holds(&p50, failif_value(&p50, &f, &w)));
	window_free(&w);
}

static void
several_criteria_are_separated_by_commas(void **state)
{
	struct problem why;
	struct failif rules;

	(void)state;
	assert_int_equal(failif_parse(&rules, "failed>0.1%,p99.9>5ms,rate<100k", &why), 0);
	assert_int_equal(rules.count, 3);
	assert_int_equal(rules.list[1].unit, FAILIF_TIME);
	assert_true(rules.list[1].limit == 5e6);
}

static void
a_criterion_that_says_nothing_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "failed", "failed>", "failed>x", "p99>5%", "p99>", "rate<5ms", "speed>5", "failed>0.1%,", "failed>-1%", ">5",
	};
	struct problem why;
	struct failif rules;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (failif_parse(&rules, texts[i], &why) == 0)
			fail_msg("'%s' was taken", texts[i]);
}

/* ---- the verdict */

static struct verdict
reach(struct figures f)
{
	struct verdict v;

	verdict_reach(&v, &f);
	return v;
}

#define OPEN_LOOP .open_loop = true, .target_rate = 1000, .headline_p50_ns = 50000

static void
a_rate_that_was_held_is_limited_by_itself(void **state)
{
	struct verdict v = reach((struct figures){ OPEN_LOOP, .completed_rate = 999, .client_busy = 0.41 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_RATE);
	assert_true(v.valid);
	assert_non_null(strstr(v.evidence, "busiest core 41.0 %"));
	assert_non_null(strstr(v.evidence, "no local drop"));
}

static void
an_open_loop_that_launches_late_is_invalid(void **state)
{
	struct verdict v = reach((struct figures){ OPEN_LOOP, .completed_rate = 999, .lateness_p99_ns = 400000 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_GENERATOR);
	assert_false(v.valid);
}

static void
lateness_that_drowns_in_the_latency_spoils_nothing(void **state)
{
	struct figures f = { OPEN_LOOP, .completed_rate = 999, .lateness_p99_ns = 400000 };

	(void)state;
	f.headline_p50_ns = 20000000;
	assert_int_equal(reach(f).limit, LIMIT_RATE);
}

static void
a_busy_generator_short_of_its_rate_is_invalid(void **state)
{
	struct verdict v = reach((struct figures){ OPEN_LOOP, .completed_rate = 700, .client_busy = 0.99 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_GENERATOR);
	assert_false(v.valid);
}

static void
a_closed_loop_with_a_busy_generator_is_valid_and_says_so(void **state)
{
	struct verdict v = reach((struct figures){ .completed_rate = 700, .client_busy = 0.99 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_GENERATOR);
	assert_true(v.valid);
}

static void
a_client_without_free_ports_says_so_and_what_helps(void **state)
{
	struct figures f = { .completed_rate = 700, .not_started_by_us = 1234, .most_not_started = NOT_no_port,
			     .waited = 0.2 };
	struct verdict v = reach(f);

	(void)state;
	assert_int_equal(v.limit, LIMIT_GENERATOR);
	assert_non_null(strstr(v.evidence, "source ports ran out: 1,234 times"));
	assert_non_null(strstr(v.evidence, "--src"));
	assert_true(v.ports_ran_out && v.valid);
	/* in an open loop launches are late for that reason, and it comes first */
	v = reach((struct figures){ OPEN_LOOP, .completed_rate = 700, .lateness_p99_ns = 400000, .not_started_by_us = 5,
				    .most_not_started = NOT_no_port });
	assert_true(v.ports_ran_out && !v.valid);
	f.most_not_started = NOT_no_memory;
	v = reach(f);
	assert_non_null(strstr(v.evidence, "no room for a connection"));
	assert_false(v.ports_ran_out);
}

static void
in_a_pair_the_busier_side_is_the_limit(void **state)
{
	(void)state;
	assert_int_equal(reach((struct figures){ .pair = true, .client_busy = 0.96, .server_busy = 0.99 }).limit, LIMIT_PEER);
	assert_int_equal(reach((struct figures){ .pair = true, .client_busy = 0.99, .server_busy = 0.96 }).limit,
			 LIMIT_GENERATOR);
}

static void
a_core_without_its_cpu_is_the_limit(void **state)
{
	struct figures f = { .pair = true, .client_busy = 0.7, .server_busy = 0.7, .waited = 0.2, .server_waited = 0.1 };

	(void)state;
	assert_int_equal(reach(f).limit, LIMIT_GENERATOR);
	f.server_waited = 0.3;
	assert_int_equal(reach(f).limit, LIMIT_PEER);
	assert_non_null(strstr(reach(f).evidence, "waited for its CPU 30.0 %"));
}

static void
frames_lost_on_this_machine_are_the_local_device(void **state)
{
	(void)state;
	assert_int_equal(reach((struct figures){ .local_drops = 100, .local_packets = 1000, .client_busy = 0.5 }).limit,
			 LIMIT_DEVICE);
}

static void
what_ran_out_is_named_with_the_option_that_holds_more_of_it(void **state)
{
	struct verdict v = reach((struct figures){ .pair = true, .refused = 100, .completed_rate = 1000, .seconds = 1,
						   .server_busy = 0.99 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_PEER);
	assert_non_null(strstr(v.evidence, "no room for 100"));
	assert_non_null(strstr(v.evidence, "--max-connections"));
	/* one in ten thousand is no limit */
	assert_null(strstr(reach((struct figures){ .pair = true, .refused = 1, .completed_rate = 10000, .seconds = 1 }).evidence,
			   "no room"));
	v = reach((struct figures){ .local_drops = 100, .local_packets = 1000, .no_mbufs = 90 });
	assert_int_equal(v.limit, LIMIT_DEVICE);
	assert_non_null(strstr(v.evidence, "--mbufs"));
	v = reach((struct figures){ .not_started_by_us = 5, .most_not_started = NOT_no_memory });
	assert_non_null(strstr(v.evidence, "--max-connections"));
}

static void
every_shortage_is_told_with_its_count(void **state)
{
	struct tern_stats t = { .half_open_evicted = 3, .cookies_sent = 4, .time_wait_evicted = 5, .mbuf_alloc_failed = 6,
				.connects_failed_no_port = 8 };
	static const uint64_t times[] = { 1, 9, 2, 3, 4, 5, 7, 8 };
	struct counts c = { .not_started[NOT_no_memory] = 9 };
	struct shortage list[SHORTAGES_MOST];

	(void)state;
	t.drops[TERN_DROP_TCP_NO_BLOCK] = 1;
	t.drops[TERN_DROP_TCP_SYN_QUEUE] = 2;
	t.drops[TERN_DROP_RX_NO_MBUF] = 1;
	assert_int_equal(shortages_of(list, &t, &c), SHORTAGES_MOST);
	for (uint32_t i = 0; i < SHORTAGES_MOST; i++)
		assert_int_equal(list[i].times, times[i]);
	assert_int_equal(shortages_refused(&t), 3);
	t = (struct tern_stats){ .accepts = 5 };
	assert_int_equal(shortages_of(list, &t, NULL), 0);
	assert_true(shortages_hugepages("{\"hugepages_missing_bytes\":4096}") == 4096);
	assert_true(shortages_hugepages("{}") == 0);
}

static void
segments_sent_again_are_the_path(void **state)
{
	(void)state;
	assert_int_equal(reach((struct figures){ .retransmitted_share = 0.02, .client_busy = 0.5 }).limit, LIMIT_PATH);
}

static void
a_closed_loop_that_waits_waits_for_the_peer(void **state)
{
	struct verdict v = reach((struct figures){ .client_busy = 0.2, .connections = 64, .headline_p50_ns = 40000 });

	(void)state;
	assert_int_equal(v.limit, LIMIT_PEER);
	assert_non_null(strstr(v.evidence, "64 connections wait for answers of 40.0 us"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_printed_as_people_read_them),
		cmocka_unit_test(a_ratio_to_nothing_is_nothing),
		cmocka_unit_test(arrivals_are_evenly_spaced_over_all_cores_and_never_drift),
		cmocka_unit_test(what_was_not_taken_up_is_behind),
		cmocka_unit_test(poisson_gaps_have_the_mean_and_the_spread_of_an_exponential),
		cmocka_unit_test(every_core_and_every_seed_draws_its_own_gaps),
		cmocka_unit_test(a_ramp_is_read_as_it_is_written),
		cmocka_unit_test(a_search_finds_the_limit_to_a_hundredth),
		cmocka_unit_test(a_search_goes_no_higher_than_it_may),
		cmocka_unit_test(a_criterion_compares_in_its_own_unit),
		cmocka_unit_test(a_latency_criterion_reads_the_headline_histogram),
		cmocka_unit_test(several_criteria_are_separated_by_commas),
		cmocka_unit_test(a_criterion_that_says_nothing_is_refused),
		cmocka_unit_test(a_rate_that_was_held_is_limited_by_itself),
		cmocka_unit_test(an_open_loop_that_launches_late_is_invalid),
		cmocka_unit_test(lateness_that_drowns_in_the_latency_spoils_nothing),
		cmocka_unit_test(a_busy_generator_short_of_its_rate_is_invalid),
		cmocka_unit_test(a_closed_loop_with_a_busy_generator_is_valid_and_says_so),
		cmocka_unit_test(a_client_without_free_ports_says_so_and_what_helps),
		cmocka_unit_test(in_a_pair_the_busier_side_is_the_limit),
		cmocka_unit_test(a_core_without_its_cpu_is_the_limit),
		cmocka_unit_test(frames_lost_on_this_machine_are_the_local_device),
		cmocka_unit_test(what_ran_out_is_named_with_the_option_that_holds_more_of_it),
		cmocka_unit_test(every_shortage_is_told_with_its_count),
		cmocka_unit_test(segments_sent_again_are_the_path),
		cmocka_unit_test(a_closed_loop_that_waits_waits_for_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
