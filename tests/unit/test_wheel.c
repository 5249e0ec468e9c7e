/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/seq.h"
#include "core/wheel.h"

#define CAPACITY 1000u

static struct wheel wheel;
static uint32_t out[CAPACITY];

static int
begin_at(uint32_t tick)
{
	return wheel_init(&wheel, CAPACITY, tick, -1);
}

static int
begin(void **state)
{
	(void)state;
	return begin_at(100);
}

static int
end(void **state)
{
	(void)state;
	wheel_free(&wheel);
	return 0;
}

static uint32_t
expire(uint32_t tick)
{
	return wheel_expire(&wheel, tick, out, CAPACITY);
}

static void
an_entry_fires_at_its_tick_and_not_before(void **state)
{
	(void)state;
	wheel_arm(&wheel, 7, 150);
	assert_int_equal(expire(149), 0);
	assert_int_equal(expire(150), 1);
	assert_int_equal(out[0], 7);
	assert_int_equal(expire(151), 0);
}

static void
an_entry_whose_tick_was_passed_over_fires(void **state)
{
	(void)state;
	wheel_arm(&wheel, 7, 150);
	assert_int_equal(expire(1000), 1);
	assert_int_equal(out[0], 7);
}

static void
entries_fire_in_order_of_ticks_then_of_arming(void **state)
{
	static const uint32_t expected[] = { 5, 3, 1, 4, 2 };

	(void)state;
	wheel_arm(&wheel, 2, 300);
	wheel_arm(&wheel, 3, 200);
	wheel_arm(&wheel, 1, 200);
	wheel_arm(&wheel, 5, 110);
	wheel_arm(&wheel, 4, 200);
	assert_int_equal(expire(400), 5);
	assert_memory_equal(out, expected, sizeof(expected));
}

static void
a_deadline_that_is_now_or_past_fires_at_the_next_expiry_of_the_same_tick(void **state)
{
	(void)state;
	assert_int_equal(expire(120), 0);
	wheel_arm(&wheel, 1, 120);
	wheel_arm(&wheel, 2, 119);
	wheel_arm(&wheel, 3, 1);
	assert_int_equal(expire(120), 3);
	assert_int_equal(wheel.armed, 0);
}

static void
a_later_deadline_keeps_the_entry_where_it_is(void **state)
{
	(void)state;
	wheel_arm(&wheel, 1, 200);
	wheel_arm(&wheel, 1, 300);
	assert_int_equal(wheel.armed, 1);
	assert_int_equal(expire(200), 1);
	assert_int_equal(expire(300), 0);
}

static void
an_earlier_deadline_moves_the_entry(void **state)
{
	(void)state;
	wheel_arm(&wheel, 1, 300);
	wheel_arm(&wheel, 1, 200);
	assert_int_equal(wheel.armed, 1);
	assert_int_equal(expire(200), 1);
	assert_int_equal(expire(300), 0);
}

static void
moving_an_entry_leaves_its_neighbours_in_the_slot(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		wheel_arm(&wheel, i, 300);
	wheel_arm(&wheel, 2, 200);
	wheel_arm(&wheel, 1, 200);
	assert_int_equal(expire(299), 2);
	assert_int_equal(expire(300), 1);
	assert_int_equal(out[0], 3);
}

static void
a_deadline_beyond_the_horizon_fires_early_at_the_horizon(void **state)
{
	(void)state;
	wheel_arm(&wheel, 1, 100 + WHEEL_SLOTS);
	wheel_arm(&wheel, 2, 100 + 1000000);
	assert_int_equal(expire(100 + WHEEL_SLOTS - 2), 0);
	assert_int_equal(expire(100 + WHEEL_SLOTS - 1), 2);
}

static void
the_longest_deadline_within_the_horizon_is_exact(void **state)
{
	(void)state;
	wheel_arm(&wheel, 1, 100 + WHEEL_SLOTS - 1);
	assert_int_equal(expire(100 + WHEEL_SLOTS - 2), 0);
	assert_int_equal(expire(100 + WHEEL_SLOTS - 1), 1);
}

static void
an_entry_is_armed_until_it_fires_and_can_be_armed_again(void **state)
{
	(void)state;
	assert_false(wheel_is_armed(&wheel, 1));
	wheel_arm(&wheel, 1, 110);
	assert_true(wheel_is_armed(&wheel, 1));
	expire(110);
	assert_false(wheel_is_armed(&wheel, 1));
	wheel_arm(&wheel, 1, 120);
	assert_true(wheel_is_armed(&wheel, 1));
	assert_int_equal(expire(120), 1);
}

static void
at_most_max_fire_and_the_rest_comes_next_before_anything_later(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 5; i++)
		wheel_arm(&wheel, i, 200);
	wheel_arm(&wheel, 6, 201);
	assert_int_equal(wheel_expire(&wheel, 300, out, 2), 2);
	wheel_arm(&wheel, 7, 250);
	wheel_arm(&wheel, 8, 150);
	assert_int_equal(wheel_expire(&wheel, 300, out + 2, 2), 2);
	assert_int_equal(wheel_expire(&wheel, 300, out + 4, 10), 4);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(out[i], i + 1);
	assert_int_equal(out[5], 8);
	assert_int_equal(out[6], 6);
	assert_int_equal(out[7], 7);
}

static void
a_max_of_0_fires_nothing_and_loses_nothing(void **state)
{
	(void)state;
	wheel_arm(&wheel, 1, 110);
	assert_int_equal(wheel_expire(&wheel, 200, out, 0), 0);
	assert_int_equal(expire(200), 1);
}

static void
ticks_may_wrap(void **state)
{
	(void)state;
	wheel_free(&wheel);
	assert_int_equal(begin_at(UINT32_MAX - 10), 0);
	wheel_arm(&wheel, 1, UINT32_MAX);
	wheel_arm(&wheel, 2, 20);
	wheel_arm(&wheel, 3, 0);
	assert_int_equal(expire(UINT32_MAX - 1), 0);
	assert_int_equal(expire(UINT32_MAX), 1);
	assert_int_equal(expire(0), 1);
	assert_int_equal(out[0], 3);
	assert_int_equal(expire(19), 0);
	assert_int_equal(expire(20), 1);
	assert_int_equal(out[0], 2);
}

static void
a_jump_over_more_than_the_horizon_fires_everything(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= CAPACITY; i++)
		wheel_arm(&wheel, i, 100 + i * 4);
	assert_int_equal(expire(100 + 10 * WHEEL_SLOTS), CAPACITY);
	for (uint32_t i = 0; i < CAPACITY; i++)
		assert_int_equal(out[i], i + 1);
	wheel_arm(&wheel, 1, 100 + 10 * WHEEL_SLOTS + 5);
	assert_int_equal(expire(100 + 10 * WHEEL_SLOTS + 4), 0);
	assert_int_equal(expire(100 + 10 * WHEEL_SLOTS + 5), 1);
}

static void
time_that_stands_or_goes_back_fires_nothing(void **state)
{
	(void)state;
	expire(200);
	wheel_arm(&wheel, 1, 201);
	assert_int_equal(expire(200), 0);
	assert_int_equal(expire(150), 0);
	assert_int_equal(expire(201), 1);
}

static void
next_tells_the_first_tick_that_fires(void **state)
{
	uint32_t tick;

	(void)state;
	assert_false(wheel_next(&wheel, &tick));
	wheel_arm(&wheel, 1, 3000);
	wheel_arm(&wheel, 2, 170);
	assert_true(wheel_next(&wheel, &tick));
	assert_int_equal(tick, 170);
	expire(170);
	assert_true(wheel_next(&wheel, &tick));
	assert_int_equal(tick, 3000);
	expire(3000);
	assert_false(wheel_next(&wheel, &tick));
}

static void
next_finds_every_distance_from_every_place_in_a_word(void **state)
{
	(void)state;
	for (uint32_t from = 4096; from < 4096 + 64; from++) {
		for (uint32_t distance = 0; distance < WHEEL_SLOTS; distance += 1 + distance / 8) {
			uint32_t tick;

			wheel_free(&wheel);
			assert_int_equal(begin_at(from), 0);
			wheel_arm(&wheel, 1, from + distance);
			assert_true(wheel_next(&wheel, &tick));
			assert_int_equal(tick, from + distance);
			assert_int_equal(expire(from + distance), 1);
		}
	}
}

static void
an_overdue_entry_is_next_at_once(void **state)
{
	uint32_t tick;

	(void)state;
	expire(200);
	wheel_arm(&wheel, 1, 100);
	assert_true(wheel_next(&wheel, &tick));
	assert_int_equal(tick, 200);
}

/* What a wheel must do, said by looking at every entry. */
struct model {
	bool armed[CAPACITY + 1];
	uint32_t due[CAPACITY + 1];  /* earliest tick it was armed for, the horizon's at most */
};

static void
random_arming_and_expiry_is_never_late_and_early_only_at_the_horizon(void **state)
{
	const uint64_t seed0 = 20260101;
	uint64_t seed = seed0;
	uint32_t now = UINT32_MAX - 20000;
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	wheel_free(&wheel);
	assert_int_equal(begin_at(now), 0);
	for (int step = 0; step < 200000; step++) {
		uint64_t r = mix64(&seed);
		uint32_t index = 1 + (uint32_t)(r >> 32) % CAPACITY;

		if (r % 4 != 0) {
			uint32_t range = r % 64 == 1 ? 3 * WHEEL_SLOTS : r % 2 == 0 ? 300 : 5;
			uint32_t tick = now - 2 + (uint32_t)(r >> 16) % range;
			uint32_t horizon = wheel.now + WHEEL_SLOTS - 1;

			if (!m->armed[index] || seq_lt(tick, m->due[index]))
				m->due[index] = seq_min(tick, horizon);
			m->armed[index] = true;
			wheel_arm(&wheel, index, tick);
		} else {
			uint32_t max = r % 3 == 0 ? 3 : CAPACITY, count;

			now += r % 512 == 0 ? 5000 : (uint32_t)(r >> 20) % 4;
			count = wheel_expire(&wheel, now, out, max);
			for (uint32_t i = 0; i < count; i++) {
				if (!m->armed[out[i]] || seq_gt(m->due[out[i]], now))
					fail_msg("seed %" PRIu64 ", step %d: %u fired at %u", seed0, step, out[i], now);
				m->armed[out[i]] = false;
			}
			for (uint32_t i = 1; count < max && i <= CAPACITY; i++) {
				if (m->armed[i] != wheel_is_armed(&wheel, i) ||
				    (m->armed[i] && seq_leq(m->due[i], now)))
					fail_msg("seed %" PRIu64 ", step %d: %u is late at %u", seed0, step, i, now);
			}
		}
	}
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_fires_at_its_tick_and_not_before, begin, end),
		cmocka_unit_test_setup_teardown(an_entry_whose_tick_was_passed_over_fires, begin, end),
		cmocka_unit_test_setup_teardown(entries_fire_in_order_of_ticks_then_of_arming, begin, end),
		cmocka_unit_test_setup_teardown(a_deadline_that_is_now_or_past_fires_at_the_next_expiry_of_the_same_tick, begin, end),
		cmocka_unit_test_setup_teardown(a_later_deadline_keeps_the_entry_where_it_is, begin, end),
		cmocka_unit_test_setup_teardown(an_earlier_deadline_moves_the_entry, begin, end),
		cmocka_unit_test_setup_teardown(moving_an_entry_leaves_its_neighbours_in_the_slot, begin, end),
		cmocka_unit_test_setup_teardown(a_deadline_beyond_the_horizon_fires_early_at_the_horizon, begin, end),
		cmocka_unit_test_setup_teardown(the_longest_deadline_within_the_horizon_is_exact, begin, end),
		cmocka_unit_test_setup_teardown(an_entry_is_armed_until_it_fires_and_can_be_armed_again, begin, end),
		cmocka_unit_test_setup_teardown(at_most_max_fire_and_the_rest_comes_next_before_anything_later, begin, end),
		cmocka_unit_test_setup_teardown(a_max_of_0_fires_nothing_and_loses_nothing, begin, end),
		cmocka_unit_test_setup_teardown(ticks_may_wrap, begin, end),
		cmocka_unit_test_setup_teardown(a_jump_over_more_than_the_horizon_fires_everything, begin, end),
		cmocka_unit_test_setup_teardown(time_that_stands_or_goes_back_fires_nothing, begin, end),
		cmocka_unit_test_setup_teardown(next_tells_the_first_tick_that_fires, begin, end),
		cmocka_unit_test_setup_teardown(next_finds_every_distance_from_every_place_in_a_word, begin, end),
		cmocka_unit_test_setup_teardown(an_overdue_entry_is_next_at_once, begin, end),
		cmocka_unit_test_setup_teardown(random_arming_and_expiry_is_never_late_and_early_only_at_the_horizon, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
