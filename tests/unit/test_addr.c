/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include <tern/addr.h>

#include "wire/frame.h"

static void
assert_addr_text(const char *in, const char *out)
{
	char text[TERN_ENDPOINT_STRLEN];
	struct tern_addr a;

	assert_int_equal(tern_addr_parse(in, &a), 0);
	assert_string_equal(tern_addr_format(&a, text, sizeof(text)), out);
}

static struct tern_addr
addr(const char *text)
{
	struct tern_addr a;

	assert_int_equal(tern_addr_parse(text, &a), 0);
	return a;
}

static void
ipv4_is_kept_mapped(void **state)
{
	static const uint8_t wanted[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 1 };
	struct tern_addr a = addr("198.18.0.1");

	(void)state;
	assert_memory_equal(a.b, wanted, 16);
	assert_true(tern_addr_is_v4(&a));
}

static void
addresses_print_as_they_were_typed(void **state)
{
	(void)state;
	assert_addr_text("0.0.0.0", "0.0.0.0");
	assert_addr_text("255.255.255.255", "255.255.255.255");
	assert_addr_text("2001:2::1", "2001:2::1");
	assert_addr_text("::", "::");
	assert_addr_text("::ffff:198.18.0.1", "198.18.0.1");
	assert_addr_text("2001:0002:0:0:0:0:0:00aB", "2001:2::ab");
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "198.18.0", "198.18.0.256", "198.18.0.1 ", " 198.18.0.1", "198.18.0.01",
		"198.18.0.1/24", "1.2.3.4.5", "0x7f.1", "2001:2", "2001::2::1", "2001:2::g", "[2001:2::1]", "fe80::1%eth0",
		"12345::", "host", "2001:2::1:80:1:2:3:4:5" };
	struct tern_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tern_addr_parse(bad[i], &a), -EINVAL);
}

static void
endpoints_are_parsed_and_printed(void **state)
{
	static const char *const good[] = { "198.18.0.1:80", "[2001:2::1]:65535", "[::]:1" };
	char text[TERN_ENDPOINT_STRLEN];
	struct tern_endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(tern_endpoint_parse(good[i], &e), 0);
		assert_string_equal(tern_endpoint_format(&e, text, sizeof(text)), good[i]);
	}
	assert_int_equal(e.port, 1);
}

static void
what_is_no_endpoint_is_refused(void **state)
{
	static const char *const bad[] = { "", ":", "198.18.0.1", "198.18.0.1:", "198.18.0.1:0", "198.18.0.1:65536", "198.18.0.1:+80",
		"198.18.0.1: 80", "198.18.0.1:80 ", "198.18.0.1:80:80", "198.18.0.1:4294967376", "2001:2::1:80", "[2001:2::1]",
		"[2001:2::1]80", "[2001:2::1]:", "[2001:2::1:80", "[198.18.0.1]:80", "[]:80", ":80",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:80" };
	struct tern_endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tern_endpoint_parse(bad[i], &e), -EINVAL);
}

static void
the_longest_endpoint_fits(void **state)
{
	static const char longest[] = "[1111:2222:3333:4444:5555:6666:7777:8888]:65535";
	char text[TERN_ENDPOINT_STRLEN];
	struct tern_endpoint e;

	(void)state;
	assert_int_equal(tern_endpoint_parse(longest, &e), 0);
	assert_string_equal(tern_endpoint_format(&e, text, sizeof(text)), longest);
}

static void
a_short_buffer_is_cut_and_ended(void **state)
{
	struct tern_addr a = addr("198.18.0.1");
	char text[5] = "xxxx";

	(void)state;
	assert_string_equal(tern_addr_format(&a, text, sizeof(text)), "198.");
}

static void
only_hosts_are_unicast(void **state)
{
	static const char *const good[] = { "198.18.0.1", "223.255.255.255", "240.0.0.1", "1.0.0.0", "2001:2::1", "fe80::1" };
	static const char *const bad[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "255.255.255.255",
		"::", "::1", "ff02::1" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct tern_addr a = addr(good[i]);

		assert_true(addr_is_unicast(&a));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tern_addr a = addr(bad[i]);

		assert_false(addr_is_unicast(&a));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_is_kept_mapped),
		cmocka_unit_test(addresses_print_as_they_were_typed),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(endpoints_are_parsed_and_printed),
		cmocka_unit_test(what_is_no_endpoint_is_refused),
		cmocka_unit_test(the_longest_endpoint_fits),
		cmocka_unit_test(a_short_buffer_is_cut_and_ended),
		cmocka_unit_test(only_hosts_are_unicast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
