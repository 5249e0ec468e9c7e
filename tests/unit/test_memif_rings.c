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
#include "frames.h"
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

/* What the receiver is told of a frame's checksums. */
static uint64_t
told_of(const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *m = mbuf_alloc(memif.pool);
	uint64_t flags;

	memcpy(rte_pktmbuf_append(m, (uint16_t)length), frame, length);
	assert_int_equal(memif.end[CLIENT]->transmit(memif.end[CLIENT], &m, 1), 1);
	assert_int_equal(memif.end[SERVER]->receive(memif.end[SERVER], &m, 1), 1);
	assert_int_equal(m->pkt_len, length);
	assert_memory_equal(rte_pktmbuf_mtod(m, uint8_t *), frame, length);
	flags = m->ol_flags;
	mbuf_free(m);
	return flags;
}

static void
right_checksums_are_told_and_of_wrong_ones_nothing_is(void **state)
{
	const uint64_t good = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	uint8_t wrong[sizeof(tcp4_frame)];

	(void)state;
	assert_int_equal(told_of(tcp4_frame, sizeof(tcp4_frame)), good);
	assert_int_equal(told_of(tcp6_frame, sizeof(tcp6_frame)), good);
	assert_int_equal(told_of(echo4_frame, sizeof(echo4_frame)), 0);
	memcpy(wrong, tcp4_frame, sizeof(wrong));
	wrong[sizeof(wrong) - 1] ^= 1;
	assert_int_equal(told_of(wrong, sizeof(wrong)), 0);
	memif.end[SERVER]->capabilities.rx_checksum = false;   /* whoever wants none of it is told nothing */
	assert_int_equal(told_of(tcp4_frame, sizeof(tcp4_frame)), 0);
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
		cmocka_unit_test_setup_teardown(right_checksums_are_told_and_of_wrong_ones_nothing_is, memif_make, memif_unmake),
		cmocka_unit_test_setup_teardown(a_map_with_something_missing_is_not_used, memif_make, memif_unmake),
	};

	return cmocka_run_group_tests(tests, memif_begin, NULL);
}
