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
		cmocka_unit_test(a_criterion_compares_in_its_own_unit),
		cmocka_unit_test(a_latency_criterion_reads_the_headline_histogram),
		cmocka_unit_test(several_criteria_are_separated_by_commas),
		cmocka_unit_test(a_criterion_that_says_nothing_is_refused),
		cmocka_unit_test(a_rate_that_was_held_is_limited_by_itself),
		cmocka_unit_test(an_open_loop_that_launches_late_is_invalid),
		cmocka_unit_test(lateness_that_drowns_in_the_latency_spoils_nothing),
		cmocka_unit_test(a_busy_generator_short_of_its_rate_is_invalid),
		cmocka_unit_test(a_closed_loop_with_a_busy_generator_is_valid_and_says_so),
		cmocka_unit_test(in_a_pair_the_busier_side_is_the_limit),
		cmocka_unit_test(a_core_without_its_cpu_is_the_limit),
		cmocka_unit_test(frames_lost_on_this_machine_are_the_local_device),
		cmocka_unit_test(segments_sent_again_are_the_path),
		cmocka_unit_test(a_closed_loop_that_waits_waits_for_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
