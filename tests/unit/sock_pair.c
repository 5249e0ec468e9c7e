/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sock_pair.h"

#define MS UINT64_C(1000000)
#define LIMIT_MS 1000000u      /* who waits for longer waits for ever */

/* ---- turns */

/* Events of the pair: the other side's go to its set, this one's to the caller, as many as it takes. */
static int
hand_out(struct sock_pair *p, unsigned int side, struct tern_event *events, int max)
{
	uint32_t kept = 0;
	int n = 0;

	for (uint32_t i = 0; i < p->wire->events; i++) {
		struct pair_event *e = &p->wire->event[i];

		if (e->side != side)
			tsock_deliver(p->side[e->side].set, &e->e, 1);
		else if (n < max)
			events[n++] = e->e;
		else
			p->wire->event[kept++] = *e;
	}
	p->wire->events = kept;
	return n;
}

static void
let_act(struct sock_pair *p, struct sock_side *s)
{
	struct tsock_set *before;

	if (s->act == NULL)
		return;
	before = tsock_use(s->set);
	s->act(p);
	tsock_use(before);
}

static int
turn(void *arg, struct tern_event *events, int max, uint64_t limit_ns)
{
	struct sock_side *s = arg;
	struct sock_side *other = &s->pair->side[s->side == CLIENT ? SERVER : CLIENT];
	int n;

	s->turns++;
	pair_settle(s->pair->wire);
	n = hand_out(s->pair, s->side, events, max);
	for (uint32_t ms = 0; n == 0 && ms < limit_ns / MS; ms++) {
		let_act(s->pair, other);
		pair_run(s->pair->wire, 1);
		n = hand_out(s->pair, s->side, events, max);
		if (ms == LIMIT_MS)
			return -ETIME;
	}
	return n;
}

void
sock_settle(struct sock_pair *p)
{
	struct tern_event e;
	uint32_t told;

	/* who was told of something may have answered */
	do {
		pair_settle(p->wire);
		told = p->wire->events;
		while (hand_out(p, CLIENT, &e, 1) > 0)
			tsock_deliver(p->side[CLIENT].set, &e, 1);
	} while (told > 0);
}

void
sock_run(struct sock_pair *p, uint32_t ms)
{
	pair_run(p->wire, ms);
	sock_settle(p);
}

/* ---- making it */

struct sock_pair *
sock_pair_new(const struct pair_setup *setup, const struct tsock_set_options *options)
{
	struct pair_setup usual = pair_setup();
	struct sock_pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->wire = pair_new(setup != NULL ? setup : &usual);
	for (unsigned int side = 0; side < 2; side++) {
		struct tsock_set_options o = TSOCK_SET_INIT;

		if (options != NULL)
			o = *options;
		p->side[side] = (struct sock_side){ .pair = p, .side = side };
		o.turn = turn;
		o.arg = &p->side[side];
		p->side[side].set = tsock_set_new(pair_stack(p->wire, side), &o);
		assert_non_null(p->side[side].set);
	}
	p->listener = p->client = p->server = -1;
	sock_on(p, CLIENT);
	return p;
}

bool
sock_pair_free(struct sock_pair *p)
{
	bool clean;

	for (unsigned int side = 0; side < 2; side++)
		tsock_set_free(p->side[side].set);
	tsock_use(NULL);
	clean = pair_free(p->wire);
	free(p);
	return clean;
}

int
sock_pair_start(void **state)
{
	*state = sock_pair_new(NULL, NULL);
	return 0;
}

int
sock_pair_end(void **state)
{
	return sock_pair_free(*state) ? 0 : -1;
}

void
sock_on(struct sock_pair *p, unsigned int side)
{
	tsock_use(p->side[side].set);
}

/* ---- what tests say often */

struct sockaddr_storage
sock_address(const struct sock_pair *p, unsigned int side, uint16_t port)
{
	const struct tern_addr *a = &p->wire->end[side].addr;
	struct sockaddr_storage out = { 0 };

	if (tern_addr_is_v4(a)) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

		memcpy(&in.sin_addr, a->b + 12, sizeof(in.sin_addr));
		memcpy(&out, &in, sizeof(in));
	} else {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

		memcpy(&in6.sin6_addr, a->b, sizeof(in6.sin6_addr));
		memcpy(&out, &in6, sizeof(in6));
	}
	return out;
}

socklen_t
sock_address_length(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

void
sock_listen(struct sock_pair *p, int backlog)
{
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);

	sock_on(p, SERVER);
	p->listener = tsock_socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(p->listener >= 0);
	assert_int_equal(tsock_bind(p->listener, (struct sockaddr *)&a, sock_address_length(&a)), 0);
	assert_int_equal(tsock_listen(p->listener, backlog), 0);
}

void
sock_open(struct sock_pair *p)
{
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);

	if (p->listener < 0)
		sock_listen(p, 16);
	sock_on(p, CLIENT);
	p->client = tsock_socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a)), -1);
	assert_int_equal(errno, EINPROGRESS);
	sock_settle(p);
	assert_int_equal(tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a)), 0);
	sock_on(p, SERVER);
	p->server = tsock_accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(p->server >= 0);
	sock_on(p, CLIENT);
}

short
sock_poll(struct sock_pair *p, int fd)
{
	struct pollfd f = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

	(void)p;
	assert_in_range(tsock_poll(&f, 1, 0), 0, 1);
	return f.revents;
}

int
sock_errno(long result)
{
	return result < 0 ? errno : 0;
}
