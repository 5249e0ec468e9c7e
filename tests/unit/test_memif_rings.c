/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Frames between two ends of ours, whatever their length and pieces; what is told of the memory that they go through. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mbuf.h"
#include "memif_fixture.h"

static void
frames_of_any_length_and_in_any_pieces_arrive_whole(void **state)
{
	(void)state;
	for (unsigned int from = 0; from < 2; from++)
		for (uint32_t length = 1; length < 5000; length += length < 300 ? 1 : 377)
			for (uint32_t piece = 1500; piece > 60; piece /= 4)
				memif_pass_one(from, length, piece);
}

static void
a_full_ring_takes_no_more_until_it_is_read(void **state)
{
	struct rte_mbuf *m[SLOTS + 8];

	(void)state;
	for (unsigned int from = 0; from < 2; from++) {
		for (uint32_t i = 0; i < SLOTS + 8; i++)
			m[i] = memif_frame(60 + i, 1500);
		assert_int_equal(memif.end[from]->transmit(memif.end[from], m, SLOTS + 8), SLOTS);
		assert_int_equal(memif.end[from]->transmit(memif.end[from], m + SLOTS, 8), 0);
		assert_int_equal(memif.end[!from]->receive(memif.end[!from], m, 5), 5);
		for (uint32_t i = 0; i < 5; i++)
			memif_expect(m[i], 60 + i);
		assert_int_equal(memif.end[from]->transmit(memif.end[from], m + SLOTS, 8), 5);
		for (uint32_t i = 0, n; i < SLOTS; i += n) {
			n = memif.end[!from]->receive(memif.end[!from], m, 64);
			assert_true(n > 0);
			for (uint32_t k = 0; k < n; k++)
				memif_expect(m[k], 65 + i + k);
		}
		assert_int_equal(memif.end[!from]->receive(memif.end[!from], m, 64), 0);
		mbuf_free_bulk(m + SLOTS + 5, 3);
	}
}

static void
a_map_with_something_missing_is_not_used(void **state)
{
	struct memif_map other;

	(void)state;
	memif_tell(&other);
	assert_false(memif_map_open(&other, 2));   /* a second core has no rings */
	memif_map_close(&other);
	memif_ring_to(0)->cookie++;
	memif_tell(&other);
	assert_false(memif_map_open(&other, 1));
	memif_map_close(&other);
	memif_ring_to(0)->cookie--;
	memif_tell(&other);
	other.region[0].size++;   /* than the file */
	assert_false(memif_map_open(&other, 1));
	memif_map_close(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_of_any_length_and_in_any_pieces_arrive_whole, memif_make, memif_unmake),
		cmocka_unit_test_setup_teardown(a_full_ring_takes_no_more_until_it_is_read, memif_make, memif_unmake),
		cmocka_unit_test_setup_teardown(a_map_with_something_missing_is_not_used, memif_make, memif_unmake),
	};

	return cmocka_run_group_tests(tests, memif_begin, NULL);
}
