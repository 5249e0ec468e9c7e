/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Memory of the user's, sent without a copy: external buffers of mbufs. The
 * last reference may go on another core (the peer's, over loop), so what is
 * done comes back through a ring; and it may go when this stack is gone already,
 * so ring and references have a home that the last one of them closes.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_memory.h>
#include <rte_ring.h>

#include "core/mem.h"
#include "tcp/tcp.h"

#define REFS (1u << 16)
#define REF_SIZE 64u
#define REF_PIECE 32768u   /* an mbuf's lengths are 16 bits */
#define REF_MAX (64u * REF_PIECE)

struct tcp_ref {
	uint32_t link;
	struct rte_mbuf_ext_shared_info shared;
	struct tcp_refs *home;
	tern_conn id;
	uint64_t cookie;
};

_Static_assert(sizeof(struct tcp_ref) <= REF_SIZE, "one line");

struct tcp_refs {
	struct slab slab;           /* the stack's core alone */
	struct rte_ring *done;
	uint32_t holders;           /* atomic: the stack, and each reference that was not told */
	bool orphan;                /* the stack is gone: nobody is left to tell */
};

static void
leave(struct tcp_refs *home, uint32_t holders)
{
	if (__atomic_sub_fetch(&home->holders, holders, __ATOMIC_ACQ_REL) != 0)
		return;
	rte_ring_free(home->done);
	slab_free(&home->slab);
	mem_unmap(home, sizeof(*home));
}

int
tcp_refs_init(struct tcp *tcp, int node)
{
	static const struct slab_layout layout = { .stride = REF_SIZE, .keep_size = sizeof(uint32_t) };
	struct tcp_refs *home = mem_map(sizeof(*home), node);
	char name[RTE_RING_NAMESIZE];

	if (home == NULL)
		return -ENOMEM;
	tcp->refs = home;
	home->holders = 1;
	if (slab_init(&home->slab, &layout, REFS, node) < 0)
		return -ENOMEM;
	snprintf(name, sizeof(name), "tern_refs_%p", (void *)home);
	home->done = rte_ring_create(name, rte_align32pow2(REFS + 1), SOCKET_ID_ANY, RING_F_SC_DEQ);
	return home->done == NULL ? -ENOMEM : 0;
}

void
tcp_refs_free(struct tcp *tcp)
{
	struct tcp_refs *home = tcp->refs;
	uint32_t holders = 1;
	void *object;

	if (home == NULL)
		return;
	__atomic_store_n(&home->orphan, true, __ATOMIC_SEQ_CST);
	while (home->done != NULL && rte_ring_sc_dequeue(home->done, &object) == 0)
		holders++;
	leave(home, holders);
	tcp->refs = NULL;
}

/* Any core. The ring has room for every reference there is. */
static void
released(void *memory, void *opaque)
{
	struct tcp_ref *ref = opaque;

	(void)memory;
	if (unlikely(__atomic_load_n(&ref->home->orphan, __ATOMIC_SEQ_CST)))
		leave(ref->home, 1);
	else
		rte_ring_enqueue(ref->home->done, ref);
}

bool
tcp_refs_waiting(const struct tcp *tcp)
{
	return !rte_ring_empty(tcp->refs->done);
}

bool
tcp_ref_done(struct tcp *tcp, struct tern_event *event)
{
	const struct tcp_conn *c;
	struct tcp_ref *ref;
	void *object;

	if (rte_ring_sc_dequeue(tcp->refs->done, &object) != 0)
		return false;
	ref = object;
	c = tcp_conn_get(tcp, ref->id);
	*event = (struct tern_event){
		.id = ref->id, .user = c != NULL ? c->user : NULL, .mask = TERN_REF_DONE, .cookie = ref->cookie,
	};
	slab_put(&tcp->refs->slab, (uint32_t)(((uint8_t *)ref - tcp->refs->slab.base) / REF_SIZE));
	leave(tcp->refs, 1);
	return true;
}

static struct rte_mbuf *
attach(struct tcp *tcp, const uint8_t *data, uint32_t length, struct rte_mbuf_ext_shared_info *shared)
{
	struct rte_mbuf *m = tcp_mbuf(tcp);

	if (m == NULL)
		return NULL;
	rte_pktmbuf_attach_extbuf(m, (void *)(uintptr_t)data, rte_mem_virt2iova(data), (uint16_t)length, shared);
	m->data_off = 0;
	m->data_len = (uint16_t)length;
	m->pkt_len = length;
	return m;
}

ssize_t
tcp_queue_ref(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length, uint64_t cookie)
{
	struct rte_mbuf *piece[REF_MAX / REF_PIECE];
	uint32_t pieces = 0, index;
	struct tcp_ref *ref;
	size_t done = 0;

	if (length == 0)
		return -EINVAL;
	if (length > REF_MAX || length > c->sndbuf)
		return -EMSGSIZE;
	if (tcp->pool_low || length > tcp_queue_room(tcp, c) || tcp->records.used + RTE_DIM(piece) > tcp->records.capacity)
		return -EAGAIN;
	index = slab_get(&tcp->refs->slab);
	if (index == 0)
		return -EAGAIN;
	ref = slab_at(&tcp->refs->slab, index);
	ref->home = tcp->refs;
	ref->id = tcp_conn_id(tcp, c);
	ref->cookie = cookie;
	ref->shared.free_cb = released;
	ref->shared.fcb_opaque = ref;
	/* held until all is attached, so that no early end can release it */
	rte_mbuf_ext_refcnt_set(&ref->shared, 1);
	while (done < length) {
		uint32_t n = (uint32_t)RTE_MIN(length - done, (size_t)REF_PIECE);

		piece[pieces] = attach(tcp, (const uint8_t *)data + done, n, &ref->shared);
		if (piece[pieces] == NULL)
			break;
		rte_mbuf_ext_refcnt_update(&ref->shared, 1);
		pieces++;
		done += n;
	}
	if (done < length) {
		/* the callback must not tell of a call that was refused */
		for (uint32_t i = 0; i < pieces; i++)
			mbuf_free(piece[i]);
		slab_put(&tcp->refs->slab, index);
		return -EAGAIN;
	}
	__atomic_add_fetch(&tcp->refs->holders, 1, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < pieces; i++)
		tcp_queue_mbuf(tcp, c, piece[i]);
	rte_mbuf_ext_refcnt_update(&ref->shared, -1);
	return (ssize_t)length;
}
