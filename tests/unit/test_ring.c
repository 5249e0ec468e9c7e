/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ring.h"

#define ITEMS 5u

static void
what_was_pushed_first_is_taken_first_around_the_end_of_its_memory(void **state)
{
	uint32_t pushed = 0, taken = 0;
	struct ring r;

	(void)state;
	assert_int_equal(ring_init(&r, ITEMS, MEM_ANY_NODE), 0);
	for (uint32_t round = 0; round < 20; round++) {
		while (ring_length(&r) < ITEMS)
			ring_push(&r, ++pushed);
		for (uint32_t i = 0; i < 3; i++) {
			assert_int_equal(ring_likely(&r), taken + 1);
			assert_int_equal(ring_take(&r), ++taken);
		}
		ring_settle(&r);
	}
	assert_int_equal(ring_length(&r), 2);
	ring_free(&r);
}

static void
as_many_fit_as_it_was_made_for(void **state)
{
	struct ring r;

	(void)state;
	for (uint32_t items = 1; items <= 9; items++) {
		assert_int_equal(ring_init(&r, items, MEM_ANY_NODE), 0);
		/* from every place on */
		for (uint32_t begin = 0; begin < 20; begin++) {
			for (uint32_t i = 1; i <= items; i++)
				ring_push(&r, i);
			for (uint32_t i = 1; i <= items; i++)
				assert_int_equal(ring_take(&r), i);
			ring_push(&r, 1);
			assert_int_equal(ring_take(&r), 1);
		}
		ring_free(&r);
	}
}

static void
one_that_was_empty_begins_anew(void **state)
{
	struct ring r;

	(void)state;
	assert_int_equal(ring_init(&r, ITEMS, MEM_ANY_NODE), 0);
	for (uint32_t i = 1; i < 100; i++) {
		ring_push(&r, i);
		assert_int_equal(r.head, 0);
		ring_settle(&r);
		assert_int_equal(ring_length(&r), 1);
		assert_int_equal(ring_take(&r), i);
		ring_settle(&r);
	}
	ring_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_pushed_first_is_taken_first_around_the_end_of_its_memory),
		cmocka_unit_test(as_many_fit_as_it_was_made_for),
		cmocka_unit_test(one_that_was_empty_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
