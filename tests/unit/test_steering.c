/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/*
 * Two sides of several stacks behind a link that delivers every frame to any
 * core of the other side, by chance: whatever a device's RSS does, it cannot be
 * worse. Time is virtual, chance is seeded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "core/hash.h"
#include "core/mbuf.h"
#include "eal.h"
#include "guard.h"
#include "stack/stack.h"
#include "wire/bytes.h"

#define POOL 8191u
#define CORES 4u
#define QUEUE 2048u
#define TURN_NS 20000u
/* connections of a client core: at first all may lead to one core, where their answers wait for a neighbour */
#define IN_FLIGHT (IP_NEIGHBOUR_QUEUE / CORES)
#define EACH 250u           /* connections a client core makes in all */
#define REQUEST 64u

struct node {
	struct tern_link link;
	struct tern_stack *stack;
	struct owner owner;
	struct rte_ring *to[CORES], *from[CORES];
	struct rte_mbuf *queue[QUEUE];
	uint32_t head, tail;
	unsigned int side, core;
	unsigned int started, open, completed, failed;
	struct guard memory;       /* of the stack */
};

static struct rte_mempool *pool;
static struct node node[2][CORES];
static unsigned int cores[2];
static uint64_t now_ns, chance;
static struct secret secret;
static struct tern_addr server_addr;

static int
begin(void **state)
{
	if (eal_for_tests(state) != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("steering_test", POOL, 0, 0, 2176, -1);
	return pool != NULL ? 0 : -1;
}

static bool cookies, fastopen;   /* of the next world */
static bool shut;                /* a stack's memory is, but for its own core */

static struct node *
enter(struct node *n)
{
	if (shut)
		guard_open(&n->memory);
	return n;
}

static void
leave(const struct node *n)
{
	if (shut)
		guard_shut(&n->memory);
}

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct node *here = (struct node *)link;
	uint16_t got = 0;

	while (got < n && here->head != here->tail)
		frames[got++] = here->queue[here->head++ % QUEUE];
	return got;
}

static bool cut_up;                /* the link cuts what is longer than its first piece */
#define FIRST_PIECE 48u

static struct rte_mbuf *
piece_of(const uint8_t *frame, bool v4, uint32_t offset, uint32_t length, uint16_t id, bool more)
{
	uint32_t header = v4 ? IPV4_HEADER : IPV6_HEADER, extra = v4 ? 0 : 8;
	struct rte_mbuf *m = mbuf_alloc(pool);
	uint8_t *p;

	assert_non_null(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(ETHER_HEADER + header + extra + length));
	memcpy(p, frame, ETHER_HEADER + header);
	memcpy(p + ETHER_HEADER + header + extra, frame + ETHER_HEADER + header + offset, length);
	p += ETHER_HEADER;
	if (v4) {
		uint16_t checksum;

		put_be16(p + 2, (uint16_t)(header + length));
		put_be16(p + 4, id);
		put_be16(p + 6, (uint16_t)((more ? 0x2000 : 0) | offset / 8));
		put_be16(p + 10, 0);
		checksum = checksum_fold(checksum_add(0, p, header));
		memcpy(p + 10, &checksum, sizeof(checksum));
	} else {
		put_be16(p + 4, (uint16_t)(8 + length));
		p[40] = p[6];
		p[41] = 0;
		p[6] = 44;
		put_be16(p + 42, (uint16_t)(offset | more));
		put_be32(p + 44, id);
	}
	return m;
}

static void
deliver(unsigned int side, struct rte_mbuf *m)
{
	struct node *to = &node[side][mix64(&chance) % cores[side]];

	assert_true(to->tail - to->head < QUEUE);
	to->queue[to->tail++ % QUEUE] = m;
}

/* false: it is short, or no TCP */
static bool
deliver_in_pieces(unsigned int side, struct rte_mbuf *m)
{
	static uint16_t id;
	uint8_t bytes[2048];
	const uint8_t *frame = rte_pktmbuf_read(m, 0, m->pkt_len, bytes);
	bool v4 = get_be16(frame + 12) == ETHERTYPE_IPV4;
	uint32_t length = m->pkt_len - ETHER_HEADER - (v4 ? IPV4_HEADER : IPV6_HEADER);

	if (get_be16(frame + 12) == ETHERTYPE_ARP || frame[ETHER_HEADER + (v4 ? 9 : 6)] != IP_PROTO_TCP || length <= FIRST_PIECE)
		return false;
	id++;
	deliver(side, piece_of(frame, v4, 0, FIRST_PIECE, id, true));
	deliver(side, piece_of(frame, v4, FIRST_PIECE, length - FIRST_PIECE, id, false));
	rte_pktmbuf_free(m);
	return true;
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct node *here = (struct node *)link;
	unsigned int there = !here->side;

	for (uint16_t i = 0; i < n; i++) {
		struct node *to = &node[there][mix64(&chance) % cores[there]];

		if (to->tail - to->head == QUEUE)
			return i;
		if (cut_up && deliver_in_pieces(there, frames[i]))
			continue;
		frames[i]->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
		to->queue[to->tail++ % QUEUE] = frames[i];
	}
	return n;
}

/* As run/ does by mail, here at once: nobody else runs. */
static void
tell_siblings(void *context, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac)
{
	const struct node *from = context;

	for (unsigned int i = 0; i < cores[from->side]; i++)
		if (i != from->core) {
			struct node *n = enter(&node[from->side][i]);

			ip_learn(stack_ip(n->stack), addr, vlan, mac, now_ns);
			leave(n);
		}
}

static void
configure(struct ip_config *ip, unsigned int side, bool v4)
{
	memset(ip, 0, sizeof(*ip));
	ip->mac = (struct mac_addr){ { 2, 0, 0, 0, 0, (uint8_t)(side + 1) } };
	ip->mtu = 1500;
	ip->locals = ip->routes = 1;
	tern_addr_parse(v4 ? side == 0 ? "198.18.0.1" : "198.18.0.2" : side == 0 ? "2001:2::1" : "2001:2::2",
			&ip->local[0].first);
	tern_addr_parse(v4 ? "198.18.0.0" : "2001:2::", &ip->route[0].net);
	ip->local[0].count = ip->local[0].number = 1;
	ip->local[0].prefix = ip->route[0].prefix = v4 ? 96 + 24 : 64;
	ip->local[0].vlan = ip->route[0].vlan = VLAN_NONE;
	if (side == 1)
		server_addr = ip->local[0].first;
}

static void
open_node(unsigned int side, unsigned int core, bool v4)
{
	struct tcp_config tcp = TCP_CONFIG_DEFAULT;
	struct node *n = &node[side][core];
	struct ip_config ip;
	const struct stack_config config = {
		.link = &n->link, .pool = pool, .ip = &ip, .tcp = &tcp, .secret = &secret,
		.owner = cores[side] > 1 ? &n->owner : NULL, .steer_to = n->to, .steer_from = n->from,
		.hooks = { .context = n, .learned = cores[side] > 1 ? tell_siblings : NULL },
		.node = -1, .run = n,
	};

	configure(&ip, side, v4);
	tcp.syn_cookies = cookies ? TCP_COOKIES_ALWAYS : TCP_COOKIES_NEVER;
	tcp.max_connections = tcp.max_half_open = tcp.max_time_wait = 1024;
	guard_begin(&n->memory);
	n->stack = stack_new(&config, now_ns);
	assert_non_null(n->stack);
	guard_end(&n->memory);
	assert_true(guard_has(&n->memory, n->stack));
}

static void
open_world(unsigned int clients, unsigned int servers, bool v4)
{
	memset(node, 0, sizeof(node));
	secret_from_seed(&secret, 11);
	chance = 12;
	now_ns = UINT64_C(1000000000);
	cores[0] = clients;
	cores[1] = servers;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores[side]; i++) {
			struct node *n = &node[side][i];

			n->side = side;
			n->core = i;
			n->link.receive = link_receive;
			n->link.transmit = link_transmit;
			n->link.capabilities.multi_segment = true;
			owner_init(&n->owner, cores[side], i);
			for (unsigned int k = 0; k < cores[side]; k++) {
				char name[RTE_RING_NAMESIZE];

				if (k == i)
					continue;
				snprintf(name, sizeof(name), "s%hhu_%hhu_%hhu", (uint8_t)side, (uint8_t)i, (uint8_t)k);
				n->to[k] = rte_ring_create(name, 1024, -1, RING_F_SP_ENQ | RING_F_SC_DEQ);
				assert_non_null(n->to[k]);
			}
		}
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores[side]; i++)
			for (unsigned int k = 0; k < cores[side]; k++)
				node[side][i].from[k] = node[side][k].to[i];
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores[side]; i++)
			open_node(side, i, v4);
}

/* After each test every mbuf is back. */
static int
close_world(void **state)
{
	void *m;

	(void)state;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores[side]; i++) {
			struct node *n = &node[side][i];

			stack_free(n->stack);
			while (n->head != n->tail)
				rte_pktmbuf_free(n->queue[n->head++ % QUEUE]);
			for (unsigned int k = 0; k < cores[side]; k++) {
				while (n->to[k] != NULL && rte_ring_dequeue(n->to[k], &m) == 0)
					rte_pktmbuf_free(m);
				rte_ring_free(n->to[k]);
			}
		}
	return rte_mempool_avail_count(pool) == POOL ? 0 : -1;
}

static void
echo(struct node *n, const struct tern_event *e)
{
	uint8_t data[256];
	ssize_t got;

	if (!(e->mask & TERN_CLOSED)) {
		while ((got = tern_recv(n->stack, e->id, data, sizeof(data))) > 0)
			assert_int_equal(tern_send(n->stack, e->id, data, (size_t)got), got);
		if (got == 0)
			tern_close(n->stack, e->id);
	}
}

static void
ask(struct node *n)
{
	static const uint8_t request[REQUEST] = { 1, 2, 3 };
	struct tern_connect_options o = TERN_CONNECT_INIT;
	tern_conn id;

	o.target.addr = server_addr;
	o.target.port = 80;
	o.data = request;
	o.data_length = sizeof(request);
	o.fastopen = fastopen;
	assert_int_equal(tern_connect(n->stack, &o, &id), 0);
	n->started++;
	n->open++;
}

/* The answer is whole when REQUEST bytes wait to be read. */
static void
hear(struct node *n, const struct tern_event *e)
{
	uint8_t data[2 * REQUEST];

	if (e->mask & TERN_CLOSED) {
		n->open--;
		if (e->reason == TERN_CLOSE_NORMAL)
			n->completed++;
		else
			n->failed++;
		return;
	}
	if (tern_peek(n->stack, e->id, data, sizeof(data)) < (ssize_t)REQUEST)
		return;
	assert_int_equal(tern_recv(n->stack, e->id, data, sizeof(data)), REQUEST);
	assert_int_equal(data[2], 3);
	tern_close(n->stack, e->id);
}

static void
turn_all(void)
{
	struct tern_event events[64];

	now_ns += TURN_NS;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores[side]; i++) {
			struct node *n = enter(&node[side][i]);
			int count = stack_poll(n->stack, now_ns, events, 64, NULL);

			for (int k = 0; k < count; k++) {
				if (side == 0)
					hear(n, &events[k]);
				else
					echo(n, &events[k]);
			}
			while (side == 0 && n->started < EACH && n->open < IN_FLIGHT)
				ask(n);
			leave(n);
		}
}

static void
listen_everywhere(void)
{
	for (unsigned int i = 0; i < cores[1]; i++) {
		struct tern_listen_options o = TERN_LISTEN_INIT;
		tern_listener listener;

		o.port = 80;
		o.fastopen = fastopen ? EACH : 0;
		assert_int_equal(tern_listen(node[1][i].stack, &o, &listener), 0);
	}
}

static unsigned int
done(void)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < cores[0]; i++)
		sum += node[0][i].completed + node[0][i].failed;
	return sum;
}

static uint64_t
sum_of(unsigned int side, size_t offset)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < cores[side]; i++)
		sum += *(const uint64_t *)((const char *)stack_stats(node[side][i].stack) + offset);
	return sum;
}
#define SUM(side, field) sum_of(side, offsetof(struct tern_stats, field))

static void
make_all_connections(void)
{
	unsigned int turns;

	/* 5 s of virtual time: a loss that a retransmission mends would be seen in the counters below */
	for (turns = 0; turns < 250000 && done() < EACH * cores[0]; turns++)
		turn_all();
	for (unsigned int i = 0; i < cores[0]; i++) {
		assert_int_equal(node[0][i].completed, EACH);
		assert_int_equal(node[0][i].failed, 0);
	}
	/* what is under way arrives */
	for (turns = 0; turns < 5000; turns++)
		turn_all();
}

static void
run_all_connections(void)
{
	listen_everywhere();
	make_all_connections();
}

static void
assert_nothing_lost(void)
{
	for (unsigned int side = 0; side < 2; side++) {
		for (unsigned int i = 0; i < cores[side]; i++)
			assert_int_equal(node[side][i].head, node[side][i].tail);
		assert_int_equal(SUM(side, steered_out), SUM(side, steered_in));
		assert_int_equal(SUM(side, rto_fired), 0);
		assert_int_equal(SUM(side, retransmits_syn), 0);
		assert_int_equal(SUM(side, rst_tx), 0);
		assert_int_equal(SUM(side, drops[TERN_DROP_STEER_FULL]), 0);
		assert_int_equal(SUM(side, drops[TERN_DROP_TCP_NO_LISTENER]), 0);
		assert_int_equal(SUM(side, established), EACH * cores[0]);
		assert_int_equal(SUM(side, rx_payload_bytes), EACH * cores[0] * REQUEST);
		assert_int_equal(SUM(side, open_now), 0);
		assert_int_equal(SUM(side, half_open_now), 0);
	}
}

static void
one_client_reaches_two_server_cores(void **state)
{
	(void)state;
	open_world(1, 2, true);
	run_all_connections();
	assert_nothing_lost();
	assert_true(SUM(1, steered_out) > EACH);
}

static void
two_cores_each_side_steer_to_each_other(void **state)
{
	(void)state;
	open_world(2, 2, true);
	run_all_connections();
	assert_nothing_lost();
	assert_true(SUM(0, steered_out) > EACH);
	assert_true(SUM(1, steered_out) > EACH);
}

static void
four_cores_each_side_steer_to_each_other(void **state)
{
	(void)state;
	open_world(4, 4, true);
	run_all_connections();
	assert_nothing_lost();
	/* by chance three of four frames come to a core that is not theirs */
	assert_true(SUM(1, steered_out) * 2 > SUM(1, tcp_rx_segments));
}

static void
four_cores_steer_ipv6_too(void **state)
{
	(void)state;
	open_world(4, 4, false);
	run_all_connections();
	assert_nothing_lost();
	assert_true(SUM(0, steered_out) * 2 > SUM(0, tcp_rx_segments));
}

/* The pieces of a segment come to any two cores, and it to its owner: the whole of a request and of an answer. */
static void
four_cores_put_pieces_together(void **state)
{
	for (int v4 = 0; v4 < 2; v4++) {
		cut_up = true;
		open_world(4, 4, v4);
		run_all_connections();
		cut_up = false;
		assert_nothing_lost();
		assert_int_equal(SUM(1, ip_reassembled), EACH * 4);
		assert_int_equal(SUM(0, ip_reassembled), EACH * 4);
		if (v4 == 0)
			assert_int_equal(close_world(state), 0);
	}
}

/* Any core could check any core's cookie; the ACK comes to the one that sent it. */
static void
four_cores_steer_the_answers_to_syn_cookies(void **state)
{
	(void)state;
	cookies = true;
	open_world(4, 4, true);
	run_all_connections();
	cookies = false;
	assert_nothing_lost();
	assert_int_equal(SUM(1, cookies_sent), EACH * 4);
	assert_int_equal(SUM(1, cookies_accepted), EACH * 4);
}

/* A cookie that one core gave is good at every other. */
static void
four_cores_take_each_others_fast_open_cookies(void **state)
{
	(void)state;
	fastopen = true;
	open_world(4, 4, true);
	run_all_connections();
	fastopen = false;
	/* an early answer that overtakes its SYN-ACK on another core's ring is no more than lost, and sent again */
	assert_int_equal(SUM(0, established), EACH * 4);
	assert_int_equal(SUM(1, established), EACH * 4);
	assert_int_equal(SUM(1, rst_tx), 0);
	assert_int_equal(SUM(1, rx_payload_bytes), EACH * 4 * REQUEST);
	assert_true(SUM(0, fastopen_sent) > EACH);
	assert_int_equal(SUM(0, fastopen_accepted), SUM(0, fastopen_sent));
	assert_int_equal(SUM(1, fastopen_accepted), SUM(0, fastopen_sent));
}

/* Three of four frames change hands, and what a core reads and writes is its own: but for the frames and the rings. */
static void
no_core_touches_what_belongs_to_another(void **state)
{
	(void)state;
	open_world(4, 4, true);
	listen_everywhere();
	shut = true;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < 4; i++)
			leave(&node[side][i]);
	make_all_connections();
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < 4; i++)
			enter(&node[side][i]);
	shut = false;
	assert_nothing_lost();
	assert_true(SUM(1, steered_out) * 2 > SUM(1, tcp_rx_segments));
}

static void
every_core_of_the_server_gets_its_share(void **state)
{
	(void)state;
	open_world(1, 4, true);
	run_all_connections();
	for (unsigned int i = 0; i < 4; i++)
		assert_true(stack_stats(node[1][i].stack)->accepts > EACH / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(one_client_reaches_two_server_cores, close_world),
		cmocka_unit_test_teardown(two_cores_each_side_steer_to_each_other, close_world),
		cmocka_unit_test_teardown(four_cores_each_side_steer_to_each_other, close_world),
		cmocka_unit_test_teardown(four_cores_steer_ipv6_too, close_world),
		cmocka_unit_test_teardown(four_cores_put_pieces_together, close_world),
		cmocka_unit_test_teardown(four_cores_steer_the_answers_to_syn_cookies, close_world),
		cmocka_unit_test_teardown(four_cores_take_each_others_fast_open_cookies, close_world),
		cmocka_unit_test_teardown(every_core_of_the_server_gets_its_share, close_world),
	};
	/* what a sanitizer maps for itself meanwhile is everybody's, so that it can't be asked there */
	const struct CMUnitTest unsanitized[] = {
		cmocka_unit_test_teardown(no_core_touches_what_belongs_to_another, close_world),
	};
	int failed = cmocka_run_group_tests(tests, begin, NULL);

	return GUARD_SANITIZED ? failed : failed + cmocka_run_group_tests(unsanitized, NULL, NULL);
}
