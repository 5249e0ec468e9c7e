/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "report.h"
#include "units.h"

#define SCHEMA 1
#define SCHEMA_BENCH 2

/* Dotted places of the figures in a report. */
static const char *const figures[] = {
	"connections_per_second", "requests_per_second", "transactions_per_second", "found_rate_per_second",
	"payload_gbit_up_per_second", "payload_gbit_down_per_second", "gbit_per_second",
	"failed_share", "non_2xx_share", "not_started_share", "retransmitted_share",
	"setup_latency_us.p50", "setup_latency_us.p99", "setup_latency_us.p999", "setup_latency_us.max",
	"answer_latency_us.p50", "answer_latency_us.p90", "answer_latency_us.p99", "answer_latency_us.p999",
	"answer_latency_us.max", "latency_from_intended_start_us.p50", "latency_from_intended_start_us.p99",
	"latency_from_intended_start_us.p999", "undisturbed_latency_us.p50", "undisturbed_latency_us.p99", "lateness_us.p99",
	"packets_per_connection.out", "packets_per_connection.in", "packets_per_request.out", "packets_per_request.in",
	"sides.client.busy_share_max", "sides.client.local_drops", "sides.client.counters.retransmits_data",
	"sides.server.busy_share_max", "sides.server.local_drops", "sides.server.counters.retransmits_data",
	"memory_bytes", "memory_bytes_per_connection",
	/* of tern sim */
	"goodput_bit_per_second", "jain_index", "bottleneck_busy_share", "completion_mean_seconds", "completion_max_seconds",
	"retransmits", "bytes_retransmitted", "dropped", "marked", "real.events_per_second",
};

static const json_t *
at(const json_t *report, const char *place)
{
	while (report != NULL && *place != 0) {
		size_t length = strcspn(place, ".");
		char key[64];

		if (length >= sizeof(key))
			return NULL;
		memcpy(key, place, length);
		key[length] = 0;
		report = json_object_get(report, key);
		place += length + (place[length] == '.');
	}
	return report;
}

/* A record of ./run bench: its figures stand in one object, each with its median. */
static bool
is_bench(const json_t *report)
{
	const char *command = json_string_value(json_object_get(report, "command"));

	return command != NULL && strcmp(command, "bench") == 0;
}

/* NAN where there is no number. */
static double
figure(const json_t *report, const char *place)
{
	const json_t *value = is_bench(report) ?
		json_object_get(json_object_get(json_object_get(report, "figures"), place), "median") : at(report, place);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* B : A. Nothing on either side is no change. */
static double
ratio(double a, double b)
{
	return a == 0 && b == 0 ? 1 : b / a;
}

static void
print_figure(FILE *out, const char *place, double a, double b)
{
	fprintf(out, "%-40s", place);
	for (int i = 0; i < 2; i++) {
		double value = i == 0 ? a : b;

		if (isnan(value))
			fprintf(out, "%18s", "-");
		else if (value == floor(value) && fabs(value) < 1e15)
			fprintf(out, "%18.0f", value);
		else
			fprintf(out, "%18.6g", value);
	}
	if (isnan(a) || isnan(b) || (a == 0 && b != 0))
		fprintf(out, "%10s\n", "-");
	else
		fprintf(out, "%10.3f\n", ratio(a, b));
}

static void
print_text(FILE *out, const char *place, const json_t *a, const json_t *b)
{
	char *first = a != NULL ? json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	char *second = b != NULL ? json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	/* a long one pushes the other to the right, and does not touch it */
	fprintf(out, "%-40s %17s %17s\n", place, first != NULL ? first : "-", second != NULL ? second : "-");
	free(first);
	free(second);
}

/* What was asked for differently: a ratio between two such runs is a matter of judgement. */
static void
print_options(FILE *out, const json_t *a, const json_t *b)
{
	json_t *first = json_object_get(a, "configuration"), *second = json_object_get(b, "configuration");
	const char *key;
	json_t *value;

	json_object_foreach(first, key, value) {
		const json_t *other = json_object_get(second, key);

		if (!json_equal(value, other) && strcmp(key, "json") != 0 && strcmp(key, "log") != 0)
			print_text(out, key, value, other);
	}
	json_object_foreach(second, key, value)
		if (json_object_get(first, key) == NULL)
			print_text(out, key, NULL, value);
}

/* Which of the two is which: the file, and the build that wrote it. */
static void
print_origin(FILE *out, char letter, const char *name, const json_t *report)
{
	const char *version = json_string_value(at(report, "version"));
	const char *commit = json_string_value(at(report, "build.commit"));

	fprintf(out, "%c  %s", letter, name);
	if (version != NULL || commit != NULL)
		fprintf(out, ", of tern %s%s%s", version != NULL ? version : "", version != NULL && commit != NULL ? ", " : "",
			commit != NULL ? commit : "");
	fputc('\n', out);
}

static int
check_schema(const json_t *report, const char *which, struct problem *why)
{
	const json_t *schema = json_object_get(report, "schema");
	int wanted;

	if (!json_is_integer(schema))
		return problem_say(why, "compare: %s is no report of --json: it has no 'schema'", which);
	wanted = is_bench(report) ? SCHEMA_BENCH : SCHEMA;
	if (json_integer_value(schema) != wanted)
		return problem_say(why, "compare: %s has schema %lld; this version compares schema %d", which,
				   (long long)json_integer_value(schema), wanted);
	return 0;
}

/* One "FIGURE<RATIO" or "FIGURE>RATIO". */
static int
judge(FILE *out, const json_t *a, const json_t *b, const char *text, bool *missed, struct problem *why)
{
	char place[64];
	size_t length = strcspn(text, "<>");
	double limit, found;
	bool holds;
	char *end;

	if (length == 0 || length >= sizeof(place) || text[length] == 0)
		return problem_say(why, "--fail-if: '%s' is not FIGURE<RATIO or FIGURE>RATIO, as in requests_per_second<0.95", text);
	memcpy(place, text, length);
	place[length] = 0;
	limit = strtod(text + length + 1, &end);
	if (end == text + length + 1 || *end != 0 || !isfinite(limit))
		return problem_say(why, "--fail-if: '%s': a ratio of B to A is a number, as in 0.95", text);
	if (isnan(figure(a, place)) || isnan(figure(b, place)))
		return problem_say(why, "--fail-if: '%s' is no figure of both reports; they are as printed above", place);
	found = ratio(figure(a, place), figure(b, place));
	holds = text[length] == '<' ? found < limit : found > limit;
	fprintf(out, "%-8s%s: %.3f\n", holds ? "MISSED" : "held", text, found);
	*missed |= holds;
	return 0;
}

static int
judge_all(FILE *out, const json_t *a, const json_t *b, const char *fail_if, bool *missed, struct problem *why)
{
	char *list = strdup(fail_if), *save = NULL;
	int rc = list == NULL ? problem_say(why, "no memory for the criteria") : 0;

	if (rc == 0)
		fputc('\n', out);
	for (char *p = list != NULL ? strtok_r(list, ",", &save) : NULL; p != NULL && rc == 0; p = strtok_r(NULL, ",", &save))
		rc = judge(out, a, b, p, missed, why);
	free(list);
	return rc;
}

static void
print_reports(FILE *out, const json_t *a, const json_t *b)
{
	static const char *const texts[] = { "version", "command", "mode", "limited_by", "valid" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		print_text(out, texts[i], json_object_get(a, texts[i]), json_object_get(b, texts[i]));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		double first = figure(a, figures[i]), second = figure(b, figures[i]);

		if (!isnan(first) || !isnan(second))
			print_figure(out, figures[i], first, second);
	}
	fputs("\noptions that differ:\n", out);
	print_options(out, a, b);
}

/* What was measured by one of them alone stands behind the rest. */
static void
print_benches(FILE *out, const json_t *a, const json_t *b)
{
	static const char *const texts[] = { "version", "build.commit", "build.compiler", "machine.processor", "quick",
					     "disturbed_windows" };
	json_t *first = json_object_get(a, "figures"), *second = json_object_get(b, "figures");
	const char *key;
	json_t *value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		print_text(out, texts[i], at(a, texts[i]), at(b, texts[i]));
	json_object_foreach(first, key, value)
		print_figure(out, key, figure(a, key), figure(b, key));
	json_object_foreach(second, key, value)
		if (json_object_get(first, key) == NULL)
			print_figure(out, key, NAN, figure(b, key));
}

int
compare_reports(FILE *out, const char *const *names, const json_t *a, const json_t *b, const char *fail_if, bool *missed,
		struct problem *why)
{
	*missed = false;
	if (check_schema(a, names[0], why) != 0 || check_schema(b, names[1], why) != 0)
		return -1;
	if (is_bench(a) != is_bench(b))
		return problem_say(why, "compare: %s is a record of ./run bench, and the other is a report of a single run",
				   names[is_bench(a) ? 0 : 1]);
	print_origin(out, 'A', names[0], a);
	print_origin(out, 'B', names[1], b);
	fprintf(out, "\n%-40s%18s%18s%10s\n", "", "A", "B", "B : A");
	if (is_bench(a))
		print_benches(out, a, b);
	else
		print_reports(out, a, b);
	return fail_if == NULL ? 0 : judge_all(out, a, b, fail_if, missed, why);
}

static json_t *
load(const char *path, struct problem *why)
{
	json_error_t error;
	FILE *in = fopen(path, "re");
	json_t *report;

	if (in == NULL) {
		problem_say(why, "compare: '%s': %s", path, strerror(errno));
		return NULL;
	}
	report = json_loadf(in, 0, &error);
	if (report == NULL)
		problem_say(why, "compare: '%s' is no report of --json: line %d: %s", path, error.line, error.text);
	fclose(in);
	return report;
}

static const char usage[] = "tern compare A.json B.json [--fail-if 'requests_per_second<0.95']";

static int
say_usage(void)
{
	fprintf(stderr, "tern: compare wants two reports: %s\n", usage);
	return EXIT_NOT_RUN;
}

static int
say_help(void)
{
	printf("Usage: %s\n\n"
	       "Set two reports of --json side by side: their figures, the ratio of B to A, and the\n"
	       "options that differ. Or two records of './run bench --json FILE': the median of each figure.\n\n"
	       "      --fail-if LIST          exit 2 if one of these holds: FIGURE<RATIO or FIGURE>RATIO, figures as printed\n\n"
	       "Example:\n"
	       "  tern compare before.json after.json --fail-if 'requests_per_second<0.95,answer_latency_us.p99>1.2'\n"
	       "  tern compare bench-before.json bench-after.json --fail-if 'crr<0.97,rr_512<0.97'\n", usage);
	return EXIT_VALID;
}

int
compare_main(int argc, char **argv)
{
	const char *path[2] = { NULL, NULL }, *fail_if = NULL;
	json_t *report[2] = { NULL, NULL };
	struct problem why = { "" };
	bool missed = false;
	int paths = 0, rc = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return say_help();
		if (strcmp(argv[i], "--fail-if") == 0 && i + 1 < argc)
			fail_if = argv[++i];
		else if (strncmp(argv[i], "--fail-if=", 10) == 0)
			fail_if = argv[i] + 10;
		else if (argv[i][0] == '-' || paths == 2)
			return say_usage();
		else
			path[paths++] = argv[i];
	}
	if (paths != 2)
		return say_usage();
	for (int i = 0; i < 2 && rc == 0; i++)
		if ((report[i] = load(path[i], &why)) == NULL)
			rc = -1;
	if (rc == 0)
		rc = compare_reports(stdout, path, report[0], report[1], fail_if, &missed, &why);
	if (rc != 0)
		fprintf(stderr, "tern: %s\n", why.text);
	json_decref(report[0]);
	json_decref(report[1]);
	return rc != 0 ? EXIT_NOT_RUN : missed ? EXIT_CRITERION : EXIT_VALID;
}
