/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a scenario says about the world before its conversation begins. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

const uint8_t run_host_mac[6] = { 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01 };

/* 198.18.0.0/15 and 2001:2::/48 are set apart for tests (RFC 2544, RFC 5180), 203.0.113.0/24 and 2001:db8::/32 for examples */
static const struct { const char *name, *v4, *v6; } addresses[] = {
	{ "local", "198.18.0.1", "2001:2::1" },
	{ "peer", "198.18.0.2", "2001:2::2" },
	{ "second", "198.18.0.3", "2001:2::3" },
	{ "peer2", "198.18.0.4", "2001:2::4" },
	{ "gateway", "198.18.0.254", "2001:2::fe" },
	{ "far", "203.0.113.9", "2001:db8::9" },
	{ "stranger", "198.18.0.77", "2001:2::77" },
	{ "silent", "198.18.0.66", "2001:2::66" },   /* never answers a solicitation */
	{ "broadcast", "255.255.255.255", "ff02::1" },
	{ "directed-broadcast", "198.18.0.255", "ff02::2" },
	{ "multicast", "224.0.0.1", "ff05::1" },
	{ "unspecified", "0.0.0.0", "::" },
	{ "loopback", "127.0.0.1", "::1" },
};

bool
run_address(const struct run *r, const char *name, struct tern_addr *addr)
{
	for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		if (strcmp(name, addresses[i].name) != 0)
			continue;
		if (r->variant.v6)
			return inet_pton(AF_INET6, addresses[i].v6, addr->b) == 1;
		memset(addr->b, 0, 10);
		addr->b[10] = addr->b[11] = 0xff;
		return inet_pton(AF_INET, addresses[i].v4, addr->b + 12) == 1;
	}
	return false;
}

void
run_link_address(const struct run *r, const struct tern_addr *addr, uint8_t mac[6])
{
	struct tern_addr local;
	unsigned int prefix = r->variant.v6 ? 8 : 15;

	run_address(r, "local", &local);
	memcpy(mac, run_host_mac, 6);
	mac[5] = memcmp(addr, &local, prefix) == 0 ? addr->b[15] : 0xfe;
}

static void
standard_addresses(struct run *r)
{
	struct variant asked = r->variant;
	struct backend_setup *s = &r->setup;

	r->variant.v6 = false;
	run_address(r, "local", &s->local4);
	run_address(r, "second", &s->second4);
	run_address(r, "gateway", &s->gateway4);
	r->variant.v6 = true;
	run_address(r, "local", &s->local6);
	run_address(r, "second", &s->second6);
	run_address(r, "gateway", &s->gateway6);
	r->variant = asked;
}

static bool
setting(struct run *r, const struct words *w)
{
	struct backend_setup *s = &r->setup;
	int64_t value;

	if (w->count != 3)
		return run_fail(r, "config wants a name and a value");
	if (strcmp(w->word[1], "congestion") == 0) {
		snprintf(s->congestion, sizeof(s->congestion), "%s", w->word[2]);
		return true;
	}
	if (!run_number(r, w->word[2], &value))
		return false;
	if (strcmp(w->word[1], "vlan") == 0) {
		s->vlan = (int)value;
		return true;
	}
	if (s->settings == BACKEND_SETTINGS)
		return run_fail(r, "too many config lines");
	snprintf(s->setting[s->settings].name, sizeof(s->setting[0].name), "%s", w->word[1]);
	s->setting[s->settings++].value = value;
	return true;
}

/* peer mss 1000 wscale 3 win 64000 */
static bool
peer(struct run *r, const struct words *w)
{
	for (unsigned int i = 1; i + 1 < w->count; i += 2) {
		int64_t value;

		if (!run_number(r, w->word[i + 1], &value))
			return false;
		if (strcmp(w->word[i], "mss") == 0)
			r->peer_mss = (uint32_t)value;
		else if (strcmp(w->word[i], "wscale") == 0)
			r->peer_wscale = (unsigned int)value;
		else if (strcmp(w->word[i], "win") == 0)
			r->peer_window = (uint32_t)value;
		else
			return run_fail(r, "peer has no %s", w->word[i]);
	}
	return w->count % 2 == 1 || run_fail(r, "peer wants names and values");
}

bool
settings_is(const char *word)
{
	static const char *const words[] = { "rfc", "must", "with", "config", "peer", "virtual", "neighbours", "may",
	                                    "only", "differs" };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

bool
settings_read(struct run *r, const struct script_block *block)
{
	struct words w;

	standard_addresses(r);
	r->setup.v6 = r->variant.v6;
	memcpy(r->setup.mac, run_host_mac, 6);
	r->setup.vlan = PACKET_NO_VLAN;
	snprintf(r->setup.congestion, sizeof(r->setup.congestion), "newreno");
	r->peer_mss = r->variant.v6 ? 1440 : 1460;
	r->peer_wscale = 3;
	r->peer_window = 64000;
	for (unsigned int i = 0; i < block->lines; i++) {
		r->line = &block->line[i];
		r->file = block->file;
		if (!words_split(&w, block->line[i].text))
			return run_fail(r, "line too long, or a bracket stays open");
		if (strcmp(w.word[0], "config") == 0 && !setting(r, &w))
			return false;
		if (strcmp(w.word[0], "peer") == 0 && !peer(r, &w))
			return false;
		if (strcmp(w.word[0], "neighbours") == 0)
			r->manual_neighbours = w.count == 2 && strcmp(w.word[1], "manual") == 0;
		if (strcmp(w.word[0], "may") == 0 && w.count == 2) {
			r->may_shrink |= strcmp(w.word[1], "shrink") == 0;
			r->may_fragment |= strcmp(w.word[1], "fragment") == 0;
			r->may_leave |= strcmp(w.word[1], "leave") == 0;
		}
	}
	r->line = NULL;
	return true;
}
