/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The stack's counters of what it dropped, in a file that a script's commands can read between two packets. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stack/internal.h"
#include "world.h"

void
world_count(const struct world *w)
{
	const char *path = w->profile.counters;
	FILE *file;

	if (path[0] == '\0' || w->stack == NULL)
		return;
	file = fopen(path, "we");
	if (file == NULL)
		world_fail("counters=%s: cannot be written: %s", path, strerror(errno));
	for (unsigned int i = 0; i < TERN_DROP_MAX; i++) {
		unsigned long long drops = w->stack->stats.drops[i];

		if (drops > 0)
			fprintf(file, "%s %llu\n", tern_drop_name((enum tern_drop)i), drops);
	}
	fclose(file);
}
