/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The load in the modes whose connections carry more than one request, or none: rr, stream, hold, flood; and HTTP. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"

static void
requests_keep_their_connections(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	c = go();
	assert_int_equal(c->started, 8);
	assert_in_range(c->completed, 8 * 20000 / 12, 8 * 20000 / 10);
}

static void
after_so_many_requests_a_connection_is_opened_anew(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.requests = 10;
	c = go();
	assert_in_range(c->started, c->completed / 10, c->completed / 10 + 8);
}

static void
requests_of_an_open_loop_come_at_their_rate(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.rate = 100000;
	c = go();
	assert_in_range(c->completed, 1950, 2000);
	assert_int_equal(c->started, 8);
	assert_true(core.meter.latency[LATENCY_HEADLINE]->max <= 12 * US);
}

static void
a_connection_pauses_between_requests(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.think_ns = 90 * US;
	c = go();
	assert_in_range(c->completed, 8 * 190, 8 * 200);
}

/* ---- stream and hold */

static void
stream(uint64_t direction)
{
	settings.mode = MODE_STREAM;
	settings.direction = direction;
	settings.request_size = UINT64_MAX;
	stack.takes = 1 << 20;
}

static void
a_stream_lasts_until_the_end_of_the_run(void **state)
{
	const struct counts *c;

	(void)state;
	stream(DIRECTION_UP);
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->completed, 8);
	assert_int_equal(stack.closes_seen, 8);
	assert_int_equal(core.meter.latency[LATENCY_HEADLINE]->total, 0);
}

static void
a_stream_that_still_comes_is_ended_by_a_reset(void **state)
{
	(void)state;
	stream(DIRECTION_DOWN);
	assert_int_equal(go()->completed, 8);
	assert_int_equal(stack.aborts_seen, 8);
}

static void
held_connections_are_opened_at_their_rate_and_kept(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.open_rate = 1000;
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->lost, 0);
	assert_int_equal(c->begun, 0);
	for (uint32_t i = 1; i < 8; i++)
		assert_in_range(stack.connect_ns[i] - stack.connect_ns[i - 1], MS - TURN_NS, MS + TURN_NS);
}

static void
held_connections_ask_once_every_so_often(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.every_ns = 2 * MS;
	c = go();
	assert_in_range(c->completed, 8 * 8, 8 * 10);
	assert_in_range(core.meter.latency[LATENCY_HEADLINE]->max, 10 * US, 12 * US);
}

static void
a_held_connection_that_is_lost_is_counted_and_not_replaced(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.every_ns = 2 * MS;
	stack.resets = true;
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->lost, 8);
	assert_int_equal(c->fail[FAIL_reset], 8);
}

static void
a_flood_sends_syns_at_its_rate_and_opens_nothing(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_FLOOD;
	settings.rate = 100000;
	settings.silent = 1;
	c = go();
	assert_int_equal(c->started, 0);
	assert_in_range(c->completed, 1850, 2000);
	assert_int_equal(c->offered, c->completed);
}

/* ---- HTTP */

static void
speak_http(const char *response)
{
	settings.http_path = "/index";
	settings.request_size = 1;     /* of the peer played here: the first byte is answered */
	stack.response = response;
}

static void
an_http_request_names_path_host_and_the_users_fields(void **state)
{
	static const char *const fields[] = { "Accept: a, b", "user-agent: me" };

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	target.port = 8080;
	settings.headers = fields;
	settings.header_count = 2;
	go();
	assert_string_equal(stack.request, "GET /index HTTP/1.1\r\nHost: [::]:8080\r\nAccept: a, b\r\nuser-agent: me\r\n"
			    "Connection: close\r\n\r\n");
}

static void
responses_are_counted_by_status(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc");
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
	assert_int_equal(c->status[404 - STATUS_FIRST], c->completed);
	assert_int_equal(counts_non_2xx(c), c->completed);
}

static void
a_response_without_a_length_ends_with_the_connection(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.0 200 OK\r\n\r\nabc");
	stack.closes = true;
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
	assert_int_equal(c->status[200 - STATUS_FIRST], c->completed);
}

static void
what_is_no_response_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("SSH-2.0\r\n");
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_bad_response], c->failed);
}

static void
a_body_cut_short_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
	stack.ends_short = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_answer_short], c->failed);
}

static void
bytes_behind_a_response_are_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd");
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_answer_long], c->failed);
}

static void
a_kept_connection_carries_the_next_request(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	settings.mode = MODE_RR;
	c = go();
	assert_int_equal(c->started, 8);
	assert_true(c->completed > 1000);
}

static void
a_connection_that_the_server_will_not_keep_is_opened_anew(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
	settings.mode = MODE_RR;
	c = go();
	assert_true(c->completed > 1000);
	assert_in_range(c->started, c->completed, c->completed + 8);
	assert_int_equal(c->failed, 0);
}

static void
a_count_ends_the_load(void **state)
{
	const struct counts *c;

	(void)state;
	settings.count = 100;
	c = go();
	assert_int_equal(c->completed, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(requests_keep_their_connections),
		CASE(after_so_many_requests_a_connection_is_opened_anew),
		CASE(requests_of_an_open_loop_come_at_their_rate),
		CASE(a_connection_pauses_between_requests),
		CASE(a_count_ends_the_load),
		CASE(a_stream_lasts_until_the_end_of_the_run),
		CASE(a_stream_that_still_comes_is_ended_by_a_reset),
		CASE(held_connections_are_opened_at_their_rate_and_kept),
		CASE(held_connections_ask_once_every_so_often),
		CASE(a_held_connection_that_is_lost_is_counted_and_not_replaced),
		CASE(a_flood_sends_syns_at_its_rate_and_opens_nothing),
		CASE(an_http_request_names_path_host_and_the_users_fields),
		CASE(responses_are_counted_by_status),
		CASE(a_response_without_a_length_ends_with_the_connection),
		CASE(what_is_no_response_is_a_failure),
		CASE(a_body_cut_short_is_a_failure),
		CASE(bytes_behind_a_response_are_a_failure),
		CASE(a_kept_connection_carries_the_next_request),
		CASE(a_connection_that_the_server_will_not_keep_is_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
