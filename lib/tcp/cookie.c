/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * SYN cookies (RFC 4987, 3.6): under a flood a SYN is answered and forgotten. All that its ACK must bring back
 * lies in the numbers that it acknowledges and echoes:
 *
 *   ISN    8 bits  those of any ISN of the tuple now (RFC 6528): they count periods of 2^24 ticks, 67 s
 *         21 bits  of a keyed hash over the tuple, the SYN's number, the period and the next field
 *          3 bits  the largest of eight MSS that is not above the peer's
 *   TSval  6 bits  its lowest: window scale (15: none), SACK, ECN. The clock steps down for them, never up,
 *                  so that no later timestamp is below it
 *
 * Without timestamps there is neither window scaling nor SACK. The peer's TSval comes with the ACK. A guess is
 * right once in 2^28: two periods and eight MSS are accepted, of 2^32 numbers.
 *
 * What a cookie costs the peer (3.6): an ACK that is lost, or refused while the backlog is full, is not asked
 * for again; when the peer's first data comes it serves as well as the ACK. Later data that overtakes the first
 * cannot be told from a guess but for those 8 bits, which are the tuple's: then it is dropped without a RST, and
 * comes again behind the first. (Linux resets; a peer that is to be reset is so when two periods have passed.)
 */

#include <rte_common.h>

#include "tcp/tcp.h"

#define TICK_NS 4000u         /* RFC 6528: the ISN's clock */
#define PERIOD_BITS 24u       /* of it: what a period lasts */
#define MSS_BITS 3u
#define LOW_MASK ((1u << PERIOD_BITS) - 1)

#define TS_WSCALE_MASK 0x0fu
#define TS_NO_WSCALE 0x0fu
#define TS_SACK 0x10u
#define TS_ECN 0x20u
#define TS_BITS 6u
#define TS_MASK ((1u << TS_BITS) - 1)

/* Of IPv4; IPv6 has 20 less, but not below the first. What Ethernet, tunnels and jumbo frames leave, and the default. */
static const uint16_t mss_table[1u << MSS_BITS] = { 64, 536, 1240, 1360, 1400, 1440, 1460, 8960 };

static uint32_t
mss_of(uint32_t place, bool v4)
{
	return place == 0 || v4 ? mss_table[place] : mss_table[place] - 20u;
}

static uint32_t
place_of(uint32_t mss, bool v4)
{
	uint32_t place = RTE_DIM(mss_table) - 1;

	while (place > 0 && mss_of(place, v4) > mss)
		place--;
	return place;
}

static uint64_t
period_now(const struct tcp *tcp)
{
	return tcp->now_ns / TICK_NS >> PERIOD_BITS;
}

/* The 8 bits above: `isn` is any of the tuple's, made now. */
static uint32_t
high_bits(const struct tcp *tcp, uint32_t isn, uint64_t period)
{
	uint32_t keyed = isn - (uint32_t)(tcp->now_ns / TICK_NS);

	return (keyed & ~LOW_MASK) + ((uint32_t)period << PERIOD_BITS);
}

static uint32_t
low_bits(const struct tcp *tcp, const struct flow_key *key, uint32_t irs, uint64_t period, uint32_t place)
{
	const struct {
		struct flow_key key;
		uint32_t irs, place;
		uint64_t period;
	} text = { *key, irs, place, period };
	uint32_t mac = (uint32_t)siphash(tcp->secret.cookie, &text, sizeof(text));

	return (mac << MSS_BITS & LOW_MASK) | place;
}

/* ---- out */

static uint32_t
timestamp(const struct tcp *tcp, const struct tcp_half_open *h)
{
	uint32_t clock = tcp_tsval(tcp, h->ts_offset);
	uint32_t options = h->opt & CONN_WSCALE ? h->snd_wscale : TS_NO_WSCALE;
	uint32_t tsval;

	options |= (h->opt & CONN_SACK ? TS_SACK : 0) | (h->opt & CONN_ECN ? TS_ECN : 0);
	tsval = (clock & ~TS_MASK) | options;
	return seq_gt(tsval, clock) ? tsval - (1u << TS_BITS) : tsval;
}

int
tcp_cookie_answer(struct tcp *tcp, struct tcp_packet *p, const struct tcp_listener *l)
{
	uint64_t period = period_now(tcp);
	struct tcp_half_open h = { .lists = 0 };
	struct tcp_reply *r;
	uint32_t place;

	tcp_half_open_fill(tcp, &h, p, 0);
	if (!(h.opt & CONN_TS))
		h.opt &= CONN_V4;
	place = place_of(h.mss, p->v4);
	r = tcp_reply_new(tcp, p);
	if (r == NULL)
		return 0;  /* counted there */
	r->seq = high_bits(tcp, h.iss, period) | low_bits(tcp, &h.key, h.irs, period, place);
	r->ack = h.irs + 1;
	r->flags = TCP_SYN | TCP_ACK | tcp_ecn_syn_flags(h.opt, TCP_ACK);
	r->opt = h.opt;
	r->tsval = timestamp(tcp, &h);
	r->tsecr = h.ts_recent;
	r->window = (uint16_t)RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX);
	r->mss = tcp_limited_mss(tcp_announced_mss(tcp, p->v4), l->mss);
	tcp->cookie_period = period + 1;
	tcp->stats->cookies_sent++;
	return 0;
}

/* ---- in */

/* An ACK without a record is worth two hashes only while cookies are about. */
bool
tcp_cookie_expected(const struct tcp *tcp)
{
	return tcp->cookie_period != 0 && period_now(tcp) <= tcp->cookie_period;
}

static void
take_options(const struct tcp *tcp, struct tcp_half_open *h, const struct tcp_segment *s)
{
	uint32_t options = s->opt.tsecr & TS_MASK, scale = options & TS_WSCALE_MASK;

	if (!(s->opt.present & TCP_OPT_TIMESTAMP) || !tcp->config.timestamps)
		return;
	h->opt |= CONN_TS;
	h->ts_recent = s->opt.tsval;
	if ((options & TS_SACK) && tcp->config.sack)
		h->opt |= CONN_SACK;
	if ((options & TS_ECN) && tcp->config.ecn != TCP_ECN_OFF)
		h->opt |= CONN_ECN;
	if (scale != TS_NO_WSCALE && tcp->config.wscale) {
		h->opt |= CONN_WSCALE;
		h->snd_wscale = (uint8_t)scale;
	}
}

/* The record that was never kept, if this segment acknowledges a cookie of ours; *likely: its bits of the ISN are right. */
static bool
recover(const struct tcp *tcp, struct tcp_half_open *h, const struct tcp_packet *p, bool *likely)
{
	const struct tcp_segment *s = &p->seg;
	uint32_t cookie = s->ack - 1, place = cookie & ((1u << MSS_BITS) - 1);
	uint32_t isn = tcp_isn(tcp, &p->key, &h->ts_offset);
	uint64_t period = period_now(tcp);

	if (high_bits(tcp, isn, period) != (cookie & ~LOW_MASK))
		period--;
	*likely = high_bits(tcp, isn, period) == (cookie & ~LOW_MASK);
	if (!*likely)
		return false;
	if (low_bits(tcp, &p->key, s->seq - 1, period, place) != (cookie & LOW_MASK))
		return false;
	h->key = p->key;
	h->iss = cookie;
	h->irs = s->seq - 1;
	h->mss = (uint16_t)mss_of(place, p->v4);
	h->opt = p->v4 ? CONN_V4 : 0;
	take_options(tcp, h, s);
	return true;
}

/* The ACK of a cookie: the connection is made at once. When the SYN-ACK left nobody noted, so there is no RTT yet. */
int
tcp_cookie_input(struct tcp *tcp, struct tcp_packet *p, const struct tcp_listener *l)
{
	struct tcp_half_open h = { .listener = (uint16_t)(l - tcp->listener) };
	struct tcp_conn *c;
	bool likely;
	int error = 0;

	if (!recover(tcp, &h, p, &likely)) {
		if (!likely || p->seg.payload == 0)
			tcp_reply_rst(tcp, p);
		return -TERN_DROP_TCP_COOKIE_INVALID;
	}
	c = tcp_passive_open(tcp, &h, &error);
	if (c == NULL)
		return error;
	c->hash = p->hash;
	if (flow_insert(&tcp->table, c->hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c))) < 0) {
		tcp_conn_told(tcp, c);
		return -TERN_DROP_TCP_NO_BLOCK;
	}
	tcp->stats->cookies_accepted++;
	tcp_passive_established(tcp, c, p);
	return tcp_segment_arrives(tcp, c, p);
}
