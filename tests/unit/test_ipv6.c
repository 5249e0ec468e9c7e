/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"

#define IP 14u  /* where the header begins */
#define L4 54u

/* The TCP frame with extension headers put in; `first` names the first of them. */
static size_t
with_extensions(uint8_t *frame, uint8_t first, const uint8_t *bytes, size_t length)
{
	size_t rest = sizeof(tcp6_frame) - L4;

	memcpy(frame, tcp6_frame, L4);
	frame[IP + 5] = (uint8_t)(length + rest);
	frame[IP + 6] = first;
	memcpy(frame + L4, bytes, length);
	memcpy(frame + L4 + length, tcp6_frame + L4, rest);
	return L4 + length + rest;
}

static int
parse_with_extensions(struct frame *f, uint8_t first, const uint8_t *bytes, size_t length)
{
	uint8_t frame[256];

	return parse_whole(f, frame, with_extensions(frame, first, bytes, length));
}

static int
parse_from(const char *text)
{
	struct tern_addr src = addr(text);
	uint8_t bytes[sizeof(tcp6_frame)];
	struct frame f;

	memcpy(bytes, tcp6_frame, sizeof(bytes));
	memcpy(bytes + IP + 8, src.b, 16);
	return parse_whole(&f, bytes, sizeof(bytes));
}

static void
every_field_of_the_header_is_read(void **state)
{
	struct tern_addr src = addr("2001:2::2"), dst = addr("2001:2::1");
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, tcp6_frame, sizeof(tcp6_frame)), 0);
	assert_int_equal(f.v4, 0);
	assert_int_equal(f.ethertype, ETHERTYPE_IPV6);
	assert_int_equal(f.l4_offset, 54);
	assert_int_equal(f.l4_length, 37);
	assert_int_equal(f.protocol, IP_PROTO_TCP);
	assert_int_equal(f.tos, 0x2a);
	assert_int_equal(f.ttl, 64);
	assert_memory_equal(&f.src, &src, 16);
	assert_memory_equal(&f.dst, &dst, 16);
}

static void
every_prefix_of_a_packet_is_refused(void **state)
{
	struct frame f;

	(void)state;
	for (size_t n = IP; n < L4; n++)
		assert_int_equal(parse_whole(&f, tcp6_frame, n), -TERN_DROP_SHORT);
	for (size_t n = L4; n < sizeof(tcp6_frame); n++)
		assert_int_equal(parse_whole(&f, tcp6_frame, n), -TERN_DROP_IP_HEADER);
}

static void
a_payload_length_beyond_the_frame_is_refused(void **state)
{
	uint8_t bytes[sizeof(tcp6_frame)];
	struct frame f;

	(void)state;
	memcpy(bytes, tcp6_frame, sizeof(bytes));
	bytes[IP + 5]++;
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), -TERN_DROP_IP_HEADER);
}

static void
padding_behind_the_packet_is_not_part_of_it(void **state)
{
	uint8_t bytes[sizeof(tcp6_frame) + 20] = { 0 };
	struct frame f;

	(void)state;
	memcpy(bytes, tcp6_frame, sizeof(tcp6_frame));
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), 0);
	assert_int_equal(f.l4_length, 37);
}

static void
another_version_is_refused(void **state)
{
	uint8_t bytes[sizeof(tcp6_frame)];
	struct frame f;

	(void)state;
	memcpy(bytes, tcp6_frame, sizeof(bytes));
	bytes[IP] = 0x45;
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), -TERN_DROP_IP_VERSION);
}

static void
hop_by_hop_and_destination_options_are_skipped(void **state)
{
	static const uint8_t headers[] = {
		60, 0, 5, 2, 0, 0, 1, 0,                             /* router alert, PadN of 0 */
		IP_PROTO_TCP, 1, 0, 1, 4, 0, 0, 0, 0, 0, 0x1e, 3, 1, 2, 3, 0,  /* Pad1, PadN, an unknown one to skip */
	};
	uint8_t frame[256];
	size_t length = with_extensions(frame, 0, headers, sizeof(headers));
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, frame, length), 0);
	assert_int_equal(f.protocol, IP_PROTO_TCP);
	assert_int_equal(f.l4_offset, L4 + 24);
	assert_int_equal(f.l4_length, 37);
	for (size_t n = 0; n < length; n++)
		assert_true(parse_whole(&f, frame, n) < 0);
	for (size_t n = L4; n < L4 + 24; n++) {
		uint8_t *bytes = exact_copy(frame, n);

		assert_int_equal(frame_parse(&f, bytes, (uint32_t)n, (uint32_t)length, false), -TERN_DROP_SHORT);
		free(bytes);
	}
}

static void
an_unknown_option_that_asks_for_a_discard_is_obeyed(void **state)
{
	uint8_t header[] = { IP_PROTO_TCP, 0, 0x40, 4, 0, 0, 0, 0 };
	struct frame f;

	(void)state;
	for (unsigned int action = 1; action < 4; action++) {
		header[2] = (uint8_t)(action << 6 | 0x1e);
		assert_int_equal(parse_with_extensions(&f, 60, header, sizeof(header)), -TERN_DROP_IP_EXTENSION);
		assert_int_equal(f.problem, action == 1 ? FRAME_NO_PROBLEM : FRAME_PROBLEM_OPTION);
		if (action != 1)
			assert_int_equal(f.problem_at, IPV6_HEADER + 2);
	}
}

static void
an_option_beyond_its_header_is_refused(void **state)
{
	static const uint8_t over[] = { IP_PROTO_TCP, 0, 1, 5, 0, 0, 0, 0 };
	static const uint8_t no_length[] = { IP_PROTO_TCP, 0, 1, 3, 0, 0, 0, 1 };
	struct frame f;
	uint8_t frame[256];
	size_t length = with_extensions(frame, 60, over, sizeof(over));

	(void)state;
	/* behind it nothing but padding options, up to the frame's end and beyond */
	memset(frame + L4 + sizeof(over), 0, sizeof(frame) - L4 - sizeof(over));
	assert_int_equal(parse_whole(&f, frame, length), -TERN_DROP_IP_EXTENSION);
	assert_int_equal(parse_with_extensions(&f, 60, no_length, sizeof(no_length)), -TERN_DROP_IP_EXTENSION);
}

static void
an_extension_header_beyond_the_packet_is_refused(void **state)
{
	static const uint8_t header[] = { IP_PROTO_TCP, 255, 1, 4, 0, 0, 0, 0 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 60, header, sizeof(header)), -TERN_DROP_IP_HEADER);
}

static void
hop_by_hop_options_in_second_place_are_refused(void **state)
{
	static const uint8_t headers[] = { 0, 0, 1, 4, 0, 0, 0, 0, IP_PROTO_TCP, 0, 1, 4, 0, 0, 0, 0 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 60, headers, sizeof(headers)), -TERN_DROP_IP_EXTENSION);
}

static void
fragments_are_refused(void **state)
{
	static const uint8_t header[] = { IP_PROTO_TCP, 0, 0, 1, 0, 0, 0, 1 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 44, header, sizeof(header)), -TERN_DROP_IP_FRAGMENT);
}

static void
other_extension_headers_are_not_handled(void **state)
{
	static const uint8_t next[] = { 50, 51, 59, 135 };
	static const uint8_t header[] = { IP_PROTO_TCP, 0, 0, 0, 0, 0, 0, 0 };
	struct frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(next); i++) {
		assert_int_equal(parse_with_extensions(&f, next[i], header, sizeof(header)), -TERN_DROP_IP_EXTENSION);
		/* "no next header" is no mistake of the sender's */
		assert_int_equal(f.problem, next[i] == 59 ? FRAME_NO_PROBLEM : FRAME_PROBLEM_NEXT_HEADER);
		if (f.problem != FRAME_NO_PROBLEM)
			assert_int_equal(f.problem_at, 6);
	}
}

static void
a_routing_header_passes_at_its_end_alone(void **state)
{
	uint8_t headers[] = { 43, 0, 1, 4, 0, 0, 0, 0, IP_PROTO_TCP, 0, 0, 0, 0, 0, 0, 0 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 60, headers, sizeof(headers)), 0);
	assert_int_equal(f.l4_offset, L4 + sizeof(headers));
	headers[11] = 1;
	assert_int_equal(parse_with_extensions(&f, 60, headers, sizeof(headers)), -TERN_DROP_IP_SOURCE_ROUTE);
	assert_int_equal(f.problem, FRAME_PROBLEM_HEADER);
	assert_int_equal(f.problem_at, IPV6_HEADER + 10);
}

static void
a_fragment_header_of_a_whole_packet_is_skipped(void **state)
{
	/* reserved bits do not count (RFC 8200, 4.5) */
	static const uint8_t header[] = { IP_PROTO_TCP, 0xff, 0, 6, 1, 2, 3, 4 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 44, header, sizeof(header)), 0);
	assert_int_equal(f.protocol, IP_PROTO_TCP);
	assert_int_equal(f.l4_offset, L4 + sizeof(header));
}

static void
other_protocols_are_not_handled(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_with_extensions(&f, 17, tcp6_frame, 0), -TERN_DROP_IP_PROTOCOL);
}

/* MUST-63 */
static void
sources_that_are_no_host_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_from("::"), -TERN_DROP_IP_SOURCE);
	assert_int_equal(parse_from("::1"), -TERN_DROP_IP_SOURCE);
	assert_int_equal(parse_from("ff02::1"), -TERN_DROP_IP_SOURCE);
	assert_int_equal(parse_from("fe80::1"), 0);
}

static void
the_unspecified_source_is_allowed_for_icmpv6(void **state)
{
	uint8_t bytes[sizeof(solicit_frame)];
	struct frame f;

	(void)state;
	memcpy(bytes, solicit_frame, sizeof(bytes));
	memset(bytes + IP + 8, 0, 16);
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), 0);
}

static void
mapped_addresses_never_pass_as_ipv4(void **state)
{
	struct tern_addr mapped = addr("198.18.0.1");
	uint8_t bytes[sizeof(tcp6_frame)];
	struct frame f;

	(void)state;
	assert_int_equal(parse_from("::ffff:198.18.0.2"), -TERN_DROP_IP_SOURCE);
	memcpy(bytes, tcp6_frame, sizeof(bytes));
	memcpy(bytes + IP + 24, mapped.b, 16);
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), -TERN_DROP_IP_NOT_LOCAL);
}

static void
an_emitted_header_is_byte_for_byte_the_expected_one(void **state)
{
	struct tern_addr src = addr("2001:2::2"), dst = addr("2001:2::1");
	uint8_t *p = malloc(IPV6_HEADER);

	(void)state;
	memset(p, 0xaa, IPV6_HEADER);
	assert_int_equal(ip_emit(p, false, &src, &dst, IP_PROTO_TCP, 37, 0x2a, 64, 0, false), IPV6_HEADER);
	assert_memory_equal(p, tcp6_frame + IP, IPV6_HEADER);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_the_header_is_read),
		cmocka_unit_test(every_prefix_of_a_packet_is_refused),
		cmocka_unit_test(a_payload_length_beyond_the_frame_is_refused),
		cmocka_unit_test(padding_behind_the_packet_is_not_part_of_it),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(hop_by_hop_and_destination_options_are_skipped),
		cmocka_unit_test(an_unknown_option_that_asks_for_a_discard_is_obeyed),
		cmocka_unit_test(an_option_beyond_its_header_is_refused),
		cmocka_unit_test(an_extension_header_beyond_the_packet_is_refused),
		cmocka_unit_test(hop_by_hop_options_in_second_place_are_refused),
		cmocka_unit_test(fragments_are_refused),
		cmocka_unit_test(other_extension_headers_are_not_handled),
		cmocka_unit_test(a_routing_header_passes_at_its_end_alone),
		cmocka_unit_test(a_fragment_header_of_a_whole_packet_is_skipped),
		cmocka_unit_test(other_protocols_are_not_handled),
		cmocka_unit_test(sources_that_are_no_host_are_refused),
		cmocka_unit_test(the_unspecified_source_is_allowed_for_icmpv6),
		cmocka_unit_test(mapped_addresses_never_pass_as_ipv4),
		cmocka_unit_test(an_emitted_header_is_byte_for_byte_the_expected_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
