/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* An echo server on epoll: epoll_echo PORT. What comes back is what was sent, and nobody waits for anybody else. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "names.h"

#define EVENTS 64

struct client {
	int fd;
	size_t begin, end;      /* of what is still to be sent back */
	char data[16384];
};

static int
watch(int epoll, int op, int fd, uint32_t events, void *data)
{
	struct epoll_event e = { .events = events, .data.ptr = data };

	return epoll_ctl(epoll, op, fd, &e);
}

static int
open_listener(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, SOMAXCONN) < 0)
		return -1;
	return fd;
}

static void
accept_all(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct client *c = malloc(sizeof(*c));

		if (c == NULL) {
			close(fd);
			continue;
		}
		c->fd = fd;
		c->begin = c->end = 0;
		watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
	}
}

/* 0: nothing is left. 1: the peer takes no more at present. -1: it has gone. */
static int
send_back(struct client *c)
{
	while (c->begin < c->end) {
		ssize_t n = send(c->fd, c->data + c->begin, c->end - c->begin, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? 1 : -1;
		c->begin += (size_t)n;
	}
	c->begin = c->end = 0;
	return 0;
}

/* Reads until there is no more, or until what was read cannot be sent. -1: it is over. */
static int
serve(int epoll, struct client *c)
{
	int left = send_back(c);

	while (left == 0) {
		ssize_t n = read(c->fd, c->data, sizeof(c->data));

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return -1;
		if (n < 0)
			break;
		c->end = (size_t)n;
		left = send_back(c);
	}
	return left < 0 ? -1 : watch(epoll, EPOLL_CTL_MOD, c->fd, left > 0 ? EPOLLOUT : EPOLLIN, c);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	int listener = argc == 2 ? open_listener((uint16_t)atoi(argv[1])) : -1, epoll = epoll_create1(0);

	if (listener < 0 || epoll < 0 || watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL) < 0) {
		fprintf(stderr, "usage: epoll_echo PORT\n");
		return 1;
	}
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		if (n < 0 && errno != EINTR)
			return errno == ECANCELED ? 0 : 1;
		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (c == NULL) {
				accept_all(epoll, listener);
			} else if (serve(epoll, c) < 0) {
				close(c->fd);
				free(c);
			}
		}
	}
}
