/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"
#include "ip/path_mtu.h"

#define SECOND UINT64_C(1000000000)

static struct path_mtus table;

static struct tern_addr
numbered(unsigned int i)
{
	struct tern_addr a = addr("198.18.0.0");

	a.b[14] = (uint8_t)(i >> 8);
	a.b[15] = (uint8_t)i;
	return a;
}

static void
a_smaller_value_counts_and_a_larger_one_does_not(void **state)
{
	struct tern_addr a = addr("198.18.0.2"), b = addr("2001:2::2");

	(void)state;
	path_mtus_init(&table);
	assert_int_equal(path_mtu_find(&table, &a), 0);
	assert_true(path_mtu_lower(&table, &a, 1400, SECOND));
	assert_false(path_mtu_lower(&table, &a, 1400, SECOND));
	assert_false(path_mtu_lower(&table, &a, 1480, SECOND));
	assert_int_equal(path_mtu_find(&table, &a), 1400);
	assert_true(path_mtu_lower(&table, &a, 1300, SECOND));
	assert_int_equal(path_mtu_find(&table, &a), 1300);
	assert_int_equal(path_mtu_find(&table, &b), 0);
	assert_int_equal(table.used, 1);
}

static void
what_was_learned_is_forgotten_after_ten_minutes(void **state)
{
	struct tern_addr a = addr("198.18.0.2"), b = addr("2001:2::2");
	uint32_t version;

	(void)state;
	path_mtus_init(&table);
	assert_int_equal(table.next_ns, UINT64_MAX);
	path_mtu_lower(&table, &a, 1400, SECOND);
	path_mtu_lower(&table, &b, 1400, 2 * SECOND);
	version = table.version;
	assert_int_equal(table.next_ns, 601 * SECOND);
	path_mtus_expire(&table, 601 * SECOND - 1);
	assert_int_equal(path_mtu_find(&table, &a), 1400);
	assert_int_equal(table.version, version);
	path_mtus_expire(&table, 601 * SECOND);
	assert_int_equal(path_mtu_find(&table, &a), 0);
	assert_int_equal(path_mtu_find(&table, &b), 1400);
	assert_int_not_equal(table.version, version);
	assert_int_equal(table.next_ns, 602 * SECOND);
	path_mtus_expire(&table, 602 * SECOND);
	assert_int_equal(table.used, 0);
	assert_int_equal(table.next_ns, UINT64_MAX);
}

static void
the_same_report_again_makes_it_last(void **state)
{
	struct tern_addr a = addr("198.18.0.2");

	(void)state;
	path_mtus_init(&table);
	path_mtu_lower(&table, &a, 1400, SECOND);
	path_mtu_lower(&table, &a, 1400, 500 * SECOND);
	path_mtus_expire(&table, 700 * SECOND);
	assert_int_equal(path_mtu_find(&table, &a), 1400);
	assert_int_equal(table.next_ns, 1100 * SECOND);
}

static void
more_destinations_than_there_is_room_for_push_out_the_oldest(void **state)
{
	struct tern_addr last;
	unsigned int known = 0;

	(void)state;
	path_mtus_init(&table);
	for (unsigned int i = 0; i < 20 * PATH_MTU_ENTRIES; i++) {
		last = numbered(i);
		assert_true(path_mtu_lower(&table, &last, 1400, i));
		assert_int_equal(path_mtu_find(&table, &last), 1400);
	}
	for (unsigned int i = 0; i < 20 * PATH_MTU_ENTRIES; i++) {
		last = numbered(i);
		known += path_mtu_find(&table, &last) != 0;
	}
	assert_int_equal(known, table.used);
	assert_in_range(known, PATH_MTU_ENTRIES / 2, PATH_MTU_ENTRIES);
}

static void
a_plateau_is_the_next_below(void **state)
{
	(void)state;
	assert_int_equal(path_mtu_plateau(65535), 32000);
	assert_int_equal(path_mtu_plateau(1500), 1492);
	assert_int_equal(path_mtu_plateau(1492), 1006);
	assert_int_equal(path_mtu_plateau(297), 296);
	assert_int_equal(path_mtu_plateau(296), 68);
	assert_int_equal(path_mtu_plateau(0), 68);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_smaller_value_counts_and_a_larger_one_does_not),
		cmocka_unit_test(what_was_learned_is_forgotten_after_ten_minutes),
		cmocka_unit_test(the_same_report_again_makes_it_last),
		cmocka_unit_test(more_destinations_than_there_is_room_for_push_out_the_oldest),
		cmocka_unit_test(a_plateau_is_the_next_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
