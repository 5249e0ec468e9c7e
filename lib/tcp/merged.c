/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Frames of several segments, as they come from a device that puts segments
 * together (LRO), from a peer in memory whose frames nobody has cut, or from a
 * burst in which they stood behind each other. What a full segment is, and so how often to acknowledge, follows from the segments.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

uint32_t
tcp_merged_segments(struct tcp_conn *c, const struct tcp_packet *p, uint32_t length)
{
	uint16_t each = p->m->tso_segsz;

	if (!(p->m->ol_flags & RTE_MBUF_F_RX_LRO) || each == 0 || each >= length) {
		c->rcv_mss = (uint16_t)RTE_MIN(length, (uint32_t)UINT16_MAX);
		return 1;
	}
	c->rcv_mss = RTE_MAX(c->rcv_mss, each);
	return length / c->rcv_mss;
}
