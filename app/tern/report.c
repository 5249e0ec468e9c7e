/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>
#include <sys/resource.h>

#include "memory.h"
#include "report.h"
#include "stats.h"

void
report_compute(struct report *rep, const struct run *r, const struct options *o, const struct window *w,
	       const struct sample *end)
{
	struct problem ignored;
	struct rusage usage;

	*rep = (struct report){ .run = r, .options = o, .window = w, .totals = end->counts };
	for (unsigned int i = 0; i < r->core_count; i++)
		stats_add(&rep->side[r->cores[i].client ? SIDE_CLIENT : SIDE_SERVER], &end->stats[i]);
	figures_compute(&rep->figures, r, w);
	if (rep->figures.pair) {
		for (int i = 0; i < SIDES; i++) {
			rep->lost[i] = (int64_t)(rep->side[i].tx_packets - rep->side[!i].rx_packets);
			rep->figures.lost += rep->lost[i];
		}
	}
	verdict_reach(&rep->verdict, &rep->figures);
	if (r->settings->fail_if != NULL)
		failif_parse(&rep->rules, r->settings->fail_if, &ignored);
	for (uint32_t i = 0; i < rep->rules.count; i++) {
		rep->rule_values[i] = failif_value(&rep->rules.list[i], &rep->figures, w);
		rep->rule_missed[i] = failif_holds(&rep->rules.list[i], rep->rule_values[i]);
		rep->criteria_missed |= rep->rule_missed[i];
	}
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		rep->memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
	rep->hugepage_bytes = memory_hugepages();
}

bool
report_did_anything(const struct report *rep)
{
	return rep->totals.completed > 0 || (rep->run->settings->mode == MODE_HOLD && rep->totals.established > 0);
}

uint64_t
report_found(const struct report *rep)
{
	uint64_t best = 0;

	for (uint32_t i = 0; rep->stages != NULL && i < rep->stages->count; i++)
		if (rep->stages->list[i].held && rep->stages->list[i].rate > best)
			best = rep->stages->list[i].rate;
	return best;
}

enum exit_status
report_status(const struct report *rep)
{
	if (rep->run->settings->command == COMMAND_SERVE)
		return EXIT_VALID;
	if (!report_did_anything(rep))
		return EXIT_NOT_RUN;
	/* a search looks for the limit, and may find it to be the generator's: its rate that held is valid all the same */
	if (!rep->verdict.valid && !rep->run->settings->find)
		return EXIT_INVALID;
	if (rep->run->settings->find && report_found(rep) == 0)
		return EXIT_CRITERION;
	return rep->criteria_missed ? EXIT_CRITERION : EXIT_VALID;
}
