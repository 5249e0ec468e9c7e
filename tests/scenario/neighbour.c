/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Packets that are not TCP: "solicit" and "advertise" are ARP or neighbour
 * discovery by the family, "echo" and "echo-reply" ICMP or ICMPv6, so that one
 * scenario serves both.
 */

#include <string.h>

#include "run.h"

bool
neighbour_is(const char *word)
{
	return strcmp(word, "solicit") == 0 || strcmp(word, "advertise") == 0 || strcmp(word, "echo") == 0 ||
	       strcmp(word, "echo-reply") == 0;
}

static enum packet_kind
kind_of(const char *word)
{
	if (strcmp(word, "solicit") == 0)
		return PACKET_SOLICIT;
	if (strcmp(word, "advertise") == 0)
		return PACKET_ADVERTISE;
	return strcmp(word, "echo") == 0 ? PACKET_ECHO : PACKET_ECHO_REPLY;
}

static void
begin(const struct run *r, struct packet *p, enum packet_kind kind)
{
	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->v4 = !r->variant.v6;
	p->vlan = r->setup.vlan;
	memcpy(p->dst_mac, run_host_mac, 6);
	run_address(r, "peer", &p->src);
	run_address(r, "local", &p->dst);
	p->ttl = kind == PACKET_SOLICIT || kind == PACKET_ADVERTISE ? 255 : 64;
	p->has_link_address = p->solicited = p->override = true;
}

/* a question is for everybody: broadcast, or the solicited-node group (RFC 4291, 2.7.1) */
static void
to_everybody(struct packet *p)
{
	static const uint8_t group[13] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };

	if (p->v4) {
		memset(p->dst_mac, 0xff, 6);
		return;
	}
	memcpy(p->dst.b, group, sizeof(group));
	memcpy(p->dst.b + 13, p->target.b + 13, 3);
	p->dst_mac[0] = p->dst_mac[1] = 0x33;
	memcpy(p->dst_mac + 2, p->dst.b + 12, 4);
}

static bool
read_numbers(struct run *r, const struct words *w, unsigned int *i, struct packet *p)
{
	for (; *i + 1 < w->count; *i += 2) {
		const char *word = w->word[*i];
		int64_t v;

		if (strcmp(word, "id") != 0 && strcmp(word, "seq") != 0 && strcmp(word, "len") != 0)
			break;
		if (!run_number(r, w->word[*i + 1], &v))
			return false;
		if (word[0] == 'i')
			p->echo_id = (uint16_t)v;
		else if (word[0] == 's')
			p->echo_number = (uint16_t)v;
		else
			p->payload_length = (uint32_t)v;
	}
	return true;
}

/* < solicit local [from ADDR], < advertise peer, < echo id 1 seq 2 len 56 */
bool
neighbour_inject(struct run *r, const struct words *w, unsigned int i)
{
	static struct packet p;
	bool neighbour, unicast = false;

	begin(r, &p, kind_of(w->word[i++]));
	neighbour = p.kind == PACKET_SOLICIT || p.kind == PACKET_ADVERTISE;
	if (neighbour && (i >= w->count || !run_address(r, w->word[i++], &p.target)))
		return run_fail(r, "wants the address that it is about");
	if (!neighbour && !read_numbers(r, w, &i, &p))
		return false;
	for (uint32_t n = 0; n < p.payload_length; n++)
		p.payload[n] = flow_byte(true, n);
	if (p.kind == PACKET_ADVERTISE)
		p.src = p.target;
	while (i < w->count) {
		unsigned int used = 1;

		if (strcmp(w->word[i], "unicast") == 0)
			unicast = true;
		else if (strcmp(w->word[i], "unsolicited") == 0)
			p.solicited = false;
		else if (!segment_modify(r, &p, w->word[i], i + 1 < w->count ? w->word[i + 1] : "", &used))
			return false;
		i += used;
	}
	run_link_address(r, p.kind == PACKET_ADVERTISE ? &p.target : &p.src, p.src_mac);
	memcpy(p.link_address, p.src_mac, 6);
	p.sender = p.kind == PACKET_SOLICIT ? p.src : p.dst;
	if (p.kind == PACKET_SOLICIT && !unicast)
		to_everybody(&p);
	run_log_packet(r, &p, NULL, "<");
	run_inject(r, &p);
	return run_settle(r);
}

static bool
not_tcp(const struct run *r, const struct packet *p)
{
	(void)r;
	return p->kind != PACKET_TCP && p->kind != PACKET_ICMP;
}

static bool
check_echo(struct run *r, const struct packet *want, const struct packet *p)
{
	if (p->echo_id != want->echo_id || p->echo_number != want->echo_number)
		return run_fail(r, "answers echo %u/%u", p->echo_id, p->echo_number);
	if (p->payload_length != want->payload_length)
		return run_fail(r, "carries %u bytes", p->payload_length);
	for (uint32_t n = 0; n < p->payload_length; n++)
		if (p->payload[n] != flow_byte(true, n))
			return run_fail(r, "byte %u is not what was sent", n);
	return true;
}

static bool
check_neighbour(struct run *r, const struct packet *want, const struct packet *p)
{
	if (memcmp(&p->target, &want->target, sizeof(p->target)) != 0)
		return run_fail(r, "is about another address");
	/* it may be left out of the answer to a question that knew it already (RFC 4861, 7.2.4) */
	if (!p->has_link_address && !want->has_link_address)
		return true;
	if (!p->has_link_address || memcmp(p->link_address, run_host_mac, 6) != 0)
		return run_fail(r, "does not carry the host's link address");
	if (!p->v4 && p->kind == PACKET_SOLICIT && p->dst.b[0] == 0xff) {
		static struct packet group;

		group = *want;
		to_everybody(&group);
		if (memcmp(&p->dst, &group.dst, sizeof(p->dst)) != 0 || memcmp(p->dst_mac, group.dst_mac, 6) != 0)
			return run_fail(r, "does not go to the solicited-node group");
	}
	return true;
}

bool
neighbour_expect(struct run *r, const struct words *w, unsigned int i, uint64_t from_ns, uint64_t to_ns)
{
	static struct packet want, p;
	bool neighbour;

	begin(r, &want, kind_of(w->word[i++]));
	neighbour = want.kind == PACKET_SOLICIT || want.kind == PACKET_ADVERTISE;
	if (neighbour && (i >= w->count || !run_address(r, w->word[i++], &want.target)))
		return run_fail(r, "wants the address that it is about");
	if (!neighbour && !read_numbers(r, w, &i, &want))
		return false;
	if (i < w->count && strcmp(w->word[i], "bare") == 0) {
		want.has_link_address = false;
		i++;
	}
	if (!run_take(r, from_ns, to_ns, not_tcp, &p))
		return false;
	if (p.kind != want.kind)
		return run_fail(r, "is a packet of another kind");
	if (!(neighbour ? check_neighbour(r, &want, &p) : check_echo(r, &want, &p)))
		return false;
	for (; i < w->count; i += 2) {
		if (strcmp(w->word[i], "unicast") == 0 || strcmp(w->word[i], "multicast") == 0) {
			if ((p.dst_mac[0] & 1) == (w->word[i][0] == 'u'))
				return run_fail(r, "is not %s", w->word[i]);
			i--;
		} else if (!segment_match_rest(r, &p, w->word[i], i + 1 < w->count ? w->word[i + 1] : "")) {
			return false;
		}
	}
	return true;
}

void
neighbour_answer(struct run *r, const struct packet *asked)
{
	static struct packet p;
	struct tern_addr silent;

	run_address(r, "silent", &silent);
	if (asked->kind != PACKET_SOLICIT || memcmp(&asked->target, &silent, sizeof(silent)) == 0 ||
	    memcmp(&asked->target, &asked->sender, sizeof(silent)) == 0)
		return;
	begin(r, &p, PACKET_ADVERTISE);
	p.v4 = asked->v4;
	p.vlan = asked->vlan;
	p.target = p.src = asked->target;
	p.sender = p.dst = asked->sender;
	run_link_address(r, &p.target, p.src_mac);
	memcpy(p.link_address, p.src_mac, 6);
	run_inject(r, &p);
}
