/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CORE_H
#define RUN_CORE_H

/* What run/ keeps for each stack: its clock, its post, how busy it is. The stack's config.run. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include <tern/tern.h>

#include "run/clock.h"
#include "run/mailbox.h"
#include "run/timers.h"

struct rte_ring;
struct side;
struct virtual_time;

struct run_core {
	/* read in every turn; the owning core writes */
	struct tern_stack *stack;
	const _Atomic bool *stop;        /* the process's */
	struct clock clock;
	struct tern_stats *stats;        /* the stack's */
	struct rte_ring *mailbox;
	struct virtual_time *virtual_time;   /* NULL: it passes by itself */
	uint64_t entered_ns;             /* the last turn's begin; 0 before the first */
	uint64_t device_ns;              /* when to read the device's counters next */
	uint32_t empty_turns;            /* in a row */
	uint8_t idle;                    /* enum idle */
	bool shared_cpu;                 /* another stack's thread runs on it */
	bool worked;                     /* the last turn did something */
	bool slept;                      /* on purpose, since the last turn */

	/* other threads write, or read in every turn of theirs */
	_Atomic bool rang __rte_cache_aligned;
	_Atomic bool woken;
	_Atomic uint64_t gap_end_ns;     /* this core writes, seldom */

	/* fixed */
	int bell;                        /* eventfd */
	int node;
	enum tern_side side_id;
	unsigned int index, peers, cpu, lcore;
	uint32_t pool_sharers;           /* other cores that use this one's pool */
	struct tern *process;            /* NULL for tern_stack_create() */
	struct side *side;
	int (*fn)(struct tern_stack *stack, void *arg);
	void *arg;

	struct timers timers;
};

/* A turn at the time that it is, for who keeps a stack's time; as tern_poll(), and c->worked tells whether it did anything. */
int core_turn(struct run_core *c, struct tern_event *events, int max);
/* The device's counters into the stack's, if this core is the one that does it. */
void core_read_device(struct run_core *c);

#endif
