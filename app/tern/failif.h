/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_FAILIF_H
#define APP_FAILIF_H

/* --fail-if: "failed>0.1%,p99>5ms". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

#define FAILIF_MAX 16u

struct window;
struct figures;

enum failif_unit { FAILIF_SHARE, FAILIF_COUNT, FAILIF_TIME, FAILIF_RATE };

struct failif_rule {
	uint8_t metric;          /* place in the table of metrics */
	uint8_t unit;            /* enum failif_unit of the limit */
	bool below, or_equal;    /* <, and with = */
	double limit;            /* share 0 to 1, count, nanoseconds, a second */
	char text[48];           /* as given */
};

struct failif {
	struct failif_rule list[FAILIF_MAX];
	uint32_t count;
};

/* 0 or -1 with *why. */
int failif_parse(struct failif *rules, const char *text, struct problem *why);
/* "0.1%": a share, 0 to 1. */
bool failif_parse_share(const char *text, double *share);
/* The metric's value in the rule's unit. */
double failif_value(const struct failif_rule *rule, const struct figures *f, const struct window *w);
/* Whether the rule holds, which means that the run failed it. */
bool failif_holds(const struct failif_rule *rule, double value);
/* The value, as text in the rule's unit. */
void failif_format(const struct failif_rule *rule, double value, char *buf, size_t size);

#endif
