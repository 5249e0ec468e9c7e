/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_MBUF_H
#define CORE_MBUF_H

/*
 * Taking and freeing mbufs: DPDK's calls, and under ASan the data of a free
 * mbuf is poisoned, so that a use after free is found although the memory never
 * leaves the pool. What a device filled is opened again by mbuf_received().
 */

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sanitizer/asan_interface.h>

#if defined(__SANITIZE_ADDRESS__)
#define MBUF_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MBUF_POISON 1
#endif
#endif
#ifndef MBUF_POISON
#define MBUF_POISON 0
#endif

static inline void
mbuf_open(struct rte_mbuf *m)
{
	if (MBUF_POISON && RTE_MBUF_DIRECT(m))
		ASAN_UNPOISON_MEMORY_REGION(m->buf_addr, m->buf_len);
}

/* m is about to lose a reference: with the last one its data is nobody's. */
static inline void
mbuf_shut(struct rte_mbuf *m)
{
	struct rte_mbuf *owner = m;

	if (!MBUF_POISON || RTE_MBUF_HAS_EXTBUF(m) || rte_mbuf_refcnt_read(m) != 1)
		return;
	if (RTE_MBUF_CLONED(m))
		owner = rte_mbuf_from_indirect(m);
	if (rte_mbuf_refcnt_read(owner) == 1)
		ASAN_POISON_MEMORY_REGION(owner->buf_addr, owner->buf_len);
}

static inline struct rte_mbuf *
mbuf_alloc(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m != NULL)
		mbuf_open(m);
	return m;
}

static inline void
mbuf_received(struct rte_mbuf *m)
{
	if (!MBUF_POISON)
		return;
	for (; m != NULL; m = m->next)
		mbuf_open(m);
}

static inline void
mbuf_free_seg(struct rte_mbuf *m)
{
	mbuf_shut(m);
	rte_pktmbuf_free_seg(m);
}

/* The whole chain; NULL is nothing. */
static inline void
mbuf_free(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		mbuf_free_seg(m);
		m = next;
	}
}

static inline void
mbuf_free_bulk(struct rte_mbuf **mbufs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		mbuf_free(mbufs[i]);
}

/* A ring of mbufs with what still waits in it; NULL is nothing. */
static inline void
mbuf_ring_free(struct rte_ring *ring)
{
	void *m;

	if (ring == NULL)
		return;
	while (rte_ring_sc_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

#endif
