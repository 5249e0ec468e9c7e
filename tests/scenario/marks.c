/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a scenario's head says about the stacks that it can be put to. */

#include <stdio.h>
#include <string.h>

#include "script.h"

static bool
begins(const struct script_line *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line->text, word, n) == 0 && (line->text[n] == ' ' || line->text[n] == '\0');
}

/* "[linux]", "[v6 tern]" */
static bool
names_a_stack(const struct script_line *line)
{
	const char *end = strchr(line->text, ']'), *at;

	if (line->text[0] != '[' || end == NULL)
		return false;
	at = strstr(line->text, "tern");
	if (at != NULL && at < end)
		return true;
	at = strstr(line->text, "linux");
	return at != NULL && at < end;
}

bool
script_is_left_out(const struct script_block *block)
{
	for (unsigned int i = 0; i < block->lines; i++)
		if (begins(&block->line[i], "virtual") || begins(&block->line[i], "only"))
			return true;
	return false;
}

bool
script_marks(const struct script_block *block, char *error, size_t size)
{
	bool differs = false, conditional = false;

	for (unsigned int i = 0; i < block->lines; i++) {
		const struct script_line *line = &block->line[i];

		if (begins(line, "only") && strncmp(line->text, "only tern ", 10) != 0) {
			snprintf(error, size, "line %u: \"only\" wants tern and a reason", line->number);
			return false;
		}
		if (begins(line, "differs") && (strchr(line->text, ':') == NULL || strchr(line->text + 8, ' ') == NULL)) {
			snprintf(error, size, "line %u: \"differs\" wants RFC:SECTION and what it leaves open", line->number);
			return false;
		}
		differs |= begins(line, "differs");
		conditional |= names_a_stack(line);
	}
	if (differs != conditional) {
		snprintf(error, size, differs ? "\"differs\" without a line for [tern] or [linux] alone"
					      : "lines for [tern] or [linux] alone want \"differs RFC:SECTION reason\"");
		return false;
	}
	return true;
}
