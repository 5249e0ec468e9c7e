/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_SOCK_PAIR_H
#define TESTS_UNIT_SOCK_PAIR_H

/*
 * A set of sockets on each of the two stacks of pair.h. A call that waits takes turns of the whole pair, in virtual time;
 * meanwhile the other side's program may act.
 */

#include <netinet/in.h>

#include <tern/socket.h>

#include "pair.h"

struct sock_pair;

struct sock_side {
	struct sock_pair *pair;
	unsigned int side;
	struct tsock_set *set;
	void (*act)(struct sock_pair *p);   /* this side's program, while the other one waits */
	uint32_t turns;            /* that were asked for by this side */
};

struct sock_pair {
	struct pair *wire;
	struct sock_side side[2];
	int listener, client, server;   /* descriptors that tests use */
	uint32_t acted;
};

/* NULL: defaults */
struct sock_pair *sock_pair_new(const struct pair_setup *setup, const struct tsock_set_options *options);
bool sock_pair_free(struct sock_pair *p);
/* The same before and behind a test: with the defaults, as its state. */
int sock_pair_start(void **state);
int sock_pair_end(void **state);

/* From now on calls are made on that side. */
void sock_on(struct sock_pair *p, unsigned int side);
/* All that is under way arrives, on both sides; time stands still. */
void sock_settle(struct sock_pair *p);
/* The same while so much time passes. */
void sock_run(struct sock_pair *p, uint32_t ms);

/* The side's address with that port, for AF_INET or, of an IPv6 pair, AF_INET6. */
struct sockaddr_storage sock_address(const struct sock_pair *p, unsigned int side, uint16_t port);
socklen_t sock_address_length(const struct sockaddr_storage *a);

/* A non-blocking listener on PAIR_PORT in p->listener, a non-blocking connection in p->client and p->server. The client's
 * side is on then. */
void sock_listen(struct sock_pair *p, int backlog);
void sock_open(struct sock_pair *p);
/* POLLx of a descriptor of the side that is on, asked for with all of them; takes no turn. */
short sock_poll(struct sock_pair *p, int fd);
/* EAGAIN of a call that failed, 0 of one that did not. */
int sock_errno(long result);

#endif
