/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/slab.h"

struct item {
	uint64_t key[4];
	uint32_t link, generation;
	uint64_t rest[3];
};

static const struct slab_layout layout = {
	.stride = sizeof(struct item),
	.link = offsetof(struct item, link),
	.keep = offsetof(struct item, link),
	.keep_size = 2 * sizeof(uint32_t),
};

static struct slab
new_slab(uint32_t capacity)
{
	struct slab s;

	assert_int_equal(slab_init(&s, &layout, capacity, -1), 0);
	return s;
}

static void
index_0_is_never_handed_out(void **state)
{
	struct slab s = new_slab(3);

	(void)state;
	assert_int_equal(slab_get(&s), 1);
	assert_int_equal(slab_get(&s), 2);
	assert_int_equal(slab_get(&s), 3);
	slab_free(&s);
}

static void
a_full_slab_gives_0_until_something_is_put_back(void **state)
{
	struct slab s = new_slab(2);

	(void)state;
	slab_get(&s);
	slab_get(&s);
	assert_int_equal(slab_get(&s), 0);
	assert_int_equal(s.used, 2);
	slab_put(&s, 1);
	assert_int_equal(s.used, 1);
	assert_int_equal(slab_get(&s), 1);
	assert_int_equal(slab_get(&s), 0);
	slab_free(&s);
}

static void
the_last_item_put_back_is_the_next_one_handed_out(void **state)
{
	struct slab s = new_slab(10);

	(void)state;
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(slab_get(&s), i);
	slab_put(&s, 2);
	slab_put(&s, 5);
	slab_put(&s, 3);
	assert_int_equal(slab_get(&s), 3);
	assert_int_equal(slab_get(&s), 5);
	assert_int_equal(slab_get(&s), 2);
	assert_int_equal(slab_get(&s), 6);
	slab_free(&s);
}

static void
a_fresh_item_is_zero(void **state)
{
	static const struct item zero;
	struct slab s = new_slab(100);

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		assert_memory_equal(slab_at(&s, slab_get(&s)), &zero, sizeof(zero));
	slab_free(&s);
}

static void
content_survives_put_and_get_but_for_the_link(void **state)
{
	struct slab s = new_slab(10);
	uint32_t other = slab_get(&s), index = slab_get(&s);
	struct item *item = slab_at(&s, index), before;

	(void)state;
	memset(item, 0xa5, sizeof(*item));
	before = *item;
	slab_put(&s, other);
	slab_put(&s, index);
	assert_int_equal(slab_get(&s), index);
	item->link = before.link;
	assert_memory_equal(item, &before, sizeof(before));
	slab_free(&s);
}

static void
items_do_not_overlap(void **state)
{
	struct slab s = new_slab(50);

	(void)state;
	for (uint32_t i = 1; i <= 50; i++)
		memset(slab_at(&s, slab_get(&s)), (int)i, sizeof(struct item));
	for (uint32_t i = 1; i <= 50; i++) {
		const uint8_t *bytes = slab_at(&s, i);

		assert_int_equal(bytes[0], i);
		assert_int_equal(bytes[sizeof(struct item) - 1], i);
	}
	slab_free(&s);
}

static void
only_indices_that_were_handed_out_are_valid(void **state)
{
	struct slab s = new_slab(10);

	(void)state;
	assert_false(slab_valid(&s, 1));
	slab_get(&s);
	slab_get(&s);
	slab_put(&s, 2);
	assert_false(slab_valid(&s, 0));
	assert_true(slab_valid(&s, 1));
	assert_true(slab_valid(&s, 2));
	assert_false(slab_valid(&s, 3));
	assert_false(slab_valid(&s, UINT32_MAX));
	slab_free(&s);
}

static void
records_of_whole_lines_begin_at_a_line(void **state)
{
	const struct slab_layout lines = { .stride = 64 };
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, &lines, 10, -1), 0);
	assert_int_equal((uintptr_t)slab_at(&s, 1) % 64, 0);
	slab_free(&s);
}

static void
too_large_a_slab_is_enomem(void **state)
{
	const struct slab_layout huge = { .stride = 1u << 30 };
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, &huge, (1u << 30) - 2, -1), -ENOMEM);
	slab_free(&s);
}

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_POISONS 1
#elif defined(__has_feature)
#define SLAB_POISONS __has_feature(address_sanitizer)
#else
#define SLAB_POISONS 0
#endif

/* without AddressSanitizer there is no poison to look for: the sanitized build runs this */
#if SLAB_POISONS
static void
a_free_item_is_poisoned_but_for_what_is_kept(void **state)
{
	struct slab s = new_slab(10);
	struct item *fresh = slab_at(&s, 1), *item;
	uint32_t index;

	(void)state;
	assert_true(__asan_address_is_poisoned(&fresh->key[0]));
	index = slab_get(&s);
	item = slab_at(&s, index);
	assert_null(__asan_region_is_poisoned(item, sizeof(*item)));
	slab_put(&s, index);
	assert_true(__asan_address_is_poisoned(&item->key[3]));
	assert_true(__asan_address_is_poisoned(&item->rest[0]));
	assert_false(__asan_address_is_poisoned(&item->link));
	assert_false(__asan_address_is_poisoned(&item->generation));
	assert_int_equal(slab_get(&s), index);
	assert_null(__asan_region_is_poisoned(item, sizeof(*item)));
	slab_free(&s);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_0_is_never_handed_out),
		cmocka_unit_test(a_full_slab_gives_0_until_something_is_put_back),
		cmocka_unit_test(the_last_item_put_back_is_the_next_one_handed_out),
		cmocka_unit_test(a_fresh_item_is_zero),
		cmocka_unit_test(content_survives_put_and_get_but_for_the_link),
		cmocka_unit_test(items_do_not_overlap),
		cmocka_unit_test(only_indices_that_were_handed_out_are_valid),
		cmocka_unit_test(records_of_whole_lines_begin_at_a_line),
		cmocka_unit_test(too_large_a_slab_is_enomem),
#if SLAB_POISONS
		cmocka_unit_test(a_free_item_is_poisoned_but_for_what_is_kept),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
