/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Each parser alone, on memory that ends where its input does, so that a read
 * beyond is found whatever lies there. The first byte chooses the parser, the
 * second what else it is told.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../app/tern/http.h"
#include "wire/usual.h"
#include "wire/wire.h"

enum parser { PARSE_FRAME, PARSE_TCP, PARSE_ARP, PARSE_ICMP, PARSE_ERROR, PARSE_HTTP, PARSERS };

static void
hold(bool what, const char *sentence)
{
	if (what)
		return;
	fprintf(stderr, "invariant: %s\n", sentence);
	abort();
}

static void
parse_tcp(const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	struct tcp_segment s = { 0 }, again = { 0 };
	uint8_t header[TCP_HEADER + TCP_MAX_OPTIONS];
	uint32_t n;

	if (tcp_parse(&s, data, contiguous, length) != 0)
		return;
	hold(s.header >= TCP_HEADER && s.header <= contiguous, "a TCP header that is longer than what there is");
	hold(s.header + s.payload == length, "TCP header and payload are not the segment");
	hold(s.opt.sacks <= TCP_MAX_SACK, "more SACK blocks than fit");
	hold(!(s.opt.present & TCP_OPT_WSCALE) || s.opt.wscale <= 14, "a window scale beyond 14");
	n = tcp_emit(header, &s);
	hold(n <= sizeof(header) && n % 4 == 0, "a header that is too long, or no multiple of words");
	hold(tcp_parse(&again, header, n, n) == 0, "what was written cannot be read");
	hold(again.seq == s.seq && again.ack == s.ack && again.window == s.window && again.flags == s.flags &&
	     again.sport == s.sport && again.dport == s.dport, "what was written reads otherwise");
}

/* The short way takes only what the other one takes, and reads the same (tests/unit/test_usual.c: and all of it). */
static void
parse_usual(const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	struct mac_addr mac;
	struct l3 o = { 0 }, said;
	struct frame f = { 0 };

	if (contiguous < ETHER_HEADER)
		return;
	memcpy(&mac, data, sizeof(mac));
	if (!usual_ipv4(&o, data, contiguous, length, usual_mac(&mac)) &&
	    !usual_ipv6(&o, data, contiguous, length, usual_mac(&mac)))
		return;
	hold(frame_parse(&f, data, contiguous, length, true) == 0, "usual, and not to be parsed");
	l3_of_frame(&said, &f);
	hold(f.protocol == IP_PROTO_TCP && f.vlan == VLAN_NONE && o.v4 == said.v4 && o.tos == said.tos &&
	     o.l3_offset == said.l3_offset && o.l4_offset == said.l4_offset && o.l4_length == said.l4_length &&
	     o.dst_high == said.dst_high && o.dst_low == said.dst_low && o.src[0] == said.src[0] && o.src[1] == said.src[1],
	     "usual, and reads otherwise");
}

static void
parse_frame(const uint8_t *data, uint32_t contiguous, uint32_t length, bool good)
{
	struct frame f = { 0 };
	struct ndp ndp;
	uint32_t here;

	if (frame_parse(&f, data, contiguous, length, good) != 0)
		return;
	if (f.ethertype == ETHERTYPE_ARP) {
		hold(f.l3_offset <= contiguous, "ARP behind the frame's end");
		return;
	}
	hold(f.l3_offset < f.l4_offset && f.l4_offset <= contiguous, "a transport header behind the frame's end");
	hold(f.l4_offset + f.l4_length <= length, "a packet that is longer than its frame");
	here = contiguous - f.l4_offset < f.l4_length ? contiguous - f.l4_offset : f.l4_length;
	if (f.protocol == IP_PROTO_TCP)
		parse_tcp(data + f.l4_offset, here, f.l4_length);
	else if (f.protocol == IP_PROTO_ICMPV6 && here == f.l4_length)
		ndp_parse(&ndp, &f, data + f.l4_offset, f.l4_length);
}

static void
parse_error(const uint8_t *data, uint32_t length, bool v4)
{
	struct icmp_error e = { 0 };

	if (icmp_error_parse(&e, v4, data, length) == 0)
		hold(tern_addr_is_v4(&e.src) == v4 && tern_addr_is_v4(&e.dst) == v4, "a quote of the other family");
}

/* However a message is cut into pieces, it means the same. */
static void
parse_http(const uint8_t *data, size_t length, enum http_role role, size_t cut)
{
	struct http whole, pieces;
	enum http_result a, b = HTTP_MORE;
	size_t used = 0, all = 0, part = 0;

	http_begin(&whole, role);
	a = http_parse(&whole, data, length, &used);
	hold(used <= length, "more was used than there is");
	hold(a != HTTP_MORE || used == length, "more is wanted, and some was not used");
	http_begin(&pieces, role);
	for (size_t at = 0; at < length && b == HTTP_MORE; at += part) {
		size_t n = length - at < cut ? length - at : cut;

		b = http_parse(&pieces, data + at, n, &part);
		hold(part <= n && (b != HTTP_MORE || part == n), "a piece was not used as it should");
		all += part;
	}
	hold(length == 0 || a == b, "in pieces the message means something else");
	hold(a == HTTP_BAD || length == 0 || (used == all && whole.body == pieces.body && whole.status == pieces.status &&
	     whole.flags == pieces.flags), "in pieces the message reads otherwise");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t length = size < 2 ? 0 : (uint32_t)(size - 2);
	uint8_t how = size < 2 ? 0 : data[1], *copy = malloc(length);
	struct icmp icmp;
	struct arp arp;

	if (size < 2 || (copy == NULL && length > 0)) {
		free(copy);
		return 0;
	}
	memcpy(copy, data + 2, length);
	switch ((enum parser)(data[0] % PARSERS)) {
	case PARSE_FRAME:
		/* the rest of a chain lies elsewhere */
		parse_frame(copy, length, length + (how & 2 ? how : 0), how & 1);
		parse_usual(copy, length, length + (how & 2 ? how : 0));
		break;
	case PARSE_TCP:
		parse_tcp(copy, length, length + how);
		break;
	case PARSE_ARP:
		arp_parse(&arp, copy, length);
		break;
	case PARSE_ICMP:
		icmp_parse(&icmp, copy, length);
		break;
	case PARSE_ERROR:
		parse_error(copy, length, how & 1);
		break;
	default:
		parse_http(copy, length, how & 1 ? HTTP_REQUEST : HTTP_RESPONSE, 1 + how / 2);
		break;
	}
	free(copy);
	return 0;
}
