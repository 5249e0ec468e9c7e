/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef STACK_LINK_H
#define STACK_LINK_H

/* All that a stack knows of a device: an ethdev queue, a test, a modelled network. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct tern_link {
	/* Up to n frames; 0 when there are none. */
	uint16_t (*receive)(struct tern_link *link, struct rte_mbuf **frames, uint16_t n);
	/* Takes over as many as it can, from the first on; returns how many. The rest is offered again. */
	uint16_t (*transmit)(struct tern_link *link, struct rte_mbuf **frames, uint16_t n);
	/* Whether there is somebody at the other end; NULL: always. */
	bool (*is_up)(struct tern_link *link);
	struct {
		bool tx_ip_checksum, tx_l4_checksum, rx_checksum;
		bool rx_in_software;   /* rx_checksum is no device's work, but done while frames are copied (memif) */
		bool multi_segment;    /* takes chained mbufs */
		uint16_t tso_mbufs;    /* mbufs of a frame that it cuts into TCP segments, at most; 0: it cuts none */
		uint16_t tso_bytes;    /* of payload that pay in one, where that is less than fits; else 0 */
		bool by_reference;     /* the peer gets our mbufs themselves (loop) */
	} capabilities;
};

#endif
