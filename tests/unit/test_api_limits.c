/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The public API over two stacks where something runs out: mbufs, records, blocks, TIME-WAIT, a device's patience. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/owner.h"
#include "pair.h"

#define TINY_POOL 511u
#define MANY 200
#define CROWD 66000u             /* more than expected.c calls many */

static uint8_t stream[65536];

static int
fill_stream(void **state)
{
	(void)state;
	pair_fill(stream, sizeof(stream));
	return 0;
}

static int
start(void **state)
{
	struct pair_setup setup = pair_setup();

	*state = pair_new(&setup);
	return 0;
}

static int
start_tiny(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.pool_mbufs = TINY_POOL;
	*state = pair_new(&setup);
	return 0;
}

static int
start_tiny_window(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.pool_mbufs = TINY_POOL;
	setup.tcp[SERVER].rcvbuf = setup.tcp[SERVER].rcvbuf_max = 8000;
	*state = pair_new(&setup);
	return 0;
}

static int
start_with_time_wait(void **state, uint32_t max)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].max_time_wait = max;
	*state = pair_new(&setup);
	return 0;
}

static int start_few_time_wait(void **state) { return start_with_time_wait(state, 4); }
static int start_no_time_wait(void **state) { return start_with_time_wait(state, 0); }

static int
start_many(void **state, uint32_t max_time_wait)
{
	struct pair_setup setup = pair_setup();

	for (unsigned int side = 0; side < 2; side++) {
		setup.tcp[side].max_connections = setup.tcp[side].max_half_open = 4096;
		setup.tcp[side].max_time_wait = max_time_wait;
	}
	*state = pair_new(&setup);
	return 0;
}

static int start_much_time_wait(void **state) { return start_many(state, 4096); }
static int start_some_time_wait(void **state) { return start_many(state, 100); }

static int
start_crowded(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].max_connections = 2 * CROWD;
	*state = pair_new(&setup);
	return 0;
}

static int
start_few_blocks(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[SERVER].max_connections = 3;
	*state = pair_new(&setup);
	return 0;
}

static int
start_few_half_open(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[SERVER].max_half_open = 3;
	setup.tcp[SERVER].syn_cookies = TCP_COOKIES_NEVER;
	*state = pair_new(&setup);
	return 0;
}

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

static void
nothing_is_left(struct pair *p)
{
	for (unsigned int side = 0; side < 2; side++) {
		assert_int_equal(pair_stats(p, side).open_now, 0);
		assert_int_equal(pair_stats(p, side).half_open_now, 0);
	}
}

/* Opened together, then closed together by the client. */
static void
open_and_close_half(struct pair *p, uint32_t count)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	uint32_t before = p->events;

	o.port = PAIR_PORT;
	if (p->listener == 0)
		assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
	for (uint32_t i = 0; i < count; i++)
		pair_connect(p);
	pair_settle(p);
	for (uint32_t i = before, told = p->events; i < told; i++)
		if (p->event[i].side == CLIENT && (p->event[i].e.mask & TERN_CONNECTED))
			assert_int_equal(tern_close(pair_stack(p, CLIENT), p->event[i].e.id), 0);
	pair_settle(p);
}

/* By the server too, what was told of since. */
static void
close_other_half(struct pair *p, uint32_t since)
{
	for (uint32_t i = since, told = p->events; i < told; i++)
		if (p->event[i].side == SERVER && (p->event[i].e.mask & TERN_PEER_CLOSED))
			assert_int_equal(tern_close(pair_stack(p, SERVER), p->event[i].e.id), 0);
	pair_settle(p);
}

static void
open_and_close(struct pair *p, uint32_t count)
{
	uint32_t before = p->events;

	open_and_close_half(p, count);
	close_other_half(p, before);
}

static void
many_connections_leave_nothing_behind(void **state)
{
	struct pair *p = *state;

	for (int round = 0; round < 5; round++) {
		open_and_close(p, MANY);
		nothing_is_left(p);
	}
	assert_int_equal(pair_told(p, CLIENT, 0, TERN_CLOSED), 5 * MANY);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_CLOSED), 5 * MANY);
	assert_int_equal(pair_stats(p, CLIENT).closed[TERN_CLOSE_NORMAL], 5 * MANY);
	assert_int_equal(pair_stats(p, SERVER).closed[TERN_CLOSE_NORMAL], 5 * MANY);
}

static void
a_stack_freed_in_the_middle_gives_everything_back(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	for (int i = 0; i < 20; i++) {
		pair_open(p, &client, &server);
		p->end[CLIENT].loses = 1;
		tern_send(pair_stack(p, CLIENT), client, stream, 30000);
		tern_send(pair_stack(p, SERVER), server, stream, 30000);
	}
	pair_settle(p);
	p->end[SERVER].deaf = true;
	tern_send(pair_stack(p, CLIENT), client, stream, 30000);
	pair_settle(p);
	/* end() counts */
}

/* Opens that nobody answers: of all these, what a connection leaves behind is looked for less, see expected.c. */
static void
crowd(struct pair *p)
{
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	o.target.addr.b[15] ^= 0x40;
	for (uint32_t i = 0; i < CROWD; i++) {
		o.target.port = (uint16_t)(1 + i % 4);
		assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	}
	pair_run(p, 200);  /* a turn has room for so many packets only */
	assert_in_range(pair_stats(p, CLIENT).syn_tx, CROWD, CROWD + 1);
}

/* Keepalive that is asked for while the retransmission timer runs counts on that one's entry, which must outlive it then. */
static void
among_very_many_a_timer_that_stops_takes_no_other_with_it(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;

	pair_open(p, &client, &server);
	crowd(p);
	assert_int_equal(tern_send(s, client, stream, 1), 1);
	pair_settle(p);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPIDLE, 300), 0);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPALIVE, 1), 0);
	assert_int_equal(tern_send(pair_stack(p, SERVER), server, stream, 1), 1);
	pair_run(p, 290);
	assert_int_equal(pair_stats(p, CLIENT).keepalive_probes, 0);
	pair_run(p, 20);
	assert_int_equal(pair_stats(p, CLIENT).keepalive_probes, 1);
}

/* ---- mbufs */

static void
full_send_queues_never_starve_the_acks(void **state)
{
	struct pair *p = *state;
	tern_conn client[10], server[10];
	uint32_t sent[10] = { 0 }, read[10] = { 0 };

	for (int i = 0; i < 10; i++)
		pair_open(p, &client[i], &server[i]);
	/* far more than the pool could hold */
	for (int i = 0; i < 10; i++)
		for (ssize_t n = 1; n > 0 && sent[i] < 200000; sent[i] += n > 0 ? (uint32_t)n : 0)
			n = tern_send(pair_stack(p, CLIENT), client[i], stream, sizeof(stream));
	for (int round = 0; round < 200; round++) {
		pair_run(p, 50);
		for (int i = 0; i < 10; i++) {
			ssize_t n = tern_discard(pair_stack(p, SERVER), server[i], 1 << 30);

			read[i] += n > 0 ? (uint32_t)n : 0;
		}
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(read[i], sent[i]);
}

static void
readers_that_lag_leave_mbufs_for_the_others(void **state)
{
	struct pair *p = *state;
	tern_conn client[10], server[10], fresh[2];
	uint32_t read = 0;

	for (int i = 0; i < 10; i++)
		pair_open(p, &client[i], &server[i]);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 10; i++)
			tern_send(pair_stack(p, CLIENT), client[i], stream, 20000);
		pair_run(p, 20);
	}
	/* a connection that is read lives beside those that are not */
	pair_open(p, &fresh[CLIENT], &fresh[SERVER]);
	for (int i = 0; i < 20; i++) {
		tern_send(pair_stack(p, CLIENT), fresh[CLIENT], stream + i * 50, 50);
		pair_run(p, 2000);
		pair_read(p, SERVER, fresh[SERVER], &read);
	}
	assert_int_equal(read, 1000);
}

static void
a_dry_pool_is_waited_out(void **state)
{
	struct pair *p = *state;
	struct rte_mbuf *taken[TINY_POOL];
	tern_conn client, server;
	uint32_t count = 0, read = 0;

	pair_open(p, &client, &server);
	while ((taken[count] = rte_pktmbuf_alloc(p->pool)) != NULL)
		count++;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 50), 50);
	pair_run(p, 500);
	for (uint32_t i = 0; i < count; i++)
		rte_pktmbuf_free(taken[i]);
	pair_run(p, 3000);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 50);
	pair_transfer(p, CLIENT, client, 0, 0);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream + 50, 5000), 5000);
	pair_run(p, 1000);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 5050);
}

/* Room comes back with memory that others held: no ACK of the peer tells of it, and no probe of its is waited for. */
static void
a_window_closed_for_want_of_memory_opens_when_there_is_some(void **state)
{
	struct pair *p = *state;
	struct rte_mbuf *taken[TINY_POOL];
	tern_conn client, server;
	uint32_t count = 0, read = 0, before;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 20000), 20000);
	pair_run(p, 100);
	while (rte_mempool_avail_count(p->pool) > 8 && (taken[count] = rte_pktmbuf_alloc(p->pool)) != NULL)
		count++;
	pair_run(p, 20);
	pair_read(p, SERVER, server, &read);
	before = read;
	assert_true(before > 0 && before <= 8000);
	pair_run(p, 20);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, before);
	for (uint32_t i = 0; i < count; i++)
		rte_pktmbuf_free(taken[i]);
	/* far less than the client's persist timer takes */
	for (uint32_t i = 0; i < 30; i++) {
		pair_run(p, 1);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 20000);
}

/* ---- records */

static void
who_hoards_records_leaves_some_for_the_others(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client[2], server[2];
	uint32_t read = 0;
	ssize_t n;

	for (int i = 0; i < 2; i++)
		pair_open(p, &client[i], &server[i]);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_set(s, client[0], TERN_OPT_SNDBUF, 1 << 29), 0);
	while ((n = tern_send(s, client[0], stream, 96)) == 96)
		;
	assert_int_equal(n, -EAGAIN);
	assert_int_equal(tern_send(s, client[1], stream, 10), 10);
	p->end[SERVER].deaf = false;
	pair_settle(p);
	pair_read(p, SERVER, server[1], &read);
	assert_int_equal(read, 10);
}

static void
who_waits_for_records_is_told_when_others_give_some_back(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client[2], server[2];
	uint32_t sent = 0;

	for (int i = 0; i < 2; i++)
		pair_open(p, &client[i], &server[i]);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_set(s, client[0], TERN_OPT_SNDBUF, 1 << 29), 0);
	while (tern_send(s, client[0], stream, 96) == 96)
		;
	while (tern_send(s, client[1], stream, 96) == 96)
		sent += 96;
	assert_true(sent > 96 && sent < 20000);
	pair_run(p, 10);
	assert_int_equal(pair_told(p, CLIENT, client[1], TERN_WRITABLE), 0);
	tern_abort(s, client[0]);
	/* nothing of its own was acknowledged: the peer is deaf still */
	pair_run(p, 10);
	assert_int_equal(pair_told(p, CLIENT, client[1], TERN_WRITABLE), 1);
	assert_int_equal(tern_send(s, client[1], stream, 10), 10);
}

static void
small_sends_are_charged_with_the_memory_they_take(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;
	uint32_t sent = 0, read = 0;

	pair_open(p, &client, &server);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_set(s, client, TERN_OPT_SNDBUF, 16384), 0);
	/* one byte a segment, none of them acknowledged */
	while (sent < 16384 && tern_send(s, client, stream + sent, 1) == 1) {
		sent++;
		tern_flush(s);
	}
	assert_int_equal(sent, 4 * 16384 / 128);
	p->end[SERVER].deaf = false;
	pair_run(p, 3000);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 1);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, sent);
}

/* ---- blocks */

static void
a_server_without_blocks_refuses_the_handshake_and_recovers(void **state)
{
	struct pair *p = *state;
	tern_conn client[3], server[3], late;

	for (int i = 0; i < 3; i++)
		pair_open(p, &client[i], &server[i]);
	late = pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).drops[TERN_DROP_TCP_NO_BLOCK], 1);
	tern_abort(pair_stack(p, SERVER), server[0]);
	pair_run(p, 3000);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_ACCEPTED), 4);
	assert_int_equal(pair_told(p, CLIENT, late, TERN_CONNECTED), 1);
}

static void
syns_beyond_the_half_open_bound_are_dropped_and_come_again(void **state)
{
	struct pair *p = *state;
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.port = PAIR_PORT;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
	for (int i = 0; i < 10; i++)
		pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).accepts, 3);
	assert_int_equal(pair_stats(p, SERVER).drops[TERN_DROP_TCP_SYN_QUEUE], 7);
	pair_run(p, 20000);
	assert_int_equal(pair_stats(p, SERVER).accepts, 10);
}

/* ---- TIME-WAIT */

static void
time_wait_stays_near_its_bound_and_every_fin_is_acknowledged(void **state)
{
	struct pair *p = *state;

	open_and_close(p, 100);
	open_and_close(p, 1);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_now, 4);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_evicted, 97);
	assert_int_equal(pair_stats(p, SERVER).closed[TERN_CLOSE_NORMAL], 101);
	assert_int_equal(pair_stats(p, SERVER).retransmits_data, 0);
	pair_run(p, 61000);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_now, 0);
}

/* All the FINs come while nothing can leave: the ACKs that are owed wait, each once, and none is forgotten. */
static void
fins_come_while_no_ack_can_leave(struct pair *p, uint32_t count)
{
	open_and_close_half(p, count);
	p->end[CLIENT].takes = 0;
	close_other_half(p, 0);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_CLOSED), 0);
	p->end[CLIENT].takes = FOREVER;
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, 0, TERN_CLOSED), count);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_CLOSED), count);
	assert_int_equal(pair_stats(p, SERVER).closed[TERN_CLOSE_NORMAL], count);
}

static void
as_many_fins_as_come_while_the_device_is_full_are_acknowledged_when_it_is_not(void **state)
{
	fins_come_while_no_ack_can_leave(*state, 2000);
}

static void
at_the_bound_of_time_wait_none_gives_way_that_still_owes_its_ack(void **state)
{
	struct pair *p = *state;

	fins_come_while_no_ack_can_leave(p, 480);
	/* those beyond the bound were there for their ACK alone, and go when the next ones come */
	open_and_close(p, 2);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_now, 100);
}

static void
without_time_wait_the_last_fin_is_acknowledged_all_the_same(void **state)
{
	struct pair *p = *state;

	open_and_close(p, 1);
	assert_int_equal(pair_stats(p, SERVER).closed[TERN_CLOSE_NORMAL], 1);
	assert_int_equal(pair_stats(p, CLIENT).rst_tx, 0);
	assert_int_equal(pair_stats(p, SERVER).retransmits_data, 0);
}

/* ---- devices */

static void
a_device_that_takes_nothing_for_a_while_loses_nothing(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	p->end[CLIENT].takes = 0;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 60000), 60000);
	pair_run(p, 100);
	assert_true(pair_stats(p, CLIENT).tx_full > 0);
	assert_int_equal(p->end[SERVER].frames, 0);
	p->end[CLIENT].takes = FOREVER;
	for (int i = 0; i < 10; i++) {
		pair_run(p, 200);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 60000);
}

static void
a_device_that_takes_one_frame_at_a_time_is_only_slow(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	p->end[CLIENT].takes = p->end[SERVER].takes = 1;
	pair_transfer(p, CLIENT, client, server, 300000);
	tern_close(pair_stack(p, CLIENT), client);
	tern_close(pair_stack(p, SERVER), server);
	pair_run(p, 100);
	nothing_is_left(p);
}

static void
a_reset_waits_for_a_device_that_takes_nothing(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	p->end[CLIENT].takes = 0;
	/* fills the queue to the device, so that the reset finds no room either */
	for (int i = 0; i < 8; i++) {
		tern_conn c = pair_connect(p);

		(void)c;
	}
	tern_abort(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 1);
	assert_int_equal(pair_told(p, SERVER, server, TERN_CLOSED), 0);
	p->end[CLIENT].takes = FOREVER;
	pair_settle(p);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
}

/* ---- a stack's making */

static void
a_stack_that_cannot_start_leaves_nothing(void **state)
{
	struct pair_setup setup = pair_setup();
	struct tern_link link = { .receive = NULL };
	struct host_setup host = { .link = &link, .vlan = VLAN_NONE, .tcp = setup.tcp[CLIENT] };

	(void)state;
	host.tcp.congestion = "nonesuch";
	errno = 0;
	assert_null(host_stack(&host));
	assert_int_equal(errno, EINVAL);
}

static void
a_borrowed_owner_outlives_its_stack(void **state)
{
	struct pair *p = *state;
	struct pair_setup setup = pair_setup();
	/* whole pages, as these are what a wrong unmapping would take */
	struct owner *owner = aligned_alloc(4096, RTE_ALIGN(sizeof(*owner), 4096));
	struct ip_config *ip = calloc(1, sizeof(*ip));
	struct secret secret;
	struct stack_config config = {
		.link = &p->end[CLIENT].link, .pool = p->pool, .ip = ip, .tcp = &setup.tcp[CLIENT], .secret = &secret,
		.owner = owner, .node = SOCKET_ID_ANY,
	};
	struct tern_stack *stack;

	assert_non_null(owner);
	assert_non_null(ip);
	owner_init(owner, 1, 0);
	secret_from_seed(&secret, 1);
	ip->mtu = 1500;
	stack = stack_new(&config, p->now_ns);
	assert_non_null(stack);
	stack_free(stack);
	assert_int_equal(owner->cores, 1);
	free(owner);
	free(ip);
}

static void
time_goes_on_to_the_next_thing_due(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t steps = 0;

	pair_open(p, &client, &server);
	tern_close(pair_stack(p, CLIENT), client);
	pair_settle(p);
	tern_close(pair_stack(p, SERVER), server);
	pair_settle(p);
	/* by what the stacks say alone: a "next" that stands still would never get there */
	while (pair_stats(p, CLIENT).time_wait_now > 0) {
		uint64_t next = stack_next_ns(pair_stack(p, CLIENT));

		assert_true(next > p->now_ns && next != UINT64_MAX);
		p->now_ns = next;
		pair_settle(p);
		assert_true(steps++ < 1000);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(many_connections_leave_nothing_behind),
		CASE(a_stack_freed_in_the_middle_gives_everything_back),
		cmocka_unit_test_setup_teardown(full_send_queues_never_starve_the_acks, start_tiny, end),
		cmocka_unit_test_setup_teardown(readers_that_lag_leave_mbufs_for_the_others, start_tiny, end),
		cmocka_unit_test_setup_teardown(a_dry_pool_is_waited_out, start_tiny, end),
		cmocka_unit_test_setup_teardown(a_window_closed_for_want_of_memory_opens_when_there_is_some,
						start_tiny_window, end),
		CASE(who_hoards_records_leaves_some_for_the_others),
		CASE(who_waits_for_records_is_told_when_others_give_some_back),
		CASE(small_sends_are_charged_with_the_memory_they_take),
		cmocka_unit_test_setup_teardown(a_server_without_blocks_refuses_the_handshake_and_recovers, start_few_blocks, end),
		cmocka_unit_test_setup_teardown(syns_beyond_the_half_open_bound_are_dropped_and_come_again, start_few_half_open,
						end),
		cmocka_unit_test_setup_teardown(time_wait_stays_near_its_bound_and_every_fin_is_acknowledged,
						start_few_time_wait, end),
		cmocka_unit_test_setup_teardown(as_many_fins_as_come_while_the_device_is_full_are_acknowledged_when_it_is_not,
						start_much_time_wait, end),
		cmocka_unit_test_setup_teardown(at_the_bound_of_time_wait_none_gives_way_that_still_owes_its_ack,
						start_some_time_wait, end),
		cmocka_unit_test_setup_teardown(without_time_wait_the_last_fin_is_acknowledged_all_the_same,
						start_no_time_wait, end),
		cmocka_unit_test_setup_teardown(among_very_many_a_timer_that_stops_takes_no_other_with_it, start_crowded, end),
		CASE(a_device_that_takes_nothing_for_a_while_loses_nothing),
		CASE(a_device_that_takes_one_frame_at_a_time_is_only_slow),
		CASE(a_reset_waits_for_a_device_that_takes_nothing),
		cmocka_unit_test(a_stack_that_cannot_start_leaves_nothing),
		CASE(a_borrowed_owner_outlives_its_stack),
		CASE(time_goes_on_to_the_next_thing_due),
	};

	return cmocka_run_group_tests(tests, fill_stream, NULL);
}
