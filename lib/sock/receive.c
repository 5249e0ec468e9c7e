/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* read, recv and their kin. */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sock/data.h"

#define FLAGS_TAKEN (MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC | MSG_OOB | MSG_CMSG_CLOEXEC | MSG_NOSIGNAL)
/* Without these a read of something is through with whatever there was */
#define FLAGS_SLOW (MSG_PEEK | MSG_WAITALL | MSG_TRUNC | MSG_OOB)

/* Where no connection is, or none yet. In the order in which Linux asks. */
static __rte_noinline ssize_t
read_nothing(struct sock *s)
{
	if (s->state == TS_LISTENING)
		return -ENOTCONN;
	if (s->ready & READY_DONE)
		return 0;
	if (s->error != 0)
		return -sock_take_error(s);
	if (s->shut & TS_SHUT_RECEIVE)
		return 0;
	return s->state == TS_FRESH ? -ENOTCONN : -EAGAIN;
}

/* What the stack said instead of bytes. */
static ssize_t
not_read(struct sock *s, ssize_t n)
{
	s->ready &= (uint8_t)~(READY_READ | READY_LOOK);
	if (likely(n == -EAGAIN))
		return s->shut & TS_SHUT_RECEIVE ? 0 : -EAGAIN;
	if (n == 0)
		s->ready |= READY_DONE | READY_READ;  /* the end stays in sight */
	else
		s->flags |= TS_ERROR_TOLD;
	return n;
}

/* length > 0. @return how many, 0 at the end, or -errno; nothing is waited for. */
static inline ssize_t
read_some(struct tsock_set *set, struct sock *s, void *data, size_t length)
{
	ssize_t n;

	if (unlikely(s->state != TS_CONNECTED))
		return read_nothing(s);
	if (unlikely(s->flags & TS_URGENT))
		return sock_read_urgent(set, s, data, length, 0);
	n = tern_recv(set->stack, s->id, data, length);
	if (unlikely(n <= 0))
		return not_read(s, n);
	/* fewer than asked for are all that there were */
	s->ready &= (uint8_t)~(READY_READ | READY_LOOK);
	if (unlikely((size_t)n == length))
		s->ready |= READY_LOOK;
	return n;
}

static ssize_t
read_flagged(struct tsock_set *set, struct sock *s, void *data, size_t length, int flags)
{
	ssize_t n;

	if (likely(!(flags & (MSG_PEEK | MSG_TRUNC))))
		return read_some(set, s, data, length);
	if (s->state != TS_CONNECTED)
		return read_nothing(s);
	if (s->flags & TS_URGENT)
		return sock_read_urgent(set, s, data, length, flags);
	if (flags & MSG_PEEK)
		n = tern_peek(set->stack, s->id, flags & MSG_TRUNC ? NULL : data, length);
	else
		n = tern_discard(set->stack, s->id, length);
	if (n <= 0)
		return not_read(s, n);
	if (!(flags & MSG_PEEK))
		s->ready = (uint8_t)((s->ready & ~READY_READ) | READY_LOOK);
	return n;
}

static __rte_noinline bool
has_enough(struct tsock_set *set, struct sock *s)
{
	struct tern_info info = TERN_INFO_INIT;

	return tern_info(set->stack, s->id, &info) < 0 || info.unread >= sock_kept(set, s, TERN_OPT_RCVLOWAT);
}

bool
sock_look(struct tsock_set *set, struct sock *s)
{
	if (unlikely(s->flags & TS_LOWAT) && !(s->shut & TS_SHUT_RECEIVE))
		return has_enough(set, s);
	s->ready &= (uint8_t)~(READY_READ | READY_LOOK);
	if (tern_peek(set->stack, s->id, NULL, 0) == -EAGAIN)
		return false;
	s->ready |= READY_READ;
	return true;
}

/* ---- scattered, and as much as is asked for */

/* Into the vector from byte `done` on. */
static ssize_t
read_vector(struct tsock_set *set, struct sock *s, const struct sock_vector *v, size_t done, int flags)
{
	ssize_t total = 0;
	struct iovec part;

	if (unlikely(flags & MSG_PEEK))
		return sock_peek_vector(set, s, v, flags);
	for (struct sock_place at = sock_place(v, done); sock_place_next(v, &at, &part);) {
		ssize_t n = read_flagged(set, s, part.iov_base, part.iov_len, flags);

		if (n <= 0)
			return total > 0 ? total : n;
		total += n;
		if ((size_t)n < part.iov_len)
			break;
	}
	return total;
}

/* Bytes that go to several places are looked at in a single one first, of SOCK_SCRATCH bytes. */
static inline bool is_peeked_by_copy(const struct sock_vector *v, int flags) { return v->count != 1 && !(flags & MSG_TRUNC); }

ssize_t
sock_peek_vector(struct tsock_set *set, struct sock *s, const struct sock_vector *v, int flags)
{
	size_t length = RTE_MIN(v->total, SOCK_SCRATCH), done = 0;
	struct iovec part;
	ssize_t n;

	if (!is_peeked_by_copy(v, flags))
		return read_flagged(set, s, v->count == 0 ? NULL : v->iov[0].iov_base, v->total, flags);
	n = read_flagged(set, s, set->scratch, length, flags);
	for (struct sock_place at = sock_place(v, 0); (ssize_t)done < n && sock_place_next(v, &at, &part);) {
		size_t some = RTE_MIN(part.iov_len, (size_t)n - done);

		memcpy(part.iov_base, set->scratch + done, some);
		done += some;
	}
	return n;
}

/* Nothing asked for: Linux waits for data all the same, and says what it would say. */
static ssize_t
read_none(struct tsock_set *set, struct sock *s)
{
	if (s->state != TS_CONNECTED)
		return read_nothing(s);
	if (sock_readable(set, s) || (s->shut & TS_SHUT_RECEIVE))
		return 0;
	return -EAGAIN;
}

/* Bytes that end a wait. */
static size_t
enough(struct tsock_set *set, const struct sock *s, const struct sock_vector *v, int flags)
{
	if (flags & MSG_WAITALL)
		return (flags & MSG_PEEK) && is_peeked_by_copy(v, flags) ? RTE_MIN(v->total, (size_t)SOCK_SCRATCH) : v->total;
	return likely(!(s->flags & TS_LOWAT)) ? 1 : RTE_MIN(v->total, (size_t)sock_kept(set, s, TERN_OPT_RCVLOWAT));
}

/* Nothing more will come: what there is may be told now. */
static bool
is_over(const struct sock *s)
{
	return s->state != TS_CONNECTED || s->error != 0 || (s->shut & TS_SHUT_RECEIVE);
}

static ssize_t
receive(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags)
{
	bool waits = !((s->flags & TS_NONBLOCK) || (flags & MSG_DONTWAIT));
	size_t target = enough(set, s, v, flags), done = 0;
	bool nowhere = !(flags & MSG_TRUNC) && sock_vector_faults(v);
	uint64_t deadline_ns = 0;

	for (;;) {
		ssize_t n;
		int error;

		if (unlikely(nowhere && s->state == TS_CONNECTED && sock_readable(set, s)))
			return -EFAULT;
		n = v->total == 0 ? read_none(set, s) : read_vector(set, s, v, done, flags);

		if (n >= 0)
			done = flags & MSG_PEEK ? (size_t)n : done + (size_t)n;
		if (n == 0 || (n < 0 && n != -EAGAIN))
			return done > 0 ? (ssize_t)done : n;
		if (done >= target || !waits || (done > 0 && is_over(s)))
			return done > 0 ? (ssize_t)done : n;
		if (deadline_ns == 0)
			deadline_ns = sock_deadline(set, s->more == 0 ? UINT64_MAX : sock_more(set, s)->receive_ns);
		error = sock_wait(set, deadline_ns);
		if (error < 0 || !sock_is(set, fd, s))
			return done > 0 ? (ssize_t)done : error < 0 ? error : -EBADF;
	}
}

static __rte_noinline ssize_t
receive_slowly(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags)
{
	if (flags & ~FLAGS_TAKEN)
		return -EOPNOTSUPP;
	if (flags & MSG_OOB)
		return sock_recv_oob(set, s, v, flags);
	return receive(set, s, fd, v, flags);
}

static inline ssize_t
receive_one(int fd, void *data, size_t length, int flags)
{
	struct iovec iov = { data, RTE_MIN(length, SOCK_MOST) };
	const struct sock_vector v = { &iov, 1, iov.iov_len };
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (unlikely(s == NULL))
		return error;
	if (likely(!(flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) && length > 0 && data != NULL && !(s->flags & TS_LOWAT))) {
		ssize_t n = read_some(set, s, data, iov.iov_len);

		if (likely(n != -EAGAIN || (s->flags & TS_NONBLOCK) || (flags & MSG_DONTWAIT)))
			return n;
	}
	return receive_slowly(set, s, fd, &v, flags);
}

ssize_t
tsock_recv(int fd, void *data, size_t length, int flags)
{
	return sock_result(receive_one(fd, data, length, flags));
}

ssize_t
tsock_read(int fd, void *data, size_t length)
{
	ssize_t n;

	if (unlikely(length == 0))
		return sock_result(sock_nothing_to_do(fd));
	n = receive_one(fd, data, length, 0);
	/* a file, but none to be read */
	return sock_result(unlikely(n == -ENOTSOCK) ? -EINVAL : n);
}

ssize_t
tsock_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *addr, socklen_t *addr_length)
{
	ssize_t n = receive_one(fd, data, length, flags);

	/* a stream's sender is whom it is connected to: Linux tells no name */
	if (n >= 0 && addr != NULL && addr_length != NULL)
		*addr_length = 0;
	return sock_result(n);
}

static ssize_t
receive_vector(int fd, const struct iovec *iov, size_t count, int flags)
{
	struct sock_vector v;
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return error;
	error = sock_vector_make(&v, iov, count);
	return error < 0 ? error : receive_slowly(set, s, fd, &v, flags);
}

ssize_t
tsock_readv(int fd, const struct iovec *iov, int count)
{
	ssize_t n = count < 0 || count > SOCK_IOV_MOST ? -EINVAL : sock_nothing_to_do(fd);

	if (n == 0 && sock_vector_total(iov, (size_t)count) != 0)
		n = receive_vector(fd, iov, (size_t)count, 0);
	return sock_result(n);
}

/* TCP_INQ: what is left to be read, and one more where the FIN has come: as Linux counts. */
static void
tell_unread(int fd, struct msghdr *msg)
{
	size_t room = msg->msg_controllen;
	struct tern_info info = TERN_INFO_INIT;
	struct tsock_set *set;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct sock *s;
	int left, error;

	msg->msg_controllen = 0;
	s = sock_get(&set, fd, &error);
	if (s == NULL || !(s->flags & TS_INQ))
		return;
	if (c == NULL || room < CMSG_LEN(sizeof(left))) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	left = tern_info(set->stack, s->id, &info) == 0 ? (int)RTE_MIN(info.unread, (uint32_t)INT32_MAX) : 0;
	left += (s->ready & READY_DONE) != 0;
	c->cmsg_level = IPPROTO_TCP;
	c->cmsg_type = TCP_CM_INQ;
	c->cmsg_len = CMSG_LEN(sizeof(left));
	memcpy(CMSG_DATA(c), &left, sizeof(left));
	msg->msg_controllen = RTE_MIN(room, CMSG_SPACE(sizeof(left)));
}

ssize_t
tsock_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t n;

	if (msg == NULL || msg->msg_iovlen > SOCK_IOV_MOST)
		return sock_result(msg == NULL ? -EFAULT : -EMSGSIZE);
	if (unlikely(flags & MSG_ERRQUEUE))
		return sock_result(sock_recv_errors(fd, msg));
	n = receive_vector(fd, msg->msg_iov, msg->msg_iovlen, flags);
	if (n >= 0) {
		msg->msg_flags = flags & (MSG_OOB | MSG_CMSG_CLOEXEC);
		msg->msg_namelen = 0;
		tell_unread(fd, msg);
	}
	return sock_result(n);
}
