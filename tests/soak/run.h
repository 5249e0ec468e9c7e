/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_RUN_H
#define SOAK_RUN_H

/*
 * One case in virtual time, and what is held against it. The network is the
 * simulator's; between each stack and its link stands a tap that sees what comes
 * and goes. The first thing that does not hold ends the run.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <tern/sim.h>

#include "case.h"
#include "fuzz/invariants.h"

#define SOAK_PORT 7u
#define SOAK_FIRST_PORT 20000u     /* the opener's port is this and the connection's number */
#define SOAK_SENDS 24u             /* that wait in a program */

#define SOAK_FLIGHT 64u

enum { OPENER, ACCEPTOR };

/* What a tap has seen of an end: its own segments, and what reached its host. Sequence numbers are the wire's. */
struct soak_seen {
	bool begun;                /* its SYN or SYN-ACK left */
	bool synack;               /* a SYN-ACK that fits reached it */
	bool acknowledged;         /* anything of it ever was */
	uint32_t una, max;         /* acknowledged, and sent: behind the last octet */
	uint32_t window;           /* the field of the last segment that reached it */
	uint64_t tx_ns, rx_ns;     /* last segment that left, and that came; 0: none */
	uint64_t outstanding_ns;   /* since when what stands at una is: its first transmission */
	struct { uint32_t end; uint64_t first_ns; } flight[SOAK_FLIGHT];   /* oldest first; what does not fit counts to the last */
	uint32_t flights;
	uint64_t reached_ns;       /* when what stands at una first reached the peer's host since then; 0: not */
	uint32_t reaches;          /* and how often: the first may be too old to count (RFC 7323, 5) */
	uint32_t answers;          /* segments that came back since, and late enough to be answers */
	uint64_t segments, pure;   /* sent; of them without text and flags */
	bool reset;                /* it sent a RST */
};

/* One end of a connection and the program that uses it. */
struct soak_end {
	struct soak_run *run;
	uint8_t conn, side;
	unsigned int host;
	/* what the stack told */
	tern_conn id;
	bool known, connected, closed, eof;
	enum tern_close_reason reason;
	uint64_t closed_ns;
	/* what the program is to do */
	struct { uint64_t bytes; unsigned int how; } send[SOAK_SENDS];
	unsigned int sends;
	struct { unsigned int option; uint64_t value; } set[SOAK_SENDS];   /* before there is an id */
	unsigned int sets;
	unsigned int read_how;
	bool stalled, wants_shutdown, wants_close, wants_abort;
	/* and did */
	bool did_shutdown, did_close, did_abort;
	bool left_unread;          /* when only that was left */
	uint64_t opened_ns, close_ns;
	uint64_t sent, got;        /* bytes that the stack took, and gave */
	uint32_t refs;             /* not told back */
	/* the least that was ever set, for what may end it */
	uint64_t r2_ms, keep_ms, linger_ms;
	bool keepalive, lingers;
	struct soak_seen seen;
	/* watch.c */
	uint32_t watch_una;
	uint32_t rto_ms;           /* the longest, backed off, since the last news: a timer that runs keeps what it was set to */
	uint64_t owing_ns;         /* since when the stack waits for the same acknowledgment; 0: for none */
	uint64_t moved_ns;         /* when it last got or gave anything */
	uint64_t watch_got;
	uint64_t gone_ns;          /* since when the protocol is through with it, told or not */
	bool owed;                 /* when it was looked at last */
	uint64_t quiet_ns;         /* since when it owes something and nothing moved */
	uint64_t segments, pure;   /* as of the last progress */
};

struct soak_conn {
	bool opened, v6, fastopen;
	struct soak_end end[2];
};

struct soak_tap {
	struct tern_link link;
	struct tern_link *inner;
	struct soak_run *run;
	unsigned int host;
};

struct soak_site {
	struct tern_sim_node *node;
	struct tern_stack *stack;
	struct soak_tap tap;
	struct soak_run *run;
	tern_listener listener;
	bool deaf;                 /* it did not listen for a while */
	uint64_t resolve_ns;       /* it last asked or answered for an address */
	struct invariants_memory memory;
};

struct soak_run {
	const struct soak_case *c;
	struct tern_sim *sim;
	struct tern_sim_link *link[SOAK_LINKS];
	struct soak_direction now[SOAK_LINKS][2];   /* their models as changed */
	struct soak_site site[SOAK_HOSTS];
	struct soak_conn conn[SOAK_CONNS];
	uint64_t begin_ns, wind_down_ns;
	uint64_t longest_ns;       /* a packet's way, at most */
	unsigned int ghosts;       /* connections that old packets made, as Fast Open and cookies allow */
	unsigned int next_step;
	bool winding_down, given_up, over;
	uint64_t over_ns;
	uint64_t digest;
	char broken[300];          /* what does not hold: a sentence, a colon, the details */
};

struct soak_result {
	char broken[300];          /* empty: all held */
	uint64_t events, virtual_ns, digest;
	uint64_t closed[TERN_CLOSE_MAX];
	uint64_t bytes;
};

/* Files of the links' packets begin with `capture`, unless that is NULL. */
void soak_run(const struct soak_case *c, struct soak_result *result, const char *capture);

/* The first is kept, and ends the run. */
void soak_broken(struct soak_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void soak_broken_end(struct soak_end *e, const char *sentence, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline struct soak_end *
soak_other(struct soak_end *e)
{
	return &e->run->conn[e->conn].end[!e->side];
}
static inline uint64_t soak_now(const struct soak_run *run) { return tern_sim_now(run->sim); }

/* network.c */
bool soak_build(struct soak_run *run, const char *capture);
void soak_change(struct soak_run *run, const uint64_t *arg);
bool soak_listen(struct soak_run *run, unsigned int host);
bool soak_is_lossy(const struct soak_run *run);

/* tap.c */
void soak_tap(struct soak_site *site, struct soak_run *run, unsigned int host);

/* program.c */
void soak_program(struct tern_stack *stack, const struct tern_event *events, int n, void *arg);
void soak_go_on(struct soak_end *e);     /* read, send and close as far as it goes */
/* What `sender` sends from that offset on: 64 Ki of it, and always the same memory */
const uint8_t *soak_octets(const struct soak_end *sender, uint64_t offset);

/* steps.c */
void soak_step(struct soak_run *run, const struct soak_step *s);

/* judge.c */
void soak_judge(struct soak_end *e);     /* it was told closed */
void soak_judge_all(struct soak_run *run);

/* watch.c */
void soak_watch(struct soak_run *run);
bool soak_is_empty(const struct soak_run *run);

#endif
