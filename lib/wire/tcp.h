/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

/* The TCP header and its options. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/counters.h>

#include "wire/bytes.h"
#include "wire/tcp_options.h"

#define TCP_HEADER 20u
#define TCP_MAX_OPTIONS 40u
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128 };
#define TCP_MAX_SACK 4u

struct sack_block {
	uint32_t left, right;  /* [left, right) */
};

enum { TCP_OPT_MSS = 1, TCP_OPT_WSCALE = 2, TCP_OPT_SACK_OK = 4, TCP_OPT_TIMESTAMP = 8, TCP_OPT_SACK = 16, TCP_OPT_FASTOPEN = 32 };

#define TCP_MAX_COOKIE 16u

/* RFC 7413, 2: a Fast Open cookie, 4 to 16 bytes; 0: a request for one */
struct tcp_fastopen {
	uint8_t length;
	bool experimental;     /* of the option that stood for it before it had a number (RFC 7413, A; RFC 6994) */
	uint8_t bytes[TCP_MAX_COOKIE];
};

/* A field is meaningful if `present` says so; the others are left as they were. */
struct tcp_options {
	uint8_t present;       /* TCP_OPT_x */
	uint8_t sacks;         /* how many blocks; always set */
	uint16_t mss;
	uint32_t tsecr, tsval;
	/* rarely: most segments leave what follows as it was */
	struct sack_block sack[TCP_MAX_SACK];
	uint8_t wscale;        /* as received; more than 14 counts as 14 (RFC 7323, 2.3) */
	struct tcp_fastopen fastopen;
};

/* A received segment, in host order. Neighbours stand the other way round than in the header: swapped they are one word. */
struct tcp_segment {
	uint32_t ack, seq;
	uint16_t dport, sport;
	uint16_t window;       /* not scaled */
	uint16_t urgent;
	uint8_t flags;
	uint8_t header;        /* bytes, options included */
	uint16_t payload;      /* bytes */
	struct tcp_options opt;
};

/*
 * Header and options of a segment of `length` bytes (header + payload, at most
 * 65535 as IP gives it), of which `contiguous` are at data. The case of a
 * header with nothing but an aligned timestamp (NOP NOP TS) is tried first, then Linux's SYN. MSS,
 * window scale, SACK-permitted and Fast Open are taken from SYNs alone. An option of
 * impossible length: -TERN_DROP_TCP_OPTION; a known option of unexpected length
 * counts as unknown (MUST-6). A header beyond the segment:
 * -TERN_DROP_TCP_HEADER; one split over a chain: -TERN_DROP_SHORT. Does not
 * check the checksum.
 */
static inline int tcp_parse(struct tcp_segment *s, const uint8_t *data, uint32_t contiguous, uint32_t length);

/* The rest of it: header and options that are not those of nearly every segment */
int tcp_parse_other(struct tcp_segment *s, const uint8_t *data, uint32_t contiguous, uint32_t length);

/* Emit header and options at p (options in the order that Linux uses; padded with NOPs). Writes what
 * opt.present says, and as many SACK blocks as fit; s->header is not read. The checksum field is 0.
 * @return header length in bytes. */
uint32_t tcp_emit(uint8_t *p, const struct tcp_segment *s);
void tcp_set_checksum(uint8_t *p, uint16_t checksum);

/* The fixed part; header: bytes of it, a constant where this is to be fast */
static inline void
tcp_parse_header(struct tcp_segment *s, const uint8_t *data, uint32_t length, uint32_t header)
{
	uint32_t ports = get_be32(data);
	uint64_t numbers = get_be64(data + 4);

	s->dport = (uint16_t)ports;
	s->sport = (uint16_t)(ports >> 16);
	s->ack = (uint32_t)numbers;
	s->seq = (uint32_t)(numbers >> 32);
	s->flags = data[13];
	s->window = get_be16(data + 14);
	s->urgent = get_be16(data + 18);
	s->header = (uint8_t)header;
	s->payload = (uint16_t)(length - header);
}

#define TCP_HEADER_TIMESTAMP (TCP_HEADER + 12u)

static inline int
tcp_parse(struct tcp_segment *s, const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	uint64_t times;

	if (__builtin_expect(contiguous < TCP_HEADER_TIMESTAMP || length < TCP_HEADER_TIMESTAMP ||
			     (data[12] & 0xf0) != TCP_HEADER_TIMESTAMP / 4 << 4 ||
			     get_be32(data + TCP_HEADER) != NOP_NOP_TIMESTAMP, 0))
		return tcp_parse_other(s, data, contiguous, length);
	tcp_parse_header(s, data, length, TCP_HEADER_TIMESTAMP);
	times = get_be64(data + TCP_HEADER + 4);
	s->opt.present = TCP_OPT_TIMESTAMP;
	s->opt.sacks = 0;
	s->opt.tsecr = (uint32_t)times;
	s->opt.tsval = (uint32_t)(times >> 32);
	return 0;
}

#endif
