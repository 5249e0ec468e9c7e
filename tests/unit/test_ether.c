/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"

static const struct mac_addr us = { { 2, 0, 0, 0, 0, 10 } }, peer = { { 2, 0, 0, 0, 0, 11 } };

/* the TCP frame with a tag put in */
static int
parse_tagged(struct frame *f, uint16_t tci)
{
	uint8_t bytes[sizeof(tcp4_frame) + VLAN_HEADER];

	memcpy(bytes, tcp4_frame, 12);
	bytes[12] = 0x81;
	bytes[13] = 0x00;
	bytes[14] = (uint8_t)(tci >> 8);
	bytes[15] = (uint8_t)tci;
	memcpy(bytes + 16, tcp4_frame + 12, sizeof(tcp4_frame) - 12);
	return parse_whole(f, bytes, sizeof(bytes));
}

static void
template_without_a_tag_has_14_bytes(void **state)
{
	static const uint8_t wanted[] = { 2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00 };
	struct ether_template t;

	(void)state;
	ether_template_make(&t, &peer, &us, VLAN_NONE, ETHERTYPE_IPV4);
	assert_int_equal(t.length, ETHER_HEADER);
	assert_memory_equal(t.bytes, wanted, sizeof(wanted));
}

static void
template_with_a_tag_has_18_bytes(void **state)
{
	static const uint8_t wanted[] = { 2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x81, 0x00, 0x01, 0x2c, 0x86, 0xdd };
	struct ether_template t;

	(void)state;
	ether_template_make(&t, &peer, &us, 300, ETHERTYPE_IPV6);
	assert_int_equal(t.length, ETHER_MAX_HEADER);
	assert_memory_equal(t.bytes, wanted, sizeof(wanted));
}

static void
addresses_and_type_are_read(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, tcp4_frame, sizeof(tcp4_frame)), 0);
	assert_memory_equal(&f.dst_mac, &us, 6);
	assert_memory_equal(&f.src_mac, &peer, 6);
	assert_int_equal(f.ethertype, ETHERTYPE_IPV4);
	assert_int_equal(f.vlan, VLAN_NONE);
	assert_int_equal(f.l3_offset, 14);
	assert_int_equal(f.mac_multicast, 0);
}

static void
a_tag_gives_the_vlan_and_moves_the_headers(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_tagged(&f, 0xe000 | 300), 0);  /* priority bits are no part of the number */
	assert_int_equal(f.vlan, 300);
	assert_int_equal(f.ethertype, ETHERTYPE_IPV4);
	assert_int_equal(f.l3_offset, 18);
	assert_int_equal(f.l4_offset, 38);
}

static void
a_priority_tag_counts_as_no_tag(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_tagged(&f, 0xa000), 0);
	assert_int_equal(f.vlan, VLAN_NONE);
	assert_int_equal(f.l3_offset, 18);
}

static void
the_reserved_vlan_is_refused(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_tagged(&f, 4095), -TERN_DROP_VLAN);
}

static void
ipv6_behind_a_tag_is_parsed(void **state)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x07 };
	uint8_t bytes[sizeof(tcp6_frame) + VLAN_HEADER];
	struct frame f;

	(void)state;
	memcpy(bytes, tcp6_frame, 12);
	memcpy(bytes + 12, tag, sizeof(tag));
	memcpy(bytes + 16, tcp6_frame + 12, sizeof(tcp6_frame) - 12);
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), 0);
	assert_int_equal(f.vlan, 7);
	assert_int_equal(f.l4_offset, 58);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_true(parse_whole(&f, bytes, n) < 0);
}

static void
two_tags_are_not_handled(void **state)
{
	uint8_t bytes[64] = { [12] = 0x81, [15] = 5, [16] = 0x81, [19] = 6, [20] = 0x08 };
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), -TERN_DROP_ETHERTYPE);
}

static void
a_length_field_in_place_of_a_type_is_not_handled(void **state)
{
	uint8_t bytes[64] = { [12] = 0x00, [13] = 0x26 };  /* spanning tree */
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, bytes, sizeof(bytes)), -TERN_DROP_ETHERTYPE);
}

static void
a_multicast_destination_is_told(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(parse_whole(&f, arp_request_frame, sizeof(arp_request_frame)), 0);
	assert_int_equal(f.mac_multicast, 1);
	assert_int_equal(f.ethertype, ETHERTYPE_ARP);
	assert_int_equal(f.l3_offset, 14);
}

static void
frames_shorter_than_ethernet_are_refused(void **state)
{
	struct frame f;

	(void)state;
	for (size_t n = 0; n < ETHER_HEADER; n++)
		assert_int_equal(parse_whole(&f, tcp4_frame, n), -TERN_DROP_SHORT);
}

static void
more_in_one_piece_than_in_all_is_refused(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(frame_parse(&f, tcp4_frame, sizeof(tcp4_frame), 20, false), -TERN_DROP_SHORT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(template_without_a_tag_has_14_bytes),
		cmocka_unit_test(template_with_a_tag_has_18_bytes),
		cmocka_unit_test(addresses_and_type_are_read),
		cmocka_unit_test(a_tag_gives_the_vlan_and_moves_the_headers),
		cmocka_unit_test(a_priority_tag_counts_as_no_tag),
		cmocka_unit_test(the_reserved_vlan_is_refused),
		cmocka_unit_test(ipv6_behind_a_tag_is_parsed),
		cmocka_unit_test(two_tags_are_not_handled),
		cmocka_unit_test(a_length_field_in_place_of_a_type_is_not_handled),
		cmocka_unit_test(a_multicast_destination_is_told),
		cmocka_unit_test(frames_shorter_than_ethernet_are_refused),
		cmocka_unit_test(more_in_one_piece_than_in_all_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
