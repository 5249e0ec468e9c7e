/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* How a run begins: its files, its stacks, and every core at work. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flood.h"
#include "session_internal.h"

#define MS UINT64_C(1000000)

static int
core_function(struct tern_stack *stack, void *run)
{
	return run_core(run, stack)->client ? client_core(stack, run) : server_core(stack, run);
}

/* The stack's room follows -c and --hold, unless its own option says otherwise; memory is touched only when it is used. */
static int
make_room(struct session *se, struct problem *why)
{
	const struct settings *s = se->settings;
	const char *present = options_value(se->options, "max-connections");
	uint64_t room, wanted;
	char text[24];

	if (present == NULL || options_given(se->options, "max-connections") ||
	    tern_parse_number(present, &room) != 0)
		return 0;
	wanted = s->hold + (s->connections > room ? s->connections : room);
	if (wanted == room)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, wanted);
	return options_set(se->options, "max-connections", text, SOURCE_FLAG, "--connections and --hold", why);
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
		return se->settings->mode == MODE_FLOOD || se->settings->flood != 0 ? flood_check_targets(&se->settings->targets, why) : 0;
	}
	return problem_say(why, "there is no server side: neither loop nor --server-dev was started");
}

/* A report that is there stays until the run's end, and one that is not begins then. */
static bool
can_write(const char *path)
{
	bool is_there = access(path, F_OK) == 0;
	FILE *f = fopen(path, "ae");

	if (f == NULL)
		return false;
	fclose(f);
	if (!is_there)
		unlink(path);
	return true;
}

/* A file that cannot be written is told of before the run and not behind it. */
static int
open_files(struct session *se, struct problem *why)
{
	const char *json = se->settings->json, *log = se->settings->log;

	if (json != NULL && strcmp(json, "-") != 0 && !can_write(json))
		return problem_say(why, "--json '%s': %s", json, strerror(errno));
	if (log == NULL)
		return 0;
	se->log = fopen(log, "we");
	return se->log != NULL ? 0 : problem_say(why, "--log '%s': %s", log, strerror(errno));
}

int
session_prepare(struct session *se, struct problem *why)
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

int
session_start(struct session *se, struct problem *why)
{
	struct run *r = &se->run;

	int rc = tern_start(se->tern, core_function, r);

	if (rc != 0)
		return problem_say(why, "the cores could not be started: %s", strerror(-rc));
	while (atomic_load(&r->ready) < r->clients || atomic_load(&r->listening) < r->servers) {
		session_sleep_until(se, session_clock_ns() + MS);
		if (!atomic_load(&r->failed) && !se->interrupted)
			continue;
		session_stop(se);
		*why = r->why;
		return se->interrupted ? problem_say(why, "ended by a signal before the load began") : -1;
	}
	return 0;
}
