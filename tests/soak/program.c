/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The programs of the hosts: what the steps have asked for is done as soon as the
 * stack lets it. What they send follows from the connection, the direction and the
 * offset, so that the reader knows each octet.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include <tern/mbuf.h>

#include "chance.h"
#include "core/mbuf.h"
#include "run.h"

#define PERIOD 65521u              /* a prime: no segment's length fits into it */
#define PIECE 65536u

static uint8_t pattern[PERIOD + PIECE];

const uint8_t *
soak_octets(const struct soak_end *sender, uint64_t offset)
{
	if (pattern[0] == 0) {
		struct chance r = { 1 };

		for (unsigned int i = 0; i < PERIOD + PIECE; i++)
			pattern[i] = i < PERIOD ? (uint8_t)(chance_below(&r, 255) + 1) : pattern[i - PERIOD];
	}
	return pattern + (offset + sender->conn * 977u + sender->side * 7919u) % PERIOD;
}

/* ---- reading */

static void
check_octets(struct soak_end *e, const uint8_t *data, uint64_t length)
{
	const struct soak_end *from = soak_other(e);

	if (e->got + length > from->sent)
		soak_broken_end(e, "more octets arrived than were sent", "%llu of %llu", (unsigned long long)(e->got + length),
				(unsigned long long)from->sent);
	else if (memcmp(data, soak_octets(from, e->got), length) != 0)
		soak_broken_end(e, "other octets arrived than were sent", "%llu from offset %llu", (unsigned long long)length,
				(unsigned long long)e->got);
}

static ssize_t
read_mbuf(struct soak_end *e, struct tern_stack *stack)
{
	struct rte_mbuf *m;
	ssize_t n = tern_recv_mbuf(stack, e->id, &m);

	if (n == -ENOBUFS)
		return tern_discard(stack, e->id, 3000);
	if (n > 0) {
		check_octets(e, rte_pktmbuf_mtod(m, const uint8_t *), (uint64_t)n);
		mbuf_free(m);
	}
	return n;
}

static ssize_t
read_once(struct soak_end *e)
{
	static uint8_t buffer[PIECE], before[PIECE];
	struct tern_stack *stack = e->run->site[e->host].stack;
	ssize_t n, peeked;

	switch (e->read_how) {
	case SOAK_MBUFS:
		return read_mbuf(e, stack);
	case SOAK_DISCARD:
		n = tern_discard(stack, e->id, 3000);
		break;
	case SOAK_PEEK:
		peeked = tern_peek(stack, e->id, before, 4000);
		n = tern_recv(stack, e->id, buffer, 4000);
		if (n != peeked || (n > 0 && memcmp(before, buffer, (size_t)n) != 0))
			soak_broken_end(e, "what was peeked is not what was read", "%zd and %zd", peeked, n);
		break;
	default:
		n = tern_recv(stack, e->id, buffer, e->read_how == SOAK_SIPS ? 1 + e->got % 700 : sizeof(buffer));
		break;
	}
	if (n > 0 && e->read_how != SOAK_DISCARD)
		check_octets(e, buffer, (uint64_t)n);
	return n;
}

static void
read_all(struct soak_end *e)
{
	ssize_t n = -EAGAIN;

	while (!e->stalled && !e->eof && !e->did_close && !e->did_abort && !e->closed && e->run->broken[0] == '\0' &&
	       (n = read_once(e)) > 0)
		e->got += (uint64_t)n;
	if (n != 0 || e->stalled || e->eof || e->closed)
		return;
	e->eof = true;
	if (e->got != soak_other(e)->sent)
		soak_broken_end(e, "the stream ended elsewhere than the peer ended it", "after %llu octets of %llu",
				(unsigned long long)e->got, (unsigned long long)soak_other(e)->sent);
	else if (!soak_other(e)->did_shutdown && !soak_other(e)->did_close)
		soak_broken_end(e, "the stream ended and nobody ended it", "after %llu octets", (unsigned long long)e->got);
}

/* ---- sending */

static ssize_t
send_once(struct soak_end *e)
{
	struct tern_stack *stack = e->run->site[e->host].stack;
	uint64_t bytes = RTE_MIN(e->send[0].bytes, (uint64_t)PIECE);
	const uint8_t *data = soak_octets(e, e->sent);
	ssize_t n;

	switch (e->send[0].how) {
	case SOAK_REF:
		n = tern_send_ref(stack, e->id, data, bytes, (uint64_t)e->conn << 1 | e->side);
		e->refs += n > 0;
		/* more than the send buffer holds: copied then, as a program would */
		return n == -EMSGSIZE ? tern_send(stack, e->id, data, bytes) : n;
	case SOAK_URGENT:
		bytes = RTE_MIN(bytes, UINT64_C(1000));
		return tern_send_urgent(stack, e->id, data, bytes);
	case SOAK_SMALL:
		return tern_send(stack, e->id, data, RTE_MIN(bytes, 1 + e->sent % 300));
	default:
		return tern_send(stack, e->id, data, bytes);
	}
}

static void
send_all(struct soak_end *e)
{
	while (e->sends > 0 && !e->closed && e->run->broken[0] == '\0') {
		ssize_t n = send_once(e);

		if (n == -EAGAIN || n == -ENOBUFS)
			return;
		if (n < 0) {
			/* it has ended already: TERN_CLOSED says how */
			if (n != -ECONNRESET && n != -EPIPE)
				soak_broken_end(e, "a send is refused", "%s", strerror((int)-n));
			e->sends = 0;
			return;
		}
		e->sent += (uint64_t)n;
		e->send[0].bytes -= (uint64_t)n;
		if (e->send[0].bytes == 0)
			memmove(e->send, e->send + 1, --e->sends * sizeof(e->send[0]));
	}
}

/* ---- closing and options */

static void
set_option(struct soak_end *e, unsigned int option, uint64_t value)
{
	struct tern_stack *stack = e->run->site[e->host].stack;
	int error = tern_set(stack, e->id, (enum tern_option_id)soak_options[option].id, value);
	uint64_t idle_ms = 0, interval_ms = 0, count = 0;

	/* a window larger than the scale can tell is refused */
	if (error != 0 && error != -ENOBUFS && !(error == -EINVAL && soak_options[option].id == TERN_OPT_RCVBUF))
		soak_broken_end(e, "an option is refused", "%s: %s", soak_options[option].name, strerror(-error));
	switch (soak_options[option].id) {
	case TERN_OPT_USER_TIMEOUT:
		e->r2_ms = RTE_MIN(e->r2_ms, value);
		break;
	case TERN_OPT_LINGER:
		e->lingers = true;
		e->linger_ms = RTE_MIN(e->linger_ms, value);
		break;
	case TERN_OPT_KEEPALIVE:
	case TERN_OPT_KEEPIDLE:
	case TERN_OPT_KEEPINTVL:
	case TERN_OPT_KEEPCNT:
		e->keepalive |= soak_options[option].id == TERN_OPT_KEEPALIVE && value == 1;
		tern_get(stack, e->id, TERN_OPT_KEEPIDLE, &idle_ms);
		tern_get(stack, e->id, TERN_OPT_KEEPINTVL, &interval_ms);
		tern_get(stack, e->id, TERN_OPT_KEEPCNT, &count);
		e->keep_ms = RTE_MIN(e->keep_ms, RTE_MIN(idle_ms, interval_ms * count));
		break;
	default:
		break;
	}
}

/* Is the protocol through with it, and only the reader is not? */
static bool
is_through(const struct soak_end *e)
{
	struct tern_info info = TERN_INFO_INIT;

	return tern_info(e->run->site[e->host].stack, e->id, &info) == 0 && strcmp(tern_state_name(info.state), "CLOSED") == 0;
}

static void
end_it(struct soak_end *e)
{
	struct tern_stack *stack = e->run->site[e->host].stack;

	if (e->wants_abort && !e->did_abort) {
		e->did_abort = true;
		e->left_unread = is_through(e);
		tern_abort(stack, e->id);
		return;
	}
	if (e->did_abort || e->sends > 0)
		return;
	if (e->wants_close && !e->did_close) {
		e->did_close = true;
		e->left_unread = is_through(e);
		e->close_ns = soak_now(e->run);
		tern_close(stack, e->id);
	} else if (e->wants_shutdown && !e->did_shutdown && !e->did_close &&
		   tern_shutdown(stack, e->id) == 0)
		e->did_shutdown = true;
}

void
soak_go_on(struct soak_end *e)
{
	if (!e->known || e->closed)
		return;
	for (unsigned int i = 0; i < e->sets; i++)
		set_option(e, e->set[i].option, e->set[i].value);
	e->sets = 0;
	read_all(e);
	if (!e->did_abort && !e->did_close && !e->did_shutdown)
		send_all(e);
	if (!e->closed)
		end_it(e);
}

/* ---- events */

/* Which connection it is, by the opener's port. */
static struct soak_end *
accepted(struct soak_run *run, struct tern_stack *stack, tern_conn id)
{
	struct tern_info info = TERN_INFO_INIT;
	unsigned int conn;

	if (tern_info(stack, id, &info) != 0)
		return NULL;
	conn = info.remote.port - SOAK_FIRST_PORT;
	return conn < SOAK_CONNS && run->conn[conn].opened ? &run->conn[conn].end[ACCEPTOR] : NULL;
}

/* An old SYN with data, or an old ACK that proves a cookie, may make a connection again: nothing in it is believed. */
static bool
is_ghost(struct soak_site *site, struct soak_end *e, tern_conn id)
{
	struct soak_run *run = site->run;

	if (!e->known)
		return false;
	if (run->conn[e->conn].fastopen || run->c->host[e->host].syn_cookies != 0) {
		run->ghosts++;
		tern_set_user(site->stack, id, NULL);
		tern_abort(site->stack, id);
		return true;
	}
	soak_broken_end(e, "a connection was accepted twice", "%s", "without Fast Open and cookies");
	return true;
}

static void
tell(struct soak_site *site, const struct tern_event *event)
{
	struct soak_run *run = site->run;
	struct soak_end *e = event->user;

	if (event->mask & TERN_REF_DONE) {
		e = &run->conn[event->cookie >> 1].end[event->cookie & 1];
		if (e->refs-- == 0)
			soak_broken_end(e, "memory was told back that was not given", "cookie %llu",
					(unsigned long long)event->cookie);
		return;
	}
	if (event->mask & TERN_ACCEPTED) {
		e = accepted(run, site->stack, event->id);
		/* reset before anybody was told of it: its id is no good any more */
		if (e == NULL && (event->mask & TERN_CLOSED))
			return;
		if (e == NULL) {
			soak_broken(run, "a connection was accepted that nobody opened: id %llx", (unsigned long long)event->id);
			return;
		}
		if (is_ghost(site, e, event->id))
			return;
		tern_set_user(site->stack, event->id, e);
		e->id = event->id;
		e->known = e->connected = true;
		e->opened_ns = soak_now(run);
	}
	if (e == NULL)
		return;            /* of a ghost */
	if (e->closed || e->id != event->id) {
		soak_broken_end(e, "an event came behind the last", "mask %x", event->mask);
		return;
	}
	e->connected |= (event->mask & TERN_CONNECTED) != 0;
	if (event->mask & TERN_CLOSED) {
		e->closed = true;
		e->closed_ns = soak_now(run);
		e->reason = (enum tern_close_reason)event->reason;
		soak_judge(e);
	}
	soak_go_on(e);
}

void
soak_program(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct soak_site *site = arg;

	(void)stack;
	for (int i = 0; i < n && site->run->broken[0] == '\0'; i++)
		tell(site, &events[i]);
}
