/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"

#define TCP_AT 34u   /* of tcp4_frame */

/* the message that quotes `length` bytes of a frame's IP packet */
static uint32_t
message(uint8_t *p, uint8_t type, uint8_t code, uint32_t rest, const uint8_t *packet, uint32_t length)
{
	memset(p, 0, ICMP_HEADER);
	p[0] = type;
	p[1] = code;
	p[4] = (uint8_t)(rest >> 24);
	p[5] = (uint8_t)(rest >> 16);
	p[6] = (uint8_t)(rest >> 8);
	p[7] = (uint8_t)rest;
	memcpy(p + ICMP_HEADER, packet, length);
	return ICMP_HEADER + length;
}

static void
eight_bytes_of_tcp_are_enough_and_fewer_are_refused(void **state)
{
	uint8_t bytes[128];
	struct icmp_error e;
	uint32_t n = message(bytes, ICMP_UNREACHABLE, 1, 0, tcp4_frame + 14, 28);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *p = exact_copy(bytes, i);

		assert_int_equal(icmp_error_parse(&e, true, p, i), -TERN_DROP_ICMP_BAD);
		free(p);
	}
	assert_int_equal(icmp_error_parse(&e, true, bytes, n), 0);
	assert_int_equal(e.meaning, ICMP_SOFT);
	assert_int_equal(e.error, EHOSTUNREACH);
	assert_int_equal(e.sport, 40000);
	assert_int_equal(e.dport, 80);
	assert_int_equal(e.seq, 0xfffffff0);
	assert_int_equal(e.quoted_length, sizeof(tcp4_frame) - 14);
	assert_int_equal(e.src.b[15], 2);
	assert_int_equal(e.dst.b[15], 1);
}

static void
extension_headers_in_a_quote_are_walked_and_never_left(void **state)
{
	/* hop-by-hop, routing of 16 bytes, first fragment, TCP */
	uint8_t packet[40 + 8 + 16 + 8 + 8] = { 0 }, bytes[128];
	struct icmp_error e;
	uint32_t n;

	(void)state;
	memcpy(packet, tcp6_frame + 14, 40);
	packet[6] = 0;
	packet[40] = 43;
	packet[48] = 44;
	packet[49] = 1;
	packet[64] = IP_PROTO_TCP;
	memcpy(packet + 72, tcp6_frame + 54, 8);
	n = message(bytes, ICMPV6_UNREACHABLE, 4, 0, packet, sizeof(packet));
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *p = exact_copy(bytes, i);

		assert_int_equal(icmp_error_parse(&e, false, p, i), -TERN_DROP_ICMP_BAD);
		free(p);
	}
	assert_int_equal(icmp_error_parse(&e, false, bytes, n), 0);
	assert_int_equal(e.meaning, ICMP_HARD_PORT);
	assert_int_equal(e.dport, 80);
	assert_int_equal(e.seq, 0xfffffff0);
	/* the same of a later fragment */
	bytes[ICMP_HEADER + 67] = 8;
	assert_int_equal(icmp_error_parse(&e, false, bytes, n), -TERN_DROP_ICMP_IGNORED);
}

static void
a_mapped_address_in_an_ipv6_quote_is_refused(void **state)
{
	uint8_t bytes[128];
	struct icmp_error e;
	uint32_t n = message(bytes, ICMPV6_UNREACHABLE, 4, 0, tcp6_frame + 14, 60);
	struct tern_addr mapped = addr("198.18.0.1");

	(void)state;
	memcpy(bytes + ICMP_HEADER + 8, mapped.b, 16);
	assert_int_equal(icmp_error_parse(&e, false, bytes, n), -TERN_DROP_ICMP_BAD);
}

static void
too_big_tells_the_mtu(void **state)
{
	uint8_t bytes[128];
	struct icmp_error e;
	uint32_t n = message(bytes, ICMP_UNREACHABLE, 4, 0xabcd0514, tcp4_frame + 14, 28);

	(void)state;
	assert_int_equal(icmp_error_parse(&e, true, bytes, n), 0);
	assert_int_equal(e.meaning, ICMP_TOO_BIG);
	assert_int_equal(e.mtu, 1300);
	n = message(bytes, ICMPV6_TOO_BIG, 0, 70000, tcp6_frame + 14, 60);
	assert_int_equal(icmp_error_parse(&e, false, bytes, n), 0);
	assert_int_equal(e.meaning, ICMP_TOO_BIG);
	assert_int_equal(e.mtu, 70000);
}

static void
every_code_has_a_meaning_and_what_is_not_listed_is_soft(void **state)
{
	uint8_t bytes[128];
	struct icmp_error e;

	(void)state;
	for (unsigned int code = 0; code < 256; code++) {
		uint32_t n = message(bytes, ICMP_UNREACHABLE, (uint8_t)code, 0, tcp4_frame + 14, 28);
		bool hard = code == 2 || code == 3 || code == 9 || code == 10 || code == 13;

		assert_int_equal(icmp_error_parse(&e, true, bytes, n), 0);
		assert_int_equal(e.meaning == ICMP_HARD || e.meaning == ICMP_HARD_PORT, hard);
		assert_int_equal(e.meaning == ICMP_TOO_BIG, code == 4);
		assert_int_equal(e.error == 0, code == 4);
		n = message(bytes, ICMPV6_UNREACHABLE, (uint8_t)code, 0, tcp6_frame + 14, 60);
		hard = code == 1 || code == 4 || code == 5 || code == 6;
		assert_int_equal(icmp_error_parse(&e, false, bytes, n), 0);
		assert_int_equal(e.meaning == ICMP_HARD || e.meaning == ICMP_HARD_PORT, hard);
		assert_int_not_equal(e.error, 0);
	}
}

static void
source_quench_is_no_error(void **state)
{
	(void)state;
	assert_false(icmp_is_error(true, ICMP_SOURCE_QUENCH));
	assert_false(icmp_is_error(true, ICMP_REDIRECT));
	assert_false(icmp_is_error(true, ICMP_ECHO));
	assert_false(icmp_is_error(false, ICMPV6_ECHO));
	assert_false(icmp_is_error(false, 0));
	assert_false(icmp_is_error(false, ICMPV6_REDIRECT));
	assert_true(icmp_is_error(true, ICMP_PARAMETER_PROBLEM));
	assert_true(icmp_is_error(false, ICMPV6_PARAMETER_PROBLEM));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_bytes_of_tcp_are_enough_and_fewer_are_refused),
		cmocka_unit_test(extension_headers_in_a_quote_are_walked_and_never_left),
		cmocka_unit_test(a_mapped_address_in_an_ipv6_quote_is_refused),
		cmocka_unit_test(too_big_tells_the_mtu),
		cmocka_unit_test(every_code_has_a_meaning_and_what_is_not_listed_is_soft),
		cmocka_unit_test(source_quench_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
