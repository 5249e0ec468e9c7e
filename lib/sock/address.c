/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Linux's socket addresses and the stack's endpoints. */

#include <netinet/in.h>
#include <string.h>

#include "sock/sock.h"

#define IN6_LEAST 24u   /* sockaddr_in6 without its scope, as RFC 2133 had it: Linux takes that */

static const struct tern_addr v4_zero = { .b = { [10] = 0xff, [11] = 0xff } };

static struct tern_addr
mapped(struct in_addr in)
{
	struct tern_addr a = v4_zero;

	memcpy(a.b + 12, &in, sizeof(in));
	return a;
}

int
sock_address_read(const struct sock *s, const struct sockaddr *addr, socklen_t length, struct tern_endpoint *out)
{
	struct sockaddr_in6 in6 = { 0 };
	struct sockaddr_in in;

	if (s->flags & TS_V6) {
		if (length < IN6_LEAST)
			return -EINVAL;
		memcpy(&in6, addr, RTE_MIN(length, sizeof(in6)));
		memcpy(out->addr.b, &in6.sin6_addr, sizeof(out->addr.b));
		out->port = ntohs(in6.sin6_port);
		return in6.sin6_family == AF_INET6 ? 0 : -EAFNOSUPPORT;
	}
	if (length < sizeof(in))
		return -EINVAL;
	memcpy(&in, addr, sizeof(in));
	out->addr = mapped(in.sin_addr);
	out->port = ntohs(in.sin_port);
	return in.sin_family == AF_INET ? 0 : -EAFNOSUPPORT;
}

bool
sock_address_any(const struct tern_addr *a)
{
	static const struct tern_addr zero;

	return memcmp(a, &zero, sizeof(zero)) == 0 || memcmp(a, &v4_zero, sizeof(v4_zero)) == 0;
}

void
sock_address_write(const struct sock *s, const struct tern_endpoint *e, struct sockaddr *addr, socklen_t *length)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

	if (s->flags & TS_V6) {
		memcpy(&in6.sin6_addr, e->addr.b, sizeof(in6.sin6_addr));
		memcpy(addr, &in6, RTE_MIN((size_t)*length, sizeof(in6)));
		*length = sizeof(in6);
	} else {
		memcpy(&in.sin_addr, e->addr.b + 12, sizeof(in.sin_addr));
		memcpy(addr, &in, RTE_MIN((size_t)*length, sizeof(in)));
		*length = sizeof(in);
	}
}
