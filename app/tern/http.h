/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_HTTP_H
#define APP_HTTP_H

/*
 * HTTP/1.1 messages (RFC 9112) as they come: the head is looked at byte by
 * byte, so that it may be cut anywhere, and a body is only counted. No memory
 * but the record itself; of a field's value no more than a word is kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 8192u    /* bytes of a start line and its fields, of a chunk's line, of all trailers */

enum http_role { HTTP_REQUEST, HTTP_RESPONSE };

enum http_result {
	HTTP_MORE,     /* all was used, and the message goes on */
	HTTP_DONE,     /* the message is complete; what lies behind it was not used */
	HTTP_BAD,      /* not a message; of a request, http.status is what to answer */
};

enum http_method {
	HTTP_GET, HTTP_HEAD, HTTP_POST,
	HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_TRACE, HTTP_CONNECT, HTTP_PATCH,
	HTTP_UNKNOWN,
};

#define HTTP_CLOSE    0x01u    /* Connection: close */
#define HTTP_KEEP     0x02u    /* Connection: keep-alive */
#define HTTP_LENGTH   0x04u    /* Content-Length */
#define HTTP_CHUNKED  0x08u    /* Transfer-Encoding ends in chunked */
#define HTTP_CODED    0x10u    /* a transfer coding that is not known here */
#define HTTP_HOST     0x20u
#define HTTP_EXPECT   0x40u    /* Expect: 100-continue */
#define HTTP_NO_BODY  0x80u    /* given by the caller: a response to HEAD */

struct http {
	uint64_t left;         /* bytes that the body, or its chunk, still has */
	uint64_t body;         /* bytes of it that came */
	uint16_t head;         /* bytes of what HTTP_HEAD_MAX bounds */
	uint16_t status;
	uint8_t role, state, flags, method, minor, field;
	uint8_t length;        /* of word; beyond its room: too long to be one that is known */
	char word[20];
};

static inline void
http_begin(struct http *p, enum http_role role)
{
	*p = (struct http){ .role = (uint8_t)role };
}

/* Look at more bytes; *used is how many of them belong to this message. Not again after HTTP_DONE or HTTP_BAD. */
enum http_result http_parse(struct http *p, const uint8_t *data, size_t length, size_t *used);

/* The stream has ended: HTTP_DONE for a response whose body lasts until then, else HTTP_BAD: it was cut. */
enum http_result http_end(struct http *p);

/* Nothing of the message has come yet. */
bool http_is_fresh(const struct http *p);
/* The head is complete, and a body follows. */
bool http_in_body(const struct http *p);

/* Whether the connection may carry another message behind this one (RFC 9112, 9.3). */
static inline bool
http_keeps(const struct http *p)
{
	return !(p->flags & HTTP_CLOSE) && (p->minor > 0 || (p->flags & HTTP_KEEP));
}

#endif
