/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/recording.h"

static struct complaint why;
static struct recording_word word;

static void
assert_taken(const char *text, const char *in, const char *out, uint64_t rest_ns)
{
	assert_int_equal(recording_parse(text, &word, &why), 0);
	assert_string_equal(word.in, in);
	assert_string_equal(word.out, out);
	assert_int_equal(word.rest_ns, rest_ns);
}

static void
assert_refused(const char *text, const char *because)
{
	why.text[0] = '\0';
	if (recording_parse(text, &word, &why) == 0)
		fail_msg("\"%s\" is taken", text);
	if (strstr(why.text, because) == NULL)
		fail_msg("\"%s\": \"%s\" lacks \"%s\"", text, why.text, because);
}

static void
either_file_may_be_left_out(void **state)
{
	(void)state;
	assert_taken("a.pcap,b.pcap", "a.pcap", "b.pcap", 1000000000);
	assert_taken("a.pcap", "a.pcap", "", 1000000000);
	assert_taken("a.pcap,", "a.pcap", "", 1000000000);
	assert_taken(",b.pcap", "", "b.pcap", 1000000000);
	assert_refused("", "names no file");
	assert_refused(",", "names no file");
}

static void
the_rest_stands_behind_both(void **state)
{
	(void)state;
	assert_taken("a,b,rest=200ms", "a", "b", 200000000);
	assert_taken("a,,rest=0", "a", "", 0);
	assert_refused("a,b,rest=", "rest=TIME");
	assert_refused("a,b,rest=2h", "1h");
	assert_refused("a,b,c", "\"c\"");
	assert_refused("a,b,", "rest=TIME");
	assert_refused("a,b,rest=1s,x", "rest=TIME");
}

static void
a_recording_is_not_overwritten(void **state)
{
	(void)state;
	assert_refused("a.pcap,a.pcap", "overwritten");
}

static void
a_path_has_its_length(void **state)
{
	char path[300];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(word.in)] = '\0';
	assert_refused(path, "255");
	path[sizeof(word.in) - 1] = '\0';
	assert_taken(path, path, "", 1000000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_file_may_be_left_out),
		cmocka_unit_test(the_rest_stands_behind_both),
		cmocka_unit_test(a_recording_is_not_overwritten),
		cmocka_unit_test(a_path_has_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
