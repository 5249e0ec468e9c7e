/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A client and a server over loop, on a core each: requests on open connections, or a connection for each, both ends
 * through the event API or both through sockets and level epoll, as people write them. sockets.py compares the two.
 */

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tern/socket.h>

#include "measure.h"

#define MESSAGE 64
#define EVENTS 64
#define PORT 7000u
#define PORTS 16u              /* so that no source port runs out while those before rest in TIME-WAIT */

static struct measure_options options = {
	.seconds = 2, .warmup_seconds = 0.5, .in_flight = 512, .core = { 0, 1 }, .shape = "rr-sockets",
};
static bool by_sockets, keeps_open;
static struct tern_addr server_addr;
static _Atomic uint64_t done, failed;
static _Atomic pid_t threads[2];
static char buffer[2][4096];

static void
count(_Atomic uint64_t *of)
{
	/* one writer */
	atomic_store_explicit(of, atomic_load_explicit(of, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* ---- through the event API */

static int
serve_events(struct tern_stack *stack)
{
	struct tern_event events[EVENTS];
	tern_listener listener;
	int n = 0;

	for (uint16_t i = 0; i < PORTS && n == 0; i++) {
		struct tern_listen_options o = TERN_LISTEN_INIT;

		o.port = (uint16_t)(PORT + i);
		n = tern_listen(stack, &o, &listener);
	}
	while (n >= 0) {
		n = tern_poll(stack, events, EVENTS);
		for (int i = 0; i < n; i++) {
			ssize_t got;

			if (!(events[i].mask & TERN_READABLE))
				continue;
			got = tern_recv(stack, events[i].id, buffer[1], sizeof(buffer[1]));
			if (got > 0)
				tern_send(stack, events[i].id, buffer[1], MESSAGE);
			else if (got != -EAGAIN)
				tern_close(stack, events[i].id);
		}
	}
	return n;
}

static int
open_event(struct tern_stack *stack, uint64_t number)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	tern_conn id;

	o.target = (struct tern_endpoint){ server_addr, (uint16_t)(PORT + number % PORTS) };
	o.data = buffer[0];
	o.data_length = MESSAGE;
	return tern_connect(stack, &o, &id);
}

static int
ask_events(struct tern_stack *stack)
{
	struct tern_event events[EVENTS];
	uint64_t started = 0, open = 0;
	int n = 0;

	while (n >= 0) {
		for (; open < options.in_flight && open_event(stack, started) == 0; open++)
			started++;
		n = tern_poll(stack, events, EVENTS);
		for (int i = 0; i < n; i++) {
			if (events[i].mask & TERN_CLOSED) {
				open--;
				if (events[i].reason != TERN_CLOSE_NORMAL)
					count(&failed);
			} else if ((events[i].mask & TERN_READABLE) && tern_recv(stack, events[i].id, buffer[0], sizeof(buffer[0])) > 0) {
				count(&done);
				if (keeps_open)
					tern_send(stack, events[i].id, buffer[0], MESSAGE);
				else
					tern_close(stack, events[i].id);
			}
		}
	}
	return n;
}

/* ---- through sockets */

static void
watch(int epoll, int op, int fd, uint32_t mask)
{
	struct epoll_event e = { .events = mask, .data.fd = fd };

	tsock_epoll_ctl(epoll, op, fd, &e);
}

static struct sockaddr_in
address(bool any, uint64_t number)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(PORT + number % PORTS)) };

	if (!any)
		memcpy(&in.sin_addr, server_addr.b + 12, sizeof(in.sin_addr));
	return in;
}

static int
serve_sockets(void)
{
	struct epoll_event events[EVENTS];
	int epoll = tsock_epoll_create1(0), n = 0, listeners = 0, fd;

	for (unsigned int i = 0; i < PORTS; i++) {
		struct sockaddr_in in = address(true, i);

		listeners = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (tsock_bind(listeners, (struct sockaddr *)&in, sizeof(in)) != 0 || tsock_listen(listeners, 4096) != 0)
			return -errno;
		watch(epoll, EPOLL_CTL_ADD, listeners, EPOLLIN);
	}
	while (n >= 0) {
		n = tsock_epoll_wait(epoll, events, EVENTS, 0);
		for (int i = 0; i < n; i++) {
			ssize_t got;

			/* listeners were opened first, and numbers are the lowest free ones */
			if (events[i].data.fd <= listeners) {
				while ((fd = tsock_accept4(events[i].data.fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
					watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
				continue;
			}
			got = tsock_read(events[i].data.fd, buffer[1], sizeof(buffer[1]));
			if (got > 0)
				tsock_write(events[i].data.fd, buffer[1], MESSAGE);
			else if (got == 0 || errno != EAGAIN)
				tsock_close(events[i].data.fd);
		}
	}
	return -errno;
}

static bool
open_socket(int epoll, uint64_t number)
{
	struct sockaddr_in in = address(false, number);
	int fd = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	if (tsock_connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0 && errno != EINPROGRESS) {
		tsock_close(fd);
		return false;
	}
	watch(epoll, EPOLL_CTL_ADD, fd, EPOLLOUT);
	return true;
}

/* @return whether it is still open */
static bool
answer_socket(int epoll, const struct epoll_event *e)
{
	int fd = e->data.fd;

	if (e->events & EPOLLOUT) {
		watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
		tsock_write(fd, buffer[0], MESSAGE);
		return true;
	}
	if (tsock_read(fd, buffer[0], sizeof(buffer[0])) <= 0)
		count(&failed);
	else
		count(&done);
	if (keeps_open && tsock_write(fd, buffer[0], MESSAGE) > 0)
		return true;
	tsock_close(fd);
	return false;
}

static int
ask_sockets(void)
{
	struct epoll_event events[EVENTS];
	uint64_t started = 0, open = 0;
	int epoll = tsock_epoll_create1(0), n = 0;

	while (n >= 0) {
		for (; open < options.in_flight && open_socket(epoll, started); open++)
			started++;
		n = tsock_epoll_wait(epoll, events, EVENTS, 0);
		for (int i = 0; i < n; i++)
			open -= !answer_socket(epoll, &events[i]);
	}
	return -errno;
}

/* ---- a core's */

static int
core(struct tern_stack *stack, void *arg)
{
	bool server = tern_stack_side(stack) == TERN_SIDE_SERVER;
	struct tsock_set *set = NULL;
	int error;

	(void)arg;
	atomic_store(&threads[server], gettid());
	if (by_sockets) {
		set = tsock_set_new(stack, NULL);
		if (set == NULL)
			return -errno;
		tsock_use(set);
		error = server ? serve_sockets() : ask_sockets();
		tsock_set_free(set);
	} else {
		error = server ? serve_events(stack) : ask_events(stack);
	}
	return error == -ECANCELED ? 0 : error;
}

static void
pass(double seconds)
{
	struct timespec time = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&time, NULL);
}

static void
run(struct tern *t)
{
	struct measure_window window;
	pid_t both[2];

	pass(options.warmup_seconds);
	for (unsigned int i = 0; i < 2; i++)
		both[i] = atomic_load(&threads[i]);
	measure_begin(&window, atomic_load(&done), atomic_load(&failed), both);
	pass(options.seconds);
	measure_end(&window, atomic_load(&done), atomic_load(&failed), both);
	tern_stop(t);
	if (tern_join(t) != 0)
		measure_die("socket_cost: an end failed");
	measure_report(&options, &window, "per_second");
}

static void
read_shape(void)
{
	static const struct { const char *name; bool keeps_open, by_sockets; } shapes[] = {
		{ "rr-events", true, false }, { "rr-sockets", true, true }, { "crr-events", false, false },
		{ "crr-sockets", false, true },
	};

	for (unsigned int i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(options.shape, shapes[i].name) != 0)
			continue;
		keeps_open = shapes[i].keeps_open;
		by_sockets = shapes[i].by_sockets;
		return;
	}
	measure_die("--shape: found '%s', want rr-events, rr-sockets, crr-events or crr-sockets", options.shape);
}

int
main(int argc, char **argv)
{
	char program[] = "socket_cost", pair[] = "--pair", no_dad[] = "--no-dad", time_wait[] = "--max-time-wait=256Ki";
	char cores[2][40], *words[] = { program, pair, no_dad, time_wait, cores[0], cores[1], NULL };
	struct tern *t;

	measure_options(&options, argc, argv, "Two ends; shapes are rr-events, rr-sockets, crr-events, crr-sockets");
	read_shape();
	snprintf(cores[0], sizeof(cores[0]), "--client-cores=%u", options.core[0]);
	snprintf(cores[1], sizeof(cores[1]), "--server-cores=%u", options.core[1]);
	t = tern_open(6, words);
	for (unsigned int i = 0; t != NULL && i < tern_stack_count(t); i++)
		if (tern_stack_side(tern_stack_at(t, i)) == TERN_SIDE_SERVER)
			tern_stack_address(tern_stack_at(t, i), true, &server_addr);
	if (t == NULL || tern_start(t, core, NULL) != 0)
		measure_die("socket_cost: %s", tern_error());
	run(t);
	tern_destroy(t);
	return EXIT_SUCCESS;
}
