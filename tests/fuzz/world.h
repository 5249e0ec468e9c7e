/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

/*
 * A host of one stack, or of two with steering, on a wire that the fuzzer is the
 * other end of. The device may take few frames and keep some; the pool may be
 * short. After every step the invariants are checked, and what they find ends
 * the program.
 */

#include <stdbool.h>
#include <stdint.h>

#include "invariants.h"
#include "scenario/packet.h"
#include "sim/host.h"

#define WORLD_STACKS 2u
#define WORLD_CONNS 48u            /* ids that are remembered */
#define WORLD_PORT 7
#define WORLD_FRAME 1600u

struct world_end {
	struct tern_link link;
	struct world *world;
	struct tern_stack *stack;
	struct owner owner;
	struct rte_ring *to[WORLD_STACKS], *from[WORLD_STACKS];
	struct rte_mbuf *in[64], *kept[64];
	uint32_t ins, keeps;
	tern_listener listener;
	struct invariants_memory memory;
};

struct world {
	struct world_end end[WORLD_STACKS];
	unsigned int stacks;
	struct rte_mempool *pool;
	uint64_t now_ns;
	bool v6;
	uint32_t takes, keep;          /* frames a device takes a call; frames it keeps before it frees them */
	int batch;                     /* events a poll */
	struct rte_mbuf *grabbed[1024];
	uint32_t grabs;
	struct { tern_conn id; unsigned int stack; bool closed; } conn[WORLD_CONNS];
	unsigned int conns;
	uint32_t refs;                 /* references that are not told back */
	bool strange_in, strange_out;  /* octets came in, or go out, that do not follow the pattern */
	struct rte_mbuf *answer[64];   /* to solicitations */
	uint32_t answers;
};

/* A record of a stack, as a peer that knows all about it sees it. */
struct world_view {
	enum flow_kind kind;
	struct tern_addr local, remote;
	uint16_t lport, rport;
	uint32_t rcv_nxt, window;      /* what the host expects, and has announced */
	uint32_t snd_una, snd_nxt;
	uint32_t ts_recent, tsval;
	uint8_t opt, snd_wscale;
};

_Noreturn void world_broken(const char *what);

void world_open(struct world *w, uint8_t how, uint8_t more);
/* Ends all, lets all time pass, and holds that nothing is left. */
void world_close(struct world *w);

/* Turns until nothing moves, or the device does not let it; checks after each. */
void world_turn(struct world *w);
void world_pass(struct world *w, uint64_t ns);
void world_check(struct world *w);
/* To the end that owns it, or another one. */
void world_inject(struct world *w, unsigned int end, const uint8_t *frame, uint32_t length);
void world_grab(struct world *w, uint32_t leave);
void world_remember(struct world *w, tern_conn id, unsigned int stack);

/* The nth record of all, of any kind; false when there is none. */
bool world_view(struct world *w, uint32_t n, struct world_view *view);
/* A packet towards the host, headers up to the transport filled in. */
void world_prepare(const struct world *w, struct packet *p, const struct world_view *view);
struct tern_addr world_address(bool v6, uint8_t last);

/* Octets of both streams follow their sequence numbers, so that each can be checked wherever it turns up. */
static inline uint8_t world_octet(uint32_t seq) { return (uint8_t)(seq % 251); }

#endif
