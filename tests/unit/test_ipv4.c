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

/* The TCP frame with `bytes` in front of its header's end, all fields and the checksum set right. */
static size_t
with_options(uint8_t *frame, const uint8_t *options, size_t length)
{
	size_t header = IPV4_HEADER + length, rest = sizeof(tcp4_frame) - IP - IPV4_HEADER;
	uint16_t checksum;

	memcpy(frame, tcp4_frame, IP + IPV4_HEADER);
	memcpy(frame + IP + IPV4_HEADER, options, length);
	memcpy(frame + IP + header, tcp4_frame + IP + IPV4_HEADER, rest);
	frame[IP] = (uint8_t)(0x40 | header / 4);
	frame[IP + 3] = (uint8_t)(header + rest);
	memset(frame + IP + 10, 0, 2);
	checksum = checksum_fold(checksum_add(0, frame + IP, (uint32_t)header));
	memcpy(frame + IP + 10, &checksum, 2);
	return IP + header + rest;
}

/* one byte changed, the checksum taken as known */
static int
parse_changed(const uint8_t *from, size_t length, size_t at, uint8_t value)
{
	uint8_t *bytes = exact_copy(from, length);
	struct frame f;
	int result;

	bytes[at] = value;
	result = frame_parse(&f, bytes, (uint32_t)length, (uint32_t)length, true);
	free(bytes);
	return result;
}

static void
every_field_of_the_header_is_read(void **state)
{
	struct tern_addr src = addr("198.18.0.2"), dst = addr("198.18.0.1");
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, tcp4_frame, sizeof(tcp4_frame)), 0);
	assert_int_equal(f.v4, 1);
	assert_int_equal(f.l4_offset, 34);
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
	for (size_t n = IP; n < IP + IPV4_HEADER; n++)
		assert_int_equal(parse_whole(&f, tcp4_frame, n), -TERN_DROP_SHORT);
	for (size_t n = IP + IPV4_HEADER; n < sizeof(tcp4_frame); n++)
		assert_int_equal(parse_whole(&f, tcp4_frame, n), -TERN_DROP_IP_HEADER);
}

static void
a_header_split_over_a_chain_is_too_short(void **state)
{
	struct frame f;

	(void)state;
	for (size_t n = 0; n <= IP + IPV4_HEADER; n++) {
		uint8_t *bytes = exact_copy(tcp4_frame, n);

		assert_int_equal(frame_parse(&f, bytes, (uint32_t)n, sizeof(tcp4_frame), false),
				 n < IP + IPV4_HEADER ? -TERN_DROP_SHORT : 0);
		free(bytes);
	}
}

static void
padding_behind_the_packet_is_not_part_of_it(void **state)
{
	uint8_t bytes[sizeof(tcp4_frame) + 46] = { 0 };
	struct frame f;

	(void)state;
	memcpy(bytes, tcp4_frame, sizeof(tcp4_frame));
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), 0);
	assert_int_equal(f.l4_length, 37);
}

static void
a_total_length_beyond_the_frame_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 3, 0x3a), -TERN_DROP_IP_HEADER);
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 2, 0xff), -TERN_DROP_IP_HEADER);
}

static void
a_total_length_below_the_header_is_refused(void **state)
{
	(void)state;
	for (unsigned int total = 0; total < IPV4_HEADER; total++)
		assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 3, (uint8_t)total),
				 -TERN_DROP_IP_HEADER);
}

static void
a_header_length_below_20_is_refused(void **state)
{
	(void)state;
	for (unsigned int words = 0; words < 5; words++)
		assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP, (uint8_t)(0x40 | words)),
				 -TERN_DROP_IP_HEADER);
}

static void
a_header_length_beyond_the_total_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP, 0x4f), -TERN_DROP_IP_HEADER);
}

static void
another_version_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP, 0x65), -TERN_DROP_IP_VERSION);
}

static void
a_bad_header_checksum_is_refused_at_every_bit(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = IP + 4; i < IP + IPV4_HEADER; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			uint8_t *bytes = exact_copy(tcp4_frame, sizeof(tcp4_frame));

			bytes[i] ^= (uint8_t)(1u << bit);
			assert_int_equal(frame_parse(&f, bytes, sizeof(tcp4_frame), sizeof(tcp4_frame), false),
					 -TERN_DROP_IP_CHECKSUM);
			free(bytes);
		}
	}
}

static void
a_checksum_known_to_be_good_is_not_looked_at(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 10, 0), 0);
}

/* MUST-50 */
static void
ip_options_are_skipped(void **state)
{
	static const uint8_t router_alert[] = { 0x94, 4, 0, 0 };
	uint8_t bytes[128];
	size_t length = with_options(bytes, router_alert, sizeof(router_alert));
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, bytes, length), 0);
	assert_int_equal(f.l4_offset, 38);
	assert_int_equal(f.l4_length, 37);
	for (size_t n = 0; n < length; n++)
		assert_true(parse_whole(&f, bytes, n) < 0);
	bytes[IP + IPV4_HEADER + 1] = 5;  /* the checksum covers options too */
	assert_int_equal(parse_whole(&f, bytes, length), -TERN_DROP_IP_CHECKSUM);
}

static void
options_split_over_a_chain_are_too_short(void **state)
{
	static const uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	uint8_t bytes[128];
	size_t length = with_options(bytes, nops, sizeof(nops));
	struct frame f;

	(void)state;
	for (size_t n = IP; n < IP + 28; n++) {
		uint8_t *p = exact_copy(bytes, n);

		assert_int_equal(frame_parse(&f, p, (uint32_t)n, (uint32_t)length, false), -TERN_DROP_SHORT);
		free(p);
	}
}

static void
forty_bytes_of_options_are_skipped(void **state)
{
	static const uint8_t nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1, 0 };
	uint8_t bytes[160];
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, bytes, with_options(bytes, nops, sizeof(nops))), 0);
	assert_int_equal(f.l4_offset, 74);
}

static void
fragments_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 6, 0x20), -TERN_DROP_IP_FRAGMENT);
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 7, 0x01), -TERN_DROP_IP_FRAGMENT);
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 6, 0x10), -TERN_DROP_IP_FRAGMENT);
}

static void
a_packet_that_may_be_fragmented_but_is_not_passes(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 6, 0x00), 0);
}

/* MUST-63 */
static void
sources_that_are_no_host_are_refused(void **state)
{
	static const uint8_t bad[] = { 0, 127, 224, 239 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++)
		assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 12, bad[i]), -TERN_DROP_IP_SOURCE);
}

static void
the_limited_broadcast_is_no_source(void **state)
{
	uint8_t bytes[sizeof(tcp4_frame)];
	struct frame f;

	(void)state;
	memcpy(bytes, tcp4_frame, sizeof(bytes));
	memset(bytes + IP + 12, 0xff, 4);
	assert_int_equal(frame_parse(&f, bytes, sizeof(bytes), sizeof(bytes), true), -TERN_DROP_IP_SOURCE);
}

static void
all_other_first_bytes_may_be_sources(void **state)
{
	(void)state;
	for (unsigned int first = 1; first < 256; first++)
		if (first != 127 && (first < 224 || first > 239))
			assert_int_equal(parse_changed(tcp4_frame, sizeof(tcp4_frame), IP + 12, (uint8_t)first), 0);
}

static void
an_emitted_header_is_byte_for_byte_the_expected_one(void **state)
{
	struct tern_addr src = addr("198.18.0.2"), dst = addr("198.18.0.1");
	uint8_t *p = malloc(IPV4_HEADER);

	(void)state;
	memset(p, 0xaa, IPV4_HEADER);
	assert_int_equal(ip_emit(p, true, &src, &dst, IP_PROTO_TCP, 37, 0x2a, 64, 0x1234, false), IPV4_HEADER);
	assert_memory_equal(p, tcp4_frame + IP, IPV4_HEADER);
	free(p);
}

static void
an_offloaded_header_checksum_is_left_zero(void **state)
{
	struct tern_addr src = addr("198.18.0.2"), dst = addr("198.18.0.1");
	uint8_t p[IPV4_HEADER];

	(void)state;
	memset(p, 0xaa, sizeof(p));
	ip_emit(p, true, &src, &dst, IP_PROTO_TCP, 37, 0x2a, 64, 0x1234, true);
	assert_int_equal(p[10] | p[11], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_the_header_is_read),
		cmocka_unit_test(every_prefix_of_a_packet_is_refused),
		cmocka_unit_test(a_header_split_over_a_chain_is_too_short),
		cmocka_unit_test(padding_behind_the_packet_is_not_part_of_it),
		cmocka_unit_test(a_total_length_beyond_the_frame_is_refused),
		cmocka_unit_test(a_total_length_below_the_header_is_refused),
		cmocka_unit_test(a_header_length_below_20_is_refused),
		cmocka_unit_test(a_header_length_beyond_the_total_is_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(a_bad_header_checksum_is_refused_at_every_bit),
		cmocka_unit_test(a_checksum_known_to_be_good_is_not_looked_at),
		cmocka_unit_test(ip_options_are_skipped),
		cmocka_unit_test(options_split_over_a_chain_are_too_short),
		cmocka_unit_test(forty_bytes_of_options_are_skipped),
		cmocka_unit_test(fragments_are_refused),
		cmocka_unit_test(a_packet_that_may_be_fragmented_but_is_not_passes),
		cmocka_unit_test(sources_that_are_no_host_are_refused),
		cmocka_unit_test(the_limited_broadcast_is_no_source),
		cmocka_unit_test(all_other_first_bytes_may_be_sources),
		cmocka_unit_test(an_emitted_header_is_byte_for_byte_the_expected_one),
		cmocka_unit_test(an_offloaded_header_checksum_is_left_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
