/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOCK_DATA_H
#define SOCK_DATA_H

/* What reading and writing share: vectors, and urgent data. */

#include "sock/sock.h"

#define SOCK_IOV_MOST 1024       /* UIO_MAXIOV */
#define SOCK_MOST 0x7ffff000ul   /* MAX_RW_COUNT: bytes of a call */

struct sock_vector {
	const struct iovec *iov;
	size_t count;
	size_t total;
};

/* 0, -EFAULT, or -EINVAL: lengths that no sum can have. */
int sock_vector_make(struct sock_vector *v, const struct iovec *iov, size_t count);
/* Bytes, or -errno as above. */
ssize_t sock_vector_total(const struct iovec *iov, size_t count);
/* Somewhere bytes would come from nowhere, or go there. */
bool sock_vector_faults(const struct sock_vector *v);

/* A walk over the vector's parts. */
struct sock_place {
	size_t index, offset;      /* in that iovec */
	size_t left;               /* of all */
};

static inline struct sock_place
sock_place(const struct sock_vector *v, size_t done)
{
	struct sock_place at = { .offset = done, .left = v->total - done };

	while (at.index < v->count && at.offset >= v->iov[at.index].iov_len)
		at.offset -= v->iov[at.index++].iov_len;
	return at;
}

/* The rest of the iovec; the place is behind it then. False at the end. */
static inline bool
sock_place_next(const struct sock_vector *v, struct sock_place *at, struct iovec *part)
{
	while (at->left > 0 && at->index < v->count) {
		const struct iovec *iov = &v->iov[at->index++];

		/* what has no bytes may be nowhere */
		part->iov_base = at->offset == 0 ? iov->iov_base : (char *)iov->iov_base + at->offset;
		part->iov_len = RTE_MIN(iov->iov_len - at->offset, at->left);
		at->offset = 0;
		at->left -= part->iov_len;
		if (part->iov_len > 0)
			return true;
	}
	return false;
}

/* What read() and write() of no bytes say. 0, -EBADF, -EINVAL or -ENXIO */
int sock_nothing_to_do(int fd);
/* MSG_PEEK into several places */
ssize_t sock_peek_vector(struct tsock_set *set, struct sock *s, const struct sock_vector *v, int flags);

/* ---- send.c: from byte `done` on */
ssize_t sock_send_rest(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, size_t done,
		       int flags);

/* ---- fastopen.c: the write that connects */
ssize_t sock_fastopen_send(struct tsock_set *set, struct sock *s, int fd, const struct sock_vector *v, int flags,
			   const struct sockaddr *addr, socklen_t length);

/* ---- urgent.c */

/* As read_some() in receive.c, where urgent data lies ahead: up to its last byte, which is handed out of band. */
ssize_t sock_read_urgent(struct tsock_set *set, struct sock *s, void *data, size_t length, int flags);
/* recv(MSG_OOB) */
ssize_t sock_recv_oob(struct tsock_set *set, struct sock *s, const struct sock_vector *v, int flags);
/* A read would find more than the urgent byte, which is not its own. */
bool sock_reads_on(struct tsock_set *set, struct sock *s);
/* EPOLLPRI holds. */
bool sock_has_oob(struct tsock_set *set, struct sock *s);
/* SIOCINQ: of so many unread bytes those before the urgent one, if that has come and is not read with the others */
uint32_t sock_before_mark(struct tsock_set *set, struct sock *s, uint32_t unread);
/* SIOCATMARK */
bool sock_at_mark(struct tsock_set *set, struct sock *s);

#endif
