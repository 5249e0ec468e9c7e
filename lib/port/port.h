/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

/* A device as one side sees it: a link for each of the side's cores, and what the description tells. */

#include <stdbool.h>
#include <stdint.h>

#include "core/owner.h"
#include "port/complaint.h"
#include "stack/link.h"
#include "wire/ether.h"

#define PORT_MAX_CORES 64u
#define PORT_MAX_ADDRESSES 16u

struct port_config {
	uint32_t cores;              /* links wanted, 1 .. PORT_MAX_CORES */
	uint16_t mtu;
	bool software_checksums;     /* use none of the device's */
	bool no_tso;                 /* each segment leaves as a frame of its own */
	struct rte_mempool *pool;    /* received into */
	int node;                    /* NUMA; the device's own is preferred where it has one */
	uint32_t addresses;          /* that are to be the side's, where a device has to know */
	struct tern_addr address[PORT_MAX_ADDRESSES];
};

struct port {
	char name[96];               /* as the user named it */
	char driver[32];
	char note[128];              /* one more line for the description, or "" */
	struct mac_addr mac;         /* of our end */
	uint16_t mtu;
	int node;
	uint32_t cores;
	struct tern_link *link[PORT_MAX_CORES];

	/* The device spreads flows by this key and table (read back from it); else software steers. */
	bool rss;
	uint8_t rss_key[OWNER_KEY];
	uint32_t rss_key_length;
	uint16_t reta[OWNER_MAX_RETA];
	uint32_t reta_size;

	/* Add to drops[TERN_DROP_MAX] what the device dropped since the last call. One core calls; NULL: it drops nothing. */
	void (*read_drops)(struct port *port, uint64_t *drops);
	/*
	 * A device with a time of its own, as a recording: when its next frame comes, UINT64_MAX when there are no more;
	 * when it begins; how long the stacks may go on behind the last frame. Whoever sets the time sets now_ns.
	 */
	uint64_t (*next_ns)(struct port *port);
	uint64_t begin_ns, rest_ns;
	uint64_t since_1970_ns;      /* add it for the time of the day */
	const uint64_t *now_ns;

	/* Frees the frames inside, too. No core may use a link any more. */
	void (*close)(struct port *port);
};

/* Which core of this side a flow belongs to, by the device's key and table or by the default ones. */
void port_owner(const struct port *port, struct owner *owner, uint32_t self);

#endif
