/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_KERNEL_CASES_H
#define TESTS_UNIT_KERNEL_CASES_H

/* Programs of calls that test_sock_kernel.c runs against two kinds of sockets. */

#include <sys/epoll.h>
#include <sys/uio.h>

#include "sock_pair.h"

struct calls {
	int (*socket)(int domain, int type, int protocol);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t length);
	int (*listen)(int fd, int backlog);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *length, int flags);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t length);
	ssize_t (*read)(int fd, void *data, size_t length);
	ssize_t (*readv)(int fd, const struct iovec *iov, int count);
	ssize_t (*recv)(int fd, void *data, size_t length, int flags);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	ssize_t (*write)(int fd, const void *data, size_t length);
	ssize_t (*writev)(int fd, const struct iovec *iov, int count);
	ssize_t (*send)(int fd, const void *data, size_t length, int flags);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	int (*shutdown)(int fd, int how);
	int (*close)(int fd);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *length);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t length);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *length);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *length);
	int (*fcntl)(int fd, int command, ...);
	int (*ioctl)(int fd, unsigned long request, ...);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout);
	int (*epoll_create1)(int flags);
	int (*epoll_ctl)(int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(int epfd, struct epoll_event *events, int max, int timeout);
};

#define PROGRAM_FDS 64
#define PROGRAM_TEXT 65536

/* A program that runs: its descriptors are numbered in the order of their making. */
struct program {
	const struct calls *call;
	struct sock_pair *pair;        /* NULL: the kernel's */
	uint32_t rest_us;
	uint16_t port;                 /* the kernel's listener's */
	struct { int fd; unsigned int side; } fd[PROGRAM_FDS];
	int opened;
	char text[PROGRAM_TEXT];
	size_t length;
};

struct kernel_case {
	const char *name;
	void (*run)(struct program *g);
};

/* kernel_states.c and so on: ended by one without a name */
extern const struct kernel_case kernel_states[], kernel_ends[], kernel_data[], kernel_epoll[], kernel_options[], kernel_hold[];
#define CASE(name) { #name, name }

#endif
