/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The path MTU (RFC 9293, 3.7.5; RFC 1191, RFC 8201): segments shrink when the
 * network says that they are too long, or when all that is long vanishes without
 * a word (a black hole, RFC 2923; RFC 4821, 7.7), and grow again after a while.
 *
 * A report counts when it quotes a segment in flight (RFC 5927, 4.1), says less than
 * what is used now, and not less than what every way takes. It is obeyed at
 * once; the delay that RFC 5927, 7.2, describes is not made: an attacker who knows
 * the tuple and a sequence number in flight could reset the connection's peer just as well,
 * while a route that has really changed would cost a timeout each time.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

#define BLACK_HOLE_TIMEOUTS 3u      /* in a row, until something shorter is tried; half as many more for the least */
#define BLACK_HOLE_LEAST_TIMEOUTS 5u
#define TRY_AGAIN_MS 600000u        /* RFC 4821, 7.7 leaves it open; RFC 1191, 6.3: ten minutes */
#define SWEEP_BATCH 256u            /* blocks a tick: some microseconds */

static uint16_t
least_mtu(const struct tcp *tcp, bool v4)
{
	return (uint16_t)RTE_MIN(v4 ? TCP_MTU_V4_LEAST : PATH_MTU_V6_LEAST, (uint32_t)tcp->ip->config.mtu);
}

/* What the connection's path takes, IP header included */
static uint16_t
path_mtu(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint16_t mtu = tcp_extra(tcp, c)->path_mtu;

	return mtu != 0 ? mtu : tcp->ip->config.mtu;
}

/* mss from all that bounds it: what the peer takes, what the path does, what the application wants. */
static void
update_mss(const struct tcp *tcp, struct tcp_conn *c, const struct tcp_extra *x)
{
	bool v4 = c->opt & CONN_V4;
	uint16_t options = c->opt & CONN_TS ? 12 : 0;
	uint16_t mtu = RTE_MAX(path_mtu(tcp, c), least_mtu(tcp, v4));
	uint16_t mss = RTE_MIN(x->peer_mss, (uint16_t)(mtu - (v4 ? 40 : 60)));

	c->mss = (uint16_t)(mss - options);
	if (x->mss_limit != 0)
		c->mss = RTE_MIN(c->mss, x->mss_limit);
}

static bool
set_path_mtu(struct tcp *tcp, struct tcp_conn *c, uint16_t mtu)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return false;
	if (x->peer_mss == 0)
		x->peer_mss = (uint16_t)(c->mss + (c->opt & CONN_TS ? 12 : 0));
	if (c->recovery != 0)
		tcp_recovery_at(tcp, c->recovery)->frto = FRTO_OFF;  /* what is too long is lost, whatever was late */
	x->path_mtu = mtu < tcp->ip->config.mtu ? mtu : 0;
	c->opt |= CONN_DRESSED;  /* below what every way takes DF comes off */
	update_mss(tcp, c, x);
	return true;
}

static uint16_t
known_mtu(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tern_addr dst;
	uint16_t mtu;

	memcpy(dst.b, c->key.remote, sizeof(dst.b));
	mtu = path_mtu_find(&tcp->ip->paths, &dst);
	return mtu != 0 ? RTE_MIN(mtu, tcp->ip->config.mtu) : tcp->ip->config.mtu;
}

uint16_t
tcp_mtu_mss(const struct tcp *tcp, const struct tern_addr *dst)
{
	bool v4 = tern_addr_is_v4(dst);
	uint16_t mtu = path_mtu_find(&tcp->ip->paths, dst);

	if (mtu == 0)
		return tcp->mss_most[v4];
	return RTE_MIN(tcp->mss_most[v4], (uint16_t)(RTE_MAX(mtu, least_mtu(tcp, v4)) - (v4 ? 40 : 60)));
}

void
tcp_mtu_begin(struct tcp *tcp, struct tcp_conn *c)
{
	uint16_t mtu = known_mtu(tcp, c);

	if (mtu < tcp->ip->config.mtu)
		set_path_mtu(tcp, c, mtu);
}

/* What the network says of a way. 0 when that is impossible. */
static uint16_t
reported_mtu(const struct tcp *tcp, const struct icmp_error *e, bool v4)
{
	uint32_t mtu = e->mtu;

	if (mtu == 0 && v4)
		mtu = path_mtu_plateau(e->quoted_length);
	if (mtu < (v4 ? PATH_MTU_V4_LEAST : PATH_MTU_V6_LEAST))  /* RFC 8201, 4: must be discarded */
		return 0;
	return (uint16_t)RTE_MIN(mtu, (uint32_t)tcp->ip->config.mtu);
}

int
tcp_mtu_learn(struct tcp *tcp, const struct icmp_error *e, bool v4, uint16_t *mtu)
{
	*mtu = reported_mtu(tcp, e, v4);
	if (!tcp->config.pmtu_discovery)
		return -TERN_DROP_ICMP_IGNORED;
	if (*mtu == 0)
		return -TERN_DROP_ICMP_BAD;
	if (*mtu < tcp->ip->config.mtu && ip_path_mtu_lower(tcp->ip, &e->dst, *mtu, tcp->now_ns))
		tcp->stats->path_mtu_changes++;
	return 0;
}

/*
 * A SYN with data goes again at once without, which its timeout would do a second later, and announces what most likely
 * comes back by the same way. The rest begins with what is known when the handshake is through.
 */
static int
syn_too_big(struct tcp *tcp, struct tcp_conn *c, uint16_t mtu)
{
	struct tcp_extra *x;

	if (c->state != TCP_SYN_SENT || c->snd_nxt == c->iss + 1 || mtu >= path_mtu(tcp, c))
		return 0;
	x = tcp_extra_make(tcp, c);
	if (x == NULL)
		return 0;
	x->path_mtu = mtu;
	c->opt |= CONN_DRESSED;
	c->flags |= CONN_SYN_OWED;
	c->retransmits++;
	tcp->stats->retransmits_syn++;
	tcp_conn_owe(tcp, c);
	return 0;
}

int
tcp_too_big(struct tcp *tcp, struct tcp_conn *c, const struct icmp_error *e)
{
	uint16_t before = path_mtu(tcp, c), mtu;
	uint32_t lost = tcp_lost_bytes(tcp, c);
	int error = tcp_mtu_learn(tcp, e, c->opt & CONN_V4, &mtu);

	if (error < 0)
		return error;
	if (c->state < TCP_ESTABLISHED)
		return syn_too_big(tcp, c, mtu);
	if (mtu > before || (mtu < before && !set_path_mtu(tcp, c, mtu)))
		return -TERN_DROP_ICMP_IGNORED;
	/*
	 * Again at once, and no sign of congestion (RFC 1191, 6.5; RFC 8201, 5.4). With the first report all from the
	 * quoted segment on has met the same router; a later one of the same value is about what is still long.
	 */
	tcp_queue_mark_from(tcp, c, e->seq, mtu < before ? 0 : c->mss);
	if (tcp_lost_bytes(tcp, c) == lost)
		return 0;  /* nothing is sent for it, so no timer begins anew: who repeats reports would keep it from ever firing */
	tcp_rack_timer_off(tcp, c);
	tcp_timer_set(tcp, c, tcp->now + tcp_rto_backed_off(tcp, c));
	tcp_conn_owe(tcp, c);
	return 0;
}

/* Text of the segment that the timeout was for: as much of what was sent as one holds (see retransmit()). */
static uint32_t
oldest_length(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t length = 0;

	for (uint32_t i = c->q_head; i != c->q_send && i != 0; i = tcp_record_at(tcp, i)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, i);

		if (length > 0 && length + r->length > c->mss)
			break;
		length += r->length;
	}
	return length;
}

/* The oldest segment is unanswered for the backoff'th time in a row. It need not be full: a small window has none that are. */
void
tcp_mtu_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	bool v4 = c->opt & CONN_V4;
	uint16_t least = least_mtu(tcp, v4), base = RTE_MAX(tcp->config.pmtu_base, least), target;
	uint32_t length = oldest_length(tcp, c), headers = (v4 ? 40 : 60) + (c->opt & CONN_TS ? 12 : 0);
	struct tcp_extra *x;

	if (c->backoff < BLACK_HOLE_TIMEOUTS || !tcp->config.pmtu_discovery)
		return;
	/* what a peer took its window back from is dropped by the peer, not by the path (SHLD-17) */
	if (c->snd_wnd < length)
		return;
	target = c->backoff < BLACK_HOLE_LEAST_TIMEOUTS ? base : least;
	if (length + headers <= target || path_mtu(tcp, c) <= target || !set_path_mtu(tcp, c, target))
		return;
	x = tcp_extra_make(tcp, c);
	x->black_hole++;
	x->path_mtu_tick = tcp->now + TRY_AGAIN_MS;
	tcp->stats->black_holes++;
	if (!tcp->mtu_retries || seq_lt(x->path_mtu_tick, tcp->mtu_retry))
		tcp->mtu_retry = x->path_mtu_tick;
	tcp->mtu_retries = true;
}

/* One block of a sweep: what its destination's way takes now, or what it fell back to, for its time. */
static void
look_again(struct tcp *tcp, struct tcp_conn *c)
{
	const struct tcp_extra *x;
	uint16_t mtu;

	if (c->live != BLOCK_LIVE || c->state < TCP_ESTABLISHED)
		return;
	x = tcp_extra(tcp, c);
	mtu = known_mtu(tcp, c);
	if (x->black_hole != 0) {
		if (seq_gt(x->path_mtu_tick, tcp->now)) {
			mtu = RTE_MIN(mtu, x->path_mtu);
			if (!tcp->mtu_retries || seq_lt(x->path_mtu_tick, tcp->mtu_retry))
				tcp->mtu_retry = x->path_mtu_tick;
			tcp->mtu_retries = true;
		} else {
			tcp_extra_make(tcp, c)->black_hole = 0;
		}
	}
	if (mtu != path_mtu(tcp, c))
		set_path_mtu(tcp, c, mtu);
}

static bool
sweep_is_due(const struct tcp *tcp)
{
	return tcp->mtu_version != tcp->ip->paths.version || (tcp->mtu_retries && seq_leq(tcp->mtu_retry, tcp->now));
}

bool
tcp_mtu_expire(struct tcp *tcp)
{
	if (likely(tcp->mtu_sweep == 0)) {
		if (likely(!sweep_is_due(tcp)))
			return false;
		tcp->mtu_version = tcp->ip->paths.version;
		tcp->mtu_retries = false;
		tcp->mtu_sweep = 1;
	}
	for (uint32_t i = 0; i < SWEEP_BATCH; i++) {
		if (!slab_valid(&tcp->conns, tcp->mtu_sweep)) {
			tcp->mtu_sweep = 0;
			return false;
		}
		look_again(tcp, tcp_conn_at(tcp, tcp->mtu_sweep++));
	}
	return true;
}
