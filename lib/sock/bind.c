/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Who is bound to which port: a chain of sockets for each port that has any. */

#include <string.h>

#include "sock/sock.h"

/* Linux's ephemeral ports. What leaves through tsock_connect() unbound takes the stack's, hard to guess (RFC 6056). */
#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 28232u

static bool
overlap(const struct sock *a, const struct tern_addr *a_addr, const struct sock *b, const struct tern_addr *b_addr)
{
	bool a_any = sock_address_any(a_addr), b_any = sock_address_any(b_addr);

	if (!a_any && !b_any)
		return memcmp(a_addr, b_addr, sizeof(*a_addr)) == 0;
	/* an IPv6 socket that wants no IPv4 and an IPv4 one never meet */
	return !((a->flags & TS_V6ONLY) && !(b->flags & TS_V6)) && !((b->flags & TS_V6ONLY) && !(a->flags & TS_V6));
}

/* May s have the place of another one too? */
static bool
shares(const struct sock *s, const struct sock *other)
{
	if (s->flags & other->flags & TS_REUSEPORT)
		return true;
	return (s->flags & other->flags & TS_REUSEADDR) && other->state != TS_LISTENING;
}

bool
sock_port_taken(const struct tsock_set *set, const struct sock *s, const struct tern_addr *addr, uint16_t port)
{
	for (uint32_t i = set->bound[port]; i != 0;) {
		const struct sock *other = sock_at(set, i);
		const struct sock_more *more = sock_more(set, other);

		if (other != s && overlap(s, addr, other, &more->local.addr) && !shares(s, other))
			return true;
		i = more->next_bound;
	}
	return false;
}

static void
enter(struct tsock_set *set, struct sock *s, struct sock_more *more, uint16_t port)
{
	more->local.port = port;
	more->next_bound = set->bound[port];
	set->bound[port] = sock_index(set, s);
	s->flags |= TS_IN_PORTS;
}

int
sock_bind(struct tsock_set *set, struct sock *s, const struct tern_endpoint *local)
{
	struct sock_more *more;

	/* who asks for a neighbour that is ourselves is told so */
	if (!sock_address_any(&local->addr) && tern_ready(set->stack, &local->addr) != -EINVAL)
		return -EADDRNOTAVAIL;
	if (local->port != 0 && sock_port_taken(set, s, &local->addr, local->port))
		return -EADDRINUSE;
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->local = (struct tern_endpoint){ .addr = local->addr };
	s->flags |= TS_BOUND;
	if (local->port != 0)
		enter(set, s, more, local->port);
	return 0;
}

int
sock_bind_port(struct tsock_set *set, struct sock *s)
{
	struct sock_more *more = sock_more_make(set, s);

	if (more == NULL)
		return -ENOBUFS;
	/* what an accepted one came with is its listener's */
	if (!(s->flags & TS_BOUND))
		more->local = (struct tern_endpoint){ .port = 0 };
	s->flags |= TS_BOUND;
	for (uint32_t i = 0; i < EPHEMERAL_COUNT && more->local.port == 0; i++) {
		uint16_t port = (uint16_t)(EPHEMERAL_FIRST + set->next_port++ % EPHEMERAL_COUNT);

		if (set->bound[port] == 0)
			enter(set, s, more, port);
	}
	return more->local.port == 0 ? -EADDRINUSE : 0;
}

void
sock_unbind(struct tsock_set *set, struct sock *s)
{
	struct sock_more *more = sock_more_at(set, s->more);
	uint32_t *link = &set->bound[more->local.port], index = sock_index(set, s);

	while (*link != index)
		link = &sock_more_at(set, sock_at(set, *link)->more)->next_bound;
	*link = more->next_bound;
	s->flags &= ~(uint32_t)TS_IN_PORTS;
}
