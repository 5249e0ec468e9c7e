/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The headers that are written in one go are held against those that are put together field by field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "frames.h"
#include "wire/headers.h"

#define ROUNDS 20000u
#define PAYLOAD 200u

struct fields {
	struct tern_addr src, dst;
	uint8_t payload[PAYLOAD];
	struct headers h;
	enum headers_options options;
	unsigned int checksums;
	uint8_t tos, ttl;
	bool v4;
};

static void
draw_bytes(uint64_t *seed, uint8_t *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		p[i] = (uint8_t)mix64(seed);
}

/* Corners are as likely as the rest: sums that come to 0 or to all ones are found there. */
static uint32_t
draw(uint64_t *seed)
{
	static const uint32_t corners[] = { 0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff };
	uint64_t z = mix64(seed);

	return z % 4 == 0 ? corners[(z >> 8) % 7] : (uint32_t)(z >> 32);
}

static void
draw_fields(struct fields *f, uint64_t *seed)
{
	f->v4 = draw(seed) & 1;
	draw_bytes(seed, f->src.b, sizeof(f->src.b));
	draw_bytes(seed, f->dst.b, sizeof(f->dst.b));
	draw_bytes(seed, f->payload, sizeof(f->payload));
	f->options = (enum headers_options)(mix64(seed) % 3);
	f->checksums = (unsigned int[]){ 0, HEADERS_PSEUDO, HEADERS_CHECKED }[mix64(seed) % 3] | (mix64(seed) & HEADERS_IP_CHECKED);
	f->tos = (uint8_t)draw(seed);
	f->ttl = (uint8_t)draw(seed);
	f->h = (struct headers){
		.src = f->src.b, .dst = f->dst.b, .payload = (uint32_t)(mix64(seed) % (PAYLOAD + 1)),
		.seq = draw(seed), .ack = draw(seed), .tsval = draw(seed), .tsecr = draw(seed),
		.sport = (uint16_t)draw(seed), .dport = (uint16_t)draw(seed), .window = (uint16_t)draw(seed),
		.mss = (uint16_t)draw(seed), .wscale = (uint8_t)(mix64(seed) % 15),
		.flags = (uint8_t)draw(seed),
	};
	f->h.payload_sum = checksum_add(0, f->payload, f->h.payload);
}

static uint32_t
put_slowly(uint8_t *p, const struct fields *f)
{
	static const uint8_t present[] = {
		[HEADERS_PLAIN] = 0, [HEADERS_TIMESTAMP] = TCP_OPT_TIMESTAMP,
		[HEADERS_SYN] = TCP_OPT_MSS | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP | TCP_OPT_WSCALE,
	};
	const struct headers *h = &f->h;
	struct tcp_segment s = {
		.seq = h->seq, .ack = h->ack, .sport = h->sport, .dport = h->dport, .window = h->window, .flags = h->flags,
		.opt = { .present = present[f->options], .tsval = h->tsval, .tsecr = h->tsecr, .mss = h->mss,
			 .wscale = h->wscale },
	};
	uint32_t ip_length = f->v4 ? IPV4_HEADER : IPV6_HEADER, tcp_length = tcp_emit(p + ip_length, &s);
	uint32_t length = tcp_length + h->payload;
	uint64_t sum;

	ip_emit(p, f->v4, &f->src, &f->dst, IP_PROTO_TCP, length, f->tos, f->ttl, 0, !(f->checksums & HEADERS_IP_CHECKED));
	sum = checksum_pseudo(f->v4, &f->src, &f->dst, IP_PROTO_TCP, length);
	memcpy(p + ip_length + tcp_length, f->payload, h->payload);
	if (f->checksums & HEADERS_CHECKED)
		tcp_set_checksum(p + ip_length, checksum_fold(checksum_add(sum, p + ip_length, length)));
	else if (f->checksums & HEADERS_PSEUDO)
		tcp_set_checksum(p + ip_length, checksum_pseudo_field(f->v4, &f->src, &f->dst, IP_PROTO_TCP, length));
	return ip_length + tcp_length;
}

static uint32_t
put_in_one_go(uint8_t *p, const struct fields *f)
{
	struct headers_template t = headers_template(f->v4, f->tos, f->ttl);

	return headers_put(p, &f->h, &t, f->v4, f->options, f->checksums);
}

static void
both_ways_write_the_same_bytes(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint8_t slow[IPV6_HEADER + 60 + PAYLOAD], fast[sizeof(slow)];
		struct fields f;
		uint32_t headers;

		draw_fields(&f, &seed);
		memset(slow, 0xaa, sizeof(slow));
		memset(fast, 0xaa, sizeof(fast));
		headers = put_slowly(slow, &f);
		memcpy(fast + headers, f.payload, f.h.payload);
		assert_int_equal(put_in_one_go(fast, &f), headers);
		assert_memory_equal(fast, slow, sizeof(slow));
	}
}

/* -0 and 0 are one value and two fields (RFC 1071, 2): a sum of nothing but ones must not become the other. */
static void
a_sum_of_ones_stays_one(void **state)
{
	uint8_t p[IPV4_HEADER + TCP_HEADER];
	struct fields f = { .v4 = true, .checksums = HEADERS_CHECKED };

	(void)state;
	f.h = (struct headers){ .src = f.src.b, .dst = f.dst.b };
	/* pseudo header 26 and data offset 0x5000, and what is missing to 0xffff */
	f.h.sport = 0xffff - 0x5000 - IP_PROTO_TCP - TCP_HEADER;
	put_in_one_go(p, &f);
	assert_int_equal(p[IPV4_HEADER + 16] | p[IPV4_HEADER + 17], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_write_the_same_bytes),
		cmocka_unit_test(a_sum_of_ones_stays_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
