/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_FRAGMENT_TABLE_H
#define IP_FRAGMENT_TABLE_H

/*
 * DPDK's librte_ip_frag in a room of its own, as its headers bring the system's `struct ip` along. Its table asks for
 * cycles, and takes any clock: it gets nanoseconds.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct fragment_table;

/* NULL: no memory */
struct fragment_table *fragment_table_new(int node);
/* with all that waits in it */
void fragment_table_free(struct fragment_table *t);
/* m: l2_len and l3_len are set, of IPv6 the fragment header is the only one and counts to l3_len. @return the packet, if it is
 * whole now. Else m waits, or is among the dead */
struct rte_mbuf *fragment_table_add(struct fragment_table *t, struct rte_mbuf *m, bool v4, uint64_t now_ns);
/* Those that have waited too long are among the dead then. */
void fragment_table_expire(struct fragment_table *t, uint64_t now_ns);
/* What the last call gave up, for the caller to free */
struct rte_mbuf **fragment_table_dead(struct fragment_table *t, uint32_t *n);

#endif
