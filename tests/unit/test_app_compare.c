/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../app/tern/compare.h"

#define BEFORE "{\"schema\":1,\"requests_per_second\":1000,\"answer_latency_us\":{\"p99\":50.5},\"failed_share\":0," \
	"\"configuration\":{\"rate\":\"1k\",\"mode\":\"rr\"}}"
#define AFTER "{\"schema\":1,\"requests_per_second\":900,\"answer_latency_us\":{\"p99\":101},\"failed_share\":0," \
	"\"configuration\":{\"rate\":\"2k\",\"mode\":\"rr\"}}"

static char *text;
static bool missed;
static struct problem why;
static const char *const names[] = { "before.json", "after.json" };

static int
compare(const char *first, const char *second, const char *fail_if)
{
	json_t *a = json_loads(first, 0, NULL), *b = json_loads(second, 0, NULL);
	size_t size;
	FILE *out;
	int rc;

	assert_true(a != NULL && b != NULL);
	free(text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	rc = compare_reports(out, names, a, b, fail_if, &missed, &why);
	fclose(out);
	json_decref(a);
	json_decref(b);
	return rc;
}

static int
forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

/* A line that begins with this word. */
static const char *
line_of(const char *word)
{
	const char *p = strstr(text, word);

	if (p == NULL)
		fail_msg("no '%s' in:\n%s", word, text);
	return p;
}

static void
assert_line(const char *word, double a, double b, double ratio)
{
	double found[3];

	assert_int_equal(sscanf(line_of(word) + strlen(word), "%lf %lf %lf", &found[0], &found[1], &found[2]), 3);
	assert_true(found[0] == a && found[1] == b && found[2] == ratio);
}

static void
figures_stand_side_by_side_with_their_ratio(void **state)
{
	(void)state;
	assert_int_equal(compare(BEFORE, AFTER, NULL), 0);
	assert_false(missed);
	assert_line("requests_per_second", 1000, 900, 0.9);
	assert_line("answer_latency_us.p99", 50.5, 101, 2);
	/* nothing and nothing is no change */
	assert_line("failed_share", 0, 0, 1);
	assert_null(strstr(text, "connections_per_second"));
}

static void
it_is_said_which_file_and_which_build_is_which(void **state)
{
	(void)state;
	assert_int_equal(compare(BEFORE, "{\"schema\":1,\"version\":\"1.2\"}", NULL), 0);
	line_of("A  before.json\n");
	line_of("B  after.json, of tern 1.2\n");
	assert_int_equal(compare("{\"schema\":2,\"command\":\"bench\",\"version\":\"1.2\",\"build\":{\"commit\":\"abc\"}}",
				 "{\"schema\":2,\"command\":\"bench\",\"build\":{\"commit\":\"def\"}}", NULL), 0);
	line_of("A  before.json, of tern 1.2, abc\n");
	line_of("B  after.json, of tern def\n");
}

static void
options_that_differ_are_named(void **state)
{
	(void)state;
	assert_int_equal(compare(BEFORE, AFTER, NULL), 0);
	assert_non_null(strstr(line_of("options that differ"), "\"2k\""));
	assert_null(strstr(line_of("options that differ"), "rr"));
}

static void
another_schema_is_refused(void **state)
{
	(void)state;
	assert_int_equal(compare(BEFORE, "{\"schema\":2}", NULL), -1);
	assert_non_null(strstr(why.text, "after.json has schema 2"));
	assert_int_equal(compare("{\"a\":2}", AFTER, NULL), -1);
	assert_non_null(strstr(why.text, "before.json is no report"));
	assert_int_equal(compare("[1]", AFTER, NULL), -1);
}

#define BENCH(crr, more) "{\"schema\":2,\"command\":\"bench\",\"build\":{\"commit\":\"abc\"}," \
	"\"figures\":{\"crr\":{\"unit\":\"conn/s\",\"median\":" crr "}" more "}}"

static void
records_of_the_bench_stand_side_by_side_by_their_medians(void **state)
{
	(void)state;
	assert_int_equal(compare(BENCH("1000", ""), BENCH("1250", ",\"rr_64\":{\"median\":7}"), "crr<1.3"), 0);
	assert_line("crr", 1000, 1250, 1.25);
	assert_non_null(strstr(line_of("rr_64"), "7"));
	assert_true(missed);
	assert_int_equal(compare(BENCH("1000", ""), BENCH("1250", ""), "crr<1.2"), 0);
	assert_false(missed);
	/* a figure that was not there is no figure */
	assert_int_equal(compare(BENCH("1000", ""), BENCH("null", ""), "crr<1.2"), -1);
	assert_int_equal(compare(BENCH("1000", ""), AFTER, NULL), -1);
	assert_non_null(strstr(why.text, "before.json is a record of ./run bench"));
	assert_int_equal(compare("{\"schema\":1,\"command\":\"bench\"}", BENCH("1", ""), NULL), -1);
	assert_non_null(strstr(why.text, "before.json has schema 1"));
}

static void
a_criterion_is_on_the_ratio(void **state)
{
	(void)state;
	assert_int_equal(compare(BEFORE, AFTER, "requests_per_second<0.95"), 0);
	assert_true(missed);
	assert_int_equal(compare(BEFORE, AFTER, "requests_per_second<0.85,answer_latency_us.p99>2.5"), 0);
	assert_false(missed);
	assert_int_equal(compare(BEFORE, AFTER, "requests_per_second<0.85,answer_latency_us.p99>1.5"), 0);
	assert_true(missed);
	assert_int_equal(compare(BEFORE, AFTER, "nonsense<0.85"), -1);
	assert_int_equal(compare(BEFORE, AFTER, "requests_per_second"), -1);
	assert_int_equal(compare(BEFORE, AFTER, "requests_per_second<x"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(figures_stand_side_by_side_with_their_ratio, forget),
		cmocka_unit_test_teardown(it_is_said_which_file_and_which_build_is_which, forget),
		cmocka_unit_test_teardown(options_that_differ_are_named, forget),
		cmocka_unit_test_teardown(records_of_the_bench_stand_side_by_side_by_their_medians, forget),
		cmocka_unit_test_teardown(another_schema_is_refused, forget),
		cmocka_unit_test_teardown(a_criterion_is_on_the_ratio, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
