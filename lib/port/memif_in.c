/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Frames that came in a memif's ring. */

#include <string.h>

#include <rte_prefetch.h>

#include "core/mbuf.h"
#include "port/memif_ends.h"
#include "wire/checksum_copy.h"

#define BURST 64u                /* slots that are looked at together */
#define FRAME_MOST (UINT16_MAX + 64u)  /* bytes: no IP packet is longer, and who says so would have all of the pool */

/* Frames up to here are ours to read: what a client posted and its server filled, or what a client sent. */
static inline uint16_t
filled(struct memif_ends *e)
{
	const struct memif_ring *ring = e->in.ring;
	uint16_t end = __atomic_load_n(e->server ? &ring->head : &ring->tail, __ATOMIC_ACQUIRE);

	return memif_ours(&e->in, (uint16_t)(end - e->in.at));
}

/* n slots are read: a server gives them back, a client posts them anew. */
static inline void
give_back(struct memif_ends *e, uint16_t n)
{
	struct memif_side *in = &e->in;

	if (e->server) {
		in->at = (uint16_t)(in->at + n);
		__atomic_store_n(&in->ring->tail, in->at, __ATOMIC_RELEASE);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		in->ring->slot[in->at++ & (in->size - 1)].length = in->buffer;
	__atomic_store_n(&in->ring->head, (uint16_t)(in->at + in->size), __ATOMIC_RELEASE);
}

/* Whole lines: their rest is nobody's on both sides, and no length has a branch of its own. */
static inline void
copy_lines(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length > 4 * MEMIF_LINE) {
		memcpy(to, from, length);
		return;
	}
	for (uint32_t i = 0; i < length; i += MEMIF_LINE)
		memcpy(to + i, from + i, MEMIF_LINE);
}

/*
 * A frame of one slot into an mbuf as the mempool gives it: reference count 1, one segment and no next. Of checksums that
 * are not right nothing is said: the stack looks at them itself, and counts why it drops the frame.
 */
static inline void
copy_in(const struct memif_ends *e, struct rte_mbuf *m, const uint8_t *from, uint32_t length)
{
	uint8_t *to = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;

	mbuf_open(m);
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->port = RTE_MBUF_PORT_INVALID;
	m->packet_type = 0;
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
	m->hash.rss = 0;
	m->ol_flags = 0;
	if (likely(e->link.capabilities.rx_checksum)) {
		uint64_t sum = checksum_copy(to, from, length);

		if (likely(checksum_frame_is_right(to, length, sum)))
			m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	} else {
		copy_lines(to, from, length);
	}
}

/* More of the frame that begins with head, in as many mbufs as it takes. */
static bool
append(struct memif_ends *e, struct rte_mbuf *head, const uint8_t *from, uint32_t length)
{
	while (length > 0) {
		struct rte_mbuf *last = rte_pktmbuf_lastseg(head);
		uint32_t n = RTE_MIN(length, (uint32_t)rte_pktmbuf_tailroom(last));

		if (n == 0) {
			struct rte_mbuf *more = head->nb_segs < RTE_MBUF_MAX_NB_SEGS ? mbuf_alloc(e->pool) : NULL;

			if (more == NULL)
				return false;
			last->next = more;
			head->nb_segs++;
			continue;
		}
		memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len), from, n);
		last->data_len = (uint16_t)(last->data_len + n);
		head->pkt_len += n;
		from += n;
		length -= n;
	}
	return true;
}

/* What a slot of a longer frame has, or NULL: it lies nowhere, is longer than its buffer, or belongs to no IP packet. */
static const uint8_t *
part_of(const struct memif_ends *e, const struct memif_slot *s, uint32_t before)
{
	if ((!e->server && s->length > e->in.buffer) || s->length > FRAME_MOST - before)
		return NULL;
	return memif_buffer(e, s, s->length);
}

/*
 * A frame of more slots than one, or longer than is usual; slots has the count of
 * them that are there. Returns how many were the frame's. False in *kept: what is
 * told of it is not so, or memory is out, and it is counted.
 */
static __rte_noinline uint16_t
gather(struct memif_ends *e, const struct memif_slot *slot, uint16_t slots, struct rte_mbuf *head, bool *kept)
{
	bool bad = false, dry = false;
	uint16_t n = 0;

	mbuf_open(head);
	rte_pktmbuf_reset(head);
	do {
		const uint8_t *from = bad || dry ? NULL : part_of(e, &slot[n], head->pkt_len);

		bad = bad || (!dry && from == NULL);
		dry = dry || (!bad && !append(e, head, from, slot[n].length));
	} while (slot[n++].flags & MEMIF_SLOT_NEXT && n < slots);
	bad = bad || slot[n - 1].flags & MEMIF_SLOT_NEXT;
	if (bad)
		memif_count(&e->in.bad);
	else if (dry)
		memif_count(&e->dry);
	*kept = !bad && !dry;
	return n;
}

/*
 * The slots of at most n whole frames; their lines are on their way when the first is copied. Who tells half a frame is
 * waited for, up to what a burst or the ring has room for.
 */
static inline uint16_t
look_at(struct memif_ends *e, struct memif_slot *slot, uint16_t n)
{
	const struct memif_side *in = &e->in;
	uint16_t most = RTE_MIN(filled(e), (uint16_t)BURST), whole = 0;

	n = RTE_MIN(n, most);
	for (uint16_t i = 0; i < n; i += MEMIF_LINE / sizeof(slot[0]))
		rte_prefetch0(&in->ring->slot[(uint16_t)(in->at + i) & (in->size - 1)]);
	for (uint16_t i = 0; i < n || (unlikely(i != whole) && i < most); i++) {
		const uint8_t *from;

		slot[i] = memif_read_slot(&in->ring->slot[(uint16_t)(in->at + i) & (in->size - 1)]);
		from = memif_buffer(e, &slot[i], slot[i].length);
		for (uint32_t line = 0; from != NULL && line < RTE_MIN(slot[i].length, 4 * MEMIF_LINE); line += MEMIF_LINE)
			rte_prefetch0(from + line);
		if (likely(!(slot[i].flags & MEMIF_SLOT_NEXT)))
			whole = (uint16_t)(i + 1);
	}
	return whole == 0 && most == RTE_MIN((uint16_t)BURST, in->size) ? most : whole;
}

uint16_t
memif_in(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_ends *e = (struct memif_ends *)link;
	struct memif_slot slot[BURST];
	struct rte_mbuf *fresh[BURST];
	uint16_t slots = look_at(e, slot, n), mbufs = RTE_MIN(slots, n), used = 0, taken = 0, got = 0;

	while (mbufs > 0 && rte_mempool_get_bulk(e->pool, (void **)fresh, mbufs) != 0)
		mbufs /= 2;   /* the rest waits where it is */
	while (used < slots && taken < mbufs) {
		struct rte_mbuf *m = fresh[taken++];
		uint32_t length = slot[used].length, lines = (uint32_t)RTE_ALIGN_CEIL(length, MEMIF_LINE);
		const uint8_t *from = memif_buffer(e, &slot[used], lines);
		bool kept = true;

		if (likely(from != NULL && length <= e->usual && lines <= e->room &&
			   !(slot[used].flags & MEMIF_SLOT_NEXT))) {
			copy_in(e, m, from, length);
			used++;
		} else {
			used = (uint16_t)(used + gather(e, &slot[used], (uint16_t)(slots - used), m, &kept));
		}
		if (likely(kept))
			frames[got++] = m;
		else
			mbuf_free(m);
	}
	if (unlikely(taken < mbufs))
		rte_mempool_put_bulk(e->pool, (void **)&fresh[taken], mbufs - taken);
	if (used > 0)
		give_back(e, used);
	return got;
}
