/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/cpus.h"

static bool
take_number(const char **text, unsigned long *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*value = strtoul(*text, &end, 10);
	*text = end;
	return *value < CPU_MAX;
}

static const char *
append(struct cpu_list *list, unsigned long first, unsigned long last)
{
	for (unsigned long cpu = first; cpu <= last; cpu++) {
		for (uint32_t i = 0; i < list->count; i++)
			if (list->cpu[i] == cpu)
				return "each core once";
		if (list->count == 2 * PORT_MAX_CORES)
			return "at most 128 cores";
		list->cpu[list->count++] = (uint16_t)cpu;
	}
	return NULL;
}

const char *
cpu_list_parse(const char *text, struct cpu_list *list)
{
	static const char wanted[] = "a list of CPU numbers below 1024, as in 2-5,8";
	const char *wrong;

	list->count = 0;
	for (;; text++) {
		unsigned long first, last;

		if (!take_number(&text, &first))
			return wanted;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_number(&text, &last))
				return wanted;
		}
		if (last < first)
			return "ranges with the smaller number first, as in 2-5";
		wrong = append(list, first, last);
		if (wrong != NULL)
			return wrong;
		if (*text == '\0')
			return NULL;
		if (*text != ',')
			return wanted;
	}
}

uint32_t
cpu_allowed(uint16_t *cpus, uint32_t max)
{
	cpu_set_t set;
	uint32_t count = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (uint16_t cpu = 0; cpu < CPU_MAX && count < max; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[count++] = cpu;
	return count;
}

char *
cpu_format(const uint16_t *cpus, uint32_t count, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < count && used < size;) {
		uint32_t run = 1;

		while (i + run < count && cpus[i + run] == cpus[i] + run)
			run++;
		used += (size_t)snprintf(buf + used, size - used, "%s%u", i == 0 ? "" : ",", cpus[i]);
		if (run > 1 && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%u", run == 2 ? "," : "-", cpus[i + run - 1]);
		i += run;
	}
	return buf;
}
