/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Scattered memory. */

#include <limits.h>

#include "sock/data.h"

ssize_t
sock_vector_total(const struct iovec *iov, size_t count)
{
	size_t total = 0;

	if (iov == NULL && count > 0)
		return -EFAULT;
	for (size_t i = 0; i < count; i++) {
		if (iov[i].iov_len > SSIZE_MAX - total)
			return -EINVAL;
		total += iov[i].iov_len;
	}
	return (ssize_t)total;
}

int
sock_vector_make(struct sock_vector *v, const struct iovec *iov, size_t count)
{
	ssize_t total = sock_vector_total(iov, count);

	*v = (struct sock_vector){ iov, count, total < 0 ? 0 : RTE_MIN((size_t)total, SOCK_MOST) };
	return total < 0 ? (int)total : 0;
}

bool
sock_vector_faults(const struct sock_vector *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->iov[i].iov_base == NULL && v->iov[i].iov_len > 0)
			return true;
	return false;
}

int
sock_nothing_to_do(int fd)
{
	struct tsock_set *set;
	int error;

	if (sock_get(&set, fd, &error) != NULL)
		return 0;
	return error == -ENOTSOCK ? -EINVAL : error;
}
