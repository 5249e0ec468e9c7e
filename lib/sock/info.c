/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* TCP_INFO: what the stack knows of a connection, in Linux's struct. */

#include <linux/tcp.h>
#include <string.h>

#include "sock/option.h"

/* Linux numbers the states in its own way. */
enum { LINUX_ESTABLISHED = 1, LINUX_SYN_SENT, LINUX_SYN_RECV, LINUX_FIN_WAIT1, LINUX_FIN_WAIT2, LINUX_TIME_WAIT,
       LINUX_CLOSE, LINUX_CLOSE_WAIT, LINUX_LAST_ACK, LINUX_LISTEN, LINUX_CLOSING };

#define NO_SSTHRESH (1u << 30)    /* the stack's, before the first congestion; Linux's is the largest int */

enum { CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS };

static uint8_t
state_of(const struct sock *s, const struct tern_info *i)
{
	static const uint8_t states[] = {
		LINUX_CLOSE, LINUX_LISTEN, LINUX_SYN_SENT, LINUX_SYN_RECV, LINUX_ESTABLISHED, LINUX_FIN_WAIT1, LINUX_FIN_WAIT2,
		LINUX_CLOSE_WAIT, LINUX_CLOSING, LINUX_LAST_ACK, LINUX_TIME_WAIT,
	};

	if (s->state == TS_LISTENING)
		return LINUX_LISTEN;
	return i->state < RTE_DIM(states) ? states[i->state] : LINUX_CLOSE;
}

/* Linux counts its windows in segments. */
static uint32_t
segments(uint32_t bytes, uint32_t mss)
{
	return mss == 0 ? 0 : (bytes + mss - 1) / mss;
}

static void
tell_negotiated(struct tcp_info *to, const struct tern_info *i)
{
	to->tcpi_options = (uint8_t)((i->timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (i->sack ? TCPI_OPT_SACK : 0) |
				     (i->wscale_on ? TCPI_OPT_WSCALE : 0) | (i->ecn ? TCPI_OPT_ECN : 0) |
				     (i->fastopen ? TCPI_OPT_SYN_DATA : 0));
	to->tcpi_snd_wscale = i->snd_wscale & 15;
	to->tcpi_rcv_wscale = i->rcv_wscale & 15;
	to->tcpi_snd_mss = i->mss;
	to->tcpi_rcv_mss = i->rcv_mss;
	to->tcpi_advmss = i->announced_mss;
	to->tcpi_pmtu = i->path_mtu;
}

static void
tell_sending(struct tcp_info *to, const struct tern_info *i)
{
	to->tcpi_ca_state = i->in_recovery == 0 ? i->sacked > 0 ? CA_DISORDER : CA_OPEN : i->in_recovery == 2 ? CA_LOSS : CA_RECOVERY;
	to->tcpi_retransmits = (uint8_t)RTE_MIN(i->backoff, (uint32_t)UINT8_MAX);
	to->tcpi_backoff = to->tcpi_retransmits;
	to->tcpi_rto = i->rto_us;
	to->tcpi_unacked = segments(i->unacked, i->mss);
	to->tcpi_sacked = segments(i->sacked, i->mss);
	/* Linux counts there what was sent again, too, until it is acknowledged */
	to->tcpi_lost = segments(i->lost + i->resent, i->mss);
	to->tcpi_retrans = segments(i->resent, i->mss) + (i->state == STATE_SYN_SENT && i->backoff > 0);
	to->tcpi_probes = (uint8_t)RTE_MIN(i->probes, (uint32_t)UINT8_MAX);
	to->tcpi_rtt = i->srtt_us;
	to->tcpi_rttvar = i->rttvar_us;
	to->tcpi_min_rtt = i->min_rtt_us;
	to->tcpi_snd_cwnd = segments(i->cwnd, i->mss);
	to->tcpi_snd_ssthresh = i->ssthresh >= NO_SSTHRESH ? INT32_MAX : segments(i->ssthresh, i->mss);
	to->tcpi_total_retrans = i->retransmits;
	to->tcpi_notsent_bytes = i->unsent;
	to->tcpi_snd_wnd = i->snd_wnd;
	to->tcpi_pacing_rate = i->pacing_rate == 0 ? UINT64_MAX : i->pacing_rate;
	to->tcpi_max_pacing_rate = UINT64_MAX;
	to->tcpi_delivery_rate = i->delivery_rate;
	to->tcpi_reordering = RTE_MAX(segments(i->reordering, i->mss), 3u);
	to->tcpi_reord_seen = i->reorderings;
	to->tcpi_dsack_dups = i->dsacks;
}

static void
tell_counts(struct tcp_info *to, const struct tern_info *i)
{
	to->tcpi_rcv_space = i->rcvbuf;
	to->tcpi_rcv_ssthresh = i->rcvbuf;
	to->tcpi_rcv_ooopack = i->ooo_segments;
	to->tcpi_last_data_sent = i->last_sent_ms;
	to->tcpi_last_data_recv = i->last_received_ms;
	to->tcpi_last_ack_recv = i->last_ack_ms;
	to->tcpi_bytes_acked = i->bytes_acked;
	to->tcpi_bytes_received = i->bytes_received;
	to->tcpi_bytes_sent = i->bytes_sent;
	to->tcpi_bytes_retrans = i->bytes_retransmitted;
	to->tcpi_segs_out = i->segs_out;
	to->tcpi_segs_in = i->segs_in;
	to->tcpi_data_segs_out = i->data_segs_out;
	to->tcpi_data_segs_in = i->data_segs_in;
	to->tcpi_delivered = i->delivered;
	to->tcpi_busy_time = i->busy_us;
	to->tcpi_rwnd_limited = i->rwnd_limited_us;
	to->tcpi_sndbuf_limited = i->sndbuf_limited_us;
}

int
sock_get_info(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length)
{
	struct tern_info i = TERN_INFO_INIT;
	struct tcp_info to = { 0 };

	(void)o;
	if (s->id != 0 && s->state != TS_LISTENING && tern_info(set->stack, s->id, &i) == 0) {
		/* who asks once will ask again: from now on there are counts */
		tern_set(set->stack, s->id, TERN_OPT_ACCOUNT, 1);
		tell_negotiated(&to, &i);
		tell_sending(&to, &i);
		tell_counts(&to, &i);
	} else if (s->state == TS_OVER && (s->flags & TS_RODE)) {
		to.tcpi_options = TCPI_OPT_SYN_DATA;
	}
	to.tcpi_state = state_of(s, &i);
	if (s->state == TS_LISTENING) {
		to.tcpi_unacked = s->waiting;      /* so Linux tells them */
		to.tcpi_sacked = s->backlog - 1;
	}
	return sock_option_tell(&to, sizeof(to), value, length);
}
