/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip_fixture.h"

/* one byte of the reply changed */
static int
parse_changed(size_t at, uint8_t value)
{
	uint8_t *p = exact_copy(arp_reply_frame + 14, ARP_LENGTH);
	struct arp a;
	int result;

	p[at] = value;
	result = arp_parse(&a, p, ARP_LENGTH);
	free(p);
	return result;
}

static void
every_field_is_read(void **state)
{
	struct tern_addr us = addr("198.18.0.1"), peer = addr("198.18.0.2");
	struct arp a;

	(void)state;
	assert_int_equal(arp_parse(&a, arp_reply_frame + 14, ARP_LENGTH), 0);
	assert_int_equal(a.operation, ARP_REPLY);
	assert_memory_equal(&a.sender_mac, &peer_mac, 6);
	assert_memory_equal(&a.target_mac, &us_mac, 6);
	assert_memory_equal(&a.sender, &peer, 16);
	assert_memory_equal(&a.target, &us, 16);
}

static void
what_is_emitted_is_byte_for_byte_the_expected(void **state)
{
	struct arp a = { ARP_REPLY, peer_mac, us_mac, addr("198.18.0.2"), addr("198.18.0.1") };
	uint8_t p[ARP_LENGTH];

	(void)state;
	assert_int_equal(arp_emit(p, &a), ARP_LENGTH);
	assert_memory_equal(p, arp_reply_frame + 14, ARP_LENGTH);
}

static void
every_prefix_is_refused(void **state)
{
	struct arp a;

	(void)state;
	for (uint32_t n = 0; n < ARP_LENGTH; n++) {
		uint8_t *p = exact_copy(arp_reply_frame + 14, n);

		assert_int_equal(arp_parse(&a, p, n), -TERN_DROP_ARP_BAD);
		free(p);
	}
}

static void
other_hardware_protocols_and_operations_are_refused(void **state)
{
	(void)state;
	for (size_t at = 0; at < 6; at++)
		assert_int_equal(parse_changed(at, 9), -TERN_DROP_ARP_BAD);
	assert_int_equal(parse_changed(7, 0), -TERN_DROP_ARP_BAD);
	assert_int_equal(parse_changed(7, 3), -TERN_DROP_ARP_BAD);
}

static void
senders_that_are_no_host_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_changed(8, 0x03), -TERN_DROP_ARP_BAD);  /* multicast MAC */
	assert_int_equal(parse_changed(14, 224), -TERN_DROP_ARP_BAD);
	assert_int_equal(parse_changed(14, 127), -TERN_DROP_ARP_BAD);
}

static void
a_request_for_us_is_answered_in_the_output_phase(void **state)
{
	struct fixture *x = *state;
	static const uint8_t wanted[] = {
		2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2,
		2, 0, 0, 0, 0, 10, 198, 18, 0, 1, 2, 0, 0, 0, 0, 11, 198, 18, 0, 2,
	};

	assert_int_equal(input(x, arp_request_frame, sizeof(arp_request_frame)), 0);
	assert_int_equal(x->tx.count, 0);
	assert_true(ip_owes(&x->ip));
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 1);
	assert_int_equal(x->tx.frame[0]->pkt_len, sizeof(wanted));
	assert_memory_equal(sent(x, 0), wanted, sizeof(wanted));
	assert_int_equal(x->tx.frame[0]->ol_flags, 0);
	assert_int_equal(x->tx.frame[0]->l2_len, 14);
}

static void
the_answer_is_built_in_the_received_mbuf(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m = mbuf_of(x, arp_request_frame, sizeof(arp_request_frame));

	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	assert_int_equal(input_mbuf(x, m), 0);
	ip_output(&x->ip, x->now);
	assert_ptr_equal(x->tx.frame[0], m);
	assert_int_equal(m->ol_flags, 0);
}

static void
a_shared_mbuf_is_not_written(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m = mbuf_of(x, arp_request_frame, sizeof(arp_request_frame));

	rte_mbuf_refcnt_update(m, 1);
	assert_int_equal(input_mbuf(x, m), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 1);
	assert_ptr_not_equal(x->tx.frame[0], m);
	assert_memory_equal(rte_pktmbuf_mtod(m, uint8_t *), arp_request_frame, sizeof(arp_request_frame));
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	mbuf_free(m);
}

static void
a_request_on_a_vlan_is_answered_with_its_tag(void **state)
{
	struct fixture *x = *state;
	uint8_t bytes[ETHER_MAX_HEADER + ARP_LENGTH];
	struct arp a = { ARP_REQUEST, peer_mac, us_mac, addr("198.18.7.2"), addr("198.18.7.1") };
	struct ether_template t;

	ether_template_make(&t, &MAC_BROADCAST, &peer_mac, 7, ETHERTYPE_ARP);
	memcpy(bytes, t.bytes, t.length);
	arp_emit(bytes + t.length, &a);
	assert_int_equal(input(x, bytes, sizeof(bytes)), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.frame[0]->pkt_len, sizeof(bytes));
	assert_memory_equal(sent(x, 0) + 12, bytes + 12, 6);
	assert_int_equal(neighbour_of(x, 3, "198.18.7.2")->state, NEIGHBOUR_STALE);
}

static void
a_request_for_another_host_is_not_answered(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &peer_mac, "198.18.0.3"), -TERN_DROP_NEIGHBOUR_UNASKED);
	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &peer_mac, "198.18.7.1"), -TERN_DROP_NEIGHBOUR_UNASKED);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 0);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
an_on_link_pool_is_answered_for_and_a_routed_one_is_not(void **state)
{
	struct fixture *x = *state;

	x->config.local[x->config.locals++] = (struct ip_local){
		.first = addr("198.18.0.100"), .count = 10, .number = 10, .vlan = VLAN_NONE, .pool = true };
	x->config.local[x->config.locals++] = (struct ip_local){
		.first = addr("198.19.0.100"), .count = 10, .number = 20, .vlan = VLAN_NONE, .pool = true };
	fixture_restart(x);
	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &peer_mac, "198.19.0.109"), -TERN_DROP_NEIGHBOUR_UNASKED);
	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &peer_mac, "198.18.0.109"), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 1);
}

static void
who_asks_for_us_is_known_then(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n;

	input(x, arp_request_frame, sizeof(arp_request_frame));
	assert_int_equal(x->ip.neighbours, 1);
	n = neighbour_of(x, 1, "198.18.0.2");
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_memory_equal(n->header.bytes, &peer_mac, 6);
}

static void
who_asks_from_behind_a_gateway_is_answered_and_not_believed(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input_arp(x, ARP_REQUEST, "203.0.113.9", &peer_mac, "198.18.0.1"), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 1);
	assert_int_equal(x->ip.neighbours, 0);
}

/* RFC 5227 */
static void
an_address_probe_is_answered_and_teaches_nothing(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input_arp(x, ARP_REQUEST, "0.0.0.0", &peer_mac, "198.18.0.1"), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 1);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
a_reply_that_nobody_asked_for_is_ignored(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input(x, arp_reply_frame, sizeof(arp_reply_frame)), -TERN_DROP_NEIGHBOUR_UNASKED);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
a_reply_out_of_turn_only_raises_doubt(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n = neighbour_of(x, 1, "198.18.0.2");

	ip_learn(&x->ip, &n->addr, VLAN_NONE, &peer_mac, x->now);
	assert_int_equal(input_arp(x, ARP_REPLY, "198.18.0.2", &other_mac, "198.18.0.1"), 0);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_memory_equal(n->header.bytes, &other_mac, 6);
}

static void
a_gratuitous_request_updates_a_known_neighbour_alone(void **state)
{
	struct fixture *x = *state;
	struct ip_neighbour *n;

	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &other_mac, "198.18.0.2"), -TERN_DROP_NEIGHBOUR_UNASKED);
	assert_int_equal(x->ip.neighbours, 0);
	n = neighbour_of(x, 1, "198.18.0.2");
	ip_learn(&x->ip, &n->addr, VLAN_NONE, &peer_mac, x->now);
	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &peer_mac, "198.18.0.2"), 0);
	assert_int_equal(n->state, NEIGHBOUR_REACHABLE);
	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.2", &other_mac, "198.18.0.2"), 0);
	assert_int_equal(n->state, NEIGHBOUR_STALE);
	assert_memory_equal(n->header.bytes, &other_mac, 6);
}

static void
nobody_else_may_claim_our_address(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input_arp(x, ARP_REQUEST, "198.18.0.1", &other_mac, "198.18.0.1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(input_arp(x, ARP_REPLY, "198.18.0.1", &other_mac, "198.18.0.1"), -TERN_DROP_ARP_CONFLICT);
	assert_int_equal(x->ip.neighbours, 0);
}

static void
other_cores_are_told_of_answers_that_they_may_wait_for(void **state)
{
	struct fixture *x = *state;
	struct ip_hooks hooks = { .context = x, .learned = fixture_learned };
	struct tern_addr peer = addr("198.18.0.2");

	ip_free(&x->ip);
	fixture_start(x, &hooks);
	assert_int_equal(input(x, arp_reply_frame, sizeof(arp_reply_frame)), 0);
	assert_int_equal(x->told, 1);
	assert_memory_equal(&x->told_addr, &peer, sizeof(peer));
	assert_int_equal(x->ip.neighbours, 0);
	assert_int_equal(input(x, arp_request_frame, sizeof(arp_request_frame)), 0);
	assert_int_equal(x->told, 2);
	ip_learn(&x->ip, &peer, VLAN_NONE, &peer_mac, x->now);  /* told here, not told on */
	assert_int_equal(x->told, 2);
}

static void
a_pool_asks_in_the_name_of_the_interface(void **state)
{
	struct fixture *x = *state;
	struct tern_addr us = addr("198.18.0.1");
	struct arp a;

	x->config.local[x->config.locals++] = x->config.local[0];
	x->config.local[0] = (struct ip_local){
		.first = addr("198.18.0.100"), .count = 10, .number = 10, .vlan = VLAN_NONE, .pool = true };
	fixture_restart(x);
	ip_solicit(&x->ip, neighbour_of(x, 15, "198.18.0.2"), x->now);
	turn(x);
	assert_int_equal(arp_parse(&a, sent(x, 0) + 14, ARP_LENGTH), 0);
	assert_memory_equal(&a.sender, &us, sizeof(us));
}

static void
the_start_announces_our_addresses_but_no_pools(void **state)
{
	struct fixture *x = *state;
	struct tern_addr us = addr("198.18.0.1");
	struct arp a;

	x->config.local[x->config.locals++] = (struct ip_local){
		.first = addr("198.18.0.100"), .count = 10, .number = 10, .vlan = VLAN_NONE, .pool = true };
	fixture_restart(x);
	ip_announce(&x->ip);
	assert_int_equal(x->tx.count, 3);
	assert_memory_equal(sent(x, 0), MAC_BROADCAST.b, 6);
	assert_int_equal(arp_parse(&a, sent(x, 0) + 14, ARP_LENGTH), 0);
	assert_int_equal(a.operation, ARP_REQUEST);
	assert_memory_equal(&a.sender, &us, sizeof(us));
	assert_memory_equal(&a.target, &us, sizeof(us));
	assert_int_equal(x->tx.frame[2]->l2_len, 18);
}

static void
answers_beyond_the_batch_are_refused_and_the_rest_leaves(void **state)
{
	struct fixture *x = *state;

	for (uint32_t i = 0; i < IP_REPLIES; i++)
		assert_int_equal(input(x, arp_request_frame, sizeof(arp_request_frame)), 0);
	assert_int_equal(input(x, arp_request_frame, sizeof(arp_request_frame)), -TERN_DROP_TCP_REPLY_LIMIT);
	x->tx.count = FRAME_QUEUE;
	ip_output(&x->ip, x->now);
	assert_int_equal(x->ip.replies, IP_REPLIES);
	x->tx.count = 0;
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, IP_REPLIES);
	assert_false(ip_owes(&x->ip));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_field_is_read, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_is_emitted_is_byte_for_byte_the_expected, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(every_prefix_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(other_hardware_protocols_and_operations_are_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(senders_that_are_no_host_are_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_request_for_us_is_answered_in_the_output_phase, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_answer_is_built_in_the_received_mbuf, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_shared_mbuf_is_not_written, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_request_on_a_vlan_is_answered_with_its_tag, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_request_for_another_host_is_not_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_on_link_pool_is_answered_for_and_a_routed_one_is_not, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(who_asks_for_us_is_known_then, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(who_asks_from_behind_a_gateway_is_answered_and_not_believed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_address_probe_is_answered_and_teaches_nothing, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_reply_that_nobody_asked_for_is_ignored, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_reply_out_of_turn_only_raises_doubt, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_gratuitous_request_updates_a_known_neighbour_alone, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(nobody_else_may_claim_our_address, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(other_cores_are_told_of_answers_that_they_may_wait_for, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_pool_asks_in_the_name_of_the_interface, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_start_announces_our_addresses_but_no_pools, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(answers_beyond_the_batch_are_refused_and_the_rest_leaves, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
