/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tern/tern.h>

#include "failif.h"
#include "figures.h"
#include "units.h"

enum metric {
	METRIC_FAILED, METRIC_NON_2XX, METRIC_NOT_STARTED, METRIC_RETRANSMITTED, METRIC_LOST, METRIC_DROPS, METRIC_RATE, METRIC_CONNECTIONS,
	METRIC_P50, METRIC_P90, METRIC_P99, METRIC_P999, METRIC_MAX,
	METRIC_SETUP_P99, METRIC_LATENESS_P99, METRIC_BUSY, METRICS
};

static const struct {
	const char *name;
	bool share, count, time, rate;   /* units that its limit may have */
} metrics[METRICS] = {
	[METRIC_FAILED] = { "failed", .share = true, .count = true },
	[METRIC_NON_2XX] = { "non_2xx", .share = true, .count = true },
	[METRIC_NOT_STARTED] = { "not_started", .share = true, .count = true },
	[METRIC_RETRANSMITTED] = { "retransmitted", .share = true },
	[METRIC_LOST] = { "lost", .count = true },
	[METRIC_DROPS] = { "drops", .count = true },
	[METRIC_RATE] = { "rate", .rate = true },
	[METRIC_CONNECTIONS] = { "connections", .rate = true },
	[METRIC_P50] = { "p50", .time = true },
	[METRIC_P90] = { "p90", .time = true },
	[METRIC_P99] = { "p99", .time = true },
	[METRIC_P999] = { "p99.9", .time = true },
	[METRIC_MAX] = { "max", .time = true },
	[METRIC_SETUP_P99] = { "setup_p99", .time = true },
	[METRIC_LATENESS_P99] = { "lateness_p99", .time = true },
	[METRIC_BUSY] = { "busy", .share = true },
};

static int
say_unknown(const char *text, struct problem *why)
{
	char list[256] = "";

	for (size_t i = 0; i < METRICS; i++) {
		if (i > 0)
			strncat(list, ", ", sizeof(list) - strlen(list) - 1);
		strncat(list, metrics[i].name, sizeof(list) - strlen(list) - 1);
	}
	return problem_say(why, "--fail-if: '%s' begins with none of %s", text, list);
}

/* "0.1%" */
bool
failif_parse_share(const char *text, double *share)
{
	char *end;

	*share = strtod(text, &end) / 100;
	return end != text && strcmp(end, "%") == 0 && isfinite(*share) && *share >= 0;
}

static int
parse_limit(struct failif_rule *rule, const char *limit, struct problem *why)
{
	uint64_t number = 0;

	if (metrics[rule->metric].share && failif_parse_share(limit, &rule->limit)) {
		rule->unit = FAILIF_SHARE;
		return 0;
	}
	if (metrics[rule->metric].time && tern_parse_time(limit, &number) == 0) {
		rule->unit = FAILIF_TIME;
		rule->limit = (double)number;
		return 0;
	}
	if ((metrics[rule->metric].count || metrics[rule->metric].rate) && tern_parse_number(limit, &number) == 0) {
		rule->unit = metrics[rule->metric].rate ? FAILIF_RATE : FAILIF_COUNT;
		rule->limit = (double)number;
		return 0;
	}
	return problem_say(why, "--fail-if: '%s': the limit is %s", rule->text,
			   metrics[rule->metric].time ? "a time, as in 5ms" :
			   metrics[rule->metric].share ? (metrics[rule->metric].count ? "a share or a number, as in 0.1% or 10" :
							  "a share, as in 0.1%") :
			   "a number, as in 100k");
}

static int
parse_rule(struct failif_rule *rule, struct problem *why)
{
	size_t name = strcspn(rule->text, "<>");
	const char *p = rule->text + name;

	for (rule->metric = 0; rule->metric < METRICS; rule->metric++)
		if (strlen(metrics[rule->metric].name) == name && strncmp(metrics[rule->metric].name, rule->text, name) == 0)
			break;
	if (rule->metric == METRICS)
		return say_unknown(rule->text, why);
	if (*p == 0)
		return problem_say(why, "--fail-if: '%s' wants a comparison, as in %s>LIMIT", rule->text, rule->text);
	rule->below = *p++ == '<';
	rule->or_equal = *p == '=';
	return parse_limit(rule, p + rule->or_equal, why);
}

int
failif_parse(struct failif *rules, const char *text, struct problem *why)
{
	*rules = (struct failif){ 0 };
	for (const char *p = text;; p++) {
		size_t length = strcspn(p, ",");
		struct failif_rule *rule = &rules->list[rules->count];

		if (rules->count == FAILIF_MAX)
			return problem_say(why, "--fail-if: more than %u criteria", FAILIF_MAX);
		if (length >= sizeof(rule->text))
			return problem_say(why, "--fail-if: '%.*s' is too long", (int)length, p);
		memcpy(rule->text, p, length);
		if (parse_rule(rule, why) != 0)
			return -1;
		rules->count++;
		p += length;
		if (*p == 0)
			return 0;
	}
}

static double
percentile(const struct window *w, enum latency kind, double percent)
{
	return (double)tern_histogram_percentile(w->latency[kind], percent);
}

double
failif_value(const struct failif_rule *rule, const struct figures *f, const struct window *w)
{
	switch ((enum metric)rule->metric) {
	case METRIC_FAILED:
		return rule->unit == FAILIF_SHARE ? f->failed_share : (double)f->failed;
	case METRIC_NON_2XX:
		return rule->unit == FAILIF_SHARE ? f->non_2xx_share : (double)f->non_2xx;
	case METRIC_NOT_STARTED:
		return rule->unit == FAILIF_SHARE ? f->not_started_share : (double)f->not_started;
	case METRIC_RETRANSMITTED:
		return f->retransmitted_share;
	case METRIC_LOST:
		return (double)f->lost;
	case METRIC_DROPS:
		return (double)f->local_drops;
	case METRIC_RATE:
		return f->completed_rate;
	case METRIC_CONNECTIONS:
		return f->connection_rate;
	case METRIC_P50:
		return percentile(w, LATENCY_HEADLINE, 50);
	case METRIC_P90:
		return percentile(w, LATENCY_HEADLINE, 90);
	case METRIC_P99:
		return percentile(w, LATENCY_HEADLINE, 99);
	case METRIC_P999:
		return percentile(w, LATENCY_HEADLINE, 99.9);
	case METRIC_MAX:
		return percentile(w, LATENCY_HEADLINE, 100);
	case METRIC_SETUP_P99:
		return percentile(w, LATENCY_SETUP, 99);
	case METRIC_LATENESS_P99:
		return percentile(w, LATENCY_LATENESS, 99);
	case METRIC_BUSY:
	case METRICS:
		break;
	}
	return f->client_busy;
}

bool
failif_holds(const struct failif_rule *rule, double value)
{
	if (rule->or_equal && value == rule->limit)
		return true;
	return rule->below ? value < rule->limit : value > rule->limit;
}

void
failif_format(const struct failif_rule *rule, double value, char *buf, size_t size)
{
	char text[UNITS_STRLEN];

	switch ((enum failif_unit)rule->unit) {
	case FAILIF_SHARE:
		snprintf(buf, size, "%.3g %%", 100 * value);
		break;
	case FAILIF_TIME:
		snprintf(buf, size, "%s us", units_us(text, value));
		break;
	case FAILIF_RATE:
		snprintf(buf, size, "%s/s", units_round(text, value));
		break;
	case FAILIF_COUNT:
		snprintf(buf, size, "%s", units_round(text, value));
		break;
	}
}
