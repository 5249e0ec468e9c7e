/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip_fixture.h"
#include "wire/bytes.h"

#define GROUP "ff02::1:ff00:1"   /* solicited node of 2001:2::1 */

static unsigned int lost;

static void
count_lost(void *context, const struct tern_addr *addr, uint16_t vlan)
{
	(void)context;
	(void)addr;
	(void)vlan;
	lost++;
}

static struct fixture *
begin(void **state)
{
	struct fixture *x = *state;
	struct ip_hooks hooks = { .context = x, .lost = count_lost };

	lost = 0;
	ip_free(&x->ip);
	fixture_start(x, &hooks);
	ip_claim(&x->ip, x->now, true);
	return x;
}

static uint32_t
number(struct fixture *x, const char *text, uint16_t vlan)
{
	struct tern_addr a = addr(text);

	return ip_local_number(&x->ip, &a, vlan);
}

/* frames in tx that ask or tell about 198.18.0.1 by ARP, with that sender */
static unsigned int
arps(struct fixture *x, const char *sender)
{
	struct tern_addr s = addr(sender), t = addr("198.18.0.1");
	unsigned int n = 0;

	for (uint32_t i = 0; i < x->tx.count; i++) {
		const uint8_t *p = sent(x, i);

		n += get_be16(p + 12) == ETHERTYPE_ARP && memcmp(p + 28, s.b + 12, 4) == 0 && memcmp(p + 38, t.b + 12, 4) == 0;
	}
	return n;
}

/* neighbour discovery of this type about an address */
static unsigned int
ndps(struct fixture *x, uint8_t type, const struct tern_addr *about)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < x->tx.count; i++) {
		const uint8_t *p = sent(x, i);

		n += get_be16(p + 12) == ETHERTYPE_IPV6 && p[54] == type && memcmp(p + 62, about->b, 16) == 0;
	}
	return n;
}

/* RFC 5227, 2.1.1 and 2.3 */
static void
an_ipv4_address_is_probed_three_times_and_announced_twice(void **state)
{
	struct fixture *x = begin(state);

	turn(x);
	assert_int_equal(arps(x, "0.0.0.0"), 1);
	run_until(x, x->now + 3 * SECOND);
	assert_int_equal(arps(x, "0.0.0.0"), 3);
	assert_int_equal(arps(x, "198.18.0.1"), 0);
	run_until(x, x->now + 10 * SECOND);
	assert_int_equal(arps(x, "0.0.0.0"), 3);
	assert_int_equal(arps(x, "198.18.0.1"), 2);
	assert_int_equal(ip_next_ns(&x->ip), UINT64_MAX);
}

/* RFC 4862, 5.4.2 */
static void
an_ipv6_address_and_the_link_local_one_are_asked_for_once_from_nowhere(void **state)
{
	struct fixture *x = begin(state);
	struct tern_addr a = addr("2001:2::1");

	turn(x);
	assert_int_equal(ndps(x, ICMPV6_NEIGHBOUR_SOLICIT, &a), 1);
	assert_int_equal(ndps(x, ICMPV6_NEIGHBOUR_SOLICIT, &x->ip.link_local), 1);
	for (uint32_t i = 0; i < x->tx.count; i++) {
		const uint8_t *p = sent(x, i);
		struct tern_addr src;

		if (get_be16(p + 12) != ETHERTYPE_IPV6)
			continue;
		memcpy(src.b, p + 22, 16);
		assert_true(addr_is_unspecified(&src));
		assert_int_equal(p[21], 255);
		assert_int_equal(get_be16(p + 18), NDP_LENGTH);  /* no link-layer address (RFC 4861, 4.3) */
	}
	run_until(x, x->now + 10 * SECOND);
	assert_int_equal(ndps(x, ICMPV6_NEIGHBOUR_SOLICIT, &a), 1);
	assert_int_equal(ndps(x, ICMPV6_NEIGHBOUR_ADVERT, &a), 1);
}

static void
the_address_serves_while_it_is_asked_about(void **state)
{
	struct fixture *x = begin(state);

	turn(x);
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 1);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 2);
}

static void
an_ipv4_address_that_is_anothers_is_given_up(void **state)
{
	struct fixture *x = begin(state);
	struct tern_addr a = addr("198.18.0.1"), peer = addr("198.18.0.9");

	turn(x);
	assert_int_equal(input_arp(x, ARP_REPLY, "198.18.0.1", &other_mac, "0.0.0.0"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(lost, 1);
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 0);
	assert_int_equal(ip_not_local(&x->ip, &a, VLAN_NONE), -TERN_DROP_IP_TENTATIVE);
	assert_int_equal(ip_source_for(&x->ip, &peer), 0);
	fixture_clear_tx(x);
	run_until(x, x->now + 20 * SECOND);
	assert_int_equal(arps(x, "0.0.0.0") + arps(x, "198.18.0.1"), 0);
	/* the others stay */
	assert_int_equal(number(x, "198.18.7.1", 7), 3);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 2);
}

static void
two_that_ask_for_the_same_ipv4_address_both_give_it_up(void **state)
{
	struct fixture *x = begin(state);

	turn(x);
	assert_int_equal(input_arp(x, ARP_REQUEST, "0.0.0.0", &other_mac, "198.18.0.1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 0);
}

/* RFC 5227, 2.4 (c) */
static void
an_ipv4_address_that_was_ours_first_is_defended_once_in_ten_seconds(void **state)
{
	struct fixture *x = begin(state);

	run_until(x, x->now + 20 * SECOND);
	for (unsigned int i = 0; i < 5; i++) {
		fixture_clear_tx(x);
		assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.1", &other_mac, "198.18.0.1"), -TERN_DROP_ARP_CONFLICT);
		turn(x);
		assert_int_equal(arps(x, "198.18.0.1"), i % 3 == 0);   /* at 0 and 12 s, not at 4 and 8 */
		x->now += 4 * SECOND;
	}
	assert_int_equal(lost, 0);
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 1);
}

static void
an_ipv6_address_that_is_anothers_is_given_up(void **state)
{
	struct fixture *x = begin(state);
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_ADVERT, .override = true, .has_mac = true, .mac = other_mac,
			 .target = addr("2001:2::1") };

	turn(x);
	assert_int_equal(input_ndp(x, &n, &other_mac, "2001:2::1", "ff02::1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(lost, 1);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 0);
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 1);
}

/* RFC 4862, 5.4.3 */
static void
two_that_ask_for_the_same_ipv6_address_both_give_it_up_but_an_echo_of_ones_own_is_nothing(void **state)
{
	struct fixture *x = begin(state);
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = addr("2001:2::1") };

	turn(x);
	assert_int_equal(input_ndp(x, &n, &us_mac, "::", GROUP), -TERN_DROP_ICMP_IGNORED);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 2);
	assert_int_equal(input_ndp(x, &n, &other_mac, "::", GROUP), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 0);
}

static void
an_ipv6_address_that_was_ours_first_is_kept(void **state)
{
	struct fixture *x = begin(state);
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_ADVERT, .override = true, .has_mac = true, .mac = other_mac,
			 .target = addr("2001:2::1") };

	run_until(x, x->now + 20 * SECOND);
	assert_int_equal(input_ndp(x, &n, &other_mac, "2001:2::1", "ff02::1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(number(x, "2001:2::1", VLAN_NONE), 2);
}

/* RFC 4429, 3.3 */
static void
an_answer_overrides_nothing_before_the_question_is_through(void **state)
{
	struct fixture *x = begin(state);
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = true, .mac = peer_mac, .target = addr("2001:2::1") };

	turn(x);
	for (unsigned int i = 0; i < 2; i++) {
		fixture_clear_tx(x);
		assert_int_equal(input_ndp(x, &n, &peer_mac, "2001:2::2", GROUP), 0);
		turn(x);
		assert_int_equal(x->tx.count, 1);
		assert_int_equal(sent(x, 0)[58] & 0x20, i == 0 ? 0 : 0x20);
		run_until(x, x->now + 20 * SECOND);
	}
}

static void
another_core_that_hears_of_it_gives_it_up_too(void **state)
{
	struct fixture *x = begin(state);
	struct tern_addr a = addr("198.18.0.1");

	assert_true(ip_lose(&x->ip, &a, VLAN_NONE));
	assert_false(ip_lose(&x->ip, &a, VLAN_NONE));
	assert_int_equal(number(x, "198.18.0.1", VLAN_NONE), 0);
	assert_int_equal(lost, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_ipv4_address_is_probed_three_times_and_announced_twice),
		TEST(an_ipv6_address_and_the_link_local_one_are_asked_for_once_from_nowhere),
		TEST(the_address_serves_while_it_is_asked_about),
		TEST(an_ipv4_address_that_is_anothers_is_given_up),
		TEST(two_that_ask_for_the_same_ipv4_address_both_give_it_up),
		TEST(an_ipv4_address_that_was_ours_first_is_defended_once_in_ten_seconds),
		TEST(an_ipv6_address_that_is_anothers_is_given_up),
		TEST(two_that_ask_for_the_same_ipv6_address_both_give_it_up_but_an_echo_of_ones_own_is_nothing),
		TEST(an_ipv6_address_that_was_ours_first_is_kept),
		TEST(an_answer_overrides_nothing_before_the_question_is_through),
		TEST(another_core_that_hears_of_it_gives_it_up_too),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
