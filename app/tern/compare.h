/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_COMPARE_H
#define APP_COMPARE_H

/* tern compare: two reports of --json, side by side. */

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "problem.h"

/*
 * The figures of both with their ratios, and the options that differ. names: what they are called, their files.
 * fail_if, or NULL: "FIGURE<RATIO,..." on B : A; *missed tells whether one
 * holds. 0 or -1 with *why.
 */
int compare_reports(FILE *out, const char *const *names, const json_t *a, const json_t *b, const char *fail_if, bool *missed,
		    struct problem *why);

/* "A.json B.json [--fail-if LIST]". Returns the exit status. */
int compare_main(int argc, char **argv);

#endif
