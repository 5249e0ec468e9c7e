/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <poll.h>
#include <sched.h>

#include <rte_branch_prediction.h>
#include <rte_pause.h>
#include <rte_ring.h>

#include <tern/tern.h>

#include "run/core.h"
#include "run/process.h"
#include "run/virtual.h"
#include "stack/stack.h"

#define DEVICE_INTERVAL_NS UINT64_C(250000000)  /* reading a device's counters may cost it a register access each */
#define EMPTY_BEFORE_REST 64u                   /* turns: about as long as a round trip in memory takes */
#define SLEEP_MIN_NS UINT64_C(50000)
#define SLEEP_MAX_NS UINT64_C(100000)           /* no device here raises an interrupt: this bounds the delay of a packet */

void
core_read_device(struct run_core *c)
{
	struct port *port = c->side != NULL ? c->side->port : NULL;

	if (port != NULL && port->read_drops != NULL && c->index == 0)
		port->read_drops(port, c->stats->drops);
}

/* Told before this turn's output, so that it is there when what was held up is seen. */
static __rte_noinline void
note_gap(struct run_core *c, uint64_t now_ns, uint64_t passed_ns)
{
	c->stats->gaps++;
	c->stats->gap_ns += passed_ns;
	if (passed_ns > c->stats->longest_gap_ns)
		c->stats->longest_gap_ns = passed_ns;
	atomic_store_explicit(&c->gap_end_ns, now_ns, memory_order_release);
}

/*
 * The time from one turn's begin to the next one's is the turn and what the
 * application made of it; it was busy if the turn had anything to do. One look
 * at the clock serves both.
 */
static inline uint64_t
turn_begin(struct run_core *c)
{
	uint64_t now_ns = clock_ns(&c->clock);
	struct tern_stats *stats = c->stats;
	uint64_t passed_ns;

	/* a thread that floats between CPUs may see their counters differ by a little */
	if (unlikely(now_ns < c->entered_ns))
		now_ns = c->entered_ns;
	if (likely(c->entered_ns != 0)) {
		passed_ns = now_ns - c->entered_ns;
		stats->total_ns += passed_ns;
		if (c->worked) {
			stats->busy_ns += passed_ns;
			stats->busy_turns++;
		}
		if (unlikely(passed_ns > TERN_GAP_NS) && !c->slept)
			note_gap(c, now_ns, passed_ns);
	}
	stats->turns++;
	c->entered_ns = now_ns;
	c->slept = false;
	probe_turn(stack_probe(c->stack), c->worked);
	return now_ns;
}

static void
fire_timers(struct run_core *c, uint64_t now_ns)
{
	while (timers_next_ns(&c->timers) <= now_ns) {
		const struct tern_event event = { .mask = TERN_TIMER, .cookie = c->timers.heap[0].cookie };
		struct timer due;

		/* the rest is told in the turns to come */
		if (!stack_event(c->stack, &event))
			return;
		timers_take(&c->timers, &due);
	}
}

static inline int
turn(struct run_core *c, struct tern_event *events, int max)
{
	uint64_t now_ns = turn_begin(c);
	bool worked;
	int n;

	bell_clear(c);
	c->worked = false;
	if (unlikely(!rte_ring_empty(c->mailbox)))
		c->worked = mailbox_run(c, now_ns) != 0;
	if (unlikely(timers_next_ns(&c->timers) <= now_ns))
		fire_timers(c, now_ns);
	if (unlikely(now_ns >= c->device_ns)) {
		c->device_ns = now_ns + DEVICE_INTERVAL_NS;
		core_read_device(c);
	}
	n = stack_poll(c->stack, now_ns, events, max, &worked);
	c->worked |= worked || n != 0;
	return n;
}

int
core_turn(struct run_core *c, struct tern_event *events, int max)
{
	return turn(c, events, max);
}

int
tern_poll(struct tern_stack *stack, struct tern_event *events, int max)
{
	struct run_core *c = stack_run(stack);
	int n;

	if (unlikely(atomic_load_explicit(c->stop, memory_order_relaxed)))
		return -ECANCELED;
	if (unlikely(c->virtual_time != NULL)) {
		n = virtual_advance(c);
		if (n < 0)
			return n;
	}
	n = turn(c, events, max);
	if (c->worked) {
		c->empty_turns = 0;
		return n;
	}
	c->empty_turns++;
	if (unlikely(c->shared_cpu))
		sched_yield();
	else if (c->idle != IDLE_POLL && c->empty_turns > EMPTY_BEFORE_REST)
		rte_pause();
	return n;
}

/* Sleep until something may be due, somebody rings, or a short while has passed. */
static void
rest(struct run_core *c, uint64_t until_ns)
{
	uint64_t now_ns = clock_ns(&c->clock);
	uint64_t sleep_ns = c->empty_turns < 2 * EMPTY_BEFORE_REST ? SLEEP_MIN_NS : SLEEP_MAX_NS;
	struct pollfd bell = { .fd = c->bell, .events = POLLIN };
	struct timespec time = { 0 };
	uint64_t next_ns = stack_next_ns(c->stack);

	if (next_ns > timers_next_ns(&c->timers))
		next_ns = timers_next_ns(&c->timers);
	if (next_ns > until_ns)
		next_ns = until_ns;
	if (next_ns <= now_ns || stack_owes(c->stack))
		return;
	if (sleep_ns > next_ns - now_ns)
		sleep_ns = next_ns - now_ns;
	time.tv_nsec = (long)sleep_ns;
	c->slept = true;
	ppoll(&bell, 1, &time, NULL);
}

int
tern_wait(struct tern_stack *stack, struct tern_event *events, int max, uint64_t limit_ns)
{
	struct run_core *c = stack_run(stack);
	uint64_t begin_ns = clock_ns(&c->clock);
	uint64_t until_ns = limit_ns < UINT64_MAX - begin_ns ? begin_ns + limit_ns : UINT64_MAX;

	for (;;) {
		int n = tern_poll(stack, events, max);

		if (n != 0)
			return n;
		if (unlikely(atomic_load_explicit(&c->woken, memory_order_relaxed)) &&
		    atomic_exchange_explicit(&c->woken, false, memory_order_acquire))
			return 0;
		if (c->entered_ns >= until_ns)
			return 0;
		if (c->idle == IDLE_SLEEP && c->virtual_time == NULL && c->empty_turns > EMPTY_BEFORE_REST)
			rest(c, until_ns);
	}
}

uint64_t
tern_gap_end(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return atomic_load_explicit(&c->gap_end_ns, memory_order_acquire);
}

uint64_t
tern_clock(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return clock_ns(&c->clock);
}
