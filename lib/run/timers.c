/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>

#include <tern/tern.h>

#include "run/core.h"
#include "run/timers.h"
#include "stack/stack.h"

static bool
earlier(const struct timer *a, const struct timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

bool
timers_add(struct timers *t, uint64_t at_ns, uint64_t cookie)
{
	const struct timer new = { .at_ns = at_ns, .order = t->set, .cookie = cookie };
	uint32_t place = t->count;

	if (place == TIMERS_MAX)
		return false;
	t->count++;
	t->set++;
	while (place != 0 && earlier(&new, &t->heap[(place - 1) / 2])) {
		t->heap[place] = t->heap[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	t->heap[place] = new;
	return true;
}

void
timers_take(struct timers *t, struct timer *out)
{
	const struct timer *last = &t->heap[--t->count];
	uint32_t place = 0;

	*out = t->heap[0];
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child + 1 < t->count && earlier(&t->heap[child + 1], &t->heap[child]))
			child++;
		if (child >= t->count || !earlier(&t->heap[child], last))
			break;
		t->heap[place] = t->heap[child];
		place = child;
	}
	t->heap[place] = *last;
}

int
tern_timer_set(struct tern_stack *stack, uint64_t at_ns, uint64_t cookie)
{
	struct run_core *c = stack_run(stack);

	return timers_add(&c->timers, at_ns, cookie) ? 0 : -ENOBUFS;
}
