/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "guard.h"

#define MAPPED_MOST 4096u

/* What the process may write, of no file and not the heap, in order of addresses. */
static uint32_t
mapped(struct guard_range *range)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	uint32_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		char rights[5];
		unsigned long inode;
		int name = 0;

		assert_true(n < MAPPED_MOST);
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %lu %n", &range[n].begin, &range[n].end, rights, &inode,
			   &name) != 4 || rights[1] != 'w')
			continue;
		/* a hugepage's is a file without a place */
		n += line[name] == '\0' || line[name] == '\n' || strncmp(&line[name], "/anon_hugepage", 14) == 0;
	}
	fclose(f);
	return n;
}

static struct guard_range before[MAPPED_MOST];
static uint32_t before_count;

void
guard_begin(struct guard *g)
{
	g->ranges = 0;
	before_count = mapped(before);
}

/* The part of a range that was not there before; the kernel joins neighbours. */
static void
take_new(struct guard *g, struct guard_range now)
{
	for (uint32_t i = 0; i < before_count && now.begin < now.end; i++) {
		if (before[i].end <= now.begin || before[i].begin >= now.end)
			continue;
		if (before[i].begin > now.begin) {
			assert_true(g->ranges < GUARD_RANGES);
			g->range[g->ranges++] = (struct guard_range){ now.begin, before[i].begin };
		}
		now.begin = before[i].end;
	}
	if (now.begin < now.end) {
		assert_true(g->ranges < GUARD_RANGES);
		g->range[g->ranges++] = now;
	}
}

void
guard_end(struct guard *g)
{
	static struct guard_range now[MAPPED_MOST];
	uint32_t n = mapped(now);

	for (uint32_t i = 0; i < n; i++)
		take_new(g, now[i]);
}

static void
protect(const struct guard *g, int rights)
{
	for (uint32_t i = 0; i < g->ranges; i++)
		assert_int_equal(mprotect((void *)g->range[i].begin, g->range[i].end - g->range[i].begin, rights), 0);
}

void
guard_shut(const struct guard *g)
{
	protect(g, PROT_NONE);
}

void
guard_open(const struct guard *g)
{
	protect(g, PROT_READ | PROT_WRITE);
}

bool
guard_has(const struct guard *g, const void *p)
{
	for (uint32_t i = 0; i < g->ranges; i++)
		if ((uintptr_t)p >= g->range[i].begin && (uintptr_t)p < g->range[i].end)
			return true;
	return false;
}
