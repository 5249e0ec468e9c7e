/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_RECORDING_NEIGHBOUR_H
#define PORT_RECORDING_NEIGHBOUR_H

/*
 * Nobody in a recording hears a question. Whom the stack asks for, by ARP or
 * neighbour discovery, is answered for with the Ethernet address that his frames
 * had, or the last frame that came if there was none of his: a router's.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#include "wire/ether.h"

#define NEIGHBOUR_FRAME 128u    /* holds every question and answer */
#define NEIGHBOUR_SLOTS 1024u   /* direct-mapped */

struct recording_neighbours {
	struct {
		struct tern_addr addr;
		struct mac_addr mac;
	} seen[NEIGHBOUR_SLOTS];
	struct mac_addr last;
	bool any;
};

/* A frame that comes in. */
void recording_heard(struct recording_neighbours *n, const uint8_t *bytes, uint32_t length);
/* A frame that goes out: if it asks for a neighbour, the answer's length, else 0. */
uint32_t recording_answer(const struct recording_neighbours *n, const uint8_t *bytes, uint32_t length,
			  uint8_t answer[NEIGHBOUR_FRAME]);

#endif
