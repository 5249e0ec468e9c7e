/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_METER_H
#define APP_METER_H

/*
 * What one client core counts. The core alone writes, with plain increments;
 * the main thread reads meanwhile and sees figures that are at most a turn old.
 */

#include <stddef.h>
#include <stdint.h>

#include <tern/histogram.h>

/* X(name, one English line) */
#define FAILURES(X) \
	X(connect_timeout, "no answer to the SYN in time") \
	X(connect_refused, "connection refused") \
	X(connect_other, "connection not established for another reason") \
	X(answer_timeout, "no complete answer in time") \
	X(reset, "reset before the answer was complete") \
	X(answer_short, "closed before the answer was complete") \
	X(answer_long, "more bytes than the answer should have") \
	X(bad_response, "not an HTTP response") \
	X(answer_differs, "answer differs from the request (--verify)") \
	X(peer_silent, "the peer stopped acknowledging") \
	X(other, "ended for another reason before the answer")

enum failure {
#define X(name, text) FAIL_##name,
	FAILURES(X)
#undef X
	FAIL_KINDS
};

/* X(name, one English line): arrivals, and in closed loop attempts, that could not be started */
#define NOT_STARTED(X) \
	X(limit, "no free connection within --timeout (-c reached)") \
	X(late, "the generator was behind by more than --timeout") \
	X(no_port, "no free source port") \
	X(no_memory, "no room for a connection") \
	X(no_route, "no route to the target") \
	X(refused, "refused by the stack")

enum not_started {
#define X(name, text) NOT_##name,
	NOT_STARTED(X)
#undef X
	NOT_KINDS
};

#define STATUS_FIRST 100u
#define STATUS_COUNT 500u

const char *failure_name(enum failure f);
const char *failure_text(enum failure f);
const char *not_started_name(enum not_started n);
const char *not_started_text(enum not_started n);

struct counts {
	/* connections: started = established + connect_failed + those in handshake */
	uint64_t started, established, connect_failed;
	/* transactions: cc and crr: connections; rr: requests */
	uint64_t offered;       /* arrivals that were due and taken up */
	uint64_t begun, completed, failed;
	uint64_t close_timeouts;
	uint64_t lost;          /* hold: ended before the end of the run */
	uint64_t fail[FAIL_KINDS];
	uint64_t not_started[NOT_KINDS];
	uint64_t status[STATUS_COUNT];   /* HTTP: complete responses, by their status from 100 on */
	/* now, not totals */
	uint64_t open, opening, busy, behind;
};
/* Everything before `open` only grows. */
#define COUNTS_TOTALS (offsetof(struct counts, open) / sizeof(uint64_t))

enum latency {
	LATENCY_SETUP,     /* SYN to established */
	LATENCY_HEADLINE,  /* a transaction from its intended start */
	LATENCY_SENT,      /* the same from its actual start; open loop only */
	LATENCY_LATENESS,  /* intended to actual start, but for time spent waiting for a free connection; open loop only */
	LATENCY_UNDISTURBED,  /* as the headline, of those that no gap of this process's cores overlapped; open loop only */
	LATENCY_KINDS
};

struct meter {
	struct counts counts __attribute__((aligned(128)));
	uint64_t longest_gap_ns;  /* between two turns since the phase began */
	uint32_t done;            /* nothing open, nothing left to start */
	uint32_t loaded;          /* rr: all connections were open once */
	int thread;               /* of the kernel; 0 before it runs */
	struct tern_histogram *latency[LATENCY_KINDS];
} __attribute__((aligned(128)));

/* 0 or -1 without memory */
int meter_init(struct meter *m);
void meter_free(struct meter *m);

/* Add a live meter's figures to *sum. */
void counts_add(struct counts *sum, const struct counts *live);
/* *out = now - before; what is "now" is taken from now. */
void counts_diff(struct counts *out, const struct counts *now, const struct counts *before);
/* HTTP: complete responses whose status is not 2xx. */
uint64_t counts_non_2xx(const struct counts *c);
uint64_t counts_not_started(const struct counts *c);

#endif
