/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <tern/histogram.h>
#include "core/hash.h"

#define RANGE (UINT64_C(1) << TERN_HISTOGRAM_MAX_BITS)

static struct tern_histogram *
histogram_of(const uint64_t *values, size_t count)
{
	struct tern_histogram *h = tern_histogram_new();

	assert_non_null(h);
	for (size_t i = 0; i < count; i++)
		tern_histogram_record(h, values[i]);
	return h;
}

/* what is told of a value when a larger one hides the exact maximum */
static uint64_t
told(uint64_t value)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ value, UINT64_MAX }, 2);
	uint64_t answer = tern_histogram_percentile(h, 50);

	tern_histogram_free(h);
	return answer;
}

static void
an_empty_histogram_tells_zero(void **state)
{
	struct tern_histogram *h = tern_histogram_new();

	(void)state;
	assert_int_equal(tern_histogram_percentile(h, 50), 0);
	assert_int_equal(tern_histogram_percentile(h, 100), 0);
	assert_true(tern_histogram_mean(h) == 0);
	assert_true(h->min == UINT64_MAX);
	tern_histogram_free(h);
}

static void
values_below_2048_are_told_exactly(void **state)
{
	(void)state;
	assert_int_equal(told(0), 0);
	assert_int_equal(told(1), 1);
	assert_int_equal(told(1000), 1000);
	assert_int_equal(told(2047), 2047);
}

static void
a_larger_value_is_told_as_the_highest_of_its_place(void **state)
{
	(void)state;
	assert_int_equal(told(2048), 2049);
	assert_int_equal(told(2049), 2049);
	assert_int_equal(told(4095), 4095);
	assert_int_equal(told(4096), 4099);
	assert_int_equal(told(10000), 10007);
	assert_int_equal(told(UINT64_C(1) << 41), (UINT64_C(1) << 41) + (UINT64_C(1) << 31) - 1);
}

static void
every_place_is_used_and_they_follow_each_other(void **state)
{
	struct tern_histogram *h = tern_histogram_new();
	uint64_t value = 0;

	(void)state;
	for (size_t place = 0; place < TERN_HISTOGRAM_COUNTS - 1; place++) {
		tern_histogram_record(h, value);
		assert_int_equal(h->counts[place], 1);
		value = told(value) + 1;
	}
	tern_histogram_record(h, RANGE - 1);
	assert_int_equal(h->counts[TERN_HISTOGRAM_COUNTS - 1], 1);
	tern_histogram_free(h);
}

static void
three_digits_are_kept_over_the_whole_range(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t value = mix64(&seed) >> (22 + mix64(&seed) % 42), answer;

		if (value >= RANGE - (UINT64_C(1) << 31))
			continue;
		answer = told(value);
		assert_true(answer >= value);
		assert_true(answer - value <= value / 1000);
	}
}

static void
what_is_beyond_the_range_counts_in_the_last_place(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 5, RANGE, UINT64_MAX }, 3);

	(void)state;
	assert_int_equal(h->counts[TERN_HISTOGRAM_COUNTS - 1], 2);
	assert_int_equal(h->total, 3);
	assert_true(tern_histogram_percentile(h, 99) == UINT64_MAX);
	tern_histogram_free(h);
}

static void
min_max_and_mean_are_exact(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 1000003, 10007, 123457 }, 3);

	(void)state;
	assert_int_equal(h->min, 10007);
	assert_int_equal(h->max, 1000003);
	assert_true(tern_histogram_mean(h) == (1000003.0 + 10007.0 + 123457.0) / 3);
	assert_int_equal(tern_histogram_percentile(h, 100), 1000003);
	tern_histogram_free(h);
}

static void
a_percentile_is_never_above_the_maximum(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 1000001, 1000001 }, 2);

	(void)state;
	assert_int_equal(tern_histogram_percentile(h, 50), 1000001);
	assert_int_equal(tern_histogram_percentile(h, 99.9), 1000001);
	tern_histogram_free(h);
}

static void
a_percentile_is_the_value_at_or_below_which_so_many_lie(void **state)
{
	struct tern_histogram *h = tern_histogram_new();

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		tern_histogram_record(h, i);
	assert_int_equal(tern_histogram_percentile(h, 0), 1);
	assert_int_equal(tern_histogram_percentile(h, 0.1), 1);
	assert_int_equal(tern_histogram_percentile(h, 0.11), 2);
	assert_int_equal(tern_histogram_percentile(h, 50), 500);
	assert_int_equal(tern_histogram_percentile(h, 50.01), 501);
	assert_int_equal(tern_histogram_percentile(h, 90), 900);
	assert_int_equal(tern_histogram_percentile(h, 99), 990);
	assert_int_equal(tern_histogram_percentile(h, 99.9), 999);
	assert_int_equal(tern_histogram_percentile(h, 99.99), 1000);
	assert_int_equal(tern_histogram_percentile(h, 100), 1000);
	tern_histogram_free(h);
}

static void
one_value_is_every_percentile(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 77777 }, 1);

	(void)state;
	assert_int_equal(tern_histogram_percentile(h, 0), 77777);
	assert_int_equal(tern_histogram_percentile(h, 50), 77777);
	assert_int_equal(tern_histogram_percentile(h, 99.999), 77777);
	tern_histogram_free(h);
}

static void
adding_gives_what_one_histogram_would_have(void **state)
{
	struct tern_histogram *a = tern_histogram_new(), *b = tern_histogram_new(), *all = tern_histogram_new();
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t value = mix64(&seed) % 1000000;

		tern_histogram_record(i % 3 == 0 ? a : b, value);
		tern_histogram_record(all, value);
	}
	tern_histogram_add(a, b);
	assert_memory_equal(a->counts, all->counts, sizeof(all->counts));
	assert_int_equal(a->total, 1000);
	assert_int_equal(a->min, all->min);
	assert_int_equal(a->max, all->max);
	assert_true(a->sum == all->sum);
	tern_histogram_free(a);
	tern_histogram_free(b);
	tern_histogram_free(all);
}

static void
adding_an_empty_one_changes_nothing(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 3, 9 }, 2), *empty = tern_histogram_new();

	(void)state;
	tern_histogram_add(h, empty);
	assert_int_equal(h->total, 2);
	assert_int_equal(h->min, 3);
	assert_int_equal(h->max, 9);
	tern_histogram_free(h);
	tern_histogram_free(empty);
}

static void
a_difference_holds_what_came_between(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 5, 1000000 }, 2), *diff = tern_histogram_new();
	struct tern_histogram *before = tern_histogram_new();

	(void)state;
	*before = *h;
	tern_histogram_record(h, 100);
	tern_histogram_record(h, 300);
	tern_histogram_record(h, 20000);
	tern_histogram_diff(diff, h, before);
	assert_int_equal(diff->total, 3);
	assert_true(diff->sum == 20400);
	assert_int_equal(diff->min, 100);
	assert_in_range(diff->max, 20000, 20020);
	assert_int_equal(tern_histogram_percentile(diff, 50), 300);
	tern_histogram_free(h);
	tern_histogram_free(diff);
	tern_histogram_free(before);
}

static void
a_difference_may_replace_what_it_was_made_of(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 5, 6 }, 2);
	struct tern_histogram *before = tern_histogram_new();

	(void)state;
	*before = *h;
	tern_histogram_record(h, 7);
	tern_histogram_diff(before, h, before);
	assert_int_equal(before->total, 1);
	assert_int_equal(before->min, 7);
	assert_int_equal(before->max, 7);
	tern_histogram_free(h);
	tern_histogram_free(before);
}

static void
a_difference_without_anything_is_empty(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 5, 6 }, 2), *diff = tern_histogram_new();

	(void)state;
	tern_histogram_diff(diff, h, h);
	assert_int_equal(diff->total, 0);
	assert_int_equal(diff->max, 0);
	assert_true(diff->min == UINT64_MAX);
	assert_int_equal(tern_histogram_percentile(diff, 99), 0);
	tern_histogram_free(h);
	tern_histogram_free(diff);
}

static void
reset_forgets_everything(void **state)
{
	struct tern_histogram *h = histogram_of((uint64_t[]){ 5, 6 }, 2), *fresh = tern_histogram_new();

	(void)state;
	tern_histogram_reset(h);
	assert_memory_equal(h, fresh, sizeof(*h));
	tern_histogram_free(h);
	tern_histogram_free(fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram_tells_zero),
		cmocka_unit_test(values_below_2048_are_told_exactly),
		cmocka_unit_test(a_larger_value_is_told_as_the_highest_of_its_place),
		cmocka_unit_test(every_place_is_used_and_they_follow_each_other),
		cmocka_unit_test(three_digits_are_kept_over_the_whole_range),
		cmocka_unit_test(what_is_beyond_the_range_counts_in_the_last_place),
		cmocka_unit_test(min_max_and_mean_are_exact),
		cmocka_unit_test(a_percentile_is_never_above_the_maximum),
		cmocka_unit_test(a_percentile_is_the_value_at_or_below_which_so_many_lie),
		cmocka_unit_test(one_value_is_every_percentile),
		cmocka_unit_test(adding_gives_what_one_histogram_would_have),
		cmocka_unit_test(adding_an_empty_one_changes_nothing),
		cmocka_unit_test(a_difference_holds_what_came_between),
		cmocka_unit_test(a_difference_may_replace_what_it_was_made_of),
		cmocka_unit_test(a_difference_without_anything_is_empty),
		cmocka_unit_test(reset_forgets_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
