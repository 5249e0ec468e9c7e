/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The table of calls that packetdrill gets: each one is the sockets' own, inside the world. */

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "interface.h"
#include "world.h"

#define PACKET_WAIT_NS (UINT64_C(100) * 1000000000)  /* until a packet that the script expects is said not to come */

/* A call of the sockets' in the world, and what it returns. */
#define IN_WORLD(w, call) (world_enter(w), world_leave(w, (call)))

/* ---- descriptors: the host knows each by the same number, as the tool closes what is left with its own close() */

static int
opened(struct world *w, int fd)
{
	if (fd >= 0 && dup2(w->host_fd, fd) < 0)
		world_fail("descriptor %d is not to be had of the host: %s", fd, strerror(errno));
	return fd;
}

static int
call_socket(struct world *w, int domain, int type, int protocol)
{
	world_enter(w);
	if (world_start(w, domain) < 0)
		return (int)world_leave(w, -1);
	if (w->set == NULL) {
		errno = EAFNOSUPPORT;
		return (int)world_leave(w, -1);
	}
	return (int)world_leave(w, opened(w, tsock_socket(domain, type, protocol)));
}

static int
call_accept(struct world *w, int fd, struct sockaddr *addr, socklen_t *length)
{
	return (int)IN_WORLD(w, opened(w, tsock_accept(fd, addr, length)));
}

static int
call_epoll_create(struct world *w, int size)
{
	world_enter(w);
	if (world_start(w, AF_INET) < 0)
		return (int)world_leave(w, -1);
	return (int)world_leave(w, opened(w, tsock_epoll_create(size)));
}

static int
call_close(struct world *w, int fd)
{
	int result;

	world_enter(w);
	result = tsock_close(fd);
	if (result == 0)
		close(fd);
	return (int)world_leave(w, result);
}

/* ---- the sockets' own */

static int
call_bind(struct world *w, int fd, const struct sockaddr *addr, socklen_t length)
{
	return (int)IN_WORLD(w, tsock_bind(fd, addr, length));
}

static int
call_listen(struct world *w, int fd, int backlog)
{
	return (int)IN_WORLD(w, tsock_listen(fd, backlog));
}

static int
call_connect(struct world *w, int fd, const struct sockaddr *addr, socklen_t length)
{
	return (int)IN_WORLD(w, tsock_connect(fd, addr, length));
}

static ssize_t
call_read(struct world *w, int fd, void *data, size_t length)
{
	return IN_WORLD(w, tsock_read(fd, data, length));
}

static ssize_t
call_readv(struct world *w, int fd, const struct iovec *iov, int count)
{
	return IN_WORLD(w, tsock_readv(fd, iov, count));
}

static ssize_t
call_recv(struct world *w, int fd, void *data, size_t length, int flags)
{
	return IN_WORLD(w, tsock_recv(fd, data, length, flags));
}

static ssize_t
call_recvfrom(struct world *w, int fd, void *data, size_t length, int flags, struct sockaddr *addr, socklen_t *addr_length)
{
	return IN_WORLD(w, tsock_recvfrom(fd, data, length, flags, addr, addr_length));
}

static ssize_t
call_recvmsg(struct world *w, int fd, struct msghdr *msg, int flags)
{
	return IN_WORLD(w, tsock_recvmsg(fd, msg, flags));
}

static ssize_t
call_write(struct world *w, int fd, const void *data, size_t length)
{
	return IN_WORLD(w, tsock_write(fd, data, length));
}

static ssize_t
call_writev(struct world *w, int fd, const struct iovec *iov, int count)
{
	return IN_WORLD(w, tsock_writev(fd, iov, count));
}

static ssize_t
call_send(struct world *w, int fd, const void *data, size_t length, int flags)
{
	return IN_WORLD(w, tsock_send(fd, data, length, flags));
}

static ssize_t
call_sendto(struct world *w, int fd, const void *data, size_t length, int flags, const struct sockaddr *addr,
	    socklen_t addr_length)
{
	return IN_WORLD(w, tsock_sendto(fd, data, length, flags, addr, addr_length));
}

static ssize_t
call_sendmsg(struct world *w, int fd, const struct msghdr *msg, int flags)
{
	return IN_WORLD(w, tsock_sendmsg(fd, msg, flags));
}

static int
call_fcntl(struct world *w, int fd, int command, ...)
{
	va_list arguments;
	long value;

	va_start(arguments, command);
	value = va_arg(arguments, long);
	va_end(arguments);
	return (int)IN_WORLD(w, tsock_fcntl(fd, command, value));
}

static int
call_ioctl(struct world *w, int fd, unsigned long request, ...)
{
	va_list arguments;
	void *value;

	va_start(arguments, request);
	value = va_arg(arguments, void *);
	va_end(arguments);
	return (int)IN_WORLD(w, tsock_ioctl(fd, request, value));
}

static int
call_shutdown(struct world *w, int fd, int how)
{
	return (int)IN_WORLD(w, tsock_shutdown(fd, how));
}

static int
call_getsockopt(struct world *w, int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)IN_WORLD(w, tsock_getsockopt(fd, level, name, value, length));
}

static int
call_setsockopt(struct world *w, int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)IN_WORLD(w, tsock_setsockopt(fd, level, name, value, length));
}

static int
call_poll(struct world *w, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return (int)IN_WORLD(w, tsock_poll(fds, count, timeout_ms));
}

static int
call_epoll_ctl(struct world *w, int epfd, int op, int fd, struct epoll_event *event)
{
	return (int)IN_WORLD(w, tsock_epoll_ctl(epfd, op, fd, event));
}

static int
call_epoll_wait(struct world *w, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	return (int)IN_WORLD(w, tsock_epoll_wait(epfd, events, max, timeout_ms));
}

/* ---- the network */

static int
call_netdev_send(struct world *w, const void *packet, size_t length)
{
	int result;

	world_lock(w);
	result = w->stack == NULL ? 0 : world_inject(w, packet, length);
	world_settle(w);
	world_count(w);
	world_unlock(w);
	return result;
}

static int
call_netdev_receive(struct world *w, void *packet, size_t *length, long long *time_us)
{
	const struct world_packet *next;

	world_lock(w);
	world_run(w, w->now_ns + PACKET_WAIT_NS, true);
	if (w->out_head == w->out_tail)
		world_fail("no packet came within %u s", (unsigned int)(PACKET_WAIT_NS / 1000000000));
	next = &w->out[w->out_head++ % WORLD_FRAMES];
	*length = RTE_MIN(*length, (size_t)next->length);
	memcpy(packet, next->bytes, *length);
	*time_us = (long long)(next->time_ns / 1000);
	free(next->bytes);
	world_unlock(w);
	return 0;
}

/* ---- time */

static int
call_usleep(struct world *w, useconds_t us)
{
	world_lock(w);
	world_hand_over(w);
	world_run(w, w->now_ns + (uint64_t)us * 1000, false);
	world_unlock(w);
	return 0;
}

/* A microsecond each time, so that who waits by asking comes to an end. */
static int
call_gettimeofday(struct world *w, struct timeval *tv, struct timezone *tz)
{
	(void)tz;
	world_lock(w);
	world_advance(w, 1000);
	tv->tv_sec = (time_t)(w->now_ns / 1000000000);
	tv->tv_usec = (suseconds_t)(w->now_ns % 1000000000 / 1000);
	world_unlock(w);
	return 0;
}

/* ---- the rest */

static int
call_pipe(struct world *w, int fds[2])
{
	(void)w;
	return pipe(fds);
}

static ssize_t
call_splice(struct world *w, int in, loff_t *in_offset, int out, loff_t *out_offset, size_t length, unsigned int flags)
{
	(void)w, (void)in, (void)in_offset, (void)out, (void)out_offset, (void)length, (void)flags;
	errno = ENOSYS;
	return -1;
}

static void
call_free(struct world *w)
{
	if (the_world == w)
		the_world = NULL;
	world_free(w);
}

void
packetdrill_interface_init(const char *flags, struct drill_calls *calls)
{
	struct world *w = world_new(flags);

	/* for what the tool starts by a shell there is nothing to be answered */
	unsetenv("LD_PRELOAD");
	the_world = w;
	*calls = (struct drill_calls){
		.world = w, .free = call_free, .socket = call_socket, .bind = call_bind, .listen = call_listen,
		.accept = call_accept, .connect = call_connect, .read = call_read, .readv = call_readv, .recv = call_recv,
		.recvfrom = call_recvfrom, .recvmsg = call_recvmsg, .write = call_write, .writev = call_writev,
		.send = call_send, .sendto = call_sendto, .sendmsg = call_sendmsg, .fcntl = call_fcntl, .ioctl = call_ioctl,
		.close = call_close, .shutdown = call_shutdown, .getsockopt = call_getsockopt, .setsockopt = call_setsockopt,
		.poll = call_poll, .netdev_send = call_netdev_send, .netdev_receive = call_netdev_receive,
		.usleep = call_usleep, .gettimeofday = call_gettimeofday, .epoll_create = call_epoll_create,
		.epoll_ctl = call_epoll_ctl, .epoll_wait = call_epoll_wait, .pipe = call_pipe, .splice = call_splice,
	};
}
