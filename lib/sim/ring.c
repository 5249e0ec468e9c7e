/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include "sim/ring.h"

#define FIRST_ROOM 32u

bool
sim_ring_grow(struct sim_ring *r)
{
	uint32_t room = r->slot == NULL ? FIRST_ROOM : 2 * (r->mask + 1), count = r->tail - r->head;
	struct sim_packet *slot = malloc(room * sizeof(slot[0]));

	if (slot == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++)
		slot[i] = r->slot[(r->head + i) & r->mask];
	free(r->slot);
	*r = (struct sim_ring){ .slot = slot, .mask = room - 1, .tail = count };
	return true;
}
