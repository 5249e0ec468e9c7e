/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/device.h"

static struct complaint why;
static const char *argument;

static const struct device_kind *
parse(const char *text)
{
	why.text[0] = '\0';
	argument = NULL;
	return device_parse(text, &argument, &why);
}

static void
assert_refused(const char *text, const char *because)
{
	if (parse(text) != NULL)
		fail_msg("\"%s\" is taken", text);
	if (strstr(why.text, because) == NULL)
		fail_msg("\"%s\": \"%s\" lacks \"%s\"", text, why.text, because);
}

static void
a_tap_has_the_name_of_its_interface(void **state)
{
	const struct device_kind *kind = parse("tap:t0");

	(void)state;
	assert_non_null(kind);
	assert_string_equal(kind->name, "tap");
	assert_string_equal(argument, "t0");
}

static void
loop_stands_alone(void **state)
{
	(void)state;
	assert_non_null(parse("loop"));
	assert_null(argument);
	assert_non_null(parse("loop")->open_pair);
	assert_refused("loop:0", "write \"loop\"");
}

static void
a_vdev_string_keeps_its_colons_and_commas(void **state)
{
	(void)state;
	assert_string_equal(parse("vdev:net_null0,size=64,x=a:b")->name, "vdev");
	assert_string_equal(argument, "net_null0,size=64,x=a:b");
}

static void
a_missing_argument_is_told(void **state)
{
	(void)state;
	assert_refused("tap", "tap:NAME");
	assert_refused("tap:", "tap:NAME");
	assert_refused("vdev", "vdev:STRING");
	assert_refused("vdev:,size=64", "net_null0");
}

static void
an_unknown_device_is_told_with_those_that_exist(void **state)
{
	(void)state;
	assert_refused("eth0", "loop, tap:NAME, memif:SOCKET, pcap:IN,OUT, vdev:STRING");
	assert_refused("", "tap:NAME");
	assert_refused("ta:t0", "\"ta:t0\"");
	assert_refused("taps:t0", "\"taps:t0\"");
}

static void
the_kernel_would_refuse_these_interface_names(void **state)
{
	(void)state;
	assert_refused("tap:sixteen-letters-", "15");
	assert_refused("tap:a/b", "/");
	assert_refused("tap:..", "15");
	assert_refused("tap:a b", "blanks");
	/* a comma would begin another argument of the driver, a % asks the kernel to number it */
	assert_refused("tap:a,mac=fixed", ",");
	assert_refused("tap:t%d", "%");
	assert_non_null(parse("tap:fifteen-letters"));
}

static const char *
eal_word(const char *text)
{
	const struct device_kind *kind = parse(text);

	assert_non_null(kind);
	return device_eal_word(kind, argument);
}

static void
devices_that_share_memory_need_it_in_few_files(void **state)
{
	(void)state;
	assert_string_equal(eal_word("vdev:net_virtio_user0,path=/x"), "--single-file-segments");
	assert_string_equal(eal_word("vdev:net_memif0,role=client"), "--single-file-segments");
	assert_null(eal_word("vdev:net_null0"));
	assert_null(eal_word("tap:net_memif0"));
	assert_null(eal_word("loop"));
}

static void
the_table_is_as_long_as_it_says(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < DEVICE_KINDS; i++) {
		assert_non_null(device_kinds[i].name);
		assert_non_null(device_kinds[i].help);
		assert_true((device_kinds[i].open != NULL) != (device_kinds[i].open_pair != NULL));
	}
	assert_null(device_kinds[DEVICE_KINDS].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_has_the_name_of_its_interface),
		cmocka_unit_test(loop_stands_alone),
		cmocka_unit_test(a_vdev_string_keeps_its_colons_and_commas),
		cmocka_unit_test(a_missing_argument_is_told),
		cmocka_unit_test(an_unknown_device_is_told_with_those_that_exist),
		cmocka_unit_test(the_kernel_would_refuse_these_interface_names),
		cmocka_unit_test(devices_that_share_memory_need_it_in_few_files),
		cmocka_unit_test(the_table_is_as_long_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
