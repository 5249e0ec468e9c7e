/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Sockets begin and end: socket, bind, shutdown, close. */

#include <netinet/in.h>

#include "sock/sock.h"

int
tsock_socket(int domain, int type, int protocol)
{
	struct tsock_set *set = sock_current;
	struct sock *s;

	if (unlikely(set == NULL))
		return (int)sock_result(-ENXIO);
	if ((type & ~0xf) & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return (int)sock_result(-EINVAL);
	if (domain != AF_INET && domain != AF_INET6)
		return (int)sock_result(-EAFNOSUPPORT);
	if ((type & 0xf) != SOCK_STREAM)
		return (int)sock_result(-ESOCKTNOSUPPORT);
	if (protocol != 0 && protocol != IPPROTO_TCP)
		return (int)sock_result(-EPROTONOSUPPORT);
	s = sock_new(set);
	if (unlikely(s == NULL))
		return (int)sock_result(-ENOBUFS);
	s->flags = (domain == AF_INET6 ? TS_V6 : 0) | (type & SOCK_NONBLOCK ? TS_NONBLOCK : 0) |
		   (type & SOCK_CLOEXEC ? TS_CLOEXEC : 0) | (set->notsent ? TS_NOTSENT : 0);
	s->fd = sock_fd_take(set, sock_index(set, s));
	if (unlikely(s->fd < 0)) {
		sock_free(set, s);
		return (int)sock_result(-EMFILE);
	}
	return s->fd;
}

static int
bind_to(struct tsock_set *set, struct sock *s, const struct sockaddr *addr, socklen_t length)
{
	struct tern_endpoint local;
	int error;

	if (addr == NULL)
		return -EFAULT;
	error = sock_address_read(s, addr, length, &local);
	/* once it was "any address" (POSIX.1g), and Linux takes it still */
	if (error == -EAFNOSUPPORT && !(s->flags & TS_V6) && addr->sa_family == AF_UNSPEC && sock_address_any(&local.addr))
		error = 0;
	if (error < 0)
		return error;
	if ((s->flags & TS_V6ONLY) && tern_addr_is_v4(&local.addr))
		return -EINVAL;
	if (s->state != TS_FRESH || (s->flags & TS_BOUND))
		return -EINVAL;
	return sock_bind(set, s, &local);
}

int
tsock_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	return (int)sock_result(s == NULL ? error : bind_to(set, s, addr, length));
}

/* ---- the end */

static bool
lingers(const struct sock_more *more, uint32_t *seconds)
{
	if (more == NULL || !more->lingers)
		return false;
	*seconds = more->linger_s;
	return true;
}

void
sock_close(struct tsock_set *set, struct sock *s)
{
	uint32_t seconds;

	if (s->state == TS_LISTENING)
		sock_stop_listening(set, s);
	else if (s->id != 0 && unlikely(lingers(sock_more(set, s), &seconds) && seconds == 0))
		tern_abort(set->stack, s->id);
	else if (s->id != 0)
		tern_close(set->stack, s->id);
	sock_free(set, s);
}

/* Something of ours is still to be acknowledged. */
static bool
is_closing(struct tsock_set *set, tern_conn id)
{
	struct tern_info info = TERN_INFO_INIT;

	return tern_info(set->stack, id, &info) == 0 &&
	       (info.state == STATE_FIN_WAIT_1 || info.state == STATE_CLOSING || info.state == STATE_LAST_ACK);
}

static int
close_socket(struct tsock_set *set, struct sock *s)
{
	tern_conn id = s->state == TS_CONNECTED && !(s->flags & TS_NONBLOCK) ? s->id : 0;
	uint64_t deadline_ns;
	uint32_t seconds;

	if (likely(id == 0 || !lingers(sock_more(set, s), &seconds) || seconds == 0)) {
		sock_close(set, s);
		return 0;
	}
	deadline_ns = sock_deadline(set, seconds * UINT64_C(1000000000));
	sock_close(set, s);
	while (is_closing(set, id) && sock_wait(set, deadline_ns) == 0)
		;
	return 0;
}

int
tsock_close(int fd)
{
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	if (likely(s != NULL))
		return close_socket(set, s);
	if (error != -ENOTSOCK)
		return (int)sock_result(error);
	epoll_close(set, epoll_get(set, fd));
	return 0;
}

static int
shut_down(struct tsock_set *set, struct sock *s, uint8_t how)
{
	switch ((enum sock_state)s->state) {
	case TS_LISTENING:
		if (!(how & TS_SHUT_RECEIVE))
			return 0;
		sock_disconnect(set, s);
		return 0;
	case TS_CONNECTING:
		sock_disconnect(set, s);
		return 0;
	case TS_CONNECTED:
		s->flags &= ~(uint32_t)TS_UNCONFIRMED;
		if (how & TS_SHUT_SEND)
			tern_shutdown(set->stack, s->id);
		s->shut |= how;
		sock_tell(set, s, UINT32_MAX);
		return 0;
	default:
		s->shut |= how;
		sock_tell(set, s, UINT32_MAX);
		return -ENOTCONN;
	}
}

int
tsock_shutdown(int fd, int how)
{
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	if (s == NULL)
		return (int)sock_result(error);
	if (how < SHUT_RD || how > SHUT_RDWR)
		return (int)sock_result(-EINVAL);
	return (int)sock_result(shut_down(set, s, (uint8_t)(how + 1)));
}
