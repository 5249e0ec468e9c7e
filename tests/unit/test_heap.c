/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/heap.h"

#define INDICES 1000u

static struct heap heap;

static int
setup(void **state)
{
	(void)state;
	return heap_init(&heap, INDICES, -1);
}

static int
teardown(void **state)
{
	(void)state;
	heap_free(&heap);
	return 0;
}

static void
nothing_is_due_in_an_empty_one(void **state)
{
	(void)state;
	assert_true(heap_next_ns(&heap) == UINT64_MAX);
	assert_int_equal(heap_due(&heap, UINT64_MAX - 1), 0);
}

static void
the_soonest_comes_first_when_it_is_due(void **state)
{
	(void)state;
	heap_set(&heap, 7, 300);
	heap_set(&heap, 8, 100);
	heap_set(&heap, 9, 200);
	assert_int_equal(heap_next_ns(&heap), 100);
	assert_int_equal(heap_due(&heap, 99), 0);
	assert_int_equal(heap_due(&heap, 250), 8);
	assert_int_equal(heap_due(&heap, 250), 9);
	assert_int_equal(heap_due(&heap, 250), 0);
	assert_int_equal(heap_due(&heap, 300), 7);
	assert_int_equal(heap.count, 0);
}

static void
an_index_is_moved_not_added(void **state)
{
	(void)state;
	heap_set(&heap, 1, 500);
	heap_set(&heap, 2, 400);
	heap_set(&heap, 1, 300);
	assert_int_equal(heap.count, 2);
	assert_int_equal(heap_next_ns(&heap), 300);
	heap_set(&heap, 1, 600);
	assert_int_equal(heap_due(&heap, 1000), 2);
	assert_int_equal(heap_due(&heap, 1000), 1);
	assert_int_equal(heap_due(&heap, 1000), 0);
}

/* Against a plain table, with every index in it at times. */
static void
it_agrees_with_a_table(void **state)
{
	static uint64_t at[INDICES + 1];
	uint32_t random = 1;

	(void)state;
	memset(at, 0, sizeof(at));
	for (uint32_t step = 0; step < 200000; step++) {
		uint32_t index, what;

		random = random * 1664525 + 1013904223;
		index = 1 + (random >> 8) % INDICES;
		what = random >> 28;
		if (what < 9) {
			at[index] = 1 + (random >> 5) % 5000;
			heap_set(&heap, index, at[index]);
		} else if (what < 12) {
			at[index] = 0;
			heap_remove(&heap, index);
		} else {
			uint64_t soonest = UINT64_MAX;

			for (uint32_t i = 1; i <= INDICES; i++)
				if (at[i] != 0 && at[i] < soonest)
					soonest = at[i];
			assert_true(heap_next_ns(&heap) == soonest);
			index = heap_due(&heap, soonest == UINT64_MAX ? 0 : soonest);
			assert_true(index == 0 ? soonest == UINT64_MAX : at[index] == soonest);
			at[index] = 0;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_due_in_an_empty_one, setup, teardown),
		cmocka_unit_test_setup_teardown(the_soonest_comes_first_when_it_is_due, setup, teardown),
		cmocka_unit_test_setup_teardown(an_index_is_moved_not_added, setup, teardown),
		cmocka_unit_test_setup_teardown(it_agrees_with_a_table, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
