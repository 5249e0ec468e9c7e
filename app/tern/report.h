/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

/* Everything that a finished run has to say; summary.c and json.c say it. */

#include <stdio.h>

#include "failif.h"
#include "figures.h"
#include "options.h"
#include "stages.h"
#include "verdict.h"

/* of memory, that the load itself keeps for a connection: client.h holds it to that */
#define REPORT_FLIGHT_BYTES ((size_t)64)

struct report {
	const struct run *run;
	const struct options *options;
	const struct window *window;      /* what was measured */
	struct figures figures;
	struct verdict verdict;
	struct failif rules;
	double rule_values[FAILIF_MAX];
	bool rule_missed[FAILIF_MAX], criteria_missed;
	bool interrupted;
	const struct stages *stages;      /* of a ramp or a search, or none */
	/* of the whole run, from its first packet to the end */
	struct counts totals;
	struct tern_stats side[SIDES];
	int64_t lost[SIDES];              /* in a pair: of what that side sent */
	struct tern_capture capture;      /* file is NULL without --capture */
	uint64_t opened, opened_ns;       /* connections that were opened before the load, and how long that took */
	uint64_t connection_bytes;        /* memory that came with them, by their number */
	uint64_t memory_bytes;            /* resident at most, hugepages not among them */
	uint64_t hugepage_bytes;          /* used, at the end */
};

enum exit_status { EXIT_VALID = 0, EXIT_NOT_RUN = 1, EXIT_CRITERION = 2, EXIT_INVALID = 3 };

void report_compute(struct report *rep, const struct run *r, const struct options *o, const struct window *w,
		    const struct sample *end);
/* Something was completed; hold: is open. */
bool report_did_anything(const struct report *rep);
/* The highest rate of --find that held; 0: none. */
uint64_t report_found(const struct report *rep);
enum exit_status report_status(const struct report *rep);

/* summary.c */
void summary_print(FILE *out, const struct report *rep);
/* json.c. 0 or -1 with *why. "-" is stdout. */
int json_write_report(const struct report *rep, const char *path, struct problem *why);
/* One interval, as one line. false when it could not be written. */
bool json_write_interval(FILE *out, const struct run *r, double elapsed_s, const char *phase, const struct window *w);

#endif
