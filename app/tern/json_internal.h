/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_JSON_INTERNAL_H
#define APP_JSON_INTERNAL_H

/* json.c writes the report, json_figures.c what a report and an interval have in common. */

#include <math.h>

#include <jansson.h>

#include "report.h"

/* Counters are far below 2^63; a figure that could not be computed is null. */
static inline json_t *
count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static inline json_t *
real(double n)
{
	return isfinite(n) ? json_real(n) : json_null();
}

static inline void
put_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, count(n));
}

static inline void
put_real(json_t *o, const char *key, double n)
{
	json_object_set_new(o, key, real(n));
}

static inline void
put_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text != NULL ? json_string(text) : json_null());
}

/* The figures of a window, the same for the report and for an interval. */
void json_put_figures(json_t *o, const struct figures *f, const struct settings *s, const struct window *w);
json_t *json_of_counts(const struct counts *c, const struct settings *s);
/* Busy shares, packets and counters of each side that is in this process. */
json_t *json_of_sides(const struct window *w);
/* The counters of the whole run, of the same sides: also of what came before the window, and behind it. */
json_t *json_of_whole_sides(const struct report *rep);

/* json.c: every option of the command with its value in force. */
json_t *json_of_options(const struct options *options);
/* json.c: the object as text into a file, "-" for stdout. Takes the object. 0 or -1 with *why. */
int json_write(json_t *o, const char *path, struct problem *why);

#endif
