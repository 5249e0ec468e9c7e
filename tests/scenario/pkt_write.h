/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_PKT_WRITE_H
#define SCENARIO_PKT_WRITE_H

/*
 * A case as a packetdrill script. It is written while the case runs, so that what a
 * scenario leaves open (the numbers of "mss", an ACK that is not said, the peer's offer) stands there as it was.
 * Lines that only check what the other language cannot ask become comments; what acts and cannot be said ends it.
 */

#include <stdio.h>

#include "run.h"

#define PKT_WRITE_FDS 32

struct pkt_writer {
	FILE *out;
	char cannot[160];          /* why the case cannot be said, or "" */
	uint64_t last_ns;          /* the last event */
	bool began;
	unsigned int left_out;     /* checks that became comments */
	bool fd_used[PKT_WRITE_FDS];
	int listener;              /* descriptor, 0: none */
	int connection;            /* descriptor of the flow's socket */
	bool gone;
	int epoll, listener_epoll; /* that watch them, 0: none */
	bool waits;                /* a write does; where its end is to be said: */
	long wait_time_at, wait_result_at;
	uint64_t wait_from_ns;
	bool known_stamp[65536];   /* of the host, sent where the script shows it: only these may be echoed */
};

/* r->writer is NULL unless a script is wanted; then these do nothing. */
/* The host acknowledges as scripts assume, each second segment, unless the scenario says how. Before it is made. */
void pkt_write_settings(struct run *r);
void pkt_write_head(struct run *r);
void pkt_write_cannot(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pkt_write_arrives(struct run *r, const struct flow *f, const struct packet *p);
/* One line of a scenario, seen as the packets from `first` to p; from_ns 0: it is expected at once. */
struct pkt_sent {
	int64_t seq, end;
	uint64_t from_ns, to_ns;
	bool at_once, window, options;
};
void pkt_write_leaves(struct run *r, const struct flow *f, const struct pkt_sent *s, const struct packet *p);
void pkt_write_icmp(struct run *r, const char *message, int64_t mtu, int64_t seq, int64_t length);
/* a line of the user's side that has done what it was expected to */
void pkt_write_verb(struct run *r, const struct words *w);
/* flow, fill and other lines that have no like in the other language */
void pkt_write_line(struct run *r, const char *why);

/* between the pkt_write*.c files: begins an event at the present time; a comment for a check that cannot be said */
void pkt_write_event(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pkt_write_comment(struct run *r, const struct words *w);
/* descriptors are taken from the lowest on */
int pkt_write_new_fd(struct run *r);
/* pkt_write_ready.c: false for verbs that are not of their kind */
bool pkt_write_ready(struct run *r, const struct words *w);
bool pkt_write_waits(struct run *r, const struct words *w);
/* "readable" or "peer-closed", asked with poll() */
void pkt_write_poll(struct run *r, const char *asked);

#endif
