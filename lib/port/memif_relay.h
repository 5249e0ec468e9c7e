/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_RELAY_H
#define PORT_MEMIF_RELAY_H

/*
 * The control channel of a memif, between the driver and the other end.
 *
 * The driver tears its queues down as soon as it hears that the other end has
 * gone, or anything that it does not understand. It is to hear nothing while a
 * core is inside. So it speaks with this relay, at a socket that is the two's
 * own; the relay is what speaks with the other end, passes every message on, and
 * shuts the gate before it passes on the end.
 */

#include "port/memif.h"
#include "port/memif_gate.h"

struct memif_relay;

/*
 * word with its role decided. Listens for whom it has to listen for: a server for the other end, at the word's
 * place (*taken when there is a server already), a client for the driver. NULL: why tells it.
 */
struct memif_relay *memif_relay_new(const struct memif_word *word, unsigned int instance, bool *taken,
				    struct complaint *why);

/* Where the driver is to listen (a server), or to connect to (a client). */
const struct memif_word *memif_relay_driver(const struct memif_relay *relay);

/* From now on the gate over the device id is the relay's, and frees it at its close. config: what the port was opened by. */
int memif_relay_start(struct memif_relay *relay, uint16_t id, struct memif_gate *gate, const struct port_config *config,
		      struct complaint *why);

/* One that was not started, or whose cores have ended. */
void memif_relay_free(struct memif_relay *relay);

#endif
