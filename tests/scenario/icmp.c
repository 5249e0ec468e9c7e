/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Errors of the network: "icmp host-unreachable quote 1" is ICMP or ICMPv6 by the
 * family, and quotes the host's segment at that sequence number as a router would have seen it.
 */

#include <string.h>

#include "packet_bytes.h"
#include "pkt_write.h"
#include "run.h"

#define NONE 255   /* not in this family */

static const struct {
	const char *name;
	uint8_t type4, code4, type6, code6;
} kinds[] = {
	{ "net-unreachable", 3, 0, 1, 0 },
	{ "host-unreachable", 3, 1, 1, 3 },
	{ "protocol-unreachable", 3, 2, 4, 1 },   /* version 6: parameter problem, next header not known */
	{ "port-unreachable", 3, 3, 1, 4 },
	{ "too-big", 3, 4, 2, 0 },
	{ "source-route-failed", 3, 5, NONE, 0 },
	{ "prohibited", 3, 13, 1, 1 },
	{ "source-quench", 4, 0, NONE, 0 },
	{ "redirect", 5, 1, 137, 0 },
	{ "time-exceeded", 11, 0, 3, 0 },
	{ "reassembly-time-exceeded", 11, 1, 3, 1 },
	{ "parameter-problem", 12, 0, 4, 0 },
	{ "unknown-option", NONE, 0, 4, 2 },
	{ "router-advertisement", 9, 0, 134, 0 },
};

bool
icmp_is(const char *word)
{
	return strcmp(word, "icmp") == 0;
}

static bool
set_kind(struct run *r, const char *name, struct packet *p)
{
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		p->icmp_type = p->v4 ? kinds[i].type4 : kinds[i].type6;
		p->icmp_code = p->v4 ? kinds[i].code4 : kinds[i].code6;
		return p->icmp_type != NONE || run_fail(r, "ICMPv6 has no %s", name);
	}
	return run_fail(r, "no ICMP message %s", name);
}

/* what the message quotes of the host's segment, and what is odd about the quote */
struct quote {
	int64_t seq, length;      /* relative; payload */
	int64_t cut;              /* bytes of TCP that are quoted */
	int64_t protocol;
	bool extension, later_fragment;
	struct tern_addr src, dst;
	uint16_t sport, dport;
};

static uint32_t
quote_v4(const struct quote *q, uint8_t *p)
{
	uint16_t length = (uint16_t)(40 + q->length);

	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, length);
	put16(p + 6, q->later_fragment ? 0x4001 : 0x4000);
	p[8] = 1;
	p[9] = (uint8_t)q->protocol;
	memcpy(p + 12, q->src.b + 12, 4);
	memcpy(p + 16, q->dst.b + 12, 4);
	put16(p + 10, (uint16_t)~ones_complement(0, p, 20));
	return 20;
}

static uint32_t
quote_v6(const struct quote *q, uint8_t *p)
{
	uint32_t extensions = (q->extension ? 8u : 0) + (q->later_fragment ? 8u : 0), at = 40;

	memset(p, 0, 40 + extensions);
	p[0] = 0x60;
	put16(p + 4, (uint16_t)(20 + q->length + extensions));
	p[6] = q->extension ? 60 : q->later_fragment ? 44 : (uint8_t)q->protocol;
	p[7] = 1;
	memcpy(p + 8, q->src.b, 16);
	memcpy(p + 24, q->dst.b, 16);
	if (q->extension) {
		p[at] = q->later_fragment ? 44 : (uint8_t)q->protocol;
		p[at + 2] = 1;
		p[at + 3] = 4;
		at += 8;
	}
	if (q->later_fragment) {
		p[at] = (uint8_t)q->protocol;
		put16(p + at + 2, 8);
		at += 8;
	}
	return at;
}

static void
put_quote(struct packet *p, const struct flow *f, const struct quote *q)
{
	uint8_t *at = p->payload + 4, tcp[20] = { 0 };

	at += p->v4 ? quote_v4(q, at) : quote_v6(q, at);
	put16(tcp, q->sport);
	put16(tcp + 2, q->dport);
	put32(tcp + 4, f->iss + (uint32_t)q->seq);
	tcp[12] = 0x50;
	tcp[13] = 0x10;
	memcpy(at, tcp, (size_t)q->cut);
	p->payload_length = (uint32_t)(at + q->cut - p->payload);
}

/* "quote 1:1461": where the quoted segment begins, and how far it goes */
static bool
read_place(struct run *r, const char *text, struct quote *q)
{
	char copy[64];
	char *colon;
	int64_t end;

	if (strlen(text) >= sizeof(copy))
		return run_fail(r, "no place %s", text);
	strcpy(copy, text);
	colon = strchr(copy, ':');
	if (colon != NULL)
		*colon = '\0';
	if (!run_number(r, copy, &q->seq))
		return false;
	end = q->seq;
	if (colon != NULL && !run_number(r, colon + 1, &end))
		return false;
	q->length = end - q->seq;
	return true;
}

/* Words of the quote; 0 when it is none of them, else how many it took, or -1. */
static int
read_quote(struct run *r, const char *word, const char *value, struct quote *q, int64_t *mtu)
{
	int64_t v = 0;

	if (strcmp(word, "quote") == 0)
		return read_place(r, value, q) ? 2 : -1;
	if (strcmp(word, "quote-extension") == 0)
		return q->extension = true;
	if (strcmp(word, "quote-later-fragment") == 0)
		return q->later_fragment = true;
	if (strcmp(word, "quote-from") == 0)
		return run_address(r, value, &q->src) ? 2 : -1;
	if (strcmp(word, "quote-to") == 0)
		return run_address(r, value, &q->dst) ? 2 : -1;
	if (strcmp(word, "mtu") != 0 && strncmp(word, "quote-", 6) != 0)
		return 0;
	if (!run_number(r, value, &v))
		return -1;
	if (strcmp(word, "mtu") == 0)
		*mtu = v;
	else if (strcmp(word, "quote-cut") == 0)
		q->cut = v < 20 ? v : 20;
	else if (strcmp(word, "quote-protocol") == 0)
		q->protocol = v;
	else if (strcmp(word, "quote-sport") == 0)
		q->sport = (uint16_t)v;
	else if (strcmp(word, "quote-dport") == 0)
		q->dport = (uint16_t)v;
	else
		return 0;
	return 2;
}

/* < icmp too-big mtu 1300 quote 1:1461 */
bool
icmp_inject(struct run *r, const struct words *w, unsigned int i)
{
	const struct flow *f = r->now_flow;
	static struct packet p;
	struct quote q = { .protocol = 6, .src = f->local, .dst = f->remote, .sport = f->lport, .dport = f->rport };
	int64_t mtu = 0;
	bool odd = false;

	memset(&p, 0, sizeof(p));
	p.kind = PACKET_ICMP;
	p.v4 = !r->variant.v6;
	p.vlan = r->setup.vlan;
	memcpy(p.dst_mac, run_host_mac, 6);
	run_address(r, "gateway", &p.src);
	p.dst = f->local;
	p.ttl = 255;
	q.cut = p.v4 ? 8 : 20;
	if (++i >= w->count || !set_kind(r, w->word[i++], &p))
		return run_fail(r, "icmp wants the name of a message");
	while (i < w->count) {
		const char *value = i + 1 < w->count ? w->word[i + 1] : "";
		int took = read_quote(r, w->word[i], value, &q, &mtu);
		unsigned int used = (unsigned int)took;

		if (took < 0 || (took == 0 && !segment_modify(r, &p, w->word[i], value, &used)))
			return run_fail(r, "icmp has no %s %s", w->word[i], value);
		odd |= strcmp(w->word[i], "quote") != 0 && strcmp(w->word[i], "mtu") != 0;
		i += used;
	}
	run_link_address(r, &p.src, p.src_mac);
	if (p.v4)
		put16(p.payload + 2, (uint16_t)mtu);
	else
		put32(p.payload, (uint32_t)mtu);
	put_quote(&p, f, &q);
	run_log_packet(r, &p, NULL, "<");
	if (odd)
		pkt_write_line(r, "what is odd about the message");
	pkt_write_icmp(r, w->word[2], mtu, q.seq, q.length);
	run_inject(r, &p);
	return run_settle(r);
}

static bool
is_icmp(const struct run *r, const struct packet *p)
{
	(void)r;
	return p->kind == PACKET_ICMP;
}

/* > icmp parameter-problem to peer */
bool
icmp_expect(struct run *r, const struct words *w, unsigned int i, uint64_t from_ns, uint64_t to_ns)
{
	static struct packet want, p;

	want.v4 = !r->variant.v6;
	if (++i >= w->count || !set_kind(r, w->word[i++], &want))
		return run_fail(r, "icmp wants the name of a message");
	if (!run_take(r, from_ns, to_ns, is_icmp, &p))
		return false;
	if (p.icmp_type != want.icmp_type || p.icmp_code != want.icmp_code)
		return run_fail(r, "is type %u code %u", p.icmp_type, p.icmp_code);
	for (; i < w->count; i += 2)
		if (!segment_match_rest(r, &p, w->word[i], i + 1 < w->count ? w->word[i + 1] : ""))
			return false;
	return true;
}
