/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_SOCKET_H
#define TERN_SOCKET_H

/**
 * @file
 * Sockets over the event API of tern/tern.h: Linux's calls under the prefix tsock_, with Linux's signatures, structs,
 * constants, return values and errno. A program is ported by changing names, and by the lines that make a set.
 *
 * A set is one core's sockets: those of one stack. Its calls are made on that core, and each thread says with
 * tsock_use() which set it means. Descriptors are the set's own small numbers, the lowest free one each time; they are
 * not the kernel's, whose calls know nothing of them.
 *
 * The core's turns. A call that waits takes turns until it is through (tern_wait(), or the function that the options
 * name); a call that does not wait takes none. But tsock_poll() and tsock_epoll_wait() take at least one each, with a
 * timeout of 0 exactly one: that is how a program of one loop runs its core. Turns are never taken within a turn: what
 * would have to wait there fails with EDEADLK. tern_wake() ends a wait with EINTR, as a signal would; after
 * tern_stop() waits fail with ECANCELED.
 *
 * What is different from Linux:
 * - Without a current set calls fail with ENXIO. No signal is ever raised: a write that nobody will read is EPIPE,
 *   MSG_NOSIGNAL or not. Nothing is shared: descriptors are of a set, there is no dup(), fork() or sendmsg(SCM_RIGHTS).
 * - A host's own addresses, 127.0.0.1 too, are not reached through the stack: connecting there is ENETUNREACH.
 * - bind() to port 0 leaves the port open until it is asked for (tsock_getsockname(), tsock_listen()), or a connection
 *   chooses it, as with Linux's IP_BIND_ADDRESS_NO_PORT: so that answers come to this core.
 * - Ports of connections in TIME-WAIT may be listened on, as if SO_REUSEADDR were always set; SO_REUSEPORT is what
 *   several cores do that listen on one port, one listener each. Within a set it shares nothing.
 * - A connection that has ended, and was neither bound nor accepted, knows its own port no more (tsock_getsockname()).
 * - A reset takes with it what was received and not yet read (RFC 9293, 3.10.7.4).
 * - SO_LINGER with a time: tsock_close() waits for so long, but not on a non-blocking socket.
 * - What is not known is refused, never ignored: options with ENOPROTOOPT, flags with EOPNOTSUPP.
 */

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One core's sockets. */
struct tsock_set;

struct tsock_set_options {
	size_t size;
	int first_descriptor;       /* the lowest descriptor; 0 by default */
	uint32_t descriptors;       /* how many at most; 0: 65,536. EMFILE beyond */
	uint32_t batch;             /* events that are taken from a turn; 0: 64 */
	/**
	 * Takes the core's next turn, for at most limit_ns (0: a turn and no wait; UINT64_MAX: until something happens), and
	 * fills at most max events. NULL: tern_wait() on the set's stack. It may come back early with none.
	 * @return how many, or -errno, with which the call that waits fails (-EINTR: it was interrupted).
	 */
	int (*turn)(void *arg, struct tern_event *events, int max, uint64_t limit_ns);
	void *arg;
	bool delivered;             /* the program takes the turns and hands over the events: tsock_deliver(). Calls that would
	                             * wait fail with EDEADLK, and tsock_poll() and tsock_epoll_wait() take no turn */
};
#define TSOCK_SET_INIT { .size = sizeof(struct tsock_set_options) }

/** A set of sockets of that stack. options may be NULL. @return NULL with errno: ENOMEM, EINVAL. */
struct tsock_set *tsock_set_new(struct tern_stack *stack, const struct tsock_set_options *options);

/** Closes all that is open, as tsock_close() does without waiting, and frees the set. The stack stays. If it is the
 *  calling thread's current one, there is none from now on. set may be NULL. */
void tsock_set_free(struct tsock_set *set);

/** From now on the calling thread's calls mean this set; NULL: none. @return the one before. */
struct tsock_set *tsock_use(struct tsock_set *set);
/** The calling thread's current set, or NULL. */
struct tsock_set *tsock_current(void);

/** Hand the set the events of a turn that the program took. Those of connections that are not its are passed over:
 *  see tsock_owns(). */
void tsock_deliver(struct tsock_set *set, const struct tern_event *events, int n);

/** Whether the event is of one of the set's connections or listeners. Those have user pointers of the set's, which the
 *  program must not change. */
bool tsock_owns(const struct tsock_set *set, const struct tern_event *event);

/** The connection behind a descriptor, for calls of the event API that sockets do not have (tern_send_ref(),
 *  tern_info()). Bytes that are read or closed through it are missing here. @return 0: there is none. */
tern_conn tsock_conn(int fd);

/* ---- sockets: AF_INET or AF_INET6, SOCK_STREAM (with SOCK_NONBLOCK, SOCK_CLOEXEC), protocol 0 or IPPROTO_TCP ---- */

/** socket(2). @return the descriptor, or EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EINVAL, EMFILE, ENOBUFS. */
int tsock_socket(int domain, int type, int protocol);
/** bind(2). @return 0, or EADDRINUSE, EADDRNOTAVAIL (the stack has no such address), EINVAL, EAFNOSUPPORT. */
int tsock_bind(int fd, const struct sockaddr *addr, socklen_t length);
/** listen(2). An unbound socket gets a port. The second call changes the backlog. @return 0, or EADDRINUSE,
 *  EADDRNOTAVAIL, EINVAL (connected or connecting). */
int tsock_listen(int fd, int backlog);
/** accept(2) and accept4(2): of an accepted socket O_NONBLOCK is off unless asked for; options are the listener's. */
int tsock_accept(int fd, struct sockaddr *addr, socklen_t *length);
int tsock_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags);
/** connect(2). EINPROGRESS, then EALREADY, on a non-blocking socket; when it has succeeded 0 once more, then EISCONN;
 *  when it has failed, why, and the socket may be connected anew. A blocking one waits as SO_SNDTIMEO says. AF_UNSPEC
 *  disconnects. */
int tsock_connect(int fd, const struct sockaddr *addr, socklen_t length);
/** close(2): RST if data is unread, or with SO_LINGER of 0 s. A listener's connections that nobody accepted are reset.
 *  The descriptor leaves every epoll. */
int tsock_close(int fd);
/** shutdown(2). */
int tsock_shutdown(int fd, int how);
/** getsockname(2) and getpeername(2); an IPv4 peer of an AF_INET6 socket is told mapped. */
int tsock_getsockname(int fd, struct sockaddr *addr, socklen_t *length);
int tsock_getpeername(int fd, struct sockaddr *addr, socklen_t *length);

/* ---- data ------------------------------------------------------------------------------------------------------- */

/** Flags of receiving: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC (the bytes are dropped, and counted), MSG_OOB,
 *  MSG_CMSG_CLOEXEC and MSG_NOSIGNAL (nothing to do). */
ssize_t tsock_read(int fd, void *data, size_t length);
ssize_t tsock_readv(int fd, const struct iovec *iov, int count);
ssize_t tsock_recv(int fd, void *data, size_t length, int flags);
ssize_t tsock_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *addr, socklen_t *addr_length);
ssize_t tsock_recvmsg(int fd, struct msghdr *msg, int flags);
/** Flags of sending: MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_EOR, MSG_MORE (what does not fill a segment waits for the
 *  next write without it, but not beyond an ACK, or a retransmission timeout with nothing under way), MSG_FASTOPEN
 *  (tsock_sendto(), tsock_sendmsg(): connects, with data on the SYN), MSG_ZEROCOPY (under SO_ZEROCOPY: copied, which
 *  tsock_recvmsg(MSG_ERRQUEUE) says; else ignored). Data leaves with the next turn.
 *  Of pointers NULL alone is EFAULT, as calls of a library cannot ask the kernel about the others. */
ssize_t tsock_write(int fd, const void *data, size_t length);
ssize_t tsock_writev(int fd, const struct iovec *iov, int count);
ssize_t tsock_send(int fd, const void *data, size_t length, int flags);
ssize_t tsock_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *addr,
		     socklen_t addr_length);
ssize_t tsock_sendmsg(int fd, const struct msghdr *msg, int flags);

/* ---- options and control ----------------------------------------------------------------------------------------- */

/**
 * getsockopt(2) and setsockopt(2). What is set before there is a connection is kept, and holds from its first segment
 * on; on a listener it is inherited by what it accepts.
 *
 * SO_RCVBUF and SO_SNDBUF: N set is N bytes of window or queue, and 2 N told, as Linux tells it (whose other half is
 * for its own bookkeeping). TCP_NODELAY is at first what the stack has (on, unless --nagle).
 *
 * TCP_INFO: segments, bytes and times (tcpi_bytes_x, segs_x, data_segs_x, delivered, busy_time, x_limited, last_x, dsack_dups)
 * are counted from the first time that it is asked of a socket; with --account of every one from its SYN on. Windows and
 * what is unacknowledged, SACKed or lost are bytes here, and are told in segments as if all but the last were full.
 */
int tsock_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int tsock_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
/** fcntl(2): F_GETFL, F_SETFL (O_NONBLOCK), F_GETFD, F_SETFD (FD_CLOEXEC, of no effect). Else EINVAL. */
int tsock_fcntl(int fd, int command, ...);
/** ioctl(2): FIONBIO, FIONREAD (SIOCINQ), TIOCOUTQ (SIOCOUTQ), SIOCOUTQNSD, SIOCATMARK, FIOCLEX, FIONCLEX, or ENOTTY. */
int tsock_ioctl(int fd, unsigned long request, ...);

/* ---- readiness --------------------------------------------------------------------------------------------------- */

/** poll(2): of the set's descriptors alone. */
int tsock_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/** epoll_create(2), epoll_ctl(2) and epoll_wait(2): level, edge (EPOLLET: one with each arrival) and one-shot;
 *  EPOLLRDHUP, EPOLLEXCLUSIVE and EPOLLWAKEUP are taken. A descriptor of an epoll cannot be watched by another:
 *  EPERM. */
int tsock_epoll_create(int size);
int tsock_epoll_create1(int flags);
int tsock_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int tsock_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
