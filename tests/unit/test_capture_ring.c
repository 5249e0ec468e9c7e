/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/capture_ring.h"

#define SIZE 4096u

/* A chain of two, as large sends are; only what is read of it is set. */
struct chain {
	struct rte_mbuf first, second;
	uint8_t bytes[2][512];
};

static const struct rte_mbuf *
chain_make(struct chain *c, uint16_t first, uint16_t second, uint8_t fill)
{
	memset(c, 0, sizeof(*c));
	memset(c->bytes, fill, sizeof(c->bytes));
	c->first.buf_addr = c->bytes[0];
	c->second.buf_addr = c->bytes[1];
	c->first.data_len = first;
	c->second.data_len = second;
	c->first.pkt_len = (uint32_t)first + second;
	c->first.next = &c->second;
	c->first.nb_segs = 2;
	c->bytes[1][second - 1] = (uint8_t)(fill + 1);
	return &c->first;
}

static bool
put(struct capture_ring *r, uint32_t captured, uint8_t fill)
{
	struct capture_record record = { .time_ns = fill, .captured = captured, .length = 300 };
	uint64_t head = atomic_load(&r->head);
	struct chain chain;
	bool good = capture_ring_put(r, &head, &record, chain_make(&chain, 100, 200, fill));

	capture_ring_tell(r, head);
	return good;
}

static void
assert_next(struct capture_ring *r, uint32_t captured, uint8_t fill)
{
	struct capture_record *record = capture_ring_next(r, atomic_load(&r->head));
	const uint8_t *bytes = (const uint8_t *)(record + 1);

	assert_non_null(record);
	assert_int_equal(record->time_ns, fill);
	assert_int_equal(record->captured, captured);
	assert_int_equal(record->length, 300);
	for (uint32_t i = 0; i < captured; i++)
		assert_int_equal(bytes[i], i == 299 ? (uint8_t)(fill + 1) : fill);
	capture_ring_done(r, record);
}

static void
chains_come_out_in_one_piece_for_many_rounds(void **state)
{
	struct capture_ring r;

	(void)state;
	assert_int_equal(capture_ring_make(&r, SIZE, -1), 0);
	/* sizes that meet the ring's end at every place */
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(put(&r, 1 + i * 7 % 300, (uint8_t)i));
		assert_true(put(&r, 300, (uint8_t)(i + 1)));
		assert_next(&r, 1 + i * 7 % 300, (uint8_t)i);
		assert_next(&r, 300, (uint8_t)(i + 1));
	}
	assert_null(capture_ring_next(&r, atomic_load(&r.head)));
	capture_ring_free(&r);
}

static void
what_does_not_fit_is_refused_and_nothing_is_overwritten(void **state)
{
	struct capture_ring r;
	uint8_t kept = 0;

	(void)state;
	assert_int_equal(capture_ring_make(&r, SIZE, -1), 0);
	/* begin anywhere, so that the end of the room is not the end of the ring */
	assert_true(put(&r, 200, 0));
	assert_next(&r, 200, 0);
	while (put(&r, 300, kept))
		kept++;
	assert_in_range(kept, 10, SIZE / 300);
	for (uint8_t i = 0; i < kept; i++)
		assert_next(&r, 300, i);
	assert_null(capture_ring_next(&r, atomic_load(&r.head)));
	assert_true(put(&r, 300, 7));
	assert_next(&r, 300, 7);
	capture_ring_free(&r);
}

static void
what_was_not_told_is_not_there(void **state)
{
	struct capture_record record = { .captured = 300, .length = 300 };
	struct capture_ring r;
	struct chain chain;
	uint64_t head = 0;

	(void)state;
	assert_int_equal(capture_ring_make(&r, SIZE, -1), 0);
	assert_true(capture_ring_put(&r, &head, &record, chain_make(&chain, 100, 200, 1)));
	assert_null(capture_ring_next(&r, atomic_load(&r.head)));
	assert_true(put(&r, 300, 9));
	assert_next(&r, 300, 9);
	capture_ring_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_come_out_in_one_piece_for_many_rounds),
		cmocka_unit_test(what_does_not_fit_is_refused_and_nothing_is_overwritten),
		cmocka_unit_test(what_was_not_told_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
