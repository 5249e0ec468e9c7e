/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What the two ends of a flow say to each other. Either may send: as much as it is allowed, which bulk allows at once and
 * requests and answers allow each other. Who has said all and sees it acknowledged sends FIN; who has read the other's
 * FIN as well closes. Every byte is compared with what was sent.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_run.h"

#define CHUNK 65536u
/* a prime: what is misplaced by any number of segments or buffers differs */
#define PERIOD 65521u
#define FIRST_PORT 5001

int
sim_pattern_make(struct sim_run *r, struct problem *why)
{
	uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

	r->pattern = malloc(PERIOD + CHUNK);
	if (r->pattern == NULL)
		return problem_say(why, "no memory for the bytes to send");
	for (uint32_t i = 0; i < PERIOD; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		r->pattern[i] = (uint8_t)(x >> 56);
	}
	for (uint32_t i = PERIOD; i < PERIOD + CHUNK; i++)
		r->pattern[i] = r->pattern[i - PERIOD];
	return 0;
}

/* The bytes from `offset` on that this end sends; CHUNK of them. Each flow and direction has its own. */
static const uint8_t *
bytes_at(const struct sim_end *e, uint64_t offset)
{
	uint64_t own = 7919 * (uint64_t)(2 * e->flow->number + e->server);

	return e->flow->run->pattern + (offset + own) % PERIOD;
}

static struct sim_end *
peer_of(const struct sim_end *e)
{
	return &e->flow->end[!e->server];
}

void
sim_end_look(struct sim_end *e)
{
	struct tern_info info = TERN_INFO_INIT;

	if (e->open && tern_info(e->stack, e->conn, &info) == 0)
		e->info = info;
}

/* ---- sending */

static void
pump(struct sim_end *e)
{
	while (e->sent < e->allowed) {
		uint64_t left = e->allowed - e->sent;
		ssize_t n = tern_send(e->stack, e->conn, bytes_at(e, e->sent), left < CHUNK ? (size_t)left : CHUNK);

		if (n <= 0)
			return;
		e->sent += (uint64_t)n;
	}
}

/* The next step of an end, whatever has happened. */
static void
go_on(struct sim_end *e)
{
	if (!e->open || e->closed)
		return;
	pump(e);
	if (e->last && e->sent == e->allowed && !e->shut) {
		sim_end_look(e);
		if (e->info.unacked + e->info.unsent > 0)
			return;   /* TERN_SENT will come */
		e->shut = tern_shutdown(e->stack, e->conn) == 0;
	}
	if (e->shut && e->eof) {
		sim_end_look(e);
		tern_close(e->stack, e->conn);
	}
}

/* ---- requests and answers */

static void
ask(struct sim_flow_run *f)
{
	struct sim_end *e = &f->end[0];

	e->allowed += f->plan->request_size;
	f->asked_ns = sim_time(f->run);
}

static void
take_answer(struct sim_flow_run *f)
{
	uint64_t ns = sim_time(f->run) - f->asked_ns;
	struct sim_end *e = &f->end[0];

	f->answered++;
	f->latency_ns += ns;
	if (ns > f->latency_most_ns)
		f->latency_most_ns = ns;
	if (f->asked_ns >= f->run->settings->warmup_ns && f->run->measured_ns == SIM_NO_END)
		tern_histogram_record(f->run->latency, ns);
	if (f->answered == f->plan->requests)
		e->last = true;
	else if (!e->last)
		ask(f);
}

/* Bytes have come: what may be said now. */
static void
answer(struct sim_end *e)
{
	struct sim_flow_run *f = e->flow;

	if (f->plan->mode != SIM_RR)
		return;
	if (e->server)
		e->allowed = e->received / f->plan->request_size * f->plan->answer_size;
	else if (e->received == (f->answered + 1) * f->plan->answer_size)
		take_answer(f);
}

/* ---- receiving */

static struct sim_stream *
stream_to(const struct sim_end *e)
{
	return e->flow->stream[e->server ? 0 : 1];
}

static void
note_progress(struct sim_end *e)
{
	struct sim_stream *s = stream_to(e);
	uint64_t now = sim_time(e->flow->run);

	if (s == NULL)
		return;
	if (now - s->last_ns > s->silence_ns && s->end_ns == SIM_NO_END)
		s->silence_ns = now - s->last_ns;
	s->last_ns = now;
}

static void
compare(struct sim_end *e, const uint8_t *bytes, size_t n)
{
	const uint8_t *wanted = bytes_at(peer_of(e), e->received);

	if (e->wrong_at != SIM_NO_END || memcmp(bytes, wanted, n) == 0)
		return;
	for (size_t i = 0; i < n && e->wrong_at == SIM_NO_END; i++)
		if (bytes[i] != wanted[i])
			e->wrong_at = e->received + i;
}

static void
take_bytes(struct sim_end *e)
{
	static uint8_t buffer[CHUNK];
	struct sim_stream *s = stream_to(e);
	ssize_t n;

	while ((n = tern_recv(e->stack, e->conn, buffer, sizeof(buffer))) > 0) {
		compare(e, buffer, (size_t)n);
		note_progress(e);
		e->received += (uint64_t)n;
		answer(e);
	}
	if (s != NULL && !s->done && sim_is_sized(e->flow->plan) &&
	    (e->flow->plan->mode == SIM_BULK ? e->received == e->flow->plan->size :
					       e->flow->answered == e->flow->plan->requests))
		sim_stream_end(s, true);
	if (n != 0)
		return;
	e->eof = true;
	/* who never sends, or answers, ends when the other does */
	if (!e->sends || e->flow->plan->mode == SIM_RR)
		e->last = true;
}

/* ---- beginning and end */

static void
begin(struct sim_end *e, tern_conn conn)
{
	const struct sim_flow *p = e->flow->plan;

	e->conn = conn;
	e->open = true;
	tern_set(e->stack, conn, TERN_OPT_ACCOUNT, 1);
	tern_set(e->stack, conn, TERN_OPT_NOTIFY_SENT, 1);
	if (p->mode == SIM_BULK && e->sends && !e->last) {
		e->allowed = p->size;
		e->last = p->size != SIM_NO_END;
	} else if (p->mode == SIM_RR && !e->server && !e->last) {
		ask(e->flow);
	}
}

static void
abort_end(struct tern_sim *sim, void *end)
{
	struct sim_end *e = end;

	(void)sim;
	if (e->open && !e->closed)
		tern_abort(e->stack, e->conn);
}

static void
finish(struct sim_end *e, uint16_t reason)
{
	struct sim_flow_run *f = e->flow;
	struct sim_end *peer = peer_of(e);

	e->closed = true;
	e->reason = reason;
	/* an end whose peer is dead would wait for ever: it has no keepalive */
	if (reason != TERN_CLOSE_NORMAL && peer->open && !peer->closed)
		tern_sim_at(f->run->sim, tern_sim_now(f->run->sim), abort_end, peer);
	if (f->over || (peer->open && !peer->closed))
		return;
	/* the server may learn of a connection later than its client of the end */
	if (!peer->open && reason == TERN_CLOSE_NORMAL)
		return;
	f->over = true;
	for (int i = 0; i < 2; i++)
		if (f->stream[i] != NULL)
			sim_stream_end(f->stream[i], false);
	if (++f->run->over_count == f->run->plan->flow_count)
		tern_sim_stop(f->run->sim);
}

void
sim_flow_stop(struct tern_sim *sim, void *flow)
{
	struct sim_flow_run *f = flow;

	(void)sim;
	for (int i = 0; i < 2; i++) {
		struct sim_end *e = &f->end[i];

		if (f->stream[i] != NULL)
			sim_stream_end(f->stream[i], false);
		/* an answer is owed to the last request; a receiver ends with the sender */
		if (!e->sends || (f->plan->mode == SIM_RR && e->server))
			continue;
		if (f->plan->mode == SIM_BULK)
			e->allowed = e->sent;
		e->last = true;
		go_on(e);
	}
}

int
sim_flow_listen(struct sim_flow_run *f)
{
	struct tern_listen_options options = TERN_LISTEN_INIT;
	tern_listener listener;

	f->port = (uint16_t)(FIRST_PORT + f->number);
	options.port = f->port;
	options.user = &f->end[1];
	options.congestion = f->plan->congestion;
	return tern_listen(f->end[1].stack, &options, &listener);
}

void
sim_flow_start(struct tern_sim *sim, void *flow)
{
	struct tern_connect_options options = TERN_CONNECT_INIT;
	struct sim_flow_run *f = flow;
	tern_conn conn;
	int rc;

	(void)sim;
	f->started = true;
	for (int i = 0; i < 2; i++)
		if (f->stream[i] != NULL)
			f->stream[i]->last_ns = sim_time(f->run);
	options.target = (struct tern_endpoint){ .addr = f->target, .port = f->port };
	options.congestion = f->plan->congestion;
	options.user = &f->end[0];
	rc = tern_connect(f->end[0].stack, &options, &conn);
	if (rc != 0) {
		f->end[0].open = true;
		finish(&f->end[0], rc == -ENETUNREACH ? TERN_CLOSE_UNREACHABLE : TERN_CLOSE_REFUSED);
		return;
	}
	f->end[0].conn = conn;
	tern_set(f->end[0].stack, conn, TERN_OPT_ACCOUNT, 1);
}

static void
on_event(struct sim_end *e, const struct tern_event *event)
{
	struct sim_flow_run *f = e->flow;

	if ((event->mask & (TERN_CONNECTED | TERN_ACCEPTED)) && !e->open) {
		begin(e, event->id);
		if (!e->server)
			f->connected_ns = sim_time(f->run);
	}
	if (event->mask & TERN_CLOSED) {
		e->open = true;
		finish(e, event->reason);
		return;
	}
	if (event->mask & (TERN_READABLE | TERN_PEER_CLOSED) && !e->eof)
		take_bytes(e);
	go_on(e);
}

void
sim_on_events(struct tern_stack *stack, const struct tern_event *events, int n, void *run)
{
	(void)stack;
	(void)run;
	for (int i = 0; i < n; i++)
		if (events[i].user != NULL)
			on_event(events[i].user, &events[i]);
}
