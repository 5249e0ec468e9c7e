/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

/*
 * What links and routers do to a packet. Packets on links are contiguous,
 * direct and nobody else's, so that they may be written; checksums that the
 * sender left to its device are computed only where it matters.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/mbuf.h"
#include "wire/ether.h"

/* m itself if it may be on a link, else a copy, and m is freed; NULL without memory. */
struct rte_mbuf *sim_packet_own(struct rte_mbuf *m, struct rte_mempool *pool);
struct rte_mbuf *sim_packet_copy(const struct rte_mbuf *m, struct rte_mempool *pool);

/* Bytes of the IP packet within; 0 if it is none. */
uint32_t sim_ip_length(const struct rte_mbuf *m);
/* Does it ask or tell where an address is (ARP, neighbour discovery)? */
bool sim_is_resolution(const struct rte_mbuf *m);

/* Compute what was left to the device. */
void sim_fill_checksums(struct rte_mbuf *m);
/* Flip one of its bits behind the Ethernet header: number `bit` of them, from 0 on. Checksums must be filled. */
void sim_flip_bit(struct rte_mbuf *m, uint64_t bit);
uint64_t sim_bits(const struct rte_mbuf *m);
/* Congestion experienced (RFC 3168, 5); false when its sender does not understand that. */
bool sim_mark_ce(struct rte_mbuf *m);
/* As its receiver's device would hand it over. */
void sim_packet_arrive(struct rte_mbuf *m);

/* Fragmentation needed (RFC 1191), packet too big (RFC 4443, 3.2): the answer of a router behind which only mtu bytes
 * fit, as a frame to m's sender. NULL: m is not to be answered, or there is no memory. */
struct rte_mbuf *sim_too_big(struct rte_mbuf *m, uint16_t mtu, struct rte_mempool *pool);

#endif
