/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip/mbuf_checksum.h"
#include "ip_fixture.h"

#define OUR_GROUP "ff02::1:ff00:1"

static const struct frame from_peer = { .ttl = 255 };

/* the message of a frame by hand, one byte changed; with the addresses and hop limit of its frame */
static int
parse_changed(const uint8_t *bytes, size_t length, size_t at, uint8_t value)
{
	uint8_t *p = exact_copy(bytes + 54, length - 54);
	struct frame f;
	struct ndp n;
	int result = parse_whole(&f, bytes, length);

	if (result == 0) {
		p[at] = value;
		result = ndp_parse(&n, &f, p, (uint32_t)length - 54);
	}
	free(p);
	return result;
}

static struct ndp
advert(const char *target, const struct mac_addr *mac, bool solicited, bool override)
{
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_ADVERT, .solicited = solicited, .override = override,
			 .has_mac = mac != NULL, .target = addr(target) };

	if (mac != NULL)
		n.mac = *mac;
	return n;
}

static int
input_advert(struct fixture *x, const struct mac_addr *mac, bool solicited, bool override)
{
	struct ndp n = advert("2001:2::2", mac, solicited, override);

	return input_ndp(x, &n, &peer_mac, "2001:2::2", "2001:2::1");
}

static struct ip_neighbour *
known_peer(struct fixture *x)
{
	struct ip_neighbour *n = neighbour_of(x, 2, "2001:2::2");

	ip_learn(&x->ip, &n->addr, VLAN_NONE, &peer_mac, x->now);
	return n;
}

static void
a_solicitation_is_read(void **state)
{
	struct tern_addr us = addr("2001:2::1");
	struct frame f;
	struct ndp n;

	(void)state;
	assert_int_equal(parse_whole(&f, solicit_frame, sizeof(solicit_frame)), 0);
	assert_int_equal(ndp_parse(&n, &f, solicit_frame + 54, 32), 0);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_SOLICIT);
	assert_memory_equal(&n.target, &us, sizeof(us));
	assert_true(n.has_mac);
	assert_memory_equal(&n.mac, &peer_mac, 6);
}

static void
an_advertisement_is_read(void **state)
{
	struct tern_addr peer = addr("2001:2::2");
	struct frame f;
	struct ndp n;

	(void)state;
	assert_int_equal(parse_whole(&f, advert_frame, sizeof(advert_frame)), 0);
	assert_int_equal(ndp_parse(&n, &f, advert_frame + 54, 32), 0);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_ADVERT);
	assert_memory_equal(&n.target, &peer, sizeof(peer));
	assert_true(n.solicited);
	assert_true(n.override);
	assert_false(n.router);
	assert_true(n.has_mac);
}

static void
what_is_emitted_is_byte_for_byte_the_expected(void **state)
{
	struct tern_addr us = addr("2001:2::1"), peer = addr("2001:2::2"), group = addr(OUR_GROUP);
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = true, .mac = peer_mac, .target = us };
	struct ndp a = { .type = ICMPV6_NEIGHBOUR_ADVERT, .solicited = true, .override = true, .has_mac = true,
			 .mac = peer_mac, .target = peer };
	uint8_t *p = malloc(NDP_MAX_LENGTH);

	(void)state;
	assert_int_equal(ndp_emit(p, &s, &peer, &group), 32);
	assert_memory_equal(p, solicit_frame + 54, 32);
	assert_int_equal(ndp_emit(p, &a, &peer, &us), 32);
	assert_memory_equal(p, advert_frame + 54, 32);
	free(p);
}

static void
without_a_mac_the_message_has_24_bytes(void **state)
{
	struct tern_addr us = addr("2001:2::1"), peer = addr("2001:2::2");
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = us }, back;
	uint8_t p[NDP_MAX_LENGTH];

	(void)state;
	assert_int_equal(ndp_emit(p, &s, &peer, &us), 24);
	assert_int_equal(ndp_parse(&back, &from_peer, p, 24), -TERN_DROP_NDP_BAD);  /* from nowhere, to no group */
	assert_int_equal(ndp_parse(&back, &(struct frame){ .ttl = 255, .src = peer, .dst = us }, p, 24), 0);
	assert_false(back.has_mac);
}

static void
every_prefix_is_refused(void **state)
{
	struct frame f;
	struct ndp n;

	(void)state;
	assert_int_equal(parse_whole(&f, solicit_frame, sizeof(solicit_frame)), 0);
	for (uint32_t length = 0; length < 32; length++) {
		uint8_t *p = exact_copy(solicit_frame + 54, length);

		/* at 24 bytes the option alone is missing, and it is optional */
		assert_int_equal(ndp_parse(&n, &f, p, length), length == 24 ? 0 : -TERN_DROP_NDP_BAD);
		free(p);
	}
}

/* RFC 4861, 7.1.1 and 7.1.2 */
static void
messages_that_crossed_a_router_are_refused(void **state)
{
	uint8_t bytes[sizeof(solicit_frame)];

	(void)state;
	memcpy(bytes, solicit_frame, sizeof(bytes));
	bytes[21] = 254;
	assert_int_equal(parse_changed(bytes, sizeof(bytes), 0, ICMPV6_NEIGHBOUR_SOLICIT), -TERN_DROP_NDP_BAD);
}

static void
another_code_or_a_multicast_target_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(solicit_frame, sizeof(solicit_frame), 1, 1), -TERN_DROP_NDP_BAD);
	assert_int_equal(parse_changed(solicit_frame, sizeof(solicit_frame), 8, 0xff), -TERN_DROP_NDP_BAD);
}

static void
options_of_impossible_length_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(solicit_frame, sizeof(solicit_frame), 25, 0), -TERN_DROP_NDP_BAD);
	assert_int_equal(parse_changed(solicit_frame, sizeof(solicit_frame), 25, 2), -TERN_DROP_NDP_BAD);
	assert_int_equal(parse_changed(solicit_frame, sizeof(solicit_frame), 25, 255), -TERN_DROP_NDP_BAD);
}

static void
a_multicast_link_layer_address_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(advert_frame, sizeof(advert_frame), 26, 0x33), -TERN_DROP_NDP_BAD);
}

static void
an_option_of_the_other_message_is_ignored(void **state)
{
	uint8_t p[32];
	struct frame f;
	struct ndp n;

	(void)state;
	memcpy(p, solicit_frame + 54, 32);
	p[24] = 2;
	assert_int_equal(parse_whole(&f, solicit_frame, sizeof(solicit_frame)), 0);
	assert_int_equal(ndp_parse(&n, &f, p, 32), 0);
	assert_false(n.has_mac);
}

static void
a_solicited_advertisement_to_a_group_is_refused(void **state)
{
	struct fixture *x = *state;
	struct ndp n = advert("2001:2::2", &other_mac, true, true);

	known_peer(x);
	assert_int_equal(input_ndp(x, &n, &peer_mac, "2001:2::2", "ff02::1"), -TERN_DROP_NDP_BAD);
}

static void
groups_and_their_macs_are_derived(void **state)
{
	struct tern_addr target = addr("2001:2::12:3456"), group, wanted = addr("ff02::1:ff12:3456");
	struct mac_addr mac;

	(void)state;
	ndp_solicited_node(&group, &target);
	assert_memory_equal(&group, &wanted, sizeof(group));
	ipv6_multicast_mac(&mac, &group);
	assert_memory_equal(mac.b, ((const uint8_t[]){ 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }), 6);
}

static void
the_link_local_address_comes_from_the_mac(void **state)
{
	struct mac_addr mac = { { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 } };
	struct tern_addr a, wanted = addr("fe80::211:22ff:fe33:4455");

	(void)state;
	ipv6_link_local(&a, &mac);
	assert_memory_equal(&a, &wanted, sizeof(a));
}

/* what the only frame sent says, checked as the kernel would */
static struct ndp
sent_ndp(struct fixture *x, struct frame *f)
{
	struct ndp n;

	assert_int_equal(x->tx.count, 1);
	assert_int_equal(parse_whole(f, sent(x, 0), x->tx.frame[0]->pkt_len), 0);
	assert_int_equal(f->ttl, 255);
	assert_true(ip_l4_checksum_ok(x->tx.frame[0], f));
	assert_int_equal(ndp_parse(&n, f, sent(x, 0) + f->l4_offset, f->l4_length), 0);
	assert_int_equal(x->tx.frame[0]->ol_flags, 0);
	return n;
}

static void
a_solicitation_of_our_address_is_answered(void **state)
{
	struct fixture *x = *state;
	struct tern_addr us = addr("2001:2::1"), peer = addr("2001:2::2");
	struct frame f;
	struct ndp n;

	assert_int_equal(input(x, solicit_frame, sizeof(solicit_frame)), 0);
	assert_int_equal(x->tx.count, 0);
	ip_output(&x->ip, x->now);
	n = sent_ndp(x, &f);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_ADVERT);
	assert_true(n.solicited && n.override && n.has_mac && !n.router);
	assert_memory_equal(&n.mac, &us_mac, 6);
	assert_memory_equal(&n.target, &us, sizeof(us));
	assert_memory_equal(&f.src, &us, sizeof(us));
	assert_memory_equal(&f.dst, &peer, sizeof(peer));
	assert_memory_equal(&f.dst_mac, &peer_mac, 6);
}

static void
who_solicits_us_is_known_then(void **state)
{
	struct fixture *x = *state;

	input(x, solicit_frame, sizeof(solicit_frame));
	assert_int_equal(x->ip.neighbours, 1);
	assert_int_equal(neighbour_of(x, 2, "2001:2::2")->state, NEIGHBOUR_STALE);
}

static void
a_solicitation_from_a_link_local_source_is_answered(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = true, .mac = peer_mac, .target = addr("2001:2::1") };
	struct tern_addr source = addr("fe80::77");
	struct frame f;

	assert_int_equal(input_ndp(x, &s, &peer_mac, "fe80::77", OUR_GROUP), 0);
	ip_output(&x->ip, x->now);
	assert_true(sent_ndp(x, &f).solicited);
	assert_memory_equal(&f.dst, &source, sizeof(source));
	assert_memory_equal(&f.dst_mac, &peer_mac, 6);
}

static void
our_link_local_address_is_answered_for(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = true, .mac = peer_mac, .target = addr("fe80::ff:fe00:a") };
	struct frame f;

	assert_int_equal(input_ndp(x, &s, &peer_mac, "fe80::77", "ff02::1:ff00:a"), 0);
	ip_output(&x->ip, x->now);
	sent_ndp(x, &f);
}

static void
a_solicitation_of_another_address_is_ignored(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = true, .mac = peer_mac, .target = addr("2001:2::99") };

	assert_int_equal(input_ndp(x, &s, &peer_mac, "2001:2::2", OUR_GROUP), -TERN_DROP_ICMP_IGNORED);
	assert_int_equal(x->ip.neighbours, 0);
	assert_false(ip_owes(&x->ip));
}

/* RFC 4861, 7.2.4 */
static void
duplicate_address_detection_is_answered_to_all_nodes(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = addr("2001:2::1") };
	struct tern_addr all_nodes = addr("ff02::1");
	struct frame f;
	struct ndp n;

	assert_int_equal(input_ndp(x, &s, &peer_mac, "::", OUR_GROUP), 0);
	ip_output(&x->ip, x->now);
	n = sent_ndp(x, &f);
	assert_false(n.solicited);
	assert_true(n.override);
	assert_memory_equal(&f.dst, &all_nodes, sizeof(all_nodes));
	assert_memory_equal(f.dst_mac.b, ((const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }), 6);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
duplicate_address_detection_with_a_mac_or_to_a_host_is_refused(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = addr("2001:2::1") };

	assert_int_equal(input_ndp(x, &s, &peer_mac, "::", "2001:2::1"), -TERN_DROP_NDP_BAD);
	s.has_mac = true;
	s.mac = peer_mac;
	assert_int_equal(input_ndp(x, &s, &peer_mac, "::", OUR_GROUP), -TERN_DROP_NDP_BAD);
}

/* both ends of a tap have one MAC, so one link-local address */
static void
a_twin_with_our_mac_may_have_our_link_local_address(void **state)
{
	struct fixture *x = *state;
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = addr("fe80::ff:fe00:a") };

	assert_int_equal(input_ndp(x, &s, &us_mac, "::", "ff02::1:ff00:a"), -TERN_DROP_ICMP_IGNORED);
	assert_false(ip_owes(&x->ip));
	s.target = addr("2001:2::1");
	assert_int_equal(input_ndp(x, &s, &us_mac, "::", OUR_GROUP), 0);
	assert_true(ip_owes(&x->ip));
}

static void
a_bad_checksum_is_refused(void **state)
{
	struct fixture *x = *state;
	uint8_t bytes[sizeof(solicit_frame)];

	memcpy(bytes, solicit_frame, sizeof(bytes));
	bytes[80] ^= 1;
	assert_int_equal(input(x, bytes, sizeof(bytes)), -TERN_DROP_ICMP_BAD);
}

static void
a_solicitation_split_over_a_chain_is_refused(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input_mbuf(x, chain_of_two(x, solicit_frame, sizeof(solicit_frame), 70)), -TERN_DROP_NDP_BAD);
}

static void
we_solicit_by_the_group_of_the_target(void **state)
{
	struct fixture *x = *state;
	struct tern_addr us = addr("2001:2::1"), target = addr("2001:2::12:3456"), group = addr("ff02::1:ff12:3456");
	struct frame f;
	struct ndp n;

	ip_solicit(&x->ip, neighbour_of(x, 2, "2001:2::12:3456"), x->now);
	turn(x);
	n = sent_ndp(x, &f);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_SOLICIT);
	assert_memory_equal(&n.target, &target, sizeof(target));
	assert_true(n.has_mac);
	assert_memory_equal(&f.src, &us, sizeof(us));
	assert_memory_equal(&f.dst, &group, sizeof(group));
	assert_memory_equal(f.dst_mac.b, ((const uint8_t[]){ 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }), 6);
}

static void
we_probe_by_unicast(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = known_peer(x);
	struct tern_addr peer = addr("2001:2::2");
	struct frame f;

	n->used = 1;
	run_until(x, x->now + 30 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_PROBE);
	sent_ndp(x, &f);
	assert_memory_equal(&f.dst, &peer, sizeof(peer));
	assert_memory_equal(&f.dst_mac, &peer_mac, 6);
}

static void
a_link_local_target_is_solicited_by_our_link_local_address(void **state)
{
	struct fixture *x = *state;
	struct tern_addr ours = addr("fe80::ff:fe00:a");
	struct frame f;

	ip_solicit(&x->ip, neighbour_of(x, 2, "fe80::77"), x->now);
	turn(x);
	sent_ndp(x, &f);
	assert_memory_equal(&f.src, &ours, sizeof(ours));
}

/* RFC 4861, 7.2.5 */
static void
an_advertisement_for_no_entry_is_ignored(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input(x, advert_frame, sizeof(advert_frame)), -TERN_DROP_NEIGHBOUR_UNASKED);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
the_answer_sends_what_waited(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 2, "2001:2::2");
	static const uint8_t header[] = { 2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x86, 0xdd, 42 };

	ip_neighbour_wait(&x->ip, n, packet(x, 42), x->now);
	turn(x);
	fixture_clear_tx(x);
	assert_int_equal(input(x, advert_frame, sizeof(advert_frame)), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_int_equal(x->tx.count, 1);
	assert_memory_equal(sent(x, 0), header, sizeof(header));
}

static void
an_unknown_neighbour_needs_a_mac(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 2, "2001:2::2");

	assert_int_equal(input_advert(x, NULL, true, true), -TERN_DROP_NDP_BAD);
	assert_int_equal(n->state, NEIGHBOUR_INCOMPLETE);
	assert_int_equal(input_advert(x, &peer_mac, false, false), 0);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
}

static void
an_unsolicited_override_changes_the_mac_and_makes_stale(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = known_peer(x);

	assert_int_equal(input_advert(x, &peer_mac, false, true), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_int_equal(input_advert(x, &other_mac, false, true), 0);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_memory_equal(n->header.bytes, &other_mac, 6);
}

static void
another_mac_without_override_only_raises_doubt(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = known_peer(x);

	assert_int_equal(input_advert(x, &other_mac, true, false), 0);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_memory_equal(n->header.bytes, &peer_mac, 6);
	n->state = NEIGHBOUR_PROBE;
	assert_int_equal(input_advert(x, &other_mac, true, false), 0);
	assert_int_equal(n->state, NEIGHBOUR_PROBE);
}

static void
a_solicited_answer_confirms_even_without_a_mac(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = known_peer(x);

	run_until(x, x->now + 31 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_int_equal(input_advert(x, NULL, true, false), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_memory_equal(n->header.bytes, &peer_mac, 6);
}

static void
nobody_else_may_claim_our_address(void **state)
{
	struct fixture *x = *state;
	struct ndp n = advert("2001:2::1", &other_mac, false, true);

	assert_int_equal(input_ndp(x, &n, &other_mac, "2001:2::1", "ff02::1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
the_start_announces_our_ipv6_address_to_all_nodes(void **state)
{
	struct fixture *x = *state;
	struct tern_addr us = addr("2001:2::1"), all_nodes = addr("ff02::1");
	struct frame f;
	struct ndp n;

	x->config.local[0] = x->config.local[1];
	x->config.locals = 1;
	fixture_restart(x);
	ip_announce(&x->ip);
	n = sent_ndp(x, &f);
	assert_int_equal(n.type, ICMPV6_NEIGHBOUR_ADVERT);
	assert_true(n.override && !n.solicited && n.has_mac);
	assert_memory_equal(&f.src, &us, sizeof(us));
	assert_memory_equal(&f.dst, &all_nodes, sizeof(all_nodes));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_solicitation_is_read, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_advertisement_is_read, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_is_emitted_is_byte_for_byte_the_expected, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(without_a_mac_the_message_has_24_bytes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(every_prefix_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(messages_that_crossed_a_router_are_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(another_code_or_a_multicast_target_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(options_of_impossible_length_are_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_multicast_link_layer_address_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_option_of_the_other_message_is_ignored, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicited_advertisement_to_a_group_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(groups_and_their_macs_are_derived, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_link_local_address_comes_from_the_mac, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicitation_of_our_address_is_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(who_solicits_us_is_known_then, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicitation_from_a_link_local_source_is_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(our_link_local_address_is_answered_for, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicitation_of_another_address_is_ignored, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(duplicate_address_detection_is_answered_to_all_nodes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(duplicate_address_detection_with_a_mac_or_to_a_host_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_twin_with_our_mac_may_have_our_link_local_address, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_bad_checksum_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicitation_split_over_a_chain_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(we_solicit_by_the_group_of_the_target, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(we_probe_by_unicast, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_link_local_target_is_solicited_by_our_link_local_address, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_advertisement_for_no_entry_is_ignored, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_answer_sends_what_waited, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_unknown_neighbour_needs_a_mac, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_unsolicited_override_changes_the_mac_and_makes_stale, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(another_mac_without_override_only_raises_doubt, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_solicited_answer_confirms_even_without_a_mac, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(nobody_else_may_claim_our_address, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_start_announces_our_ipv6_address_to_all_nodes, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
