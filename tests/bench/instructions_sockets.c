/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The work of instructions.c done by a server and a client as people write them on Linux: an epoll loop each, of level,
 * non-blocking sockets. What these need more than the event API is what sockets cost.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_common.h>
#include <tern/socket.h>

#include "instructions.h"
#include "stack/stack.h"

#define EVENTS 64

struct side {
	struct pair *pair;
	unsigned int side;
	struct tsock_set *set;
	int epoll, listener;
};

struct sockets {
	struct side side[2];
	uint32_t wanted, started, done;
	uint32_t requests, asked;  /* 0: one a connection */
	bool failed;
};

static char buffer[PIECE];

static int
turn(void *arg, struct tern_event *events, int max, uint64_t limit_ns)
{
	struct side *s = arg;
	bool worked;

	(void)limit_ns;
	return stack_poll(pair_stack(s->pair, s->side), s->pair->now_ns, events, max, &worked);
}

static void
watch(const struct side *s, int op, int fd, uint32_t mask)
{
	struct epoll_event e = { .events = mask, .data.fd = fd };

	tsock_epoll_ctl(s->epoll, op, fd, &e);
}

/* ---- the server: accepts, answers, and closes when the other side has */

static void
accept_all(const struct side *s)
{
	int fd;

	while ((fd = tsock_accept4(s->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		watch(s, EPOLL_CTL_ADD, fd, EPOLLIN);
}

static void
serve(struct sockets *w, const struct epoll_event *e)
{
	int fd = e->data.fd;
	ssize_t n;

	if (fd == w->side[SERVER].listener) {
		accept_all(&w->side[SERVER]);
		return;
	}
	n = tsock_read(fd, buffer, sizeof(buffer));
	if (n > 0)
		tsock_write(fd, buffer, MESSAGE);
	else if (n == 0 || errno != EAGAIN)
		tsock_close(fd);
}

/* ---- the client */

static void
open_one(struct sockets *w)
{
	const struct tern_addr *to = &w->side[CLIENT].pair->end[SERVER].addr;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PAIR_PORT) };
	int fd = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(&in.sin_addr, to->b + 12, sizeof(in.sin_addr));
	if (tsock_connect(fd, (struct sockaddr *)&in, sizeof(in)) != -1 || errno != EINPROGRESS)
		w->failed = true;
	watch(&w->side[CLIENT], EPOLL_CTL_ADD, fd, EPOLLOUT);
	w->started++;
}

static void
ask(struct sockets *w, const struct epoll_event *e)
{
	int fd = e->data.fd;

	if (e->events & EPOLLOUT) {
		watch(&w->side[CLIENT], EPOLL_CTL_MOD, fd, EPOLLIN);
		tsock_write(fd, buffer, MESSAGE);
		return;
	}
	if (tsock_read(fd, buffer, sizeof(buffer)) > 0 && ++w->asked < w->requests) {
		tsock_write(fd, buffer, MESSAGE);
		return;
	}
	tsock_close(fd);
	w->done++;
}

static void
loop(struct sockets *w, unsigned int side, void (*event)(struct sockets *w, const struct epoll_event *e))
{
	struct epoll_event events[EVENTS];
	int n;

	tsock_use(w->side[side].set);
	if (side == CLIENT)
		while (w->started < w->wanted && w->started - w->done < IN_FLIGHT)
			open_one(w);
	n = tsock_epoll_wait(w->side[side].epoll, events, EVENTS, 0);
	for (int i = 0; i < n; i++)
		event(w, &events[i]);
}

static bool
begin(struct sockets *w, struct pair *pair, unsigned int side)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PAIR_PORT) };
	struct tsock_set_options o = TSOCK_SET_INIT;
	struct side *s = &w->side[side];

	s->pair = pair;
	s->side = side;
	o.descriptors = 4096;
	o.turn = turn;
	o.arg = s;
	s->set = tsock_set_new(pair_stack(pair, side), &o);
	if (s->set == NULL)
		return false;
	tsock_use(s->set);
	s->epoll = tsock_epoll_create1(0);
	if (side == CLIENT)
		return true;
	s->listener = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (tsock_bind(s->listener, (struct sockaddr *)&any, sizeof(any)) != 0 || tsock_listen(s->listener, 4096) != 0)
		return false;
	watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN);
	return true;
}

bool
sockets_run(struct pair *pair, uint32_t connections, uint32_t requests)
{
	struct sockets w = { .wanted = connections, .requests = requests };

	if (!begin(&w, pair, SERVER) || !begin(&w, pair, CLIENT))
		return false;
	for (uint32_t turns = 0; w.done < connections && !w.failed && turns < TURNS_MOST; turns++) {
		loop(&w, CLIENT, ask);
		loop(&w, SERVER, serve);
		pair->now_ns += TURN_NS;
	}
	tsock_set_free(w.side[CLIENT].set);
	tsock_set_free(w.side[SERVER].set);
	pair_settle(pair);
	return w.done == connections && !w.failed;
}
