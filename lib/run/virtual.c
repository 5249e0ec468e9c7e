/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>

#include <rte_common.h>

#include "run/process.h"
#include "run/virtual.h"
#include "stack/stack.h"

#define STEP_NS UINT64_C(1000000)   /* what waits for something else than time is asked again after so long */

void
virtual_begin(struct tern *t)
{
	struct virtual_time *v = &t->virtual_time;
	struct port *port = t->side[0].port;

	if (port->next_ns == NULL)
		return;
	v->port = port;
	v->now_ns = v->last_ns = port->begin_ns;
	port->now_ns = &v->now_ns;
	t->clock.set_ns = &v->now_ns;
	t->clock.since_1970_ns = port->since_1970_ns;
	for (unsigned int i = 0; i < t->stacks; i++) {
		t->core[i]->clock = t->clock;
		t->core[i]->virtual_time = v;
	}
}

int
virtual_advance(struct run_core *c)
{
	struct virtual_time *v = c->virtual_time;
	uint64_t frame_ns, next_ns;

	if (v->port == NULL)
		return -EINVAL;
	frame_ns = v->port->next_ns(v->port);
	/* what comes at once is the device's answer to the stack, and no frame of the recording */
	if (frame_ns != UINT64_MAX && frame_ns > v->now_ns)
		v->last_ns = frame_ns;
	/* the first turn, and every one that may have left something to do */
	if (c->entered_ns == 0 || c->worked)
		return 0;
	next_ns = RTE_MIN(stack_next_ns(c->stack), timers_next_ns(&c->timers));
	if (next_ns <= v->now_ns)
		next_ns = v->now_ns + STEP_NS;
	next_ns = RTE_MIN(next_ns, frame_ns);
	if (next_ns > v->last_ns + v->port->rest_ns && frame_ns == UINT64_MAX)
		return -ECANCELED;
	v->now_ns = RTE_MAX(next_ns, v->now_ns);
	return 0;
}
