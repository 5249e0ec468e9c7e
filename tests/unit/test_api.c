/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The public API over two stacks: opening and listening. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"

static int
start(void **state)
{
	struct pair_setup setup = pair_setup();

	*state = pair_new(&setup);
	return 0;
}

static int
start_v6(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.v6 = true;
	*state = pair_new(&setup);
	return 0;
}

static int
start_with_sources(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.pool_sources = 3;
	*state = pair_new(&setup);
	return 0;
}

static int
start_with_all_ports(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].max_connections = 65536;
	*state = pair_new(&setup);
	return 0;
}

static int
start_small(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].max_connections = 2;
	*state = pair_new(&setup);
	return 0;
}

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

static int
listen_on(struct pair *p, const struct tern_addr *addr, uint16_t port, uint16_t ports, uint32_t backlog, void *user,
	  tern_listener *out)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	if (addr != NULL)
		o.addr = *addr;
	o.port = port;
	o.ports = ports;
	o.backlog = backlog;
	o.user = user;
	return tern_listen(pair_stack(p, SERVER), &o, out);
}

static int
connect_to_port(struct pair *p, uint16_t port, tern_conn *id)
{
	struct tern_connect_options o = pair_target(p);

	o.target.port = port;
	return tern_connect(pair_stack(p, CLIENT), &o, id);
}

/* ---- opening */

static void
one_connection_is_told_once_on_each_side(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(pair_told(p, CLIENT, 0, ~0u), 1);
	assert_int_equal(pair_told(p, SERVER, 0, ~0u), 1);
	assert_string_equal(tern_state_name(pair_info(p, CLIENT, client).state), "ESTABLISHED");
	assert_string_equal(tern_state_name(pair_info(p, SERVER, server).state), "ESTABLISHED");
}

static void
the_ends_of_a_connection_name_each_other(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	struct tern_info c, s;

	pair_open(p, &client, &server);
	c = pair_info(p, CLIENT, client);
	s = pair_info(p, SERVER, server);
	assert_memory_equal(&c.local.addr, &s.remote.addr, sizeof(c.local.addr));
	assert_memory_equal(&c.remote.addr, &s.local.addr, sizeof(c.local.addr));
	assert_int_equal(c.local.port, s.remote.port);
	assert_int_equal(s.local.port, PAIR_PORT);
	assert_string_equal(c.congestion, "cubic");
}

static void
a_connection_begins_with_the_user_pointer_of_its_opener(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	int mine, theirs, later;
	tern_listener listener;
	tern_conn id;

	assert_int_equal(listen_on(p, NULL, PAIR_PORT, 1, 0, &theirs, &listener), 0);
	o.user = &mine;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	pair_settle(p);
	assert_ptr_equal(pair_last(p, CLIENT, id, TERN_CONNECTED)->user, &mine);
	assert_ptr_equal(pair_last(p, SERVER, 0, TERN_ACCEPTED)->user, &theirs);
	assert_int_equal(tern_set_user(pair_stack(p, CLIENT), id, &later), 0);
	assert_ptr_equal(tern_get_user(pair_stack(p, CLIENT), id), &later);
	tern_abort(pair_stack(p, CLIENT), id);
	pair_settle(p);
	assert_ptr_equal(pair_last(p, CLIENT, id, TERN_CLOSED)->user, &later);
}

static void
data_given_to_connect_arrives_with_the_third_packet(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_listener listener;
	char bytes[16];
	tern_conn id;

	assert_int_equal(listen_on(p, NULL, PAIR_PORT, 1, 0, NULL, &listener), 0);
	o.data = "hello";
	o.data_length = 5;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	pair_settle(p);
	assert_int_equal(pair_last(p, SERVER, 0, TERN_ACCEPTED)->mask, TERN_ACCEPTED | TERN_READABLE);
	assert_int_equal(tern_recv(pair_stack(p, SERVER), pair_last(p, SERVER, 0, TERN_ACCEPTED)->id, bytes, 16), 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(pair_stats(p, CLIENT).tcp_tx_segments, 2);
}

static void
nobody_listening_is_refused(void **state)
{
	struct pair *p = *state;
	tern_conn id = pair_connect(p);

	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, id, TERN_CLOSED)->reason, TERN_CLOSE_REFUSED);
	assert_int_equal(pair_told(p, CLIENT, id, ~0u), 1);
}

static void
an_unanswered_connect_ends_at_its_own_time(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	p->end[SERVER].deaf = true;
	o.timeout_ns = UINT64_C(2500000000);
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	pair_run(p, 2490);
	assert_int_equal(pair_told(p, CLIENT, id, ~0u), 0);
	pair_run(p, 20);
	assert_int_equal(pair_last(p, CLIENT, id, TERN_CLOSED)->reason, TERN_CLOSE_CONNECT_TIMEOUT);
}

static void
impossible_targets_are_invalid(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	o.target.port = 0;
	assert_int_equal(tern_connect(s, &o, &id), -EINVAL);
	o = pair_target(p);
	o.target.addr.b[12] = 224;
	assert_int_equal(tern_connect(s, &o, &id), -EINVAL);
	o = pair_target(p);
	o.congestion = "nonesuch";
	assert_int_equal(tern_connect(s, &o, &id), -EINVAL);
	assert_int_equal(pair_stats(p, CLIENT).open_now, 0);
}

static void
each_end_has_the_congestion_control_that_was_asked_for(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	struct tern_listen_options l = TERN_LISTEN_INIT;
	tern_conn client, server;

	l.port = PAIR_PORT;
	l.congestion = "newreno";
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &l, &p->listener), 0);
	o.congestion = "none";
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &client), 0);
	pair_settle(p);
	server = pair_last(p, SERVER, 0, TERN_ACCEPTED)->id;
	assert_string_equal(pair_info(p, CLIENT, client).congestion, "none");
	assert_string_equal(pair_info(p, SERVER, server).congestion, "newreno");
}

static void
a_target_without_a_route_is_unreachable(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	o.target.addr.b[12] = 203;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), -ENETUNREACH);
	assert_int_equal(pair_stats(p, CLIENT).open_now, 0);
}

static void
no_way_leads_to_an_address_of_ones_own(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	assert_int_equal(tern_ready(pair_stack(p, CLIENT), &p->end[SERVER].addr), 0);
	assert_int_equal(tern_ready(pair_stack(p, CLIENT), &p->end[CLIENT].addr), -EINVAL);
	o.target.addr = p->end[CLIENT].addr;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), -EINVAL);
}

static void
a_source_must_be_local_and_of_the_targets_family(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	o.source = p->end[SERVER].addr;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), -EADDRNOTAVAIL);
	o.source = (struct tern_addr){ .b = { 0x20, 1, 0, 2, [15] = 1 } };
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), -EINVAL);
	o.source = p->end[CLIENT].addr;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
}

static void
a_tuple_is_used_once_at_a_time(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn id, second;

	o.source_port = 4000;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &second), -EADDRINUSE);
	tern_abort(pair_stack(p, CLIENT), id);
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &second), 0);
}

static void
ports_are_used_once_each_until_there_is_none(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	static bool used[65536];
	uint32_t opened = 0;
	tern_conn id;
	int error;

	while ((error = tern_connect(pair_stack(p, CLIENT), &o, &id)) == 0) {
		uint16_t port = pair_info(p, CLIENT, id).local.port;

		assert_false(used[port]);
		used[port] = true;
		opened++;
	}
	assert_int_equal(error, -EADDRNOTAVAIL);
	/* the search is bounded, so the last few may be missed */
	assert_in_range(opened, 60000, 65536 - 1024);
	assert_true(pair_stats(p, CLIENT).connects_failed_no_port > 0);
}

static void
pool_addresses_are_taken_in_turn(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	uint32_t seen[3] = { 0 };
	tern_conn id;

	o.source_pool = true;
	for (int i = 0; i < 9; i++) {
		assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
		seen[pair_info(p, CLIENT, id).local.addr.b[15] - 100]++;
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen[i], 3);
}

static void
a_refused_connect_tells_nothing_and_leaves_nothing(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);
	tern_conn first = pair_connect(p), third;

	pair_connect(p);
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &third), -ENOBUFS);
	tern_abort(pair_stack(p, CLIENT), first);
	pair_settle(p);
	pair_forget(p);
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &third), 0);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, 0, TERN_CLOSED), 1);
	assert_int_equal(pair_told(p, CLIENT, third, TERN_CLOSED), 1);
}

/* ---- listening */

static void
the_listener_of_an_address_comes_before_that_of_any(void **state)
{
	struct pair *p = *state;
	int any, own;
	tern_listener a, b;
	tern_conn id;

	assert_int_equal(listen_on(p, NULL, PAIR_PORT, 1, 0, &any, &a), 0);
	assert_int_equal(listen_on(p, &p->end[SERVER].addr, PAIR_PORT, 1, 0, &own, &b), 0);
	assert_int_equal(connect_to_port(p, PAIR_PORT, &id), 0);
	pair_settle(p);
	assert_ptr_equal(pair_last(p, SERVER, 0, TERN_ACCEPTED)->user, &own);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), b), 0);
	assert_int_equal(connect_to_port(p, PAIR_PORT, &id), 0);
	pair_settle(p);
	assert_ptr_equal(pair_last(p, SERVER, 0, TERN_ACCEPTED)->user, &any);
}

static void
a_range_listens_on_its_ports_and_no_other(void **state)
{
	struct pair *p = *state;
	tern_listener listener;
	tern_conn id;

	assert_int_equal(listen_on(p, NULL, 80, 3, 0, NULL, &listener), 0);
	for (uint16_t port = 79; port <= 83; port++) {
		assert_int_equal(connect_to_port(p, port, &id), 0);
		pair_settle(p);
		assert_int_equal(pair_told(p, CLIENT, id, TERN_CONNECTED), port >= 80 && port <= 82);
	}
}

static void
overlapping_listeners_and_bad_ranges_are_refused(void **state)
{
	struct pair *p = *state;
	struct tern_addr foreign = p->end[CLIENT].addr;
	tern_listener a, b;

	assert_int_equal(listen_on(p, NULL, 80, 10, 0, NULL, &a), 0);
	assert_int_equal(listen_on(p, NULL, 89, 1, 0, NULL, &b), -EADDRINUSE);
	assert_int_equal(listen_on(p, NULL, 70, 11, 0, NULL, &b), -EADDRINUSE);
	assert_int_equal(listen_on(p, &foreign, 1000, 1, 0, NULL, &b), -EADDRNOTAVAIL);
	assert_int_equal(listen_on(p, NULL, 0, 1, 0, NULL, &b), -EINVAL);
	assert_int_equal(listen_on(p, NULL, 65535, 2, 0, NULL, &b), -EINVAL);
	assert_int_equal(listen_on(p, NULL, 90, 1, 0, NULL, &b), 0);
}

static void
unlisten_keeps_what_is_established_and_refuses_the_rest(void **state)
{
	struct pair *p = *state;
	tern_conn client, server, late;

	pair_open(p, &client, &server);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), p->listener), 0);
	assert_int_equal(connect_to_port(p, PAIR_PORT, &late), 0);
	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, late, TERN_CLOSED)->reason, TERN_CLOSE_REFUSED);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "x", 1), 1);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_READABLE), 1);
}

static void
unlisten_drops_half_open_connections(void **state)
{
	struct pair *p = *state;
	tern_listener listener;
	tern_conn id;

	assert_int_equal(listen_on(p, NULL, PAIR_PORT, 1, 0, NULL, &listener), 0);
	p->end[CLIENT].deaf = true;
	id = pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).half_open_now, 1);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), listener), 0);
	assert_int_equal(pair_stats(p, SERVER).half_open_now, 0);
	p->end[CLIENT].deaf = false;
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_ACCEPTED), 0);
	assert_int_equal(pair_told(p, CLIENT, id, TERN_CLOSED), 1);
}

static void
a_stale_listener_is_nobodys(void **state)
{
	struct pair *p = *state;
	tern_listener first, second;

	assert_int_equal(listen_on(p, NULL, 80, 1, 0, NULL, &first), 0);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), first), 0);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), first), -EBADF);
	assert_int_equal(listen_on(p, NULL, 81, 1, 0, NULL, &second), 0);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), first), -EBADF);
	assert_int_equal(tern_unlisten(pair_stack(p, SERVER), 0), -EBADF);
	assert_int_equal(pair_stats(p, SERVER).listeners_now, 1);
}

static void
a_full_backlog_refuses_the_handshake_until_it_is_told(void **state)
{
	struct pair *p = *state;
	tern_listener listener;

	assert_int_equal(listen_on(p, NULL, PAIR_PORT, 1, 2, NULL, &listener), 0);
	p->end[SERVER].silent = true;
	for (int i = 0; i < 3; i++)
		pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).accepts, 2);
	assert_int_equal(pair_stats(p, SERVER).drops[TERN_DROP_TCP_CLOSED_BACKLOG], 1);
	p->end[SERVER].silent = false;
	pair_run(p, 3000);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_ACCEPTED), 3);
}

static void
send_syns(struct pair *p, bool silent)
{
	struct tern_connect_options o = pair_target(p);

	for (int i = 0; i < 10; i++)
		assert_int_equal(tern_send_syn(pair_stack(p, CLIENT), &o.target, silent), 0);
	pair_settle(p);
}

static void
a_syn_without_a_connection_has_its_answer_counted_and_reset(void **state)
{
	struct pair *p = *state;
	struct tern_listen_options l = TERN_LISTEN_INIT;
	tern_listener listener;

	l.port = PAIR_PORT;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &l, &listener), 0);
	send_syns(p, false);
	assert_int_equal(pair_stats(p, CLIENT).syn_tx, 10);
	assert_int_equal(pair_stats(p, CLIENT).drops[TERN_DROP_TCP_NO_LISTENER], 10);
	assert_int_equal(pair_stats(p, CLIENT).rst_tx, 10);
	assert_int_equal(pair_stats(p, CLIENT).connects, 0);
	assert_int_equal(pair_stats(p, SERVER).half_open_now, 0);

	/* in silence the server is left with what it made of them */
	send_syns(p, true);
	assert_int_equal(pair_stats(p, CLIENT).drops[TERN_DROP_TCP_NO_LISTENER], 20);
	assert_int_equal(pair_stats(p, CLIENT).rst_tx, 10);
	assert_int_equal(pair_stats(p, SERVER).half_open_now, 10);
}

static void
a_syn_without_a_connection_has_no_source_but_the_pools(void **state)
{
	struct pair *p = *state;
	struct tern_connect_options o = pair_target(p);

	assert_int_equal(tern_send_syn(pair_stack(p, CLIENT), &o.target, false), -EADDRNOTAVAIL);
	assert_int_equal(pair_stats(p, CLIENT).syn_tx, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_syn_without_a_connection_has_its_answer_counted_and_reset, start_with_sources, end),
		CASE(a_syn_without_a_connection_has_no_source_but_the_pools),
		CASE(one_connection_is_told_once_on_each_side),
		cmocka_unit_test_setup_teardown(the_ends_of_a_connection_name_each_other, start_v6, end),
		CASE(a_connection_begins_with_the_user_pointer_of_its_opener),
		CASE(data_given_to_connect_arrives_with_the_third_packet),
		CASE(nobody_listening_is_refused),
		CASE(an_unanswered_connect_ends_at_its_own_time),
		CASE(impossible_targets_are_invalid),
		CASE(each_end_has_the_congestion_control_that_was_asked_for),
		CASE(a_target_without_a_route_is_unreachable),
		CASE(no_way_leads_to_an_address_of_ones_own),
		CASE(a_source_must_be_local_and_of_the_targets_family),
		CASE(a_tuple_is_used_once_at_a_time),
		cmocka_unit_test_setup_teardown(ports_are_used_once_each_until_there_is_none, start_with_all_ports, end),
		cmocka_unit_test_setup_teardown(pool_addresses_are_taken_in_turn, start_with_sources, end),
		cmocka_unit_test_setup_teardown(a_refused_connect_tells_nothing_and_leaves_nothing, start_small, end),
		CASE(the_listener_of_an_address_comes_before_that_of_any),
		CASE(a_range_listens_on_its_ports_and_no_other),
		CASE(overlapping_listeners_and_bad_ranges_are_refused),
		CASE(unlisten_keeps_what_is_established_and_refuses_the_rest),
		CASE(unlisten_drops_half_open_connections),
		CASE(a_stale_listener_is_nobodys),
		CASE(a_full_backlog_refuses_the_handshake_until_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
