/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The Linux kernel at what `tern pair --mode crr` does: connect, 64 bytes there
 * and back, close by the client, over loopback or to another network namespace,
 * an epoll thread on each of two cores. As few system calls as level- and edge-triggered epoll allow, so that
 * the kernel's TCP is measured and not a clumsy program.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define MESSAGE 64
#define EVENTS 64
/*
 * A tuple rests in TIME-WAIT for a minute. 64 listeners times the kernel's 28,000
 * ephemeral ports are 1.8 million tuples: a minute's worth and no search for a free one.
 */
#define ADDRESSES 16u
#define PORTS 4u
#define LISTENERS (ADDRESSES * PORTS)
#define FIRST_ELSEWHERE 0xc6120101u   /* 198.18.1.1: the first address in a namespace */

struct client {
	struct connection {
		int fd;
		bool asked;
	} *connections;
	unsigned int target;       /* the next one */
	uint64_t completed, failed;
};

static struct measure_options options = {
	.seconds = 2, .warmup_seconds = 0.5, .in_flight = 64, .core = { 0, 1 },
};
static struct sockaddr_in targets[LISTENERS];
static _Atomic bool over;
static _Atomic pid_t server_thread;

static int
listen_at(uint32_t address, struct sockaddr_in *at)
{
	socklen_t length = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* port 0: a free one, and the kernel says which */
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof(*at)) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, &length) != 0)
		measure_die("cannot listen at %u.%u.%u.%u: %s", address >> 24, address >> 16 & 255, address >> 8 & 255,
			    address & 255, strerror(errno));
	return fd;
}

static void
watch(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		measure_die("epoll_ctl: %s", strerror(errno));
}

/* A listener's events carry its descriptor with this bit. */
#define LISTENER (UINT64_C(1) << 32)

static void
accept_all(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		watch(epoll, fd, EPOLLIN, (uint64_t)fd);
}

static void *
serve(void *epoll_fd)
{
	int epoll = *(int *)epoll_fd;
	struct epoll_event events[EVENTS];
	char bytes[MESSAGE];

	measure_pin(options.core[1]);
	atomic_store(&server_thread, gettid());
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		int n = epoll_wait(epoll, events, EVENTS, 10);

		for (int i = 0; i < n; i++) {
			int fd = (int)(uint32_t)events[i].data.u64;
			ssize_t got;

			if (events[i].data.u64 & LISTENER) {
				accept_all(epoll, fd);
				continue;
			}
			got = read(fd, bytes, sizeof(bytes));
			if (got <= 0 || write(fd, bytes, (size_t)got) != got)
				close(fd);
		}
	}
	return NULL;
}

static void
begin(struct client *c, int epoll, unsigned int place)
{
	struct connection *con = &c->connections[place];
	const struct sockaddr_in *target = &targets[c->target];

	c->target = (c->target + 1) % LISTENERS;
	con->asked = false;
	con->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (con->fd < 0)
		measure_die("socket: %s", strerror(errno));
	if (connect(con->fd, (const struct sockaddr *)target, sizeof(*target)) != 0 && errno != EINPROGRESS)
		measure_die("connect: %s", strerror(errno));
	/* told once when connected and once when answered */
	watch(epoll, con->fd, EPOLLIN | EPOLLOUT | EPOLLET, place);
}

static void
advance(struct client *c, int epoll, unsigned int place, uint32_t events)
{
	struct connection *con = &c->connections[place];
	char bytes[MESSAGE] = { 0 };
	bool good = !(events & (EPOLLERR | EPOLLHUP));

	if (good && !con->asked) {
		con->asked = true;
		good = write(con->fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes);
		if (good)
			return;
	}
	if (good && !(events & EPOLLIN))
		return;
	if (good)
		good = read(con->fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes);
	close(con->fd);
	c->completed += good;
	c->failed += !good;
	begin(c, epoll, place);
}

static void
turn(struct client *c, int epoll, uint64_t until_ns)
{
	struct epoll_event events[EVENTS];

	while (measure_now_ns() < until_ns) {
		int n = epoll_wait(epoll, events, EVENTS, 10);

		for (int i = 0; i < n; i++)
			advance(c, epoll, (unsigned int)events[i].data.u64, events[i].events);
	}
}

static struct measure_window
load_kernel(void)
{
	struct client c = { .connections = calloc(options.in_flight, sizeof(*c.connections)) };
	struct measure_window w;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pid_t threads[2];

	if (c.connections == NULL || epoll < 0)
		measure_die("no memory or no descriptor for %u connections", options.in_flight);
	measure_pin(options.core[0]);
	for (unsigned int i = 0; i < options.in_flight; i++)
		begin(&c, epoll, i);
	turn(&c, epoll, measure_now_ns() + (uint64_t)(options.warmup_seconds * 1e9));
	threads[0] = gettid();
	threads[1] = atomic_load(&server_thread);
	measure_begin(&w, c.completed, c.failed, threads);
	turn(&c, epoll, w.begin_ns + (uint64_t)(options.seconds * 1e9));
	measure_end(&w, c.completed, c.failed, threads);
	free(c.connections);
	return w;
}

/* What listens is made in the namespace and stays of it; the thread comes back. */
static void
listen_everywhere(const char *namespace, int epoll)
{
	uint32_t first = namespace == NULL ? INADDR_LOOPBACK : FIRST_ELSEWHERE;
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int other = namespace == NULL ? -1 : open(namespace, O_RDONLY | O_CLOEXEC);

	if (namespace != NULL && (other < 0 || setns(other, CLONE_NEWNET) != 0))
		measure_die("cannot enter the network namespace %s: %s", namespace, strerror(errno));
	for (unsigned int i = 0; i < LISTENERS; i++) {
		int fd = listen_at(first + i / PORTS, &targets[i]);

		watch(epoll, fd, EPOLLIN, LISTENER | (uint64_t)fd);
	}
	if (namespace != NULL && setns(own, CLONE_NEWNET) != 0)
		measure_die("cannot come back from the network namespace %s: %s", namespace, strerror(errno));
	close(own);
	if (other >= 0)
		close(other);
}

int
main(int argc, char **argv)
{
	struct measure_window w;
	pthread_t server;
	int epoll;

	measure_options(&options, argc, argv, "The Linux kernel: connect, request, answer, close over loopback.\n"
			"Behind the options: a network namespace (/proc/PID/ns/net) whose 198.18.1.1 to .16 are the server's.");
	epoll = epoll_create1(EPOLL_CLOEXEC);
	listen_everywhere(argv[optind], epoll);
	if (pthread_create(&server, NULL, serve, &epoll) != 0)
		measure_die("no thread for the server");
	w = load_kernel();
	atomic_store(&over, true);
	pthread_join(server, NULL);
	measure_report(&options, &w, "kernel_connections_per_second");
	return EXIT_SUCCESS;
}
