/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a step says is noted with the end that it is for, which does it when it can. */

#include <errno.h>
#include <string.h>

#include "run.h"

static void
begin_end(struct soak_run *run, unsigned int conn, unsigned int side, unsigned int host)
{
	struct soak_end *e = &run->conn[conn].end[side];

	e->host = host;
	e->opened_ns = soak_now(run);
	e->r2_ms = run->c->host[host].user_timeout;
	e->keep_ms = e->linger_ms = UINT64_MAX;
}

static void
open_one(struct soak_run *run, const uint64_t *arg)
{
	struct soak_conn *conn = &run->conn[arg[OPEN_CONN]];
	struct soak_end *e = &conn->end[OPENER];
	struct tern_connect_options o = TERN_CONNECT_INIT;
	struct soak_site *from = &run->site[arg[OPEN_FROM]];
	int error;

	if (conn->opened)
		return;
	conn->opened = true;
	conn->fastopen = arg[OPEN_FASTOPEN];
	begin_end(run, (unsigned int)arg[OPEN_CONN], OPENER, (unsigned int)arg[OPEN_FROM]);
	begin_end(run, (unsigned int)arg[OPEN_CONN], ACCEPTOR, (unsigned int)arg[OPEN_TO]);
	tern_stack_address(run->site[arg[OPEN_TO]].stack, !arg[OPEN_V6], &o.target.addr);
	tern_stack_address(from->stack, !arg[OPEN_V6], &o.source);
	o.target.port = SOAK_PORT;
	o.source_port = (uint16_t)(SOAK_FIRST_PORT + e->conn);
	o.timeout_ns = arg[OPEN_TIMEOUT_MS] * 1000000;
	o.data = soak_octets(e, 0);
	o.data_length = arg[OPEN_DATA];
	o.fastopen = arg[OPEN_FASTOPEN];
	o.user = e;
	error = tern_connect(from->stack, &o, &e->id);
	if (error != 0) {
		e->closed = true;
		e->reason = TERN_CLOSE_NONE;
		if (error != -ENOBUFS)
			soak_broken_end(e, "an open is refused", "%s", strerror(-error));
		return;
	}
	e->known = true;
	e->sent = arg[OPEN_DATA];
}

static void
ask(struct soak_run *run, const struct soak_step *s)
{
	struct soak_end *e = &run->conn[s->arg[STEP_CONN]].end[s->arg[STEP_END]];

	switch (s->verb) {
	case SOAK_SEND:
		if (e->sends < SOAK_SENDS && s->arg[SEND_BYTES] > 0 && !e->wants_shutdown && !e->wants_close) {
			e->send[e->sends].bytes = s->arg[SEND_BYTES];
			e->send[e->sends++].how = (unsigned int)s->arg[SEND_HOW];
		}
		break;
	case SOAK_SHUTDOWN:
		e->wants_shutdown = true;
		break;
	case SOAK_CLOSE:
		e->wants_close = true;
		break;
	case SOAK_ABORT:
		e->wants_abort = true;
		break;
	case SOAK_STALL:
		e->stalled = !run->winding_down;
		break;
	case SOAK_RESUME:
		e->stalled = false;
		break;
	case SOAK_READ:
		e->read_how = (unsigned int)s->arg[READ_HOW];
		break;
	default:
		if (e->sets < SOAK_SENDS) {
			e->set[e->sets].option = (unsigned int)s->arg[SET_OPTION];
			e->set[e->sets++].value = s->arg[SET_VALUE];
		}
		break;
	}
	soak_go_on(e);
}

void
soak_step(struct soak_run *run, const struct soak_step *s)
{
	switch (s->verb) {
	case SOAK_OPEN:
		open_one(run, s->arg);
		break;
	case SOAK_CHANGE:
		soak_change(run, s->arg);
		break;
	case SOAK_LISTEN:
		if (run->site[s->arg[0]].listener == 0)
			soak_listen(run, (unsigned int)s->arg[0]);
		break;
	case SOAK_UNLISTEN:
		if (run->site[s->arg[0]].listener != 0)
			tern_unlisten(run->site[s->arg[0]].stack, run->site[s->arg[0]].listener);
		run->site[s->arg[0]].listener = 0;
		run->site[s->arg[0]].deaf = true;
		break;
	default:
		ask(run, s);
		break;
	}
}
