/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/seq.h"

static void
order_holds_within_half_the_space(void **state)
{
	(void)state;
	assert_true(seq_lt(1, 2));
	assert_false(seq_lt(2, 1));
	assert_false(seq_lt(7, 7));
	assert_true(seq_gt(2, 1));
	assert_false(seq_gt(7, 7));
	assert_true(seq_lt(5, 5 + 0x7fffffffu));
	assert_false(seq_lt(5, 5 + 0x80000001u));
}

static void
order_holds_across_the_wrap(void **state)
{
	(void)state;
	assert_true(seq_lt(UINT32_MAX, 0));
	assert_true(seq_leq(UINT32_MAX, 0));
	assert_true(seq_gt(3, UINT32_MAX - 3));
	assert_true(seq_geq(3, UINT32_MAX - 3));
	assert_false(seq_geq(UINT32_MAX, 0));
}

static void
equal_numbers_are_neither_less_nor_greater(void **state)
{
	(void)state;
	assert_true(seq_leq(9, 9));
	assert_true(seq_geq(9, 9));
	assert_false(seq_lt(UINT32_MAX, UINT32_MAX));
	assert_false(seq_gt(UINT32_MAX, UINT32_MAX));
}

static void
min_and_max_follow_the_order_across_the_wrap(void **state)
{
	(void)state;
	assert_int_equal(seq_max(UINT32_MAX, 1), 1);
	assert_int_equal(seq_max(1, UINT32_MAX), 1);
	assert_int_equal(seq_min(UINT32_MAX, 1), UINT32_MAX);
	assert_int_equal(seq_min(1, UINT32_MAX), UINT32_MAX);
}

static void
a_range_holds_its_low_end_and_not_its_high_end(void **state)
{
	(void)state;
	assert_true(seq_in(10, 10, 5));
	assert_true(seq_in(14, 10, 5));
	assert_false(seq_in(15, 10, 5));
	assert_false(seq_in(9, 10, 5));
	assert_false(seq_in(10, 10, 0));
}

static void
a_range_may_lie_across_the_wrap(void **state)
{
	(void)state;
	assert_true(seq_in(UINT32_MAX, UINT32_MAX - 1, 4));
	assert_true(seq_in(1, UINT32_MAX - 1, 4));
	assert_false(seq_in(2, UINT32_MAX - 1, 4));
	assert_false(seq_in(UINT32_MAX - 2, UINT32_MAX - 1, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_holds_within_half_the_space),
		cmocka_unit_test(order_holds_across_the_wrap),
		cmocka_unit_test(equal_numbers_are_neither_less_nor_greater),
		cmocka_unit_test(min_and_max_follow_the_order_across_the_wrap),
		cmocka_unit_test(a_range_holds_its_low_end_and_not_its_high_end),
		cmocka_unit_test(a_range_may_lie_across_the_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
