/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"

/* RFC 1071 word by word, as slowly and plainly as it can be said */
static uint16_t
reference(const uint8_t *p, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return htobe16((uint16_t)~sum);
}

static void
fill(uint8_t *p, size_t length, uint32_t seed)
{
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (uint8_t)(seed >> 24);
	}
}

static void
every_length_agrees_with_the_definition(void **state)
{
	(void)state;
	for (size_t length = 0; length < 700; length++) {
		uint8_t *p = malloc(length + 1);

		/* one byte in, so that words are not aligned, and up to the end of the block */
		fill(p, length + 1, (uint32_t)length);
		assert_int_equal(checksum_fold(checksum_add(0, p + 1, (uint32_t)length)), reference(p + 1, length));
		free(p);
	}
}

static void
the_largest_packet_of_ones_does_not_overflow(void **state)
{
	static uint8_t ones[65535];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(checksum_fold(checksum_add(0, ones, sizeof(ones))), reference(ones, sizeof(ones)));
	assert_int_equal(checksum_fold(UINT64_MAX), 0);
}

static void
sums_of_even_pieces_add_up(void **state)
{
	uint8_t p[256];

	(void)state;
	fill(p, sizeof(p), 1);
	for (uint32_t cut = 0; cut <= sizeof(p); cut += 2) {
		uint64_t sum = checksum_add(checksum_add(0, p, cut), p + cut, (uint32_t)sizeof(p) - cut);

		assert_int_equal(checksum_fold(sum), reference(p, sizeof(p)));
	}
}

static void
a_piece_at_an_odd_offset_is_added_by_checksum_odd(void **state)
{
	uint8_t p[257];

	(void)state;
	fill(p, sizeof(p), 2);
	for (uint32_t cut = 1; cut < sizeof(p); cut += 2) {
		uint64_t sum = checksum_add(0, p, cut) + checksum_odd(checksum_add(0, p + cut, (uint32_t)sizeof(p) - cut));

		assert_int_equal(checksum_fold(sum), reference(p, sizeof(p)));
	}
}

static void
a_right_checksum_in_the_data_folds_to_zero(void **state)
{
	(void)state;
	assert_int_equal(checksum_fold(checksum_add(0, tcp4_frame + 14, IPV4_HEADER)), 0);
}

static void
the_ipv4_pseudo_header_completes_a_segments_sum(void **state)
{
	struct frame f;
	uint64_t sum;

	(void)state;
	assert_int_equal(parse_whole(&f, tcp4_frame, sizeof(tcp4_frame)), 0);
	sum = checksum_pseudo(true, &f.src, &f.dst, IP_PROTO_TCP, f.l4_length);
	assert_int_equal(checksum_fold(checksum_add(sum, tcp4_frame + f.l4_offset, f.l4_length)), 0);
	assert_int_not_equal(checksum_fold(checksum_add(sum, tcp4_frame + f.l4_offset, f.l4_length - 1)), 0);
}

static void
the_ipv6_pseudo_header_completes_a_segments_sum(void **state)
{
	struct frame f;
	uint64_t sum;

	(void)state;
	assert_int_equal(parse_whole(&f, tcp6_frame, sizeof(tcp6_frame)), 0);
	sum = checksum_pseudo(false, &f.src, &f.dst, IP_PROTO_TCP, f.l4_length);
	assert_int_equal(checksum_fold(checksum_add(sum, tcp6_frame + f.l4_offset, f.l4_length)), 0);
}

static void
the_pseudo_field_is_what_a_device_completes(void **state)
{
	struct tern_addr src = addr("198.18.0.2"), dst = addr("198.18.0.1");
	uint8_t segment[37];
	uint16_t field;

	(void)state;
	memcpy(segment, tcp4_frame + 34, sizeof(segment));
	field = checksum_pseudo_field(true, &src, &dst, IP_PROTO_TCP, sizeof(segment));
	tcp_set_checksum(segment, field);
	/* the device: sum over the segment as it stands, complemented into the field */
	tcp_set_checksum(segment, reference(segment, sizeof(segment)));
	assert_memory_equal(segment, tcp4_frame + 34, sizeof(segment));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_agrees_with_the_definition),
		cmocka_unit_test(the_largest_packet_of_ones_does_not_overflow),
		cmocka_unit_test(sums_of_even_pieces_add_up),
		cmocka_unit_test(a_piece_at_an_odd_offset_is_added_by_checksum_odd),
		cmocka_unit_test(a_right_checksum_in_the_data_folds_to_zero),
		cmocka_unit_test(the_ipv4_pseudo_header_completes_a_segments_sum),
		cmocka_unit_test(the_ipv6_pseudo_header_completes_a_segments_sum),
		cmocka_unit_test(the_pseudo_field_is_what_a_device_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
