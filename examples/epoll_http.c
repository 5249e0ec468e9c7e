/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A small HTTP/1.1 server on epoll: epoll_http PORT [BYTES]. It answers every GET with so many bytes, keeps connections
 * open, takes requests that come in pieces or several at once, and understands "Connection: close".
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "names.h"

#define EVENTS 64
#define REQUEST_MOST 8192

struct server {
	int epoll, listener;
	char *body;
	size_t body_size;
};

struct client {
	int fd;
	size_t got;             /* of requests, in: */
	char data[REQUEST_MOST];
	char head[256];         /* of the answer that is being sent */
	size_t head_size, sent, size;
	bool last;              /* then the connection ends */
};

static int
watch(const struct server *s, int op, int fd, uint32_t events, void *data)
{
	struct epoll_event e = { .events = events, .data.ptr = data };

	return epoll_ctl(s->epoll, op, fd, &e);
}

static int
open_listener(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, SOMAXCONN) < 0)
		return -1;
	return fd;
}

static void
accept_all(const struct server *s)
{
	int fd;

	while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct client *c = calloc(1, sizeof(*c));

		if (c == NULL) {
			close(fd);
			continue;
		}
		c->fd = fd;
		watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, c);
	}
}

/* ---- requests and answers */

static bool
has_field(const char *request, const char *field)
{
	return strcasestr(request, field) != NULL;
}

static void
begin_answer(struct client *c, const char *status, size_t body)
{
	int n = snprintf(c->head, sizeof(c->head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, body,
			 c->last ? "Connection: close\r\n" : "");

	c->head_size = (size_t)n;
	c->size = c->head_size + body;
	c->sent = 0;
}

/* The next whole request, if there is one: its answer begins, and it is forgotten. */
static bool
next_request(const struct server *s, struct client *c)
{
	char *end = memmem(c->data, c->got, "\r\n\r\n", 4);
	size_t length;

	if (end == NULL && c->got < REQUEST_MOST)
		return false;
	c->last = end == NULL;
	if (end == NULL) {
		begin_answer(c, "431 Request Header Fields Too Large", 0);
		return true;
	}
	*end = 0;
	length = (size_t)(end - c->data) + 4;
	c->last = has_field(c->data, "\nConnection: close") ||
		  (has_field(c->data, " HTTP/1.0") && !has_field(c->data, "\nConnection: keep-alive"));
	if (strncmp(c->data, "GET ", 4) == 0)
		begin_answer(c, "200 OK", s->body_size);
	else
		begin_answer(c, "405 Method Not Allowed", 0);
	c->got -= length;
	memmove(c->data, c->data + length, c->got);
	return true;
}

/* 0: all is sent. 1: the peer takes no more at present. -1: it has gone. */
static int
send_answer(const struct server *s, struct client *c)
{
	while (c->sent < c->size) {
		struct iovec iov[2];
		int count = 0;
		ssize_t n;

		if (c->sent < c->head_size)
			iov[count++] = (struct iovec){ c->head + c->sent, c->head_size - c->sent };
		if (c->size > c->head_size) {
			size_t from = c->sent > c->head_size ? c->sent - c->head_size : 0;

			iov[count++] = (struct iovec){ s->body + from, c->size - c->head_size - from };
		}
		n = writev(c->fd, iov, count);
		if (n < 0)
			return errno == EAGAIN ? 1 : -1;
		c->sent += (size_t)n;
	}
	return 0;
}

/* -1: it is over. */
static int
serve(const struct server *s, struct client *c)
{
	for (;;) {
		int left = send_answer(s, c);
		ssize_t n;

		if (left < 0 || (left == 0 && c->last))
			return -1;
		if (left > 0)
			return watch(s, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
		if (next_request(s, c))
			continue;
		n = read(c->fd, c->data + c->got, REQUEST_MOST - c->got);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return -1;
		if (n < 0)
			return watch(s, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
		c->got += (size_t)n;
	}
}

static int
begin(struct server *s, int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		return -1;
	s->body_size = argc == 3 ? strtoul(argv[2], NULL, 10) : 64;
	s->body = malloc(s->body_size + 1);
	s->epoll = epoll_create1(0);
	s->listener = open_listener((uint16_t)atoi(argv[1]));
	if (s->body == NULL || s->epoll < 0 || s->listener < 0)
		return -1;
	memset(s->body, 'x', s->body_size);
	return watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, NULL);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct server s;

	signal(SIGPIPE, SIG_IGN);
	if (begin(&s, argc, argv) < 0) {
		fprintf(stderr, "usage: epoll_http PORT [BYTES]\n");
		return 1;
	}
	for (;;) {
		int n = epoll_wait(s.epoll, events, EVENTS, -1);

		if (n < 0 && errno != EINTR)
			return errno == ECANCELED ? 0 : 1;
		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (c == NULL) {
				accept_all(&s);
			} else if (serve(&s, c) < 0) {
				close(c->fd);
				free(c);
			}
		}
	}
}
