/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Segments of the language: "P. 1:101 ack 1 win 64000 <ts 5>". */

#include <stdlib.h>
#include <string.h>

#include "pkt_write.h"
#include "run.h"

#define FLAG_ANY_PSH 0x100u    /* p: with or without PSH */
#define FLAG_ANY_ACK 0x200u    /* ,: with or without ACK */
#define FLAG_ANY 0x400u        /* *: whatever */

/* a description, its numbers still relative */
struct spec {
	unsigned int flags;
	bool any_seq, has_ack, has_window, raw_window, has_urgent;
	bool pieces;               /* any number of segments */
	int64_t seq, end, ack, window_low, window_high, urgent, each;
	const char *options;
};

static bool
read_flags(struct run *r, const char *text, unsigned int *flags)
{
	static const char letters[] = "SFRPUEW.";
	static const unsigned int bits[] = {
		FLAG_SYN, FLAG_FIN, FLAG_RST, FLAG_PSH, FLAG_URG, FLAG_ECE, FLAG_CWR, FLAG_ACK
	};

	*flags = 0;
	if (strcmp(text, "-") == 0)
		return true;
	if (strcmp(text, "*") == 0) {
		*flags = FLAG_ANY;
		return true;
	}
	for (; *text != '\0'; text++) {
		const char *at = strchr(letters, *text);

		if (*text == 'p')
			*flags |= FLAG_ANY_PSH;
		else if (*text == ',')
			*flags |= FLAG_ANY_ACK;
		else if (at != NULL)
			*flags |= bits[at - letters];
		else
			return run_fail(r, "no flag %c (S F R P U E W . or p and , for a PSH and an ACK that may be)", *text);
	}
	return true;
}

static bool
read_place(struct run *r, char *text, struct spec *s)
{
	char *colon = strchr(text, ':');

	if (strcmp(text, "*") == 0) {
		s->any_seq = true;
		return true;
	}
	if (colon != NULL)
		*colon = '\0';
	if (!run_number(r, text, &s->seq))
		return false;
	s->end = s->seq;
	if (colon != NULL && !run_number(r, colon + 1, &s->end))
		return false;
	return s->end >= s->seq || run_fail(r, "a segment ends before it begins");
}

/* Words that both directions know; *i is left at the first that is not one. */
static bool
read_spec(struct run *r, struct words *w, unsigned int *i, struct spec *s)
{
	*s = (struct spec){ .flags = 0 };
	if (*i + 1 >= w->count)
		return run_fail(r, "a segment wants flags and a sequence number");
	if (!read_flags(r, w->word[(*i)++], &s->flags) || !read_place(r, w->word[(*i)++], s))
		return false;
	for (; *i < w->count; (*i)++) {
		const char *word = w->word[*i];
		const char *value = *i + 1 < w->count ? w->word[*i + 1] : "";

		if (word[0] == '<') {
			s->options = word;
			continue;
		}
		if (strcmp(word, "pieces") == 0) {
			s->pieces = true;
			continue;
		}
		if (strcmp(word, "ack") == 0) {
			s->has_ack = true;
			if (!run_number(r, value, &s->ack))
				return false;
		} else if (strcmp(word, "win") == 0 || strcmp(word, "raw-win") == 0) {
			s->has_window = true;
			s->raw_window = word[0] == 'r';
			if (!run_range(r, value, &s->window_low, &s->window_high))
				return false;
		} else if (strcmp(word, "urg") == 0) {
			s->has_urgent = true;
			if (!run_number(r, value, &s->urgent))
				return false;
		} else if (strcmp(word, "each") == 0) {
			if (!run_number(r, value, &s->each))
				return false;
		} else {
			break;
		}
		(*i)++;
	}
	return true;
}

static bool
set_mac(struct run *r, struct packet *p, const char *what)
{
	if (strcmp(what, "broadcast") == 0)
		memset(p->dst_mac, 0xff, 6);
	else if (strcmp(what, "multicast") == 0)
		memcpy(p->dst_mac, (const uint8_t[]){ 0x01, 0, 0x5e, 0, 0, 1 }, 6);
	else if (strcmp(what, "other") == 0)
		p->dst_mac[5] ^= 0x55;
	else
		return run_fail(r, "no link address %s (broadcast, multicast, other)", what);
	return true;
}

static bool
set_ip_options(struct run *r, struct packet *p, const char *hex)
{
	size_t n = strlen(hex) / 2;

	if (n > sizeof(p->ip_options))
		return run_fail(r, "more than 40 bytes of IP options");
	for (size_t i = 0; i < n; i++) {
		const char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		p->ip_options[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	p->ip_options_length = (uint8_t)n;
	return true;
}

/* what makes a segment odd; *used is how many words it took */
bool
segment_modify(struct run *r, struct packet *p, const char *word, const char *value, unsigned int *used)
{
	int64_t v = 0;

	*used = 1;
	if (strcmp(word, "bad-checksum") == 0)
		return p->wrong.l4_checksum = true;
	if (strcmp(word, "bad-ip-checksum") == 0)
		return p->wrong.ip_checksum = true;
	if (strcmp(word, "fragment") == 0)
		return p->wrong.fragment = true;
	if (strcmp(word, "reversed") == 0)
		return p->pieces.reversed = true;
	if (strcmp(word, "last-fragment") == 0)
		return p->wrong.last_fragment = true;
	if (strcmp(word, "other") == 0) {
		for (uint32_t i = 0; i < p->payload_length; i++)
			p->payload[i] ^= 0xff;
		return true;
	}
	*used = 2;
	if (strcmp(word, "from") == 0)
		return run_address(r, value, &p->src) || run_fail(r, "no address %s", value);
	if (strcmp(word, "to") == 0)
		return run_address(r, value, &p->dst) || run_fail(r, "no address %s", value);
	if (strcmp(word, "mac") == 0)
		return set_mac(r, p, value);
	if (strcmp(word, "ip-options") == 0)
		return set_ip_options(r, p, value);
	if (!run_number(r, value, &v))
		return false;
	if (strcmp(word, "fragments") == 0) {
		p->pieces.cut = true;
		p->pieces.each = (uint32_t)v;
	} else if (strcmp(word, "without") == 0)
		p->pieces.without = (uint32_t)v;
	else if (strcmp(word, "twice") == 0)
		p->pieces.twice = (uint32_t)v;
	else if (strcmp(word, "overlapping") == 0)
		p->pieces.overlapping = (uint32_t)v;
	else if (strcmp(word, "segments-left") == 0)
		p->wrong.segments_left = (uint8_t)v;
	else if (strcmp(word, "truncate") == 0)
		p->wrong.truncate = (uint32_t)v;
	else if (strcmp(word, "pad") == 0)
		p->wrong.pad = (uint32_t)v;
	else if (strcmp(word, "ip-length") == 0)
		p->wrong.ip_length = (int)v;
	else if (strcmp(word, "data-offset") == 0)
		p->wrong.data_offset = (uint8_t)v;
	else if (strcmp(word, "ip-version") == 0)
		p->wrong.ip_version = (uint8_t)v;
	else if (strcmp(word, "next-header") == 0)
		p->wrong.next_header = (uint8_t)v;
	else if (strcmp(word, "ethertype") == 0)
		p->wrong.ethertype = (uint16_t)v;
	else if (strcmp(word, "protocol") == 0) {
		p->kind = PACKET_OTHER;
		p->protocol = (uint8_t)v;
	} else if (strcmp(word, "vlan") == 0)
		p->vlan = (int)v;
	else if (strcmp(word, "ttl") == 0)
		p->ttl = (uint8_t)v;
	else if (strcmp(word, "tos") == 0)
		p->tos = (uint8_t)v;
	else if (strcmp(word, "sport") == 0)
		p->sport = (uint16_t)v;
	else if (strcmp(word, "dport") == 0)
		p->dport = (uint16_t)v;
	else
		return run_fail(r, "a segment has no %s", word);
	return true;
}

static bool
set_window(struct run *r, const struct flow *f, const struct spec *s, struct packet *p)
{
	uint32_t bytes = s->has_window ? (uint32_t)s->window_low : f->window;
	unsigned int shift = p->flags & FLAG_SYN || s->raw_window ? 0 : flow_peer_shift(f);

	if (!s->has_window && bytes >> shift > 65535)
		bytes = 65535u << shift;
	if (bytes >> shift > 65535 || bytes & ((1u << shift) - 1))
		return run_fail(r, "a window of %u bytes cannot be said with a scale of %u", bytes, shift);
	p->window = (uint16_t)(bytes >> shift);
	return true;
}

static bool
set_options(struct run *r, const struct flow *f, const struct spec *s, struct packet *p)
{
	bool none = s->options != NULL && options_has(s->options, "none");

	if (s->options != NULL && !options_build(r, f, s->options, p))
		return false;
	if (none || p->options.timestamp || p->flags & (FLAG_SYN | FLAG_RST) || !flow_timestamps(f))
		return true;
	return options_append_timestamp(p, f->ts_peer + 1 + (uint32_t)((r->now_ns - r->start_ns) / 1000000), f->host_tsval) ||
	       run_fail(r, "no room for the timestamp that was negotiated");
}

bool
segment_inject(struct run *r, const struct words *words, unsigned int i, bool more)
{
	struct words w;
	struct flow *f = r->now_flow;
	static struct packet p;
	struct spec s;

	words_copy(&w, words);
	if (!read_spec(r, &w, &i, &s))
		return false;
	memset(&p, 0, sizeof(p));
	p.kind = PACKET_TCP;
	p.v4 = !r->variant.v6;
	p.vlan = r->setup.vlan;
	memcpy(p.dst_mac, run_host_mac, 6);
	run_link_address(r, &f->remote, p.src_mac);
	p.src = f->remote;
	p.dst = f->local;
	p.ttl = 64;
	p.sport = f->rport;
	p.dport = f->lport;
	p.seq = f->isn + (uint32_t)s.seq;
	p.flags = (uint8_t)s.flags;
	if (s.has_ack)
		p.ack = f->iss + (uint32_t)s.ack;
	else if (p.flags & FLAG_ACK)
		p.ack = f->host_next;
	p.urgent = (uint16_t)s.urgent;
	p.payload_length = (uint32_t)(s.end - s.seq);
	if (p.payload_length > 1460)
		return run_fail(r, "a segment of %u bytes is more than fits", p.payload_length);
	for (uint32_t n = 0; n < p.payload_length; n++)
		p.payload[n] = flow_byte(true, (uint32_t)s.seq - (p.flags & FLAG_SYN ? 0 : 1) + n);
	if (!set_window(r, f, &s, &p) || !set_options(r, f, &s, &p))
		return false;
	if (i < w.count || more)
		pkt_write_line(r, more ? "segments that come in one burst" : "a packet that is odd below TCP");
	while (i < w.count) {
		unsigned int used;

		if (!segment_modify(r, &p, w.word[i], i + 1 < w.count ? w.word[i + 1] : "", &used))
			return false;
		i += used;
	}
	run_log_packet(r, &p, f, "<");
	pkt_write_arrives(r, f, &p);
	if (!p.wrong.l4_checksum && !p.wrong.ip_checksum)
		flow_peer_sent(f, &p);
	run_inject(r, &p);
	return more || run_settle(r);
}

static bool
of_this_flow(const struct run *r, const struct packet *p)
{
	return p->kind == PACKET_TCP && flow_of(r, p) == r->now_flow;
}

bool
segment_came(const struct run *r)
{
	for (unsigned int i = 0; i < r->queued; i++)
		if (of_this_flow(r, &r->queue[i]))
			return true;
	return false;
}

static bool
match_numbers(struct run *r, const struct flow *f, const struct spec *s, const struct packet *p)
{
	unsigned int shift = p->flags & FLAG_SYN || s->raw_window ? 0 : flow_host_shift(f);
	int64_t window = (int64_t)p->window << shift, got;

	if (!s->any_seq) {
		got = (int32_t)(p->seq - f->iss);
		if (p->seq - f->iss != (uint32_t)s->seq)
			return run_fail(r, "sequence number is %lld, expected %lld", (long long)got, (long long)s->seq);
		if (p->payload_length != (uint32_t)(s->end - s->seq))
			return run_fail(r, "%u bytes of data, expected %lld", p->payload_length, (long long)(s->end - s->seq));
	}
	if (s->has_ack && p->ack - f->isn != (uint32_t)s->ack)
		return run_fail(r, "acknowledges %d, expected %lld", (int32_t)(p->ack - f->isn), (long long)s->ack);
	if (s->has_window && (window < s->window_low || window > s->window_high))
		return run_fail(r, "window is %lld", (long long)window);
	if (s->has_urgent && p->urgent != s->urgent)
		return run_fail(r, "urgent pointer is %u", p->urgent);
	return true;
}

static bool
match(struct run *r, const struct flow *f, const struct spec *s, const struct packet *p)
{
	unsigned int flags = p->flags, wanted = s->flags;
	unsigned int open = (wanted & FLAG_ANY_PSH ? FLAG_PSH : 0u) | (wanted & FLAG_ANY_ACK ? FLAG_ACK : 0u);

	if (!(wanted & FLAG_ANY) && (flags & ~open) != (wanted & 0xff & ~open)) {
		char text[9];

		packet_flags(p->flags, text);
		return run_fail(r, "flags are %s", text);
	}
	return match_numbers(r, f, s, p) && (s->options == NULL || options_match(r, f, s->options, p));
}

bool
segment_match_rest(struct run *r, const struct packet *p, const char *word, const char *value)
{
	struct tern_addr addr;
	int64_t v;

	if (strcmp(word, "to") == 0 || strcmp(word, "from") == 0) {
		const struct tern_addr *got = word[0] == 't' ? &p->dst : &p->src;

		if (!run_address(r, value, &addr))
			return run_fail(r, "no address %s", value);
		return memcmp(got, &addr, sizeof(addr)) == 0 || run_fail(r, "is not %s %s", word, value);
	}
	if (strcmp(word, "via") == 0) {
		/* link addresses end like the addresses that they belong to */
		if (!run_address(r, value, &addr))
			return run_fail(r, "no address %s", value);
		return p->dst_mac[5] == addr.b[15] || run_fail(r, "does not go via %s", value);
	}
	if (!run_number(r, value, &v))
		return false;
	if (strcmp(word, "vlan") == 0)
		return p->vlan == v || run_fail(r, "VLAN is %d", p->vlan);
	if (strcmp(word, "ttl") == 0)
		return p->ttl == v || run_fail(r, "TTL is %u", p->ttl);
	if (strcmp(word, "df") == 0)
		return !p->v4 || p->do_not_fragment == (v != 0) || run_fail(r, "DF is %d", p->do_not_fragment);
	if (strcmp(word, "tos") == 0)
		return p->tos == v || run_fail(r, "TOS is %u", p->tos);
	if (strcmp(word, "ect") == 0)
		return (p->tos & 3) == 1 || (p->tos & 3) == 2 || run_fail(r, "TOS is %u, which says no ECT", p->tos);
	if (strcmp(word, "id") == 0)
		return p->ip_id == v || run_fail(r, "IP identification is %u", p->ip_id);
	return run_fail(r, "nothing to expect is called %s", word);
}

/* Where the segment at one->seq ends: as the line says, or, of "pieces", where this packet does. */
static void
set_end(const struct spec *s, const struct packet *p, struct spec *one)
{
	int64_t step = s->pieces ? p->payload_length : s->each;

	if (step == 0 || one->seq + step > s->end)
		step = s->end - one->seq;
	one->end = one->seq + step;
	/* how a stack pushes inside a train is its own affair */
	one->flags = one->end == s->end ? s->flags
					: (s->flags & ~(unsigned int)(FLAG_PSH | FLAG_FIN)) | FLAG_ANY_PSH;
}

/* What the line and its last packet are in the other language. */
static void
write_sent(struct run *r, const struct spec *s, const struct packet *p, bool rest, uint64_t from_ns, uint64_t to_ns, uint64_t now_ns)
{
	int64_t seq = s->any_seq ? (int32_t)(p->seq - r->now_flow->iss) : s->seq;
	struct pkt_sent sent = {
		.seq = seq, .end = s->any_seq ? seq + p->payload_length : s->end, .from_ns = from_ns, .to_ns = to_ns,
		.at_once = from_ns == now_ns && to_ns == now_ns, .options = s->options != NULL,
		.window = s->has_window && s->window_low == s->window_high,
	};

	if (rest)
		pkt_write_line(r, "what it expects of the headers below TCP");
	pkt_write_leaves(r, r->now_flow, &sent, p);
}

bool
segment_expect(struct run *r, const struct words *words, unsigned int i, uint64_t from_ns, uint64_t to_ns)
{
	struct words w;
	static struct packet p;
	uint64_t now_ns = r->now_ns;
	struct spec s, one;

	words_copy(&w, words);
	if (!read_spec(r, &w, &i, &s))
		return false;
	one = s;
	do {
		if (!run_take(r, from_ns, to_ns, of_this_flow, &p))
			return false;
		set_end(&s, &p, &one);
		if (!match(r, r->now_flow, &one, &p))
			return false;
		for (unsigned int k = i; k < w.count; k += 2)
			if (!segment_match_rest(r, &p, w.word[k], k + 1 < w.count ? w.word[k + 1] : ""))
				return false;
		one.seq = one.end;
	} while (one.seq < s.end);
	if (r->writer != NULL)
		write_sent(r, &s, &p, i < w.count, from_ns, to_ns, now_ns);
	return true;
}
