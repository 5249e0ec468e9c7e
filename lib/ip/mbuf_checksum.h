/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_MBUF_CHECKSUM_H
#define IP_MBUF_CHECKSUM_H

/* Checksums over chained mbufs, whose segments may begin at odd offsets of the packet. */

#include <rte_mbuf.h>

#include "wire/wire.h"

/* Partial sum of `length` bytes from `offset` on, as if the first stood at an even offset. The chain must hold them. */
uint64_t checksum_mbuf(const struct rte_mbuf *m, uint32_t offset, uint32_t length);

/* Is the checksum of a received TCP, ICMP or ICMPv6 message right? f: of frame_parse() over m */
bool ip_l4_checksum_ok(const struct rte_mbuf *m, const struct frame *f);

#endif
