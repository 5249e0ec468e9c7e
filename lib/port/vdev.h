/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_VDEV_H
#define PORT_VDEV_H

/* Virtual devices of DPDK by EAL's own string: "net_null0,size=64". */

#include "port/port.h"

int vdev_check(const char *argument, struct complaint *why);
struct port *vdev_open(const char *argument, unsigned int instance, const struct port_config *config,
		       struct complaint *why);

/* Make the device and find its ethdev port. 0, or -1 with why. */
int vdev_make(const char *name, const char *arguments, uint16_t *id, struct complaint *why);

#endif
