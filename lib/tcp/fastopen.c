/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Fast Open as server (RFC 7413): a SYN with a cookie of ours brings its data to the application at once, in a
 * full block in SYN-RECEIVED, and the answer need not wait for the handshake's ACK.
 *
 * A cookie is a keyed hash of both addresses and of the time, in steps of six hours: what was given out is good
 * for six to twelve (4.1.2). How many connections may stand in SYN-RECEIVED so is bounded for each listener;
 * those that a peer's RST ended keep their place for a minute, so that a flood from stolen cookies gains nothing
 * by resetting what it opened (5.1).
 */

#include <string.h>

#include <rte_common.h>

#include "tcp/rtt.h"
#include "tcp/text.h"

#define EPOCH_NS (UINT64_C(6) * 3600 * 1000000000)
#define COOKIE_LENGTH 8u
#define HELD_MS 60000u

static uint64_t
epoch_now(const struct tcp *tcp)
{
	return tcp->now_ns / EPOCH_NS;
}

/* With a key of the user's: of both addresses as they stand in the IP header, the same on whichever host has the key. */
static void
cookie_of_addresses(const struct tcp *tcp, const struct flow_key *key, struct tcp_fastopen *out)
{
	struct tern_addr remote, local;
	uint8_t text[2 * sizeof(remote.b)];
	uint32_t skip, size;
	uint64_t mac;

	memcpy(remote.b, key->remote, sizeof(remote.b));
	ip_local_address(tcp->ip, key->local, &local);
	skip = tern_addr_is_v4(&remote) ? 12 : 0;
	size = sizeof(remote.b) - skip;
	memcpy(text, remote.b + skip, size);
	memcpy(text + size, local.b + skip, size);
	mac = siphash(tcp->config.fastopen_key, text, 2u * size);
	out->length = COOKIE_LENGTH;
	memcpy(out->bytes, &mac, COOKIE_LENGTH);
}

static void
cookie_of(const struct tcp *tcp, const struct flow_key *key, uint64_t epoch, struct tcp_fastopen *out)
{
	struct {
		uint8_t remote[16];
		uint64_t local, epoch;
	} text = { .local = key->local, .epoch = epoch };
	uint64_t mac;

	if (unlikely(tcp->config.fastopen_keyed)) {
		cookie_of_addresses(tcp, key, out);
		return;
	}
	memcpy(text.remote, key->remote, sizeof(text.remote));
	mac = siphash(tcp->secret.fastopen, &text, sizeof(text));
	out->length = COOKIE_LENGTH;
	memcpy(out->bytes, &mac, COOKIE_LENGTH);
}

void
tcp_fastopen_cookie(const struct tcp *tcp, const struct flow_key *key, bool experimental, struct tcp_fastopen *out)
{
	cookie_of(tcp, key, epoch_now(tcp), out);
	out->experimental = experimental;
}

static bool
is_ours(const struct tcp *tcp, const struct tcp_packet *p, uint64_t epoch)
{
	const struct tcp_fastopen *got = &p->seg.opt.fastopen;
	struct tcp_fastopen ours;

	cookie_of(tcp, &p->key, epoch, &ours);
	return got->length == ours.length && memcmp(got->bytes, ours.bytes, ours.length) == 0;
}

static bool
has_place(const struct tcp *tcp, struct tcp_listener *l)
{
	if (l->fastopen_held > 0 && seq_geq(tcp->now, l->fastopen_held_until))
		l->fastopen_held = 0;
	return l->fastopen_pending + l->fastopen_held < l->fastopen;
}

/* R2 of the SYN-ACK: as often as that of a half-open connection */
static uint32_t
handshake_ms(const struct tcp *tcp)
{
	uint32_t retries = RTE_MIN(tcp->config.synack_retries, TCP_SYN_LEVELS - 1);

	return tcp->config.rto_initial_ms * ((2u << retries) - 1);
}

static void
deliver(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	uint32_t length = RTE_MIN((uint32_t)p->seg.payload, c->rcv_adv - c->rcv_nxt);

	if (length > 0) {
		c->rcv_nxt += length;
		tcp->stats->rx_payload_bytes += length;
		tcp_deliver(tcp, c, tcp_payload(p, 0, length), length);
	}
	/* what the SYN-ACK says unscaled, an answer behind it must be able to say scaled */
	c->rcv_adv = c->rcv_nxt + RTE_ALIGN_FLOOR(RTE_MIN(tcp_receive_space(c), (uint32_t)UINT16_MAX), 1u << c->rcv_wscale);
}

/* The block in SYN-RECEIVED. false: there is no room for one, so the usual handshake shall decide. */
static bool
open_at_once(struct tcp *tcp, struct tcp_packet *p, struct tcp_listener *l, const uint32_t *beyond, bool stale)
{
	struct tcp_half_open h = { .lists = 0 };
	struct tcp_conn *c;
	int error;

	tcp_half_open_fill(tcp, &h, p, (uint16_t)(l - tcp->listener));
	if (beyond != NULL && seq_leq(h.iss, *beyond))
		h.iss = *beyond + 1;
	c = tcp_passive_open(tcp, &h, &error);
	if (c == NULL)
		return false;
	c->hash = p->hash;
	if (flow_insert(&tcp->table, c->hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c))) < 0) {
		tcp_conn_told(tcp, c);
		return false;
	}
	c->state = TCP_SYN_RECEIVED;
	c->opt |= CONN_FASTOPEN;
	c->flags |= CONN_SYN_OWED | (stale ? CONN_COOKIE_STALE : 0);
	c->snd_wnd = p->seg.window;  /* a SYN's window is never scaled (RFC 7323, 2.2) */
	c->snd_wl1 = p->seg.seq;     /* IRS, until the handshake is through */
	c->unanswered = tcp->now;
	c->handshake_ms = handshake_ms(tcp);
	tcp_timer_set(tcp, c, tcp->now + c->rto_ms);
	tcp_conn_initial_window(tcp, c);
	l->fastopen_pending++;
	tcp->stats->accepts++;
	tcp->stats->fastopen_accepted++;
	tcp_conn_event(tcp, c, TERN_ACCEPTED);
	if (unlikely(p->seg.payload == 0) && tcp_extra_make(tcp, c) != NULL)
		tcp_extra_at(tcp, c->extra)->no_syn_data = true;
	deliver(tcp, c, p);
	tcp_conn_owe(tcp, c);
	return true;
}

/* 4.2.2 and 4.1.2: the SYN's option decides. `beyond` is the SND.NXT of an old incarnation, or NULL. */
enum tcp_fastopen_verdict
tcp_fastopen_syn(struct tcp *tcp, struct tcp_packet *p, struct tcp_listener *l, const uint32_t *beyond)
{
	bool asks = p->seg.opt.present & TCP_OPT_FASTOPEN, fresh;

	if (tcp->config.fastopen_no_cookie && p->seg.payload > 0)
		return has_place(tcp, l) && !tcp->pool_low && open_at_once(tcp, p, l, beyond, false) ? FASTOPEN_TAKEN : FASTOPEN_USUAL;
	if (!asks)
		return FASTOPEN_USUAL;
	if (p->seg.opt.fastopen.length == 0)
		return FASTOPEN_GIVE_COOKIE;
	fresh = is_ours(tcp, p, epoch_now(tcp));
	if (!fresh && !is_ours(tcp, p, epoch_now(tcp) - 1)) {
		tcp->stats->fastopen_refused++;
		return FASTOPEN_GIVE_COOKIE;
	}
	/* while the pool is low, nothing that need not be is kept */
	if (!has_place(tcp, l) || tcp->pool_low || !open_at_once(tcp, p, l, beyond, !fresh)) {
		tcp->stats->fastopen_refused++;
		return FASTOPEN_USUAL;
	}
	return FASTOPEN_TAKEN;
}

/* The SYN again: the SYN-ACK again. As often as it may be sent, whoever asks. */
bool
tcp_fastopen_syn_again(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if (!(c->flags & CONN_PASSIVE) || (s->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN || s->seq != c->snd_wl1)
		return false;
	if (!(c->flags & CONN_SYN_OWED) && c->retransmits < tcp->config.synack_retries) {
		c->retransmits++;
		c->flags |= CONN_SYN_OWED;
		tcp_conn_owe(tcp, c);
	}
	return true;
}

void
tcp_fastopen_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	tcp->listener[c->listener].fastopen_pending--;
	if (c->retransmits == 0)
		tcp_rtt_sample(tcp, c, 1000u * RTE_MAX(tcp->now - c->unanswered, 1u));
	else
		tcp_rtt_echo(tcp, c, s);
}

void
tcp_fastopen_ended(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason)
{
	struct tcp_listener *l = &tcp->listener[c->listener];

	if (!(c->flags & CONN_PASSIVE))
		return;
	l->fastopen_pending--;
	if (reason == TERN_CLOSE_RESET) {
		l->fastopen_held++;
		l->fastopen_held_until = tcp->now + HELD_MS;
	}
}
