/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_FRAGMENT_H
#define IP_FRAGMENT_H

/*
 * Packets that came in pieces are made whole (RFC 791, RFC 8200, 4.5), within bounds:
 * packets at a time, pieces a packet (8, DPDK's limit), mbufs held, and a minute.
 *
 * Pieces that overlap make no packet: the library wants them to fit together
 * exactly, and drops them all else (RFC 5722, RFC 8200). So does a piece that comes twice.
 */

#include <stdint.h>

#include <rte_mbuf.h>

#include "wire/frame.h"

struct fragment_table;
struct ip;

struct fragments {
	struct fragment_table *table;
	uint32_t held, most;           /* mbufs; segments of chains count each */
	uint64_t next_ns;              /* nothing times out before; UINT64_MAX: nothing waits */
};

/* 0 or -ENOMEM. pool: of received mbufs, of which a sixteenth may be held */
int fragments_init(struct fragments *t, const struct rte_mempool *pool, int node);
void fragments_free(struct fragments *t);

/*
 * A fragment towards one of our addresses, as frame_parse() found it; takes m over.
 * @return 0 it waits for the others, 1 *whole is the packet (a frame to be parsed from its begin), or -TERN_DROP_x. Others
 * that go with it are counted in ip->drops.
 */
int ip_reassemble(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns, struct rte_mbuf **whole);
/* Drops what waited too long. */
void fragments_expire(struct ip *ip, uint64_t now_ns);

#endif
