/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <string.h>

#include <cmocka.h>

#include <tern/counters.h>

static void
names_are_the_enumerators_in_lower_case(void **state)
{
	(void)state;
	assert_string_equal(tern_drop_name(TERN_DROP_TCP_CHECKSUM), "tcp_checksum");
	assert_string_equal(tern_drop_name(TERN_DROP_STEER_FULL), "steer_full");
	assert_string_equal(tern_drop_name(TERN_DROP_NONE), "none");
	assert_string_equal(tern_close_name(TERN_CLOSE_FIN_WAIT_2_TIMEOUT), "fin_wait_2_timeout");
	assert_string_equal(tern_close_name(TERN_CLOSE_NONE), "none");
}

static void
texts_are_those_of_the_list(void **state)
{
	(void)state;
	assert_string_equal(tern_drop_text(TERN_DROP_TCP_CHECKSUM), "bad TCP checksum");
	assert_string_equal(tern_close_text(TERN_CLOSE_RESET), "reset by the peer");
}

static void
every_reason_has_a_text_and_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TERN_DROP_MAX; i++) {
		assert_true(strlen(tern_drop_text((enum tern_drop)i)) > 0);
		for (const char *s = tern_drop_name((enum tern_drop)i); *s != '\0'; s++)
			assert_false(isupper((unsigned char)*s));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(tern_drop_name((enum tern_drop)i), tern_drop_name((enum tern_drop)j));
	}
	for (unsigned int i = 0; i < TERN_CLOSE_MAX; i++) {
		assert_true(strlen(tern_close_text((enum tern_close_reason)i)) > 0);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(tern_close_name((enum tern_close_reason)i),
						tern_close_name((enum tern_close_reason)j));
	}
}

static void
what_is_no_reason_is_called_unknown(void **state)
{
	(void)state;
	assert_string_equal(tern_drop_name(TERN_DROP_MAX), "unknown");
	assert_string_equal(tern_close_name(TERN_CLOSE_MAX), "unknown");
	assert_string_equal(tern_drop_text((enum tern_drop)1000), "unknown reason");
	assert_string_equal(tern_close_text((enum tern_close_reason)1000), "unknown reason");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_enumerators_in_lower_case),
		cmocka_unit_test(texts_are_those_of_the_list),
		cmocka_unit_test(every_reason_has_a_text_and_a_name_of_its_own),
		cmocka_unit_test(what_is_no_reason_is_called_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
