/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/calls.h"

static bool
earlier(const struct sim_call *a, const struct sim_call *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static bool
grow(struct sim_calls *c)
{
	uint32_t room = c->room == 0 ? 64 : 2 * c->room;
	struct sim_call *heap;

	if (c->room == SIM_MAX_CALLS)
		return false;
	heap = realloc(c->heap, room * sizeof(heap[0]));
	if (heap == NULL)
		return false;
	c->heap = heap;
	c->room = room;
	return true;
}

int
sim_calls_add(struct sim_calls *c, const struct sim_call *call)
{
	struct sim_call new = *call;
	uint32_t place = c->count;

	if (c->count == c->room && !grow(c))
		return -ENOBUFS;
	c->count++;
	new.order = c->asked++;
	for (; place > 0 && earlier(&new, &c->heap[(place - 1) / 2]); place = (place - 1) / 2)
		c->heap[place] = c->heap[(place - 1) / 2];
	c->heap[place] = new;
	return 0;
}

struct sim_call
sim_calls_take(struct sim_calls *c)
{
	struct sim_call first = c->heap[0], last = c->heap[--c->count];
	uint32_t place = 0;

	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child + 1 < c->count && earlier(&c->heap[child + 1], &c->heap[child]))
			child++;
		if (child >= c->count || !earlier(&c->heap[child], &last))
			break;
		c->heap[place] = c->heap[child];
		place = child;
	}
	c->heap[place] = last;
	return first;
}
