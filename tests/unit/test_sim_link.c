/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A link's line and the harm it does, each model held against its definition. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ip/mbuf_checksum.h"
#include "sim_wire.h"
#include "wire/bytes.h"
#include "wire/icmp.h"

#define FULL 1514u
#define MEGABIT UINT64_C(1000000)
#define SAMPLES 100000u

static const struct tern_sim_link_options perfect = TERN_SIM_LINK_INIT;

/* Sends `n` frames, one a `gap_ns`, and lets all arrive. */
static void
send_many(struct wire *w, unsigned int n, uint32_t length, uint64_t gap_ns)
{
	for (unsigned int i = 0; i < n; i++) {
		wire_send(w, length, 0);
		wire_run(w, w->net.now_ns + gap_ns);
	}
	wire_run(w, UINT64_MAX);
}

/* Within four standard deviations of n tries. */
static void
assert_share(uint64_t hits, uint64_t n, double p)
{
	double sigma = sqrt((double)n * p * (1 - p));

	if (fabs((double)hits - (double)n * p) > 4 * sigma)
		fail_msg("%llu of %llu, and %.1f were expected", (unsigned long long)hits, (unsigned long long)n, (double)n * p);
}

static void
a_perfect_cable_takes_no_time(void **state)
{
	struct wire *w = wire_new(1, false, &perfect);

	(void)state;
	send_many(w, 10, FULL, 0);
	assert_int_equal(w->count, 10);
	assert_int_equal(w->got[9].ns, SECOND);
	assert_int_equal(wire_stats(w).delivered_bytes, 10 * FULL);
	assert_true(wire_free(w));
}

static void
delay_is_exact(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.delay_ns = 12345678;
	w = wire_new(1, true, &o);
	send_many(w, 3, FULL, 1000);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(w->got[i].ns, SECOND + 1000 * i + 12345678);
	assert_true(wire_free(w));
}

static void
a_line_sends_frames_and_24_bytes_more_of_each_at_its_rate(void **state)
{
	/* rates that divide a second badly: no fraction of a nanosecond may get lost */
	static const uint64_t rates[] = { 1000 * MEGABIT, 7 * MEGABIT, 999999937 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct tern_sim_link_options o = perfect;
		struct wire *w;

		o.rate = rates[i];
		o.delay_ns = MS;
		w = wire_new(1, false, &o);
		for (unsigned int n = 0; n < 500; n++)
			wire_send(w, FULL, 0);
		wire_run(w, UINT64_MAX);
		assert_int_equal(w->count, 500);
		for (uint64_t n = 0; n < 500; n++)
			assert_int_equal(w->got[n].ns - SECOND - MS, (n + 1) * (FULL + 24) * 8 * SECOND / rates[i]);
		assert_int_equal(wire_stats(w).busy_ns, 500 * (uint64_t)(FULL + 24) * 8 * SECOND / rates[i]);
		assert_true(wire_free(w));
	}
}

static void
what_waits_is_limited_in_bytes_and_the_tail_is_dropped(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct tern_sim_link_stats s;
	struct wire *w;

	(void)state;
	o.rate = 10 * MEGABIT;
	o.queue_bytes = 10 * FULL;
	w = wire_new(1, false, &o);
	for (unsigned int i = 0; i < 20; i++)
		wire_send(w, FULL, 0);
	s = wire_stats(w);
	assert_int_equal(s.dropped_queue, 9);       /* one is being sent, ten wait */
	assert_int_equal(s.queue_now, 10 * FULL);
	assert_int_equal(s.queue_most, 10 * FULL);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->count, 11);
	for (unsigned int i = 0; i < 11; i++)
		assert_int_equal(w->got[i].id, i);
	s = wire_stats(w);
	assert_int_equal(s.queue_now, 0);
	assert_int_equal(s.wait_most_ns, 10 * (uint64_t)(FULL + 24) * 8 * 100);
	assert_int_equal(s.wait_ns, 55 * (uint64_t)(FULL + 24) * 8 * 100);
	assert_true(wire_free(w));
}

static void
jitter_is_even_and_keeps_the_order(void **state)
{
	struct tern_sim_link_options o = perfect;
	double sum = 0, most = 0;
	struct wire *w;

	(void)state;
	o.delay_ns = 10 * MS;
	o.jitter_ns = 2 * MS;
	w = wire_new(3, false, &o);
	/* further apart than the jitter, so that none waits for the one before */
	send_many(w, 20000, 100, 3 * MS);
	for (unsigned int i = 0; i < 20000; i++) {
		double extra = (double)(w->got[i].ns - SECOND - 3 * MS * i - 10 * MS);

		assert_int_equal(w->got[i].id, i);
		assert_true(extra >= 0 && extra <= 2e6);
		sum += extra;
		most = fmax(most, extra);
	}
	/* the mean of an even distribution, within four standard deviations */
	assert_true(fabs(sum / 20000 - 1e6) < 4 * 2e6 / sqrt(12 * 20000.0));
	assert_true(most > 1.99e6);
	assert_true(wire_free(w));
	w = wire_new(3, false, &o);
	send_many(w, 1000, 100, 10000);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(w->got[i].id, i);
	assert_true(wire_free(w));
}

static void
loss_has_its_probability(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		o.loss = 0.03;
		w = wire_new(5, v6, &o);
		send_many(w, SAMPLES, 60 + 20 * v6, 100);
		assert_share(wire_stats(w).dropped_loss, SAMPLES, 0.03);
		assert_int_equal(w->count + wire_stats(w).dropped_loss, SAMPLES);
		assert_true(wire_free(w));
	}
}

static void
resolution_of_addresses_is_spared_by_chance(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.loss = 1;
	w = wire_new(5, false, &o);
	wire_send_arp(w);
	wire_send(w, FULL, 0);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->got[0].length, 42);
	assert_true(wire_free(w));
}

static void
gilbert_and_elliott_lose_in_bursts(void **state)
{
	const double p = 0.01, r = 0.25, bad = 1;
	struct tern_sim_link_options o = perfect;
	uint32_t lost = 0, bursts = 0, expected = 0;
	double share = p / (p + r);
	struct wire *w;

	(void)state;
	o.gilbert_p = p;
	o.gilbert_r = r;
	w = wire_new(7, false, &o);
	send_many(w, SAMPLES, 60, 100);
	for (uint32_t i = 0; i < w->count; i++) {
		bursts += w->got[i].id != expected;
		lost += w->got[i].id - expected;
		expected = w->got[i].id + 1;
	}
	/* packets of a burst resemble each other: the variance is larger by (2 - p - r) / (p + r) */
	assert_true(fabs((double)lost / SAMPLES - share * bad) <
		    4 * sqrt(share * (1 - share) * (2 - p - r) / (p + r) / SAMPLES));
	/* bursts are geometric: 1 / r long */
	assert_true(fabs((double)lost / bursts - 1 / r) < 4 * sqrt((1 - r) / (r * r) / bursts));
	assert_true(wire_free(w));
}

static void
gilbert_and_elliott_lose_in_each_state_by_its_own_chance(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.gilbert_p = 0.5;
	o.gilbert_r = 0.5;
	o.gilbert_bad = 0.2;
	o.gilbert_good = 0.1;
	w = wire_new(9, false, &o);
	send_many(w, SAMPLES, 60, 100);
	/* with p = r = 1/2 the state of each packet is independent of the last */
	assert_share(wire_stats(w).dropped_loss, SAMPLES, 0.15);
	assert_true(wire_free(w));
}

static void
a_reordered_packet_comes_behind_three_full_ones(void **state)
{
	struct tern_sim_link_options o = perfect;
	unsigned int late = 0;
	struct wire *w;

	(void)state;
	o.rate = 100 * MEGABIT;
	o.queue_bytes = 100 << 20;
	o.reorder = 0.01;
	w = wire_new(11, false, &o);
	for (unsigned int i = 0; i < 5000; i++)
		wire_send(w, FULL, 0);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->count, 5000);
	for (unsigned int i = 0; i + 1 < 5000; i++) {
		uint64_t on_time = SECOND + (uint64_t)(w->got[i].id + 1) * (FULL + 24) * 80;

		if (w->got[i].ns == on_time)
			continue;
		late++;
		assert_int_equal(w->got[i].ns, on_time + 3 * (uint64_t)(FULL + 24) * 80);
		/* behind the one that has its time */
		assert_true(w->got[i].id < w->got[i - 1].id || w->got[i - 1].ns < w->got[i].ns);
	}
	assert_int_equal(late, wire_stats(w).reordered);
	assert_share(late, 5000, 0.01);
	assert_true(wire_free(w));
}

static void
reordering_has_its_depth_without_a_rate_too(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.delay_ns = 5 * MS;
	o.reorder = 1;
	o.reorder_ns = 2 * MS;
	w = wire_new(11, false, &o);
	wire_send(w, FULL, 0);
	o.reorder = 0;
	o.reorder_ns = 0;
	wire_change(w, &o);
	wire_send(w, FULL, 0);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->got[0].id, 1);
	assert_int_equal(w->got[0].ns, SECOND + 5 * MS);
	assert_int_equal(w->got[1].id, 0);
	assert_int_equal(w->got[1].ns, SECOND + 7 * MS);
	assert_true(wire_free(w));
}

static void
duplicates_follow_their_originals(void **state)
{
	struct tern_sim_link_options o = perfect;
	uint32_t twice = 0;
	struct wire *w;

	(void)state;
	o.duplicate = 0.1;
	w = wire_new(13, true, &o);
	send_many(w, 20000, 80, 100);
	for (uint32_t i = 1; i < w->count; i++)
		if (w->got[i].id == w->got[i - 1].id) {
			twice++;
			assert_int_equal(w->got[i].ns, w->got[i - 1].ns);
			assert_true(w->got[i].intact);
		}
	assert_int_equal(twice, wire_stats(w).duplicated);
	assert_int_equal(w->count, 20000 + twice);
	assert_share(twice, 20000, 0.1);
	assert_true(wire_free(w));
}

static void
a_corrupted_packet_has_one_bit_flipped_behind_ethernet(void **state)
{
	struct tern_sim_link_options o = perfect;
	uint32_t broken = 0;
	struct wire *w;

	(void)state;
	o.corrupt = 0.2;
	w = wire_new(15, false, &o);
	send_many(w, 20000, 200, 100);
	assert_int_equal(w->count, 20000);
	for (uint32_t i = 0; i < w->count; i++)
		broken += !w->got[i].intact;
	/* IPv4's checksum and TCP's cover every bit between them, and find each flip of one */
	assert_int_equal(broken, wire_stats(w).corrupted);
	assert_share(broken, 20000, 0.2);
	assert_true(wire_free(w));
}

static void
larger_packets_than_the_mtu_vanish(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim_link_options o = perfect;
		struct wire *w;

		o.mtu = 1400;
		w = wire_new(1, v6, &o);
		wire_send(w, 1414, 0);
		wire_send(w, 1415, 0);
		wire_run(w, UINT64_MAX);
		assert_int_equal(w->count, 1);
		assert_int_equal(w->got[0].id, 0);
		assert_int_equal(wire_stats(w).dropped_mtu, 1);
		assert_int_equal(w->back, 0);
		assert_true(wire_free(w));
	}
}

static void
a_router_tells_of_packets_that_are_too_big(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim_link_options o = perfect;
		struct icmp_error e;
		struct frame f;
		struct wire *w;

		o.mtu = 1300;
		o.mtu_icmp = true;
		w = wire_new(1, v6, &o);
		wire_send(w, FULL, 0);
		wire_send(w, FULL, 0);              /* its checksums left to the device */
		wire_run(w, UINT64_MAX);
		assert_int_equal(w->back, 2);
		assert_int_equal(frame_parse(&f, w->back_frame, w->back_length, w->back_length, false), 0);
		assert_int_equal(f.protocol, v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP);
		assert_int_equal(f.src.b[15], 1);
		assert_int_equal(w->back_length - ETHER_HEADER, v6 ? 1280 : 576);
		assert_int_equal(icmp_error_parse(&e, !v6, w->back_frame + f.l4_offset, f.l4_length), 0);
		assert_int_equal(e.meaning, ICMP_TOO_BIG);
		assert_int_equal(e.mtu, 1300);
		assert_int_equal(e.seq, 1);
		assert_int_equal(e.quoted_length, FULL - ETHER_HEADER);
		assert_true(wire_free(w));
	}
}

static void
what_may_be_fragmented_is_not_told_of(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.mtu = 1300;
	o.mtu_icmp = true;
	w = wire_new(1, false, &o);
	wire_send_flags(w, FULL, 0, false, false);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->count, 0);
	assert_int_equal(w->back, 0);
	assert_true(wire_free(w));
}

static void
a_link_that_flaps_drops_what_enters_while_it_is_down(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.up_ns = 30 * MS;
	o.down_ns = 10 * MS;
	o.delay_ns = 25 * MS;
	w = wire_new(1, false, &o);
	send_many(w, 80, 60, MS);
	assert_int_equal(w->count, 60);
	for (uint32_t i = 0; i < w->count; i++)
		assert_int_equal(w->got[i].id, i < 30 ? i : i + 10);
	assert_int_equal(wire_stats(w).dropped_down, 20);
	assert_true(wire_free(w));
}

static void
a_change_holds_for_what_comes_later(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.delay_ns = 10 * MS;
	w = wire_new(1, false, &o);
	wire_send(w, FULL, 0);
	o.delay_ns = 50 * MS;
	wire_change(w, &o);
	wire_send(w, FULL, 0);
	/* and nothing overtakes what is on its way */
	o.delay_ns = 1 * MS;
	wire_change(w, &o);
	wire_send(w, FULL, 0);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->got[0].ns, SECOND + 10 * MS);
	assert_int_equal(w->got[1].ns, SECOND + 50 * MS);
	assert_int_equal(w->got[2].ns, SECOND + 50 * MS);
	assert_true(wire_free(w));
}

static void
a_change_of_rate_holds_for_what_waits(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.rate = 1 * MEGABIT;
	w = wire_new(1, false, &o);
	for (unsigned int i = 0; i < 3; i++)
		wire_send(w, 101, 0);               /* a millisecond each */
	o.rate = 10 * MEGABIT;
	wire_change(w, &o);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->got[0].ns, SECOND + MS);
	assert_int_equal(w->got[1].ns, SECOND + MS + MS / 10);
	assert_int_equal(w->got[2].ns, SECOND + MS + MS / 5);
	assert_true(wire_free(w));
}

static void
packets_that_wait_leave_when_the_limit_goes(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.rate = 1 * MEGABIT;
	w = wire_new(1, false, &o);
	for (unsigned int i = 0; i < 5; i++)
		wire_send(w, 101, 0);
	wire_change(w, &perfect);
	wire_run(w, UINT64_MAX);
	assert_int_equal(w->count, 5);
	assert_int_equal(w->got[4].ns, SECOND + MS);
	assert_int_equal(wire_stats(w).queue_now, 0);
	assert_true(wire_free(w));
}

static void
what_is_left_on_a_link_goes_with_it(void **state)
{
	struct tern_sim_link_options o = perfect;
	struct wire *w;

	(void)state;
	o.rate = 1 * MEGABIT;
	o.delay_ns = SECOND;
	o.reorder = 0.5;
	w = wire_new(1, false, &o);
	for (unsigned int i = 0; i < 100; i++)
		wire_send(w, FULL, 0);
	wire_run(w, SECOND + 200 * MS);
	wire_stats(w);
	assert_true(wire_free(w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_perfect_cable_takes_no_time),
		cmocka_unit_test(delay_is_exact),
		cmocka_unit_test(a_line_sends_frames_and_24_bytes_more_of_each_at_its_rate),
		cmocka_unit_test(what_waits_is_limited_in_bytes_and_the_tail_is_dropped),
		cmocka_unit_test(jitter_is_even_and_keeps_the_order),
		cmocka_unit_test(loss_has_its_probability),
		cmocka_unit_test(resolution_of_addresses_is_spared_by_chance),
		cmocka_unit_test(gilbert_and_elliott_lose_in_bursts),
		cmocka_unit_test(gilbert_and_elliott_lose_in_each_state_by_its_own_chance),
		cmocka_unit_test(a_reordered_packet_comes_behind_three_full_ones),
		cmocka_unit_test(reordering_has_its_depth_without_a_rate_too),
		cmocka_unit_test(duplicates_follow_their_originals),
		cmocka_unit_test(a_corrupted_packet_has_one_bit_flipped_behind_ethernet),
		cmocka_unit_test(larger_packets_than_the_mtu_vanish),
		cmocka_unit_test(a_router_tells_of_packets_that_are_too_big),
		cmocka_unit_test(what_may_be_fragmented_is_not_told_of),
		cmocka_unit_test(a_link_that_flaps_drops_what_enters_while_it_is_down),
		cmocka_unit_test(a_change_holds_for_what_comes_later),
		cmocka_unit_test(a_change_of_rate_holds_for_what_waits),
		cmocka_unit_test(packets_that_wait_leave_when_the_limit_goes),
		cmocka_unit_test(what_is_left_on_a_link_goes_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
