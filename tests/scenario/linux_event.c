/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What kernel sockets tell, as events. A socket that its user has closed tells
 * nothing any more: its end is when the kernel's tables do not show it, or show
 * TIME-WAIT; why it ended the kernel does not say then.
 */

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <unistd.h>

#include "linux.h"

static void
from_sockaddr(const struct sockaddr_storage *from, struct tern_endpoint *e)
{
	memset(e, 0, sizeof(*e));
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)(const void *)from;

		memcpy(e->addr.b, &a->sin6_addr, 16);
		e->port = ntohs(a->sin6_port);
		return;
	}
	const struct sockaddr_in *a = (const struct sockaddr_in *)(const void *)from;

	e->addr.b[10] = e->addr.b[11] = 0xff;
	memcpy(e->addr.b + 12, &a->sin_addr, 4);
	e->port = ntohs(a->sin_port);
}

void
linux_tell(struct linux_host *h, struct linux_socket *s, uint32_t mask, const char *reason)
{
	if (s->over || mask == 0)
		return;
	if (h->event_tail - h->event_head == LINUX_EVENTS) {
		h->trouble = "more events than anybody could want";
		return;
	}
	if (mask & EVENT_CLOSED) {
		s->over = true;
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
	}
	h->event[h->event_tail++ % LINUX_EVENTS] = (struct backend_event){
		.socket = (backend_socket)(s - h->socket) + 1, .mask = mask, .reason = reason,
		.error = mask & EVENT_CLOSED ? -s->error : 0, .has_endpoints = true, .local = s->local, .remote = s->remote,
	};
}

void
linux_watch(struct linux_host *h, struct linux_socket *s)
{
	struct epoll_event e = {
		.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET, .data.u32 = (uint32_t)(s - h->socket),
	};
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	epoll_ctl(h->epoll, EPOLL_CTL_ADD, s->fd, &e);
	if (getsockname(s->fd, (struct sockaddr *)&a, &n) == 0)
		from_sockaddr(&a, &s->local);
	n = sizeof(a);
	if (getpeername(s->fd, (struct sockaddr *)&a, &n) == 0)
		from_sockaddr(&a, &s->remote);
}

/* Every connection that waits at a listener: the language knows no queue of them. */
static void
accept_all(struct linux_host *h, struct linux_socket *listener)
{
	struct linux_socket *s;
	int fd;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		s = linux_new_socket(h, fd);
		if (s == NULL)
			return;
		h->accepts++;
		linux_watch(h, s);
		linux_tell(h, s, EVENT_ACCEPTED, NULL);
	}
}

/* The reasons that an error may stand for, in the language's words. */
static const char *
reason_of(int error)
{
	switch (error) {
	case 0:
		return "normal";
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	case ETIMEDOUT:
		return "timeout|connect_timeout|user_timeout|keepalive";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "unreachable|network|timeout|connect_timeout|user_timeout";
	default:
		return NULL;
	}
}

static void
socket_event(struct linux_host *h, struct linux_socket *s, uint32_t events)
{
	unsigned int state = linux_tcp_state(s);
	socklen_t n = sizeof(int);
	uint32_t mask = 0;
	int error = 0;

	if (s->connecting && state != TCP_SYN_SENT && state != TCP_SYN_RECV && state != TCP_CLOSE) {
		s->connecting = false;
		mask |= EVENT_CONNECTED;
	}
	if (events & EPOLLIN && !s->connecting)
		mask |= EVENT_READABLE;
	if (events & EPOLLOUT && s->blocked && !s->connecting) {
		s->blocked = false;
		mask |= EVENT_WRITABLE;
	}
	/* who has shut down its own reading is told the same */
	if (events & EPOLLRDHUP && !s->peer_closed && !s->shut_read && state != TCP_CLOSE) {
		s->peer_closed = true;
		mask |= EVENT_PEER_CLOSED;
	}
	if (events & EPOLLPRI)
		mask |= EVENT_URGENT;
	if (events & EPOLLERR)
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error != 0)
		s->error = error;
	if (state != TCP_CLOSE && error != 0)
		mask |= EVENT_ERROR;
	linux_tell(h, s, mask, NULL);
	if (state == TCP_CLOSE)
		linux_tell(h, s, EVENT_CLOSED, reason_of(error));
}

static void
look_at(struct linux_host *h, struct linux_socket *s)
{
	int value = 0;

	if (s->listener && s->fd >= 0)
		accept_all(h, s);
	if (s->over || s->listener)
		return;
	if (s->closed) {
		unsigned int state = linux_table_state(s);

		if (state == 0 || state == TCP_TIME_WAIT)
			linux_tell(h, s, EVENT_CLOSED, NULL);
		return;
	}
	if (s->owes_sent && ioctl(s->fd, SIOCOUTQ, &value) == 0 && value == 0) {
		s->owes_sent = false;
		linux_tell(h, s, EVENT_SENT, NULL);
	}
	/* A kernel connection begins with a spell in which it delays no ACK, and has one anew after each delay. */
	value = 0;
	if (!s->connecting)
		setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &value, sizeof(value));
}

void
linux_look(struct linux_host *h)
{
	struct epoll_event e[32];
	int n = epoll_wait(h->epoll, e, 32, 0);

	for (int i = 0; i < n; i++)
		if (h->socket[e[i].data.u32].fd >= 0)
			socket_event(h, &h->socket[e[i].data.u32], e[i].events);
	for (unsigned int i = 0; i < h->sockets; i++)
		look_at(h, &h->socket[i]);
}
