/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef STACK_INTERNAL_H
#define STACK_INTERNAL_H

/* What the files of this room share. */

#include <rte_mbuf.h>

#include "stack/stack.h"
#include "tcp/tcp.h"

#define STACK_EXTRA_EVENTS 64u

struct tern_stack {
	struct tern_link *link;
	void *run;
	uint32_t burst, burst_now;     /* frames a receive: at most, and while they are large */
	uint64_t polled_ns;            /* when the last turn began */
	uint32_t expired_tick;         /* tick whose timers have all been looked at */
	uint32_t catch_up;             /* full bursts that may still come before timers are looked at, after a pause */
	const struct owner *owner;
	bool owns_owner;               /* made here, as none was given */
	struct rte_ring **steer_to, **steer_from;
	struct frame_queue tx;
	/* events of others than connections */
	struct tern_event extra[STACK_EXTRA_EVENTS];
	uint32_t extra_head, extra_tail;
	uint32_t pool_check;           /* turns until the pool is looked at */
	struct probe probe;            /* nothing, unless it is compiled in */
	struct tern_stats stats;
	struct ip ip;
	struct tcp tcp;
};

/* input.c: a burst through its stages. steered: from another core's ring. */
void stack_input(struct tern_stack *stack, struct rte_mbuf **frames, uint32_t n, bool steered);

/* icmp.c: an error to one of our addresses; m is only read. 0, or -TERN_DROP_x; 1 when it is another core's, in *core. */
int stack_icmp_error(struct tern_stack *stack, const struct rte_mbuf *m, const struct frame *f, bool steered, uint32_t *core);

#endif
