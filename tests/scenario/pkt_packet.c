/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* packetdrill's segments: "P. 1:1001(1000) ack 1 win 257 <nop,nop,TS val 1 ecr 2>", with their direction and IP. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define ONE 1460      /* bytes of a segment that the runner can send */
#define BURST 1428    /* bytes that fit with any options, in either family */

/* a segment as written */
struct segment {
	char flags[16];
	bool syn, ack, reset;
	int64_t seq, end, length, acknowledges, window, urgent;
	bool has_ack, has_window, has_urgent;
	char options[400], ip[32];
};

/* [ect0], (tos 0x3), [ttl 64] */
static bool
read_ip(struct pkt_reader *x, bool in, char *text, size_t size)
{
	static const struct { const char *name; int value; } ecn[] = {
		{ "noecn", 0 }, { "ect1", 1 }, { "ect0", 2 }, { "ce", 3 }
	};
	char closing = pkt_is_mark(x, '[') ? ']' : ')';
	const struct pkt_token *t;
	int64_t v;

	text[0] = '\0';
	if (!pkt_is_mark(x, '[') && !pkt_is_mark(x, '('))
		return true;
	x->at++;
	t = pkt_now(x);
	for (unsigned int i = 0; i < sizeof(ecn) / sizeof(ecn[0]); i++)
		if (pkt_is_word(x, ecn[i].name)) {
			x->at++;
			snprintf(text, size, " tos %d", ecn[i].value);
			return pkt_take_mark(x, closing);
		}
	if (pkt_is_word(x, "ect01") && !in) {
		x->at++;
		snprintf(text, size, " ect 1");
		return pkt_take_mark(x, closing);
	}
	if (!pkt_is_word(x, "tos") && !pkt_is_word(x, "ttl"))
		return pkt_wrong(x, t->line, NULL, "of IP are read: noecn, ect0, ect1, ect01, ce, tos N, ttl N");
	x->at++;
	if (!pkt_take_number(x, "wanted a number", &v))
		return false;
	snprintf(text, size, " %s %lld", t->text, (long long)v);
	return pkt_take_mark(x, closing);
}

static bool
read_flags(struct pkt_reader *x, struct segment *s)
{
	const struct pkt_token *t = pkt_now(x);
	const char *wanted = "wanted flags of S F R P U E W and ., or - for none";

	if (pkt_is_mark(x, '-')) {
		x->at++;
		strcpy(s->flags, "-");
		return true;
	}
	if (t->kind == PKT_WORD) {
		if (strlen(t->text) > 8 || strspn(t->text, "SFRPUEW") != strlen(t->text))
			return pkt_wrong(x, t->line, NULL, wanted);
		strcpy(s->flags, t->text);
		x->at++;
	}
	if (pkt_is_mark(x, '.')) {
		x->at++;
		strcat(s->flags, ".");
	}
	s->syn = strchr(s->flags, 'S') != NULL;
	s->ack = strchr(s->flags, '.') != NULL;
	s->reset = strchr(s->flags, 'R') != NULL;
	return s->flags[0] != '\0' || pkt_wrong(x, t->line, NULL, wanted);
}

/* 1:1001(1000) */
static bool
read_place(struct pkt_reader *x, int64_t *seq, int64_t *end, int64_t *length)
{
	const char *wanted = "wanted a sequence range such as 1:1001(1000)";
	unsigned int line = pkt_now(x)->line;

	if (!pkt_take_number(x, wanted, seq) || !pkt_take_mark(x, ':') || !pkt_take_number(x, wanted, end) ||
	    !pkt_take_mark(x, '(') || !pkt_take_number(x, wanted, length) || !pkt_take_mark(x, ')'))
		return false;
	return (uint32_t)(*seq + *length) == (uint32_t)*end ||
	       pkt_wrong(x, line, NULL, "in the range before this, the end is not the beginning and the length");
}

static bool
read_segment(struct pkt_reader *x, struct segment *s)
{
	if (!read_flags(x, s) || !read_place(x, &s->seq, &s->end, &s->length))
		return false;
	if (pkt_is_word(x, "ack")) {
		x->at++;
		s->has_ack = true;
		if (!pkt_take_number(x, "wanted a number behind ack", &s->acknowledges))
			return false;
	}
	if (pkt_is_word(x, "win")) {
		x->at++;
		s->has_window = true;
		if (!pkt_take_number(x, "wanted a number behind win", &s->window))
			return false;
	}
	if (pkt_is_word(x, "urg")) {
		x->at++;
		s->has_urgent = true;
		if (!pkt_take_number(x, "wanted a number behind urg", &s->urgent))
			return false;
	}
	return true;
}

/* Whose segment it is: one that arrives while a socket listens opens a connection. */
static struct pkt_flow *
flow_of(struct pkt_reader *x, bool in, const struct pkt_token *t)
{
	if (in && x->listening && pkt_flow_new(x, false) != NULL)
		pkt_speak(x, x->under_test);
	if (x->under_test == NULL && !x->failed) {
		/* segments without any socket are allowed: nobody listens */
		if (in)
			pkt_flow_new(x, false);
		else
			pkt_wrong(x, t->line, t->text, "no connection that this segment could belong to");
	}
	return x->failed ? NULL : x->under_test;
}

/* SYNs carry the script's own initial numbers; behind them all is counted from these. */
static void
relative(struct pkt_flow *f, bool in, struct segment *s)
{
	uint32_t *own = in ? &f->peer_isn : &f->host_isn;
	bool *seen = in ? &f->peer_syn : &f->host_syn;

	if (!s->syn)
		return;
	if (!*seen)
		*own = (uint32_t)s->seq;
	*seen = true;
	s->seq -= *own;
	s->end -= *own;
	s->acknowledges -= s->has_ack ? (in ? f->host_isn : f->peer_isn) : 0;
}

static void
note_scale(struct pkt_flow *f, bool in, const struct segment *s)
{
	bool has = strstr(s->options, "wscale") != NULL;

	if (!s->syn)
		return;
	if (in)
		f->peer_scaled = has;
	else
		f->host_scaled = has || s->options[0] == '\0';   /* <...>: may be */
}

/* Large segments that arrive are what a receive offload makes of a burst: here they are the burst. */
static void
say_arrives(struct pkt_reader *x, const struct segment *s, int64_t from, int64_t to, const char *rest)
{
	bool last = to == s->seq + s->length;
	char flags[16];
	unsigned int n = 0;

	for (const char *p = s->flags; *p != '\0' && n < sizeof(flags) - 1; p++)
		if (last || (*p != 'P' && *p != 'F'))
			flags[n++] = *p;
	flags[n] = '\0';
	if (to == from)
		pkt_say(x, "< %s %lld%s", flags, (long long)from, rest);
	else
		pkt_say(x, "%s %s %lld:%lld%s", last ? "<" : "<<", n > 0 ? flags : "-", (long long)from, (long long)to, rest);
}

static bool
tcp(struct pkt_reader *x, const struct pkt_time *t, bool in, const char *ip)
{
	const struct pkt_token *first = pkt_now(x);
	struct segment s = { .flags = "" };
	char line[560], when[64];
	struct pkt_flow *f;
	int n = 0;

	if (!read_segment(x, &s))
		return false;
	f = flow_of(x, in, first);
	if (f == NULL)
		return false;
	pkt_speak(x, f);
	relative(f, in, &s);
	if (in && !s.has_window)
		return pkt_wrong(x, first->line, NULL, "a segment that arrives wants a window: win N");
	if (!pkt_tcp_options(x, f, in, s.syn, s.ack, s.options, sizeof(s.options)))
		return false;
	note_scale(f, in, &s);
	if (s.has_ack)
		n = snprintf(line + n, sizeof(line) - (size_t)n, " ack %lld", (long long)s.acknowledges);
	if (s.has_window)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s %lld",
			      s.syn || !f->peer_scaled || !f->host_scaled ? "win" : "raw-win", (long long)s.window);
	if (s.has_urgent)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " urg %lld", (long long)s.urgent);
	/* the tool sees what was offloaded to a device, so one line may be several segments */
	if (!in && s.length > 0 && !x->strict)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " pieces");
	snprintf(line + n, sizeof(line) - (size_t)n, "%s%s%s", s.options[0] != '\0' ? " " : "", s.options, ip);
	if (in) {
		int64_t end = s.seq + s.length, from = s.seq;

		for (; end - from > ONE; from += BURST)
			say_arrives(x, &s, from, from + BURST, line);
		say_arrives(x, &s, from, end, line);
		return true;
	}
	x->when[0] = '\0';
	pkt_when_sent(x, t, t->kind == PKT_TIME_RELATIVE ? t->from : t->from - x->now, when, sizeof(when));
	if (s.length > 0)
		pkt_say(x, "%s> %s %lld:%lld%s", when, s.flags, (long long)s.seq, (long long)(s.seq + s.length), line);
	else
		pkt_say(x, "%s> %s %lld%s", when, s.flags, (long long)s.seq, line);
	return true;
}

bool
pkt_packet(struct pkt_reader *x, const struct pkt_time *t)
{
	bool in = pkt_is_mark(x, '<');
	unsigned int line = pkt_now(x)->line;
	char ip[32], text[200];

	x->at++;
	if (!read_ip(x, in, ip, sizeof(ip)))
		return false;
	if (in && t->range)
		return pkt_wrong(x, line, "<", "a segment that arrives wants one time");
	if (pkt_is_word(x, "icmp")) {
		if (!in)
			return pkt_wrong(x, line, NULL, "ICMP is read where it arrives (<), not where it is sent");
		if (x->under_test == NULL)
			return pkt_wrong(x, line, NULL, "no connection that this message could quote");
		pkt_speak(x, x->under_test);
		if (!pkt_icmp(x, text, sizeof(text)))
			return false;
		pkt_say(x, "< icmp %s%s", text, ip);
		return true;
	}
	if (pkt_is_word(x, "udp") || pkt_is_word(x, "ipv4") || pkt_is_word(x, "ipv6") || pkt_is_word(x, "gre") ||
	    pkt_is_word(x, "mpls"))
		return pkt_wrong(x, line, NULL, "packets that are read are TCP segments and ICMP errors");
	if (pkt_now(x)->kind == PKT_NUMBER)
		return pkt_wrong(x, line, NULL, "ports in packets are not read: a script here is of one connection at a time");
	return tcp(x, t, in, ip);
}
