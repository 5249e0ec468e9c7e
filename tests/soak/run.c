/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* One case from its first step to the end of the last TIME-WAIT. */

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "run.h"
#include "stack/internal.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define MOST_HOURS 12u             /* of virtual time, at the outside */
#define LAST_NS (1800 * SECOND)    /* in which all records go, once the programs are through */

static void
keep(struct soak_run *run, const char *format, va_list args)
{
	if (run->broken[0] != '\0')
		return;
	vsnprintf(run->broken, sizeof(run->broken), format, args);
	if (run->sim != NULL)
		tern_sim_stop(run->sim);
}

void
soak_broken(struct soak_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(run, format, args);
	va_end(args);
}

void
soak_broken_end(struct soak_end *e, const char *sentence, const char *format, ...)
{
	char details[160];
	va_list args;

	va_start(args, format);
	vsnprintf(details, sizeof(details), format, args);
	va_end(args);
	soak_broken(e->run, "%s: connection %u, %s (host %u): %s; at %.6f s", sentence, e->conn,
		    e->side == OPENER ? "opener" : "acceptor", e->host, details,
		    (double)(soak_now(e->run) - e->run->begin_ns) / 1e9);
}

/* ---- what happens at its time */

static void
next_step(struct tern_sim *sim, void *arg)
{
	struct soak_run *run = arg;

	(void)sim;
	if (run->broken[0] == '\0')
		soak_step(run, &run->c->step[run->next_step++]);
}

/* More rarely as time goes on: what takes hours moves in seconds. */
static void
next_watch(struct tern_sim *sim, void *arg)
{
	struct soak_run *run = arg;
	uint64_t passed_ns = soak_now(run) - run->begin_ns;
	uint64_t wait_ns = passed_ns < SECOND ? 10 * MS : passed_ns < 120 * SECOND ? 50 * MS : passed_ns < HOUR ? 250 * MS : SECOND;

	soak_watch(run);
	if (run->over && soak_now(run) - run->over_ns > LAST_NS)
		tern_sim_stop(sim);
	else if (run->broken[0] == '\0')
		tern_sim_at(sim, soak_now(run) + wait_ns, next_watch, run);
}

static void
begin(struct soak_run *run)
{
	const struct soak_case *c = run->c;
	uint64_t last_ns = 0;

	for (unsigned int i = 0; i < SOAK_CONNS * 2; i++) {
		struct soak_end *e = &run->conn[i / 2].end[i % 2];

		e->run = run;
		e->conn = (uint8_t)(i / 2);
		e->side = i % 2;
	}
	for (unsigned int i = 0; i < c->steps; i++) {
		last_ns = RTE_MAX(last_ns, c->step[i].at_ns);
		tern_sim_at(run->sim, run->begin_ns + c->step[i].at_ns, next_step, run);
	}
	run->wind_down_ns = run->begin_ns + last_ns + SECOND;
	tern_sim_at(run->sim, run->begin_ns, next_watch, run);
}

static void
go(struct soak_run *run)
{
	uint64_t end_ns = run->begin_ns + MOST_HOURS * HOUR;

	tern_sim_run(run->sim, end_ns);
	if (run->broken[0] != '\0')
		return;
	if (!run->over)
		soak_broken(run, "it does not end: time went to %.3f s", (double)(soak_now(run) - run->begin_ns) / 1e9);
	if (!soak_is_empty(run))
		soak_broken(run, "records are left: %.0f s behind the last end", (double)(soak_now(run) - run->over_ns) / 1e9);
	soak_judge_all(run);
}

static void
take_result(struct soak_run *run, struct soak_result *result)
{
	result->events = tern_sim_events(run->sim);
	result->virtual_ns = soak_now(run) - run->begin_ns;
	result->digest = run->digest;
	for (unsigned int i = 0; i < SOAK_CONNS * 2; i++) {
		const struct soak_end *e = &run->conn[i / 2].end[i % 2];

		result->bytes += e->got;
		if (e->closed && e->reason < TERN_CLOSE_MAX)
			result->closed[e->reason]++;
	}
}

void
soak_run(const struct soak_case *c, struct soak_result *result, const char *capture)
{
	static struct soak_run run;
	unsigned int lost;

	memset(&run, 0, sizeof(run));
	memset(result, 0, sizeof(*result));
	run.c = c;
	if (soak_build(&run, capture)) {
		begin(&run);
		go(&run);
		take_result(&run, result);
	}
	if (run.sim != NULL) {
		struct tern_sim *sim = run.sim;

		run.sim = NULL;
		lost = tern_sim_free(sim);
		if (lost != 0)
			soak_broken(&run, "mbufs were never given back: %u", lost);
	}
	memcpy(result->broken, run.broken, sizeof(result->broken));
}
