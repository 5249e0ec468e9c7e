/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The core's turns, and what their events make of sockets. */

#include "sock/sock.h"

#define STATE_CHANGED UINT32_MAX  /* whoever waits for anything looks */

/* ---- events */

bool
tsock_owns(const struct tsock_set *set, const struct tern_event *event)
{
	uint64_t user = (uintptr_t)event->user;

	return user >> 48 == SOCK_TAG && slab_valid(&set->socks, (uint32_t)user);
}

/* As Linux's tcp_reset() and tcp_write_err() have it. */
static int
close_error(const struct sock *s, const struct tern_event *e)
{
	switch ((enum tern_close_reason)e->reason) {
	case TERN_CLOSE_RESET:
		/* the peer said that it had sent all */
		return (s->ready & READY_DONE) && !(s->shut & TS_SHUT_SEND) ? EPIPE : ECONNRESET;
	case TERN_CLOSE_REFUSED:
		return ECONNREFUSED;
	case TERN_CLOSE_TIMEOUT:
	case TERN_CLOSE_CONNECT_TIMEOUT:
	case TERN_CLOSE_USER_TIMEOUT:
	case TERN_CLOSE_KEEPALIVE:
		return e->error != 0 ? e->error : ETIMEDOUT;
	case TERN_CLOSE_UNREACHABLE:
	case TERN_CLOSE_NETWORK:
		return e->error != 0 ? e->error : EHOSTUNREACH;
	default:
		return 0;
	}
}

static uint32_t
tell_close(struct sock *s, const struct tern_event *e)
{
	int error = close_error(s, e);

	if (s->state == TS_CONNECTING)
		s->flags &= ~(uint32_t)TS_RODE;
	if (error != 0 && !(s->flags & TS_ERROR_TOLD))
		s->error = (uint8_t)error;
	if (e->reason == TERN_CLOSE_NORMAL)
		s->ready |= READY_DONE;
	s->id = 0;
	s->state = TS_OVER;
	s->shut = TS_SHUT_BOTH;
	return STATE_CHANGED;
}

/* What TCP_INFO tells of it also when the connection is no more */
static __rte_noinline void
look_what_rode(const struct tsock_set *set, struct sock *s)
{
	struct tern_info info = TERN_INFO_INIT;

	if (tern_info(set->stack, s->id, &info) == 0 && !info.fastopen)
		s->flags &= ~(uint32_t)TS_RODE;
}

/* The less usual ones */
static __rte_noinline uint32_t
tell_more(struct tsock_set *set, struct sock *s, const struct tern_event *e)
{
	uint32_t mask = 0;

	if (e->mask & TERN_CONNECTED) {
		if (unlikely(s->flags & TS_RODE))
			look_what_rode(set, s);
		s->state = TS_CONNECTED;
		s->ready |= READY_WRITE;
		mask = STATE_CHANGED;
	}
	if (e->mask & TERN_PEER_CLOSED) {
		s->ready |= READY_DONE;
		s->shut |= TS_SHUT_RECEIVE;
		mask = STATE_CHANGED;
	}
	if (e->mask & TERN_URGENT) {
		s->flags = (s->flags | TS_URGENT) & ~(uint32_t)TS_OOB_TAKEN;
		mask |= EPOLLPRI;
	}
	if (e->mask & TERN_CLOSED)
		mask = tell_close(s, e);
	return mask;
}

/* Data for a socket that has shut down both ways: nobody will read it, and who sends it is to know. */
static __rte_noinline void
refuse_data(struct tsock_set *set, struct sock *s)
{
	uint8_t byte;

	if ((s->ready & READY_DONE) || tern_peek(set->stack, s->id, &byte, 1) <= 0)
		return;
	tern_abort(set->stack, s->id);
	s->error = ECONNRESET;
}

static inline uint32_t
tell(struct tsock_set *set, struct sock *s, const struct tern_event *e)
{
	uint32_t mask = 0;

	if (e->mask & TERN_READABLE) {
		if (unlikely(s->shut == TS_SHUT_BOTH))
			refuse_data(set, s);
		s->ready |= READY_READ;
		mask |= EPOLLIN | EPOLLRDNORM;
	}
	if (e->mask & TERN_WRITABLE) {
		s->ready |= READY_WRITE;
		mask |= EPOLLOUT | EPOLLWRNORM;
	}
	if (e->mask & (TERN_CONNECTED | TERN_PEER_CLOSED | TERN_URGENT | TERN_CLOSED))
		mask |= tell_more(set, s, e);
	return mask;
}

static void
deliver(struct tsock_set *set, const struct tern_event *e)
{
	uint64_t user = (uintptr_t)e->user;
	struct sock *s = sock_at(set, (uint32_t)user);

	if (unlikely(s->generation != (uint16_t)(user >> 32))) {
		/* it was closed meanwhile, and may be another by now */
		if (e->mask & TERN_ACCEPTED)
			tern_abort(set->stack, e->id);
		return;
	}
	if (e->mask & TERN_ACCEPTED) {
		struct sock *listener = s;

		s = sock_accepted(set, listener, e);
		if (unlikely(s == NULL))
			return;
		tell(set, s, e);
		sock_tell(set, listener, EPOLLIN | EPOLLRDNORM);
	} else if (likely(s->id == e->id)) {
		uint32_t mask = tell(set, s, e);

		if (mask != 0)
			sock_tell(set, s, mask);
	}
}

void
tsock_deliver(struct tsock_set *set, const struct tern_event *events, int n)
{
	for (int i = 0; i < n; i++)
		if (likely(tsock_owns(set, &events[i])))
			deliver(set, &events[i]);
}

/* ---- turns */

static uint64_t
now_ns(const struct tsock_set *set)
{
	/* whose turns are not tern_wait()'s has a clock of its own, which the stack knows as of its last turn */
	return set->options.turn == NULL && !set->options.delivered ? tern_clock(set->stack) : tern_now(set->stack);
}

int
sock_turn(struct tsock_set *set, uint64_t limit_ns)
{
	int n;

	if (unlikely(!sock_may_wait(set)))
		return -EDEADLK;
	set->in_turn = true;
	n = likely(set->options.turn == NULL) ?
		    tern_wait(set->stack, set->events, (int)set->options.batch, limit_ns) :
		    set->options.turn(set->options.arg, set->events, (int)set->options.batch, limit_ns);
	set->in_turn = false;
	if (unlikely(n < 0))
		return n;
	tsock_deliver(set, set->events, n);
	return n;
}

uint64_t
sock_deadline(const struct tsock_set *set, uint64_t wait_ns)
{
	return wait_ns == UINT64_MAX ? UINT64_MAX : now_ns(set) + wait_ns;
}

int
sock_wait(struct tsock_set *set, uint64_t deadline_ns)
{
	uint64_t limit_ns = UINT64_MAX;
	int n;

	if (deadline_ns != UINT64_MAX) {
		uint64_t now = now_ns(set);

		if (now >= deadline_ns)
			return -EAGAIN;
		limit_ns = deadline_ns - now;
	}
	n = sock_turn(set, limit_ns);
	if (n != 0)
		return n < 0 ? n : 0;
	/* tern_wait() comes back early with nothing after tern_wake() alone */
	if (set->options.turn == NULL && (deadline_ns == UINT64_MAX || now_ns(set) < deadline_ns))
		return -EINTR;
	return 0;
}
