/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SESSION_INTERNAL_H
#define APP_SESSION_INTERNAL_H

/*
 * A run as its main thread sees it: session_start.c brings it up, session_load.c puts the load on it, session_stages.c
 * goes through its rates, session.c looks at it meanwhile and ends it.
 */

#include <signal.h>

#include "live.h"
#include "session.h"
#include "stages.h"

struct session {
	struct settings *settings;
	struct options *options;
	struct tern *tern;
	struct run run;
	struct sample last, now, begin;   /* of the last live line, of this one, of the measured window's start */
	struct window window;             /* what the summary tells of */
	struct window interval_window;    /* of a live line */
	struct stages stages;             /* of a ramp or a search */
	struct window stage_window;
	struct live live;
	FILE *log;
	uint64_t start_ns;                /* CLOCK_MONOTONIC, of the first load */
	uint64_t memory_before, memory_held;   /* without the connections that come before the load, and with them */
	uint64_t held, held_ns;                /* how many they are, and how long opening them took */
	sigset_t signals;
	bool interrupted;
};

uint64_t session_clock_ns(void);
/* One phase, with a live line each interval. false when the run came to its end meanwhile. */
bool session_pass(struct session *se, const char *phase, uint64_t length_ns);
void session_sleep_until(struct session *se, uint64_t until_ns);
bool session_goes_on(const struct session *se);
/* Nothing is left to do before the time is over. */
bool session_is_done(const struct session *se);
void session_report_interval(struct session *se, const char *phase);
/* What is measured lies between these two. */
void session_begin_window(struct session *se);
void session_end_window(struct session *se);
void session_stop(struct session *se);

/* session_start.c: files and stacks, then every server listening and every client knowing the way. 0, or -1 with *why. */
int session_prepare(struct session *se, struct problem *why);
int session_start(struct session *se, struct problem *why);

/* session_load.c: from the warm-up to the last connection's end. */
void session_run_load(struct session *se);
void session_enter(struct session *se, enum phase phase);

/* session_stages.c: the measured part of a run with --ramp or --find. Leaves the window that the summary tells of. */
void session_run_stages(struct session *se);

#endif
