/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The public API over two stacks: events, ids, and every way to close. */

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
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

static void
listen_with_backlog(struct pair *p, uint32_t backlog)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.port = PAIR_PORT;
	o.backlog = backlog;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
}

/* ---- events and ids */

static void
a_small_batch_tells_everything_a_little_at_a_time(void **state)
{
	struct pair *p = *state;

	listen_with_backlog(p, 0);
	p->batch = 1;
	for (int i = 0; i < 20; i++)
		pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, 0, TERN_CONNECTED), 20);
	assert_int_equal(pair_told(p, SERVER, 0, TERN_ACCEPTED), 20);
}

static void
an_abort_is_told_once_on_each_side(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_abort(pair_stack(p, CLIENT), client), 0);
	assert_int_equal(tern_abort(pair_stack(p, CLIENT), client), 0);
	assert_int_equal(tern_close(pair_stack(p, CLIENT), client), 0);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 1);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_ABORTED);
	assert_int_equal(pair_told(p, SERVER, server, TERN_CLOSED), 1);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
	assert_int_equal(pair_stats(p, CLIENT).open_now, 0);
	assert_int_equal(pair_stats(p, SERVER).open_now, 0);
}

static void
a_connection_that_died_before_it_was_told_is_told_in_one_record(void **state)
{
	struct pair *p = *state;
	const struct tern_event *e;
	tern_conn id;

	listen_with_backlog(p, 1);
	p->end[SERVER].silent = true;
	id = pair_connect(p);
	pair_settle(p);
	tern_abort(pair_stack(p, CLIENT), id);
	pair_settle(p);
	p->end[SERVER].silent = false;
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, 0, ~0u), 1);
	e = pair_last(p, SERVER, 0, ~0u);
	assert_int_equal(e->mask, TERN_ACCEPTED | TERN_CLOSED);
	assert_int_equal(e->reason, TERN_CLOSE_RESET);
	/* and its place in the backlog is free */
	id = pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, id, TERN_CONNECTED), 1);
}

static void
a_stale_id_is_never_somebody_elses_connection(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	struct tern_info info = TERN_INFO_INIT;
	tern_conn client, server, next;
	uint64_t value;
	char byte;

	pair_open(p, &client, &server);
	tern_abort(s, client);
	pair_settle(p);
	pair_open(p, &next, &server);
	assert_int_equal((uint32_t)next, (uint32_t)client);   /* the same block */
	assert_int_equal(tern_send(s, client, "x", 1), -EBADF);
	assert_int_equal(tern_send_ref(s, client, "x", 1, 1), -EBADF);
	assert_int_equal(tern_recv(s, client, &byte, 1), -EBADF);
	assert_int_equal(tern_peek(s, client, &byte, 1), -EBADF);
	assert_int_equal(tern_discard(s, client, 1), -EBADF);
	assert_int_equal(tern_shutdown(s, client), -EBADF);
	assert_int_equal(tern_close(s, client), -EBADF);
	assert_int_equal(tern_abort(s, client), -EBADF);
	assert_int_equal(tern_set(s, client, TERN_OPT_NODELAY, 1), -EBADF);
	assert_int_equal(tern_get(s, client, TERN_OPT_NODELAY, &value), -EBADF);
	assert_int_equal(tern_info(s, client, &info), -EBADF);
	assert_int_equal(tern_set_user(s, client, NULL), -EBADF);
	assert_null(tern_get_user(s, client));
	assert_int_equal(tern_send(s, 0, "x", 1), -EBADF);
	assert_int_equal(tern_send(s, next, "x", 1), 1);
}

/* ---- closing */

static void
close_on_both_sides_is_normal(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_close(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_PEER_CLOSED), 1);
	tern_close(pair_stack(p, SERVER), server);
	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_NORMAL);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_NORMAL);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_now, 1);
	assert_int_equal(pair_stats(p, SERVER).time_wait_now, 0);
	pair_run(p, 61000);
	assert_int_equal(pair_stats(p, CLIENT).time_wait_now, 0);
}

static void
close_with_data_unread_resets(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "unread", 6), 6);
	pair_settle(p);
	tern_close(pair_stack(p, SERVER), server);
	pair_settle(p);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_UNREAD_DATA);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
}

static void
data_after_close_resets(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_close(pair_stack(p, SERVER), server);
	pair_settle(p);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "late", 4), 4);
	pair_settle(p);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_DATA_AFTER_CLOSE);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
}

/* The side that ends its stream first still reads, and the other one still writes. */
static void
half_close(struct pair *p, unsigned int first)
{
	tern_conn conn[2];
	char byte;

	pair_open(p, &conn[CLIENT], &conn[SERVER]);
	assert_int_equal(tern_shutdown(pair_stack(p, first), conn[first]), 0);
	assert_int_equal(tern_send(pair_stack(p, first), conn[first], "x", 1), -EPIPE);
	pair_settle(p);
	assert_int_equal(tern_recv(pair_stack(p, !first), conn[!first], &byte, 1), 0);
	pair_run(p, 120000);
	pair_transfer(p, !first, conn[!first], conn[first], 100000);
	assert_int_equal(tern_recv(pair_stack(p, first), conn[first], &byte, 1), -EAGAIN);
	assert_int_equal(tern_shutdown(pair_stack(p, !first), conn[!first]), 0);
	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, conn[CLIENT], TERN_CLOSED)->reason, TERN_CLOSE_NORMAL);
	assert_int_equal(pair_last(p, SERVER, conn[SERVER], TERN_CLOSED)->reason, TERN_CLOSE_NORMAL);
}

static void
a_client_that_has_shut_down_reads_on(void **state)
{
	half_close(*state, CLIENT);
}

static void
a_server_that_has_shut_down_reads_on(void **state)
{
	half_close(*state, SERVER);
}

static void
an_orphan_in_fin_wait_2_ends(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_close(pair_stack(p, CLIENT), client);
	pair_run(p, 59000);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 0);
	pair_run(p, 2000);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_FIN_WAIT_2_TIMEOUT);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
}

static void
closed_comes_when_the_reader_has_come_to_the_end(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	char bytes[8];

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "last", 4), 4);
	tern_close(pair_stack(p, CLIENT), client);
	tern_shutdown(pair_stack(p, SERVER), server);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_CLOSED), 0);
	assert_int_equal(tern_recv(pair_stack(p, SERVER), server, bytes, sizeof(bytes)), 4);
	assert_int_equal(tern_recv(pair_stack(p, SERVER), server, bytes, sizeof(bytes)), 0);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_CLOSED), 1);
	assert_int_equal(pair_last(p, SERVER, server, TERN_CLOSED)->reason, TERN_CLOSE_NORMAL);
}

static void
shutdown_before_the_handshake_is_not_connected(void **state)
{
	struct pair *p = *state;
	tern_conn id = pair_connect(p);

	assert_int_equal(tern_shutdown(pair_stack(p, CLIENT), id), -ENOTCONN);
	assert_int_equal(tern_close(pair_stack(p, CLIENT), id), 0);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, id, TERN_CLOSED), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_small_batch_tells_everything_a_little_at_a_time),
		CASE(an_abort_is_told_once_on_each_side),
		CASE(a_connection_that_died_before_it_was_told_is_told_in_one_record),
		CASE(a_stale_id_is_never_somebody_elses_connection),
		CASE(close_on_both_sides_is_normal),
		CASE(close_with_data_unread_resets),
		CASE(data_after_close_resets),
		CASE(a_client_that_has_shut_down_reads_on),
		CASE(a_server_that_has_shut_down_reads_on),
		CASE(an_orphan_in_fin_wait_2_ends),
		CASE(closed_comes_when_the_reader_has_come_to_the_end),
		CASE(shutdown_before_the_handshake_is_not_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
