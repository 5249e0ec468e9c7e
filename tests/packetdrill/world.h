/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PACKETDRILL_WORLD_H
#define PACKETDRILL_WORLD_H

/*
 * What a script drives: a stack with its sockets, a link whose other end is the script, and a clock that moves when
 * the tool asks what time it is, sleeps, or waits for a packet. One lock over all of it.
 *
 * The tool makes calls that may block on a second thread. Such a call sleeps until a turn, which the first thread
 * takes, tells its socket something or its time is over; then the clock stands until it has come back, or sleeps
 * again: what it returned is dated by the tool's next question for the time on that thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <tern/socket.h>

#include "profile.h"
#include "sim/host.h"

#define WORLD_FRAMES 4096u     /* on their way, either way */
#define WORLD_EVENTS 1024u     /* told and not yet delivered */
#define WORLD_FIRST_DESCRIPTOR 256
#define WORLD_DESCRIPTORS 512u

/* The call on the tool's second thread. */
enum world_call { CALL_NONE, CALL_RUNS, CALL_SLEEPS, CALL_RETURNED /* and the tool has not asked for the time since */ };

struct world_packet {
	uint64_t time_ns;
	uint32_t length;
	uint8_t *bytes;
};

struct world {
	struct tern_link link;       /* first */
	struct profile profile;
	struct tern_stack *stack;    /* NULL until the script's first socket: see world_start() */
	struct tsock_set *set;
	unsigned int forgets;        /* of profile.forgets, those that were done */
	uint64_t now_ns;
	int host_fd;                 /* a descriptor of the host, of which every socket's is a copy */
	/* frames to the stack, and packets of its */
	struct rte_mbuf *in[WORLD_FRAMES];
	unsigned int in_head, in_tail;
	struct world_packet out[WORLD_FRAMES];
	unsigned int out_head, out_tail;
	/* events that no socket knows of yet */
	struct tern_event event[WORLD_EVENTS];
	unsigned int event_head, event_tail;
	pthread_mutex_t lock;
	pthread_t tool;              /* the tool's first thread */
	enum world_call call;
	uint64_t wake_ns;            /* with CALL_SLEEPS: when it wakes in any case */
	pid_t returned;              /* the thread of a call that has, since the tool slept last; 0: none */
	bool dated;                  /* this question for the time is for when it returned */
	pthread_cond_t wakes, slept; /* it shall wake; it sleeps, or is over */
};

/* The one world of this process, for getsockopt(); NULL: none. */
extern struct world *the_world;

struct world *world_new(const char *flags);
void world_free(struct world *w);
/* Makes the stack, for a socket of that family, if there is none yet. 0, or -1 with errno. */
int world_start(struct world *w, int domain);

/* Around what the tool asks of the clock and the network. */
void world_lock(struct world *w);
void world_unlock(struct world *w);
/* What the tool's second thread does with what its call returned takes no virtual time: the lock is left until it is through. */
void world_hand_over(struct world *w);
/* Around calls of sockets: the lock too, and this thread's set. */
void world_enter(struct world *w);
/* Sends what the call has left to be sent. Keeps errno. @return result */
ssize_t world_leave(struct world *w, ssize_t result);

/* All that can happen at this time happens; who sleeps and was told something comes back. */
void world_settle(struct world *w);
/* The clock goes on to until_ns, or until the stack has sent something. */
void world_run(struct world *w, uint64_t until_ns, bool until_packet);
/* It is ns later; but a call that has just returned is dated as it is. */
void world_advance(struct world *w, uint64_t ns);

/* link.c: the stack's end of the wire */
void world_link(struct world *w);
/* counters.c: what was dropped so far, into the profile's file if it names one: lines NAME NUMBER, as tern/counters.h
 * has the names */
void world_count(const struct world *w);
/* An IP packet of the script's. -1: no memory. */
int world_inject(struct world *w, const void *packet, size_t length);

/* Ends the tool: the script has failed, or cannot be run. */
void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
