/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a connection is told: a plain answer by its length, an HTTP response by its head. */

#include <errno.h>
#include <string.h>

#include "client.h"

/* Of what is there of the answer so many bytes are taken at once: at most one more than it may have. */
static size_t
wanted(const struct client *c, const struct flight *f)
{
	size_t want = (size_t)(c->answer_size - f->got) + 1;

	return c->verify && want > sizeof(c->buffer) ? sizeof(c->buffer) : want;
}

/* -EILSEQ: not what was sent */
static ssize_t
take(struct client *c, const struct flight *f, size_t want)
{
	ssize_t n;

	if (!c->verify)
		return tern_discard(c->stack, f->id, want);
	n = tern_recv(c->stack, f->id, c->buffer, want);
	if (n > 0 && (uint64_t)f->got + (uint64_t)n <= c->answer_size &&
	    memcmp(c->buffer, c->run->pattern + (f->shift + f->got) % PATTERN_PERIOD, (size_t)n) != 0)
		return -EILSEQ;
	return n;
}

/* The end of the stream was read. */
static void
ended_by_peer(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (f->state == FLIGHT_ASKING)
		flight_fail(c, f, FAIL_answer_short);
	else if (f->state == FLIGHT_ANSWERED)
		flight_end(c, f, false, now_ns);
}

static void
read_answer(struct client *c, struct flight *f, bool ended, uint64_t now_ns)
{
	/* until less came than was asked for, but for the end; a closed loop may ask anew in between */
	while (f->state == FLIGHT_ASKING || f->state == FLIGHT_ANSWERED) {
		bool answered = f->state == FLIGHT_ANSWERED;
		size_t want = wanted(c, f);
		ssize_t n = take(c, f, want);

		if (n == 0)
			ended_by_peer(c, f, now_ns);
		if (n == -EILSEQ)
			flight_fail(c, f, FAIL_answer_differs);
		if (n <= 0)
			return;
		if (answered || (uint64_t)f->got + (uint64_t)n > c->answer_size) {
			/* of cc: the server has nothing to say; of crr: the transaction was already counted */
			if (answered)
				flight_end(c, f, true, now_ns);
			else
				flight_fail(c, f, FAIL_answer_long);
			return;
		}
		f->got += (uint32_t)n;
		if (f->got == c->answer_size)
			flight_complete(c, f, now_ns);
		if ((size_t)n < want && !ended)
			return;
	}
}

/* The peer spoke or closed while nothing was asked. */
static void
disturbed(struct client *c, struct flight *f)
{
	uint8_t byte;

	if (tern_peek(c->stack, f->id, &byte, 1) == -EAGAIN)
		return;
	flight_end(c, f, true, 0);
}

/* What was read, up to the end of the stream if n is 0. */
static void
respond(struct client *c, struct flight *f, ssize_t n, uint64_t now_ns)
{
	struct http *p = &c->responses[flight_index(c, f)];
	size_t used = 0;
	enum http_result result = n == 0 ? http_end(p) : http_parse(p, c->buffer, (size_t)n, &used);

	if (result == HTTP_MORE)
		return;
	if (result == HTTP_BAD) {
		flight_fail(c, f, n == 0 ? FAIL_answer_short : FAIL_bad_response);
	} else if (used < (size_t)n) {
		flight_fail(c, f, FAIL_answer_long);
	} else {
		c->meter->counts.status[p->status - STATUS_FIRST]++;
		flight_complete(c, f, now_ns);
	}
}

static void
read_response(struct client *c, struct flight *f, uint64_t now_ns)
{
	while (f->state == FLIGHT_ASKING) {
		ssize_t n = tern_recv(c->stack, f->id, c->buffer, sizeof(c->buffer));

		if (n < 0)
			return;
		respond(c, f, n, now_ns);
	}
}

static void
read_stream(struct client *c, struct flight *f)
{
	ssize_t n;

	do {
		n = tern_discard(c->stack, f->id, SIZE_MAX);
	} while (n > 0);
	if (n == 0)
		flight_fail(c, f, FAIL_answer_short);
}

void
flight_read(struct client *c, struct flight *f, bool ended, uint64_t now_ns)
{
	if (f->state == FLIGHT_IDLE || f->state == FLIGHT_THINKING)
		disturbed(c, f);
	else if (f->state == FLIGHT_STREAMING)
		read_stream(c, f);
	else if (f->state == FLIGHT_ASKING && c->responses != NULL)
		read_response(c, f, now_ns);
	else
		read_answer(c, f, ended, now_ns);
}
