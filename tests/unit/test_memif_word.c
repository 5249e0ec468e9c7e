/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/memif.h"

static struct complaint why;
static struct memif_word word;

static void
assert_refused(const char *text, const char *because)
{
	why.text[0] = '\0';
	if (memif_parse(text, &word, &why) == 0)
		fail_msg("\"%s\" is taken", text);
	if (strstr(why.text, because) == NULL)
		fail_msg("\"%s\": \"%s\" lacks \"%s\"", text, why.text, because);
}

static void
a_path_alone_leaves_the_role_open(void **state)
{
	(void)state;
	assert_int_equal(memif_parse("/run/tern.sock", &word, &why), 0);
	assert_string_equal(word.path, "/run/tern.sock");
	assert_false(word.abstract);
	assert_int_equal(word.role, MEMIF_EITHER);
	assert_int_equal(word.id, 0);
	assert_int_equal(word.log2_ring, 0);
	assert_false(word.zero_copy);
	assert_string_equal(word.secret, "");
}

static void
every_word_is_understood_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(memif_parse("a,ring=4096,zero-copy,secret=s=t,client,id=65535", &word, &why), 0);
	assert_string_equal(word.path, "a");
	assert_int_equal(word.role, MEMIF_CLIENT);
	assert_int_equal(word.id, 65535);
	assert_int_equal(word.log2_ring, 12);
	assert_true(word.zero_copy);
	assert_string_equal(word.secret, "s=t");
	assert_int_equal(memif_parse("a,server", &word, &why), 0);
	assert_int_equal(word.role, MEMIF_SERVER);
}

static void
an_abstract_socket_begins_with_an_at(void **state)
{
	(void)state;
	assert_int_equal(memif_parse("@tern", &word, &why), 0);
	assert_true(word.abstract);
	assert_string_equal(word.path, "tern");
	assert_refused("@", "path of a socket");
}

static void
what_is_wrong_is_named(void **state)
{
	char path[MEMIF_PATH + 1];

	(void)state;
	memset(path, 'x', MEMIF_PATH);
	path[MEMIF_PATH] = '\0';
	assert_refused(path, "107");
	path[MEMIF_PATH - 1] = '\0';
	assert_int_equal(memif_parse(path, &word, &why), 0);
	assert_refused(",server", "path of a socket");
	assert_refused("a,", "\"\" is none of");
	assert_refused("a,master", "\"master\" is none of");
	assert_refused("a,id=65536", "0 to 65535");
	assert_refused("a,id=", "id=");
	assert_refused("a,id=1x", "id=1x");
	assert_refused("a,ring=100", "power of two");
	assert_refused("a,ring=32", "64");
	assert_refused("a,secret=", "1 to 24");
	assert_refused("a,secret=twenty-five-letters-long-", "1 to 24");
	assert_refused("a,server,zero-copy", "client");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_alone_leaves_the_role_open),
		cmocka_unit_test(every_word_is_understood_in_any_order),
		cmocka_unit_test(an_abstract_socket_begins_with_an_at),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
