/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

/*
 * One core's stack: a burst in, look-up, TCP, a burst out. Owned by its core.
 * run/ (or a test, or the simulator) makes it, gives it time, and turns it.
 */

#include <tern/tern.h>

#include "core/hash.h"
#include "core/owner.h"
#include "core/probe.h"
#include "ip/ip.h"
#include "stack/link.h"
#include "tcp/config.h"

struct rte_mempool_cache;
struct rte_ring;

#define STACK_BURST 64u   /* most frames a receive */

struct stack_config {
	struct tern_link *link;          /* borrowed */
	struct rte_mempool *pool;        /* borrowed; what is sent comes from here */
	const struct rte_mempool_cache *pool_cache;  /* borrowed; this core's. NULL: nobody else takes from the pool */
	uint32_t pool_sharers;           /* other cores that take from the pool, or give back into it */
	const struct ip_config *ip;      /* copied */
	const struct tcp_config *tcp;    /* copied */
	const struct secret *secret;     /* copied */
	const struct owner *owner;       /* borrowed; NULL: one core owns all */
	struct rte_ring **steer_to;      /* [owner->cores], frames for other cores; [self] unused; NULL with one core */
	struct rte_ring **steer_from;    /* [owner->cores], single producer, single consumer each */
	struct ip_hooks hooks;           /* neighbours learned, for the other cores */
	uint32_t burst;                  /* frames a receive; 0: 32 */
	int node;                        /* NUMA */
	void *run;                       /* whoever turns the stack: tern_stack's `run` */
};

/* A new stack at time now_ns, or NULL with errno set. */
struct tern_stack *stack_new(const struct stack_config *config, uint64_t now_ns);
/* Frees every mbuf and block; connections end without a word to the peer. */
void stack_free(struct tern_stack *stack);

/*
 * One turn at time now_ns (monotonic, never backwards): output, transmit,
 * receive, input, expire; then at most max events. *worked is set to whether
 * the turn moved or expired anything (for the busy share); may be NULL.
 */
int stack_poll(struct tern_stack *stack, uint64_t now_ns, struct tern_event *events, int max, bool *worked);
/* The output half alone. */
void stack_flush(struct tern_stack *stack, uint64_t now_ns);
/* It is so late, though no turn was taken: for whoever calls into a stack that has slept in virtual time. */
void stack_set_time(struct tern_stack *stack, uint64_t now_ns);
/* Earliest time at which a turn has something to do without a packet; UINT64_MAX: none. For sleep and virtual time. */
uint64_t stack_next_ns(const struct tern_stack *stack);
/* True if output is owed right now. */
bool stack_owes(const struct tern_stack *stack);

void *stack_run(const struct tern_stack *stack);   /* config.run */
struct ip *stack_ip(struct tern_stack *stack);
/* An address is somebody else's: given up, and nothing is opened from it any more. */
void stack_lose(struct tern_stack *stack, const struct tern_addr *addr, uint16_t vlan);
struct probe *stack_probe(struct tern_stack *stack);   /* written by the owning core alone */
struct tern_stats *stack_stats(struct tern_stack *stack);  /* the live counters; written by the owning core alone */
/* An event of someone else's (timers of run): told with the next stack_poll(). false when 64 wait already. */
bool stack_event(struct tern_stack *stack, const struct tern_event *event);

#endif
