/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* Reading goes on until less comes than was asked for, or to -EAGAIN: what comes behind that is told again. */

/* ---- echo: nothing is kept of a connection, but for what a peer that does not read makes us hold */

struct held {
	uint32_t start, end;
	uint8_t data[PATTERN_CHUNK];
};

static void
hold(struct server *sv, tern_conn id, const uint8_t *data, size_t length)
{
	struct held *held = malloc(sizeof(*held));

	if (held == NULL || tern_set_user(sv->stack, id, held) != 0) {
		free(held);
		tern_abort(sv->stack, id);
		return;
	}
	held->start = 0;
	held->end = (uint32_t)length;
	memcpy(held->data, data, length);
}

/* true when nothing is held any more */
static bool
send_held(struct server *sv, tern_conn id, struct held *held)
{
	ssize_t n = tern_send(sv->stack, id, held->data + held->start, held->end - held->start);

	if (n > 0)
		held->start += (uint32_t)n;
	if (held->start < held->end)
		return false;
	tern_set_user(sv->stack, id, NULL);
	free(held);
	return true;
}

static void
close_ours(struct server *sv, tern_conn id)
{
	if (sv->close_rst && sv->closer_server)
		tern_abort(sv->stack, id);
	else
		tern_close(sv->stack, id);
}

static void
echo(struct server *sv, const struct tern_event *event)
{
	struct held *held = event->user;
	bool more;   /* the end is there, or may have been told of while something was held */
	ssize_t n;

	if (event->mask & TERN_CLOSED) {
		free(held);
		return;
	}
	if ((event->mask & TERN_ACCEPTED) && sv->closer_server && sv->run->settings->mode == MODE_CC) {
		close_ours(sv, event->id);
		return;
	}
	if (held != NULL && !send_held(sv, event->id, held))
		return;
	more = event->mask & (TERN_WRITABLE | TERN_PEER_CLOSED);
	while ((n = tern_recv(sv->stack, event->id, sv->buffer, sizeof(sv->buffer))) > 0) {
		ssize_t sent;

		server_work(sv);
		sent = tern_send(sv->stack, event->id, sv->buffer, (size_t)n);

		if (sent < 0)
			sent = 0;
		if (sent < n) {
			hold(sv, event->id, sv->buffer + sent, (size_t)(n - sent));
			return;
		}
		if ((size_t)n < sizeof(sv->buffer) && !more)
			return;
	}
	if (n == 0)
		tern_close(sv->stack, event->id);
}

/* ---- discard */

/* Whatever came is thrown away. True when nothing more will come; then the connection is closed. */
static bool
discard_to_end(struct server *sv, tern_conn id)
{
	ssize_t n;

	do {
		n = tern_discard(sv->stack, id, SIZE_MAX);
	} while (n > 0);
	if (n == 0)
		tern_close(sv->stack, id);
	return n == 0;
}

static void
discard(struct server *sv, const struct tern_event *event)
{
	if (!(event->mask & TERN_CLOSED))
		discard_to_end(sv, event->id);
}

/* ---- chargen (RFC 864): lines of 72 characters, each begun one character later; the place is kept in the user pointer */

#define CHARGEN_PRINTABLE 95u
#define CHARGEN_LINE 74u
#define CHARGEN_PERIOD (CHARGEN_PRINTABLE * CHARGEN_LINE)

/* one period, and another, so that a chunk of one can begin anywhere */
static uint8_t chargen_text[2 * CHARGEN_PERIOD];

static void
write_chargen_text(void)
{
	for (uint32_t i = 0; i < sizeof(chargen_text); i++) {
		uint32_t line = i / CHARGEN_LINE, column = i % CHARGEN_LINE;

		if (column < CHARGEN_LINE - 2)
			chargen_text[i] = (uint8_t)(' ' + (line + column) % CHARGEN_PRINTABLE);
		else
			chargen_text[i] = column == CHARGEN_LINE - 2 ? '\r' : '\n';
	}
}

static void
chargen(struct server *sv, const struct tern_event *event)
{
	uintptr_t place = (uintptr_t)event->user;
	ssize_t n;

	if ((event->mask & TERN_CLOSED) || discard_to_end(sv, event->id))
		return;
	do {
		n = tern_send(sv->stack, event->id, chargen_text + place, CHARGEN_PERIOD);
		if (n > 0)
			place = (place + (size_t)n) % CHARGEN_PERIOD;
	} while (n == (ssize_t)CHARGEN_PERIOD);
	tern_set_user(sv->stack, event->id, (void *)place);
}

/*
 * ---- answer: for each request of --request-size an answer of --answer-size.
 * What is under way, kept in the user pointer: bytes of a request in the low
 * half, bytes of the answer that the stack has not taken yet in the high half.
 */

static void
after_answer(struct server *sv, tern_conn id)
{
	/* a reset would overtake the answer: it waits until that is acknowledged */
	if (sv->close_rst)
		tern_set(sv->stack, id, TERN_OPT_NOTIFY_SENT, 1);
	else
		tern_close(sv->stack, id);
}

/* false when the stack takes no more for now */
static bool
send_answer(struct server *sv, tern_conn id, uint32_t *owed)
{
	while (*owed > 0) {
		uint32_t length = *owed < PATTERN_CHUNK ? *owed : PATTERN_CHUNK;
		uint32_t sent = sv->answer_size - *owed;
		ssize_t n = tern_send(sv->stack, id, sv->run->pattern + sent % PATTERN_PERIOD, length);

		if (n <= 0)
			return false;
		*owed -= (uint32_t)n;
	}
	return true;
}

/* false when the connection is over, or its answer waits for room */
static bool
read_request(struct server *sv, tern_conn id, uint32_t *got, uint32_t *owed)
{
	ssize_t n = tern_discard(sv->stack, id, sv->request_size - *got);

	if (n == 0)
		tern_close(sv->stack, id);
	if (n <= 0)
		return false;
	*got += (uint32_t)n;
	if (*got < sv->request_size)
		return true;
	*got = 0;
	*owed = sv->answer_size;
	server_work(sv);
	if (!send_answer(sv, id, owed))
		return false;
	if (sv->closer_server) {
		after_answer(sv, id);
		return false;
	}
	return true;
}

static void
answer(struct server *sv, const struct tern_event *event)
{
	uint64_t state = (uint64_t)(uintptr_t)event->user;
	uint32_t got = (uint32_t)state, owed = (uint32_t)(state >> 32);
	bool owing = owed != 0;

	if (event->mask & TERN_CLOSED)
		return;
	if ((event->mask & TERN_ACCEPTED) && sv->closer_server && sv->run->settings->mode == MODE_CC) {
		close_ours(sv, event->id);
		return;
	}
	if ((event->mask & TERN_SENT) && sv->close_rst && sv->closer_server) {
		tern_abort(sv->stack, event->id);
		return;
	}
	if (send_answer(sv, event->id, &owed)) {
		if (owing && sv->closer_server)
			after_answer(sv, event->id);
		else
			while (read_request(sv, event->id, &got, &owed))
				;
	}
	if (((uint64_t)owed << 32 | got) != state)
		tern_set_user(sv->stack, event->id, (void *)(uintptr_t)((uint64_t)owed << 32 | got));
}

server_app *
server_app_of(const struct settings *s)
{
	switch (s->app) {
	case APP_DISCARD:
		return discard;
	case APP_CHARGEN:
		write_chargen_text();
		return chargen;
	case APP_HTTP:
		return http_serve;
	case APP_ANSWER:
		return answer;
	default:
		return echo;
	}
}
