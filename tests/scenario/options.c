/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* TCP options between < and >: built for segments of the peer, compared with those of the host. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_bytes.h"
#include "run.h"

static int64_t
setting(const struct run *r, const char *name, int64_t fallback)
{
	for (unsigned int i = 0; i < r->setup.settings; i++)
		if (strcmp(r->setup.setting[i].name, name) == 0)
			return r->setup.setting[i].value;
	return fallback;
}

/* the MSS that the host must announce (MUST-67) */
static uint32_t
host_mss(const struct run *r)
{
	uint32_t mss = (uint32_t)setting(r, "mtu", 1500) - (r->variant.v6 ? 60 : 40);
	uint32_t limit = (uint32_t)setting(r, "mss", 0);

	return limit != 0 && limit < mss ? limit : mss;
}

uint32_t
options_mss(const struct run *r, bool from_host)
{
	const struct flow *f = r->now_flow;
	uint32_t mss = host_mss(r), peer = r->peer_mss;

	if (f != NULL && f->peer_syn)
		peer = f->peer_offer.mss ? f->peer_offer.mss_value : r->variant.v6 ? 1220 : 536;
	if (from_host && peer < mss)
		mss = peer;
	return mss - (f != NULL && flow_timestamps(f) ? 12 : 0);
}

static bool
append(struct packet *p, const uint8_t *bytes, unsigned int n)
{
	if (p->option_length + n > PACKET_OPTIONS)
		return false;
	memcpy(p->option_bytes + p->option_length, bytes, n);
	p->option_length = (uint8_t)(p->option_length + n);
	return true;
}

static bool
append_mss(struct packet *p, uint32_t mss)
{
	p->options.mss = true;
	p->options.mss_value = (uint16_t)mss;
	return append(p, (const uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 4);
}

static bool
append_wscale(struct packet *p, unsigned int shift)
{
	p->options.wscale = true;
	p->options.wscale_value = (uint8_t)shift;
	return append(p, (const uint8_t[]){ 3, 3, (uint8_t)shift }, 3);
}

static bool
append_sack_ok(struct packet *p)
{
	p->options.sack_ok = true;
	return append(p, (const uint8_t[]){ 4, 2 }, 2);
}

static bool
append_timestamp(struct packet *p, uint32_t tsval, uint32_t tsecr)
{
	uint8_t bytes[10] = { 8, 10 };

	put32(bytes + 2, tsval);
	put32(bytes + 6, tsecr);
	p->options.timestamp = true;
	p->options.tsval = tsval;
	p->options.tsecr = tsecr;
	return append(p, bytes, sizeof(bytes));
}

bool
options_append_timestamp(struct packet *p, uint32_t tsval, uint32_t tsecr)
{
	static const uint8_t nops[2] = { 1, 1 };

	return append(p, nops, 2) && append_timestamp(p, tsval, tsecr);
}

static uint32_t
peer_clock(const struct run *r, const struct flow *f)
{
	return f->ts_peer + 1 + (uint32_t)((r->now_ns - r->start_ns) / 1000000);
}

/* what the peer of this variant proposes in its SYN */
static bool
append_offer(struct run *r, const struct flow *f, struct packet *p)
{
	static const uint8_t nops[2] = { 1, 1 };
	bool fits = append_mss(p, r->peer_mss);

	if (!r->variant.no_sack)
		fits &= append_sack_ok(p);
	else
		fits &= append(p, nops, 2);
	if (!r->variant.no_timestamps)
		fits &= append_timestamp(p, peer_clock(r, f), f->host_tsval);
	if (!r->variant.no_wscale)
		fits &= append(p, nops, 1) && append_wscale(p, r->peer_wscale);
	return fits;
}

static bool
append_hex(struct run *r, struct packet *p, const char *hex)
{
	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2) {
		const char two[3] = { hex[0], hex[1], '\0' };
		uint8_t byte = (uint8_t)strtoul(two, NULL, 16);

		if (!append(p, &byte, 1))
			return run_fail(r, "more than 40 bytes of options");
	}
	return *hex == '\0' || run_fail(r, "raw wants pairs of hexadecimal digits");
}

static bool
append_sack(struct run *r, const struct flow *f, struct packet *p, const struct words *w)
{
	uint8_t bytes[34] = { 5, 2 };

	for (unsigned int i = 1; i < w->count; i++) {
		char *colon = strchr(w->word[i], ':');
		int64_t left, right;

		if (colon == NULL || i > PACKET_SACKS)
			return run_fail(r, "sack wants one to four LEFT:RIGHT");
		*colon = '\0';
		if (!run_number(r, w->word[i], &left) || !run_number(r, colon + 1, &right))
			return false;
		put32(bytes + bytes[1], f->iss + (uint32_t)left);
		put32(bytes + bytes[1] + 4, f->iss + (uint32_t)right);
		bytes[1] = (uint8_t)(bytes[1] + 8);
	}
	return append(p, bytes, bytes[1]) || run_fail(r, "more than 40 bytes of options");
}

/* What the host really sent where a line has "ts as NAME". */
static bool
named_stamp(struct run *r, int64_t name, uint32_t *value)
{
	for (unsigned int i = 0; i < r->stamps; i++)
		if (r->stamp[i].name == name) {
			*value = r->stamp[i].value;
			return true;
		}
	return run_fail(r, "no timestamp above is named %lld", (long long)name);
}

static bool
name_stamp(struct run *r, const char *text, uint32_t value)
{
	unsigned int i = 0;
	int64_t name;

	if (!run_number(r, text, &name))
		return false;
	while (i < r->stamps && r->stamp[i].name != name)
		i++;
	if (i == RUN_STAMPS)
		return run_fail(r, "more than %u named timestamps", RUN_STAMPS);
	r->stamp[i].name = name;
	r->stamp[i].value = value;
	r->stamps += i == r->stamps;
	return true;
}

/* ts [VALUE] [ecr VALUE | ecr of NAME]: without values the peer's clock, and the host's last timestamp */
static bool
append_ts_words(struct run *r, const struct flow *f, struct packet *p, const struct words *w)
{
	uint32_t tsval = peer_clock(r, f), tsecr = f->host_tsval;
	unsigned int i = 1;
	int64_t v;

	if (i < w->count && strcmp(w->word[i], "ecr") != 0) {
		if (!run_number(r, w->word[i++], &v))
			return false;
		tsval = f->ts_peer + (uint32_t)v;
	}
	if (i + 1 < w->count) {
		if (!run_number(r, w->word[w->count - 1], &v))
			return false;
		tsecr = f->ts_host + (uint32_t)v;
		if (strcmp(w->word[i + 1], "of") == 0 && !named_stamp(r, v, &tsecr))
			return false;
	}
	return append_timestamp(p, tsval, tsecr) || run_fail(r, "more than 40 bytes of options");
}

#define EXPERIMENT "fastopen-experiment"

/* fastopen or fastopen-experiment, and request | cookie (the last one that was seen) | HEX */
static bool
append_fastopen(struct run *r, struct packet *p, const struct words *w)
{
	bool experiment = strcmp(w->word[0], EXPERIMENT) == 0;
	uint8_t head[4] = { experiment ? 254 : 34, experiment ? 4 : 2, 0xf9, 0x89 };
	const char *hex = w->count == 2 ? w->word[1] : "request";
	uint32_t length = head[1];

	p->options.fastopen = true;
	p->options.experiment = experiment;
	if (strcmp(hex, "request") == 0)
		return append(p, head, length) || run_fail(r, "more than 40 bytes of options");
	if (strcmp(hex, "cookie") == 0) {
		head[1] = (uint8_t)(length + r->cookie_length);
		return (append(p, head, length) && append(p, r->cookie, r->cookie_length)) ||
		       run_fail(r, "more than 40 bytes of options");
	}
	head[1] = (uint8_t)(length + strlen(hex) / 2);
	return (append(p, head, length) || run_fail(r, "more than 40 bytes of options")) && append_hex(r, p, hex);
}

static bool
build_one(struct run *r, const struct flow *f, const struct words *w, struct packet *p)
{
	const char *name = w->word[0];
	int64_t v = 0;
	bool fits;

	if (strcmp(name, "none") == 0)
		return true;
	if (strcmp(name, "offer") == 0)
		return append_offer(r, f, p) || run_fail(r, "more than 40 bytes of options");
	if (strcmp(name, "ts") == 0)
		return append_ts_words(r, f, p, w);
	if (strcmp(name, "sack") == 0)
		return append_sack(r, f, p, w);
	if (strcmp(name, "fastopen") == 0 || strcmp(name, EXPERIMENT) == 0)
		return append_fastopen(r, p, w);
	if (strcmp(name, "raw") == 0)
		return w->count == 2 ? append_hex(r, p, w->word[1]) : run_fail(r, "raw wants hexadecimal digits");
	if (w->count == 2 && !run_number(r, w->word[1], &v))
		return false;
	if (strcmp(name, "mss") == 0)
		fits = append_mss(p, w->count == 2 ? (uint32_t)v : r->peer_mss);
	else if (strcmp(name, "wscale") == 0)
		fits = append_wscale(p, w->count == 2 ? (unsigned int)v : r->peer_wscale);
	else if (strcmp(name, "sackok") == 0)
		fits = append_sack_ok(p);
	else if (strcmp(name, "nop") == 0)
		fits = append(p, (const uint8_t[]){ 1 }, 1);
	else if (strcmp(name, "eol") == 0)
		fits = append(p, (const uint8_t[]){ 0 }, 1);
	else
		return run_fail(r, "no option %s", name);
	return fits || run_fail(r, "more than 40 bytes of options");
}

/* one option of a list "<a, b, c>"; false at its end */
static bool
next_option(const char **text, struct words *w)
{
	char one[256];
	size_t n;

	if (**text == '<')
		(*text)++;
	n = strcspn(*text, ",>");
	if (n == 0 || n >= sizeof(one))
		return false;
	memcpy(one, *text, n);
	one[n] = '\0';
	*text += n + (**text != '\0' && (*text)[n] == ',');
	return words_split(w, one) && w->count > 0;
}

bool
options_has(const char *text, const char *name)
{
	struct words w;

	while (next_option(&text, &w))
		if (strcmp(w.word[0], name) == 0)
			return true;
	return false;
}

bool
options_build(struct run *r, const struct flow *f, const char *text, struct packet *p)
{
	struct words w;

	while (next_option(&text, &w))
		if (!build_one(r, f, &w, p))
			return false;
	return true;
}

/* which options a list has named */
struct named {
	bool mss, wscale, sack_ok, timestamp, sack, fastopen;
};

static bool
match_sack(struct run *r, const struct flow *f, const struct words *w, const struct packet_options *o)
{
	if (o->sacks != w->count - 1)
		return run_fail(r, "%u SACK blocks, expected %u", o->sacks, w->count - 1);
	for (unsigned int i = 1; i < w->count; i++) {
		char *colon = strchr(w->word[i], ':');
		int64_t left, right;

		if (colon == NULL)
			return run_fail(r, "sack wants LEFT:RIGHT");
		*colon = '\0';
		if (!run_number(r, w->word[i], &left) || !run_number(r, colon + 1, &right))
			return false;
		if (o->sack[i - 1].left != f->isn + (uint32_t)left || o->sack[i - 1].right != f->isn + (uint32_t)right)
			return run_fail(r, "SACK block %u is %d:%d, expected %lld:%lld", i,
					(int32_t)(o->sack[i - 1].left - f->isn), (int32_t)(o->sack[i - 1].right - f->isn),
					(long long)left, (long long)right);
	}
	return true;
}

static bool
match_ts(struct run *r, const struct flow *f, const struct words *w, const struct packet_options *o)
{
	int64_t low, high, got;
	unsigned int i = 1;

	if (!o->timestamp)
		return run_fail(r, "no timestamp");
	if (i < w->count && strcmp(w->word[i], "ecr") != 0 && strcmp(w->word[i], "as") != 0) {
		got = (int32_t)(o->tsval - f->ts_host);
		if (!run_range(r, w->word[i++], &low, &high))
			return false;
		if (got < low || got > high)
			return run_fail(r, "timestamp is %lld", (long long)got);
	}
	if (i + 1 < w->count && strcmp(w->word[i], "as") == 0) {
		if (!name_stamp(r, w->word[i + 1], o->tsval))
			return false;
		i += 2;
	}
	if (i + 1 < w->count) {
		got = (int32_t)(o->tsecr - f->ts_peer);
		if (!run_range(r, w->word[i + 1], &low, &high))
			return false;
		if (got < low || got > high)
			return run_fail(r, "timestamp echo is %lld", (long long)got);
	}
	return true;
}

/* "cookie": any, and the one to send from then on */
static bool
match_fastopen(struct run *r, const struct words *w, const struct packet_options *o)
{
	const char *hex = w->count == 2 ? w->word[1] : "request";
	char text[2 * sizeof(o->cookie) + 1] = "";

	if (o->experiment != (strcmp(w->word[0], EXPERIMENT) == 0))
		return run_fail(r, "Fast Open by %s", o->experiment ? "the option of experiments" : "its own option");
	for (unsigned int i = 0; i < o->cookie_length; i++)
		snprintf(text + 2 * i, 3, "%02x", o->cookie[i]);
	if (strcmp(hex, "request") == 0)
		return o->cookie_length == 0 || run_fail(r, "Fast Open cookie %s, expected a request", text);
	if (strcmp(hex, "cookie") != 0)
		return strcmp(hex, text) == 0 || run_fail(r, "Fast Open cookie %s, expected %s", text, hex);
	if (o->cookie_length == 0)
		return run_fail(r, "no Fast Open cookie");
	r->cookie_length = o->cookie_length;
	memcpy(r->cookie, o->cookie, o->cookie_length);
	return true;
}

static bool
match_one(struct run *r, const struct flow *f, const struct words *w, const struct packet_options *o, struct named *n)
{
	const char *name = w->word[0];
	int64_t low, high;

	if (strcmp(name, "none") == 0 || strcmp(name, "exactly") == 0 || strcmp(name, "nop") == 0 || strcmp(name, "eol") == 0)
		return true;
	if (strcmp(name, "request") == 0 || strcmp(name, "answer") == 0) {
		bool all = name[0] == 'r';

		/* what this host proposes by its settings; an answer holds only what the peer proposed too */
		n->mss = true;
		n->wscale = setting(r, "wscale", 1) && (all || f->peer_offer.wscale);
		n->sack_ok = setting(r, "sack", 1) && (all || f->peer_offer.sack_ok);
		n->timestamp = setting(r, "timestamps", 1) && (all || f->peer_offer.timestamp);
		if (o->mss && o->mss_value != host_mss(r))
			return run_fail(r, "MSS %u, expected %u (MUST-67)", o->mss_value, host_mss(r));
		return true;
	}
	if (strcmp(name, "ts") == 0) {
		n->timestamp = true;
		return match_ts(r, f, w, o);
	}
	if (strcmp(name, "sack") == 0) {
		n->sack = true;
		return match_sack(r, f, w, o);
	}
	if (strcmp(name, "sackok") == 0) {
		n->sack_ok = true;
		return true;
	}
	if (strcmp(name, "fastopen") == 0 || strcmp(name, EXPERIMENT) == 0) {
		n->fastopen = true;
		return match_fastopen(r, w, o);
	}
	if (w->count == 2 && !run_range(r, w->word[1], &low, &high))
		return false;
	if (strcmp(name, "mss") == 0) {
		n->mss = true;
		return w->count == 1 || (o->mss_value >= low && o->mss_value <= high) ||
		       run_fail(r, "MSS is %u", o->mss_value);
	}
	if (strcmp(name, "wscale") == 0) {
		n->wscale = true;
		return w->count == 1 || (o->wscale_value >= low && o->wscale_value <= high) ||
		       run_fail(r, "window scale is %u", o->wscale_value);
	}
	return run_fail(r, "no option %s to expect", name);
}

bool
options_match(struct run *r, const struct flow *f, const char *text, const struct packet *p)
{
	const struct packet_options *o = &p->options;
	struct named n = { 0 };
	const char *all = text;
	struct words w;

	while (next_option(&text, &w))
		if (!match_one(r, f, &w, o, &n))
			return false;
	if (o->mss != n.mss)
		return run_fail(r, "MSS option %s", o->mss ? "not expected" : "missing");
	if (o->wscale != n.wscale)
		return run_fail(r, "window scale option %s", o->wscale ? "not expected" : "missing");
	if (o->sack_ok != n.sack_ok)
		return run_fail(r, "SACK-permitted option %s", o->sack_ok ? "not expected" : "missing");
	if (o->fastopen != n.fastopen)
		return run_fail(r, "Fast Open option %s", o->fastopen ? "not expected" : "missing");
	if ((o->sacks > 0) != n.sack)
		return run_fail(r, "SACK blocks %s", o->sacks > 0 ? "not expected" : "missing");
	/* outside SYNs the negotiation decides, which is checked for every segment */
	if ((p->flags & FLAG_SYN || options_has(all, "exactly")) && o->timestamp != n.timestamp)
		return run_fail(r, "timestamp %s", o->timestamp ? "not expected" : "missing");
	return true;
}
