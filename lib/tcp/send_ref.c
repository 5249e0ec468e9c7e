/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Memory of the user's, sent without a copy: external buffers of mbufs. The
 * last reference may go on another core (the peer's, over loop), so what is
 * done comes back through a ring.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_memory.h>
#include <rte_ring.h>

#include "tcp/tcp.h"

#define REF_PIECE 32768u   /* an mbuf's lengths are 16 bits */
#define REF_MAX (64u * REF_PIECE)

struct tcp_ref {
	uint32_t link;
	struct rte_mbuf_ext_shared_info shared;
	struct tcp *tcp;
	tern_conn id;
	uint64_t cookie;
};

_Static_assert(sizeof(struct tcp_ref) <= TCP_REF_SIZE, "one line");

int
tcp_refs_init(struct tcp *tcp)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "tern_refs_%p", (void *)tcp);
	tcp->refs_done = rte_ring_create(name, rte_align32pow2(tcp->refs.capacity + 1), SOCKET_ID_ANY, RING_F_SC_DEQ);
	return tcp->refs_done == NULL ? -ENOMEM : 0;
}

void
tcp_refs_free(struct tcp *tcp)
{
	rte_ring_free(tcp->refs_done);
}

/* Any core. The ring has room for every reference there is. */
static void
released(void *memory, void *opaque)
{
	struct tcp_ref *ref = opaque;

	(void)memory;
	rte_ring_enqueue(ref->tcp->refs_done, ref);
}

bool
tcp_ref_done(struct tcp *tcp, struct tern_event *event)
{
	const struct tcp_conn *c;
	struct tcp_ref *ref;
	void *object;

	if (rte_ring_sc_dequeue(tcp->refs_done, &object) != 0)
		return false;
	ref = object;
	c = tcp_conn_get(tcp, ref->id);
	*event = (struct tern_event){
		.id = ref->id, .user = c != NULL ? c->user : NULL, .mask = TERN_REF_DONE, .cookie = ref->cookie,
	};
	slab_put(&tcp->refs, (uint32_t)(((uint8_t *)ref - tcp->refs.base) / TCP_REF_SIZE));
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
	if (tcp->pool_low || length > tcp_queue_room(c) || tcp->records.used + RTE_DIM(piece) > tcp->records.capacity)
		return -EAGAIN;
	index = slab_get(&tcp->refs);
	if (index == 0)
		return -EAGAIN;
	ref = slab_at(&tcp->refs, index);
	ref->tcp = tcp;
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
		slab_put(&tcp->refs, index);
		return -EAGAIN;
	}
	for (uint32_t i = 0; i < pieces; i++)
		tcp_queue_mbuf(tcp, c, piece[i]);
	rte_mbuf_ext_refcnt_update(&ref->shared, -1);
	return (ssize_t)length;
}
