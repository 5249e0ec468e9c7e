/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "server.h"

/*
 * Every answer is written before the first request comes. Between two requests
 * nothing is kept of a connection: its user pointer is NULL. What is cut by a
 * segment's end, or by a send queue that is full, gets a record until it is whole.
 */

#define INLINE_MAX 16384u      /* a body up to here stands behind its head, and both leave with one call */
#define PIECE 65536u           /* of a longer one */
#define LINE 64u               /* of the text that bodies are made of */
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define LINGER_MAX (1u << 20)  /* bytes that are read behind a bad request */

/* X(status, reason, fields of its own) */
#define ANSWERS(X) \
	X(200, "OK", "") \
	X(400, "Bad Request", "") \
	X(405, "Method Not Allowed", "Allow: GET, HEAD, POST\r\n") \
	X(414, "URI Too Long", "") \
	X(431, "Request Header Fields Too Large", "") \
	X(501, "Not Implemented", "") \
	X(505, "HTTP Version Not Supported", "")

static const struct {
	uint16_t status;
	const char *reason, *fields;
} statuses[] = {
#define X(status, reason, fields) { status, reason, fields },
	ANSWERS(X)
#undef X
};

#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

/* what an answer says of the connection: HTTP/1.1 keeps it unsaid */
enum keeping { KEEP_11, KEEP_10, KEEP_NOT, KEEPINGS };

struct http_answer {
	uint32_t head;         /* bytes of it in text */
	uint32_t date;         /* where it stands there */
	uint32_t ready;        /* bytes of head and body in text */
	uint64_t length;       /* of head and body */
	bool closes;
	char *text;
};

struct http_site {
	struct http_answer answer[STATUSES][KEEPINGS];
	uint64_t date_ns;      /* when the dates have to be written anew, on the stack's clock */
};

/* What bodies are made of, for all cores, as long as the process lives: a device may hold it when a stack is gone. */
static char body_text[LINE + PIECE];
static pthread_once_t body_once = PTHREAD_ONCE_INIT;

static void
write_body(void)
{
	for (size_t i = 0; i < sizeof(body_text); i++)
		body_text[i] = i % LINE == LINE - 1 ? '\n' : (char)('a' + i % LINE % 26);
}

/* A connection in the middle of something. */
struct http_conn {
	struct http request;
	const struct http_answer *answer;  /* under way, or NULL */
	uint64_t sent, length;             /* bytes of it; without its body for HEAD */
	uint32_t lingered;
	bool lingers;                      /* our half is closed, the peer's is read and thrown away */
};

static void
write_dates(struct http_site *site, uint64_t now_ns)
{
	struct timespec now;
	char date[sizeof(DATE)];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	site->date_ns = now_ns + 1000000000u - (uint64_t)now.tv_nsec;
	for (size_t i = 0; i < STATUSES; i++)
		for (size_t k = 0; k < KEEPINGS; k++)
			memcpy(site->answer[i][k].text + site->answer[i][k].date, date, sizeof(DATE) - 1);
}

static int
write_answer(struct http_answer *a, size_t i, enum keeping keeping, uint64_t body, const char *text)
{
	static const char *const connection[] = {
		[KEEP_11] = "", [KEEP_10] = "Connection: keep-alive\r\n", [KEEP_NOT] = "Connection: close\r\n",
	};
	char head[512];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %u %s\r\nDate: " DATE "\r\nServer: tern/" TERN_VERSION
			 "\r\nContent-Type: text/plain\r\nContent-Length: %" PRIu64 "\r\n%s%s\r\n", statuses[i].status,
			 statuses[i].reason, body, statuses[i].fields, connection[keeping]);
	uint32_t ready = body <= INLINE_MAX ? (uint32_t)body : 0;

	a->head = (uint32_t)n;
	a->date = (uint32_t)(strstr(head, DATE) - head);
	a->ready = a->head + ready;
	a->length = a->head + body;
	a->closes = keeping == KEEP_NOT;
	a->text = malloc(a->ready);
	if (a->text == NULL)
		return -1;
	memcpy(a->text, head, a->head);
	memcpy(a->text + a->head, text, ready);
	return 0;
}

int
http_site_open(struct server *sv)
{
	struct http_site *site = calloc(1, sizeof(*site));
	bool good = true;

	if (site == NULL)
		return -1;
	sv->site = site;
	pthread_once(&body_once, write_body);
	for (size_t i = 0; i < STATUSES; i++)
		for (int k = 0; k < KEEPINGS; k++)
			good &= write_answer(&site->answer[i][k], i, (enum keeping)k, statuses[i].status == 200 ?
					     sv->answer_size : 0, body_text) == 0;
	if (!good) {
		http_site_close(sv);
		return -1;
	}
	write_dates(site, tern_clock(sv->stack));
	return 0;
}

void
http_site_close(struct server *sv)
{
	if (sv->site == NULL)
		return;
	for (size_t i = 0; i < STATUSES; i++)
		for (size_t k = 0; k < KEEPINGS; k++)
			free(sv->site->answer[i][k].text);
	free(sv->site);
	sv->site = NULL;
}

/* The answer to a request that is whole, or is none. */
static void
choose(struct server *sv, struct http_conn *c, enum http_result result)
{
	const struct http *p = &c->request;
	bool kept = result == HTTP_DONE && http_keeps(p) && !sv->closer_server;
	uint16_t status = result == HTTP_BAD ? p->status : p->method <= HTTP_POST ? 200 : p->method < HTTP_UNKNOWN ? 405 : 501;
	size_t i = 0;

	while (statuses[i].status != status)
		i++;
	c->answer = &sv->site->answer[i][!kept ? KEEP_NOT : p->minor > 0 ? KEEP_11 : KEEP_10];
	c->sent = 0;
	c->length = p->method == HTTP_HEAD && result == HTTP_DONE ? c->answer->head : c->answer->length;
	c->lingers = result == HTTP_BAD;
}

/* A piece of a long body, without a copy where that can be: that takes the server less than half the time. */
static ssize_t
send_piece(struct server *sv, tern_conn id, uint64_t offset, uint64_t left)
{
	size_t length = left < PIECE ? (size_t)left : PIECE;
	ssize_t n = tern_send_ref(sv->stack, id, body_text + offset % LINE, length, 0);

	return n >= 0 || n == -EAGAIN ? n : tern_send(sv->stack, id, body_text + offset % LINE, length);
}

/* false when the stack takes no more for now */
static bool
send_answer(struct server *sv, tern_conn id, struct http_conn *c)
{
	const struct http_answer *a = c->answer;

	while (c->sent < c->length) {
		uint64_t ready = a->ready < c->length ? a->ready : c->length;
		ssize_t n = c->sent < ready ? tern_send(sv->stack, id, a->text + c->sent, (size_t)(ready - c->sent)) :
			    send_piece(sv, id, c->sent - a->head, c->length - c->sent);

		if (n <= 0)
			return false;
		c->sent += (uint64_t)n;
	}
	return true;
}

/* What comes behind a bad request is read, so that no reset overtakes its answer (RFC 9112, 9.6). */
static void
linger(struct server *sv, tern_conn id, struct http_conn *c)
{
	ssize_t n;

	do {
		n = tern_discard(sv->stack, id, LINGER_MAX);
		if (n > 0)
			c->lingered += (uint32_t)n;
	} while (n > 0 && c->lingered < LINGER_MAX);
	if (n > 0)
		tern_abort(sv->stack, id);
	else if (n == 0)
		tern_close(sv->stack, id);
}

/* The answer has left: false when the connection has nothing more to say. */
static bool
answered(struct server *sv, tern_conn id, struct http_conn *c)
{
	bool closes = c->answer->closes;

	c->answer = NULL;
	http_begin(&c->request, HTTP_REQUEST);
	if (c->lingers) {
		tern_shutdown(sv->stack, id);
		linger(sv, id, c);
	} else if (closes) {
		/* requests behind the last one are not answered, and no reason to reset */
		tern_discard(sv->stack, id, SIZE_MAX);
		tern_close(sv->stack, id);
	}
	return !closes;
}

/* Who asked whether it may send the body is told to, once (RFC 9110, 10.1.1). */
static void
invite_body(struct server *sv, tern_conn id, struct http *p)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!(p->flags & HTTP_EXPECT) || !http_in_body(p))
		return;
	p->flags &= (uint8_t)~HTTP_EXPECT;
	/* the queue is empty here but for a pipeline's answers; who gets no invitation sends after a while all the same */
	if (p->minor > 0 && p->body == 0)
		tern_send(sv->stack, id, text, sizeof(text) - 1);
}

/* Requests, as far as they are there: what lies behind one is left to the stack until it is answered. */
static void
read_requests(struct server *sv, tern_conn id, struct http_conn *c)
{
	ssize_t n;

	while ((n = tern_peek(sv->stack, id, sv->buffer, sizeof(sv->buffer))) > 0) {
		size_t at = 0, used;

		while (at < (size_t)n) {
			enum http_result result = http_parse(&c->request, sv->buffer + at, (size_t)n - at, &used);

			at += used;
			if (result == HTTP_MORE)
				break;
			choose(sv, c, result);
			server_work(sv);
			if (!send_answer(sv, id, c)) {
				tern_discard(sv->stack, id, at);
				return;
			}
			if (!answered(sv, id, c))
				return;
		}
		tern_discard(sv->stack, id, (size_t)n);
		invite_body(sv, id, &c->request);
	}
	if (n == 0)
		tern_close(sv->stack, id);
}

static void
converse(struct server *sv, tern_conn id, struct http_conn *c)
{
	if (c->answer != NULL && (!send_answer(sv, id, c) || !answered(sv, id, c)))
		return;
	if (c->lingers)
		linger(sv, id, c);
	else
		read_requests(sv, id, c);
}

void
http_serve(struct server *sv, const struct tern_event *event)
{
	struct http_conn *kept = event->user, here;
	uint64_t now_ns = tern_now(sv->stack);

	/* bodies are for ever: nobody waits to write them again */
	if (event->mask == TERN_REF_DONE)
		return;
	if (event->mask & TERN_CLOSED) {
		free(kept);
		return;
	}
	if (now_ns >= sv->site->date_ns)
		write_dates(sv->site, now_ns);
	if (kept != NULL) {
		converse(sv, event->id, kept);
		return;
	}
	memset(&here, 0, sizeof(here));
	http_begin(&here.request, HTTP_REQUEST);
	read_requests(sv, event->id, &here);
	if (here.answer == NULL && http_is_fresh(&here.request) && !here.lingers)
		return;
	kept = malloc(sizeof(*kept));
	if (kept == NULL) {
		tern_abort(sv->stack, event->id);
		return;
	}
	*kept = here;
	if (tern_set_user(sv->stack, event->id, kept) != 0)
		free(kept);
}
