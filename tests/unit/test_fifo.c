/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/fifo.h"

struct item {
	uint32_t before, link, other_link, after;
};

static struct item items[8];

static struct fifo
empty_fifo(uint32_t link_offset)
{
	struct fifo f;

	for (uint32_t i = 0; i < 8; i++)
		items[i] = (struct item){ 100 + i, 0, 0, 200 + i };
	fifo_init(&f, items, sizeof(items[0]), link_offset);
	return f;
}

static void
an_empty_fifo_gives_nothing(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	assert_int_equal(fifo_peek(&f), 0);
	assert_int_equal(fifo_pop(&f), 0);
	assert_int_equal(f.length, 0);
}

static void
items_leave_in_the_order_in_which_they_came(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	fifo_push(&f, 3);
	fifo_push(&f, 7);
	fifo_push(&f, 1);
	assert_int_equal(f.length, 3);
	assert_int_equal(fifo_pop(&f), 3);
	assert_int_equal(fifo_pop(&f), 7);
	assert_int_equal(fifo_pop(&f), 1);
	assert_int_equal(fifo_pop(&f), 0);
}

static void
peek_shows_the_oldest_and_leaves_it(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	fifo_push(&f, 2);
	fifo_push(&f, 5);
	assert_int_equal(fifo_peek(&f), 2);
	assert_int_equal(fifo_peek(&f), 2);
	assert_int_equal(f.length, 2);
}

static void
a_drained_fifo_can_be_filled_again(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	fifo_push(&f, 4);
	assert_int_equal(fifo_pop(&f), 4);
	fifo_push(&f, 4);
	fifo_push(&f, 6);
	assert_int_equal(fifo_pop(&f), 4);
	assert_int_equal(fifo_pop(&f), 6);
	assert_int_equal(fifo_pop(&f), 0);
	assert_int_equal(f.length, 0);
}

static void
an_item_may_be_pushed_again_while_others_wait(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	fifo_push(&f, 1);
	fifo_push(&f, 2);
	assert_int_equal(fifo_pop(&f), 1);
	fifo_push(&f, 1);
	assert_int_equal(fifo_pop(&f), 2);
	assert_int_equal(fifo_pop(&f), 1);
}

static void
two_fifos_share_items_through_links_of_their_own(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link)), g;

	(void)state;
	fifo_init(&g, items, sizeof(items[0]), offsetof(struct item, other_link));
	fifo_push(&f, 1);
	fifo_push(&g, 2);
	fifo_push(&f, 2);
	fifo_push(&g, 1);
	assert_int_equal(fifo_pop(&f), 1);
	assert_int_equal(fifo_pop(&f), 2);
	assert_int_equal(fifo_pop(&g), 2);
	assert_int_equal(fifo_pop(&g), 1);
}

static void
nothing_but_the_link_is_written(void **state)
{
	struct fifo f = empty_fifo(offsetof(struct item, link));

	(void)state;
	for (uint32_t i = 1; i < 8; i++)
		fifo_push(&f, i);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(items[i].before, 100 + i);
		assert_int_equal(items[i].after, 200 + i);
		assert_int_equal(items[i].other_link, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_fifo_gives_nothing),
		cmocka_unit_test(items_leave_in_the_order_in_which_they_came),
		cmocka_unit_test(peek_shows_the_oldest_and_leaves_it),
		cmocka_unit_test(a_drained_fifo_can_be_filled_again),
		cmocka_unit_test(an_item_may_be_pushed_again_while_others_wait),
		cmocka_unit_test(two_fifos_share_items_through_links_of_their_own),
		cmocka_unit_test(nothing_but_the_link_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
