/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a socket is ready for, and poll(). */

#include "sock/data.h"

#define HAS_CONNECTION(s) ((s)->state == TS_CONNECTED || (s)->state == TS_CONNECTING)

/* With TCP_NOTSENT_LOWAT there may be room, and too much of what was written waits all the same. */
static bool
is_writable(struct tsock_set *set, struct sock *s)
{
	if (!(s->ready & READY_WRITE) || likely(!(s->flags & TS_NOTSENT)))
		return s->ready & READY_WRITE;
	if (tern_writable(set->stack, s->id) != 0)
		return true;
	s->ready &= (uint8_t)~READY_WRITE;
	return false;
}

uint32_t
sock_mask_any(struct tsock_set *set, struct sock *s)
{
	uint32_t mask = 0;

	if (s->state == TS_LISTENING)
		return s->head != 0 ? EPOLLIN | EPOLLRDNORM : 0;
	if (unlikely(s->shut == TS_SHUT_BOTH || !HAS_CONNECTION(s)))
		mask |= EPOLLHUP;
	if (unlikely(s->shut & TS_SHUT_RECEIVE))
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (unlikely(s->error != 0) || (unlikely(s->flags & TS_ZEROCOPY) && sock_zerocopy_waits(set, s)))
		mask |= EPOLLERR;
	if (unlikely(s->state == TS_CONNECTING))
		return s->flags & TS_DEFERRED ? EPOLLOUT | EPOLLWRNORM : mask;
	if (likely(s->state == TS_CONNECTED) && sock_readable(set, s) &&
	    likely(!(s->flags & TS_URGENT) || sock_reads_on(set, s)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (likely((s->shut & TS_SHUT_SEND) || s->state != TS_CONNECTED || is_writable(set, s)))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (unlikely(s->flags & TS_URGENT) && sock_has_oob(set, s))
		mask |= EPOLLPRI;
	return mask;
}

static uint32_t
mask_of(struct tsock_set *set, int fd)
{
	struct epoll *e;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (likely(s != NULL))
		return sock_mask(set, s);
	e = epoll_get(set, fd);
	return e == NULL ? POLLNVAL : epoll_mask(set, e);
}

static int
look(struct tsock_set *set, struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		uint32_t wanted = (uint32_t)(uint16_t)fds[i].events | POLLERR | POLLHUP | POLLNVAL;

		fds[i].revents = fds[i].fd < 0 ? 0 : (short)(mask_of(set, fds[i].fd) & wanted);
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int
poll_all(struct tsock_set *set, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	uint64_t deadline_ns;
	int ready, error;

	if (fds == NULL && count > 0)
		return -EFAULT;
	ready = look(set, fds, count);
	/* a loop that always finds something runs the core as well */
	if (ready > 0 || timeout_ms == 0) {
		error = set->options.delivered ? 0 : sock_turn(set, 0);
		return error < 0 ? error : look(set, fds, count);
	}
	deadline_ns = sock_deadline(set, timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000);
	while (ready == 0) {
		error = sock_wait(set, deadline_ns);
		if (error == -EAGAIN)
			return 0;
		if (error < 0)
			return error;
		ready = look(set, fds, count);
	}
	return ready;
}

int
tsock_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return (int)sock_result(sock_current == NULL ? -ENXIO : poll_all(sock_current, fds, count, timeout_ms));
}
