/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <ctype.h>
#include <assert.h>
#include <stddef.h>

#include <tern/counters.h>

#define NAME_LENGTH 32

/* The names are the enumerators' in lower case, so that there is one list; no C expression can do that before start. */
static char drop_names[TERN_DROP_MAX][NAME_LENGTH] = {
	[TERN_DROP_NONE] = "none",
#define X(name, text) [TERN_DROP_##name] = #name,
	TERN_DROPS(X)
#undef X
};

static const char *const drop_texts[TERN_DROP_MAX] = {
	[TERN_DROP_NONE] = "not dropped",
#define X(name, text) [TERN_DROP_##name] = text,
	TERN_DROPS(X)
#undef X
};

static char close_names[TERN_CLOSE_MAX][NAME_LENGTH] = {
	[TERN_CLOSE_NONE] = "none",
#define X(name, text) [TERN_CLOSE_##name] = #name,
	TERN_CLOSE_REASONS(X)
#undef X
};

static const char *const close_texts[TERN_CLOSE_MAX] = {
	[TERN_CLOSE_NONE] = "still open",
#define X(name, text) [TERN_CLOSE_##name] = text,
	TERN_CLOSE_REASONS(X)
#undef X
};

#define X(name, text) _Static_assert(sizeof(#name) <= NAME_LENGTH, "the name and its end fit");
TERN_DROPS(X)
TERN_CLOSE_REASONS(X)
#undef X

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

__attribute__((constructor)) static void
lower_names(void)
{
	for (size_t i = 0; i < TERN_DROP_MAX; i++)
		lower(drop_names[i]);
	for (size_t i = 0; i < TERN_CLOSE_MAX; i++)
		lower(close_names[i]);
}

const char *
tern_drop_name(enum tern_drop reason)
{
	return (unsigned int)reason < TERN_DROP_MAX ? drop_names[reason] : "unknown";
}

const char *
tern_drop_text(enum tern_drop reason)
{
	return (unsigned int)reason < TERN_DROP_MAX ? drop_texts[reason] : "unknown reason";
}

const char *
tern_close_name(enum tern_close_reason reason)
{
	return (unsigned int)reason < TERN_CLOSE_MAX ? close_names[reason] : "unknown";
}

const char *
tern_close_text(enum tern_close_reason reason)
{
	return (unsigned int)reason < TERN_CLOSE_MAX ? close_texts[reason] : "unknown reason";
}

/* the list names every plain field once */
#define COUNT(field) +1
static_assert((1 TERN_STATS(COUNT) + TERN_CLOSE_MAX + TERN_DROP_MAX) * sizeof(uint64_t) == sizeof(struct tern_stats),
	      "TERN_STATS and struct tern_stats differ");
