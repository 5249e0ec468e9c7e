/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* connect(), and what undoes it. */

#include <netinet/in.h>

#include "sock/sock.h"

/* As if it had never been connected, or had never listened. */
void
sock_disconnect(struct tsock_set *set, struct sock *s)
{
	if (s->state == TS_LISTENING) {
		sock_stop_listening(set, s);
	} else if (s->id != 0) {
		tern_abort(set->stack, s->id);
		s->error = ECONNRESET;
	}
	s->id = 0;
	s->state = TS_FRESH;
	s->shut = s->ready = 0;
	s->flags &= ~(uint32_t)(TS_UNCONFIRMED | TS_URGENT | TS_OOB_TAKEN | TS_ERROR_TOLD | TS_DEFERRED | TS_RODE);
	sock_tell(set, s, UINT32_MAX);
}

/* As long as so many SYNs take, of which each waits twice as long as the one before (RFC 6298, 5.5). */
static uint64_t
syn_time_ns(uint32_t retries)
{
	return ((UINT64_C(2) << retries) - 1) * 1000000000;
}

int
sock_connect_options(struct tsock_set *set, const struct sock *s, const struct sockaddr *addr, socklen_t length,
		     struct tern_connect_options *o)
{
	const struct sock_more *more = sock_more(set, s);
	int error = sock_address_read(s, addr, length, &o->target);

	if (error < 0)
		return error;
	if ((s->flags & TS_V6ONLY) && tern_addr_is_v4(&o->target.addr))
		return -ENETUNREACH;
	if (o->target.port == 0)
		return -ECONNREFUSED;  /* as would be the answer */
	if (unlikely(s->flags & TS_BOUND)) {
		o->source_port = more->local.port;
		if (!sock_address_any(&more->local.addr))
			o->source = more->local.addr;
	}
	if (more != NULL && more->syn_count > 0)
		o->timeout_ns = syn_time_ns(more->syn_count);
	return 0;
}

int
sock_begin(struct tsock_set *set, struct sock *s, struct tern_connect_options *o)
{
	const struct sock_more *more = sock_more(set, s);
	int error;

	o->user = sock_user(sock_index(set, s), s->generation);
	error = tern_connect(set->stack, o, &s->id);
	if (unlikely(error == -EINVAL))
		return -ENETUNREACH;  /* ourselves, or no host */
	if (unlikely(error == -EADDRINUSE))
		return -EADDRNOTAVAIL;
	if (unlikely(error < 0))
		return error;
	s->state = TS_CONNECTING;
	s->flags |= TS_UNCONFIRMED;
	s->error = 0;
	if (more != NULL && more->is_kept != 0)
		sock_apply(set, s);
	return 0;
}

static int
begin(struct tsock_set *set, struct sock *s, const struct sockaddr *addr, socklen_t length)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	const struct sock_more *more = sock_more(set, s);
	int error = sock_connect_options(set, s, addr, length, &o);

	o.fastopen = more != NULL && more->fastopen_connect;  /* without data: it asks for a cookie */
	return error < 0 ? error : sock_begin(set, s, &o);
}

/* It is over before anybody was told that it had begun. */
static int
failed(struct tsock_set *set, struct sock *s)
{
	int error = sock_take_error(s);

	sock_disconnect(set, s);
	return error != 0 ? -error : -ECONNABORTED;
}

static int
confirm(struct tsock_set *set, struct sock *s)
{
	if (!(s->flags & TS_UNCONFIRMED))
		return -EISCONN;
	if (s->state == TS_OVER)
		return failed(set, s);
	s->flags &= ~(uint32_t)TS_UNCONFIRMED;
	return 0;
}

int
sock_wait_connected(struct tsock_set *set, int fd, struct sock *s, int so_far)
{
	const struct sock_more *more = sock_more(set, s);
	uint64_t deadline_ns = sock_deadline(set, more == NULL ? UINT64_MAX : more->send_ns);

	while (s->state == TS_CONNECTING) {
		int error = sock_wait(set, deadline_ns);

		if (error < 0)
			return error == -EAGAIN ? so_far : error;
		if (!sock_is(set, fd, s))
			return -EBADF;
	}
	return confirm(set, s);
}

static int
connect_to(struct tsock_set *set, struct sock *s, int fd, const struct sockaddr *addr, socklen_t length)
{
	int so_far = -EALREADY;

	if (length < sizeof(addr->sa_family))
		return -EINVAL;
	if (addr == NULL)
		return -EFAULT;
	if (addr->sa_family == AF_UNSPEC) {
		sock_disconnect(set, s);
		return 0;
	}
	if (s->state == TS_LISTENING)
		return -EISCONN;
	if (s->state == TS_CONNECTED || s->state == TS_OVER)
		return confirm(set, s);
	if (!(s->flags & TS_NONBLOCK) && !sock_may_wait(set))
		return -EDEADLK;  /* before anything has begun */
	if (s->flags & TS_DEFERRED)
		return -EISCONN;
	if (s->state == TS_FRESH && unlikely(s->more != 0) && sock_defers(set, s, addr, length))
		return 0;
	if (s->state == TS_FRESH) {
		int error = begin(set, s, addr, length);

		if (error < 0)
			return error;
		so_far = -EINPROGRESS;
	}
	return s->flags & TS_NONBLOCK ? so_far : sock_wait_connected(set, fd, s, so_far);
}

int
tsock_connect(int fd, const struct sockaddr *addr, socklen_t length)
{
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	return (int)sock_result(s == NULL ? error : connect_to(set, s, fd, addr, length));
}
