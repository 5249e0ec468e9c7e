/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_ORDER_H
#define SIM_ORDER_H

/*
 * What happens next: an indexed heap over all that can do something, each with
 * the time of its own next thing. A link has one entry, however many packets
 * are on it.
 */

#include <stdint.h>

struct sim_actor {
	uint64_t at_ns;              /* UINT64_MAX: never; sim_order_set() writes it */
	uint32_t rank;               /* of two at one time, the lower acts first; no two are equal */
	uint32_t place;              /* in the heap, from 1; 0: not there */
	void (*act)(struct sim_actor *actor, uint64_t now_ns);
};

/* Calls come before packets, and packets before the hosts that may find several of them. */
enum sim_rank { SIM_RANK_CALLS, SIM_RANK_LINK, SIM_RANK_HOST };
#define SIM_RANK(kind, number) ((uint32_t)(kind) << 28 | (number))

struct sim_order {
	struct sim_place {
		uint64_t at_ns;
		uint32_t rank;
		struct sim_actor *actor;
	} *heap;                     /* from 1 */
	uint32_t count, room, actors;
};

/* Room for one actor more, who begins as one that never acts. 0, or -ENOMEM. */
int sim_order_add(struct sim_order *o, struct sim_actor *actor);
void sim_order_set(struct sim_order *o, struct sim_actor *actor, uint64_t at_ns);
void sim_order_free(struct sim_order *o);

/* The next to act; NULL: nothing will ever happen. */
static inline struct sim_actor *
sim_order_first(const struct sim_order *o)
{
	return o->count != 0 ? o->heap[1].actor : NULL;
}

#endif
