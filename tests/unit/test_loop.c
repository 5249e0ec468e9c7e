/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "eal.h"
#include "port/loop.h"
#include "port/loop_ring.h"
#include "wire/bytes.h"
#include "wire/frame.h"

#define POOL 6143u

static struct rte_mempool *pool;
static struct port *ports[2];
static struct complaint why;

static int
begin(void **state)
{
	if (eal_for_tests(state) != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("loop_test", POOL, 0, 0, 512, -1);
	return pool != NULL ? 0 : -1;
}

static void
open_loop(uint32_t client_cores, uint32_t server_cores, bool software)
{
	const struct port_config configs[2] = {
		{ .cores = client_cores, .mtu = 1500, .software_checksums = software, .pool = pool, .node = -1 },
		{ .cores = server_cores, .mtu = 1400, .software_checksums = software, .pool = pool, .node = -1 },
	};

	assert_int_equal(loop_open(ports, configs, &why), 0);
}

/* After each test every mbuf is back, whatever was left in the rings. */
static int
close_loop(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		if (ports[i] != NULL)
			ports[i]->close(ports[i]);
	ports[0] = ports[1] = NULL;
	return rte_mempool_avail_count(pool) == POOL ? 0 : -1;
}

static struct rte_mbuf *
frame_new(uint32_t mark)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *p;

	assert_non_null(m);
	m->data_len = 64;
	m->pkt_len = 64;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memset(p, 0, 64);
	memcpy(p, &mark, sizeof(mark));
	return m;
}

static uint32_t
mark_of(const struct rte_mbuf *m)
{
	uint32_t mark;

	memcpy(&mark, rte_pktmbuf_mtod(m, void *), sizeof(mark));
	return mark;
}

/* IPv4 and TCP from a source port */
static struct rte_mbuf *
segment_new(uint16_t sport)
{
	struct rte_mbuf *m = frame_new(0);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct tern_addr src, dst;

	tern_addr_parse("198.18.0.1", &src);
	tern_addr_parse("198.18.1.1", &dst);
	put_be16(p + 12, ETHERTYPE_IPV4);
	ip_emit(p + 14, true, &src, &dst, IP_PROTO_TCP, 20, 0, 64, 0, false);
	put_be16(p + 34, sport);
	put_be16(p + 36, 80);
	p[46] = 5 << 4;
	return m;
}

static uint16_t
transmit(struct port *port, unsigned int core, struct rte_mbuf **m, uint16_t n)
{
	return port->link[core]->transmit(port->link[core], m, n);
}

static uint16_t
receive(struct port *port, unsigned int core, struct rte_mbuf **m, uint16_t n)
{
	return port->link[core]->receive(port->link[core], m, n);
}

static void
what_one_side_sends_the_other_receives_in_order(void **state)
{
	struct rte_mbuf *sent[8], *got[16];

	(void)state;
	open_loop(1, 1, false);
	for (int side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < 8; i++)
			sent[i] = frame_new(i);
		assert_int_equal(transmit(ports[side], 0, sent, 8), 8);
		assert_int_equal(receive(ports[side], 0, got, 16), 0);
		assert_int_equal(receive(ports[!side], 0, got, 5), 5);
		assert_int_equal(receive(ports[!side], 0, got + 5, 16 - 5), 3);
		for (uint32_t i = 0; i < 8; i++) {
			assert_ptr_equal(got[i], sent[i]);
			assert_int_equal(mark_of(got[i]), i);
			rte_pktmbuf_free(got[i]);
		}
	}
}

static struct rte_mbuf *
pass(struct rte_mbuf *m)
{
	struct rte_mbuf *got;

	assert_int_equal(transmit(ports[0], 0, &m, 1), 1);
	assert_int_equal(receive(ports[1], 0, &got, 1), 1);
	return got;
}

static void
what_passes_looks_as_if_a_device_had_received_it(void **state)
{
	struct rte_mbuf *m = frame_new(0);

	(void)state;
	open_loop(1, 1, false);
	m->port = 7;
	m->packet_type = RTE_PTYPE_L4_UDP;
	m->hash.rss = 0x1234;
	m->ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_RX_L4_CKSUM_BAD | RTE_MBUF_F_RX_RSS_HASH;
	m = pass(m);
	assert_int_equal(m->port, RTE_MBUF_PORT_INVALID);
	assert_int_equal(m->packet_type, 0);
	assert_int_equal(m->hash.rss, 0);
	assert_int_equal(m->ol_flags, 0);
	rte_pktmbuf_free(m);
}

static void
a_checksum_left_to_the_device_arrives_as_good(void **state)
{
	struct rte_mbuf *m = frame_new(0);

	(void)state;
	open_loop(1, 1, false);
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	m = pass(m);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	m->ol_flags = RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM;
	m = pass(m);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	rte_pktmbuf_free(m);
}

static void
a_checksum_that_was_computed_is_left_to_be_checked(void **state)
{
	struct rte_mbuf *m = frame_new(0);

	(void)state;
	open_loop(1, 1, false);
	/* UDP's flag has a bit in common with TCP's */
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
	m = pass(m);
	assert_int_equal(m->ol_flags, 0);
	rte_pktmbuf_free(m);
}

static void
an_indirect_mbuf_stays_one(void **state)
{
	struct rte_mbuf *direct = frame_new(1), *m = rte_pktmbuf_alloc(pool);

	(void)state;
	open_loop(1, 1, false);
	rte_pktmbuf_attach(m, direct);
	m = pass(m);
	assert_true(RTE_MBUF_CLONED(m));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(direct);
}

static void
a_full_ring_takes_a_part_and_leaves_the_rest_untouched(void **state)
{
	static struct rte_mbuf *sent[LOOP_RING + 64], *got[LOOP_RING + 64];
	uint16_t taken;

	(void)state;
	open_loop(1, 1, false);
	for (uint32_t i = 0; i < LOOP_RING + 64; i++) {
		sent[i] = frame_new(i);
		sent[i]->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM;
	}
	taken = transmit(ports[0], 0, sent, LOOP_RING + 64);
	assert_int_equal(taken, LOOP_RING);
	for (uint32_t i = taken; i < LOOP_RING + 64; i++)
		assert_int_equal(sent[i]->ol_flags, RTE_MBUF_F_TX_TCP_CKSUM);
	assert_int_equal(transmit(ports[0], 0, sent + taken, 64), 0);
	assert_int_equal(receive(ports[1], 0, got, LOOP_RING + 64), taken);
	rte_pktmbuf_free_bulk(got, taken);
	assert_int_equal(transmit(ports[0], 0, sent + taken, 64), 64);
	/* the rest is freed by close_loop() */
}

static void
a_segment_reaches_the_core_that_owns_it(void **state)
{
	static struct owner owner;
	unsigned int got_by[4] = { 0 };
	struct tern_addr src, dst;

	(void)state;
	tern_addr_parse("198.18.0.1", &src);
	tern_addr_parse("198.18.1.1", &dst);
	open_loop(2, 4, false);
	port_owner(ports[1], &owner, 0);
	for (uint16_t base = 1024; base < 1024 + 4 * 100; base += 100) {
		struct rte_mbuf *sent[100], *got[200];

		for (uint16_t i = 0; i < 100; i++)
			sent[i] = segment_new((uint16_t)(base + i));
		assert_int_equal(transmit(ports[0], base % 200 / 100, sent, 100), 100);
		for (unsigned int core = 0; core < 4; core++) {
			uint16_t n = receive(ports[1], core, got, 200);

			for (uint16_t i = 0; i < n; i++) {
				uint16_t sport = get_be16(rte_pktmbuf_mtod(got[i], uint8_t *) + 34);

				assert_int_equal(owner_of_hash(&owner, owner_hash(&owner, true, &src, &dst, sport, 80)), core);
			}
			rte_pktmbuf_free_bulk(got, n);
			got_by[core] += n;
		}
	}
	assert_int_equal(got_by[0] + got_by[1] + got_by[2] + got_by[3], 400);
	for (unsigned int core = 0; core < 4; core++)
		assert_true(got_by[core] > 50);
}

static void
what_is_no_tcp_reaches_the_first_core(void **state)
{
	struct rte_mbuf *arp = frame_new(0), *got;

	(void)state;
	put_be16(rte_pktmbuf_mtod(arp, uint8_t *) + 12, ETHERTYPE_ARP);
	open_loop(1, 2, false);
	assert_int_equal(transmit(ports[0], 0, &arp, 1), 1);
	assert_int_equal(receive(ports[1], 1, &got, 1), 0);
	assert_int_equal(receive(ports[1], 0, &got, 1), 1);
	rte_pktmbuf_free(got);
}

static void
a_core_hears_all_cores_of_the_other_side(void **state)
{
	struct rte_mbuf *got[8];
	uint32_t marks = 0;

	(void)state;
	open_loop(3, 1, false);
	for (uint32_t core = 0; core < 3; core++) {
		struct rte_mbuf *m = frame_new(1u << core);

		assert_int_equal(transmit(ports[0], core, &m, 1), 1);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(receive(ports[1], 0, got, 1), 1);
		marks += mark_of(got[0]);
		rte_pktmbuf_free(got[0]);
	}
	assert_int_equal(marks, 7);
}

/* Bursts that its length is no multiple of, so that some go around its end; two always wait. */
static void
bursts_go_around_the_ring_in_order(void **state)
{
	struct rte_mbuf *sent[29], *got[29];
	uint32_t put = 0, taken = 0;

	(void)state;
	open_loop(1, 1, false);
	for (uint32_t round = 0; taken < 2 * LOOP_RING; round++) {
		for (uint32_t i = 0; i < 29; i++)
			sent[i] = frame_new(put + i);
		put += transmit(ports[0], 0, sent, 29);
		if (round < 2)
			continue;
		for (uint16_t i = 0, n = receive(ports[1], 0, got, 29); i < n; i++, taken++) {
			assert_int_equal(mark_of(got[i]), taken);
			rte_pktmbuf_free(got[i]);
		}
	}
	assert_int_equal(put - taken, 2 * 29);
}

static void
one_full_core_holds_back_what_stands_behind_it(void **state)
{
	struct rte_mbuf *m, *got[64];
	uint32_t accepted = 0;
	uint16_t n;

	(void)state;
	open_loop(1, 2, false);
	/* one flow, so one core's ring */
	for (uint32_t i = 0; i < LOOP_RING + 10; i++) {
		m = segment_new(1024);
		if (transmit(ports[0], 0, &m, 1) == 0) {
			rte_pktmbuf_free(m);
			break;
		}
		accepted++;
	}
	assert_int_equal(accepted, LOOP_RING);
	for (unsigned int core = 0; core < 2; core++)
		while ((n = receive(ports[1], core, got, 64)) != 0) {
			accepted -= n;
			rte_pktmbuf_free_bulk(got, n);
		}
	assert_int_equal(accepted, 0);
}

static void
software_checksums_leave_the_link_no_offload(void **state)
{
	(void)state;
	open_loop(1, 1, true);
	assert_false(ports[0]->link[0]->capabilities.tx_ip_checksum);
	assert_false(ports[0]->link[0]->capabilities.tx_l4_checksum);
	assert_false(ports[0]->link[0]->capabilities.rx_checksum);
	ports[0]->close(ports[0]);
	ports[1]->close(ports[1]);
	open_loop(1, 1, false);
	assert_true(ports[0]->link[0]->capabilities.tx_ip_checksum);
	assert_true(ports[0]->link[0]->capabilities.tx_l4_checksum);
	assert_true(ports[0]->link[0]->capabilities.rx_checksum);
}

static void
both_ends_have_an_address_of_their_own(void **state)
{
	(void)state;
	open_loop(1, 1, false);
	assert_false(mac_equal(&ports[0]->mac, &ports[1]->mac));
	assert_false(mac_is_multicast(&ports[0]->mac));
	assert_true(ports[0]->mac.b[0] & 2);
	assert_int_equal(ports[1]->mtu, 1400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_one_side_sends_the_other_receives_in_order, close_loop),
		cmocka_unit_test_teardown(what_passes_looks_as_if_a_device_had_received_it, close_loop),
		cmocka_unit_test_teardown(a_checksum_left_to_the_device_arrives_as_good, close_loop),
		cmocka_unit_test_teardown(a_checksum_that_was_computed_is_left_to_be_checked, close_loop),
		cmocka_unit_test_teardown(an_indirect_mbuf_stays_one, close_loop),
		cmocka_unit_test_teardown(a_full_ring_takes_a_part_and_leaves_the_rest_untouched, close_loop),
		cmocka_unit_test_teardown(a_segment_reaches_the_core_that_owns_it, close_loop),
		cmocka_unit_test_teardown(what_is_no_tcp_reaches_the_first_core, close_loop),
		cmocka_unit_test_teardown(a_core_hears_all_cores_of_the_other_side, close_loop),
		cmocka_unit_test_teardown(bursts_go_around_the_ring_in_order, close_loop),
		cmocka_unit_test_teardown(one_full_core_holds_back_what_stands_behind_it, close_loop),
		cmocka_unit_test_teardown(software_checksums_leave_the_link_no_offload, close_loop),
		cmocka_unit_test_teardown(both_ends_have_an_address_of_their_own, close_loop),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
