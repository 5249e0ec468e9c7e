/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Packets as lines for people, in the notation of the scenario language. */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "packet.h"

void
packet_flags(uint8_t flags, char text[9])
{
	static const struct { uint8_t bit; char letter; } letters[] = {
		{ FLAG_SYN, 'S' }, { FLAG_FIN, 'F' }, { FLAG_RST, 'R' }, { FLAG_PSH, 'P' }, { FLAG_URG, 'U' },
		{ FLAG_ECE, 'E' }, { FLAG_CWR, 'W' }, { FLAG_ACK, '.' },
	};
	unsigned int n = 0;

	for (unsigned int i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (flags & letters[i].bit)
			text[n++] = letters[i].letter;
	if (n == 0)
		text[n++] = '-';
	text[n] = '\0';
}

struct line {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void
add(struct line *l, const char *format, ...)
{
	va_list ap;
	int n;

	if (l->used >= l->size)
		return;
	va_start(ap, format);
	n = vsnprintf(l->text + l->used, l->size - l->used, format, ap);
	va_end(ap);
	l->used += n > 0 ? (size_t)n : 0;
}

static void
print_tcp(struct line *l, const struct packet *p, const struct packet_bases *b)
{
	const struct packet_options *o = &p->options;
	const char *comma = " <";
	char flags[9];

	packet_flags(p->flags, flags);
	add(l, "%s %d", flags, (int32_t)(p->seq - b->seq));
	if (p->payload_length > 0)
		add(l, ":%d", (int32_t)(p->seq + p->payload_length - b->seq));
	if (p->flags & FLAG_ACK)
		add(l, " ack %d", (int32_t)(p->ack - b->ack));
	add(l, " win %u", p->flags & FLAG_SYN ? p->window : (uint32_t)p->window << b->wscale);
	if (p->flags & FLAG_URG)
		add(l, " urg %u", p->urgent);
	if (o->mss) {
		add(l, "%smss %u", comma, o->mss_value);
		comma = ", ";
	}
	if (o->sack_ok) {
		add(l, "%ssackok", comma);
		comma = ", ";
	}
	if (o->timestamp) {
		add(l, "%sts %d ecr %d", comma, (int32_t)(o->tsval - b->tsval), (int32_t)(o->tsecr - b->tsecr));
		comma = ", ";
	}
	if (o->wscale) {
		add(l, "%swscale %u", comma, o->wscale_value);
		comma = ", ";
	}
	for (unsigned int i = 0; i < o->sacks; i++)
		add(l, "%s%d:%d", i == 0 ? (comma[1] == '<' ? " <sack " : ", sack ") : " ",
		    (int32_t)(o->sack[i].left - b->ack), (int32_t)(o->sack[i].right - b->ack));
	if (comma[0] == ',' || o->sacks > 0)
		add(l, ">");
	add(l, "   (%u > %u)", p->sport, p->dport);
}

void
packet_print(const struct packet *p, const struct packet_bases *bases, char *text, size_t size)
{
	static const char *const names[] = { "tcp", "solicit", "advertise", "echo", "echo-reply", "icmp", "other" };
	struct line l = { .text = text, .size = size };
	char addr[INET6_ADDRSTRLEN];

	text[0] = '\0';
	if (p->vlan != PACKET_NO_VLAN)
		add(&l, "[vlan %d] ", p->vlan);
	if (p->kind == PACKET_TCP) {
		print_tcp(&l, p, bases);
		return;
	}
	add(&l, "%s", names[p->kind]);
	if (p->kind == PACKET_SOLICIT || p->kind == PACKET_ADVERTISE)
		add(&l, " %s", inet_ntop(p->v4 ? AF_INET : AF_INET6, p->target.b + (p->v4 ? 12 : 0), addr, sizeof(addr)));
	else if (p->kind == PACKET_ECHO || p->kind == PACKET_ECHO_REPLY)
		add(&l, " id %u seq %u, %u bytes", p->echo_id, p->echo_number, p->payload_length);
	else if (p->kind == PACKET_ICMP)
		add(&l, " type %u code %u", p->icmp_type, p->icmp_code);
}
