/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/queue.h"

#define ITEMS 5u

static void
what_was_pushed_first_is_taken_first_around_the_end_of_its_memory(void **state)
{
	uint32_t pushed = 0, popped = 0;
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q, ITEMS, MEM_ANY_NODE), 0);
	for (uint32_t round = 0; round < 20; round++) {
		while (q.length < ITEMS)
			queue_push(&q, ++pushed);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(queue_pop(&q), ++popped);
	}
	assert_int_equal(q.length, 2);
	queue_free(&q);
}

static void
what_comes_next_is_known_before_it_is_taken(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q, ITEMS, MEM_ANY_NODE), 0);
	assert_int_equal(queue_peek(&q, 0), 0);
	for (uint32_t i = 1; i <= ITEMS; i++)
		queue_push(&q, i);
	queue_pop(&q);
	queue_pop(&q);
	queue_push(&q, 6);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(queue_peek(&q, i), 3 + i);
	assert_int_equal(queue_peek(&q, 4), 0);
	queue_free(&q);
}

static void
one_is_taken_from_the_middle_and_its_place_is_passed_over(void **state)
{
	uint32_t place[ITEMS + 1];
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q, ITEMS, MEM_ANY_NODE), 0);
	/* around the end of its memory */
	queue_push(&q, 8);
	queue_push(&q, 9);
	for (uint32_t i = 1; i <= 3; i++)
		place[i] = queue_push(&q, i);
	queue_pop(&q);
	queue_pop(&q);
	for (uint32_t i = 4; i <= 5; i++)
		place[i] = queue_push(&q, i);
	assert_true(queue_is_full(&q));
	assert_false(queue_take(&q, place[2], 3));
	assert_false(queue_take(&q, ITEMS, 3));
	assert_true(queue_take(&q, place[2], 2));
	assert_false(queue_take(&q, place[2], 2));
	assert_int_equal(queue_peek(&q, 1), 0);
	assert_int_equal(queue_peek(&q, 2), 3);
	assert_int_equal(queue_pop(&q), 1);
	assert_int_equal(queue_peek(&q, 0), 3);
	/* what lies beyond is nobody's place any more */
	assert_false(queue_take(&q, place[1], 1));
	/* the newest, and empty places before it */
	assert_true(queue_take(&q, place[4], 4));
	assert_true(queue_take(&q, place[5], 5));
	assert_int_equal(q.length, 1);
	assert_true(queue_take(&q, place[3], 3));
	assert_int_equal(q.length, 0);
	assert_int_equal(queue_peek(&q, 0), 0);
	queue_free(&q);
}

/* Sixteen of them are looked at together: none but they may be passed over, wherever the end of the memory is. */
static void
many_empty_places_are_passed_over(void **state)
{
	enum { PLACES = 100 };
	struct queue q;

	(void)state;
	for (uint32_t head = 0; head < PLACES; head++)
		for (uint32_t empty = 0; empty < PLACES - 2; empty++) {
			uint32_t place[PLACES + 1];

			assert_int_equal(queue_init(&q, PLACES, MEM_ANY_NODE), 0);
			q.head = head;
			q.length = 1;
			q.index[head] = PLACES + 1;
			for (uint32_t i = 1; i < PLACES; i++)
				place[i] = queue_push(&q, i);
			for (uint32_t i = 1; i <= empty; i++)
				assert_true(queue_take(&q, place[i], i));
			assert_int_equal(queue_pop(&q), PLACES + 1);
			assert_int_equal(q.length, PLACES - 1 - empty);
			assert_int_equal(queue_peek(&q, 0), empty + 1);
			queue_free(&q);
		}
}

static void
one_that_was_empty_begins_anew(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q, ITEMS, MEM_ANY_NODE), 0);
	for (uint32_t i = 1; i < 100; i++) {
		queue_push(&q, i);
		assert_int_equal(q.head, 0);
		assert_int_equal(queue_pop(&q), i);
	}
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_pushed_first_is_taken_first_around_the_end_of_its_memory),
		cmocka_unit_test(what_comes_next_is_known_before_it_is_taken),
		cmocka_unit_test(one_is_taken_from_the_middle_and_its_place_is_passed_over),
		cmocka_unit_test(many_empty_places_are_passed_over),
		cmocka_unit_test(one_that_was_empty_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
