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

#include <rte_mempool.h>

#include <tern/counters.h>

#include "core/mbuf.h"
#include "eal.h"
#include "memif_fixture.h"

struct memif_fixture memif;

struct memif_ring *
memif_ring_to(unsigned int end)
{
	return (struct memif_ring *)(memif.map[0].region[0].base + end * RING_BYTES);
}

void
memif_tell(struct memif_map *m)
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
	memif_map_hear(m, &region, sizeof(region), memif.file);
	memif_map_hear(m, &ring, sizeof(ring), -1);
	ring.flags = 1;
	ring.offset = RING_BYTES;
	memif_map_hear(m, &ring, sizeof(ring), -1);
}

int
memif_begin(void **state)
{
	if (eal_for_tests(state) != 0)
		return -1;
	memif.pool = rte_pktmbuf_pool_create("memif_test", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	return memif.pool != NULL ? 0 : -1;
}

int
memif_make(void **state)
{
	uint8_t *memory;

	(void)state;
	memif.file = memfd_create("memif_test", 0);
	if (memif.file < 0 || ftruncate(memif.file, BYTES) != 0)
		return -1;
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memif.file, 0);
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
		memif_tell(&memif.map[i]);
		if (!memif_map_open(&memif.map[i], 1))
			return -1;
		memif.rings[i] = memif_rings_new(1, memif.pool, -1, true);
		memif_rings_begin(memif.rings[i], &memif.map[i], i == SERVER);
		memif.end[i] = memif_rings_link(memif.rings[i], 0);
	}
	return 0;
}

int
memif_unmake(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		memif_map_close(&memif.map[i]);
		memif_rings_free(memif.rings[i]);
	}
	close(memif.file);
	return rte_mempool_avail_count(memif.pool) == POOL ? 0 : -1;   /* every mbuf is back */
}

struct memif_dropped
memif_dropped(unsigned int end)
{
	uint64_t drops[TERN_DROP_MAX] = { 0 };

	memif_rings_read_drops(memif.rings[end], drops);
	return (struct memif_dropped){ drops[TERN_DROP_RX_ERROR], drops[TERN_DROP_RX_NO_MBUF], drops[TERN_DROP_TX_ERROR] };
}

struct rte_mbuf *
memif_frame(uint32_t length, uint32_t piece)
{
	struct rte_mbuf *head = NULL, *last = NULL;

	for (uint32_t at = 0; at < length;) {
		struct rte_mbuf *m = mbuf_alloc(memif.pool);

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

void
memif_expect(struct rte_mbuf *m, uint32_t length)
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

void
memif_pass_one(unsigned int from, uint32_t length, uint32_t piece)
{
	struct rte_mbuf *m = memif_frame(length, piece);

	assert_int_equal(memif.end[from]->transmit(memif.end[from], &m, 1), 1);
	assert_int_equal(memif.end[!from]->receive(memif.end[!from], &m, 1), 1);
	memif_expect(m, length);
}
