/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

int
run_init(struct run *r, const struct settings *s, struct tern *t, struct problem *why)
{
	size_t size;

	*r = (struct run){ .settings = s, .tern = t, .core_count = tern_stack_count(t), .told = ATOMIC_FLAG_INIT };
	atomic_init(&r->rate, s->rate);
	for (size_t i = 0; i < sizeof(r->pattern); i++)
		r->pattern[i] = (uint8_t)(i % PATTERN_PERIOD);
	size = r->core_count * sizeof(*r->cores);
	r->cores = aligned_alloc(_Alignof(struct core), size);
	if (r->cores == NULL)
		return problem_say(why, "no memory for %u cores", r->core_count);
	memset(r->cores, 0, size);
	for (unsigned int i = 0; i < r->core_count; i++) {
		struct core *core = &r->cores[i];

		core->stack = tern_stack_at(t, i);
		core->client = s->command == COMMAND_LOAD ||
			       (s->command == COMMAND_PAIR && tern_stack_side(core->stack) == TERN_SIDE_CLIENT);
		if (core->client)
			r->clients++;
		else
			r->servers++;
		if (core->client && meter_init(&core->meter) != 0)
			return problem_say(why, "no memory for the histograms");
	}
	if (s->command == COMMAND_PAIR && (r->clients == 0 || r->servers == 0))
		return problem_say(why, "a pair needs a core for either side: found %u for the client, %u for the server",
				   r->clients, r->servers);
	return 0;
}

void
run_free(struct run *r)
{
	for (unsigned int i = 0; i < r->core_count && r->cores != NULL; i++)
		meter_free(&r->cores[i].meter);
	free(r->cores);
	r->cores = NULL;
}

struct core *
run_core(struct run *r, const struct tern_stack *stack)
{
	struct core *core = r->cores;

	while (core->stack != stack)
		core++;
	return core;
}

int
run_fail(struct run *r, const char *format, ...)
{
	va_list args;

	if (!atomic_flag_test_and_set(&r->told)) {
		va_start(args, format);
		vsnprintf(r->why.text, sizeof(r->why.text), format, args);
		va_end(args);
		atomic_store(&r->failed, true);
	}
	return -1;
}
