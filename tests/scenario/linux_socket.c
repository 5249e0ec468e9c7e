/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Kernel sockets behind the calls of the language. Where the two interfaces
 * name the same refusal differently, the language's name is returned; a socket
 * whose end was told answers EBADF, as there.
 */

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "linux.h"

struct linux_socket *
linux_find(struct linux_host *h, backend_socket id)
{
	return id >= 1 && id <= h->sockets ? &h->socket[id - 1] : NULL;
}

static struct linux_socket *
alive(void *host, backend_socket id)
{
	struct linux_socket *s = linux_find(host, id);

	return s == NULL || s->fd < 0 || s->over || s->closed ? NULL : s;
}

struct linux_socket *
linux_new_socket(struct linux_host *h, int fd)
{
	struct linux_socket *s;

	if (h->sockets == LINUX_SOCKETS) {
		h->trouble = "too many sockets";
		return NULL;
	}
	s = &h->socket[h->sockets++];
	*s = (struct linux_socket){ .fd = fd };
	return s;
}

static socklen_t
to_sockaddr(const struct linux_host *h, const struct tern_endpoint *e, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (h->setup.v6) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)to;

		a->sin6_family = AF_INET6;
		a->sin6_port = htons(e->port);
		memcpy(&a->sin6_addr, e->addr.b, 16);
		return sizeof(*a);
	}
	struct sockaddr_in *a = (struct sockaddr_in *)(void *)to;

	a->sin_family = AF_INET;
	a->sin_port = htons(e->port);
	memcpy(&a->sin_addr, e->addr.b + 12, 4);
	return sizeof(*a);
}

static void
option(int fd, int level, int name, long long value)
{
	int v = (int)value;

	setsockopt(fd, level, name, &v, sizeof(v));
}

/* A namespace's default may only be one that everybody may have, but a socket of root's any. */
static int
set_congestion(int fd, const char *name)
{
	const char *known = strcmp(name, "newreno") == 0 ? "reno" : name;

	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, known, (socklen_t)strlen(known)) == 0 ? 0 : -errno;
}

/* what the scenario's settings say of every socket */
static int
make_socket(const struct linux_host *h)
{
	int fd = socket(h->setup.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	static const struct { const char *setting; int level, name; } options[] = {
		{ "rcvbuf", SOL_SOCKET, SO_RCVBUF }, { "sndbuf", SOL_SOCKET, SO_SNDBUF }, { "mss", IPPROTO_TCP, TCP_MAXSEG },
		{ "user_timeout_ms", IPPROTO_TCP, TCP_USER_TIMEOUT },
	};

	int error;

	if (fd < 0)
		return -errno;
	error = set_congestion(fd, h->setup.congestion);
	if (error < 0) {
		close(fd);
		return error;
	}
	option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	option(fd, h->setup.v6 ? IPPROTO_IPV6 : IPPROTO_IP, h->setup.v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	option(fd, IPPROTO_TCP, TCP_NODELAY, linux_setting(h, "nodelay", 1));
	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (linux_setting(h, options[i].setting, -1) >= 0)
			option(fd, options[i].level, options[i].name, linux_setting(h, options[i].setting, 0));
	if (linux_setting(h, "ttl", -1) >= 0)
		option(fd, h->setup.v6 ? IPPROTO_IPV6 : IPPROTO_IP, h->setup.v6 ? IPV6_UNICAST_HOPS : IP_TTL,
		       linux_setting(h, "ttl", 64));
	if (linux_setting(h, "tos", -1) >= 0)
		option(fd, h->setup.v6 ? IPPROTO_IPV6 : IPPROTO_IP, h->setup.v6 ? IPV6_TCLASS : IP_TOS,
		       linux_setting(h, "tos", 0));
	return fd;
}

int
linux_listen(void *host, const struct tern_endpoint *at, uint32_t backlog, uint32_t fastopen, backend_socket *listener)
{
	struct linux_host *h = host;
	struct sockaddr_storage to;
	struct tern_endpoint where = *at;
	struct linux_socket *s;
	socklen_t n;
	int fd = make_socket(h);

	if (fd < 0)
		return fd;
	if (fastopen > 0)
		option(fd, IPPROTO_TCP, TCP_FASTOPEN, fastopen);
	n = to_sockaddr(h, &where, &to);
	if (bind(fd, (struct sockaddr *)&to, n) != 0 || listen(fd, backlog != 0 ? (int)backlog : 128) != 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	s = linux_new_socket(h, fd);
	if (s == NULL)
		return -ENOBUFS;
	s->listener = true;
	s->local = *at;
	*listener = h->sockets;
	return 0;
}

int
linux_unlisten(void *host, backend_socket listener)
{
	struct linux_socket *s = alive(host, listener);

	if (s == NULL || !s->listener)
		return -EBADF;
	close(s->fd);
	s->fd = -1;
	s->over = true;
	return 0;
}

/* Answers to an open that the two interfaces name differently. */
static int
connect_error(const struct linux_host *h, const struct tern_endpoint *to, int error)
{
	const uint8_t *a = to->addr.b;

	/* no connection can be had to a group or to everybody: EINVAL in the language */
	if (h->setup.v6 ? a[0] == 0xff : a[12] >= 224)
		return -EINVAL;
	return error == EADDRNOTAVAIL ? -EADDRINUSE : -error;
}

int
linux_connect(void *host, const struct tern_endpoint *to, const struct tern_endpoint *from, uint64_t timeout_ns,
	      const void *data, size_t length, bool fastopen, backend_socket *socket)
{
	struct linux_host *h = host;
	struct sockaddr_storage a;
	struct linux_socket *s;
	socklen_t n;
	int fd = make_socket(h);

	if (fd < 0)
		return fd;
	if ((length > 0 && !fastopen) || timeout_ns > 0) {
		close(fd);
		return -EOPNOTSUPP;
	}
	if (from->port != 0 || memcmp(&from->addr, &(struct tern_addr){ 0 }, sizeof(from->addr)) != 0) {
		struct tern_endpoint where = *from;

		n = to_sockaddr(h, &where, &a);
		if (bind(fd, (struct sockaddr *)&a, n) != 0) {
			int error = errno;

			close(fd);
			return -error;
		}
	}
	n = to_sockaddr(h, to, &a);
	if ((fastopen ? sendto(fd, data, length, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&a, n)
		      : connect(fd, (struct sockaddr *)&a, n)) < 0 && errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		return connect_error(h, to, error);
	}
	s = linux_new_socket(h, fd);
	if (s == NULL)
		return -ENOBUFS;
	s->connecting = true;
	s->remote = *to;
	*socket = h->sockets;
	linux_watch(h, s);
	return 0;
}

static ssize_t
outcome(ssize_t n)
{
	return n >= 0 ? n : -errno;
}

ssize_t
linux_send(void *host, backend_socket socket, const void *data, size_t length, unsigned int flags)
{
	struct linux_socket *s = alive(host, socket);
	int more = flags & SEND_MORE ? MSG_MORE : 0, record = flags & SEND_RECORD ? MSG_EOR : 0;
	ssize_t n;

	if (s == NULL)
		return -EBADF;
	n = outcome(send(s->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT | more | record));
	s->blocked = n == -EAGAIN || (n >= 0 && (size_t)n < length);
	s->owes_sent = s->notify_sent && n > 0;
	return n;
}

ssize_t
linux_send_ref(void *host, backend_socket socket, const void *data, size_t length)
{
	return linux_send(host, socket, data, length, 0);
}

ssize_t
linux_send_urgent(void *host, backend_socket socket, const void *data, size_t length)
{
	struct linux_socket *s = alive(host, socket);

	return s == NULL ? -EBADF : outcome(send(s->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_OOB));
}

/*
 * The kernel says where the last urgent byte is (RFC 6093, 2.1), and ends a read in front of it: what may be read
 * until there, and that byte. It says nothing of urgent data whose end has not come.
 */
ssize_t
linux_urgent(void *host, backend_socket socket)
{
	struct linux_socket *s = alive(host, socket);
	struct pollfd p = { .events = POLLPRI };
	static uint8_t bytes[1 << 20];
	ssize_t n;
	int at;

	if (s == NULL)
		return -EBADF;
	p.fd = s->fd;
	if (poll(&p, 1, 0) <= 0 || !(p.revents & POLLPRI))
		return 0;
	if (ioctl(s->fd, SIOCATMARK, &at) == 0 && at)
		return 1;
	n = recv(s->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	return n < 0 ? -errno : n + 1;
}

static ssize_t
receive(void *host, backend_socket socket, void *data, size_t length, int flags)
{
	struct linux_socket *s = alive(host, socket);

	return s == NULL ? -EBADF : outcome(recv(s->fd, data, length, MSG_DONTWAIT | flags));
}

/* A read of the kernel ends at urgent data; the language's does not. */
ssize_t
linux_recv(void *host, backend_socket socket, void *data, size_t length)
{
	size_t got = 0;

	for (;;) {
		ssize_t n = receive(host, socket, (uint8_t *)data + got, length - got, 0);

		if (n <= 0)
			return got > 0 ? (ssize_t)got : n;
		got += (size_t)n;
		if (got == length)
			return (ssize_t)got;
	}
}

ssize_t
linux_peek(void *host, backend_socket socket, void *data, size_t length)
{
	return receive(host, socket, data, length, MSG_PEEK);
}

ssize_t
linux_discard(void *host, backend_socket socket, size_t length)
{
	return receive(host, socket, NULL, length, MSG_TRUNC);
}

int
linux_shutdown(void *host, backend_socket socket)
{
	struct linux_socket *s = alive(host, socket);

	return s == NULL ? -EBADF : (int)outcome(shutdown(s->fd, SHUT_WR));
}

int
linux_shutdown_read(void *host, backend_socket socket)
{
	struct linux_socket *s = alive(host, socket);

	if (s == NULL)
		return -EBADF;
	s->shut_read = true;
	return (int)outcome(shutdown(s->fd, SHUT_RD));
}

int
linux_ready(void *host, backend_socket socket, uint32_t *mask)
{
	static const struct { short kernel; uint32_t bit; } bits[] = {
		{ POLLIN, READY_READABLE }, { POLLOUT, READY_WRITABLE }, { POLLRDHUP, READY_PEER_CLOSED },
		{ POLLPRI, READY_URGENT }, { POLLERR, READY_ERROR }, { POLLHUP, READY_CLOSED },
	};
	struct linux_socket *s = alive(host, socket);
	struct pollfd p = { .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI };

	if (s == NULL)
		return -EBADF;
	p.fd = s->fd;
	if (poll(&p, 1, 0) < 0)
		return -errno;
	*mask = 0;
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		*mask |= p.revents & bits[i].kernel ? bits[i].bit : 0;
	return 0;
}

int
linux_close_socket(void *host, backend_socket socket)
{
	struct linux_socket *s = alive(host, socket);

	if (s == NULL)
		return -EBADF;
	s->closed = true;
	close(s->fd);
	s->fd = -1;
	return 0;
}

int
linux_abort(void *host, backend_socket socket)
{
	struct linux_socket *s = linux_find(host, socket);
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (s == NULL || s->over || s->fd < 0)
		return -EBADF;
	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(s->fd);
	s->fd = -1;
	linux_tell(host, s, EVENT_CLOSED, "aborted");
	return 0;
}
