/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SESSION_INTERNAL_H
#define APP_SESSION_INTERNAL_H

/* A run as its main thread sees it: session.c begins and ends it, session_stages.c goes through its rates. */

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
	uint64_t memory_before, memory_held;   /* hold: without connections, and with them */
	sigset_t signals;
	bool interrupted;
};

uint64_t session_clock_ns(void);
/* One phase, with a live line each interval. false when the run came to its end meanwhile. */
bool session_pass(struct session *se, const char *phase, uint64_t length_ns);
void session_sleep_until(struct session *se, uint64_t until_ns);
bool session_goes_on(const struct session *se);

/* session_stages.c: the measured part of a run with --ramp or --find. Leaves the window that the summary tells of. */
void session_run_stages(struct session *se);

#endif
