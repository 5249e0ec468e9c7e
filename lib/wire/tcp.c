/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/tcp.h"

#include <stdbool.h>

#include "wire/bytes.h"
#include "wire/tcp_options.h"

/* kinds and lengths (RFC 9293, 3.1; RFC 7323; RFC 2018; RFC 7413) */
enum { KIND_EOL = 0, KIND_NOP = 1, KIND_MSS = 2, KIND_WSCALE = 3, KIND_SACK_OK = 4, KIND_SACK = 5, KIND_TIMESTAMP = 8,
       KIND_FASTOPEN = 34, KIND_EXPERIMENT = 254 };
#define FASTOPEN_EXPERIMENT 0xf989u  /* its identifier among those that share the kind (RFC 6994) */
enum { LENGTH_MSS = 4, LENGTH_WSCALE = 3, LENGTH_SACK_OK = 2, LENGTH_TIMESTAMP = 10, LENGTH_SACK_BLOCK = 8 };
#define MAX_WSCALE 14u

static void
parse_sack(struct tcp_options *o, const uint8_t *p, uint32_t blocks)
{
	/* four blocks fit into the longest header, so this holds by arithmetic; the array should not depend on it */
	if (blocks > TCP_MAX_SACK)
		blocks = TCP_MAX_SACK;
	for (uint32_t i = 0; i < blocks; i++, p += LENGTH_SACK_BLOCK)
		o->sack[i] = (struct sack_block){ get_be32(p), get_be32(p + 4) };
	o->sacks = (uint8_t)blocks;
	o->present |= TCP_OPT_SACK;
}

/* n bytes at p. An odd or impossible length makes it no cookie: ignored (RFC 7413, 4.1.1). */
static void
parse_fastopen(struct tcp_options *o, const uint8_t *p, uint32_t n, bool experimental)
{
	if (n % 2 != 0 || n > TCP_MAX_COOKIE || (n != 0 && n < 4))
		return;
	o->fastopen.length = (uint8_t)n;
	o->fastopen.experimental = experimental;
	memcpy(o->fastopen.bytes, p, n);
	o->present |= TCP_OPT_FASTOPEN;
}

static void
parse_option(struct tcp_options *o, const uint8_t *p, uint32_t length, bool syn)
{
	switch (p[0]) {
	case KIND_TIMESTAMP:
		if (length == LENGTH_TIMESTAMP) {
			o->tsval = get_be32(p + 2);
			o->tsecr = get_be32(p + 6);
			o->present |= TCP_OPT_TIMESTAMP;
		}
		break;
	case KIND_SACK:
		if (length > 2 && (length - 2) % LENGTH_SACK_BLOCK == 0)
			parse_sack(o, p + 2, (length - 2) / LENGTH_SACK_BLOCK);
		break;
	case KIND_MSS:
		if (syn && length == LENGTH_MSS) {
			o->mss = get_be16(p + 2);
			o->present |= TCP_OPT_MSS;
		}
		break;
	case KIND_WSCALE:
		if (syn && length == LENGTH_WSCALE) {
			o->wscale = p[2] > MAX_WSCALE ? MAX_WSCALE : p[2];
			o->present |= TCP_OPT_WSCALE;
		}
		break;
	case KIND_SACK_OK:
		if (syn && length == LENGTH_SACK_OK)
			o->present |= TCP_OPT_SACK_OK;
		break;
	case KIND_FASTOPEN:
		if (syn)
			parse_fastopen(o, p + 2, length - 2, false);
		break;
	case KIND_EXPERIMENT:
		if (syn && length >= 4 && get_be16(p + 2) == FASTOPEN_EXPERIMENT)
			parse_fastopen(o, p + 4, length - 4, true);
		break;
	default:
		break;
	}
}

/* Any options at any alignment (MUST-5, MUST-6, MUST-7, MUST-64) */
static __attribute__((noinline)) int
parse_options(struct tcp_options *o, const uint8_t *p, uint32_t length, bool syn)
{
	while (length > 0 && p[0] != KIND_EOL) {
		uint32_t step = 1;

		if (p[0] != KIND_NOP) {
			if (length < 2 || p[1] < 2 || p[1] > length)
				return -TERN_DROP_TCP_OPTION;
			step = p[1];
			parse_option(o, p, step, syn);
		}
		p += step;
		length -= step;
	}
	return 0;
}

/* The SYN of Linux, and ours: MSS, SACK-permitted and timestamp, NOP, window scale. One in every connection. */
#define USUAL_SYN (TCP_HEADER + 20u)
static bool
is_usual_syn(const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	const uint16_t length_and_syn = 0xf000 | TCP_SYN;
	const uint8_t *p = data + TCP_HEADER;

	return contiguous >= USUAL_SYN && length >= USUAL_SYN &&
	       (get_be16(data + 12) & length_and_syn) == (USUAL_SYN / 4 << 12 | TCP_SYN) &&
	       (get_be64(p) & UINT64_C(0xffff0000ffffffff)) == ((uint64_t)MSS_OPTION << 32 | SACK_OK_TIMESTAMP) &&
	       (get_be32(p + 16) & 0xffffff00) == NOP_WSCALE;
}

static void
parse_usual_syn(struct tcp_segment *s, const uint8_t *data, uint32_t length)
{
	const uint8_t *p = data + TCP_HEADER;
	struct tcp_options *o = &s->opt;
	uint64_t times = get_be64(p + 8);

	tcp_parse_header(s, data, length, USUAL_SYN);
	o->present = TCP_OPT_MSS | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP | TCP_OPT_WSCALE;
	o->sacks = 0;
	o->mss = get_be16(p + 2);
	o->tsval = (uint32_t)(times >> 32);
	o->tsecr = (uint32_t)times;
	o->wscale = p[19] > MAX_WSCALE ? MAX_WSCALE : p[19];
}

int
tcp_parse_other(struct tcp_segment *s, const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	const uint8_t *options = data + TCP_HEADER;
	uint32_t header;

	if (is_usual_syn(data, contiguous, length)) {
		parse_usual_syn(s, data, length);
		return 0;
	}
	if (contiguous < TCP_HEADER)
		return length < TCP_HEADER ? -TERN_DROP_TCP_HEADER : -TERN_DROP_SHORT;
	header = (data[12] & 0xf0u) >> 2;
	if (header < TCP_HEADER || header > length)
		return -TERN_DROP_TCP_HEADER;
	if (header > contiguous)
		return -TERN_DROP_SHORT;
	tcp_parse_header(s, data, length, header);
	s->opt.present = s->opt.sacks = 0;
	if (header == TCP_HEADER)
		return 0;
	return parse_options(&s->opt, options, header - TCP_HEADER, s->flags & TCP_SYN);
}

static uint8_t *
emit_sack(uint8_t *p, const struct tcp_options *o, uint32_t room)
{
	uint32_t blocks = o->sacks < TCP_MAX_SACK ? o->sacks : TCP_MAX_SACK;

	if (blocks > (room - 4) / LENGTH_SACK_BLOCK)
		blocks = (room - 4) / LENGTH_SACK_BLOCK;
	if (blocks == 0)
		return p;
	put_be32(p, NOP_NOP_SACK | (2 + blocks * LENGTH_SACK_BLOCK));
	p += 4;
	for (uint32_t i = 0; i < blocks; i++, p += LENGTH_SACK_BLOCK) {
		put_be32(p, o->sack[i].left);
		put_be32(p + 4, o->sack[i].right);
	}
	return p;
}

static __attribute__((noinline)) uint8_t *
emit_fastopen(uint8_t *p, const struct tcp_fastopen *cookie)
{
	uint32_t head = cookie->experimental ? 4 : 2, length = head + cookie->length;

	p[0] = cookie->experimental ? KIND_EXPERIMENT : KIND_FASTOPEN;
	p[1] = (uint8_t)length;
	if (cookie->experimental)
		put_be16(p + 2, FASTOPEN_EXPERIMENT);
	memcpy(p + head, cookie->bytes, cookie->length);
	for (p += length; length % 4 != 0; length++)
		*p++ = KIND_NOP;
	return p;
}

/* At most 4 + 12 + 4 bytes in front of SACK blocks, so that at least two fit behind anything. */
static __attribute__((noinline)) uint32_t
emit_options(uint8_t *p, const struct tcp_options *o)
{
	uint8_t *begin = p;

	if (o->present & TCP_OPT_MSS) {
		put_be32(p, MSS_OPTION | o->mss);
		p += 4;
	}
	if (o->present & TCP_OPT_TIMESTAMP) {
		put_be32(p, o->present & TCP_OPT_SACK_OK ? SACK_OK_TIMESTAMP : NOP_NOP_TIMESTAMP);
		put_be32(p + 4, o->tsval);
		put_be32(p + 8, o->tsecr);
		p += 12;
	} else if (o->present & TCP_OPT_SACK_OK) {
		put_be32(p, NOP_NOP_SACK_OK);
		p += 4;
	}
	if (o->present & TCP_OPT_WSCALE) {
		put_be32(p, NOP_WSCALE | o->wscale);
		p += 4;
	}
	if (o->present & TCP_OPT_FASTOPEN)
		p = emit_fastopen(p, &o->fastopen);
	if (o->present & TCP_OPT_SACK)
		p = emit_sack(p, o, TCP_MAX_OPTIONS - (uint32_t)(p - begin));
	return (uint32_t)(p - begin);
}

uint32_t
tcp_emit(uint8_t *p, const struct tcp_segment *s)
{
	uint32_t header;

	put_be16(p, s->sport);
	put_be16(p + 2, s->dport);
	put_be32(p + 4, s->seq);
	put_be32(p + 8, s->ack);
	p[13] = s->flags;
	put_be16(p + 14, s->window);
	put_be16(p + 16, 0);
	put_be16(p + 18, s->urgent);
	if (s->opt.present == TCP_OPT_TIMESTAMP) {
		p[12] = TCP_HEADER_TIMESTAMP / 4 << 4;
		put_be32(p + TCP_HEADER, NOP_NOP_TIMESTAMP);
		put_be32(p + TCP_HEADER + 4, s->opt.tsval);
		put_be32(p + TCP_HEADER + 8, s->opt.tsecr);
		return TCP_HEADER_TIMESTAMP;
	}
	header = TCP_HEADER;
	if (s->opt.present != 0)
		header += emit_options(p + TCP_HEADER, &s->opt);
	p[12] = (uint8_t)(header / 4 << 4);
	return header;
}

void
tcp_set_checksum(uint8_t *p, uint16_t checksum)
{
	memcpy(p + 16, &checksum, sizeof(checksum));
}
