/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>
#include <sys/eventfd.h>

#include <rte_branch_prediction.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include <tern/counters.h>

#include "core/copy.h"
#include "core/mbuf.h"
#include "port/memif_rings.h"

#define BURST 64u                /* slots that are looked at together */
#define LINE 64u
#define AHEAD 32u                /* slots from the one that is written to those whose lines are asked for */
#define LINES_OFTEN 2u           /* of a frame without data, with its options */

static_assert(sizeof(struct memif_slot) == 16 && sizeof(struct memif_ring) == 128, "the protocol's");

/* One way of one core. */
struct way {
	struct memif_ring *ring;
	uint16_t at, size;           /* our side has come so far; slots */
	uint32_t buffer;             /* bytes of each; a server's way out: 0, each slot says it */
	int bell;
};

struct ends {
	struct tern_link link;
	const struct memif_region *region;
	struct rte_mempool *pool;
	uint32_t room;               /* of an mbuf */
	bool server;
	struct way in, out;
	uint64_t bad_in, bad_out;    /* slots of the other end's that lie nowhere: counted by the core, */
	uint64_t seen_in, seen_out;  /* and told up to here by whoever reads drops */
} __rte_cache_aligned;

struct memif_rings {
	uint32_t cores;
	struct memif_map map;        /* a copy: files and mappings are their owner's */
	struct ends ends[];
};

static inline uint8_t *
buffer_of(const struct ends *e, const struct memif_slot *s, uint32_t bytes)
{
	const struct memif_region *r = &e->region[s->region];

	if (unlikely(s->region >= MEMIF_REGIONS || bytes > r->size || s->offset > r->size - bytes))
		return NULL;
	return r->base == NULL ? NULL : r->base + s->offset;
}

/* Once: what it is checked for is what is used. */
static inline struct memif_slot
read_slot(const struct memif_slot *shared)
{
	struct memif_slot s = *shared;

	__asm__ volatile("" ::: "memory");
	return s;
}

static inline void
count(uint64_t *bad)
{
	__atomic_store_n(bad, *bad + 1, __ATOMIC_RELAXED);
}

/* ---- in */

/* Frames up to here are ours to read: what a client posted and its server filled, or what a client sent. */
static inline uint16_t
filled(const struct ends *e)
{
	const struct memif_ring *ring = e->in.ring;
	uint16_t end = __atomic_load_n(e->server ? &ring->head : &ring->tail, __ATOMIC_ACQUIRE);

	return RTE_MIN((uint16_t)(end - e->in.at), e->in.size);
}

/* n slots are read: a server gives them back, a client posts them anew. */
static inline void
give_back(struct ends *e, uint16_t n)
{
	struct way *in = &e->in;

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
copy_in(struct rte_mbuf *m, const uint8_t *from, uint32_t length)
{
	uint8_t *to = rte_pktmbuf_mtod(m, uint8_t *);

	mbuf_open(m);
	if (length <= 4 * LINE) {
		for (uint32_t i = 0; i < length; i += LINE)
			memcpy(to + i, from + i, LINE);
	} else {
		memcpy(to, from, length);
	}
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
}

/* More of the frame that begins with head, in as many mbufs as it takes. */
static bool
append(struct ends *e, struct rte_mbuf *head, const uint8_t *from, uint32_t length)
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

/*
 * A frame of more slots than one, or longer than an mbuf; slots has the count of
 * them that are there. Returns how many were the frame's. False in *kept: what is
 * told of it is not so, or memory is out.
 */
static __rte_noinline uint16_t
gather(struct ends *e, const struct memif_slot *slot, uint16_t slots, struct rte_mbuf *head, bool *kept)
{
	uint16_t n = 0;

	mbuf_open(head);
	*kept = true;
	do {
		const uint8_t *from = buffer_of(e, &slot[n], slot[n].length);

		*kept = *kept && from != NULL && append(e, head, from, slot[n].length);
	} while (slot[n++].flags & MEMIF_SLOT_NEXT && n < slots);
	*kept = *kept && !(slot[n - 1].flags & MEMIF_SLOT_NEXT);
	return n;
}

/*
 * The slots of at most n whole frames; their lines are on their way when the first is copied. Who tells half a frame is
 * waited for, up to what a burst has room for.
 */
static inline uint16_t
look_at(const struct ends *e, struct memif_slot *slot, uint16_t n)
{
	const struct way *in = &e->in;
	uint16_t most = RTE_MIN(filled(e), (uint16_t)BURST), whole = 0;

	n = RTE_MIN(n, most);
	for (uint16_t i = 0; i < n || (unlikely(i != whole) && i < most); i++) {
		const uint8_t *from;

		slot[i] = read_slot(&in->ring->slot[(uint16_t)(in->at + i) & (in->size - 1)]);
		from = buffer_of(e, &slot[i], slot[i].length);
		for (uint32_t line = 0; from != NULL && line < RTE_MIN(slot[i].length, 4 * LINE); line += LINE)
			rte_prefetch0(from + line);
		if (likely(!(slot[i].flags & MEMIF_SLOT_NEXT)))
			whole = (uint16_t)(i + 1);
	}
	return whole == 0 && most == BURST ? most : whole;
}

static uint16_t
receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct ends *e = (struct ends *)link;
	struct memif_slot slot[BURST];
	struct rte_mbuf *fresh[BURST];
	uint16_t slots = look_at(e, slot, n), mbufs = RTE_MIN(slots, n), used = 0, taken = 0, got = 0;

	while (mbufs > 0 && rte_pktmbuf_alloc_bulk(e->pool, fresh, mbufs) != 0)
		mbufs /= 2;   /* the rest waits where it is */
	while (used < slots && taken < mbufs) {
		struct rte_mbuf *m = fresh[taken++];
		uint32_t length = slot[used].length, lines = (uint32_t)RTE_ALIGN_CEIL(length, LINE);
		const uint8_t *from = buffer_of(e, &slot[used], lines);
		bool kept = true;

		if (likely(from != NULL && length <= e->room && lines <= e->room &&
			   !(slot[used].flags & MEMIF_SLOT_NEXT))) {
			copy_in(m, from, length);
			used++;
		} else {
			used = (uint16_t)(used + gather(e, &slot[used], (uint16_t)(slots - used), m, &kept));
		}
		if (likely(kept)) {
			frames[got++] = m;
		} else {
			count(&e->bad_in);
			mbuf_free(m);
		}
	}
	for (uint16_t i = taken; i < mbufs; i++)
		mbuf_free(fresh[i]);
	if (used > 0)
		give_back(e, used);
	return got;
}

/* ---- out */

/* Slots that are ours to fill. */
static inline uint16_t
empty(const struct ends *e)
{
	const struct way *out = &e->out;
	uint16_t n = e->server ? (uint16_t)(__atomic_load_n(&out->ring->head, __ATOMIC_ACQUIRE) - out->at) :
		     (uint16_t)(out->size - (uint16_t)(out->at - __atomic_load_n(&out->ring->tail, __ATOMIC_ACQUIRE)));

	return RTE_MIN(n, out->size);
}

static inline struct memif_slot *
slot_out(const struct ends *e, uint16_t beyond)
{
	return &e->out.ring->slot[(uint16_t)(e->out.at + beyond) & (e->out.size - 1)];
}

/* The other end has read these slots long ago, and their lines lie with it: asked for now, they are here when needed. */
static inline void
fetch_ahead(const struct ends *e)
{
	struct memif_slot s = read_slot(slot_out(e, AHEAD));
	const uint8_t *to = buffer_of(e, &s, LINES_OFTEN * LINE);

	__builtin_prefetch(slot_out(e, 2 * AHEAD), 1);
	for (uint32_t i = 0; to != NULL && i < LINES_OFTEN; i++)
		__builtin_prefetch(to + i * LINE, 1);
}

static inline void
copy_chain(uint8_t *to, const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next) {
		if (likely(m->data_len != 0))
			copy_bytes(to, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
		to += m->data_len;
	}
}

/* A frame longer than a slot's buffer. Returns how many slots, 0: it takes more than are empty; -1: they lie nowhere. */
static __rte_noinline int
scatter(struct ends *e, const struct rte_mbuf *m, uint16_t most)
{
	uint32_t left = m->pkt_len, from = 0;
	uint16_t n = 0;

	while (left > 0) {
		struct memif_slot *s = slot_out(e, n);
		struct memif_slot copy = read_slot(s);
		uint32_t room = e->server ? copy.length : e->out.buffer, bytes = RTE_MIN(left, room);
		uint8_t *to = buffer_of(e, &copy, room);

		if (n == most)
			return 0;
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
		s->length = (uint32_t)(to - buffer_of(e, &copy, room));
		s->flags = left > 0 ? MEMIF_SLOT_NEXT : 0;
		n++;
	}
	return n;
}

/* As scatter(). */
static inline int
put(struct ends *e, const struct rte_mbuf *m, uint16_t most)
{
	struct memif_slot *s = slot_out(e, 0);
	struct memif_slot copy = read_slot(s);
	uint32_t room = e->server ? copy.length : e->out.buffer;
	uint8_t *to = buffer_of(e, &copy, room);

	if (unlikely(to == NULL || m->pkt_len > room))
		return to == NULL ? -1 : scatter(e, m, most);
	copy_chain(to, m);
	s->length = m->pkt_len;
	s->flags = 0;
	return 1;
}

static void
free_sent(struct rte_mbuf **frames, uint16_t n)
{
	for (uint16_t i = 0; MBUF_POISON && i < n; i++)
		for (struct rte_mbuf *m = frames[i]; m != NULL; m = m->next)
			mbuf_shut(m);
	rte_pktmbuf_free_bulk(frames, n);
}

static inline void
publish(struct ends *e)
{
	struct memif_ring *ring = e->out.ring;

	__atomic_store_n(e->server ? &ring->tail : &ring->head, e->out.at, __ATOMIC_RELEASE);
	if (unlikely(!(__atomic_load_n(&ring->flags, __ATOMIC_RELAXED) & MEMIF_RING_NO_BELL)) && e->out.bell >= 0)
		eventfd_write(e->out.bell, 1);
}

static uint16_t
transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct ends *e = (struct ends *)link;
	uint16_t room = empty(e), sent = 0;

	while (sent < n && room > 0) {
		int slots = put(e, frames[sent], room);

		if (unlikely(slots == 0))
			break;
		sent++;
		if (unlikely(slots < 0)) {
			count(&e->bad_out);
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
	free_sent(frames, sent);
	return sent;
}

/* ---- making */

struct memif_rings *
memif_rings_new(uint32_t cores, struct rte_mempool *pool, int node)
{
	struct memif_rings *r = rte_zmalloc_socket("memif", sizeof(*r) + cores * sizeof(r->ends[0]), RTE_CACHE_LINE_SIZE,
						   node);

	if (r == NULL)
		return NULL;
	r->cores = cores;
	for (uint32_t i = 0; i < cores; i++) {
		struct ends *e = &r->ends[i];

		e->link.receive = receive;
		e->link.transmit = transmit;
		e->pool = pool;
		e->room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
		e->region = r->map.region;
	}
	return r;
}

void
memif_rings_free(struct memif_rings *r)
{
	rte_free(r);
}

static struct way
way_begin(const struct memif_map *map, const struct memif_place *p, bool server)
{
	struct memif_ring *ring = (struct memif_ring *)(map->region[p->region].base + p->offset);

	/* at the client every slot has still the length that its driver gave it */
	return (struct way){ .ring = ring, .size = (uint16_t)(1u << p->log2), .buffer = server ? 0 : ring->slot[0].length,
			     .bell = p->bell };
}

void
memif_rings_begin(struct memif_rings *r, const struct memif_map *map, bool server)
{
	r->map = *map;
	for (uint32_t i = 0; i < r->cores; i++) {
		struct ends *e = &r->ends[i];

		e->server = server;
		e->in = way_begin(map, &map->ring[server ? MEMIF_TO_SERVER : MEMIF_TO_CLIENT][i], server);
		e->out = way_begin(map, &map->ring[server ? MEMIF_TO_CLIENT : MEMIF_TO_SERVER][i], server);
		/* a client's empty slots are its server's from the beginning on */
		if (!server)
			__atomic_store_n(&e->in.ring->head, e->in.size, __ATOMIC_RELEASE);
	}
}

struct tern_link *
memif_rings_link(struct memif_rings *r, uint32_t core)
{
	return &r->ends[core].link;
}

void
memif_rings_read_drops(struct memif_rings *r, uint64_t *drops)
{
	for (uint32_t i = 0; i < r->cores; i++) {
		struct ends *e = &r->ends[i];
		uint64_t in = __atomic_load_n(&e->bad_in, __ATOMIC_RELAXED);
		uint64_t out = __atomic_load_n(&e->bad_out, __ATOMIC_RELAXED);

		drops[TERN_DROP_RX_ERROR] += in - e->seen_in;
		drops[TERN_DROP_TX_ERROR] += out - e->seen_out;
		e->seen_in = in;
		e->seen_out = out;
	}
}
