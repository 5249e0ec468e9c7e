/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* write, send and their kin. */

#include "sock/data.h"

#define FLAGS_TAKEN (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_OOB | MSG_FASTOPEN | MSG_MORE | MSG_EOR | MSG_ZEROCOPY)

/* Where sendto() and sendmsg() would connect to, with MSG_FASTOPEN */
struct send_target {
	const struct sockaddr *addr;
	socklen_t length;
};
#define NOWHERE ((struct send_target){ NULL, 0 })

/* Where nothing can be sent, or not yet. */
static __rte_noinline ssize_t
write_nothing(struct sock *s)
{
	if (s->error != 0)
		return -sock_take_error(s);
	return s->state == TS_CONNECTING ? -EAGAIN : -EPIPE;
}

/* @return how many, or -errno; nothing is waited for. */
static inline ssize_t
write_some(struct tsock_set *set, struct sock *s, const void *data, size_t length)
{
	ssize_t n;

	if (unlikely(s->state != TS_CONNECTED || (s->shut & TS_SHUT_SEND)))
		return write_nothing(s);
	n = tern_send(set->stack, s->id, data, length);
	if (unlikely(n < (ssize_t)length))
		s->ready &= (uint8_t)~READY_WRITE;
	if (unlikely(n == -ECONNRESET))
		s->flags |= TS_ERROR_TOLD;
	return n;
}

/* The last byte is urgent, as Linux has it. */
static ssize_t
write_urgent(struct tsock_set *set, struct sock *s, const void *data, size_t length)
{
	ssize_t n;

	if (s->state != TS_CONNECTED || (s->shut & TS_SHUT_SEND))
		return write_nothing(s);
	if (length > 1)
		return write_some(set, s, data, length - 1);
	n = tern_send_urgent(set->stack, s->id, data, length);
	if (n < 0)
		s->ready &= (uint8_t)~READY_WRITE;
	return n;
}

static ssize_t
write_vector(struct tsock_set *set, struct sock *s, const struct sock_vector *v, size_t done, int flags)
{
	ssize_t total = 0;
	struct iovec part;

	if (v->total == 0)
		return write_some(set, s, "", 0);
	for (struct sock_place at = sock_place(v, done); sock_place_next(v, &at, &part);) {
		ssize_t n = unlikely((flags & MSG_OOB) && at.left == 0) ?
				    write_urgent(set, s, part.iov_base, part.iov_len) :
				    write_some(set, s, part.iov_base, part.iov_len);

		if (n < 0)
			return total > 0 ? total : n;
		total += n;
		if ((size_t)n < part.iov_len)
			break;
	}
	return total;
}

ssize_t
sock_send_rest(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, size_t done, int flags)
{
	bool waits = !((s->flags & TS_NONBLOCK) || (flags & MSG_DONTWAIT));
	uint64_t deadline_ns = 0;

	for (;;) {
		ssize_t n = write_vector(set, s, v, done, flags);
		int error;

		if (n < 0 && n != -EAGAIN)
			return done > 0 ? (ssize_t)done : n;
		done += n > 0 ? (size_t)n : 0;
		if (done == v->total && n >= 0)
			return (ssize_t)done;
		/* of urgent data the last byte goes by itself */
		if (n > 0 && (flags & MSG_OOB) && done == v->total - 1)
			continue;
		if (!waits)
			return done > 0 ? (ssize_t)done : -EAGAIN;
		if (deadline_ns == 0)
			deadline_ns = sock_deadline(set, s->more == 0 ? UINT64_MAX : sock_more(set, s)->send_ns);
		error = sock_wait(set, deadline_ns);
		if (error < 0 || !sock_is(set, fd, s))
			return done > 0 ? (ssize_t)done : error < 0 ? error : -EBADF;
		if (done > 0 && (s->error != 0 || s->state != TS_CONNECTED || (s->shut & TS_SHUT_SEND)))
			return (ssize_t)done;  /* and the next call says why */
	}
}

/* MSG_MORE: what does not fill a segment waits for the next write without it. */
static void
set_more(struct tsock_set *set, struct sock *s, bool more)
{
	if (s->state == TS_CONNECTED && tern_set(set->stack, s->id, TERN_OPT_MORE, more) == 0)
		s->flags = more ? s->flags | TS_MORE : s->flags & ~(uint32_t)TS_MORE;
}

static ssize_t
send_more(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags)
{
	bool more = flags & MSG_MORE;
	ssize_t n;

	set_more(set, s, more);
	n = sock_send_rest(set, s, fd, v, 0, flags & ~MSG_MORE);
	/* it may have taken turns, and what was acknowledged meanwhile says nothing of its last bytes */
	if (more && n > 0 && sock_is(set, fd, s))
		set_more(set, s, true);
	return n;
}

/* MSG_EOR: no segment goes on behind its last byte. */
static ssize_t
send_record(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags)
{
	ssize_t n = send_more(set, s, fd, v, flags & ~MSG_EOR);

	if (n > 0 && (size_t)n == v->total && sock_is(set, fd, s) && s->state == TS_CONNECTED)
		tern_set(set->stack, s->id, TERN_OPT_EOR, 1);
	return n;
}

static ssize_t
send_flagged(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags,
	     struct send_target to)
{
	if (flags & ~FLAGS_TAKEN)
		return -EOPNOTSUPP;
	if ((flags & MSG_FASTOPEN) || (s->flags & TS_DEFERRED))
		return sock_fastopen_send(set, s, fd, v, flags, to.addr, to.length);
	if (sock_vector_faults(v) && s->state == TS_CONNECTED && !(s->shut & TS_SHUT_SEND))
		return -EFAULT;
	if (unlikely(flags & MSG_EOR))
		return send_record(set, s, fd, v, flags);
	if (unlikely((flags & MSG_MORE) || (s->flags & TS_MORE)))
		return send_more(set, s, fd, v, flags);
	return sock_send_rest(set, s, fd, v, 0, flags);
}

static __rte_noinline ssize_t
send_slowly(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags,
	    struct send_target to)
{
	ssize_t n = send_flagged(set, s, fd, v, flags & ~MSG_ZEROCOPY, to);

	if (unlikely(flags & MSG_ZEROCOPY) && n > 0 && sock_is(set, fd, s) && (s->flags & TS_ZEROCOPY))
		sock_zerocopy_sent(set, s);
	return n;
}

static inline ssize_t
send_one(int fd, const void *data, size_t length, int flags, struct send_target to)
{
	struct iovec iov = { (void *)(uintptr_t)data, RTE_MIN(length, SOCK_MOST) };
	const struct sock_vector v = { &iov, 1, iov.iov_len };
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (unlikely(s == NULL))
		return error;
	if (likely(!(flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) && data != NULL &&
		   ((s->flags & (TS_NONBLOCK | TS_DEFERRED | TS_MORE)) == TS_NONBLOCK ||
		    ((flags & MSG_DONTWAIT) && !(s->flags & (TS_DEFERRED | TS_MORE))))))
		return write_some(set, s, data, iov.iov_len);
	return send_slowly(set, s, fd, &v, flags, to);
}

ssize_t
tsock_send(int fd, const void *data, size_t length, int flags)
{
	return sock_result(send_one(fd, data, length, flags, NOWHERE));
}

ssize_t
tsock_write(int fd, const void *data, size_t length)
{
	ssize_t n = send_one(fd, data, length, 0, NOWHERE);

	/* a file, but none to be written */
	return sock_result(unlikely(n == -ENOTSOCK) ? -EINVAL : n);
}

ssize_t
tsock_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *addr, socklen_t addr_length)
{
	/* a stream goes where it is connected to: but for MSG_FASTOPEN Linux does not look at it */
	return sock_result(send_one(fd, data, length, flags, (struct send_target){ addr, addr_length }));
}

static ssize_t
send_scattered(int fd, const struct iovec *iov, size_t count, int flags, struct send_target to)
{
	struct sock_vector v;
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return error;
	error = sock_vector_make(&v, iov, count);
	return error < 0 ? error : send_slowly(set, s, fd, &v, flags, to);
}

ssize_t
tsock_writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n = sock_nothing_to_do(fd);

	if (n == 0 && (count < 0 || count > SOCK_IOV_MOST))
		n = -EINVAL;
	if (n == 0 && sock_vector_total(iov, (size_t)count) != 0)
		n = send_scattered(fd, iov, (size_t)count, 0, NOWHERE);
	return sock_result(n);
}

ssize_t
tsock_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (msg == NULL)
		return sock_result(-EFAULT);
	if (msg->msg_iovlen > SOCK_IOV_MOST)
		return sock_result(-EMSGSIZE);
	if (msg->msg_controllen > 0)
		return sock_result(-EINVAL);
	return sock_result(send_scattered(fd, msg->msg_iov, msg->msg_iovlen, flags,
					  (struct send_target){ msg->msg_name, msg->msg_namelen }));
}
