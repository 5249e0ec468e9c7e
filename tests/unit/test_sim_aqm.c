/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* CoDel and RED, held against RFC 8289's pseudo-code and Floyd and Jacobson's definition. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim_wire.h"

#define MEGABIT UINT64_C(1000000)
#define FULL 1514u
#define LENGTH 1226u             /* with 24 bytes more, a millisecond at 10 Mbit/s */
#define RATE (10 * MEGABIT)
#define ECT0 2u
#define ECT1 1u
#define CE 3u

static const struct tern_sim_link_options perfect = TERN_SIM_LINK_INIT;

static struct tern_sim_link_options
codel(bool ecn)
{
	struct tern_sim_link_options o = perfect;

	o.rate = RATE;
	o.queue = TERN_SIM_CODEL;
	o.ecn = ecn;
	o.queue_bytes = 100 << 20;
	return o;
}

/*
 * RFC 8289, 5, written down a second time, for a queue to which a packet was
 * added each `gap_ns` and from which the line takes one a millisecond: which
 * packets are dropped, in *drops.
 */
static unsigned int
codel_by_the_rfc(uint32_t packets, uint64_t gap_ns, bool *dropped)
{
	const uint64_t target = 5 * MS, interval = 100 * MS;
	uint64_t first_above = 0, drop_next = 0, now = 0;
	uint32_t count = 0, last_count = 0, head = 0;
	unsigned int drops = 0;
	bool dropping = false;

	while (head < packets) {
		uint32_t p = packets;
		bool ok = false, took = false;

		if ((uint64_t)head * gap_ns > now)
			now = (uint64_t)head * gap_ns;
		for (;;) {
			uint64_t arrived = now / gap_ns + 1, bytes;

			ok = false;
			if (head >= packets || head >= arrived) {
				first_above = 0;
				p = packets;
			} else {
				p = head++;
				bytes = ((arrived < packets ? arrived : packets) - head) * LENGTH;
				if (now - p * gap_ns < target || bytes <= FULL)
					first_above = 0;
				else if (first_above == 0)
					first_above = now + interval;
				else
					ok = now >= first_above;
			}
			if (dropping) {
				if (!ok)
					dropping = false;
				else if (took)
					drop_next += (uint64_t)((double)interval / sqrt(count));
				took = false;
				if (!dropping || now < drop_next)
					break;
				dropped[p] = true;
				drops++;
				count++;
				took = true;
			} else if (ok) {
				uint32_t delta = count - last_count;

				dropped[p] = true;
				drops++;
				dropping = true;
				count = delta > 1 && now - drop_next < 16 * interval ? delta : 1;
				drop_next = now + (uint64_t)((double)interval / sqrt(count));
				last_count = count;
				/* the next one is sent whatever it is */
				if (head < packets && head < arrived) {
					uint64_t left = ((arrived < packets ? arrived : packets) - head - 1) * LENGTH;

					p = head++;
					if (now - p * gap_ns < target || left <= FULL)
						first_above = 0;
					else if (first_above == 0)
						first_above = now + interval;
				} else {
					first_above = 0;
					p = packets;
				}
				break;
			} else {
				break;
			}
		}
		if (p < packets)
			now += MS;
	}
	return drops;
}

static void
codel_drops_when_the_rfc_says(void **state)
{
	/* twice, and a little more than, what the line takes */
	static const uint64_t gaps[] = { MS / 2, 9 * MS / 10 };
	static bool expected[4000], dropped[4000];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct tern_sim_link_options o = codel(false);
		unsigned int drops;
		struct wire *w;

		memset(expected, 0, sizeof(expected));
		memset(dropped, 1, sizeof(dropped));
		drops = codel_by_the_rfc(4000, gaps[i], expected);
		w = wire_new(1, false, &o);
		for (unsigned int n = 0; n < 4000; n++) {
			wire_send(w, LENGTH, 0);
			wire_run(w, w->net.now_ns + gaps[i]);
		}
		wire_run(w, UINT64_MAX);
		for (uint32_t n = 0; n < w->count; n++)
			dropped[w->got[n].id] = false;
		assert_int_equal(wire_stats(w).dropped_aqm, drops);
		assert_true(drops > 20);
		assert_memory_equal(dropped, expected, sizeof(expected));
		assert_true(wire_free(w));
	}
}

static void
codel_leaves_a_queue_alone_that_is_short_once_an_interval(void **state)
{
	struct tern_sim_link_options o = codel(false);
	struct wire *w = wire_new(1, false, &o);

	(void)state;
	/* 90 packets at once wait for up to 90 ms, and are gone before an interval has passed */
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < 90; i++)
			wire_send(w, LENGTH, 0);
		wire_run(w, w->net.now_ns + 95 * MS);
	}
	assert_int_equal(wire_stats(w).dropped_aqm, 0);
	assert_true(wire_free(w));
}

static void
codel_marks_at_the_times_at_which_it_would_drop(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim_link_options o = codel(true);
		struct wire *w = wire_new(1, v6, &o);
		uint64_t first = 0, marked = 0;

		for (unsigned int n = 0; n < 1000; n++) {
			wire_send(w, LENGTH, n % 2 ? ECT0 : ECT1);
			wire_run(w, w->net.now_ns + MS / 2);
		}
		wire_run(w, UINT64_MAX);
		assert_int_equal(w->count, 1000);
		for (uint32_t i = 0; i < w->count; i++) {
			assert_true(w->got[i].intact);
			if (w->got[i].tos != CE)
				continue;
			first = first == 0 ? w->got[i].ns : first;
			marked++;
		}
		assert_int_equal(marked, wire_stats(w).marked);
		assert_true(marked > 5);
		assert_int_equal(wire_stats(w).dropped_aqm, 0);
		/* 5 ms of sojourn are reached by the 10th packet, sent at 10 ms; an interval later, and a millisecond to send it */
		assert_int_equal(first, SECOND + 10 * MS + 100 * MS + MS);
		assert_true(wire_free(w));
	}
}

static void
what_does_not_understand_ecn_is_dropped(void **state)
{
	struct tern_sim_link_options o = codel(true);
	struct wire *w = wire_new(1, false, &o);

	(void)state;
	for (unsigned int n = 0; n < 1000; n++) {
		wire_send(w, LENGTH, 0);
		wire_run(w, w->net.now_ns + MS / 2);
	}
	wire_run(w, UINT64_MAX);
	assert_int_equal(wire_stats(w).marked, 0);
	assert_true(wire_stats(w).dropped_aqm > 5);
	assert_true(wire_free(w));
}

/* RED with a queue that stands still: as many packets come as leave, on top of `standing` ones. */
static struct wire *
red(bool ecn, uint32_t standing, unsigned int packets, uint8_t tos)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	o.rate = RATE;
	o.queue = TERN_SIM_RED;
	o.ecn = ecn;
	o.queue_bytes = 600 * LENGTH;
	o.red_min = 100 * LENGTH;
	o.red_max = 200 * LENGTH;
	w = wire_new(3, false, &o);
	/* the average is that of the standing queue from the beginning: what is dropped is made up for at once */
	w->link->line[0].red.average = standing * (double)LENGTH;
	for (unsigned int i = 0; i < packets; i++) {
		while (w->link->line[0].stats.queue_now < standing * LENGTH)
			if (wire_send(w, LENGTH, tos) >= packets)
				return w;
		wire_run(w, w->net.now_ns + MS);
	}
	return w;
}

static void
red_drops_in_proportion_to_the_average_between_its_thresholds(void **state)
{
	/* packets that stand, and p_b for a full packet: a line from 0 at red_min to 0.1 at red_max, to 1 at twice that */
	static const struct {
		uint32_t standing;
		double p;
	} points[] = { { 125, 0.025 }, { 150, 0.05 }, { 175, 0.075 }, { 250, 0.1 + 0.9 / 4 }, { 300, 0.1 + 0.9 / 2 } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		/* smaller packets in proportion; drops are spread evenly over 1 .. 1 / p, so that (1 / p + 1) / 2 is their mean */
		double p = points[i].p * LENGTH / FULL, gap = (1 / p + 1) / 2;
		struct wire *w = red(false, points[i].standing, 40000, 0);
		struct tern_sim_link_stats s = wire_stats(w);
		double measured = (double)s.offered / (double)s.dropped_aqm;

		/* 1 / p is no whole number, and the average sways by a packet: within a tenth */
		if (fabs(measured - gap) > gap / 10)
			fail_msg("with %u packets one in %.2f is dropped, and one in %.2f was expected", points[i].standing, measured,
				 gap);
		assert_true(wire_free(w));
	}
}

static void
red_leaves_a_short_queue_alone_and_drops_all_of_a_long_one(void **state)
{
	struct wire *w = red(false, 95, 5000, 0);

	(void)state;
	assert_int_equal(wire_stats(w).dropped_aqm, 0);
	assert_true(wire_free(w));
	w = red(true, 150, 1000, ECT0);
	w->link->line[0].red.average = 500 * LENGTH;
	for (unsigned int i = 0; i < 10; i++)
		wire_send(w, LENGTH, ECT0);
	assert_int_equal(wire_stats(w).dropped_aqm, 10);
	assert_true(wire_free(w));
}

static void
red_marks_instead_of_dropping(void **state)
{
	struct wire *w = red(true, 150, 20000, ECT0);
	struct tern_sim_link_stats s = wire_stats(w);
	uint32_t marked = 0;

	(void)state;
	assert_int_equal(s.dropped_aqm, 0);
	wire_run(w, UINT64_MAX);
	for (uint32_t i = 0; i < w->count; i++) {
		marked += w->got[i].tos == CE;
		assert_true(w->got[i].intact);
	}
	assert_int_equal(marked, s.marked);
	assert_true(marked > 500);
	assert_true(wire_free(w));
}

static void
an_idle_line_lets_reds_average_decay(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.rate = RATE;
	o.queue = TERN_SIM_RED;
	w = wire_new(1, false, &o);
	w->link->line[0].red.average = 100000;
	wire_send(w, LENGTH, 0);
	wire_run(w, w->net.now_ns + MS);
	w->link->line[0].red.average = 100000;
	/* a thousand full packets' time behind the end of the last: (1 - 0.002)^1000 */
	wire_run(w, w->net.now_ns + 1000 * (FULL + 24) * 800);
	wire_send(w, LENGTH, 0);
	assert_true(fabs(w->link->line[0].red.average - 100000 * pow(0.998, 1000)) < 1);
	assert_true(wire_free(w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codel_drops_when_the_rfc_says),
		cmocka_unit_test(codel_leaves_a_queue_alone_that_is_short_once_an_interval),
		cmocka_unit_test(codel_marks_at_the_times_at_which_it_would_drop),
		cmocka_unit_test(what_does_not_understand_ecn_is_dropped),
		cmocka_unit_test(red_drops_in_proportion_to_the_average_between_its_thresholds),
		cmocka_unit_test(red_leaves_a_short_queue_alone_and_drops_all_of_a_long_one),
		cmocka_unit_test(red_marks_instead_of_dropping),
		cmocka_unit_test(an_idle_line_lets_reds_average_decay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
