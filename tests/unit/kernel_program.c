/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <cmocka.h>
#include <rte_common.h>

#include "kernel_program.h"

#define MOST 262144u
#define IOV 2000u

static char bytes[MOST];

/* ---- writing down */

static void
add(struct program *g, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	g->length += (size_t)vsnprintf(g->text + g->length, sizeof(g->text) - g->length, format, list);
	va_end(list);
	assert_true(g->length < sizeof(g->text));
}

static void
settle(struct program *g)
{
	if (g->pair != NULL) {
		sock_settle(g->pair);
	} else {
		struct timespec rest = { 0, (long)g->rest_us * 1000 };

		nanosleep(&rest, NULL);
	}
}

static long
told(struct program *g, const char *what, int id, long result)
{
	int error = errno;

	add(g, "%s(%d) = %ld %s\n", what, id, result, result < 0 ? strerrorname_np(error) : "");
	settle(g);
	return result;
}

void
p_wait(struct program *g, uint32_t ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };

	if (g->pair != NULL)
		sock_run(g->pair, ms);
	else
		nanosleep(&time, NULL);
}

void
p_say(struct program *g, const char *what, long value)
{
	add(g, "%s %ld\n", what, value);
}

/* ---- descriptors */

static int
fd_of(struct program *g, int id)
{
	if (id < 0)
		return -1;
	if (g->pair != NULL)
		sock_on(g->pair, g->fd[id].side);
	return g->fd[id].fd;
}

static int
made(struct program *g, const char *what, unsigned int side, long fd)
{
	int id = fd >= 0 ? g->opened++ : -1, error = errno;

	assert_true(g->opened < PROGRAM_FDS);
	if (id >= 0) {
		g->fd[id].fd = (int)fd;
		g->fd[id].side = side;
	}
	errno = error;
	told(g, what, id, fd < 0 ? -1 : 0);
	return id;
}

int
p_socket(struct program *g, unsigned int side, int domain, int type, int protocol)
{
	if (g->pair != NULL)
		sock_on(g->pair, side);
	return made(g, "socket", side, g->call->socket(domain, type, protocol));
}

int
p_stream(struct program *g, unsigned int side)
{
	return p_socket(g, side, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

/* ---- opening */

static struct sockaddr_in
address(const struct program *g, unsigned int side, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_storage a;

	if (g->pair == NULL) {
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		a = sock_address(g->pair, side, port);
		memcpy(&in, &a, sizeof(in));
	}
	return in;
}

int
p_bind(struct program *g, int id)
{
	/* the kernel chooses a port that nobody has */
	struct sockaddr_in in = address(g, g->fd[id].side, g->pair == NULL ? 0 : PAIR_PORT);
	socklen_t length = sizeof(in);
	int fd = fd_of(g, id), result = g->call->bind(fd, (struct sockaddr *)&in, sizeof(in));

	told(g, "bind", id, result);
	if (result == 0 && g->fd[id].side == SERVER && g->call->getsockname(fd, (struct sockaddr *)&in, &length) == 0)
		g->port = ntohs(in.sin_port);
	return result;
}

int
p_listen(struct program *g, int id, int backlog)
{
	return (int)told(g, "listen", id, g->call->listen(fd_of(g, id), backlog));
}

int
p_listener(struct program *g)
{
	int id = p_stream(g, SERVER);

	p_bind(g, id);
	p_listen(g, id, 16);
	return id;
}

static int
connect_to(struct program *g, int id, uint16_t port)
{
	struct sockaddr_in in = address(g, SERVER, port);

	return (int)told(g, "connect", id, g->call->connect(fd_of(g, id), (struct sockaddr *)&in, sizeof(in)));
}

int
p_connect(struct program *g, int id)
{
	return connect_to(g, id, g->port);
}

int
p_connect_nowhere(struct program *g, int id)
{
	return connect_to(g, id, P_PEER);
}

int
p_disconnect(struct program *g, int id)
{
	struct sockaddr a = { .sa_family = AF_UNSPEC };

	return (int)told(g, "disconnect", id, g->call->connect(fd_of(g, id), &a, sizeof(a)));
}

int
p_accept(struct program *g, int id, int flags)
{
	struct sockaddr_storage a = { 0 };
	socklen_t length = sizeof(a);
	int from = made(g, "accept", g->fd[id].side,
			g->call->accept4(fd_of(g, id), (struct sockaddr *)&a, &length, flags));

	if (from >= 0)
		add(g, "from %d %d %d\n", a.ss_family, (int)length, ((struct sockaddr_in *)&a)->sin_port != 0);
	return from;
}

void
p_pair(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT);

	p_connect(g, client);
	p_connect(g, client);
	p_accept(g, listener, SOCK_NONBLOCK);
}

/* ---- data */

static void
fill(struct iovec *iov, int count, size_t each)
{
	for (int i = 0; i < count; i++)
		iov[i] = (struct iovec){ bytes + (size_t)i * each % MOST, each };
}

ssize_t
p_recv(struct program *g, int id, size_t length, int flags)
{
	return told(g, "recv", id, g->call->recv(fd_of(g, id), bytes, RTE_MIN(length, (size_t)MOST), flags));
}

ssize_t
p_read(struct program *g, int id, size_t length)
{
	return told(g, "read", id, g->call->read(fd_of(g, id), bytes, length));
}

ssize_t
p_readv(struct program *g, int id, int count, size_t each)
{
	static struct iovec iov[IOV];

	fill(iov, RTE_MAX(count, 0), each);
	return told(g, "readv", id, g->call->readv(fd_of(g, id), iov, count));
}

ssize_t
p_recvmsg(struct program *g, int id, int count, size_t each, int flags)
{
	static struct iovec iov[IOV];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)count };
	ssize_t n;

	fill(iov, count, each);
	n = told(g, "recvmsg", id, g->call->recvmsg(fd_of(g, id), &msg, flags));
	if (n >= 0)
		add(g, "flags %x name %d control %d\n", msg.msg_flags, (int)msg.msg_namelen, (int)msg.msg_controllen);
	return n;
}

ssize_t
p_send(struct program *g, int id, size_t length, int flags)
{
	return told(g, "send", id, g->call->send(fd_of(g, id), bytes, length, flags));
}

ssize_t
p_write(struct program *g, int id, size_t length)
{
	return told(g, "write", id, g->call->write(fd_of(g, id), bytes, length));
}

ssize_t
p_writev(struct program *g, int id, int count, size_t each)
{
	static struct iovec iov[IOV];

	fill(iov, RTE_MAX(count, 0), each);
	return told(g, "writev", id, g->call->writev(fd_of(g, id), iov, count));
}

ssize_t
p_write_quietly(struct program *g, int id, size_t length)
{
	ssize_t n = g->call->write(fd_of(g, id), bytes, RTE_MIN(length, (size_t)MOST));

	settle(g);
	return n;
}

ssize_t
p_fastopen(struct program *g, int id, size_t length, int flags)
{
	struct sockaddr_in in = address(g, SERVER, g->port);
	struct iovec iov = { bytes, length };
	struct msghdr msg = { .msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &iov, .msg_iovlen = 1 };

	return told(g, "sendmsg", id, g->call->sendmsg(fd_of(g, id), &msg, flags | MSG_FASTOPEN));
}

ssize_t
p_recvmsg_inq(struct program *g, int id, size_t length, size_t control)
{
	char space[64] = { 0 };
	struct iovec iov = { bytes, length };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = control };
	ssize_t n = told(g, "recvmsg", id, g->call->recvmsg(fd_of(g, id), &msg, 0));

	if (n < 0)
		return n;
	add(g, "flags %x control %d", msg.msg_flags, (int)msg.msg_controllen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		int value = 0;

		memcpy(&value, CMSG_DATA(c), RTE_MIN(c->cmsg_len - CMSG_LEN(0), sizeof(value)));
		add(g, " %d:%d %d", c->cmsg_level, c->cmsg_type, value);
	}
	add(g, "\n");
	return n;
}

ssize_t
p_recvmsg_errors(struct program *g, int id, size_t control)
{
	char space[128] = { 0 };
	struct msghdr msg = { .msg_control = space, .msg_controllen = control };
	ssize_t n = told(g, "recvmsg", id, g->call->recvmsg(fd_of(g, id), &msg, MSG_ERRQUEUE));
	struct sock_extended_err error;
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (n >= 0)
		add(g, "flags %x\n", msg.msg_flags);
	if (c != NULL) {
		memcpy(&error, CMSG_DATA(c), sizeof(error));
		add(g, "%d:%d %d %d %d %d %d-%d\n", c->cmsg_level, c->cmsg_type, error.ee_errno, error.ee_origin,
		    error.ee_type, error.ee_code, error.ee_info, error.ee_data);
	}
	return n;
}

/* ---- the end */

int
p_shutdown(struct program *g, int id, int how)
{
	return (int)told(g, "shutdown", id, g->call->shutdown(fd_of(g, id), how));
}

int
p_close(struct program *g, int id)
{
	int result = g->call->close(fd_of(g, id));

	told(g, "close", id, result);
	g->fd[id].fd = -1;
	return result;
}

/* ---- readiness */

static void
add_mask(struct program *g, const char *what, int id, uint32_t mask)
{
	static const struct { uint32_t bit; const char *name; } names[] = {
		{ EPOLLIN, "IN" }, { EPOLLOUT, "OUT" }, { EPOLLPRI, "PRI" }, { EPOLLERR, "ERR" }, { EPOLLHUP, "HUP" },
		{ EPOLLRDHUP, "RDHUP" }, { POLLNVAL, "NVAL" }, { EPOLLRDNORM, "RDNORM" }, { EPOLLWRNORM, "WRNORM" },
	};

	add(g, "%s(%d)", what, id);
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (mask & names[i].bit)
			add(g, " %s", names[i].name);
	add(g, "\n");
}

int
p_poll(struct program *g, int id)
{
	struct pollfd f = { .fd = fd_of(g, id), .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM };
	int n = g->call->poll(&f, 1, 0);

	add_mask(g, "poll", id, (uint16_t)f.revents);
	return n;
}

int
p_poll_many(struct program *g, const int *id, unsigned int count, short events)
{
	struct pollfd f[PROGRAM_FDS];
	int n;

	for (unsigned int i = 0; i < count; i++)
		f[i] = (struct pollfd){ .fd = fd_of(g, id[i]), .events = events };
	n = (int)told(g, "poll", (int)count, g->call->poll(f, count, 0));
	for (unsigned int i = 0; i < count; i++)
		add_mask(g, "poll", id[i], (uint16_t)f[i].revents);
	return n;
}

int
p_epoll(struct program *g, unsigned int side)
{
	if (g->pair != NULL)
		sock_on(g->pair, side);
	return made(g, "epoll_create1", side, g->call->epoll_create1(0));
}

int
p_epoll_ctl(struct program *g, int epoll, int op, int id, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = (uint64_t)id };
	int fd = fd_of(g, id), efd = fd_of(g, epoll);

	return (int)told(g, "epoll_ctl", id, g->call->epoll_ctl(efd, op, fd, &e));
}

int
p_epoll_wait(struct program *g, int epoll, int max)
{
	struct epoll_event e[64];
	int n = (int)told(g, "epoll_wait", epoll, g->call->epoll_wait(fd_of(g, epoll), e, max, 0));

	for (int i = 0; i < n; i++)
		add_mask(g, "event", (int)e[i].data.u64, e[i].events);
	return n;
}

/* ---- options, control, names */

int
p_get(struct program *g, int id, int level, int name)
{
	int value[64] = { 0 };
	socklen_t length = sizeof(value);
	int result = g->call->getsockopt(fd_of(g, id), level, name, value, &length);

	told(g, "getsockopt", id, result);
	add(g, "%d:%d is %d of %d\n", level, name, value[0], (int)length);
	return value[0];
}

int
p_set_raw(struct program *g, int id, int level, int name, const void *value, socklen_t length)
{
	add(g, "%d:%d ", level, name);
	return (int)told(g, "setsockopt", id, g->call->setsockopt(fd_of(g, id), level, name, value, length));
}

int
p_set(struct program *g, int id, int level, int name, int value)
{
	return p_set_raw(g, id, level, name, &value, sizeof(value));
}

int
p_set_time(struct program *g, int id, int name, uint32_t ms)
{
	struct timeval time = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	return p_set_raw(g, id, SOL_SOCKET, name, &time, sizeof(time));
}

int
p_linger(struct program *g, int id, int on, int seconds)
{
	struct linger l = { on, seconds };

	return p_set_raw(g, id, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

int
p_names(struct program *g, int id)
{
	struct sockaddr_in6 a = { 0 }, peer = { 0 };
	socklen_t length = sizeof(a);
	int result;

	told(g, "getsockname", id, g->call->getsockname(fd_of(g, id), (struct sockaddr *)&a, &length));
	add(g, "%d %d\n", a.sin6_family, (int)length);
	length = 8;
	result = (int)told(g, "getpeername", id, g->call->getpeername(fd_of(g, id), (struct sockaddr *)&peer, &length));
	add(g, "%d %d %d\n", peer.sin6_family, (int)length, peer.sin6_port != 0);
	/* of what has ended, and was never bound, ours knows its port no more */
	if (result == 0 || g->fd[id].side == SERVER)
		add(g, "port %d\n", a.sin6_port != 0);
	return 0;
}

int
p_fcntl(struct program *g, int id, int command, int argument)
{
	return (int)told(g, "fcntl", id, g->call->fcntl(fd_of(g, id), command, argument));
}

int
p_ioctl(struct program *g, int id, unsigned long request, int argument)
{
	int result = g->call->ioctl(fd_of(g, id), request, &argument);

	told(g, "ioctl", id, result);
	add(g, "%d\n", argument);
	return result;
}

void
ask_all(struct program *g, int id)
{
	p_poll(g, id);
	p_get(g, id, SOL_SOCKET, SO_ERROR);
	p_get(g, id, SOL_SOCKET, SO_ACCEPTCONN);
	p_names(g, id);
	p_recv(g, id, 100, MSG_DONTWAIT);
	p_poll(g, id);
	p_send(g, id, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
	p_poll(g, id);
	p_ioctl(g, id, SIOCINQ, -7);
	p_ioctl(g, id, SIOCATMARK, -7);
	p_accept(g, id, 0);
}
