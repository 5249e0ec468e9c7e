/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the probe of a stack has counted, in nanoseconds. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include <tern/probe.h>

#include "stack/stack.h"

#if TERN_PROBE == PROBE_TIME

#define TRIES 16u
#define MARKS 256u

/* Ticks from one mark to the next with nothing in between: the quickest of some, as a gap of the machine only adds. */
static double
mark_ticks(void)
{
	static double ticks;
	double least = 1e9;

	if (ticks > 0)
		return ticks;
	for (unsigned int i = 0; i < TRIES; i++) {
		struct probe p = { .last = __builtin_ia32_rdtsc() };
		uint64_t begin = p.last;

		for (unsigned int k = 0; k < MARKS; k++) {
			probe_mark(&p, k % TERN_PROBE_PHASE_MAX);
			/* as in the stack: the figures are in memory */
			asm volatile("" : : "r"(&p) : "memory");
		}
		if ((double)(p.last - begin) / MARKS < least)
			least = (double)(p.last - begin) / MARKS;
	}
	ticks = least;
	return least;
}

static uint64_t
ns_of(uint64_t ticks, uint64_t marks)
{
	double own = (double)marks * mark_ticks();

	return (double)ticks <= own ? 0 : (uint64_t)(((double)ticks - own) * 1e9 / (double)rte_get_tsc_hz());
}

int
tern_probe(const struct tern_stack *stack, struct tern_probe *probe)
{
	const struct probe *p = stack_probe((struct tern_stack *)(uintptr_t)stack);

	struct tern_probe now = { .size = RTE_MIN((size_t)probe->size, sizeof(now)) };

	now.mark_ps = (uint64_t)(mark_ticks() * 1e12 / (double)rte_get_tsc_hz());
	for (unsigned int i = 0; i < TERN_PROBE_PHASE_MAX; i++)
		now.phase_ns[i] = ns_of(p->ticks[i], p->marks[i]);
	for (unsigned int i = 0; i < TERN_PROBE_KIND_MAX; i++) {
		now.kind_ns[i] = ns_of(p->kind_ticks[i], p->kind_count[i]);
		now.kind_count[i] = p->kind_count[i];
	}
	memcpy(probe, &now, now.size);
	return 0;
}

#else

int
tern_probe(const struct tern_stack *stack, struct tern_probe *probe)
{
	(void)stack;
	(void)probe;
	return -ENOTSUP;
}

#endif
