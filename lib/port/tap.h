/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_TAP_H
#define PORT_TAP_H

/* net_tap, and what is special about it. */

#include "port/port.h"

int tap_check(const char *argument, struct complaint *why);
struct port *tap_open(const char *argument, unsigned int instance, const struct port_config *config,
		      struct complaint *why);

/* The same for a device of this driver that was asked for by EAL's string. */
struct port *tap_open_vdev(const char *label, const char *name, const char *arguments, const struct port_config *config,
			   struct complaint *why);

#endif
