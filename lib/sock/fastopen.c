/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Fast Open (RFC 7413) of clients, by Linux's names: sendto(MSG_FASTOPEN) connects with data on the SYN where a cookie
 * of the target is known, and without asks for one; with TCP_FASTOPEN_CONNECT connect() only notes the target then, and
 * the first write does the same.
 */

#include <string.h>

#include "sock/data.h"

/* Whether connect() may leave the SYN to the first write. */
bool
sock_defers(struct tsock_set *set, struct sock *s, const struct sockaddr *addr, socklen_t length)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	const struct sock_more *more = sock_more(set, s);
	struct sock_more *own;

	if (more == NULL || !more->fastopen_connect || length > sizeof(own->target) ||
	    sock_connect_options(set, s, addr, length, &o) < 0)
		return false;
	o.fastopen = true;
	own = tern_fastopen_room(set->stack, &o) > 0 ? sock_more_make(set, s) : NULL;
	if (own == NULL)
		return false;
	memcpy(&own->target, addr, length);
	own->target_length = length;
	s->state = TS_CONNECTING;
	s->flags |= TS_DEFERRED;
	return true;
}

#define MOST_OPTIONS 40u           /* of a SYN */

/* How many bytes may ride: by what is known of the target, and TCP_MAXSEG. */
static size_t
room_for(struct tsock_set *set, const struct sock *s, const struct tern_connect_options *o)
{
	const struct sock_more *more = sock_more(set, s);
	size_t room = tern_fastopen_room(set->stack, o);

	if (more == NULL || !(more->is_kept >> TERN_OPT_MSS & 1))
		return room;
	return RTE_MIN(room, (size_t)more->kept[TERN_OPT_MSS] - MOST_OPTIONS);  /* of 88 at least */
}

/* As many bytes as may ride, in one piece. */
static size_t
first_bytes(struct tsock_set *set, const struct sock_vector *v, size_t room, const void **data)
{
	size_t length = RTE_MIN(RTE_MIN(v->total, room), (size_t)SOCK_SCRATCH), done = 0;
	struct iovec part;

	*data = set->scratch;
	for (struct sock_place at = sock_place(v, 0); done < length && sock_place_next(v, &at, &part);) {
		size_t n = RTE_MIN(part.iov_len, length - done);

		memcpy(set->scratch + done, part.iov_base, n);
		done += n;
	}
	return done;
}

static ssize_t
open_with(struct tsock_set *set, struct sock *s, const struct sock_vector *v, const struct sockaddr *addr,
	  socklen_t length)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	int error = sock_connect_options(set, s, addr, length, &o);

	if (error < 0)
		return error;
	o.fastopen = true;
	o.data_length = first_bytes(set, v, room_for(set, s, &o), &o.data);
	error = sock_begin(set, s, &o);
	if (error < 0)
		return error;
	if (o.data_length > 0)
		s->flags |= TS_RODE;
	return (ssize_t)o.data_length;
}

/* Bytes that rode on the SYN, or -errno: -EINPROGRESS when none did. */
static ssize_t
connect_with(struct tsock_set *set, struct sock *s, const struct sock_vector *v, const struct sockaddr *addr,
	     socklen_t length)
{
	struct sock_more *more;

	if (!(s->flags & TS_DEFERRED)) {
		if (addr == NULL || length < sizeof(addr->sa_family))
			return addr == NULL && length > 0 ? -EFAULT : -EINVAL;
		return addr->sa_family == AF_UNSPEC ? -EOPNOTSUPP : open_with(set, s, v, addr, length);
	}
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	s->state = TS_FRESH;
	s->flags &= ~(uint32_t)TS_DEFERRED;
	return open_with(set, s, v, (const struct sockaddr *)&more->target, more->target_length);
}

/* The first write, which connects. @return as send() does */
ssize_t
sock_fastopen_send(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags,
		   const struct sockaddr *addr, socklen_t length)
{
	bool waits = !((s->flags & TS_NONBLOCK) || (flags & MSG_DONTWAIT));
	ssize_t rode = 0;
	int error;

	flags &= ~MSG_FASTOPEN;
	if (!tern_fastopen_enabled(set->stack))
		return -EOPNOTSUPP;
	if (s->state == TS_FRESH || (s->flags & TS_DEFERRED)) {
		if (waits && !sock_may_wait(set))
			return -EDEADLK;
		if (sock_vector_faults(v))
			return -EFAULT;  /* before anything has begun */
		rode = connect_with(set, s, v, addr, length);
		if (rode < 0)
			return rode;
		if (!waits)
			return rode > 0 ? rode : -EINPROGRESS;
		error = sock_wait_connected(set, fd, s, -EINPROGRESS);
	} else if (s->state == TS_CONNECTING) {
		return -EALREADY;
	} else {
		error = s->flags & TS_UNCONFIRMED ? sock_wait_connected(set, fd, s, 0) : -EISCONN;
	}
	if (error < 0)
		return error;
	/* the rest follows at once: a conversation, in which ACKs wait for answers */
	if (rode > 0 && (size_t)rode < v->total)
		tern_set(set->stack, s->id, TERN_OPT_QUICKACK, 0);
	return (size_t)rode == v->total && rode > 0 ? rode : sock_send_rest(set, s, fd, v, (size_t)rode, flags);
}
