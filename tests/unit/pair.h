/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_PAIR_H
#define TESTS_UNIT_PAIR_H

/*
 * Two stacks on one wire without delay, for tests of the public API: frames
 * pass as they are, in virtual time, and every event is written down. A side's
 * device may be slow, deaf or lossy, so that queues fill where a test wants it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "sim/host.h"

#define PAIR_FRAMES 8192u      /* on their way to a side */
#define PAIR_EVENTS 16384u
#define PAIR_PORT 80
#define FOREVER UINT32_MAX

enum { CLIENT, SERVER };

struct pair_setup {
	bool v6;
	bool linear;               /* links take no chains */
	bool offload;              /* devices do checksums, as loop does */
	bool large;                /* and frames of several segments stay what they are, as over loop */
	bool tso;                  /* they do, and cut frames into segments; nobody has looked at the sums when they arrive */
	uint32_t burst;            /* frames of a receive, at most; 0: the stack's default */
	uint32_t pool_mbufs;       /* 0: the tests' common pool */
	uint32_t pool_sources;     /* --src addresses of the client */
	struct tcp_config tcp[2];
};

struct pair_end {
	struct tern_link link;
	struct pair *pair;
	struct tern_stack *stack;
	struct tern_addr addr;
	struct rte_mbuf *frame[PAIR_FRAMES];   /* towards this side */
	uint32_t frames;
	uint32_t takes;            /* frames that its device takes a call */
	uint32_t loses;            /* of the next frames with payload that it sends */
	bool deaf;                 /* nothing is received: frames wait on the wire */
	bool silent;               /* its application is not told of anything */
	uint32_t chains, longest;  /* frames of several mbufs that it sent; payload of the longest */
	uint32_t cuts;             /* frames that its device cut, */
	uint32_t loses_of_cut;     /* and the number of the segment, from 1 on, that is lost of the next one */
	uint32_t marks;            /* segments of the next cut frames that a router marks with CE (IPv4) */
	uint32_t reductions_told;  /* frames with CWR, not cut */
};

struct pair_event {
	unsigned int side;
	struct tern_event e;
};

struct pair {
	struct pair_end end[2];
	struct rte_mempool *pool;
	unsigned int used_before;
	bool offload, tso;
	uint64_t now_ns;
	int batch;                 /* events a poll */
	struct pair_event event[PAIR_EVENTS];
	uint32_t events;
	tern_listener listener;
};

struct pair_setup pair_setup(void);
struct pair *pair_new(const struct pair_setup *setup);
/* True if every mbuf came back. */
bool pair_free(struct pair *p);

/* Turns until nothing moves; time stands still. */
void pair_settle(struct pair *p);
/* Lets so much time pass, and everything happen in it. */
void pair_run(struct pair *p, uint32_t ms);

/* So many frames wait for a side that are nobody's. */
void pair_flood(struct pair *p, unsigned int side, uint32_t frames);

struct tern_stack *pair_stack(const struct pair *p, unsigned int side);
/* The server listens on PAIR_PORT, if it does not yet; the client connects; both ids when all is settled. */
void pair_open(struct pair *p, tern_conn *client, tern_conn *server);
struct tern_connect_options pair_target(const struct pair *p);
/* connect() towards the server; fails the test if it is refused. */
tern_conn pair_connect(struct pair *p);

/* What was told: events of a side whose mask has one of these bits, of one connection or (0) of any. */
uint32_t pair_told(const struct pair *p, unsigned int side, tern_conn id, uint32_t mask);
/* The latest of them; fails the test if there is none. */
const struct tern_event *pair_last(const struct pair *p, unsigned int side, tern_conn id, uint32_t mask);
void pair_forget(struct pair *p);

/* Pieces until all is taken, time passing and the reader (if not NULL) reading; fails the test after a long while. */
void pair_transfer(struct pair *p, unsigned int from, tern_conn conn, tern_conn reader, uint32_t length);
uint8_t pair_byte(uint32_t offset);
/* The bytes of a stream, from its first on. */
void pair_fill(uint8_t *stream, uint32_t length);
/* Reads all that is there and holds it against pair_byte() from *offset on. */
void pair_read(struct pair *p, unsigned int side, tern_conn conn, uint32_t *offset);
uint64_t pair_option(struct pair *p, unsigned int side, tern_conn conn, enum tern_option_id option);
struct tern_info pair_info(struct pair *p, unsigned int side, tern_conn conn);
struct tern_stats pair_stats(const struct pair *p, unsigned int side);

#endif
