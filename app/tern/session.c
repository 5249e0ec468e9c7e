/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "flood.h"
#include "memory.h"
#include "session_internal.h"
#include "units.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)

uint64_t
session_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/*
 * Sleep until then, or until the user wants an end. Signals are taken here and
 * nowhere else, so no handler runs on a core; the second one kills as usual.
 */
void
session_sleep_until(struct session *se, uint64_t until_ns)
{
	uint64_t now_ns;

	while (!se->interrupted && (now_ns = session_clock_ns()) < until_ns) {
		uint64_t left = until_ns - now_ns;
		struct timespec ts = { .tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND) };

		if (sigtimedwait(&se->signals, NULL, &ts) > 0) {
			se->interrupted = true;
			pthread_sigmask(SIG_UNBLOCK, &se->signals, NULL);
		}
	}
}

static int
core_function(struct tern_stack *stack, void *run)
{
	return run_core(run, stack)->client ? client_core(stack, run) : server_core(stack, run);
}

/* The stack's room follows -c, unless its own option says otherwise; memory is touched only when it is used. */
static int
make_room(struct session *se, struct problem *why)
{
	const uint64_t wanted = se->settings->connections;
	const char *present = options_value(se->options, "max-connections");
	uint64_t room;
	char text[24];

	if (present == NULL || options_given(se->options, "max-connections") ||
	    tern_parse_number(present, &room) != 0 || wanted <= room)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, wanted);
	return options_set(se->options, "max-connections", text, SOURCE_FLAG, "--connections", why);
}

static int
open_stacks(struct session *se, struct problem *why)
{
	int argc = 0;
	char **argv;

	if (make_room(se, why) != 0)
		return -1;
	argv = options_words(se->options, &argc);
	if (argv == NULL)
		return problem_say(why, "no memory for the options");
	se->tern = tern_open(argc, argv);
	if (se->tern == NULL)
		return problem_say(why, "%s", tern_error());
	fputs(tern_description(se->tern), stderr);
	return 0;
}

/* A pair's target is its own server, at every port that it listens on. */
static int
find_pair_target(struct session *se, struct problem *why)
{
	for (unsigned int i = 0; i < tern_stack_count(se->tern); i++) {
		struct tern_stack *stack = tern_stack_at(se->tern, i);
		struct tern_addr addr;

		if (tern_stack_side(stack) != TERN_SIDE_SERVER)
			continue;
		if (tern_stack_address(stack, true, &addr) != 0 && tern_stack_address(stack, false, &addr) != 0)
			return problem_say(why, "the server side has no address: --server-ip ADDR/PREFIX");
		if (targets_of_ports(&se->settings->targets, &addr, &se->settings->ports, why) != 0)
			return -1;
		return se->settings->mode == MODE_FLOOD ? flood_check_targets(&se->settings->targets, why) : 0;
	}
	return problem_say(why, "there is no server side: neither loop nor --server-dev was started");
}

/* A file that cannot be written is told of before the run and not behind it; a report that is there stays until then. */
static int
open_files(struct session *se, struct problem *why)
{
	const char *json = se->settings->json, *log = se->settings->log;

	if (json != NULL && strcmp(json, "-") != 0) {
		FILE *report = fopen(json, "ae");

		if (report == NULL)
			return problem_say(why, "--json '%s': %s", json, strerror(errno));
		fclose(report);
	}
	if (log == NULL)
		return 0;
	se->log = fopen(log, "we");
	return se->log != NULL ? 0 : problem_say(why, "--log '%s': %s", log, strerror(errno));
}

static int
prepare(struct session *se, struct problem *why)
{
	if (open_files(se, why) != 0 || open_stacks(se, why) != 0)
		return -1;
	if (se->settings->command == COMMAND_PAIR && find_pair_target(se, why) != 0)
		return -1;
	if (run_init(&se->run, se->settings, se->tern, why) != 0)
		return -1;
	se->live.run = &se->run;
	if (sample_init(&se->last, &se->run) != 0 || sample_init(&se->now, &se->run) != 0 ||
	    sample_init(&se->begin, &se->run) != 0 || window_init(&se->window) != 0 ||
	    window_init(&se->interval_window) != 0 || window_init(&se->stage_window) != 0)
		return problem_say(why, "no memory for the figures");
	return 0;
}

static void
stop(struct session *se)
{
	tern_stop(se->tern);
	tern_join(se->tern);
}

/* Every server listens, every client knows the way. */
static int
start(struct session *se, struct problem *why)
{
	struct run *r = &se->run;

	int rc = tern_start(se->tern, core_function, r);

	if (rc != 0)
		return problem_say(why, "the cores could not be started: %s", strerror(-rc));
	while (atomic_load(&r->ready) < r->clients || atomic_load(&r->listening) < r->servers) {
		session_sleep_until(se, session_clock_ns() + MS);
		if (!atomic_load(&r->failed) && !se->interrupted)
			continue;
		stop(se);
		*why = r->why;
		return se->interrupted ? problem_say(why, "ended by a signal before the load began") : -1;
	}
	return 0;
}

static void
report_interval(struct session *se, const char *phase)
{
	double elapsed_s;
	struct sample passed;

	sample_take(&se->now, &se->run);
	window_between(&se->interval_window, &se->run, &se->last, &se->now);
	elapsed_s = (double)(se->now.clock_ns - se->start_ns) / 1e9;
	if (!se->settings->quiet)
		live_line(&se->live, elapsed_s, phase, &se->interval_window);
	if (se->log != NULL && !json_write_interval(se->log, &se->run, elapsed_s, phase, &se->interval_window)) {
		fprintf(stderr, "tern: --log '%s': %s; no more intervals are written\n", se->settings->log, strerror(errno));
		fclose(se->log);
		se->log = NULL;
	}
	passed = se->last;
	se->last = se->now;
	se->now = passed;
}

static uint64_t
closed_by_server(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < r->core_count; i++) {
		struct tern_stats stats = { .size = sizeof(stats) };

		tern_stats(r->cores[i].stack, &stats);
		for (int k = 0; k < TERN_CLOSE_MAX; k++)
			sum += stats.closed[k];
	}
	return sum;
}

/* Nothing left to do before the time is over. */
static bool
is_done(const struct session *se)
{
	const struct run *r = &se->run;

	if (r->clients == 0)
		return se->settings->count != 0 && closed_by_server(r) >= se->settings->count;
	for (unsigned int i = 0; i < r->core_count; i++)
		if (r->cores[i].client && !__atomic_load_n(&r->cores[i].meter.done, __ATOMIC_RELAXED))
			return false;
	return true;
}

bool
session_goes_on(const struct session *se)
{
	return !se->interrupted && tern_is_running(se->tern) && !is_done(se);
}

bool
session_pass(struct session *se, const char *phase, uint64_t length_ns)
{
	const struct settings *s = se->settings;
	uint64_t begin_ns = session_clock_ns(), end_ns = length_ns < UINT64_MAX - begin_ns ? begin_ns + length_ns : UINT64_MAX;
	uint64_t tick_ns = begin_ns + s->interval_ns;

	while (session_goes_on(se) && session_clock_ns() < end_ns) {
		uint64_t next_ns = tick_ns < end_ns ? tick_ns : end_ns;

		/* a run that ends by itself is looked at more often than it is reported */
		while (session_goes_on(se) && session_clock_ns() < next_ns) {
			uint64_t look_ns = session_clock_ns() + 5 * MS;

			session_sleep_until(se, (s->count != 0 || s->recording) && look_ns < next_ns ? look_ns : next_ns);
		}
		if (session_clock_ns() < tick_ns && tick_ns < end_ns)
			break;
		report_interval(se, phase);
		tick_ns += s->interval_ns;
	}
	return session_goes_on(se);
}

static bool
all_open(const struct run *r, uint64_t *established)
{
	bool all = true;

	*established = 0;
	for (unsigned int i = 0; i < r->core_count; i++) {
		const struct meter *m = &r->cores[i].meter;

		if (!r->cores[i].client)
			continue;
		*established += __atomic_load_n(&m->counts.established, __ATOMIC_RELAXED);
		all = all && __atomic_load_n(&m->loaded, __ATOMIC_RELAXED);
	}
	return all;
}

/* The clock starts when the connections are there, or as many as there will be. */
static void
await_connections(struct session *se)
{
	uint64_t tick_ns = session_clock_ns() + se->settings->interval_ns, progress_ns = session_clock_ns();
	/* the slowest --open-rate may be one in a while */
	uint64_t patience_ns = se->settings->connect_timeout_ns + SECOND +
			       (se->settings->open_rate != 0 ? SECOND / se->settings->open_rate : 0);
	uint64_t established, before = 0;

	while (!all_open(&se->run, &established) && session_goes_on(se)) {
		uint64_t now_ns = session_clock_ns();

		if (established != before)
			progress_ns = now_ns;
		before = established;
		if (now_ns - progress_ns > patience_ns)
			return;
		if (now_ns >= tick_ns) {
			report_interval(se, "opening");
			tick_ns += se->settings->interval_ns;
		}
		session_sleep_until(se, now_ns + MS);
	}
}

static void
enter(struct session *se, enum phase phase)
{
	atomic_store(&se->run.phase, (int)phase);
}

/* Connections that the pair's own servers still know: their last ACKs are on the way. */
static uint64_t
left_at_servers(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < r->core_count; i++) {
		struct tern_stats stats = { .size = sizeof(stats) };

		if (r->cores[i].client)
			continue;
		tern_stats(r->cores[i].stack, &stats);
		sum += stats.open_now + stats.half_open_now;
	}
	return sum;
}

/* Nothing new is started; what is under way may end, so that the books balance. */
static void
drain(struct session *se)
{
	/* twice: the last request may take all its time, and then the close */
	const uint64_t end_ns = session_clock_ns() + 2 * se->settings->timeout_ns;

	enter(se, PHASE_DRAIN);
	while (tern_is_running(se->tern) && session_clock_ns() < end_ns && (!is_done(se) || left_at_servers(&se->run) > 0)) {
		struct timespec nap = { .tv_nsec = (long)MS };

		nanosleep(&nap, NULL);
	}
}

static void
begin_window(struct session *se)
{
	sample_take(&se->begin, &se->run);
	sample_take(&se->last, &se->run);
}

static void
end_window(struct session *se)
{
	sample_take(&se->now, &se->run);
	window_between(&se->window, &se->run, &se->begin, &se->now);
}

static void
run_load(struct session *se)
{
	const struct settings *s = se->settings;

	if (s->mode == MODE_HOLD)
		se->memory_before = memory_now();
	if (s->warmup_ns > 0) {
		enter(se, PHASE_WARMUP);
		if (settings_opens_first(s))
			await_connections(se);
		session_pass(se, "warm-up", s->warmup_ns);
		enter(se, PHASE_MEASURE);
		begin_window(se);
	} else {
		/* everything counts, the first connection too */
		begin_window(se);
		enter(se, PHASE_MEASURE);
	}
	if (s->find || s->ramp.stage_ns != 0) {
		session_run_stages(se);
	} else {
		session_pass(se, "measure", s->duration_ns);
		end_window(se);
	}
	if (s->mode == MODE_HOLD)
		se->memory_held = memory_now();
	drain(se);
}

static void
run_server(struct session *se)
{
	fprintf(stderr, "serving %s on port %s; Ctrl-C ends\n", settings_app_name(se->settings->app), se->settings->listen);
	begin_window(se);
	enter(se, PHASE_MEASURE);
	session_pass(se, "serve", se->settings->duration_ns);
	end_window(se);
}

static void
end_capture(const struct session *se, struct tern_capture *capture)
{
	int rc;

	*capture = (struct tern_capture)TERN_CAPTURE_INIT;
	rc = tern_capture_end(se->tern, capture);
	if (rc != 0 && rc != -ENOENT)
		fprintf(stderr, "tern: --capture '%s': %s\n", capture->file, strerror(-rc));
}

static enum exit_status
report(struct session *se, struct problem *why)
{
	const char *json = se->settings->json;
	struct report rep;

	sample_take(&se->last, &se->run);
	report_compute(&rep, &se->run, se->options, &se->window, &se->last);
	rep.interrupted = se->interrupted;
	rep.stages = &se->stages;
	if (se->memory_held > se->memory_before && rep.figures.open_connections > 0)
		rep.connection_bytes = (se->memory_held - se->memory_before) / rep.figures.open_connections;
	end_capture(se, &rep.capture);
	if (json == NULL || strcmp(json, "-") != 0)
		summary_print(stdout, &rep);
	if (json != NULL && json_write_report(&rep, json, why) != 0) {
		fprintf(stderr, "tern: %s\n", why->text);
		return EXIT_NOT_RUN;
	}
	return report_status(&rep);
}

static void
release(struct session *se)
{
	run_free(&se->run);
	sample_free(&se->last);
	sample_free(&se->now);
	sample_free(&se->begin);
	window_free(&se->window);
	window_free(&se->interval_window);
	window_free(&se->stage_window);
	stages_free(&se->stages);
	if (se->log != NULL)
		fclose(se->log);
	if (se->tern != NULL)
		tern_destroy(se->tern);
}

enum exit_status
session_run(struct settings *s, struct options *o)
{
	struct session se = { .settings = s, .options = o };
	enum exit_status status = EXIT_NOT_RUN;
	struct problem why = { "" };

	/* before any thread is made, so that all of them inherit it */
	sigemptyset(&se.signals);
	sigaddset(&se.signals, SIGINT);
	sigaddset(&se.signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &se.signals, NULL);

	if (prepare(&se, &why) != 0 || start(&se, &why) != 0) {
		fprintf(stderr, "tern: %s\n", why.text);
	} else {
		se.start_ns = session_clock_ns();
		sample_take(&se.last, &se.run);
		if (s->command == COMMAND_SERVE)
			run_server(&se);
		else
			run_load(&se);
		stop(&se);
		if (atomic_load(&se.run.failed))
			fprintf(stderr, "tern: %s\n", se.run.why.text);
		status = report(&se, &why);
	}
	release(&se);
	return status;
}
