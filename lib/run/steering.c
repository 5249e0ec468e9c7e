/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdlib.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "core/mbuf.h"
#include "run/steering.h"

static int
make_core(struct side *side, unsigned int i)
{
	int node = side->core[i]->node;

	side->owner[i] = rte_zmalloc_socket("owner", sizeof(*side->owner[i]), RTE_CACHE_LINE_SIZE, node);
	side->steer_to[i] = rte_calloc_socket("steer_to", side->count, sizeof(struct rte_ring *), 0, node);
	side->steer_from[i] = rte_calloc_socket("steer_from", side->count, sizeof(struct rte_ring *), 0, node);
	if (side->owner[i] == NULL || side->steer_to[i] == NULL || side->steer_from[i] == NULL)
		return -1;
	port_owner(side->port, side->owner[i], i);
	return 0;
}

int
steering_make(struct side *side, struct complaint *why)
{
	if (side->count == 1)
		return 0;
	for (unsigned int i = 0; i < side->count; i++)
		if (make_core(side, i) != 0)
			return complain(why, "out of memory for the %ssteering table of core %u", side->name, i);
	for (unsigned int from = 0; from < side->count; from++)
		for (unsigned int to = 0; to < side->count; to++) {
			char name[RTE_RING_NAMESIZE];
			struct rte_ring *ring;

			if (from == to)
				continue;
			snprintf(name, sizeof(name), "steer_%hhu_%hhu_%hhu", (uint8_t)side->id, (uint8_t)from, (uint8_t)to);
			/* its consumer waits for it: there it lies */
			ring = rte_ring_create(name, STEERING_RING, side->core[to]->node, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (ring == NULL)
				return complain(why, "no steering ring between the %scores %u and %u: %s", side->name, from, to,
						rte_strerror(rte_errno));
			side->steer_to[from][to] = side->steer_from[to][from] = ring;
		}
	return 0;
}

void
steering_free(struct side *side)
{
	for (unsigned int i = 0; i < side->count; i++) {
		for (unsigned int to = 0; side->steer_to[i] != NULL && to < side->count; to++)
			mbuf_ring_free(side->steer_to[i][to]);
		rte_free(side->steer_to[i]);
		rte_free(side->steer_from[i]);
		rte_free(side->owner[i]);
	}
}
