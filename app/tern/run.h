/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_RUN_H
#define APP_RUN_H

/* What the cores and the main thread of one run share. */

#include <stdatomic.h>
#include <stdbool.h>

#include <tern/tern.h>

#include "meter.h"
#include "settings.h"

enum phase { PHASE_PREPARE, PHASE_WARMUP, PHASE_MEASURE, PHASE_DRAIN };

/* Bytes sent are a pattern of a prime period, so that a shift by any power of two shows. */
#define PATTERN_PERIOD 251u
#define PATTERN_CHUNK 16384u   /* most bytes a call */

struct core {
	struct tern_stack *stack;
	bool client;
	struct meter meter;           /* a server's has no histograms */
};

struct run {
	const struct settings *settings;
	struct tern *tern;
	struct core *cores;           /* in the order of tern_stack_at() */
	unsigned int core_count, clients, servers;
	uint8_t pattern[PATTERN_PERIOD + PATTERN_CHUNK];

	_Atomic uint64_t rate;        /* arrivals a second, now; 0: none for a while. The main thread writes */
	_Atomic int phase;            /* enum phase; the main thread writes */
	_Atomic uint64_t start_ns;    /* of the load, on the stacks' clock; the first client to see it sets it */
	_Atomic unsigned int listening, ready;
	atomic_flag told;             /* whose failure stands in why */
	_Atomic bool failed;
	struct problem why;
};

/* 0 or -1 with *why. */
int run_init(struct run *r, const struct settings *s, struct tern *t, struct problem *why);
void run_free(struct run *r);

struct core *run_core(struct run *r, const struct tern_stack *stack);
/* A core cannot go on: the first one's reason is kept. Always -1. */
int run_fail(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline enum phase
run_phase(const struct run *r)
{
	return (enum phase)atomic_load_explicit(&r->phase, memory_order_relaxed);
}

/* The function of every core, for tern_start(): a struct run as argument. */
int client_core(struct tern_stack *stack, void *run);
int server_core(struct tern_stack *stack, void *run);

#endif
