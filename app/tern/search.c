/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

#include "search.h"

/* "FROM..": one part of a ramp, up to the mark behind it. */
static const char *
read_part(const char *text, const char *mark, char *part, size_t size)
{
	const char *end = strstr(text, mark);

	if (end == NULL || (size_t)(end - text) >= size)
		return NULL;
	memcpy(part, text, (size_t)(end - text));
	part[end - text] = 0;
	return end + strlen(mark);
}

int
ramp_parse(struct ramp *ramp, const char *text, struct problem *why)
{
	char from[32] = "", to[32] = "", step[32] = "";
	const char *p = read_part(text, "..", from, sizeof(from));

	if (p != NULL)
		p = read_part(p, "/+", to, sizeof(to));
	if (p != NULL)
		p = read_part(p, "@", step, sizeof(step));
	if (p == NULL || tern_parse_number(from, &ramp->from) != 0 || tern_parse_number(to, &ramp->to) != 0 ||
	    tern_parse_number(step, &ramp->step) != 0 || tern_parse_time(p, &ramp->stage_ns) != 0)
		return problem_say(why, "--ramp '%s': a ramp is FROM..TO/+STEP@TIME, as in 1k..10k/+1k@5s", text);
	if (ramp->from == 0 || ramp->to <= ramp->from || ramp->to > 1000000000)
		return problem_say(why, "--ramp '%s': it goes upwards, from 1 a second to 1,000,000,000 at most", text);
	if (ramp->step == 0 || ramp->stage_ns < 10000000)
		return problem_say(why, "--ramp '%s': a step is 1 or more, and lasts 10ms or more", text);
	if ((ramp->to - ramp->from) / ramp->step > 9999)
		return problem_say(why, "--ramp '%s': more than 10,000 steps", text);
	return 0;
}

uint64_t
search_next(struct search *search, uint64_t tried, bool held)
{
	uint64_t next;

	if (held)
		search->good = tried;
	else
		search->bad = tried;
	if (search->bad == 0) {
		next = tried * 2;
		if (search->most != 0 && next > search->most)
			next = search->most;
		return next > tried ? next : 0;
	}
	/* to a hundredth, or to one a second */
	if (search->bad - search->good <= 1 || search->bad - search->good <= search->bad / 100)
		return 0;
	next = search->good + (search->bad - search->good) / 2;
	return next;
}
