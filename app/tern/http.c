/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>

#include "http.h"

enum state {
	/* start line */
	START,             /* empty lines before a request are skipped (RFC 9112, 2.2) */
	METHOD, TARGET, VERSION, REQUEST_END,
	STATUS, REASON,
	/* fields */
	FIELD,             /* the first byte of a line */
	NAME,
	VALUE,             /* of a field that is looked at */
	GAP,               /* white space behind an element of it */
	SKIP,              /* the rest of the line */
	HEAD_LF,
	/* body */
	BODY, BODY_TO_CLOSE,
	CHUNK_SIZE, CHUNK_SKIP, CHUNK, CHUNK_END,
	TRAILER, TRAILER_SKIP, TRAILER_LF,
};

enum field { FIELD_OTHER, FIELD_CONNECTION, FIELD_LENGTH, FIELD_CODING, FIELD_HOST, FIELD_EXPECT };

static const char *const methods[] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS", [HTTP_TRACE] = "TRACE", [HTTP_CONNECT] = "CONNECT", [HTTP_PATCH] = "PATCH",
};

static const char *const fields[] = {
	[FIELD_CONNECTION] = "connection", [FIELD_LENGTH] = "content-length", [FIELD_CODING] = "transfer-encoding",
	[FIELD_HOST] = "host", [FIELD_EXPECT] = "expect",
};

/* RFC 9110, 5.6.2 */
static const bool token[256] = {
	['0' ... '9'] = true, ['a' ... 'z'] = true, ['A' ... 'Z'] = true,
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true,
	['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
};

static enum http_result
bad(struct http *p, uint16_t status)
{
	if (p->role == HTTP_REQUEST)
		p->status = status;
	return HTTP_BAD;
}

static enum http_result
go_on(struct http *p, enum state state)
{
	p->state = (uint8_t)state;
	p->length = 0;
	return HTTP_MORE;
}

static void
add(struct http *p, uint8_t c)
{
	if (p->length < sizeof(p->word))
		p->word[p->length] = (char)c;
	/* one more than there is room for says that there was more */
	if (p->length <= sizeof(p->word))
		p->length++;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool
is_word(const struct http *p, const char *word)
{
	size_t length = strlen(word);

	return p->length == length && memcmp(p->word, word, length) == 0;
}

static enum http_method
method_of(const struct http *p)
{
	for (unsigned int i = 0; i < HTTP_UNKNOWN; i++)
		if (is_word(p, methods[i]))
			return (enum http_method)i;
	return HTTP_UNKNOWN;
}

static enum field
field_of(const struct http *p)
{
	for (unsigned int i = FIELD_CONNECTION; i <= FIELD_EXPECT; i++)
		if (is_word(p, fields[i]))
			return (enum field)i;
	return FIELD_OTHER;
}

/* ---- the head */

/* "HTTP/1.": what differs from it; the digit behind it is the caller's. */
static enum http_result
version(struct http *p, uint8_t c)
{
	static const char text[] = "HTTP/1.";

	if (p->length < sizeof(text) - 1) {
		if (c != (uint8_t)text[p->length])
			return bad(p, p->length == 5 && c >= '0' && c <= '9' ? 505 : 400);
		p->length++;
		return HTTP_MORE;
	}
	if (c < '0' || c > '9')
		return bad(p, 400);
	/* a later minor version is spoken to as the one that is known (RFC 9110, 2.5) */
	p->minor = c != '0';
	return go_on(p, p->role == HTTP_REQUEST ? REQUEST_END : STATUS);
}

static enum http_result
status(struct http *p, uint8_t c)
{
	if (p->length == 0 || p->length == 4) {
		p->length++;
		if (p->length == 5 && (c == '\r' || c == '\n'))
			return go_on(p, c == '\n' ? FIELD : REASON);
		if (p->length == 5 && (p->status < 100 || p->status > 599))
			return HTTP_BAD;
		return c == ' ' ? (p->length == 5 ? go_on(p, REASON) : HTTP_MORE) : HTTP_BAD;
	}
	if (c < '0' || c > '9')
		return HTTP_BAD;
	p->status = (uint16_t)(p->status * 10 + (c - '0'));
	p->length++;
	return HTTP_MORE;
}

static enum http_result
start_line(struct http *p, uint8_t c)
{
	switch ((enum state)p->state) {
	case START:
		if (p->role == HTTP_RESPONSE) {
			p->state = VERSION;
			return version(p, c);
		}
		if (c == '\r' || c == '\n')
			return HTTP_MORE;
		p->state = METHOD;
		/* fall through */
	case METHOD:
		if (c == ' ' && p->length > 0) {
			p->method = (uint8_t)method_of(p);
			return go_on(p, TARGET);
		}
		if (!token[c])
			return bad(p, 400);
		add(p, c);
		return HTTP_MORE;
	case TARGET:
		if (c == ' ' && p->length > 0)
			return go_on(p, VERSION);
		if (c <= ' ' || c == 0x7f)
			return bad(p, 400);
		p->length = 1;
		return HTTP_MORE;
	case VERSION:
		return version(p, c);
	case REQUEST_END:
		if (c == '\n')
			return go_on(p, FIELD);
		/* a CR, and its LF behind it */
		return c == '\r' && p->length++ == 0 ? HTTP_MORE : bad(p, 400);
	case STATUS:
		return status(p, c);
	default:
		return c == '\n' ? go_on(p, FIELD) : HTTP_MORE;
	}
}

static enum http_result
content_length(struct http *p)
{
	uint64_t length = 0;

	/* 18 digits at most: no number of them overflows */
	if (p->length == 0 || p->length > 18)
		return bad(p, 400);
	for (unsigned int i = 0; i < p->length; i++) {
		if (p->word[i] < '0' || p->word[i] > '9')
			return bad(p, 400);
		length = length * 10 + (uint64_t)(p->word[i] - '0');
	}
	/* two that differ are an attack or an error (RFC 9112, 6.3) */
	if ((p->flags & HTTP_LENGTH) && p->left != length)
		return bad(p, 400);
	p->flags |= HTTP_LENGTH;
	p->left = length;
	return HTTP_MORE;
}

/* One element of a value, in p->word. */
static enum http_result
element(struct http *p)
{
	if (p->field == FIELD_LENGTH)
		return content_length(p);
	if (p->length == 0)
		return HTTP_MORE;
	if (p->field == FIELD_CONNECTION) {
		if (is_word(p, "close"))
			p->flags |= HTTP_CLOSE;
		else if (is_word(p, "keep-alive"))
			p->flags |= HTTP_KEEP;
	} else if (p->field == FIELD_EXPECT) {
		if (is_word(p, "100-continue"))
			p->flags |= HTTP_EXPECT;
	} else if (p->field == FIELD_CODING) {
		/* chunked is the last one, and comes once (RFC 9112, 6.1) */
		if (p->flags & HTTP_CHUNKED)
			return bad(p, 400);
		p->flags |= is_word(p, "chunked") ? HTTP_CHUNKED : HTTP_CODED;
	}
	return HTTP_MORE;
}

static enum http_result
value(struct http *p, uint8_t c)
{
	if (c == ' ' || c == '\t') {
		if (p->length > 0)
			p->state = GAP;
		return HTTP_MORE;
	}
	if (c == ',' || c == '\r' || c == '\n') {
		if (element(p) != HTTP_MORE)
			return HTTP_BAD;
		/* what stands between CR and LF is no part of the value any more */
		return go_on(p, c == ',' ? VALUE : c == '\r' ? SKIP : FIELD);
	}
	if (p->state == GAP) {
		/* two words are no element that is known, and no number */
		p->state = VALUE;
		add(p, ' ');
	}
	add(p, lower(c));
	return HTTP_MORE;
}

static enum http_result
name(struct http *p, uint8_t c)
{
	if (c != ':') {
		/* white space too: before the colon it hides a field from others (RFC 9112, 5.1) */
		if (!token[c])
			return bad(p, 400);
		add(p, lower(c));
		return HTTP_MORE;
	}
	if (p->length == 0)
		return bad(p, 400);
	p->field = (uint8_t)field_of(p);
	if (p->field == FIELD_HOST) {
		if (p->flags & HTTP_HOST)
			return bad(p, 400);
		p->flags |= HTTP_HOST;
		return go_on(p, SKIP);
	}
	return go_on(p, p->field == FIELD_OTHER ? SKIP : VALUE);
}

static enum http_result
begin_body(struct http *p)
{
	p->head = 0;
	if (p->flags & HTTP_CHUNKED) {
		p->left = 0;
		return go_on(p, CHUNK_SIZE);
	}
	if (p->left == 0)
		return HTTP_DONE;
	return go_on(p, BODY);
}

static enum http_result
request_head(struct http *p)
{
	if (p->minor > 0 && !(p->flags & HTTP_HOST))
		return bad(p, 400);
	if (p->flags & HTTP_CODED)
		return bad(p, 501);
	/* who sends both may mean to smuggle a request; HTTP/1.0 has no chunks (RFC 9112, 6.1) */
	if ((p->flags & HTTP_CHUNKED) && ((p->flags & HTTP_LENGTH) || p->minor == 0))
		return bad(p, 400);
	return begin_body(p);
}

static enum http_result
response_head(struct http *p)
{
	if (p->status < 200) {
		/* an interim response: the one that counts comes behind it. Nobody asked to switch protocols. */
		if (p->status == 101)
			return HTTP_BAD;
		*p = (struct http){ .role = HTTP_RESPONSE, .flags = p->flags & HTTP_NO_BODY };
		return HTTP_MORE;
	}
	if ((p->flags & HTTP_NO_BODY) || p->status == 204 || p->status == 304)
		return HTTP_DONE;
	if ((p->flags & HTTP_CODED) && !(p->flags & HTTP_CHUNKED))
		p->flags &= (uint8_t)~HTTP_LENGTH;
	if (p->flags & (HTTP_CHUNKED | HTTP_LENGTH))
		return begin_body(p);
	p->flags |= HTTP_CLOSE;
	return go_on(p, BODY_TO_CLOSE);
}

static enum http_result
end_head(struct http *p)
{
	return p->role == HTTP_REQUEST ? request_head(p) : response_head(p);
}

static enum http_result
field_line(struct http *p, uint8_t c)
{
	switch ((enum state)p->state) {
	case FIELD:
		if (c == '\n')
			return end_head(p);
		if (c == '\r')
			return go_on(p, HEAD_LF);
		p->state = NAME;
		/* fall through */
	case NAME:
		return name(p, c);
	case VALUE:
	case GAP:
		return value(p, c);
	default:
		return c == '\n' ? end_head(p) : bad(p, 400);
	}
}

/* ---- the body */

static enum http_result
chunk_size(struct http *p, uint8_t c)
{
	uint8_t low = lower(c);

	if ((c >= '0' && c <= '9') || (low >= 'a' && low <= 'f')) {
		/* 15 digits at most: no number of them overflows */
		if (++p->length > 15)
			return bad(p, 400);
		p->left = p->left << 4 | (uint64_t)(c <= '9' ? c - '0' : low - 'a' + 10);
		return HTTP_MORE;
	}
	if (p->length == 0)
		return bad(p, 400);
	if (c == '\n')
		return go_on(p, p->left > 0 ? CHUNK : TRAILER);
	/* extensions are skipped (RFC 9112, 7.1.1) */
	return c == '\r' || c == ';' || c == ' ' || c == '\t' ? go_on(p, CHUNK_SKIP) : bad(p, 400);
}

static enum http_result
chunk_line(struct http *p, uint8_t c)
{
	switch ((enum state)p->state) {
	case CHUNK_SIZE:
		return chunk_size(p, c);
	case CHUNK_SKIP:
		return c == '\n' ? go_on(p, p->left > 0 ? CHUNK : TRAILER) : HTTP_MORE;
	case CHUNK_END:
		if (c == '\n') {
			p->head = 0;
			return go_on(p, CHUNK_SIZE);
		}
		return c == '\r' && p->length++ == 0 ? HTTP_MORE : bad(p, 400);
	case TRAILER:
		if (c == '\n')
			return HTTP_DONE;
		return go_on(p, c == '\r' ? TRAILER_LF : TRAILER_SKIP);
	case TRAILER_SKIP:
		return c == '\n' ? go_on(p, TRAILER) : HTTP_MORE;
	default:
		return c == '\n' ? HTTP_DONE : bad(p, 400);
	}
}

/* Bytes that are only counted. */
static enum http_result
count_body(struct http *p, size_t there, size_t *used)
{
	size_t n = p->state == BODY_TO_CLOSE || there < p->left ? there : (size_t)p->left;

	*used += n;
	p->body += n;
	if (p->state == BODY_TO_CLOSE)
		return HTTP_MORE;
	p->left -= n;
	if (p->left > 0)
		return HTTP_MORE;
	return p->state == BODY ? HTTP_DONE : go_on(p, CHUNK_END);
}

/* The rest of a line that says nothing to us, as far as it is there. */
static enum http_result
skip_line(struct http *p, const uint8_t *data, size_t there, size_t *used)
{
	const uint8_t *end = memchr(data, '\n', there);
	size_t n = end != NULL ? (size_t)(end - data) + 1 : there;

	*used += n;
	if (n > HTTP_HEAD_MAX - (size_t)p->head)
		return bad(p, 431);
	p->head += (uint16_t)n;
	return end != NULL ? go_on(p, FIELD) : HTTP_MORE;
}

enum http_result
http_parse(struct http *p, const uint8_t *data, size_t length, size_t *used)
{
	enum http_result result = HTTP_MORE;

	*used = 0;
	while (*used < length && result == HTTP_MORE) {
		if (p->state == BODY || p->state == BODY_TO_CLOSE || p->state == CHUNK) {
			result = count_body(p, length - *used, used);
		} else if (p->state == SKIP) {
			result = skip_line(p, data + *used, length - *used, used);
		} else {
			uint8_t c = data[(*used)++];

			if (++p->head > HTTP_HEAD_MAX)
				return bad(p, p->state == TARGET ? 414 : 431);
			result = p->state < FIELD ? start_line(p, c) : p->state < BODY ? field_line(p, c) : chunk_line(p, c);
		}
	}
	return result;
}

enum http_result
http_end(struct http *p)
{
	return p->state == BODY_TO_CLOSE ? HTTP_DONE : HTTP_BAD;
}

bool
http_is_fresh(const struct http *p)
{
	return p->state == START;
}

bool
http_in_body(const struct http *p)
{
	return p->state >= BODY;
}
