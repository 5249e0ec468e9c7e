/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* TCP options of packetdrill's segments, "<mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>", in the scenario language. */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

struct list {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void
put(struct list *l, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(l->text + l->used, l->size - l->used, format, ap);
	va_end(ap);
	/* what does not fit is an error in the end, wherever it was */
	l->used = n >= 0 && l->used + (size_t)n < l->size ? l->used + (size_t)n : l->size;
}

static bool
known_stamp(const struct pkt_reader *x, uint32_t value)
{
	for (unsigned int i = 0; i < x->stamps; i++)
		if (x->stamp[i].value == value)
			return true;
	return false;
}

/* The host's timestamps have names, the script's values for them: what it really sent is echoed under these. */
static bool
stamp_out(struct pkt_reader *x, struct pkt_flow *f, struct list *l, uint32_t val, uint32_t ecr, bool ack)
{
	put(l, "ts");
	if (!f->has_stamp) {
		f->has_stamp = true;
		f->first_stamp = val;
	} else if (x->stamp_tick != 0) {
		int32_t since = (int32_t)(val - f->first_stamp), early = (int32_t)(x->tolerance * 1000);

		put(l, " %d..%d", since - early, since + early);
	}
	put(l, " as %u", val);
	if (ack)
		put(l, " ecr %u", ecr);
	if (known_stamp(x, val))
		return true;
	if (x->stamps == PKT_STAMPS)
		return pkt_wrong(x, x->line, "TS", "is the 65th timestamp of the host; 64 can be told apart");
	x->stamp[x->stamps++].value = val;
	return true;
}

static bool
stamp_in(struct pkt_reader *x, struct pkt_flow *f, struct list *l, uint32_t val, uint32_t ecr, bool ack)
{
	char text[24];

	put(l, "ts %u", val);
	if (!ack)
		return true;
	if (known_stamp(x, ecr)) {
		put(l, " ecr of %u", ecr);
		return true;
	}
	if (x->stamps_scaled && f->has_stamp) {
		put(l, " ecr %d", (int32_t)(ecr - f->first_stamp));
		return true;
	}
	snprintf(text, sizeof(text), "ecr %u", ecr);
	return pkt_wrong(x, x->line, text, "no segment above has sent this timestamp (TS val)");
}

static bool
stamp(struct pkt_reader *x, struct pkt_flow *f, bool in, bool ack, struct list *l)
{
	const char *wanted = "wanted TS val N ecr N";
	int64_t val, ecr;

	if (!pkt_is_word(x, "val"))
		return pkt_wrong(x, x->line, NULL, wanted);
	x->at++;
	if (!pkt_take_number(x, wanted, &val))
		return false;
	if (!pkt_is_word(x, "ecr"))
		return pkt_wrong(x, x->line, NULL, wanted);
	x->at++;
	if (!pkt_take_number(x, wanted, &ecr))
		return false;
	return in ? stamp_in(x, f, l, (uint32_t)val, (uint32_t)ecr, ack) : stamp_out(x, f, l, (uint32_t)val, (uint32_t)ecr, ack);
}

static bool
sack(struct pkt_reader *x, struct list *l)
{
	int64_t left, right;

	put(l, "sack");
	do {
		if (!pkt_take_number(x, "wanted SACK blocks LEFT:RIGHT", &left) || !pkt_take_mark(x, ':') ||
		    !pkt_take_number(x, "wanted SACK blocks LEFT:RIGHT", &right))
			return false;
		put(l, " %lld:%lld", (long long)left, (long long)right);
	} while (pkt_now(x)->kind == PKT_NUMBER);
	return true;
}

/* FO, FO 0102030405060708: hexadecimal digits may have been taken for a number, a word, or one behind the other */
static bool
cookie(struct pkt_reader *x, struct list *l)
{
	char hex[40] = "";

	while ((pkt_now(x)->kind == PKT_NUMBER || pkt_now(x)->kind == PKT_WORD) &&
	       strlen(hex) + strlen(pkt_now(x)->text) < sizeof(hex))
		strcat(hex, x->token[x->at++].text);
	if (strspn(hex, "0123456789abcdefABCDEF") != strlen(hex) || strlen(hex) > 32 || strlen(hex) % 2 != 0)
		return pkt_wrong(x, x->line, hex, "a Fast Open cookie is up to 16 bytes in hexadecimal digits");
	for (char *p = hex; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	put(l, "fastopen %s", hex[0] != '\0' ? hex : "request");
	return true;
}

static bool
one(struct pkt_reader *x, struct pkt_flow *f, bool in, bool ack, struct list *l)
{
	const struct pkt_token *t = pkt_now(x);
	int64_t v;

	x->at++;
	if (t->kind == PKT_WORD && (strcmp(t->text, "nop") == 0 || strcmp(t->text, "eol") == 0)) {
		put(l, "%s", t->text);
		return true;
	}
	if (t->kind == PKT_WORD && strcmp(t->text, "sackOK") == 0) {
		put(l, "sackok");
		return true;
	}
	if (t->kind == PKT_WORD && (strcmp(t->text, "mss") == 0 || strcmp(t->text, "wscale") == 0)) {
		put(l, "%s", t->text);
		if (!pkt_take_number(x, "wanted the option's number", &v))
			return false;
		put(l, " %lld", (long long)v);
		return true;
	}
	if (t->kind == PKT_WORD && strcmp(t->text, "TS") == 0)
		return stamp(x, f, in, ack, l);
	if (t->kind == PKT_WORD && strcmp(t->text, "sack") == 0)
		return sack(x, l);
	if (t->kind == PKT_WORD && strcmp(t->text, "FO") == 0)
		return cookie(x, l);
	return pkt_wrong(x, t->line, t->text, "TCP options that are read: mss, wscale, sackOK, TS val N ecr N, sack, FO, nop, eol");
}

/* "" for <...>, of which nothing is looked at; a list, even an empty one, says all that there is */
bool
pkt_tcp_options(struct pkt_reader *x, struct pkt_flow *f, bool in, bool syn, bool ack, char *text, size_t size)
{
	struct list l = { .text = text, .size = size - 2 };

	(void)syn;
	text[0] = '\0';
	put(&l, "<%s", in ? "none" : "exactly");
	if (!pkt_is_mark(x, '<')) {
		strcpy(text + l.used, ">");
		return true;
	}
	x->at++;
	if (pkt_now(x)->kind == PKT_DOTS) {
		x->at++;
		text[0] = '\0';
		return in ? pkt_wrong(x, x->line, "...", "options of a segment that arrives must be said") : pkt_take_mark(x, '>');
	}
	for (;;) {
		put(&l, ", ");
		if (!one(x, f, in, ack, &l))
			return false;
		if (pkt_is_mark(x, '>'))
			break;
		if (!pkt_take_mark(x, ','))
			return false;
	}
	x->at++;
	if (l.used >= l.size)
		return pkt_wrong(x, x->line, text, "options too long for a line");
	strcpy(text + l.used, ">");
	return true;
}
