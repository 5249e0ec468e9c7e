/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A peer that breaks memif's rules: all that stands in shared memory is its to write, at any time. Nothing of it is
 * followed to where nothing is, each is counted, and who goes on properly is heard again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "core/mbuf.h"
#include "memif_fixture.h"

#define BURST 64u

static uint16_t
receive(unsigned int end, struct rte_mbuf **m, uint16_t n)
{
	return memif.end[end]->receive(memif.end[end], m, n);
}

static uint16_t
transmit(unsigned int end, struct rte_mbuf **m, uint16_t n)
{
	return memif.end[end]->transmit(memif.end[end], m, n);
}

/* The word by which the peer of that end tells how far it is: in what comes, and in what leaves. */
static uint16_t *
index_in(unsigned int end)
{
	return end == SERVER ? &memif_ring_to(SERVER)->head : &memif_ring_to(CLIENT)->tail;
}

static uint16_t *
index_out(unsigned int end)
{
	return end == SERVER ? &memif_ring_to(CLIENT)->head : &memif_ring_to(SERVER)->tail;
}

/* Frames to that end, written by the peer itself: slots from the first on, of these lengths and flags. */
static void
write_slots(unsigned int end, uint16_t from, uint16_t n, uint32_t length, uint16_t flags)
{
	struct memif_ring *ring = memif_ring_to(end);

	for (uint16_t i = 0; i < n; i++) {
		ring->slot[(from + i) % SLOTS].length = length;
		ring->slot[(from + i) % SLOTS].flags = flags;
	}
	*index_in(end) = (uint16_t)(from + n);
}

static void
expect_dropped(unsigned int end, uint64_t in, uint64_t out)
{
	struct memif_dropped d = memif_dropped(end);

	assert_int_equal(d.in, in);
	assert_int_equal(d.out, out);
	assert_int_equal(d.dry, 0);
}

/* ---- slots */

static void
a_slot_that_lies_nowhere_is_dropped_and_counted(void **state)
{
	static const struct memif_slot bad[] = { { .length = 100, .region = 1 }, { .length = 100, .region = 0xffff },
						 { .length = 100, .offset = BYTES - 99 }, { .length = UINT32_MAX },
						 { .length = 100, .offset = UINT32_MAX } };
	struct rte_mbuf *m;

	(void)state;
	for (uint32_t i = 0; i < RTE_DIM(bad); i++) {
		struct memif_slot *s = &memif_ring_to(SERVER)->slot[i], was = *s;

		m = memif_frame(100, 100);
		assert_int_equal(transmit(CLIENT, &m, 1), 1);
		*s = bad[i];
		assert_int_equal(receive(SERVER, &m, 1), 0);
		*s = was;
	}
	expect_dropped(SERVER, RTE_DIM(bad), 0);
	memif_pass_one(CLIENT, 100, 100);
}

/* A server is told where to write, too. */
static void
nothing_is_written_where_nothing_is(void **state)
{
	static const struct memif_slot bad[] = { { .length = BUFFER, .offset = BYTES }, { .length = UINT32_MAX },
						 { .length = BUFFER, .region = 3 }, { .length = 0 } };
	struct memif_slot *s = &memif_ring_to(CLIENT)->slot[0], was = *s;
	struct rte_mbuf *m;

	(void)state;
	for (uint32_t i = 0; i < RTE_DIM(bad); i++) {
		*s = bad[i];
		m = memif_frame(100, 100);
		assert_int_equal(transmit(SERVER, &m, 1), 1);
	}
	expect_dropped(SERVER, 0, RTE_DIM(bad));
	*s = was;
	memif_pass_one(SERVER, 100, 100);
}

/* Buffers of a byte each: a frame that the whole ring has no room for would be waited for until the end of days. */
static void
a_frame_that_no_ring_of_the_peer_s_could_hold_does_not_stop_the_others(void **state)
{
	struct rte_mbuf *m[2] = { memif_frame(100, 100), memif_frame(SLOTS, SLOTS) };

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++)
		memif_ring_to(CLIENT)->slot[i].length = 1;
	assert_int_equal(transmit(SERVER, m, 2), 2);
	expect_dropped(SERVER, 0, 1);
	assert_int_equal(receive(CLIENT, m, 1), 1);
	memif_expect(m[0], SLOTS);
}

static void
a_frame_longer_than_the_buffer_it_was_given_is_dropped(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	write_slots(CLIENT, 0, 1, BUFFER + 1, 0);
	assert_int_equal(receive(CLIENT, &m, 1), 0);
	expect_dropped(CLIENT, 1, 0);
	/* what a slot said has no effect on what it has room for */
	assert_int_equal(memif_ring_to(CLIENT)->slot[0].length, BUFFER);
	write_slots(CLIENT, 1, 1, BUFFER, 0);
	assert_int_equal(receive(CLIENT, &m, 1), 1);
	mbuf_free(m);
}

/* A length that lies inside the region, and is no packet's: it would be all of the pool, if it were copied. */
static void
a_frame_longer_than_any_packet_takes_no_memory(void **state)
{
	struct memif_ring *ring = memif_ring_to(SERVER);
	struct rte_mbuf *m;

	(void)state;
	write_slots(SERVER, 0, 2, 65000, MEMIF_SLOT_NEXT);
	ring->slot[0].offset = ring->slot[1].offset = 0;
	ring->slot[1].flags = 0;
	assert_int_equal(receive(SERVER, &m, 1), 0);
	expect_dropped(SERVER, 1, 0);
	/* the longest that is one */
	write_slots(SERVER, 2, 1, 65535, 0);
	ring->slot[2].offset = 0;
	assert_int_equal(receive(SERVER, &m, 1), 1);
	assert_int_equal(m->pkt_len, 65535);
	mbuf_free(m);
	expect_dropped(SERVER, 0, 0);
}

static void
a_frame_of_no_bytes_is_a_short_frame_and_no_more(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	write_slots(SERVER, 0, 1, 0, 0);
	assert_int_equal(receive(SERVER, &m, 1), 1);
	assert_int_equal(m->pkt_len, 0);
	assert_int_equal(m->data_len, 0);
	mbuf_free(m);
}

/* ---- chains */

/* A sender that tells of a frame before it is whole has it taken when it is. */
static void
half_a_frame_is_waited_for(void **state)
{
	struct rte_mbuf *m[3];

	(void)state;
	m[0] = memif_frame(60, 60);
	m[1] = memif_frame(200, 200);
	assert_int_equal(transmit(CLIENT, m, 2), 2);
	memif_ring_to(SERVER)->slot[1].flags = MEMIF_SLOT_NEXT;
	assert_int_equal(receive(SERVER, m, 3), 1);
	memif_expect(m[0], 60);
	assert_int_equal(receive(SERVER, m, 3), 0);
	m[0] = memif_frame(70, 70);
	assert_int_equal(transmit(CLIENT, m, 1), 1);
	assert_int_equal(receive(SERVER, m, 3), 1);
	assert_int_equal(m[0]->pkt_len, 270);
	mbuf_free(m[0]);
}

static void
a_chain_without_an_end_is_dropped_as_one_frame(void **state)
{
	struct rte_mbuf *m[BURST];

	(void)state;
	for (uint16_t round = 0; round < 4; round++) {
		write_slots(SERVER, (uint16_t)(round * SLOTS), SLOTS, 100, MEMIF_SLOT_NEXT);
		assert_int_equal(receive(SERVER, m, BURST), 0);
		expect_dropped(SERVER, 1, 0);
	}
	/* all of its slots were given back */
	assert_int_equal(memif_ring_to(SERVER)->tail, 4 * SLOTS);
}

/* Chains eat the mbufs that a frame takes while it is put together, and give them back. */
static void
a_chain_for_which_memory_is_short_is_dropped_and_counted(void **state)
{
	struct rte_mbuf *taken[POOL], *m;
	uint32_t n = 0;

	(void)state;
	write_slots(SERVER, 0, 4, BUFFER, MEMIF_SLOT_NEXT);
	memif_ring_to(SERVER)->slot[3].flags = 0;
	while (rte_mempool_avail_count(memif.pool) > 2)
		taken[n++] = mbuf_alloc(memif.pool);
	assert_int_equal(receive(SERVER, &m, 1), 0);
	assert_int_equal(memif_dropped(SERVER).dry, 1);
	assert_int_equal(rte_mempool_avail_count(memif.pool), 2);
	mbuf_free_bulk(taken, n);
	write_slots(SERVER, 4, 1, 100, 0);
	assert_int_equal(receive(SERVER, &m, 1), 1);
	mbuf_free(m);
}

/* ---- indices */

static void
an_index_beyond_the_ring_is_not_followed(void **state)
{
	static const uint16_t wild[] = { SLOTS + 1, 1000, 0x7fff, 0xffff };
	struct rte_mbuf *m[BURST];

	(void)state;
	for (unsigned int end = 0; end < 2; end++) {
		uint16_t was = *index_in(end);

		for (uint32_t i = 0; i < RTE_DIM(wild); i++) {
			*index_in(end) = (uint16_t)(was + wild[i]);
			for (uint32_t turn = 0; turn < 3; turn++)
				assert_int_equal(receive(end, m, BURST), 0);
			expect_dropped(end, 1, 0);
		}
		*index_in(end) = was;
		memif_pass_one(!end, 100, 100);
	}
}

static void
an_index_beyond_the_ring_makes_no_room_in_it(void **state)
{
	/* more than all is free already */
	static const uint16_t more[] = { 1, 1000, 0x7fff, 0xffff - SLOTS };

	(void)state;
	for (unsigned int end = 0; end < 2; end++) {
		uint16_t was = *index_out(end);
		struct rte_mbuf *m = memif_frame(100, 100);

		for (uint32_t i = 0; i < RTE_DIM(more); i++) {
			*index_out(end) = (uint16_t)(was + more[i]);
			for (uint32_t turn = 0; turn < 3; turn++)
				assert_int_equal(transmit(end, &m, 1), 0);
			expect_dropped(end, 0, 1);
		}
		*index_out(end) = was;
		mbuf_free(m);
		memif_pass_one(end, 100, 100);
	}
}

/* ---- a peer that dies */

/* In the middle of a frame and with its ring full. Whoever comes next begins with rings of its own. */
static void
a_peer_that_dies_within_a_burst_leaves_nothing_behind(void **state)
{
	struct rte_mbuf *m[BURST], *rest[SLOTS + 8];
	void *ignored = NULL;

	(void)state;
	for (uint32_t i = 0; i < SLOTS + 8; i++)
		rest[i] = memif_frame(100, 100);
	assert_int_equal(transmit(SERVER, rest, SLOTS + 8), SLOTS);
	write_slots(SERVER, 0, 3, 100, MEMIF_SLOT_NEXT);
	for (uint32_t turn = 0; turn < 100; turn++) {
		assert_int_equal(receive(SERVER, m, BURST), 0);
		assert_int_equal(transmit(SERVER, rest + SLOTS, 8), 0);
	}
	expect_dropped(SERVER, 0, 0);
	assert_int_equal(memif_unmake(&ignored), -1);   /* eight are still to be sent */
	assert_int_equal(memif_make(&ignored), 0);
	assert_int_equal(transmit(SERVER, rest + SLOTS, 8), 8);
	assert_int_equal(receive(CLIENT, m, BURST), 8);
	for (uint32_t i = 0; i < 8; i++)
		memif_expect(m[i], 100);
	memif_pass_one(CLIENT, 100, 100);
}

/* ---- any bytes at all */

static uint64_t
draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* As likely near the edges as anywhere. */
static uint32_t
strange(uint64_t *seed)
{
	static const uint32_t edges[] = { 0, 1, SLOTS, BUFFER, BUFFER + 1, 65535, BYTES - 1, BYTES, UINT32_MAX - 63, UINT32_MAX };

	return draw(seed) % 2 == 0 ? edges[draw(seed) % RTE_DIM(edges)] : (uint32_t)(draw(seed) << 1);
}

static void
whatever_stands_in_the_ring_all_memory_comes_back(void **state)
{
	struct rte_mbuf *m[BURST];
	uint64_t seed = 1;
	uint16_t n;

	(void)state;
	for (uint32_t round = 0; round < 20000; round++) {
		unsigned int end = draw(&seed) % 2;
		struct memif_ring *ring = memif_ring_to(draw(&seed) % 2);

		for (uint32_t i = draw(&seed) % 8; i > 0; i--)
			ring->slot[draw(&seed) % SLOTS] = (struct memif_slot){
				.flags = (uint16_t)draw(&seed), .region = (uint16_t)(draw(&seed) % 4 == 0 ? strange(&seed) : 0),
				.length = strange(&seed), .offset = strange(&seed) };
		*index_in(end) = (uint16_t)(*index_in(end) + (draw(&seed) % 8 == 0 ? strange(&seed) : draw(&seed) % SLOTS));
		*index_out(end) = (uint16_t)(*index_out(end) + (draw(&seed) % 8 == 0 ? strange(&seed) : draw(&seed) % SLOTS));
		n = receive(end, m, (uint16_t)(1 + draw(&seed) % BURST));
		mbuf_free_bulk(m, n);
		m[0] = memif_frame(1 + draw(&seed) % 4000, 1500);
		if (transmit(end, m, 1) == 0)
			mbuf_free(m[0]);
		assert_int_equal(rte_mempool_avail_count(memif.pool), POOL);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, memif_make, memif_unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_slot_that_lies_nowhere_is_dropped_and_counted),
		CASE(nothing_is_written_where_nothing_is),
		CASE(a_frame_that_no_ring_of_the_peer_s_could_hold_does_not_stop_the_others),
		CASE(a_frame_longer_than_the_buffer_it_was_given_is_dropped),
		CASE(a_frame_longer_than_any_packet_takes_no_memory),
		CASE(a_frame_of_no_bytes_is_a_short_frame_and_no_more),
		CASE(half_a_frame_is_waited_for),
		CASE(a_chain_without_an_end_is_dropped_as_one_frame),
		CASE(a_chain_for_which_memory_is_short_is_dropped_and_counted),
		CASE(an_index_beyond_the_ring_is_not_followed),
		CASE(an_index_beyond_the_ring_makes_no_room_in_it),
		CASE(a_peer_that_dies_within_a_burst_leaves_nothing_behind),
		CASE(whatever_stands_in_the_ring_all_memory_comes_back),
	};

	return cmocka_run_group_tests(tests, memif_begin, NULL);
}
