/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_LOOP_H
#define PORT_LOOP_H

/*
 * Both sides of one process joined by rings of mbuf pointers: one for each pair
 * of a sending and a receiving core. Both ends must take mbufs from one pool,
 * since each frees what the other allocated.
 */

#include "port/port.h"

int loop_open(struct port *ports[2], const struct port_config configs[2], struct complaint *why);

#endif
