/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Urgent data as Linux hands it out: its last byte is not in the stream but read with MSG_OOB, unless SO_OOBINLINE is
 * set, and a read stops before it. The stack leaves it in the stream (RFC 6093, 3.2) and says how far off it is.
 */

#include "sock/data.h"

/* Bytes up to the mark and the urgent one. 0: there is none ahead. */
static uint32_t
ahead(struct tsock_set *set, struct sock *s)
{
	uint32_t n = 0;

	if (!(s->flags & TS_URGENT) || s->state != TS_CONNECTED)
		return 0;
	if (tern_urgent(set->stack, s->id, &n) <= 0)
		s->flags &= ~(uint32_t)(TS_URGENT | TS_OOB_TAKEN);
	return n;
}

/* What is taken out of the stream, or looked at there. */
static ssize_t
take(struct tsock_set *set, struct sock *s, void *data, size_t length, int flags)
{
	ssize_t n;

	if (flags & MSG_PEEK)
		n = tern_peek(set->stack, s->id, flags & MSG_TRUNC ? NULL : data, length);
	else
		n = flags & MSG_TRUNC ? tern_discard(set->stack, s->id, length) :
					tern_recv(set->stack, s->id, data, length);
	s->ready = (uint8_t)((s->ready & ~READY_READ) | READY_LOOK);
	if (n == -EAGAIN) {
		s->ready &= (uint8_t)~(READY_READ | READY_LOOK);
		return s->shut & TS_SHUT_RECEIVE ? 0 : -EAGAIN;
	}
	return n;
}

ssize_t
sock_read_urgent(struct tsock_set *set, struct sock *s, void *data, size_t length, int flags)
{
	uint32_t n = ahead(set, s);

	if (n > 1)
		return take(set, s, data, RTE_MIN(length, (size_t)n - 1), flags);
	/* at the mark: what nobody has read out of band is skipped, and what comes behind it is read */
	if (n == 1 && !(s->flags & TS_OOBINLINE) && !(flags & MSG_PEEK)) {
		ssize_t skipped = take(set, s, NULL, 1, MSG_TRUNC);

		if (skipped <= 0)
			return skipped;
		s->flags &= ~(uint32_t)(TS_URGENT | TS_OOB_TAKEN);
	}
	return take(set, s, data, length, flags);
}

/* The urgent byte, if it has come. */
static ssize_t
look(struct tsock_set *set, struct sock *s, uint32_t n)
{
	if (n > SOCK_SCRATCH)
		return -EAGAIN;  /* so far off nobody looks for it: it is there when it is nearer */
	return tern_peek(set->stack, s->id, set->scratch, n) == (ssize_t)n ? set->scratch[n - 1] : -EAGAIN;
}

ssize_t
sock_recv_oob(struct tsock_set *set, struct sock *s, const struct sock_vector *v, int flags)
{
	struct sock_place at = sock_place(v, 0);
	uint32_t n = ahead(set, s);
	struct iovec first;
	ssize_t byte;

	if ((s->flags & (TS_OOBINLINE | TS_OOB_TAKEN)) || n == 0)
		return s->state == TS_LISTENING ? -ENOTCONN : -EINVAL;
	byte = look(set, s, n);
	if (byte < 0)
		return byte;
	if (!(flags & MSG_PEEK))
		s->flags |= TS_OOB_TAKEN;
	if (!sock_place_next(v, &at, &first))
		return 0;
	if (flags & MSG_TRUNC)
		return 1;
	if (first.iov_base == NULL)
		return -EFAULT;  /* and the byte is gone, as with Linux */
	*(uint8_t *)first.iov_base = (uint8_t)byte;
	return 1;
}

bool
sock_has_oob(struct tsock_set *set, struct sock *s)
{
	uint32_t n = ahead(set, s);

	return n > 0 && !(s->flags & TS_OOB_TAKEN) && look(set, s, n) >= 0;
}

bool
sock_reads_on(struct tsock_set *set, struct sock *s)
{
	uint8_t bytes[2];

	if (ahead(set, s) != 1 || (s->flags & TS_OOBINLINE) || (s->shut & TS_SHUT_RECEIVE))
		return true;
	return tern_peek(set->stack, s->id, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes);
}

uint32_t
sock_before_mark(struct tsock_set *set, struct sock *s, uint32_t unread)
{
	uint32_t n = s->flags & TS_OOBINLINE ? 0 : ahead(set, s);

	return n > 0 && n <= unread ? n - 1 : unread;
}

bool
sock_at_mark(struct tsock_set *set, struct sock *s)
{
	return ahead(set, s) == 1;
}
