/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "session_internal.h"

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

void
session_stop(struct session *se)
{
	tern_stop(se->tern);
	tern_join(se->tern);
}

void
session_report_interval(struct session *se, const char *phase)
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

bool
session_is_done(const struct session *se)
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
	return !se->interrupted && tern_is_running(se->tern) && !session_is_done(se);
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
		session_report_interval(se, phase);
		tick_ns += s->interval_ns;
	}
	return session_goes_on(se);
}

void
session_begin_window(struct session *se)
{
	sample_take(&se->begin, &se->run);
	sample_take(&se->last, &se->run);
}

void
session_end_window(struct session *se)
{
	sample_take(&se->now, &se->run);
	window_between(&se->window, &se->run, &se->begin, &se->now);
}

static void
run_server(struct session *se)
{
	/* first, as whoever reads the line may come at once, and shall be counted */
	session_begin_window(se);
	fprintf(stderr, "serving %s on port %s; Ctrl-C ends\n", settings_app_name(se->settings->app), se->settings->listen);
	session_enter(se, PHASE_MEASURE);
	session_pass(se, "serve", se->settings->duration_ns);
	session_end_window(se);
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
	rep.opened = se->held;
	rep.opened_ns = se->held_ns;
	if (se->memory_held > se->memory_before && se->held > 0)
		rep.connection_bytes = (se->memory_held - se->memory_before) / se->held;
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

	if (session_prepare(&se, &why) != 0 || session_start(&se, &why) != 0) {
		fprintf(stderr, "tern: %s\n", why.text);
	} else {
		se.start_ns = session_clock_ns();
		sample_take(&se.last, &se.run);
		if (s->command == COMMAND_SERVE)
			run_server(&se);
		else
			session_run_load(&se);
		session_stop(&se);
		if (atomic_load(&se.run.failed))
			fprintf(stderr, "tern: %s\n", se.run.why.text);
		status = report(&se, &why);
	}
	release(&se);
	return status;
}
