/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A stack's turn as a whole, over two of them on one wire. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>

#include <cmocka.h>

#include "pair.h"
#include "stack/stack.h"

#define CONNECTIONS 100u       /* several bursts of acknowledgments */
#define MS UINT64_C(1000000)

static int
start(void **state)
{
	struct pair_setup setup = pair_setup();

	*state = pair_new(&setup);
	return 0;
}

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

/* The machine lets one side stand still while the other answers everything. */
static void
acknowledgments_that_came_during_a_pause_are_read_before_timers_fire(void **state)
{
	struct pair *p = *state;
	struct tern_event events[64];
	tern_conn client[CONNECTIONS], server;

	for (uint32_t i = 0; i < CONNECTIONS; i++)
		pair_open(p, &client[i], &server);
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		assert_int_equal(tern_send(pair_stack(p, CLIENT), client[i], "x", 1), 1);
	stack_flush(pair_stack(p, CLIENT), p->now_ns);
	for (uint32_t ms = 0; ms <= 50; ms++)
		for (int turn = 0; turn < 8; turn++)
			stack_poll(pair_stack(p, SERVER), p->now_ns + ms * MS, events, 64, NULL);
	assert_in_range(p->end[CLIENT].frames, CONNECTIONS, 2 * CONNECTIONS);
	p->now_ns += 2000 * MS;  /* longer than any timeout that they have */
	pair_settle(p);
	assert_int_equal(pair_stats(p, CLIENT).rto_fired, 0);
	assert_int_equal(pair_stats(p, CLIENT).retransmits_data, 0);
	assert_int_equal(pair_stats(p, CLIENT).acked_payload_bytes, CONNECTIONS);
}

/* What comes may never end: timers are looked at all the same. */
static void
a_flood_does_not_keep_timers_from_firing(void **state)
{
	struct pair *p = *state;
	struct tern_event events[64];
	tern_conn client, server;

	pair_open(p, &client, &server);
	p->end[CLIENT].loses = 1;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "x", 1), 1);
	stack_flush(pair_stack(p, CLIENT), p->now_ns);
	p->now_ns += 2000 * MS;
	for (int turn = 0; turn < 1000; turn++) {
		pair_flood(p, CLIENT, 64);
		stack_poll(pair_stack(p, CLIENT), p->now_ns, events, 64, NULL);
	}
	assert_int_equal(pair_stats(p, CLIENT).tlp_probes, 1);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).rx_payload_bytes, 1);
}

/* Nor by an open whose tuple was looked up before the address was another's (RFC 5227, 2.4). */
static void
nothing_is_opened_from_an_address_that_is_another_s(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	struct tern_connect_options o;
	tern_conn client, server, id;

	/* so often that some of the next ones are there already */
	for (int i = 0; i < 3; i++)
		pair_open(p, &client, &server);
	o = pair_target(p);
	ip_claim(stack_ip(s), p->now_ns, false);
	stack_lose(s, &p->end[CLIENT].addr, VLAN_NONE);
	assert_int_equal(tern_connect(s, &o, &id), -ENETUNREACH);
}

/* A reset on its way is lost, and the server's next words find no connection at the client. */
static void
the_silence_of_a_flood_is_towards_its_own_syn_acks_alone(void **state)
{
	struct pair_setup setup = pair_setup();
	struct tern_endpoint target;
	tern_conn client, server;
	struct pair *p;

	setup.pool_sources = 4;
	*state = p = pair_new(&setup);
	pair_open(p, &client, &server);
	target = pair_target(p).target;
	assert_int_equal(tern_send_syn(pair_stack(p, CLIENT), &target, true), 0);
	pair_settle(p);
	assert_int_equal(pair_stats(p, CLIENT).drops[TERN_DROP_TCP_NO_LISTENER], 1);
	assert_int_equal(pair_stats(p, CLIENT).rst_tx, 0);
	p->end[SERVER].deaf = true;
	tern_abort(pair_stack(p, CLIENT), client);
	pair_settle(p);
	rte_pktmbuf_free_bulk(p->end[SERVER].frame, p->end[SERVER].frames);
	p->end[SERVER].frames = 0;
	p->end[SERVER].deaf = false;
	assert_int_equal(tern_send(pair_stack(p, SERVER), server, "x", 1), 1);
	pair_settle(p);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(acknowledgments_that_came_during_a_pause_are_read_before_timers_fire, start, end),
		cmocka_unit_test_setup_teardown(a_flood_does_not_keep_timers_from_firing, start, end),
		cmocka_unit_test_setup_teardown(nothing_is_opened_from_an_address_that_is_another_s, start, end),
		cmocka_unit_test_teardown(the_silence_of_a_flood_is_towards_its_own_syn_acks_alone, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
