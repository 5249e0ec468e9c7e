/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* core/list.h: what is pushed, taken from the middle and turned, against an array of the same. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/list.h"

#define ITEMS 9u   /* index 0 is nobody's */

struct item {
	uint32_t before;
	struct list_links links, others;
	uint32_t after;
};

static struct item items[ITEMS];

static struct list
empty_list(void)
{
	struct list l;

	for (uint32_t i = 0; i < ITEMS; i++)
		items[i] = (struct item){ .before = 100 + i, .after = 200 + i };
	list_init(&l, items, sizeof(items[0]), offsetof(struct item, links));
	return l;
}

/* The list holds these and no others, read from either end. */
static void
assert_order(const struct list *l, const uint32_t *order, uint32_t n)
{
	uint32_t at = l->head;

	assert_int_equal(l->length, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(at, order[i]);
		at = list_links_of(l, at)->next;
	}
	assert_int_equal(at, 0);
	at = l->tail;
	for (uint32_t i = n; i-- > 0;) {
		assert_int_equal(at, order[i]);
		at = list_links_of(l, at)->prev;
	}
	assert_int_equal(at, 0);
	for (uint32_t i = 0; i < ITEMS; i++) {
		assert_int_equal(items[i].before, 100 + i);
		assert_int_equal(items[i].after, 200 + i);
		assert_int_equal(items[i].others.prev | items[i].others.next, 0);
	}
}

static void
items_stand_in_the_order_in_which_they_came(void **state)
{
	struct list l = empty_list();

	(void)state;
	assert_order(&l, NULL, 0);
	list_push(&l, 3);
	assert_order(&l, (const uint32_t[]){ 3 }, 1);
	list_push(&l, 7);
	list_push(&l, 1);
	assert_order(&l, (const uint32_t[]){ 3, 7, 1 }, 3);
}

static void
any_item_can_be_taken(void **state)
{
	(void)state;
	for (uint32_t taken = 1; taken <= 4; taken++) {
		struct list l = empty_list();
		uint32_t left[3], n = 0;

		for (uint32_t i = 1; i <= 4; i++) {
			list_push(&l, i);
			if (i != taken)
				left[n++] = i;
		}
		list_remove(&l, taken);
		assert_order(&l, left, n);
		list_push(&l, taken);
		assert_order(&l, (const uint32_t[]){ left[0], left[1], left[2], taken }, 4);
	}
}

static void
the_last_one_taken_leaves_an_empty_list(void **state)
{
	struct list l = empty_list();

	(void)state;
	list_push(&l, 5);
	list_remove(&l, 5);
	assert_order(&l, NULL, 0);
	list_push(&l, 6);
	assert_order(&l, (const uint32_t[]){ 6 }, 1);
}

/* Lists of every length, turned to every item: what stood before it comes behind the rest, in its order. */
static void
a_turn_makes_an_item_the_head_and_keeps_the_round(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < ITEMS; n++)
		for (uint32_t head = 1; head <= n; head++) {
			struct list l = empty_list();
			uint32_t order[ITEMS];

			for (uint32_t i = 1; i <= n; i++)
				list_push(&l, i);
			list_turn(&l, head);
			for (uint32_t i = 0; i < n; i++)
				order[i] = (head - 1 + i) % n + 1;
			assert_order(&l, order, n);
		}
}

/* and it is a list like any other then */
static void
behind_a_turn_items_come_and_go(void **state)
{
	struct list l = empty_list();

	(void)state;
	for (uint32_t i = 1; i <= 5; i++)
		list_push(&l, i);
	list_turn(&l, 3);
	list_push(&l, 6);
	assert_order(&l, (const uint32_t[]){ 3, 4, 5, 1, 2, 6 }, 6);
	list_remove(&l, 3);
	list_remove(&l, 1);
	assert_order(&l, (const uint32_t[]){ 4, 5, 2, 6 }, 4);
	list_turn(&l, 6);
	list_remove(&l, 2);
	assert_order(&l, (const uint32_t[]){ 6, 4, 5 }, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_stand_in_the_order_in_which_they_came),
		cmocka_unit_test(any_item_can_be_taken),
		cmocka_unit_test(the_last_one_taken_leaves_an_empty_list),
		cmocka_unit_test(a_turn_makes_an_item_the_head_and_keeps_the_round),
		cmocka_unit_test(behind_a_turn_items_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
