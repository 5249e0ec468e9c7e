/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Listeners, and the connections that wait until somebody accepts them. */

#include "sock/sock.h"

static uint32_t
backlog_of(int backlog)
{
	const uint32_t somaxconn = 4096;

	/* Linux takes one more than it was told, and a negative one for as many as it has */
	return RTE_MIN((uint32_t)backlog, somaxconn) + 1;
}

static int
begin_listening(struct tsock_set *set, struct sock *s, int backlog)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	const struct sock_more *more;
	int error = 0;

	if (!(s->flags & TS_IN_PORTS))
		error = sock_bind_port(set, s);
	if (error < 0)
		return error;
	more = sock_more(set, s);
	s->backlog = backlog_of(backlog);
	o.port = more->local.port;
	o.backlog = s->backlog;
	o.user = sock_user(sock_index(set, s), s->generation);
	o.fastopen = more->fastopen;
	o.held = true;
	if (more->is_kept >> TERN_OPT_MSS & 1)
		o.mss = (uint16_t)RTE_MIN(more->kept[TERN_OPT_MSS], (uint64_t)UINT16_MAX);
	if (!sock_address_any(&more->local.addr))
		o.addr = more->local.addr;
	else if (!(s->flags & TS_V6) || tern_addr_is_v4(&more->local.addr))
		o.family = 4;
	else if (s->flags & TS_V6ONLY)
		o.family = 6;
	error = sock_port_taken(set, s, &more->local.addr, o.port) ? -EADDRINUSE : tern_listen(set->stack, &o, &s->id);
	if (error == 0)
		s->state = TS_LISTENING;
	return error;
}

int
tsock_listen(int fd, int backlog)
{
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	if (s == NULL)
		return (int)sock_result(error);
	if (s->state == TS_LISTENING) {
		s->backlog = backlog_of(backlog);
		return (int)sock_result(tern_listen_backlog(set->stack, s->id, s->backlog));
	}
	return (int)sock_result(s->state == TS_FRESH ? begin_listening(set, s, backlog) : -EINVAL);
}

void
sock_stop_listening(struct tsock_set *set, struct sock *s)
{
	tern_unlisten(set->stack, s->id);
	while (s->head != 0) {
		struct sock *child = sock_at(set, s->head);

		s->head = child->link;
		if (child->id != 0)
			tern_abort(set->stack, child->id);
		sock_free(set, child);
	}
	s->tail = s->waiting = 0;
	s->id = 0;
	s->state = TS_FRESH;
	s->generation++;  /* what the stack tells of it yet is nobody's */
}

/* ---- accepting */

static void
push(struct tsock_set *set, struct sock *listener, struct sock *s)
{
	uint32_t index = sock_index(set, s);

	if (listener->tail != 0)
		sock_at(set, listener->tail)->link = index;
	else
		listener->head = index;
	listener->tail = index;
	listener->waiting++;
}

static struct sock *
pop(struct tsock_set *set, struct sock *listener)
{
	struct sock *s = sock_at(set, listener->head);

	listener->head = s->link;
	if (listener->head == 0)
		listener->tail = 0;
	listener->waiting--;
	s->link = 0;
	return s;
}

struct sock *
sock_accepted(struct tsock_set *set, struct sock *listener, const struct tern_event *e)
{
	struct sock *s = NULL;

	if (likely(listener->waiting < listener->backlog))
		s = sock_new(set);
	if (unlikely(s == NULL)) {
		tern_abort(set->stack, e->id);
		return NULL;
	}
	s->id = e->id;
	s->state = TS_CONNECTED;
	s->ready = READY_WRITE;
	s->flags = listener->flags & TS_INHERITED;
	if (likely(!(e->mask & TERN_CLOSED))) {
		tern_set_user(set->stack, e->id, sock_user(sock_index(set, s), s->generation));
		tern_remote(set->stack, e->id, &s->remote);
	}
	if (listener->more != 0) {
		s->more = listener->more;
		sock_more_at(set, s->more)->users++;
		if (sock_more(set, s)->is_kept != 0)
			sock_apply(set, s);
	}
	push(set, listener, s);
	return s;
}

/* 0, or -errno */
static int
wait_for_one(struct tsock_set *set, int fd, const struct sock *s)
{
	const struct sock_more *more = sock_more(set, s);
	uint64_t deadline_ns;

	if (s->flags & TS_NONBLOCK)
		return -EAGAIN;
	deadline_ns = sock_deadline(set, more == NULL ? UINT64_MAX : more->receive_ns);
	while (s->head == 0) {
		int error = sock_wait(set, deadline_ns);

		if (error < 0)
			return error;
		if (!sock_is(set, fd, s))
			return -EBADF;
		if (s->state != TS_LISTENING)
			return -EINVAL;
	}
	return 0;
}

static int
accept_one(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	struct tern_endpoint peer;
	struct tsock_set *set;
	struct sock *s, *child;
	int error;

	s = sock_get(&set, fd, &error);
	if (unlikely(s == NULL))
		return error;
	if (unlikely((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) || s->state != TS_LISTENING))
		return -EINVAL;
	if (unlikely(addr != NULL && (length == NULL || (int)*length < 0)))
		return length == NULL ? -EFAULT : -EINVAL;
	if (s->head == 0 && (error = wait_for_one(set, fd, s)) < 0)
		return error;
	fd = sock_fd_take(set, s->head);
	if (unlikely(fd < 0))
		return fd;
	child = pop(set, s);
	peer = child->remote;
	child->remote = (struct tern_endpoint){ 0 };
	child->fd = fd;
	tern_taken(set->stack, child->id);
	child->flags |= (flags & SOCK_NONBLOCK ? TS_NONBLOCK : 0u) | (flags & SOCK_CLOEXEC ? TS_CLOEXEC : 0u);
	if (addr == NULL)
		return fd;
	sock_address_write(child, &peer, addr, length);
	return fd;
}

int
tsock_accept(int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)sock_result(accept_one(fd, addr, length, 0));
}

int
tsock_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	return (int)sock_result(accept_one(fd, addr, length, flags));
}
