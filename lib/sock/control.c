/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* fcntl and ioctl. */

#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "sock/data.h"

/* ---- fcntl */

static int
control_socket(struct sock *s, int command, long argument)
{
	switch (command) {
	case F_GETFL:
		return O_RDWR | (s->flags & TS_NONBLOCK ? O_NONBLOCK : 0);
	case F_SETFL:
		s->flags = argument & O_NONBLOCK ? s->flags | TS_NONBLOCK : s->flags & ~(uint32_t)TS_NONBLOCK;
		return 0;
	case F_GETFD:
		return s->flags & TS_CLOEXEC ? FD_CLOEXEC : 0;
	case F_SETFD:
		s->flags = argument & FD_CLOEXEC ? s->flags | TS_CLOEXEC : s->flags & ~(uint32_t)TS_CLOEXEC;
		return 0;
	default:
		return -EINVAL;
	}
}

static int
control_epoll(struct epoll *e, int command, long argument)
{
	switch (command) {
	case F_GETFL:
		return O_RDWR;
	case F_SETFL:
		return 0;
	case F_GETFD:
		return e->close_on_exec ? FD_CLOEXEC : 0;
	case F_SETFD:
		e->close_on_exec = argument & FD_CLOEXEC;
		return 0;
	default:
		return -EINVAL;
	}
}

int
tsock_fcntl(int fd, int command, ...)
{
	struct tsock_set *set;
	long argument;
	struct sock *s;
	va_list list;
	int error;

	va_start(list, command);
	argument = va_arg(list, long);
	va_end(list);
	s = sock_get(&set, fd, &error);
	if (s != NULL)
		return (int)sock_result(control_socket(s, command, argument));
	return (int)sock_result(error == -ENOTSOCK ? control_epoll(epoll_get(set, fd), command, argument) : error);
}

/* ---- ioctl */

/* Bytes that nobody has read, or that nobody has acknowledged, or sent. -EINVAL on a listener. */
static int
count_bytes(struct tsock_set *set, struct sock *s, unsigned long request, int *value)
{
	struct tern_info i = TERN_INFO_INIT;

	if (s->state == TS_LISTENING)
		return -EINVAL;
	*value = 0;
	if (s->state != TS_CONNECTED || tern_info(set->stack, s->id, &i) < 0)
		return 0;
	*value = (int)(request == SIOCINQ ? sock_before_mark(set, s, i.unread) :
		       request == SIOCOUTQ ? i.unacked + i.unsent : i.unsent);
	return 0;
}

static int
ioctl_socket(struct tsock_set *set, struct sock *s, unsigned long request, int *value)
{
	switch (request) {
	case FIOCLEX:
		s->flags |= TS_CLOEXEC;
		return 0;
	case FIONCLEX:
		s->flags &= ~(uint32_t)TS_CLOEXEC;
		return 0;
	case FIONBIO:
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
	case SIOCATMARK:
		break;
	default:
		return -ENOTTY;
	}
	if (value == NULL)
		return -EFAULT;
	if (request == FIONBIO)
		return control_socket(s, F_SETFL, *value != 0 ? O_NONBLOCK : 0);
	if (request != SIOCATMARK)
		return count_bytes(set, s, request, value);
	*value = sock_at_mark(set, s);
	return 0;
}

int
tsock_ioctl(int fd, unsigned long request, ...)
{
	struct tsock_set *set;
	struct sock *s;
	va_list list;
	int *value;
	int error;

	va_start(list, request);
	value = va_arg(list, int *);
	va_end(list);
	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return (int)sock_result(error == -ENOTSOCK ? -ENOTTY : error);
	return (int)sock_result(ioctl_socket(set, s, request, value));
}
