/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip_fixture.h"

static void
solicit_and_answer(struct fixture *x, const char *text)
{
	struct ip_neighbour *n = neighbour_of(x, 1, text);

	ip_solicit(&x->ip, n, x->now);
	turn(x);
	assert_int_equal(input_arp(x, ARP_REPLY, text, &peer_mac, "198.18.0.1"), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	fixture_clear_tx(x);
}

/* frame i of tx is an ARP request for .2, sent to this MAC */
static void
assert_request(struct fixture *x, uint32_t i, const struct mac_addr *dst)
{
	struct tern_addr target = addr("198.18.0.2"), sender = addr("198.18.0.1");
	struct arp a;

	assert_true(i < x->tx.count);
	assert_int_equal(x->tx.frame[i]->pkt_len, ETHER_HEADER + ARP_LENGTH);
	assert_memory_equal(sent(x, i), dst, 6);
	assert_int_equal(arp_parse(&a, sent(x, i) + ETHER_HEADER, ARP_LENGTH), 0);
	assert_int_equal(a.operation, ARP_REQUEST);
	assert_memory_equal(&a.target, &target, sizeof(target));
	assert_memory_equal(&a.sender, &sender, sizeof(sender));
}

static void
a_route_alone_asks_nothing(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	run_until(x, x->now + 100 * SECOND);
	assert_int_equal(x->tx.count, 0);
	assert_int_equal(n->state, NEIGHBOUR_INCOMPLETE);
	assert_false(ip_neighbour_usable(n));
	assert_true(ip_next_ns(&x->ip) == UINT64_MAX);
}

static void
the_first_packet_that_waits_asks_by_broadcast(void **state)
{
	struct fixture *x = *state;

	ip_neighbour_wait(&x->ip, neighbour_of(x, 1, "198.18.0.2"), packet(x, 1), x->now);
	ip_neighbour_wait(&x->ip, neighbour_of(x, 1, "198.18.0.2"), packet(x, 2), x->now);
	assert_true(ip_owes(&x->ip));
	assert_true(ip_next_ns(&x->ip) == 0);
	turn(x);
	turn(x);
	assert_int_equal(x->tx.count, 1);
	assert_request(x, 0, &MAC_BROADCAST);
	assert_false(ip_owes(&x->ip));
}

static void
solicit_asks_without_a_packet(void **state)
{
	struct fixture *x = *state;

	ip_solicit(&x->ip, neighbour_of(x, 1, "198.18.0.2"), x->now);
	ip_solicit(&x->ip, neighbour_of(x, 1, "198.18.0.2"), x->now);
	turn(x);
	assert_int_equal(x->tx.count, 1);
	assert_request(x, 0, &MAC_BROADCAST);
}

static void
the_answer_sends_what_waited_in_its_order(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");
	static const uint8_t header[] = { 2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00 };

	for (uint8_t i = 0; i < 3; i++)
		ip_neighbour_wait(&x->ip, n, packet(x, i), x->now);
	turn(x);
	fixture_clear_tx(x);
	assert_int_equal(input(x, arp_reply_frame, sizeof(arp_reply_frame)), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_int_equal(x->tx.count, 3);
	for (uint8_t i = 0; i < 3; i++) {
		assert_memory_equal(sent(x, i), header, sizeof(header));
		assert_int_equal(sent(x, i)[sizeof(header)], i);
		assert_int_equal(x->tx.frame[i]->l2_len, 14);
	}
	assert_int_equal(n->queued, 0);
}

static void
what_waited_on_a_vlan_leaves_with_its_tag(void **state)
{
	struct fixture *x = *state;
	struct tern_addr peer = addr("198.18.7.2");
	static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x07, 0x08, 0x00 };

	ip_neighbour_wait(&x->ip, neighbour_of(x, 3, "198.18.7.2"), packet(x, 1), x->now);
	turn(x);
	assert_int_equal(x->tx.frame[0]->pkt_len, ETHER_MAX_HEADER + ARP_LENGTH);
	assert_memory_equal(sent(x, 0) + 12, ((const uint8_t[]){ 0x81, 0x00, 0x00, 0x07, 0x08, 0x06 }), 6);
	ip_learn(&x->ip, &peer, VLAN_NONE, &peer_mac, x->now);  /* the same address on another VLAN is another host */
	assert_int_equal(x->tx.count, 1);
	ip_learn(&x->ip, &peer, 7, &peer_mac, x->now);
	assert_int_equal(x->tx.count, 2);
	assert_memory_equal(sent(x, 1) + 12, tag, sizeof(tag));
	assert_int_equal(x->tx.frame[1]->l2_len, 18);
}

/* RFC 1122, 2.3.2.2 */
static void
a_full_queue_keeps_the_latest(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	for (uint8_t i = 0; i < IP_NEIGHBOUR_QUEUE + 3; i++)
		ip_neighbour_wait(&x->ip, n, packet(x, i), x->now);
	assert_int_equal(x->drops[TERN_DROP_NEIGHBOUR_QUEUE], 3);
	turn(x);
	fixture_clear_tx(x);
	input(x, arp_reply_frame, sizeof(arp_reply_frame));
	assert_int_equal(x->tx.count, IP_NEIGHBOUR_QUEUE);
	assert_int_equal(sent(x, 0)[14], 3);
	assert_int_equal(sent(x, IP_NEIGHBOUR_QUEUE - 1)[14], IP_NEIGHBOUR_QUEUE + 2);
}

static void
nobody_answers_three_questions_and_it_fails(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");
	uint64_t begin = x->now;

	ip_neighbour_wait(&x->ip, n, packet(x, 1), x->now);
	run_until(x, begin + 3 * SECOND - 1);
	assert_int_equal(x->tx.count, 3);
	assert_int_equal(n->state, NEIGHBOUR_INCOMPLETE);
	run_until(x, begin + 3 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_FAILED);
	assert_int_equal(x->tx.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_request(x, i, &MAC_BROADCAST);
	assert_int_equal(x->drops[TERN_DROP_NEIGHBOUR_FAILED], 1);
	assert_int_equal(n->queued, 0);
	assert_true(ip_next_ns(&x->ip) == UINT64_MAX);
}

static void
a_failed_neighbour_drops_at_once_and_is_asked_again_later(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	ip_solicit(&x->ip, n, x->now);
	run_until(x, x->now + 3 * SECOND);
	fixture_clear_tx(x);
	ip_neighbour_wait(&x->ip, n, packet(x, 1), x->now);
	ip_solicit(&x->ip, n, x->now);
	turn(x);
	assert_int_equal(x->drops[TERN_DROP_NEIGHBOUR_FAILED], 1);
	assert_int_equal(x->tx.count, 0);
	run_until(x, x->now + 5 * SECOND);
	ip_neighbour_wait(&x->ip, n, packet(x, 1), x->now);
	turn(x);
	assert_int_equal(n->state, NEIGHBOUR_INCOMPLETE);
	assert_int_equal(x->tx.count, 1);
	assert_int_equal(n->queued, 1);
}

static void
a_late_answer_revives_a_failed_neighbour(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	ip_solicit(&x->ip, n, x->now);
	run_until(x, x->now + 4 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_FAILED);
	assert_int_equal(input(x, arp_reply_frame, sizeof(arp_reply_frame)), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
}

static void
an_unused_neighbour_goes_stale_and_stays_usable(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	solicit_and_answer(x, "198.18.0.2");
	run_until(x, x->now + 30 * SECOND - 1);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	run_until(x, x->now + 1);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	run_until(x, x->now + 1000 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_true(ip_neighbour_usable(n));
	assert_int_equal(x->tx.count, 0);
}

static void
a_used_neighbour_is_probed_by_unicast_and_confirmed(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	solicit_and_answer(x, "198.18.0.2");
	n->used = 1;
	run_until(x, x->now + 30 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_PROBE);
	assert_true(ip_neighbour_usable(n));
	assert_int_equal(x->tx.count, 1);
	assert_request(x, 0, &peer_mac);
	input(x, arp_reply_frame, sizeof(arp_reply_frame));
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	run_until(x, x->now + 10 * SECOND);
	assert_int_equal(x->tx.count, 1);
}

static void
a_stale_neighbour_in_use_is_probed_within_five_seconds(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	solicit_and_answer(x, "198.18.0.2");
	run_until(x, x->now + 32 * SECOND);
	n->used = 1;
	run_until(x, x->now + 5 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_PROBE);
	assert_request(x, 0, &peer_mac);
}

static void
a_probe_without_answer_asks_everybody_and_then_fails(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	solicit_and_answer(x, "198.18.0.2");
	n->used = 1;
	run_until(x, x->now + 32 * SECOND);
	assert_int_equal(x->tx.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_request(x, i, &peer_mac);
	assert_true(ip_neighbour_usable(n));
	run_until(x, x->now + 3 * SECOND);
	assert_int_equal(n->state, NEIGHBOUR_INCOMPLETE);
	assert_int_equal(x->tx.count, 6);
	for (uint32_t i = 3; i < 6; i++)
		assert_request(x, i, &MAC_BROADCAST);
	run_until(x, x->now + SECOND);
	assert_int_equal(n->state, NEIGHBOUR_FAILED);
	assert_int_equal(x->tx.count, 6);
}

static void
configured_times_replace_the_defaults(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n;

	x->config.reachable_ns = 2 * SECOND;
	x->config.retrans_ns = SECOND / 4;
	fixture_restart(x);
	n = neighbour_of(x, 1, "198.18.0.2");
	solicit_and_answer(x, "198.18.0.2");
	n->used = 1;
	run_until(x, x->now + 2 * SECOND + SECOND / 2);
	assert_int_equal(x->tx.count, 3);
}

static void
what_another_core_learned_makes_no_entry(void **state)
{
	struct fixture *x = *state;
	struct tern_addr peer = addr("198.18.0.2");

	ip_learn(&x->ip, &peer, VLAN_NONE, &peer_mac, x->now);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
what_another_core_learned_sends_what_waits_here(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	ip_neighbour_wait(&x->ip, n, packet(x, 9), x->now);
	ip_learn(&x->ip, &n->addr, VLAN_NONE, &peer_mac, x->now);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_int_equal(x->tx.count, 1);
	turn(x);
	assert_int_equal(x->tx.count, 1);  /* the question that was owed is not asked any more */
}

static void
a_packet_for_a_neighbour_that_is_known_by_now_leaves(void **state)
{
	struct fixture *x = *state;

	solicit_and_answer(x, "198.18.0.2");
	ip_neighbour_wait(&x->ip, neighbour_of(x, 1, "198.18.0.2"), packet(x, 9), x->now);
	turn(x);
	assert_int_equal(x->tx.count, 1);
	assert_int_equal(sent(x, 0)[14], 9);
}

static void
what_finds_no_room_stays_owed(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	for (uint8_t i = 0; i < 4; i++)
		ip_neighbour_wait(&x->ip, n, packet(x, i), x->now);
	x->tx.count = FRAME_QUEUE;  /* as if the device took nothing */
	turn(x);
	assert_true(n->owes_solicit);
	x->tx.count = FRAME_QUEUE - 2;
	ip_learn(&x->ip, &n->addr, VLAN_NONE, &peer_mac, x->now);
	assert_int_equal(n->queued, 2);
	assert_true(ip_owes(&x->ip));
	assert_int_equal(sent(x, FRAME_QUEUE - 2)[14], 0);
	assert_int_equal(sent(x, FRAME_QUEUE - 1)[14], 1);
	mbuf_free_bulk(&x->tx.frame[FRAME_QUEUE - 2], 2);
	x->tx.count = 0;
	turn(x);
	assert_int_equal(x->tx.count, 2);
	assert_int_equal(sent(x, 0)[14], 2);
	assert_int_equal(sent(x, 1)[14], 3);
	assert_false(ip_owes(&x->ip));
}

static void
without_an_mbuf_the_question_is_asked_a_second_later(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *all[POOL_SIZE];

	assert_int_equal(rte_pktmbuf_alloc_bulk(x->pool, all, POOL_SIZE), 0);
	ip_solicit(&x->ip, neighbour_of(x, 1, "198.18.0.2"), x->now);
	turn(x);
	assert_int_equal(x->drops[TERN_DROP_TX_NO_MBUF], 1);
	mbuf_free_bulk(all, POOL_SIZE);
	run_until(x, x->now + SECOND);
	assert_int_equal(x->tx.count, 1);
}

/* 198.18.0.0/24 is too small for more neighbours than the table holds */
static void
fill_table(struct fixture *x)
{
	x->config.route[1] = route("198.16.0.0", 108, NULL, VLAN_NONE);
	fixture_restart(x);
	for (uint32_t i = 1; i < IP_NEIGHBOURS; i++) {
		struct tern_addr a = addr("198.16.0.0");

		a.b[14] = (uint8_t)(i >> 8);
		a.b[15] = (uint8_t)i;
		assert_int_not_equal(ip_route(&x->ip, 1, &a), 0);
	}
	assert_int_equal(x->ip.neighbours, IP_NEIGHBOURS - 1);
}

static void
a_full_table_recycles_and_old_names_are_stale(void **state)
{
	struct fixture *x = *state;
	ip_nexthop old, new;

	fill_table(x);
	old = route_to(x, 1, "198.16.0.1");
	new = route_to(x, 1, "198.17.0.1");
	assert_int_not_equal(new, 0);
	assert_non_null(ip_nexthop_get(&x->ip, new));
	assert_null(ip_nexthop_get(&x->ip, old));
	assert_int_equal(old & 0xffff, new & 0xffff);
	assert_int_not_equal(route_to(x, 1, "198.16.0.1"), old);
}

static void
what_works_is_recycled_last(void **state)
{
	struct fixture *x = *state;
	ip_nexthop reachable, stale, failed;

	fill_table(x);
	reachable = route_to(x, 1, "198.16.0.1");
	stale = route_to(x, 1, "198.16.0.3");
	failed = route_to(x, 1, "198.16.0.5");
	solicit_and_answer(x, "198.16.0.1");
	ip_nexthop_get(&x->ip, stale)->state = NEIGHBOUR_STALE;
	ip_nexthop_get(&x->ip, failed)->state = NEIGHBOUR_FAILED;
	route_to(x, 1, "198.17.0.1");
	assert_null(ip_nexthop_get(&x->ip, failed));
	x->ip.recycle_next = 0;
	route_to(x, 1, "198.17.0.2");
	assert_null(ip_nexthop_get(&x->ip, stale));
	for (uint32_t i = 0; i < 3 * IP_NEIGHBOURS; i++) {
		struct tern_addr a = addr("198.18.0.0");

		a.b[14] = (uint8_t)(i >> 8);
		a.b[13] = (uint8_t)(0x13 + (i >> 16));
		a.b[15] = (uint8_t)i;
		ip_route(&x->ip, 1, &a);
	}
	assert_non_null(ip_nexthop_get(&x->ip, reachable));
}

static void
recycling_drops_what_waited(void **state)
{
	struct fixture *x = *state;
	ip_nexthop old;

	fill_table(x);
	old = route_to(x, 1, "198.16.0.1");
	ip_neighbour_wait(&x->ip, ip_nexthop_get(&x->ip, old), packet(x, 1), x->now);
	route_to(x, 1, "198.17.0.1");
	assert_null(ip_nexthop_get(&x->ip, old));
	assert_int_equal(x->drops[TERN_DROP_NEIGHBOUR_QUEUE], 1);
	turn(x);
	assert_int_equal(x->tx.count, 0);  /* its question died with it */
}

static void
ageing_reaches_every_entry_in_bounded_steps(void **state)
{
	struct fixture *x = *state;
	unsigned int turns = 0;

	fill_table(x);
	for (uint32_t i = 1; i < IP_NEIGHBOURS; i++)
		ip_learn(&x->ip, &x->ip.neighbour[i].addr, VLAN_NONE, &peer_mac, x->now);
	x->now += 30 * SECOND;
	while (ip_next_ns(&x->ip) <= x->now && turns < 1000) {
		turn(x);
		turns++;
	}
	assert_in_range(turns, IP_NEIGHBOURS / 128, IP_NEIGHBOURS / 16);
	for (uint32_t i = 1; i < IP_NEIGHBOURS; i++)
		assert_int_equal(x->ip.neighbour[i].state, NEIGHBOUR_STALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_route_alone_asks_nothing, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_first_packet_that_waits_asks_by_broadcast, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(solicit_asks_without_a_packet, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_answer_sends_what_waited_in_its_order, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_waited_on_a_vlan_leaves_with_its_tag, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_full_queue_keeps_the_latest, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(nobody_answers_three_questions_and_it_fails, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_failed_neighbour_drops_at_once_and_is_asked_again_later, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_late_answer_revives_a_failed_neighbour, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_unused_neighbour_goes_stale_and_stays_usable, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_used_neighbour_is_probed_by_unicast_and_confirmed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_stale_neighbour_in_use_is_probed_within_five_seconds, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_probe_without_answer_asks_everybody_and_then_fails, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(configured_times_replace_the_defaults, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_another_core_learned_makes_no_entry, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_another_core_learned_sends_what_waits_here, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_packet_for_a_neighbour_that_is_known_by_now_leaves, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_finds_no_room_stays_owed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(without_an_mbuf_the_question_is_asked_a_second_later, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_full_table_recycles_and_old_names_are_stale, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_works_is_recycled_last, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(recycling_drops_what_waited, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(ageing_reaches_every_entry_in_bounded_steps, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
