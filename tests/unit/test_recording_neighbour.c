/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/recording_neighbour.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/ndp.h"

static const struct mac_addr ours = { { 2, 0, 0, 0, 0, 1 } }, theirs = { { 2, 0, 0, 0, 0, 2 } },
			     router = { { 2, 0, 0, 0, 0, 9 } };
static struct recording_neighbours neighbours;
static uint8_t answer[NEIGHBOUR_FRAME];

static struct tern_addr
address(const char *text)
{
	struct tern_addr addr;

	assert_int_equal(tern_addr_parse(text, &addr), 0);
	return addr;
}

static uint32_t
ether(uint8_t *frame, const struct mac_addr *dst, const struct mac_addr *src, uint16_t vlan, uint16_t type)
{
	struct ether_template t;

	ether_template_make(&t, dst, src, vlan, type);
	memcpy(frame, t.bytes, t.length);
	return t.length;
}

/* A frame of nobody's protocol. */
static void
hear(const char *from, const char *to, const struct mac_addr *src)
{
	struct tern_addr a = address(from), b = address(to);
	uint8_t frame[128] = { 0 };
	bool v4 = tern_addr_is_v4(&a);
	uint32_t length = ether(frame, &ours, src, VLAN_NONE, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);

	length += ip_emit(frame + length, v4, &a, &b, IP_PROTO_TCP, 20, 0, 64, 0, false) + 20;
	recording_heard(&neighbours, frame, length);
}

static uint32_t
ask_arp(const char *sender, const char *target, uint16_t vlan)
{
	const struct arp a = { .operation = ARP_REQUEST, .sender_mac = ours, .sender = address(sender),
			       .target = address(target) };
	uint8_t frame[NEIGHBOUR_FRAME] = { 0 };
	uint32_t length = ether(frame, &ours, &ours, vlan, ETHERTYPE_ARP);

	memset(frame, 0xff, 6);
	return recording_answer(&neighbours, frame, length + arp_emit(frame + length, &a), answer);
}

static void
assert_arp_answer(uint32_t length, const char *sender, const struct mac_addr *mac, uint16_t vlan)
{
	struct tern_addr wanted = address(sender);
	struct frame f;
	struct arp a;

	assert_int_not_equal(length, 0);
	assert_int_equal(frame_parse(&f, answer, length, length, false), 0);
	assert_int_equal(f.ethertype, ETHERTYPE_ARP);
	assert_int_equal(f.vlan, vlan);
	assert_memory_equal(&f.dst_mac, &ours, sizeof(ours));
	assert_memory_equal(&f.src_mac, mac, sizeof(*mac));
	assert_int_equal(arp_parse(&a, answer + f.l3_offset, length - f.l3_offset), 0);
	assert_int_equal(a.operation, ARP_REPLY);
	assert_memory_equal(&a.sender, &wanted, sizeof(wanted));
	assert_memory_equal(&a.sender_mac, mac, sizeof(*mac));
}

static int
forget(void **state)
{
	(void)state;
	memset(&neighbours, 0, sizeof(neighbours));
	return 0;
}

static void
whoever_was_heard_is_answered_for_and_a_router_for_the_rest(void **state)
{
	(void)state;
	hear("198.18.0.2", "198.18.0.1", &theirs);
	hear("203.0.113.5", "198.18.0.1", &router);
	assert_arp_answer(ask_arp("198.18.0.1", "198.18.0.2", VLAN_NONE), "198.18.0.2", &theirs, VLAN_NONE);
	assert_arp_answer(ask_arp("198.18.0.1", "198.18.0.254", 7), "198.18.0.254", &router, 7);
}

static void
before_anything_was_heard_there_is_no_answer(void **state)
{
	(void)state;
	assert_int_equal(ask_arp("198.18.0.1", "198.18.0.2", VLAN_NONE), 0);
}

static void
announcements_and_probes_are_no_questions(void **state)
{
	(void)state;
	hear("198.18.0.2", "198.18.0.1", &theirs);
	assert_int_equal(ask_arp("198.18.0.1", "198.18.0.1", VLAN_NONE), 0);
	assert_int_equal(ask_arp("0.0.0.0", "198.18.0.1", VLAN_NONE), 0);
}

static uint32_t
ask_ndp(const char *from, const char *target)
{
	const struct ndp n = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = address(target),
			       .has_mac = strcmp(from, "::") != 0, .mac = ours };
	struct tern_addr src = address(from), dst;
	uint8_t frame[NEIGHBOUR_FRAME], body[NDP_MAX_LENGTH];
	uint32_t body_length, length = ether(frame, &theirs, &ours, VLAN_NONE, ETHERTYPE_IPV6);

	ndp_solicited_node(&dst, &n.target);
	body_length = ndp_emit(body, &n, &src, &dst);
	length += ip_emit(frame + length, false, &src, &dst, IP_PROTO_ICMPV6, body_length, 0, 255, 0, false);
	memcpy(frame + length, body, body_length);
	return recording_answer(&neighbours, frame, length + body_length, answer);
}

static void
a_solicitation_gets_a_whole_advertisement(void **state)
{
	struct tern_addr wanted = address("2001:2::2");
	struct frame f;
	struct ndp n;
	uint32_t length;

	(void)state;
	hear("2001:2::2", "2001:2::1", &theirs);
	length = ask_ndp("2001:2::1", "2001:2::2");
	assert_int_not_equal(length, 0);
	assert_int_equal(frame_parse(&f, answer, length, length, false), 0);
	assert_int_equal(f.l4_length, NDP_MAX_LENGTH);
	assert_int_equal(checksum_fold(checksum_pseudo(false, &f.src, &f.dst, IP_PROTO_ICMPV6, f.l4_length) +
				       checksum_add(0, answer + f.l4_offset, f.l4_length)), 0);
	assert_int_equal(ndp_parse(&n, &f, answer + f.l4_offset, f.l4_length), 0);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_ADVERT);
	assert_true(n.solicited);
	assert_true(n.has_mac);
	assert_memory_equal(&n.mac, &theirs, sizeof(theirs));
	assert_memory_equal(&n.target, &wanted, sizeof(wanted));
	/* duplicate address detection */
	assert_int_equal(ask_ndp("::", "2001:2::1"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whoever_was_heard_is_answered_for_and_a_router_for_the_rest, forget),
		cmocka_unit_test_setup(before_anything_was_heard_there_is_no_answer, forget),
		cmocka_unit_test_setup(announcements_and_probes_are_no_questions, forget),
		cmocka_unit_test_setup(a_solicitation_gets_a_whole_advertisement, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
