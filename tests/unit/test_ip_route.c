/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip_fixture.h"

static uint32_t
local_number(struct fixture *x, const char *text, uint16_t vlan)
{
	struct tern_addr a = addr(text);

	return ip_local_number(&x->ip, &a, vlan);
}

static uint32_t
source_for(struct fixture *x, const char *text)
{
	struct tern_addr a = addr(text);

	return ip_source_for(&x->ip, &a);
}

/* whom packets for `text` are sent to */
static void
assert_hop(struct fixture *x, uint32_t local, const char *text, const char *wanted)
{
	struct ip_neighbour *n = neighbour_of(x, local, text);
	struct tern_addr hop = addr(wanted);

	assert_non_null(n);
	assert_memory_equal(&n->addr, &hop, sizeof(hop));
}

static void
add_pool(struct fixture *x, const char *first, uint32_t count, uint32_t number)
{
	x->config.local[x->config.locals++] = (struct ip_local){
		.first = addr(first), .count = count, .number = number, .vlan = VLAN_NONE, .prefix = 128, .pool = true,
	};
	fixture_restart(x);
}

static void
local_addresses_have_their_numbers(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(local_number(x, "198.18.0.1", VLAN_NONE), 1);
	assert_int_equal(local_number(x, "2001:2::1", VLAN_NONE), 2);
	assert_int_equal(local_number(x, "198.18.7.1", 7), 3);
	assert_int_equal(local_number(x, "198.18.0.2", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "2001:2::2", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "2001:3::1", VLAN_NONE), 0);
}

static void
an_address_belongs_to_its_vlan_alone(void **state)
{
	struct fixture *x = *state;
	struct tern_addr stranger = addr("198.18.0.77");

	assert_int_equal(local_number(x, "198.18.0.1", 7), 0);
	assert_int_equal(local_number(x, "198.18.7.1", VLAN_NONE), 0);
	assert_int_equal(ip_not_local(&x->ip, &stranger, 7), -TERN_DROP_IP_NOT_LOCAL);
	assert_int_equal(ip_not_local(&x->ip, &stranger, 8), -TERN_DROP_VLAN);
}

/* MUST-57 */
static void
broadcast_and_multicast_are_never_local(void **state)
{
	struct fixture *x = *state;

	add_pool(x, "198.18.0.250", 10, 10);  /* sweeps over 198.18.0.255 and into the next network */
	assert_int_equal(local_number(x, "198.18.0.254", VLAN_NONE), 14);
	assert_int_equal(local_number(x, "198.18.0.255", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "198.18.1.0", VLAN_NONE), 16);
	assert_int_equal(local_number(x, "255.255.255.255", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "224.0.0.1", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "ff02::1", VLAN_NONE), 0);
}

static void
a_pool_numbers_its_addresses_in_a_row(void **state)
{
	struct fixture *x = *state;
	struct tern_addr a, wanted = addr("198.19.1.5");

	add_pool(x, "198.19.0.250", 1000, 10);
	assert_int_equal(local_number(x, "198.19.0.249", VLAN_NONE), 0);
	assert_int_equal(local_number(x, "198.19.0.250", VLAN_NONE), 10);
	assert_int_equal(local_number(x, "198.19.1.5", VLAN_NONE), 21);
	assert_int_equal(local_number(x, "198.19.4.225", VLAN_NONE), 1009);
	assert_int_equal(local_number(x, "198.19.4.226", VLAN_NONE), 0);
	ip_local_address(&x->ip, 21, &a);
	assert_memory_equal(&a, &wanted, sizeof(a));
	assert_true(ip_local_of(&x->ip, 1009)->pool);
	assert_int_equal(ip_local_of(&x->ip, 3)->vlan, 7);
}

static void
a_pool_of_ipv6_numbers_its_addresses_too(void **state)
{
	struct fixture *x = *state;
	struct tern_addr a, wanted = addr("2001:2:0:1::1:4");

	add_pool(x, "2001:2:0:1::fffe", 100, 10);
	assert_int_equal(local_number(x, "2001:2:0:1::1:4", VLAN_NONE), 16);
	ip_local_address(&x->ip, 16, &a);
	assert_memory_equal(&a, &wanted, sizeof(a));
}

static void
on_link_targets_are_their_own_next_hop(void **state)
{
	struct fixture *x = *state;

	assert_hop(x, 1, "198.18.0.77", "198.18.0.77");
	assert_hop(x, 2, "2001:2::77", "2001:2::77");
}

static void
other_targets_go_through_the_gateway_of_their_family(void **state)
{
	struct fixture *x = *state;

	assert_hop(x, 1, "203.0.113.9", "198.18.0.254");
	assert_hop(x, 2, "2001:db8::9", "2001:2::fe");
}

static void
the_longest_prefix_wins_in_any_order(void **state)
{
	struct fixture *x = *state;

	x->config.route[x->config.routes++] = route("203.0.113.128", 121, "198.18.0.253", VLAN_NONE);
	x->config.route[x->config.routes++] = route("203.0.113.0", 120, "198.18.0.252", VLAN_NONE);
	fixture_restart(x);
	assert_hop(x, 1, "203.0.113.129", "198.18.0.253");
	assert_hop(x, 1, "203.0.113.127", "198.18.0.252");
	assert_hop(x, 1, "203.0.112.1", "198.18.0.254");
}

static void
a_route_serves_the_locals_of_its_vlan_alone(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(route_to(x, 3, "203.0.113.9"), 0);
	assert_int_equal(route_to(x, 3, "198.18.0.2"), 0);
	assert_int_not_equal(route_to(x, 3, "198.18.7.2"), 0);
	assert_int_equal(neighbour_of(x, 3, "198.18.7.2")->vlan, 7);
}

static void
without_a_route_there_is_no_next_hop(void **state)
{
	struct fixture *x = *state;

	x->config.routes = 0;
	fixture_restart(x);
	assert_int_equal(route_to(x, 1, "198.18.0.2"), 0);
	assert_int_equal(source_for(x, "198.18.0.2"), 0);
}

/* the default route of IPv6 covers all 128 bits, mapped IPv4 addresses among them */
static void
the_ipv6_default_route_takes_no_ipv4(void **state)
{
	struct fixture *x = *state;

	x->config.route[0] = x->config.route[3];
	fixture_restart(x);
	assert_int_equal(route_to(x, 1, "203.0.113.9"), 0);
}

/* MUST-46 */
static void
what_is_no_host_has_no_next_hop(void **state)
{
	static const char *const targets[] = { "198.18.0.255", "255.255.255.255", "224.0.0.1", "0.0.0.0", "127.0.0.1" };
	struct fixture *x = *state;

	for (size_t i = 0; i < RTE_DIM(targets); i++) {
		assert_int_equal(route_to(x, 1, targets[i]), 0);
		assert_int_equal(source_for(x, targets[i]), 0);
	}
	assert_int_equal(route_to(x, 2, "ff02::1"), 0);
	assert_int_equal(route_to(x, 2, "::1"), 0);
	assert_int_equal(route_to(x, 2, "::"), 0);
}

/* RFC 3021 */
static void
both_addresses_of_a_31_are_hosts(void **state)
{
	struct fixture *x = *state;

	x->config.route[x->config.routes++] = route("198.18.9.0", 127, NULL, VLAN_NONE);
	fixture_restart(x);
	assert_hop(x, 1, "198.18.9.1", "198.18.9.1");
	assert_hop(x, 1, "198.18.9.0", "198.18.9.0");
}

static void
link_local_targets_are_on_link_without_a_route(void **state)
{
	struct fixture *x = *state;

	assert_hop(x, 2, "fe80::77", "fe80::77");
	assert_int_equal(source_for(x, "fe80::77"), 2);
}

static void
the_same_hop_has_the_same_name(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(route_to(x, 1, "203.0.113.9"), route_to(x, 1, "198.51.100.1"));
	assert_int_equal(x->ip.neighbours, 1);
}

static void
no_next_hop_names_no_entry(void **state)
{
	struct fixture *x = *state;

	assert_null(ip_nexthop_get(&x->ip, 0));
}

/* MUST-44 */
static void
the_source_is_chosen_by_route(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(source_for(x, "198.18.0.2"), 1);
	assert_int_equal(source_for(x, "203.0.113.9"), 1);
	assert_int_equal(source_for(x, "198.18.7.2"), 3);  /* on VLAN 7, though the default route covers it too */
	assert_int_equal(source_for(x, "2001:2::2"), 2);
	assert_int_equal(source_for(x, "2001:db8::9"), 2);
}

static void
the_source_lies_in_the_network_of_the_next_hop(void **state)
{
	struct fixture *x = *state;

	x->config.local[x->config.locals++] = (struct ip_local){
		.first = addr("198.18.5.1"), .count = 1, .number = 10, .vlan = VLAN_NONE, .prefix = 120 };
	x->config.route[x->config.routes++] = route("198.18.5.0", 120, NULL, VLAN_NONE);
	fixture_restart(x);
	assert_int_equal(source_for(x, "198.18.5.2"), 10);
	assert_int_equal(source_for(x, "198.18.0.2"), 1);
	assert_int_equal(source_for(x, "203.0.113.9"), 1);  /* the gateway is in 198.18.0.0/24 */
}

static void
a_pool_is_never_chosen_as_source(void **state)
{
	struct fixture *x = *state;

	x->config.locals = 0;
	add_pool(x, "198.18.0.100", 10, 10);
	assert_int_equal(source_for(x, "198.18.0.2"), 0);
	assert_int_not_equal(route_to(x, 10, "198.18.0.2"), 0);
}

static bool
for_us(struct fixture *x, const uint8_t *mac, uint16_t vlan)
{
	struct frame f = { .vlan = vlan, .mac_multicast = mac[0] & 1 };

	memcpy(&f.dst_mac, mac, 6);
	return ip_frame_for_us(&x->ip, &f);
}

static void
frames_to_us_to_all_and_to_our_groups_are_for_us(void **state)
{
	struct fixture *x = *state;

	assert_true(for_us(x, us_mac.b, VLAN_NONE));
	assert_true(for_us(x, us_mac.b, 7));
	assert_true(for_us(x, (const uint8_t[]){ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, VLAN_NONE));
	assert_true(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, VLAN_NONE));
	assert_true(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0xff, 0, 0, 1 }, VLAN_NONE));
	assert_true(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0xff, 0, 0, 10 }, VLAN_NONE));  /* link-local */
}

static void
frames_to_others_are_not_for_us(void **state)
{
	struct fixture *x = *state;

	assert_false(for_us(x, peer_mac.b, VLAN_NONE));
	assert_false(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0xff, 0, 0, 2 }, VLAN_NONE));
	assert_false(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0xff, 0, 0, 1 }, 7));
	assert_false(for_us(x, (const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 0xfb }, VLAN_NONE));
	assert_false(for_us(x, (const uint8_t[]){ 0x01, 0, 0x5e, 0, 0, 1 }, VLAN_NONE));
}

static void
the_announced_mss_leaves_room_for_the_headers(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(ip_mss(&x->ip, true), 1460);
	assert_int_equal(ip_mss(&x->ip, false), 1440);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(local_addresses_have_their_numbers, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_address_belongs_to_its_vlan_alone, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(broadcast_and_multicast_are_never_local, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_pool_numbers_its_addresses_in_a_row, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_pool_of_ipv6_numbers_its_addresses_too, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(on_link_targets_are_their_own_next_hop, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(other_targets_go_through_the_gateway_of_their_family, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_longest_prefix_wins_in_any_order, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_route_serves_the_locals_of_its_vlan_alone, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(without_a_route_there_is_no_next_hop, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_ipv6_default_route_takes_no_ipv4, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_host_has_no_next_hop, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(both_addresses_of_a_31_are_hosts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(link_local_targets_are_on_link_without_a_route, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_same_hop_has_the_same_name, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(no_next_hop_names_no_entry, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_source_is_chosen_by_route, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_source_lies_in_the_network_of_the_next_hop, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_pool_is_never_chosen_as_source, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(frames_to_us_to_all_and_to_our_groups_are_for_us, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(frames_to_others_are_not_for_us, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_announced_mss_leaves_room_for_the_headers, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
