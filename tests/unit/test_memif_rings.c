/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <tern/counters.h>

#include "core/mbuf.h"
#include "eal.h"
#include "port/memif_rings.h"

/* A client's memory with a ring each way, as its driver makes it, and an end of ours on either side. */

#define SLOTS 64u
#define BUFFER 2048u
#define RING_BYTES (sizeof(struct memif_ring) + SLOTS * sizeof(struct memif_slot))
#define BYTES (2 * RING_BYTES + 2 * SLOTS * BUFFER)
#define POOL 1023u

static struct rte_mempool *pool;
static int file;
static struct memif_map map[2];
static struct memif_rings *rings[2];     /* 0: the client's */
static struct tern_link *end[2];

static struct memif_ring *
ring_of(unsigned int way)
{
	return (struct memif_ring *)(map[0].region[0].base + way * RING_BYTES);
}

static void
tell(struct memif_map *m)
{
	struct {
		uint16_t type, index;
		uint64_t size;
		uint8_t rest[116];
	} __attribute__((packed)) region = { .type = 4, .size = BYTES };
	struct {
		uint16_t type, flags, index, region;
		uint32_t offset;
		uint8_t log2, rest[115];
	} __attribute__((packed)) ring = { .type = 5, .log2 = 6 };

	memif_map_init(m);
	memif_map_hear(m, &region, sizeof(region), file);
	memif_map_hear(m, &ring, sizeof(ring), -1);
	ring.flags = 1;
	ring.offset = RING_BYTES;
	memif_map_hear(m, &ring, sizeof(ring), -1);
}

static int
begin(void **state)
{
	if (eal_for_tests(state) != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("memif_rings_test", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	return pool != NULL ? 0 : -1;
}

static int
make(void **state)
{
	uint8_t *memory;

	(void)state;
	file = memfd_create("memif_rings_test", 0);
	if (file < 0 || ftruncate(file, BYTES) != 0)
		return -1;
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED)
		return -1;
	for (unsigned int way = 0; way < MEMIF_WAYS; way++) {
		struct memif_ring *r = (struct memif_ring *)(memory + way * RING_BYTES);

		r->cookie = MEMIF_RING_COOKIE;
		r->flags = MEMIF_RING_NO_BELL;
		for (uint32_t i = 0; i < SLOTS; i++)
			r->slot[i] = (struct memif_slot){
				.length = BUFFER, .offset = (uint32_t)(2 * RING_BYTES + (way * SLOTS + i) * BUFFER) };
	}
	munmap(memory, BYTES);
	for (unsigned int i = 0; i < 2; i++) {
		tell(&map[i]);
		if (!memif_map_open(&map[i], 1))
			return -1;
		rings[i] = memif_rings_new(1, pool, -1);
		memif_rings_begin(rings[i], &map[i], i == 1);
		end[i] = memif_rings_link(rings[i], 0);
	}
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		memif_map_close(&map[i]);
		memif_rings_free(rings[i]);
	}
	close(file);
	return rte_mempool_avail_count(pool) == POOL ? 0 : -1;   /* every mbuf is back */
}

/* So many bytes that tell their place, in pieces of at most `piece` bytes. */
static struct rte_mbuf *
frame(uint32_t length, uint32_t piece)
{
	struct rte_mbuf *head = NULL, *last = NULL;

	for (uint32_t at = 0; at < length;) {
		struct rte_mbuf *m = mbuf_alloc(pool);

		m->data_len = (uint16_t)RTE_MIN(piece, length - at);
		for (uint32_t i = 0; i < m->data_len; i++)
			rte_pktmbuf_mtod(m, uint8_t *)[i] = (uint8_t)((at + i) * 7 + length);
		at += m->data_len;
		if (head == NULL) {
			head = m;
		} else {
			last->next = m;
			head->nb_segs++;
		}
		last = m;
	}
	head->pkt_len = length;
	return head;
}

static void
expect_frame(struct rte_mbuf *m, uint32_t length)
{
	uint32_t at = 0;

	assert_int_equal(m->pkt_len, length);
	for (struct rte_mbuf *s = m; s != NULL; s = s->next)
		for (uint32_t i = 0; i < s->data_len; i++, at++)
			if (rte_pktmbuf_mtod(s, uint8_t *)[i] != (uint8_t)(at * 7 + length))
				fail_msg("byte %u of %u differs", at, length);
	assert_int_equal(at, length);
	mbuf_free(m);
}

static void
one(unsigned int from, uint32_t length, uint32_t piece)
{
	struct rte_mbuf *m = frame(length, piece);

	assert_int_equal(end[from]->transmit(end[from], &m, 1), 1);
	assert_int_equal(end[!from]->receive(end[!from], &m, 1), 1);
	expect_frame(m, length);
}

static void
frames_of_any_length_and_in_any_pieces_arrive_whole(void **state)
{
	(void)state;
	for (unsigned int from = 0; from < 2; from++)
		for (uint32_t length = 1; length < 5000; length += length < 300 ? 1 : 377)
			for (uint32_t piece = 1500; piece > 60; piece /= 4)
				one(from, length, piece);
}

static void
a_full_ring_takes_no_more_until_it_is_read(void **state)
{
	struct rte_mbuf *m[SLOTS + 8];

	(void)state;
	for (unsigned int from = 0; from < 2; from++) {
		for (uint32_t i = 0; i < SLOTS + 8; i++)
			m[i] = frame(60 + i, 1500);
		assert_int_equal(end[from]->transmit(end[from], m, SLOTS + 8), SLOTS);
		assert_int_equal(end[from]->transmit(end[from], m + SLOTS, 8), 0);
		assert_int_equal(end[!from]->receive(end[!from], m, 5), 5);
		for (uint32_t i = 0; i < 5; i++)
			expect_frame(m[i], 60 + i);
		assert_int_equal(end[from]->transmit(end[from], m + SLOTS, 8), 5);
		for (uint32_t i = 0, n; i < SLOTS; i += n) {
			n = end[!from]->receive(end[!from], m, 64);
			assert_true(n > 0);
			for (uint32_t k = 0; k < n; k++)
				expect_frame(m[k], 65 + i + k);
		}
		assert_int_equal(end[!from]->receive(end[!from], m, 64), 0);
		mbuf_free_bulk(m + SLOTS + 5, 3);
	}
}

/* What the other end writes is checked, whatever it is. */
static void
a_slot_that_lies_nowhere_is_dropped_and_counted(void **state)
{
	static const struct memif_slot bad[] = { { .length = 100, .region = 1 }, { .length = 100, .region = 0xffff },
						 { .length = 100, .offset = BYTES - 99 }, { .length = UINT32_MAX },
						 { .length = 100, .offset = UINT32_MAX } };
	uint64_t drops[TERN_DROP_MAX] = { 0 };
	struct rte_mbuf *m;

	(void)state;
	for (uint32_t i = 0; i < RTE_DIM(bad); i++) {
		struct memif_slot *s = &ring_of(1)->slot[i], was = *s;

		m = frame(100, 100);
		assert_int_equal(end[0]->transmit(end[0], &m, 1), 1);
		*s = bad[i];
		assert_int_equal(end[1]->receive(end[1], &m, 1), 0);
		*s = was;
	}
	memif_rings_read_drops(rings[1], drops);
	assert_int_equal(drops[TERN_DROP_RX_ERROR], RTE_DIM(bad));
	/* a server is told where to write, too */
	ring_of(0)->slot[0].offset = BYTES;
	m = frame(100, 100);
	assert_int_equal(end[1]->transmit(end[1], &m, 1), 1);
	memif_rings_read_drops(rings[1], drops);
	assert_int_equal(drops[TERN_DROP_TX_ERROR], 1);
}

/* A sender that tells of a frame before it is whole has it taken when it is. */
static void
half_a_frame_is_waited_for(void **state)
{
	struct rte_mbuf *m[3];

	(void)state;
	m[0] = frame(60, 60);
	m[1] = frame(200, 200);
	assert_int_equal(end[0]->transmit(end[0], m, 2), 2);
	ring_of(1)->slot[1].flags = MEMIF_SLOT_NEXT;
	assert_int_equal(end[1]->receive(end[1], m, 3), 1);
	expect_frame(m[0], 60);
	assert_int_equal(end[1]->receive(end[1], m, 3), 0);
	m[0] = frame(70, 70);
	assert_int_equal(end[0]->transmit(end[0], m, 1), 1);
	assert_int_equal(end[1]->receive(end[1], m, 3), 1);
	assert_int_equal(m[0]->pkt_len, 270);
	mbuf_free(m[0]);
}

static void
a_map_with_something_missing_is_not_used(void **state)
{
	struct memif_map other;

	(void)state;
	tell(&other);
	assert_false(memif_map_open(&other, 2));   /* a second core has no rings */
	memif_map_close(&other);
	ring_of(0)->cookie++;
	tell(&other);
	assert_false(memif_map_open(&other, 1));
	memif_map_close(&other);
	ring_of(0)->cookie--;
	tell(&other);
	other.region[0].size++;   /* than the file */
	assert_false(memif_map_open(&other, 1));
	memif_map_close(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_of_any_length_and_in_any_pieces_arrive_whole, make, unmake),
		cmocka_unit_test_setup_teardown(a_full_ring_takes_no_more_until_it_is_read, make, unmake),
		cmocka_unit_test_setup_teardown(a_slot_that_lies_nowhere_is_dropped_and_counted, make, unmake),
		cmocka_unit_test_setup_teardown(half_a_frame_is_waited_for, make, unmake),
		cmocka_unit_test_setup_teardown(a_map_with_something_missing_is_not_used, make, unmake),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
