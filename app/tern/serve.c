/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keepalive.h"
#include "server.h"

#define FASTOPEN_PENDING 4096u  /* handshakes that may be under way with their data taken, a listener and core */
#define EVENTS 64
#define MAX_SLEEP_NS 1000000u  /* how long a change of phase may wait */

static int
listen_all(const struct server *sv)
{
	const struct port_ranges *ports = &sv->run->settings->ports;

	for (uint32_t i = 0; i < ports->count; i++) {
		struct tern_listen_options options = TERN_LISTEN_INIT;
		tern_listener listener;
		int rc;

		options.port = ports->list[i].first;
		/* 0 means one, so the whole port space is one short of its count and still right */
		options.ports = (uint16_t)(ports->list[i].last - ports->list[i].first + 1);
		options.fastopen = sv->run->settings->fastopen ? FASTOPEN_PENDING : 0;
		rc = tern_listen(sv->stack, &options, &listener);
		if (rc != 0)
			return run_fail(sv->run, "cannot listen on ports %u to %u: %s", ports->list[i].first,
					ports->list[i].last, strerror(-rc));
	}
	return 0;
}

/* A turn; with --idle sleep it may wait for what comes. */
static int
turn_events(struct server *sv, struct tern_event *events)
{
	return sv->run->settings->sleeps ? tern_wait(sv->stack, events, EVENTS, MAX_SLEEP_NS) :
					   tern_poll(sv->stack, events, EVENTS);
}

/* A recording is over before anybody looks, unless it begins when the figures do. */
static void
await_window(const struct server *sv)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	for (int i = 0; i < 10000 && sv->run->settings->recording && run_phase(sv->run) == PHASE_PREPARE; i++)
		nanosleep(&nap, NULL);
}

static void
turn_server(struct server *sv, struct meter *meter)
{
	struct tern_event events[EVENTS];
	uint64_t last_ns = tern_clock(sv->stack);
	int seen = PHASE_PREPARE, n;

	while ((n = turn_events(sv, events)) >= 0) {
		uint64_t now_ns = tern_now(sv->stack);
		int phase = (int)run_phase(sv->run);

		if (phase != seen)
			meter->longest_gap_ns = 0;
		else if (now_ns - last_ns > meter->longest_gap_ns)
			meter->longest_gap_ns = now_ns - last_ns;
		seen = phase;
		last_ns = now_ns;
		for (int i = 0; i < n; i++) {
			if (events[i].mask & TERN_ACCEPTED)
				keepalive_begin(sv->run->settings, sv->stack, events[i].id);
			if (events[i].id != 0)
				sv->app(sv, &events[i]);
		}
	}
}

int
server_core(struct tern_stack *stack, void *arg)
{
	struct run *r = arg;
	const struct settings *s = r->settings;
	struct meter *meter = &run_core(r, stack)->meter;
	struct server *sv = malloc(sizeof(*sv));
	int rc;

	if (sv == NULL)
		return run_fail(r, "no memory for the server of core %u", tern_stack_core(stack));
	*sv = (struct server){
		.stack = stack, .run = r, .app = server_app_of(s), .request_size = (uint32_t)s->request_size,
		.answer_size = (uint32_t)s->answer_size, .closer_server = s->closer_server, .close_rst = s->close_rst,
		.work_ns = s->work_ns,
	};
	meter->thread = gettid();
	if (s->app == APP_HTTP && http_site_open(sv) != 0) {
		free(sv);
		return run_fail(r, "no memory for the answers of core %u", tern_stack_core(stack));
	}
	rc = listen_all(sv);
	if (rc == 0) {
		atomic_fetch_add(&r->listening, 1);
		await_window(sv);
		turn_server(sv, meter);
	}
	http_site_close(sv);
	free(sv);
	return rc;
}
