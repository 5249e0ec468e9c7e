/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_FAKE_STACK_H
#define TESTS_UNIT_FAKE_STACK_H

/*
 * The load of one core against a library that is played here: virtual time, a
 * turn a microsecond, and a peer that does as a test says.
 */

#include "../../app/tern/run.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define TURN_NS US
#define CONNS 512u

enum conn_state { CONN_FREE, CONN_CONNECTING, CONN_OPEN, CONN_CLOSED };

struct conn {
	void *user;
	uint64_t due_ns;           /* of what comes next; 0: nothing */
	uint32_t asked, readable;
	uint8_t state;
	bool end, told;            /* the peer's FIN is there; and was told of */
	uint16_t reason;
	uint8_t shift;             /* first byte of the request */
};

struct tern_stack {
	uint64_t now_ns, end_ns;
	struct run *run;
	struct conn conn[CONNS];
	/* the peer */
	uint64_t setup_ns, answer_ns;
	uint64_t stall_from_ns, stall_to_ns;   /* answers nothing in between */
	bool stall_is_gap;         /* and it was the machine's doing */
	uint32_t answer_size;
	uint64_t second_rate_ns, second_rate;  /* from then on another rate; 0: never */
	uint32_t takes;            /* stream: bytes that tern_send() takes of each connection; 0: all */
	const char *response;      /* HTTP: the answer, instead of the pattern */
	char request[256];         /* HTTP: the last one that was whole in tern_connect() */
	bool refuse, silent, garble, ends_short, resets, closes;
	int connect_error;
	/* what was seen */
	uint32_t syns, connects, open, most_open, closes_seen, aborts_seen;
	uint32_t closing, most_closing;   /* closed by the load, and not told so yet */
	uint64_t first_ask_ns;
	uint32_t asks;
	uint16_t asked[64];        /* connections, in the order in which they were sent requests first */
	uint64_t connect_ns[64];
	uint32_t offset_got[CONNS];
	uint64_t option[TERN_OPT_MAX_PACING_RATE + 1];   /* as tern_set() set it last */
};

/* One of each, set up anew for each test. */
extern struct tern_stack stack;
extern struct run run;
extern struct settings settings;
extern struct core core;
extern struct tern_endpoint target;

int set_up(void **state);
int tear_down(void **state);
/* Runs the load to its end; the test fails if its books do not balance then. */
const struct counts *go(void);

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
