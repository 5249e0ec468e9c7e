/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Frames that leave by a memif's ring. */

#include <string.h>
#include <sys/eventfd.h>

#include "core/copy.h"
#include "core/mbuf.h"
#include "port/memif_ends.h"

#define AHEAD 32u                /* slots from the one that is written to those whose lines are asked for */
#define LINES_OFTEN 3u           /* of a small request or answer, with its options: 130 bytes */
#define COPY_FEW (4 * MEMIF_LINE)

/* Slots that are ours to fill. */
static inline uint16_t
empty(struct memif_ends *e)
{
	struct memif_side *out = &e->out;

	if (e->server)
		return memif_ours(out, (uint16_t)(__atomic_load_n(&out->ring->head, __ATOMIC_ACQUIRE) - out->at));
	/* what it has not read is at most what the ring has, so what is left is, too */
	return memif_ours(out, (uint16_t)(out->size - (uint16_t)(out->at - __atomic_load_n(&out->ring->tail,
											     __ATOMIC_ACQUIRE))));
}

static inline struct memif_slot *
slot_out(const struct memif_ends *e, uint16_t beyond)
{
	return &e->out.ring->slot[(uint16_t)(e->out.at + beyond) & (e->out.size - 1)];
}

/* The other end has read these slots long ago, and their lines lie with it: asked for now, they are here when needed. */
static inline void
fetch_ahead(const struct memif_ends *e)
{
	struct memif_slot s = memif_read_slot(slot_out(e, AHEAD));
	const uint8_t *to = memif_buffer(e, &s, LINES_OFTEN * MEMIF_LINE);

	__builtin_prefetch(slot_out(e, 2 * AHEAD), 1);
	for (uint32_t i = 0; to != NULL && i < LINES_OFTEN; i++)
		__builtin_prefetch(to + i * MEMIF_LINE, 1);
}

/* More bytes than a line and few: whole lines, and the last one to the end. A call for each costs more than the copy. */
static inline void
copy_lines(uint8_t *to, const uint8_t *from, uint32_t n)
{
	for (uint32_t i = 0; i + MEMIF_LINE < n; i += MEMIF_LINE)
		memcpy(to + i, from + i, MEMIF_LINE);
	memcpy(to + n - MEMIF_LINE, from + n - MEMIF_LINE, MEMIF_LINE);
}

static inline void
copy_chain(uint8_t *to, const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next) {
		const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);

		if (m->data_len > COPY_SHORT && m->data_len <= COPY_FEW)
			copy_lines(to, from, m->data_len);
		else if (likely(m->data_len != 0))
			copy_bytes(to, from, m->data_len);
		to += m->data_len;
	}
}

/*
 * A frame longer than a slot's buffer. Returns how many slots, 0: it takes more than are empty; -1: they lie nowhere, or
 * the whole ring is too small for it.
 */
static __rte_noinline int
scatter(struct memif_ends *e, const struct rte_mbuf *m, uint16_t most)
{
	uint32_t left = m->pkt_len, from = 0;
	uint16_t n = 0;

	while (left > 0) {
		struct memif_slot *s = slot_out(e, n);
		struct memif_slot copy = memif_read_slot(s);
		uint32_t room = e->server ? copy.length : e->out.buffer, bytes = RTE_MIN(left, room);
		uint8_t *to = memif_buffer(e, &copy, room);

		if (n == most)
			return most < e->out.size ? 0 : -1;
		if (to == NULL || room == 0)
			return -1;
		while (bytes > 0) {
			uint32_t piece = RTE_MIN(bytes, m->data_len - from);

			if (piece != 0)
				memcpy(to, rte_pktmbuf_mtod_offset(m, const uint8_t *, from), piece);
			to += piece;
			from += piece;
			left -= piece;
			bytes -= piece;
			if (from == m->data_len) {
				m = m->next;
				from = 0;
			}
		}
		s->length = (uint32_t)(to - memif_buffer(e, &copy, room));
		s->flags = left > 0 ? MEMIF_SLOT_NEXT : 0;
		n++;
	}
	return n;
}

/* As scatter(). */
static inline int
put(struct memif_ends *e, const struct rte_mbuf *m, uint16_t most)
{
	struct memif_slot *s = slot_out(e, 0);
	struct memif_slot copy = memif_read_slot(s);
	uint32_t room = e->server ? copy.length : e->out.buffer;
	uint8_t *to = memif_buffer(e, &copy, room);

	if (unlikely(to == NULL || m->pkt_len > room))
		return to == NULL ? -1 : scatter(e, m, most);
	copy_chain(to, m);
	s->length = m->pkt_len;
	s->flags = 0;
	return 1;
}

/* Nearly all are as the mempool wants them back. rte_pktmbuf_free_bulk() asks more of each, at 6 % of a client's time. */
static inline void
free_sent(struct memif_ends *e, struct rte_mbuf **frames, uint16_t n)
{
	uint16_t plain = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];

		if (likely(m->nb_segs == 1 && m->pool == e->pool && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)) {
			mbuf_shut(m);
			frames[plain++] = m;
		} else {
			mbuf_free(m);
		}
	}
	rte_mempool_put_bulk(e->pool, (void **)frames, plain);
}

static inline void
publish(struct memif_ends *e)
{
	struct memif_ring *ring = e->out.ring;

	__atomic_store_n(e->server ? &ring->tail : &ring->head, e->out.at, __ATOMIC_RELEASE);
	if (unlikely(!(__atomic_load_n(&ring->flags, __ATOMIC_RELAXED) & MEMIF_RING_NO_BELL)) && e->out.bell >= 0)
		eventfd_write(e->out.bell, 1);
}

uint16_t
memif_out(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_ends *e = (struct memif_ends *)link;
	uint16_t room = empty(e), sent = 0;

	while (sent < n && room > 0) {
		int slots = put(e, frames[sent], room);

		if (unlikely(slots == 0))
			break;
		sent++;
		if (unlikely(slots < 0)) {
			memif_count(&e->out.bad);
			continue;
		}
		room = (uint16_t)(room - slots);
		e->out.at = (uint16_t)(e->out.at + slots);
		if (likely(room > 2 * AHEAD))
			fetch_ahead(e);
	}
	if (sent == 0)
		return 0;
	publish(e);
	free_sent(e, frames, sent);
	return sent;
}
