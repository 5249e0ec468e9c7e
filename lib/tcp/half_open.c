/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Segments that meet no block: CLOSED and LISTEN (RFC 9293, 3.10.7.1 and
 * 3.10.7.2), and the SYN-RECEIVED of a passive open, which is one cache line
 * until the handshake's ACK comes.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

/* MUST-15: without the option */
#define DEFAULT_MSS_V4 536u
#define DEFAULT_MSS_V6 1220u

void
tcp_half_open_owe(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);

	if (h->lists & HALF_OWED)
		return;  /* in the ring already, perhaps from the index's last life */
	h->lists |= HALF_OWED;
	tcp->synack_owed[tcp->synack_tail++ & tcp->synack_mask] = index;
}

/* Gives the record back; its place in the table is another's already. */
static void
half_open_put(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);

	if (h->lists & HALF_LISTED)
		list_remove(&tcp->syn_level[h->level], index);
	/* an entry in the ring of owed ones stays, and is passed over there */
	h->lists &= HALF_OWED;
	slab_put(&tcp->half_open, index);
	tcp->stats->half_open_now--;
}

void
tcp_half_open_drop(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);

	flow_remove(&tcp->table, tcp_hash(tcp, &h->key), flow_ref_make(FLOW_HALF_OPEN, index));
	half_open_put(tcp, index);
}

void
tcp_unlisten_half_open(struct tcp *tcp, uint16_t listener)
{
	for (uint32_t i = 1; slab_valid(&tcp->half_open, i); i++) {
		struct tcp_half_open *h = tcp_half_at(tcp, i);

		if ((h->lists & HALF_LIVE) && h->listener == listener)
			tcp_half_open_drop(tcp, i);
	}
}

static __rte_always_inline void
fill(struct tcp *tcp, struct tcp_half_open *h, const struct tcp_packet *p, uint16_t listener)
{
	const struct tcp_config *cfg = &tcp->config;
	const struct tcp_options *opt = &p->seg.opt;
	uint8_t owed = h->lists & HALF_OWED;

	h->key = p->key;
	h->iss = tcp_isn(tcp, &p->key, &h->ts_offset);
	h->irs = p->seg.seq;
	h->opt = p->v4 ? CONN_V4 : 0;
	h->snd_wscale = 0;
	h->ts_recent = 0;
	if (cfg->timestamps && (opt->present & TCP_OPT_TIMESTAMP)) {
		h->opt |= CONN_TS;
		h->ts_recent = opt->tsval;
	}
	if (cfg->sack && (opt->present & TCP_OPT_SACK_OK))
		h->opt |= CONN_SACK;
	if (cfg->wscale && (opt->present & TCP_OPT_WSCALE)) {
		h->opt |= CONN_WSCALE;
		h->snd_wscale = opt->wscale;
	}
	if (cfg->ecn != TCP_ECN_OFF && tcp_ecn_asked(p->seg.flags))
		h->opt |= CONN_ECN;
	h->mss = opt->present & TCP_OPT_MSS ? opt->mss : p->v4 ? DEFAULT_MSS_V4 : DEFAULT_MSS_V6;
	h->listener = listener;
	h->hop = 0;
	h->level = 0;
	h->lists = HALF_LIVE | owed;
}

void
tcp_half_open_fill(struct tcp *tcp, struct tcp_half_open *h, const struct tcp_packet *p, uint16_t listener)
{
	fill(tcp, h, p, listener);
}

/*
 * A free record. When all are used and cookies are off, the oldest one goes (RFC 4987, 3.4), but none before its
 * SYN-ACK was sent again: a peer that answers within the first timeout is never pushed out by a flood.
 */
static uint32_t
half_open_get(struct tcp *tcp)
{
	uint32_t index = slab_get(&tcp->half_open);

	for (uint32_t level = TCP_SYN_LEVELS - 1; index == 0 && level > 0; level--) {
		if (tcp->syn_level[level].head == 0)
			continue;
		tcp_half_open_drop(tcp, tcp->syn_level[level].head);
		tcp->stats->half_open_evicted++;
		index = slab_get(&tcp->half_open);
	}
	return index;
}

/* A cookie's number does not follow an old incarnation's, so TIME-WAIT is succeeded by a record alone. */
static bool
wants_cookie(const struct tcp *tcp)
{
	return tcp->config.syn_cookies == TCP_COOKIES_ALWAYS ||
	       (tcp->config.syn_cookies == TCP_COOKIES_AUTO &&
		(tcp->half_open.used >= tcp->config.cookie_threshold || tcp_blocks_promised(tcp)));
}

/* 3.10.7.2, third: a SYN for a listener. Data on it waits for its retransmission, but for Fast Open. `beyond`: the
 * SND.NXT of an old incarnation that it succeeds, or NULL. */
static int
syn_arrives(struct tcp *tcp, struct tcp_packet *p, struct tcp_listener *l, const uint32_t *beyond)
{
	enum tcp_fastopen_verdict fastopen = FASTOPEN_USUAL;
	struct tcp_half_open *h;
	uint32_t index;

	if (l->fastopen > 0 && (unlikely(p->seg.opt.present & TCP_OPT_FASTOPEN) || tcp->config.fastopen_no_cookie))
		fastopen = tcp_fastopen_syn(tcp, p, l, beyond);
	if (fastopen == FASTOPEN_TAKEN)
		return 0;
	if (beyond == NULL && unlikely(wants_cookie(tcp)))
		return tcp_cookie_answer(tcp, p, l);
	index = half_open_get(tcp);
	if (index == 0)
		return -TERN_DROP_TCP_SYN_QUEUE;
	h = tcp_half_at(tcp, index);
	fill(tcp, h, p, (uint16_t)(l - tcp->listener));
	if (beyond != NULL && seq_leq(h->iss, *beyond))
		h->iss = *beyond + 1;
	if (fastopen == FASTOPEN_GIVE_COOKIE)
		h->opt |= CONN_FASTOPEN;
	if (fastopen == FASTOPEN_GIVE_COOKIE && p->seg.opt.fastopen.experimental)
		h->lists |= HALF_EXPERIMENT;
	tcp->stats->half_open_now++;
	if (flow_insert(&tcp->table, p->hash, flow_ref_make(FLOW_HALF_OPEN, index)) < 0) {
		half_open_put(tcp, index);
		return -TERN_DROP_TCP_SYN_QUEUE;
	}
	tcp_half_open_owe(tcp, index);
	return 0;
}

/* Nobody outside has an address of ours (MUST-63): to answer would be to talk to ourselves. */
static bool
comes_from_us(const struct tcp *tcp, const struct tcp_packet *p)
{
	struct tern_addr remote;

	memcpy(remote.b, p->key.remote, sizeof(remote.b));
	return ip_local_number(tcp->ip, &remote, ip_local_of(tcp->ip, p->key.local)->vlan) != 0;
}

int
tcp_closed_input(struct tcp *tcp, struct tcp_packet *p)
{
	uint8_t flags = p->seg.flags;
	struct tcp_listener *l;
	int error;

	if (unlikely(comes_from_us(tcp, p)))
		return -TERN_DROP_IP_SOURCE;
	if (flags & TCP_RST)
		return -TERN_DROP_TCP_RST_NO_CONN;
	l = tcp_listener_for(tcp, p->key.local, p->key.lport);
	if (l != NULL && (flags & (TCP_ACK | TCP_SYN)) == TCP_ACK && tcp_cookie_expected(tcp))
		return tcp_cookie_input(tcp, p, l);
	if (l == NULL || (flags & TCP_ACK)) {
		tcp_reply_rst(tcp, p);
		return -TERN_DROP_TCP_NO_LISTENER;
	}
	if (!(flags & TCP_SYN))
		return -TERN_DROP_TCP_ACK_MISSING;
	error = tcp_overload_syn(tcp, p, l);
	return error != 0 ? error : syn_arrives(tcp, p, l, NULL);
}

int
tcp_syn_after_time_wait(struct tcp *tcp, struct tcp_packet *p, uint32_t old_snd_nxt)
{
	struct tcp_listener *l = tcp_listener_for(tcp, p->key.local, p->key.lport);

	return syn_arrives(tcp, p, l, &old_snd_nxt);
}

static bool
acceptable(const struct tcp *tcp, const struct tcp_half_open *h, const struct tcp_segment *s)
{
	uint32_t window = RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX);
	uint32_t rcv_nxt = h->irs + 1;
	uint32_t length = s->payload + ((s->flags & TCP_SYN) != 0) + ((s->flags & TCP_FIN) != 0);

	return seq_in(s->seq, rcv_nxt, window) || (length > 0 && seq_in(s->seq + length - 1, rcv_nxt, window));
}

/* An ACK, once for each SYN-ACK sent: that bounds it without a word of memory, and tells of this record alone. */
static void
answer(struct tcp *tcp, struct tcp_packet *p, struct tcp_half_open *h)
{
	if (h->lists & HALF_ANSWERED) {
		tcp->stats->drops[TERN_DROP_TCP_CHALLENGE_LIMIT]++;
		return;
	}
	h->lists |= HALF_ANSWERED;
	tcp_reply_ack(tcp, p, h->iss + 1, h->irs + 1, h->opt, h->ts_recent, h->ts_offset);
}

/* SYN-RECEIVED of a passive open (RFC 9293, 3.10.7.4). */
int
tcp_half_open_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);
	const struct tcp_segment *s = &p->seg;
	struct tcp_conn *c;
	int error = 0;

	if ((s->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN && s->seq == h->irs) {
		if (!tcp_ecn_asked(s->flags))
			h->opt &= (uint8_t)~CONN_ECN;  /* the peer has given it up (RFC 3168, 6.1.1) */
		/*
		 * The SYN again: the SYN-ACK again, unless it is on its way. It counts as one of our own
		 * retransmissions, so that nobody holds the record by asking once a second.
		 */
		if ((h->lists & HALF_LISTED) && h->level < tcp->config.synack_retries && h->level + 1u < TCP_SYN_LEVELS) {
			list_remove(&tcp->syn_level[h->level], index);
			h->lists &= (uint8_t)~HALF_LISTED;
			h->level++;
			tcp_half_open_owe(tcp, index);
		}
		return -TERN_DROP_TCP_DUPLICATE;
	}
	if (h->opt & CONN_TS && !(s->flags & TCP_RST) && !tcp_lacks_timestamp(tcp, s)) {
		if (!(s->opt.present & TCP_OPT_TIMESTAMP))
			return -TERN_DROP_TCP_NO_TIMESTAMP;
		if (seq_lt(s->opt.tsval, h->ts_recent)) {
			answer(tcp, p, h);
			return -TERN_DROP_TCP_PAWS;
		}
	}
	if (!acceptable(tcp, h, s)) {
		if (!(s->flags & TCP_RST))
			answer(tcp, p, h);
		return -TERN_DROP_TCP_WINDOW;
	}
	if (s->flags & TCP_RST) {
		tcp->stats->rst_rx++;
		if (s->seq == h->irs + 1) {
			tcp_half_open_drop(tcp, index);  /* back to LISTEN, nobody is told (MUST-11) */
			return 0;
		}
		/* below the window, though its text reaches into it: silence (RFC 5961, 3.2) */
		if (seq_gt(s->seq, h->irs))
			answer(tcp, p, h);
		return -TERN_DROP_TCP_RST_INVALID;
	}
	if (s->flags & TCP_SYN) {
		tcp_half_open_drop(tcp, index);  /* fourth check, passive: back to LISTEN */
		return -TERN_DROP_TCP_SYN_INVALID;
	}
	if (!(s->flags & TCP_ACK))
		return -TERN_DROP_TCP_ACK_MISSING;
	if (s->ack != h->iss + 1) {
		tcp_reply_rst(tcp, p);
		return -TERN_DROP_TCP_ACK_INVALID;
	}
	c = tcp_passive_promote(tcp, p, index, &error);
	if (c == NULL)
		return error;
	half_open_put(tcp, index);
	return tcp_first_input(tcp, c, p);
}
