/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_LOSSY_LINK_H
#define SIM_LOSSY_LINK_H

/*
 * Two real stacks, a wire with a latency between them, and a list of what the
 * wire does wrong: drop the Nth frame that matches, deliver it twice, deliver
 * it late (and so behind its successors), or any of these at random from a
 * seed. Time is virtual and jumps from one thing that happens to the next.
 */

#include <stdbool.h>
#include <stdint.h>

#include "host.h"

#define LOSSY_FRAMES 4096u      /* on the wire at a time */
#define LOSSY_RULES 16u

enum { LOSSY_CLIENT, LOSSY_SERVER, LOSSY_BOTH };
enum lossy_fault { LOSSY_DROP, LOSSY_DUPLICATE, LOSSY_DELAY };

struct lossy_rule {
	enum lossy_fault fault;
	unsigned int sender;       /* LOSSY_CLIENT, LOSSY_SERVER or LOSSY_BOTH */
	bool (*matches)(const uint8_t *frame, uint32_t length);
	uint32_t nth;              /* the nth frame that matches, from 1; 0: by chance */
	double chance;
	uint64_t delay_ns;         /* of LOSSY_DELAY, and of LOSSY_DUPLICATE's copy */
	uint32_t seen, hits;       /* frames that matched; of these, harmed */
};

struct lossy_setup {
	bool v6;
	uint64_t latency_ns;       /* one way */
	uint64_t seed;
	struct tcp_config tcp[2];  /* of client and server */
};

struct lossy;

/* Told each event, on the side that has it. */
typedef void (*lossy_handler)(void *context, unsigned int side, const struct tern_event *event);

struct lossy *lossy_new(const struct lossy_setup *setup);
/* Frees both stacks and the wire; returns how many mbufs were never given back. */
int lossy_free(struct lossy *l);

struct tern_stack *lossy_stack(const struct lossy *l, unsigned int side);
struct tern_addr lossy_address(const struct lossy *l, unsigned int side);
uint64_t lossy_now(const struct lossy *l);
/* The rule as kept, so that its counts can be read. */
struct lossy_rule *lossy_add(struct lossy *l, const struct lossy_rule *rule);

/* Lets everything happen up to until_ns, or until *done. False if a stack does not come to rest. */
bool lossy_run(struct lossy *l, uint64_t until_ns, const bool *done, lossy_handler handler, void *context);

/* What frames are */
bool lossy_is_tcp(const uint8_t *frame, uint32_t length);
bool lossy_is_syn(const uint8_t *frame, uint32_t length);
bool lossy_is_fin(const uint8_t *frame, uint32_t length);
bool lossy_is_data(const uint8_t *frame, uint32_t length);

#endif
