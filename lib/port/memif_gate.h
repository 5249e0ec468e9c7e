/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_GATE_H
#define PORT_MEMIF_GATE_H

/*
 * A port over a memif's, with a gate before it. The driver unmaps the memory that
 * its queues lie in on a thread of DPDK's, without a word to the cores that may be
 * reading it. So the gate is open only while that cannot happen; shutting it waits
 * until every core has stepped out. The gate is shut at first.
 */

#include "port/memif_rings.h"

struct memif_gate;

/* Owns below from now on, and closes it. NULL: out of memory, and below is closed. */
struct memif_gate *memif_gate_over(struct port *below, struct complaint *why);
struct port *memif_gate_port(struct memif_gate *gate);

/* Rings of ours, whose drops count as the port's. Before the cores start. */
void memif_gate_add(struct memif_gate *gate, struct memif_rings *rings);

/* One thread, not a core's, shuts and opens, and says while it is shut whether frames go through those or the driver. */
void memif_gate_use(struct memif_gate *gate, bool rings);
void memif_gate_shut(struct memif_gate *gate);
void memif_gate_open(struct memif_gate *gate);
bool memif_gate_is_open(const struct memif_gate *gate);

/* A core has come to the gate: all is made that is made before the cores start. */
bool memif_gate_is_tried(const struct memif_gate *gate);

/* What port.close does first: it ends the thread that shuts and opens, which waits for no core any more. */
void memif_gate_at_close(struct memif_gate *gate, void (*end)(void *owner), void *owner);

#endif
