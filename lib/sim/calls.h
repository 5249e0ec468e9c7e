/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_CALLS_H
#define SIM_CALLS_H

/* tern_sim_at(): calls in the order of their times, then of asking. */

#include <stdint.h>

#include "sim/order.h"

#define SIM_MAX_CALLS 65536u

struct tern_sim;

struct sim_call {
	uint64_t at_ns, order;
	void (*fn)(struct tern_sim *sim, void *arg);
	void *arg;
};

struct sim_calls {
	struct sim_actor actor;
	struct sim_call *heap;       /* from 0 */
	uint32_t count, room;
	uint64_t asked;              /* ever */
};

/* 0, or -ENOBUFS. */
int sim_calls_add(struct sim_calls *c, const struct sim_call *call);
/* The earliest leaves. There is one. */
struct sim_call sim_calls_take(struct sim_calls *c);

static inline uint64_t
sim_calls_ns(const struct sim_calls *c)
{
	return c->count != 0 ? c->heap[0].at_ns : UINT64_MAX;
}

#endif
