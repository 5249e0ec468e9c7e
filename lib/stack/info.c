/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a connection tells of itself (RFC 9293, 3.9.1.5 STATUS): all that `ss -ti` shows. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "stack/internal.h"

static void
tell_negotiated(struct tern_info *i, const struct tcp *tcp, const struct tcp_conn *c)
{
	i->timestamps = (c->opt & CONN_TS) != 0;
	i->sack = (c->opt & CONN_SACK) != 0;
	i->wscale_on = (c->opt & CONN_WSCALE) != 0;
	i->ecn = (c->opt & CONN_ECN) != 0;
	i->fastopen = (c->opt & CONN_FASTOPEN) && !tcp_extra(tcp, c)->no_syn_data &&
		      (c->state >= TCP_ESTABLISHED || (c->flags & CONN_PASSIVE) || c->unread > 0);
	i->snd_wscale = c->snd_wscale;
	i->rcv_wscale = c->rcv_wscale;
}

/* What a SYN carried in vain, and went again behind the handshake, as far as it is not acknowledged */
static uint32_t
rode_in_vain(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);
	uint32_t end = seq_min(x->rode_end, c->snd_nxt);

	return x->rode && seq_gt(end, c->snd_una) ? end - c->snd_una : 0;
}

static void
tell_sending(struct tern_info *i, const struct tcp *tcp, const struct tcp_conn *c)
{
	i->in_recovery = c->flags & CONN_RTO_RECOVERY ? 2 : (c->flags & CONN_RECOVERY) != 0;
	i->mss = c->mss;
	i->srtt_us = c->srtt_us;
	i->rttvar_us = c->rttvar_us;
	i->rto_us = tcp_rto_backed_off(tcp, c) * 1000;
	i->min_rtt_us = c->min_rtt_us;
	i->cwnd = c->cwnd;
	i->ssthresh = c->ssthresh;
	i->snd_wnd = c->snd_wnd;
	i->unacked = c->snd_nxt - c->snd_una;
	i->unsent = c->flags & CONN_FIN_SENT ? 0 : c->snd_end - c->snd_nxt;
	if (c->recovery != 0) {
		const struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

		i->lost = r->lost_bytes;
		i->sacked = r->sacked_bytes;
		i->reorderings = r->reorderings;
		i->reordering = r->reordering;
		i->resent = tcp_bytes_in_flight_again(tcp, c);
	}
	i->resent = RTE_MAX(i->resent, rode_in_vain(tcp, c));  /* lost once more it is among those */
	i->probes = c->flags & CONN_PERSIST ? c->probes : 0;
	i->sndbuf = c->sndbuf;
	i->retransmits = c->retransmits;
	i->backoff = c->backoff;
	i->pacing_rate = tcp_pacing_rate(tcp, c);
	i->delivery_rate = tcp_rate_last(tcp, c);
	memcpy(i->congestion, tcp_cc_at(c->cc)->name, strlen(tcp_cc_at(c->cc)->name) + 1);
}

static void
tell_receiving(struct tern_info *i, const struct tcp *tcp, const struct tcp_conn *c)
{
	i->rcv_wnd = c->rcv_adv - c->rcv_nxt;
	i->unread = c->unread;
	i->rcvbuf = c->rcvbuf;
	i->rcv_mss = c->rcv_mss;
	i->announced_mss = tcp_announced_mss(tcp, c->opt & CONN_V4);
	if (tcp_extra(tcp, c)->mss_limit != 0)
		i->announced_mss = RTE_MIN(i->announced_mss, tcp_extra(tcp, c)->mss_limit);
	i->ooo_segments = c->ooo == 0 ? 0 : tcp_ooo_at(tcp, c->ooo)->pieces;
}

static uint32_t
ms_until_probe(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t tick;

	if (!tcp_keepalive_tick(tcp, c, &tick))
		return 0;
	/* 0 would say that it is off */
	return seq_gt(tick, tcp->now) ? tick - tcp->now : 1;
}

static void
tell_extra(struct tern_info *i, const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);

	i->ttl = x->ttl;
	i->dscp = x->tos >> 2;
	i->path_mtu = x->path_mtu != 0 ? x->path_mtu : tcp->ip->config.mtu;
	i->user_timeout_ms = tcp_user_timeout(tcp, c);
	i->keepalive_ms = ms_until_probe(tcp, c);
	i->soft_error = x->soft_error;
}

static void
tell_account(struct tern_info *i, const struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x;

	if (c->extra == 0)
		return;
	x = tcp_extra_at(tcp, c->extra);
	if ((c->flags & CONN_ACCOUNT) && c->state >= TCP_ESTABLISHED)
		tcp_account_now(tcp, c);
	i->bytes_sent = x->bytes_sent;
	i->bytes_retransmitted = x->bytes_retransmitted;
	i->bytes_acked = x->bytes_acked;
	i->bytes_received = x->bytes_received;
	i->segs_out = x->segs_out;
	i->segs_in = x->segs_in;
	i->data_segs_out = x->data_segs_out;
	i->data_segs_in = x->data_segs_in;
	i->dsacks = x->dsacks;
	i->delivered = x->delivered + seq_gt(c->snd_una, c->snd_end) + (i->sacked + c->mss - 1) / c->mss;
	i->rwnd_limited_us = x->limited_ns[LIMIT_RWND] / 1000;
	i->sndbuf_limited_us = x->limited_ns[LIMIT_SNDBUF] / 1000;
	i->busy_us = i->rwnd_limited_us + i->sndbuf_limited_us + x->limited_ns[LIMIT_NONE] / 1000;
	if (!(c->flags & CONN_ACCOUNT))
		return;
	i->last_sent_ms = tcp->now - x->last_sent;
	i->last_received_ms = tcp->now - x->last_received;
	i->last_ack_ms = tcp->now - x->last_ack;
}

int
tern_info(struct tern_stack *s, tern_conn conn, struct tern_info *out)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	struct tern_info i = TERN_INFO_INIT;
	size_t size = RTE_MIN(out->size, sizeof(i));

	if (c == NULL)
		return -EBADF;
	ip_local_address(&s->ip, c->key.local, &i.local.addr);
	i.local.port = c->key.lport;
	memcpy(i.remote.addr.b, c->key.remote, sizeof(i.remote.addr.b));
	i.remote.port = c->key.rport;
	i.state = c->state;
	i.passive = (c->flags & CONN_PASSIVE) != 0;
	i.closed = (c->flags & CONN_APP_CLOSED) != 0;
	tell_negotiated(&i, &s->tcp, c);
	tell_sending(&i, &s->tcp, c);
	tell_receiving(&i, &s->tcp, c);
	tell_extra(&i, &s->tcp, c);
	tell_account(&i, &s->tcp, c);
	i.size = size;
	memcpy(out, &i, size);
	return 0;
}

const char *
tern_state_name(unsigned int state)
{
	static const char *const names[TCP_STATES] = {
		"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
		"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
	};

	return state < TCP_STATES ? names[state] : "unknown";
}
