/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The conditions that one scenario is run under: family, the peer's options, sequence numbers at the wrap. */

#include <stdio.h>
#include <string.h>

#include "script.h"

static const char *const conditions[][2] = {
	{ "v4", "v6" }, { "ts", "nots" }, { "wscale", "nowscale" }, { "sack", "nosack" }, { "nowrap", "wrap" }
};
#define CONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

static bool
condition(const struct variant *v, unsigned int i)
{
	const bool value[CONDITIONS] = { v->v6, v->no_timestamps, v->no_wscale, v->no_sack, v->wrap };

	return value[i];
}

int
variant_has(const struct variant *v, const char *name)
{
	for (unsigned int i = 0; i < CONDITIONS; i++)
		for (unsigned int k = 0; k < 2; k++)
			if (strcmp(name, conditions[i][k]) == 0)
				return condition(v, i) == (k == 1);
	return -1;
}

void
variant_name(const struct variant *v, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s", conditions[0][v->v6]);

	for (unsigned int i = 1; i < CONDITIONS; i++)
		if (condition(v, i) && used < size)
			used += (size_t)snprintf(text + used, size - used, " %s", conditions[i][1]);
}

/* Which sides of each condition a "with" line lists; bit 0 the first, bit 1 the second. */
static bool
read_with(const struct script_line *line, unsigned int sides[CONDITIONS], char *error, size_t size)
{
	struct words w;

	if (!words_split(&w, line->text))
		return false;
	for (unsigned int n = 1; n < w.count; n++) {
		bool known = false;

		for (unsigned int i = 0; i < CONDITIONS; i++)
			for (unsigned int k = 0; k < 2; k++)
				if (strcmp(w.word[n], conditions[i][k]) == 0) {
					sides[i] |= 1u << k;
					known = true;
				}
		if (!known) {
			snprintf(error, size, "line %u: unknown condition: %s", line->number, w.word[n]);
			return false;
		}
	}
	return true;
}

unsigned int
script_variants(const struct script_block *block, struct variant variants[VARIANTS], char *error, size_t size)
{
	unsigned int sides[CONDITIONS] = { 0 }, count = 0;

	for (unsigned int i = 0; i < block->lines; i++)
		if (strncmp(block->line[i].text, "with ", 5) == 0 && !read_with(&block->line[i], sides, error, size))
			return 0;
	if (sides[0] == 0)
		sides[0] = 3;
	for (unsigned int i = 1; i < CONDITIONS; i++)
		if (sides[i] == 0)
			sides[i] = 1;
	for (unsigned int n = 0; n < 1u << CONDITIONS; n++) {
		bool wanted = true;

		for (unsigned int i = 0; i < CONDITIONS; i++)
			wanted &= (sides[i] >> (n >> i & 1) & 1) != 0;
		if (wanted)
			variants[count++] = (struct variant){ n & 1, n & 2, n & 4, n & 8, n & 16 };
	}
	return count;
}
