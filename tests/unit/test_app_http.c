/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../app/tern/http.h"

/*
 * Every message is told whole, byte by byte, and in two pieces cut at every
 * place: what comes out is the same.
 */

#define HEAD_FIELD "Host: a\r\n"

struct told {
	enum http_result result;
	size_t used;
	struct http p;
};

/* Pieces of `step` bytes, the first one of `first`; each in memory of its own, so that reading beyond shows. */
static struct told
tell(enum http_role role, uint8_t flags, const char *text, size_t length, size_t first, size_t step)
{
	struct told t = { .result = HTTP_MORE };
	size_t at = 0;

	http_begin(&t.p, role);
	t.p.flags = flags;
	while (at < length && t.result == HTTP_MORE) {
		size_t n = at == 0 ? first : step, used;
		uint8_t *piece;

		if (n > length - at)
			n = length - at;
		piece = malloc(n);
		assert_non_null(piece);
		memcpy(piece, text + at, n);
		t.result = http_parse(&t.p, piece, n, &used);
		free(piece);
		assert_true(used <= n);
		if (t.result == HTTP_MORE)
			assert_int_equal(used, n);
		at += n;
		t.used += used;
	}
	return t;
}

static void
assert_same(const struct told *a, const struct told *b, const char *text, size_t cut)
{
	if (a->result != b->result || (a->result != HTTP_BAD && (a->used != b->used || a->p.body != b->p.body ||
	    a->p.flags != b->p.flags || a->p.method != b->p.method)) || a->p.status != b->p.status)
		fail_msg("cut at %zu, '%s' is another message: %d instead of %d, %zu bytes instead of %zu", cut, text,
			 b->result, a->result, b->used, a->used);
}

static struct told
read_cut_everywhere(enum http_role role, uint8_t flags, const char *text, size_t length)
{
	struct told whole = tell(role, flags, text, length, length, length), bytes = tell(role, flags, text, length, 1, 1);

	assert_same(&whole, &bytes, text, 1);
	for (size_t cut = 1; cut < length; cut++) {
		struct told two = tell(role, flags, text, length, cut, length);

		assert_same(&whole, &two, text, cut);
	}
	return whole;
}

static struct told
request(const char *text)
{
	return read_cut_everywhere(HTTP_REQUEST, 0, text, strlen(text));
}

static struct told
response(const char *text)
{
	return read_cut_everywhere(HTTP_RESPONSE, 0, text, strlen(text));
}

static void
assert_bad_request(const char *text, uint16_t status)
{
	struct told t = request(text);

	if (t.result != HTTP_BAD || t.p.status != status)
		fail_msg("'%s': result %d, status %u instead of %u", text, t.result, t.p.status, status);
}

static void
assert_bad_response(const char *text)
{
	if (response(text).result != HTTP_BAD)
		fail_msg("'%s' was taken", text);
}

static void
a_request_is_read_wherever_it_is_cut(void **state)
{
	struct told t;

	(void)state;
	t = request("GET /a?b HTTP/1.1\r\nHost: 198.18.0.1\r\nUser-Agent: x\r\n\r\n");
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.method, HTTP_GET);
	assert_true(http_keeps(&t.p));
	t = request("HEAD / HTTP/1.1\r\nHOST:a\r\n\r\n");
	assert_int_equal(t.p.method, HTTP_HEAD);
	assert_int_equal(request("BREW / HTTP/1.1\r\n" HEAD_FIELD "\r\n").p.method, HTTP_UNKNOWN);
	assert_int_equal(request("get / HTTP/1.1\r\n" HEAD_FIELD "\r\n").p.method, HTTP_UNKNOWN);
	assert_int_equal(request("AVERYLONGMETHODTHATNOBODYKNOWS / HTTP/1.1\r\n" HEAD_FIELD "\r\n").p.method, HTTP_UNKNOWN);
}

static void
lines_may_end_without_cr_and_empty_ones_may_stand_before(void **state)
{
	(void)state;
	assert_int_equal(request("\r\n\r\nGET / HTTP/1.1\nHost: a\nContent-Length: 2\n\nab").result, HTTP_DONE);
	assert_int_equal(response("HTTP/1.1 200 OK\nContent-Length: 2\n\nab").result, HTTP_DONE);
}

static void
what_lies_behind_a_message_is_left(void **state)
{
	static const char first[] = "GET / HTTP/1.1\r\n" HEAD_FIELD "\r\n";

	(void)state;
	assert_int_equal(request("GET / HTTP/1.1\r\n" HEAD_FIELD "\r\nGET / HTTP/1.1\r\n" HEAD_FIELD "\r\n").used,
			 sizeof(first) - 1);
	assert_int_equal(response("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n").used,
			 strlen("HTTP/1.1 204 No Content\r\n\r\n"));
}

static bool
keeps(const char *text)
{
	struct told t = request(text);

	assert_int_equal(t.result, HTTP_DONE);
	return http_keeps(&t.p);
}

static void
connections_are_kept_as_version_and_field_say(void **state)
{
	(void)state;
	assert_true(keeps("GET / HTTP/1.1\r\n" HEAD_FIELD "\r\n"));
	assert_false(keeps("GET / HTTP/1.1\r\n" HEAD_FIELD "Connection: close\r\n\r\n"));
	assert_false(keeps("GET / HTTP/1.1\r\n" HEAD_FIELD "CONNECTION:  Upgrade , CLOSE \r\n\r\n"));
	assert_true(keeps("GET / HTTP/1.1\r\n" HEAD_FIELD "Connection: closed, not close\r\n\r\n"));
	assert_false(keeps("GET / HTTP/1.0\r\n\r\n"));
	assert_true(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
	assert_true(keeps("GET / HTTP/1.1\r\n" HEAD_FIELD "Connection: a-word-that-is-longer-than-any, keep-alive\r\n\r\n"));
}

static void
a_body_of_a_request_is_counted(void **state)
{
	struct told t;

	(void)state;
	t = request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5\r\n\r\nhello");
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.body, 5);
	t = request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked\r\n\r\n"
		    "5\r\nhello\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.body, 15);
	assert_int_equal(request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").result, HTTP_DONE);
	assert_int_equal(request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5\r\n\r\nhell").result, HTTP_MORE);
	t = request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
	assert_true(http_in_body(&t.p) && (t.p.flags & HTTP_EXPECT));
}

static void
a_bad_request_has_its_status(void **state)
{
	(void)state;
	assert_bad_request("GET\r\n", 400);
	assert_bad_request(" GET / HTTP/1.1\r\n", 400);
	assert_bad_request("GET / HTTX/1.1\r\n", 400);
	assert_bad_request("GET / HTTP/1.1x\r\n", 400);
	assert_bad_request("GET  HTTP/1.1\r\n", 400);
	assert_bad_request("GET /\r\n", 400);
	assert_bad_request("GET / HTTP/2.0\r\n", 505);
	assert_bad_request("GET / HTTP/1.1\r\n\r\n", 400);
	assert_bad_request("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
	assert_bad_request("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400);
	assert_bad_request("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400);
	assert_bad_request("GET / HTTP/1.1\r\n: a\r\n\r\n", 400);
	assert_bad_request("GET / HTTP/1.1\r\nHost: a\r\n\rx", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5x\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5 6\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: -5\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length:\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 18446744073709551617\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked, gzip\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
	assert_bad_request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400);
	assert_bad_request("POST / HTTP/1.1\r\n" HEAD_FIELD "Transfer-Encoding: chunked\r\n\r\n1234567890123456\r\n", 400);
}

/* A request with so many bytes of head, by a field, or by its target. */
static struct told
request_of(size_t head, bool target)
{
	static char text[HTTP_HEAD_MAX + 64];
	const char *before = target ? "GET /" : "GET / HTTP/1.1\r\n" HEAD_FIELD "X: ";
	const char *behind = target ? " HTTP/1.1\r\n" HEAD_FIELD "\r\n" : "\r\n\r\n";
	size_t n = head - strlen(before) - strlen(behind);

	memcpy(text, before, strlen(before));
	memset(text + strlen(before), 'x', n);
	memcpy(text + strlen(before) + n, behind, strlen(behind));
	return tell(HTTP_REQUEST, 0, text, head, 100, 1000);
}

static void
a_head_has_its_bounds(void **state)
{
	struct told t;

	(void)state;
	assert_int_equal(request_of(HTTP_HEAD_MAX, false).result, HTTP_DONE);
	assert_int_equal(request_of(HTTP_HEAD_MAX, true).result, HTTP_DONE);
	t = request_of(HTTP_HEAD_MAX + 1, false);
	assert_int_equal(t.result, HTTP_BAD);
	assert_int_equal(t.p.status, 431);
	t = request_of(HTTP_HEAD_MAX + 64, true);
	assert_int_equal(t.result, HTTP_BAD);
	assert_int_equal(t.p.status, 414);
}

static void
a_response_has_the_length_that_its_head_says(void **state)
{
	struct told t;

	(void)state;
	t = response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd");
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.status, 200);
	assert_int_equal(t.p.body, 3);
	t = response("HTTP/1.1 404\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n3\r\nabc\r\n00\r\n\r\n");
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.status, 404);
	assert_int_equal(t.p.body, 3);
	assert_int_equal(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n").result, HTTP_DONE);
	assert_int_equal(response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").result, HTTP_DONE);
	assert_int_equal(response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").result, HTTP_MORE);
	t = read_cut_everywhere(HTTP_RESPONSE, HTTP_NO_BODY, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 38);
	assert_int_equal(t.result, HTTP_DONE);
}

static void
without_a_length_a_response_lasts_until_the_end(void **state)
{
	struct told t = response("HTTP/1.0 200 OK\r\nServer: x\r\n\r\nabc");

	(void)state;
	assert_int_equal(t.result, HTTP_MORE);
	assert_int_equal(t.p.body, 3);
	assert_int_equal(http_end(&t.p), HTTP_DONE);
	assert_false(http_keeps(&t.p));
	t = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabcd");
	assert_int_equal(http_end(&t.p), HTTP_DONE);
	assert_int_equal(t.p.body, 4);
	t = response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
	assert_int_equal(http_end(&t.p), HTTP_BAD);
	t = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	assert_int_equal(http_end(&t.p), HTTP_BAD);
	t = response("HTTP/1.1 200 OK\r\n");
	assert_int_equal(http_end(&t.p), HTTP_BAD);
}

static void
interim_responses_are_passed_over(void **state)
{
	struct told t = response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
				 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");

	(void)state;
	assert_int_equal(t.result, HTTP_DONE);
	assert_int_equal(t.p.status, 200);
}

static void
a_bad_response_is_refused(void **state)
{
	(void)state;
	assert_bad_response("SSH-2.0-x\r\n");
	assert_bad_response("HTTP/1.1 20 OK\r\n");
	assert_bad_response("HTTP/1.1 2000 OK\r\n");
	assert_bad_response("HTTP/1.1 099 OK\r\n");
	assert_bad_response("HTTP/1.1 600 OK\r\n");
	assert_bad_response("HTTP/1.1 abc OK\r\n");
	assert_bad_response("HTTP/2 200 OK\r\n");
	assert_bad_response("HTTP/1.1 101 Switching Protocols\r\n\r\n");
	assert_bad_response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_wherever_it_is_cut),
		cmocka_unit_test(lines_may_end_without_cr_and_empty_ones_may_stand_before),
		cmocka_unit_test(what_lies_behind_a_message_is_left),
		cmocka_unit_test(connections_are_kept_as_version_and_field_say),
		cmocka_unit_test(a_body_of_a_request_is_counted),
		cmocka_unit_test(a_bad_request_has_its_status),
		cmocka_unit_test(a_head_has_its_bounds),
		cmocka_unit_test(a_response_has_the_length_that_its_head_says),
		cmocka_unit_test(without_a_length_a_response_lasts_until_the_end),
		cmocka_unit_test(interim_responses_are_passed_over),
		cmocka_unit_test(a_bad_response_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
