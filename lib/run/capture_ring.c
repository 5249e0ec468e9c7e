/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include <rte_common.h>

#include "core/mem.h"
#include "run/capture_ring.h"

#define ALIGN 32u   /* a record's head always fits before the ring's end */
#define GO_ON UINT32_MAX

_Static_assert(sizeof(struct capture_record) <= ALIGN, "a record's head fits where one may begin");

int
capture_ring_make(struct capture_ring *r, uint64_t size, int node)
{
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->bytes = mem_map(size, node);
	return r->bytes != NULL ? 0 : -1;
}

void
capture_ring_free(struct capture_ring *r)
{
	if (r->bytes != NULL)
		mem_unmap(r->bytes, r->size);
	r->bytes = NULL;
}

static uint64_t
size_of(const struct capture_record *record)
{
	return RTE_ALIGN_CEIL(sizeof(*record) + record->captured, (uint64_t)ALIGN);
}

static struct capture_record *
at(const struct capture_ring *r, uint64_t place)
{
	return (struct capture_record *)(void *)(r->bytes + (place & (r->size - 1)));
}

static bool
has_room(struct capture_ring *r, uint64_t head, uint64_t size)
{
	if (head + size - r->tail_seen <= r->size)
		return true;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return head + size - r->tail_seen <= r->size;
}

static void
copy(uint8_t *to, const struct rte_mbuf *m, uint32_t length)
{
	for (; length > 0; m = m->next) {
		uint32_t here = RTE_MIN(length, (uint32_t)m->data_len);

		memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *), here);
		to += here;
		length -= here;
	}
}

bool
capture_ring_put(struct capture_ring *r, uint64_t *head, const struct capture_record *record, const struct rte_mbuf *m)
{
	uint64_t size = size_of(record), left = r->size - (*head & (r->size - 1));
	struct capture_record *place;

	/* in one piece: what does not fit before the ring's end stands at its begin */
	if (!has_room(r, *head, size <= left ? size : left + size))
		return false;
	if (size > left) {
		at(r, *head)->captured = GO_ON;
		*head += left;
	}
	place = at(r, *head);
	*place = *record;
	copy((uint8_t *)(place + 1), m, record->captured);
	*head += size;
	return true;
}

struct capture_record *
capture_ring_next(struct capture_ring *r, uint64_t head)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail == head)
		return NULL;
	if (at(r, tail)->captured == GO_ON) {
		tail += r->size - (tail & (r->size - 1));
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}
	return at(r, tail);
}

void
capture_ring_done(struct capture_ring *r, const struct capture_record *record)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + size_of(record), memory_order_release);
}
