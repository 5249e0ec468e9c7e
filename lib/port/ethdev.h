/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_ETHDEV_H
#define PORT_ETHDEV_H

/* A DPDK port as links, one a queue pair. */

#include "port/port.h"

/* Where a driver's own word about itself does not serve. */
struct ethdev_traits {
	const char *label;           /* what the user called it */
	bool software_offloads;      /* what it offers as offload it does on the core, and slower than we can */
	bool hears_all;              /* no filter by destination address to be opened */
	bool close_device;           /* we made it: it goes when the port closes */
	bool any_mtu;                /* its largest frame is not what it says */
	bool single_segment;         /* it takes chains, and shall get none */
};

/* Configure and start the port. NULL with why; the port is closed then when it was ours. */
struct port *ethdev_open(uint16_t id, const struct ethdev_traits *traits, const struct port_config *config,
			 struct complaint *why);

/* One queue of a port that somebody else has started. Nothing of the port is changed, now or at its close. */
struct port *ethdev_adopt(uint16_t id, uint16_t queue, bool software_checksums, bool no_tso, struct complaint *why);

#endif
