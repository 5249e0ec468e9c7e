/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_HEADERS_H
#define WIRE_HEADERS_H

/*
 * IP and TCP header of the usual segment in one go: put together in registers,
 * written by a few wide stores, and summed from the same values, as a load over
 * stores of another width waits for the cache. Byte for byte what ip_emit(),
 * tcp_emit() and the checksums of checksum.h come to: test_headers.c holds one against the
 * other. Usual is: IPv4 with DF or IPv6, no urgent data, and options of one of three kinds.
 */

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"

#define HEADERS_INLINE static inline __attribute__((always_inline))

enum headers_options {
	HEADERS_PLAIN, HEADERS_TIMESTAMP,
	HEADERS_SYN,           /* MSS, SACK permitted, timestamp and window scale, as Linux has them */
};

/* What is done for checksums; nothing where nobody will look at the fields, which are 0 then */
enum {
	HEADERS_IP_CHECKED = 1,
	HEADERS_PSEUDO = 2,    /* a device completes TCP's: the pseudo header's sum */
	HEADERS_CHECKED = 4,   /* or TCP's is written, from values */
};

/* The words of IP's header that a stack's segments have in common, in host order, the length left out */
struct headers_template {
	uint64_t first;
	uint32_t second;       /* of IPv4 */
};

/* In host order but for the addresses */
struct headers {
	const uint8_t *src, *dst;      /* 16 bytes, IPv4 mapped */
	uint64_t payload_sum;          /* with HEADERS_CHECKED: checksum_add() of the payload */
	uint32_t payload;              /* bytes */
	uint32_t seq, ack, tsval, tsecr;
	uint16_t sport, dport, window;
	uint16_t mss;                  /* of a SYN, as the next */
	uint8_t wscale;
	uint8_t flags;
};

HEADERS_INLINE struct headers_template
headers_template(bool v4, uint8_t tos, uint8_t ttl)
{
	if (v4)
		return (struct headers_template){
			.first = UINT64_C(0x45) << 56 | (uint64_t)tos << 48 | 0x4000 /* DF */,
			.second = (uint32_t)ttl << 24 | IP_PROTO_TCP << 16,
		};
	return (struct headers_template){ .first = UINT64_C(6) << 60 | (uint64_t)tos << 52 | IP_PROTO_TCP << 8 | ttl };
}

HEADERS_INLINE uint32_t
headers_tcp_length(enum headers_options options)
{
	return TCP_HEADER + (options == HEADERS_PLAIN ? 0 : options == HEADERS_TIMESTAMP ? 12 : 20);
}

HEADERS_INLINE uint64_t
headers_load(const uint8_t *p, uint32_t bytes)
{
	uint64_t word = 0;

	memcpy(&word, p, bytes);
	return word;
}

/* In network order at p, @return as it stands there */
HEADERS_INLINE uint64_t
headers_put64(uint8_t *p, uint64_t value)
{
	value = htobe64(value);
	memcpy(p, &value, sizeof(value));
	return value;
}

HEADERS_INLINE uint64_t
headers_put32(uint8_t *p, uint32_t value)
{
	value = htobe32(value);
	memcpy(p, &value, sizeof(value));
	return value;
}

HEADERS_INLINE void
headers_put_v4(uint8_t *p, const struct headers *h, const struct headers_template *t, uint32_t length, unsigned int checksums)
{
	const uint8_t *src = h->src + 12, *dst = h->dst + 12;
	uint64_t first = headers_put64(p, t->first + ((uint64_t)(IPV4_HEADER + length) << 32));
	uint64_t second = headers_put32(p + 8, t->second);

	memcpy(p + 12, src, 4);
	memcpy(p + 16, dst, 4);
	if (checksums & HEADERS_IP_CHECKED) {
		uint16_t field = checksum_fold(checksum_wide(first, second + headers_load(src, 4) + headers_load(dst, 4)));

		memcpy(p + 10, &field, sizeof(field));
	}
}

HEADERS_INLINE void
headers_put_v6(uint8_t *p, const struct headers *h, const struct headers_template *t, uint32_t length)
{
	headers_put64(p, t->first + ((uint64_t)length << 16));
	memcpy(p + 8, h->src, 16);
	memcpy(p + 24, h->dst, 16);
}

HEADERS_INLINE uint64_t
headers_pseudo_sum(const struct headers *h, uint32_t length, bool v4)
{
	uint64_t sum = (uint64_t)htobe32(length) + htobe32(IP_PROTO_TCP);

	if (v4)
		return sum + headers_load(h->src + 12, 4) + headers_load(h->dst + 12, 4);
	for (uint32_t i = 0; i < 16; i += 8) {
		sum = checksum_wide(sum, headers_load(h->src + i, 8));
		sum = checksum_wide(sum, headers_load(h->dst + i, 8));
	}
	return sum;
}

/* @return their sum */
HEADERS_INLINE uint64_t
headers_put_options(uint8_t *p, const struct headers *h, enum headers_options options)
{
	uint64_t sum = 0;

	if (options == HEADERS_SYN) {
		sum = headers_put64(p, (uint64_t)(MSS_OPTION | h->mss) << 32 | SACK_OK_TIMESTAMP);
		sum = checksum_wide(sum, headers_put64(p + 8, (uint64_t)h->tsval << 32 | h->tsecr));
		sum = checksum_wide(sum, headers_put32(p + 16, NOP_WSCALE | h->wscale));
	} else if (options == HEADERS_TIMESTAMP) {
		sum = headers_put64(p, (uint64_t)NOP_NOP_TIMESTAMP << 32 | h->tsval);
		sum = checksum_wide(sum, headers_put32(p + 8, h->tsecr));
	}
	return sum;
}

/* @return bytes of both. The payload is not touched, and may be there already. */
HEADERS_INLINE uint32_t
headers_put(uint8_t *p, const struct headers *h, const struct headers_template *t, bool v4, enum headers_options options,
	    unsigned int checksums)
{
	const uint32_t ip_length = v4 ? IPV4_HEADER : IPV6_HEADER;
	uint32_t tcp_length = headers_tcp_length(options), length = tcp_length + h->payload;
	uint64_t ports, numbers, control, more;
	uint8_t *tcp = p + ip_length;
	uint16_t field[2] = { 0, 0 };  /* checksum, urgent pointer */

	ports = headers_put32(tcp, (uint32_t)h->sport << 16 | h->dport);
	/* each for itself: as one word gcc may read eight bytes of which it has written four, and wait for all stores before */
	numbers = headers_put32(tcp + 4, h->seq);
	numbers += headers_put32(tcp + 8, h->ack);
	control = headers_put32(tcp + 12, tcp_length << 26 | (uint32_t)h->flags << 16 | h->window);
	more = headers_put_options(tcp + TCP_HEADER, h, options);
	if (v4)
		headers_put_v4(p, h, t, length, checksums);
	else
		headers_put_v6(p, h, t, length);
	if (checksums & HEADERS_CHECKED) {
		uint64_t sum = checksum_wide(headers_pseudo_sum(h, length, v4), ports + control);

		sum = checksum_wide(checksum_wide(sum, numbers), more);
		field[0] = checksum_fold(checksum_wide(sum, h->payload_sum));
	} else if (checksums & HEADERS_PSEUDO) {
		field[0] = checksum_folded(headers_pseudo_sum(h, length, v4));
	}
	memcpy(tcp + 16, field, sizeof(field));
	return ip_length + tcp_length;
}

#endif
