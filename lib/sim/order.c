/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/order.h"

static bool
earlier(const struct sim_place *a, const struct sim_place *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->rank < b->rank;
}

static void
put(struct sim_order *o, uint32_t place, struct sim_place p)
{
	o->heap[place] = p;
	p.actor->place = place;
}

static void
rise(struct sim_order *o, uint32_t place, struct sim_place p)
{
	for (; place > 1 && earlier(&p, &o->heap[place / 2]); place /= 2)
		put(o, place, o->heap[place / 2]);
	put(o, place, p);
}

static void
sink(struct sim_order *o, uint32_t place, struct sim_place p)
{
	for (;;) {
		uint32_t child = 2 * place;

		if (child < o->count && earlier(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (child > o->count || !earlier(&o->heap[child], &p))
			break;
		put(o, place, o->heap[child]);
		place = child;
	}
	put(o, place, p);
}

static void
take_out(struct sim_order *o, struct sim_actor *actor)
{
	uint32_t place = actor->place;
	struct sim_place last = o->heap[o->count--];

	actor->place = 0;
	if (last.actor == actor)
		return;
	if (place > 1 && earlier(&last, &o->heap[place / 2]))
		rise(o, place, last);
	else
		sink(o, place, last);
}

int
sim_order_add(struct sim_order *o, struct sim_actor *actor)
{
	/* place 0 is nobody's */
	if (o->actors + 2 > o->room) {
		uint32_t room = o->room == 0 ? 64 : 2 * o->room;
		struct sim_place *heap = realloc(o->heap, room * sizeof(heap[0]));

		if (heap == NULL)
			return -ENOMEM;
		o->heap = heap;
		o->room = room;
	}
	o->actors++;
	actor->at_ns = UINT64_MAX;
	actor->place = 0;
	return 0;
}

void
sim_order_set(struct sim_order *o, struct sim_actor *actor, uint64_t at_ns)
{
	const struct sim_place p = { .at_ns = at_ns, .rank = actor->rank, .actor = actor };
	uint64_t before_ns = actor->at_ns;

	if (at_ns == before_ns)
		return;
	actor->at_ns = at_ns;
	if (at_ns == UINT64_MAX)
		take_out(o, actor);
	else if (actor->place == 0)
		rise(o, ++o->count, p);
	else if (at_ns < before_ns)
		rise(o, actor->place, p);
	else
		sink(o, actor->place, p);
}

void
sim_order_free(struct sim_order *o)
{
	free(o->heap);
}
