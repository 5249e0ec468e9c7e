/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "run/placement.h"

static bool
is_allowed(const struct placement *p, uint16_t cpu)
{
	for (uint32_t i = 0; i < p->allowed_count; i++)
		if (p->allowed[i] == cpu)
			return true;
	return false;
}

static uint32_t
uses_of(const struct placement *p, uint16_t cpu)
{
	uint32_t uses = 0;

	for (uint32_t i = 0; i < p->count; i++)
		uses += p->cpu[i] == cpu;
	return uses;
}

/* The CPU with the fewest stacks. While there are CPUs to spare the first is left to the kernel and the main thread. */
static uint16_t
free_cpu(const struct placement *p, bool spare_first)
{
	uint32_t first = spare_first && p->allowed_count > 1 ? 1 : 0;
	uint16_t best = p->allowed[first];

	for (uint32_t i = first; i < p->allowed_count; i++)
		if (uses_of(p, p->allowed[i]) < uses_of(p, best))
			best = p->allowed[i];
	return best;
}

static int
place_given(struct placement *p, const struct cpu_list *list, const char *option, struct complaint *why)
{
	char text[128];

	for (uint32_t i = 0; i < list->count; i++) {
		if (!is_allowed(p, list->cpu[i]))
			return complain(why, "%s: there is no CPU %u for this process; it may use %s (see taskset -p)", option,
					list->cpu[i], cpu_format(p->allowed, p->allowed_count, text, sizeof(text)));
		p->cpu[p->count++] = list->cpu[i];
	}
	return 0;
}

static const char *
option_name(const struct options *o, unsigned int side)
{
	return !o->pair ? "--cores" : side == 0 ? "--client-cores" : "--server-cores";
}

int
placement_make_over(struct placement *p, const struct options *o, const uint16_t *allowed, uint32_t count,
		    struct complaint *why)
{
	memset(p, 0, sizeof(*p));
	if (count == 0)
		return complain(why, "this process may use no CPU at all");
	p->allowed_count = count;
	memcpy(p->allowed, allowed, count * sizeof(allowed[0]));
	for (unsigned int side = 0; side < options_sides(o); side++) {
		const struct cpu_list *list = &o->side[side].cpus;
		uint32_t before = p->count;

		if (place_given(p, list, option_name(o, side), why) != 0)
			return -1;
		if (list->count == 0) {
			/* the other side's cores may come later, and are wanted for it alone */
			const struct cpu_list *other = &o->side[!side].cpus;
			uint16_t cpu;

			if (o->pair && side == 0 && other->count != 0) {
				struct placement with = *p;

				if (place_given(&with, other, option_name(o, 1), why) != 0)
					return -1;
				cpu = free_cpu(&with, count > with.count + 1);
			} else {
				cpu = free_cpu(p, count > options_sides(o));
			}
			p->cpu[p->count++] = cpu;
		}
		p->side_count[side] = p->count - before;
	}
	for (uint32_t i = 0; i < p->count; i++) {
		p->shared[i] = uses_of(p, p->cpu[i]) > 1;
		p->any_shared |= p->shared[i];
	}
	return 0;
}

int
placement_make(struct placement *p, const struct options *o, struct complaint *why)
{
	uint16_t allowed[CPU_MAX];
	uint32_t count = cpu_allowed(allowed, CPU_MAX);

	return placement_make_over(p, o, allowed, count, why);
}
