/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/flow_table.h"
#include "core/hash.h"

#define RECORDS 8192u

struct record {
	struct flow_key key;
	uint64_t rest[5];
};

static struct flow_table table;
static struct record records[RECORDS];

/* The hash is the caller's, so a test chooses where a flow goes. */
static uint64_t
hash_at(uint32_t bucket, uint32_t tag)
{
	return (uint64_t)bucket << 32 | tag;
}

static int
begin_with(uint32_t entries)
{
	memset(records, 0, sizeof(records));
	for (uint32_t i = 0; i < RECORDS; i++)
		records[i].key = (struct flow_key){ .remote = { [14] = (uint8_t)(i >> 8), (uint8_t)i }, .lport = 80 };
	if (flow_table_init(&table, entries, -1) < 0)
		return -1;
	for (int kind = FLOW_HALF_OPEN; kind < FLOW_KINDS; kind++)
		flow_table_set_records(&table, (enum flow_kind)kind, records, sizeof(records[0]));
	return 0;
}

/* eight buckets */
static int
begin(void **state)
{
	(void)state;
	return begin_with(48);
}

static int
end(void **state)
{
	(void)state;
	flow_table_free(&table);
	return 0;
}

static flow_ref
open_ref(uint32_t index)
{
	return flow_ref_make(FLOW_OPEN, index);
}

static flow_ref
insert(uint64_t hash, uint32_t index)
{
	assert_int_equal(flow_insert(&table, hash, open_ref(index)), 0);
	return open_ref(index);
}

static flow_ref
find(uint64_t hash, uint32_t index)
{
	return flow_find(&table, hash, &records[index].key);
}

/* eight flows, of indices first to first + 7, with the tags 1000 up */
static void
fill(uint32_t bucket, uint32_t first)
{
	for (uint32_t i = 0; i < FLOW_BUCKET_SLOTS; i++)
		insert(hash_at(bucket, (1000 + i) << 8), first + i);
}

static void
a_table_has_room_for_what_was_asked(void **state)
{
	static const uint32_t entries[] = { 0, 1, 6, 7, 48, 49, 1000, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct flow_table t;

		assert_int_equal(flow_table_init(&t, entries[i], -1), 0);
		assert_true(t.capacity >= entries[i]);
		assert_true(t.capacity <= (t.mask + 1) * FLOW_BUCKET_SLOTS * 3 / 4);
		assert_int_equal(t.mask & (t.mask + 1), 0);
		flow_table_free(&t);
	}
}

static void
an_empty_table_finds_nothing_even_with_tag_0(void **state)
{
	(void)state;
	assert_int_equal(find(hash_at(0, 0), 1), 0);
	assert_int_equal(find(hash_at(3, 12345), 1), 0);
	assert_int_equal(*flow_slot(&table, hash_at(0, 0)), 0);
}

static void
a_flow_is_found_by_its_key(void **state)
{
	flow_ref ref = insert(hash_at(3, 77), 5);

	(void)state;
	assert_int_equal(find(hash_at(3, 77), 5), ref);
	assert_int_equal(flow_ref_kind(ref), FLOW_OPEN);
	assert_int_equal(flow_ref_index(ref), 5);
	assert_ptr_equal(flow_key_of(&table, ref), &records[5].key);
	assert_int_equal(table.used, 1);
}

static void
the_same_hash_with_another_key_is_another_flow(void **state)
{
	(void)state;
	insert(hash_at(3, 77), 5);
	assert_int_equal(find(hash_at(3, 77), 6), 0);
}

static void
flows_of_one_hash_are_told_apart(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 20; i++)
		insert(hash_at(7, 77), i);
	for (uint32_t i = 1; i <= 20; i++)
		assert_int_equal(find(hash_at(7, 77), i), open_ref(i));
	assert_int_equal(find(hash_at(7, 77), 21), 0);
}

static void
tags_that_differ_only_in_the_bits_of_the_count_are_told_apart(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 6; i++)
		insert(hash_at(2, 0xabcdef00 + i), i);
	for (uint32_t i = 1; i <= 6; i++)
		assert_int_equal(find(hash_at(2, 0xabcdef00 + i), i), open_ref(i));
}

static void
a_removed_flow_is_gone_though_its_tag_still_stands_there(void **state)
{
	flow_ref ref = insert(hash_at(3, 77), 5);

	(void)state;
	flow_remove(&table, hash_at(3, 77), ref);
	assert_int_equal(find(hash_at(3, 77), 5), 0);
	assert_int_equal(*flow_slot(&table, hash_at(3, 77)), 0);
	assert_int_equal(table.used, 0);
}

static void
removal_takes_that_flow_and_not_its_neighbour_of_the_same_hash(void **state)
{
	(void)state;
	insert(hash_at(3, 77), 5);
	insert(hash_at(3, 77), 6);
	flow_remove(&table, hash_at(3, 77), open_ref(5));
	assert_int_equal(find(hash_at(3, 77), 5), 0);
	assert_int_equal(find(hash_at(3, 77), 6), open_ref(6));
}

static void
a_full_bucket_overflows_into_the_next(void **state)
{
	(void)state;
	fill(3, 1);
	insert(hash_at(3, 77), 9);
	assert_int_equal(find(hash_at(3, 77), 9), open_ref(9));
	assert_int_equal(flow_overflow(&table.buckets[3]), 1);
	assert_int_equal(table.buckets[4].ref[0], open_ref(9));
	for (uint32_t i = 0; i < FLOW_BUCKET_SLOTS; i++)
		assert_int_equal(find(hash_at(3, (1000 + i) << 8), 1 + i), open_ref(1 + i));
}

static void
the_last_bucket_overflows_into_the_first(void **state)
{
	(void)state;
	fill(7, 1);
	insert(hash_at(7, 77), 9);
	assert_int_equal(table.buckets[0].ref[0], open_ref(9));
	assert_int_equal(find(hash_at(7, 77), 9), open_ref(9));
	flow_remove(&table, hash_at(7, 77), open_ref(9));
	assert_int_equal(find(hash_at(7, 77), 9), 0);
	assert_int_equal(flow_overflow(&table.buckets[7]), 0);
}

static void
a_flow_may_lie_several_full_buckets_behind_its_home(void **state)
{
	(void)state;
	fill(3, 1);
	fill(4, 11);
	fill(5, 21);
	insert(hash_at(3, 77), 31);
	assert_int_equal(table.buckets[6].ref[0], open_ref(31));
	assert_int_equal(find(hash_at(3, 77), 31), open_ref(31));
	flow_remove(&table, hash_at(3, 77), open_ref(31));
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(flow_overflow(&table.buckets[i]), 0);
}

static void
an_overflowed_flow_is_found_after_its_home_has_room_again(void **state)
{
	(void)state;
	fill(3, 1);
	insert(hash_at(3, 77), 9);
	flow_remove(&table, hash_at(3, 1000 << 8), open_ref(1));
	assert_int_equal(find(hash_at(3, 77), 9), open_ref(9));
	/* the count outlives another tag in its slot */
	insert(hash_at(3, 88 << 8), 10);
	assert_int_equal(table.buckets[3].ref[0], open_ref(10));
	assert_int_equal(find(hash_at(3, 77), 9), open_ref(9));
	assert_int_equal(find(hash_at(3, 88 << 8), 10), open_ref(10));
}

static void
removing_the_last_overflowed_flow_ends_the_search_at_home_again(void **state)
{
	(void)state;
	fill(3, 1);
	insert(hash_at(3, 77), 9);
	insert(hash_at(3, 78), 10);
	flow_remove(&table, hash_at(3, 77), open_ref(9));
	assert_int_equal(flow_overflow(&table.buckets[3]), 1);
	assert_int_equal(find(hash_at(3, 78), 10), open_ref(10));
	flow_remove(&table, hash_at(3, 78), open_ref(10));
	assert_int_equal(flow_overflow(&table.buckets[3]), 0);
}

static void
a_table_at_its_capacity_takes_no_more(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 48; i++)
		insert(hash_at(i, i << 8), i);
	assert_int_equal(flow_insert(&table, hash_at(0, 1), open_ref(49)), -ENOSPC);
	assert_int_equal(table.used, 48);
	flow_remove(&table, hash_at(7, 7 << 8), open_ref(7));
	assert_int_equal(flow_insert(&table, hash_at(0, 1), open_ref(49)), 0);
}

static void
replacing_changes_the_kind_in_place(void **state)
{
	flow_ref wait = flow_ref_make(FLOW_TIME_WAIT, 5), open = insert(hash_at(3, 77), 5);

	(void)state;
	insert(hash_at(3, 77), 6);
	flow_replace(&table, hash_at(3, 77), open, wait);
	assert_int_equal(find(hash_at(3, 77), 5), wait);
	assert_int_equal(find(hash_at(3, 77), 6), open_ref(6));
	assert_int_equal(table.used, 2);
	flow_remove(&table, hash_at(3, 77), wait);
	assert_int_equal(find(hash_at(3, 77), 5), 0);
}

static void
an_overflowed_flow_can_be_replaced(void **state)
{
	flow_ref wait = flow_ref_make(FLOW_TIME_WAIT, 9);

	(void)state;
	fill(3, 1);
	insert(hash_at(3, 77), 9);
	flow_replace(&table, hash_at(3, 77), open_ref(9), wait);
	assert_int_equal(find(hash_at(3, 77), 9), wait);
}

static void
each_kind_has_records_of_its_own(void **state)
{
	static struct record others[4];

	(void)state;
	others[2].key.rport = 99;
	flow_table_set_records(&table, FLOW_TIME_WAIT, others, sizeof(others[0]));
	assert_int_equal(flow_insert(&table, hash_at(1, 5), flow_ref_make(FLOW_TIME_WAIT, 2)), 0);
	assert_int_equal(flow_find(&table, hash_at(1, 5), &others[2].key), flow_ref_make(FLOW_TIME_WAIT, 2));
	assert_int_equal(find(hash_at(1, 5), 2), 0);
}

static void
the_slot_is_a_tag_match_at_home_or_one_bucket_on(void **state)
{
	(void)state;
	fill(3, 1);
	assert_int_equal(*flow_slot(&table, hash_at(3, 1002 << 8)), open_ref(3));
	insert(hash_at(4, 77 << 8), 9);
	assert_int_equal(*flow_slot(&table, hash_at(3, 77 << 8)), 0);
	insert(hash_at(3, 78 << 8), 10);
	assert_int_equal(*flow_slot(&table, hash_at(3, 78 << 8)), open_ref(10));
	assert_int_equal(*flow_slot(&table, hash_at(3, 79 << 8)), 0);
}

/* Whatever happened to the slot since, what is found is what flow_find() finds. */
static void
a_slot_that_changed_since_misleads_nobody(void **state)
{
	uint64_t here = hash_at(3, 1 << 8);
	const flow_ref *slot;

	(void)state;
	insert(here, 1);
	slot = flow_slot(&table, here);
	assert_int_equal(flow_find_at(&table, slot, here, &records[1].key), open_ref(1));
	/* ended, then another flow in its place, at last itself in another slot */
	flow_remove(&table, here, open_ref(1));
	assert_int_equal(flow_find_at(&table, slot, here, &records[1].key), 0);
	insert(hash_at(3, 2 << 8), 2);
	assert_int_equal(*slot, open_ref(2));
	assert_int_equal(flow_find_at(&table, slot, here, &records[1].key), 0);
	insert(here, 1);
	assert_int_equal(flow_find_at(&table, slot, here, &records[1].key), open_ref(1));
	flow_replace(&table, here, open_ref(1), flow_ref_make(FLOW_TIME_WAIT, 1));
	assert_int_equal(flow_find_at(&table, slot, here, &records[1].key), flow_ref_make(FLOW_TIME_WAIT, 1));
	assert_int_equal(flow_find_at(&table, &flow_no_slot, here, &records[1].key), flow_ref_make(FLOW_TIME_WAIT, 1));
}

static void
a_count_that_is_full_sticks_and_answers_stay_right(void **state)
{
	(void)state;
	enum { FLOWS = 600 };

	flow_table_free(&table);
	assert_int_equal(begin_with(FLOWS), 0);
	for (uint32_t i = 1; i <= FLOWS; i++)
		insert(hash_at(3, i << 8), i);
	assert_int_equal(flow_overflow(&table.buckets[3]), FLOW_OVERFLOW_MASK);
	for (uint32_t i = 1; i <= FLOWS; i++)
		assert_int_equal(find(hash_at(3, i << 8), i), open_ref(i));
	for (uint32_t i = 1; i < FLOWS; i++)
		flow_remove(&table, hash_at(3, i << 8), open_ref(i));
	assert_int_equal(flow_overflow(&table.buckets[3]), FLOW_OVERFLOW_MASK);
	assert_int_equal(find(hash_at(3, FLOWS << 8), FLOWS), open_ref(FLOWS));
	flow_remove(&table, hash_at(3, FLOWS << 8), open_ref(FLOWS));
	assert_int_equal(find(hash_at(3, FLOWS << 8), FLOWS), 0);
}

static void
a_search_ends_though_every_count_is_full(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		table.buckets[i].tag[0] |= FLOW_OVERFLOW_MASK;
	insert(hash_at(5, 77), 5);
	assert_int_equal(find(hash_at(5, 77), 5), open_ref(5));
	assert_int_equal(find(hash_at(6, 77), 5), open_ref(5));
	assert_int_equal(find(hash_at(5, 78), 6), 0);
}

/* Against an array that says which flows are there and of which kind. */
static void
compare_with_a_model(uint32_t homes, uint32_t tags, uint32_t steps, uint64_t seed0)
{
	uint32_t flows = table.capacity + table.capacity / 4;
	flow_ref *there = calloc(flows + 1, sizeof(*there));
	uint64_t *hash = calloc(flows + 1, sizeof(*hash));
	uint64_t seed = seed0;
	uint32_t used = 0;
	bool filling = true;

	assert_true(flows < RECORDS);
	for (uint32_t i = 1; i <= flows; i++)
		hash[i] = hash_at((uint32_t)mix64(&seed) % homes, (uint32_t)mix64(&seed) % tags << 4);
	for (uint32_t step = 0; step < steps; step++) {
		uint64_t r = mix64(&seed);
		uint32_t i = 1 + (uint32_t)(r >> 32) % flows;
		flow_ref wanted = flow_ref_make((enum flow_kind)(1 + r % 3), i);
		int rc;

		if (flow_find(&table, hash[i], &records[i].key) != there[i])
			fail_msg("seed %" PRIu64 ", step %u: flow %u", seed0, step, i);
		/* swing between empty and full, so that both ends are visited */
		if (used == table.capacity || used == 0)
			filling = used == 0;
		if (there[i] != 0 && r >> 8 & 1) {
			flow_replace(&table, hash[i], there[i], wanted);
			there[i] = wanted;
		} else if (there[i] != 0 && (!filling || (r >> 9 & 3) == 0)) {
			flow_remove(&table, hash[i], there[i]);
			there[i] = 0;
			used--;
		} else if (there[i] == 0 && (filling || (r >> 9 & 3) == 0)) {
			rc = flow_insert(&table, hash[i], wanted);
			if (rc != (used == table.capacity ? -ENOSPC : 0))
				fail_msg("seed %" PRIu64 ", step %u: insert says %d", seed0, step, rc);
			there[i] = rc == 0 ? wanted : 0;
			used += rc == 0;
		}
		if (table.used != used)
			fail_msg("seed %" PRIu64 ", step %u: %u used, not %u", seed0, step, table.used, used);
	}
	for (uint32_t i = 1; i <= flows; i++) {
		if (there[i] != 0)
			flow_remove(&table, hash[i], there[i]);
	}
	assert_int_equal(table.used, 0);
	for (uint32_t i = 0; i <= table.mask; i++) {
		uint32_t overflow = flow_overflow(&table.buckets[i]);

		if (overflow != 0 && overflow != FLOW_OVERFLOW_MASK)
			fail_msg("seed %" PRIu64 ": bucket %u still counts %u", seed0, i, overflow);
	}
	free(there);
	free(hash);
}

static void
random_changes_agree_with_a_model(void **state)
{
	(void)state;
	flow_table_free(&table);
	assert_int_equal(begin_with(3000), 0);
	compare_with_a_model(UINT32_MAX, UINT32_MAX >> 4, 2000000, 11);
}

static void
random_changes_with_many_equal_tags_agree_with_a_model(void **state)
{
	(void)state;
	compare_with_a_model(8, 4, 500000, 12);
}

static void
random_changes_from_few_homes_agree_with_a_model(void **state)
{
	(void)state;
	flow_table_free(&table);
	assert_int_equal(begin_with(800), 0);
	compare_with_a_model(3, 1 << 20, 300000, 13);
}

static void
random_changes_in_one_bucket_agree_with_a_model(void **state)
{
	(void)state;
	flow_table_free(&table);
	assert_int_equal(begin_with(1), 0);
	compare_with_a_model(1, 2, 100000, 14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_table_has_room_for_what_was_asked, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_table_finds_nothing_even_with_tag_0, begin, end),
		cmocka_unit_test_setup_teardown(a_flow_is_found_by_its_key, begin, end),
		cmocka_unit_test_setup_teardown(the_same_hash_with_another_key_is_another_flow, begin, end),
		cmocka_unit_test_setup_teardown(flows_of_one_hash_are_told_apart, begin, end),
		cmocka_unit_test_setup_teardown(tags_that_differ_only_in_the_bits_of_the_count_are_told_apart, begin, end),
		cmocka_unit_test_setup_teardown(a_removed_flow_is_gone_though_its_tag_still_stands_there, begin, end),
		cmocka_unit_test_setup_teardown(removal_takes_that_flow_and_not_its_neighbour_of_the_same_hash, begin, end),
		cmocka_unit_test_setup_teardown(a_full_bucket_overflows_into_the_next, begin, end),
		cmocka_unit_test_setup_teardown(the_last_bucket_overflows_into_the_first, begin, end),
		cmocka_unit_test_setup_teardown(a_flow_may_lie_several_full_buckets_behind_its_home, begin, end),
		cmocka_unit_test_setup_teardown(an_overflowed_flow_is_found_after_its_home_has_room_again, begin, end),
		cmocka_unit_test_setup_teardown(removing_the_last_overflowed_flow_ends_the_search_at_home_again, begin, end),
		cmocka_unit_test_setup_teardown(a_table_at_its_capacity_takes_no_more, begin, end),
		cmocka_unit_test_setup_teardown(replacing_changes_the_kind_in_place, begin, end),
		cmocka_unit_test_setup_teardown(an_overflowed_flow_can_be_replaced, begin, end),
		cmocka_unit_test_setup_teardown(each_kind_has_records_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(the_slot_is_a_tag_match_at_home_or_one_bucket_on, begin, end),
		cmocka_unit_test_setup_teardown(a_slot_that_changed_since_misleads_nobody, begin, end),
		cmocka_unit_test_setup_teardown(a_count_that_is_full_sticks_and_answers_stay_right, begin, end),
		cmocka_unit_test_setup_teardown(a_search_ends_though_every_count_is_full, begin, end),
		cmocka_unit_test_setup_teardown(random_changes_agree_with_a_model, begin, end),
		cmocka_unit_test_setup_teardown(random_changes_with_many_equal_tags_agree_with_a_model, begin, end),
		cmocka_unit_test_setup_teardown(random_changes_from_few_homes_agree_with_a_model, begin, end),
		cmocka_unit_test_setup_teardown(random_changes_in_one_bucket_agree_with_a_model, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
