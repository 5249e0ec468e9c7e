/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* getsockname, getpeername. */

#include "sock/sock.h"

int
sock_name(struct tsock_set *set, struct sock *s, bool peer, struct tern_endpoint *name)
{
	struct tern_info info = TERN_INFO_INIT;
	const struct sock_more *more;

	if (peer && s->state != TS_CONNECTED)
		return -ENOTCONN;
	if (s->id != 0 && s->state != TS_LISTENING && tern_info(set->stack, s->id, &info) == 0) {
		*name = peer ? info.remote : info.local;
		return 0;
	}
	/* it is bound to a port that nobody has asked for so far */
	if ((s->flags & (TS_BOUND | TS_IN_PORTS)) == TS_BOUND && sock_bind_port(set, s) < 0)
		return -ENOBUFS;
	more = sock_more(set, s);
	*name = more == NULL ? (struct tern_endpoint){ 0 } : more->local;
	return peer ? -ENOTCONN : 0;
}

static int
tell_name(int fd, bool peer, struct sockaddr *addr, socklen_t *length)
{
	struct tern_endpoint name;
	struct tsock_set *set;
	int error;
	struct sock *s = sock_get(&set, fd, &error);

	if (s == NULL)
		return error;
	error = sock_name(set, s, peer, &name);
	if (error < 0)
		return error;
	if (addr == NULL || length == NULL)
		return -EFAULT;
	if ((int)*length < 0)
		return -EINVAL;
	sock_address_write(s, &name, addr, length);
	return 0;
}

int
tsock_getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)sock_result(tell_name(fd, false, addr, length));
}

int
tsock_getpeername(int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)sock_result(tell_name(fd, true, addr, length));
}
