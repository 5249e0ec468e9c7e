/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PACKETDRILL_INTERFACE_H
#define PACKETDRILL_INTERFACE_H

/*
 * What packetdrill asks of a stack that it loads: one exported function, which fills in a table of a pointer of ours and
 * 32 calls. Each gets that pointer first; else they are POSIX's, but for the two that stand for the network. There is
 * no number of a version: the order is all there is.
 */

#include <assert.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct world;

struct drill_calls {
	struct world *world;
	void (*free)(struct world *w);
	/* making and naming */
	int (*socket)(struct world *w, int domain, int type, int protocol);
	int (*bind)(struct world *w, int fd, const struct sockaddr *addr, socklen_t length);
	int (*listen)(struct world *w, int fd, int backlog);
	int (*accept)(struct world *w, int fd, struct sockaddr *addr, socklen_t *length);
	int (*connect)(struct world *w, int fd, const struct sockaddr *addr, socklen_t length);
	/* data in */
	ssize_t (*read)(struct world *w, int fd, void *data, size_t length);
	ssize_t (*readv)(struct world *w, int fd, const struct iovec *iov, int count);
	ssize_t (*recv)(struct world *w, int fd, void *data, size_t length, int flags);
	ssize_t (*recvfrom)(struct world *w, int fd, void *data, size_t length, int flags, struct sockaddr *addr,
			    socklen_t *addr_length);
	ssize_t (*recvmsg)(struct world *w, int fd, struct msghdr *msg, int flags);
	/* data out */
	ssize_t (*write)(struct world *w, int fd, const void *data, size_t length);
	ssize_t (*writev)(struct world *w, int fd, const struct iovec *iov, int count);
	ssize_t (*send)(struct world *w, int fd, const void *data, size_t length, int flags);
	ssize_t (*sendto)(struct world *w, int fd, const void *data, size_t length, int flags, const struct sockaddr *addr,
			  socklen_t addr_length);
	ssize_t (*sendmsg)(struct world *w, int fd, const struct msghdr *msg, int flags);
	/* the rest of a socket */
	int (*fcntl)(struct world *w, int fd, int command, ...);
	int (*ioctl)(struct world *w, int fd, unsigned long request, ...);
	int (*close)(struct world *w, int fd);
	int (*shutdown)(struct world *w, int fd, int how);
	int (*getsockopt)(struct world *w, int fd, int level, int name, void *value, socklen_t *length);
	int (*setsockopt)(struct world *w, int fd, int level, int name, const void *value, socklen_t length);
	int (*poll)(struct world *w, struct pollfd *fds, nfds_t count, int timeout_ms);
	/* the network: an IP packet to the stack; the stack's next one, and when it left. 0, or -1 */
	int (*netdev_send)(struct world *w, const void *packet, size_t length);
	int (*netdev_receive)(struct world *w, void *packet, size_t *length, long long *time_us);
	/* time */
	int (*usleep)(struct world *w, useconds_t us);
	int (*gettimeofday)(struct world *w, struct timeval *tv, struct timezone *tz);
	/* waiting for many, and what needs no stack */
	int (*epoll_create)(struct world *w, int size);
	int (*epoll_ctl)(struct world *w, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(struct world *w, int epfd, struct epoll_event *events, int max, int timeout_ms);
	int (*pipe)(struct world *w, int fds[2]);
	ssize_t (*splice)(struct world *w, int in, loff_t *in_offset, int out, loff_t *out_offset, size_t length,
		      unsigned int flags);
};

static_assert(sizeof(struct drill_calls) == 33 * sizeof(void *) && sizeof(void *) == 8, "264 bytes, as the tool has it");

/* The one name that the tool looks up. flags: --so_flags, or NULL. */
void packetdrill_interface_init(const char *flags, struct drill_calls *calls);

#endif
