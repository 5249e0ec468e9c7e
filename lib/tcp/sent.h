/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_SENT_H
#define TCP_SENT_H

/* What was sent: its queue, its acknowledgment and recovery, its path and its pace. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/life.h"

/* ---- ecn.c (RFC 3168) */
/* What a SYN or SYN-ACK says of ECN. */
static inline uint8_t
tcp_ecn_syn_flags(uint8_t opt, uint8_t flags)
{
	return !(opt & CONN_ECN) ? 0 : flags & TCP_ACK ? TCP_ECE : TCP_ECE | TCP_CWR;
}
/* The same, as the peer says it. */
static inline bool tcp_ecn_asked(uint8_t flags) { return (flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR); }
static inline bool tcp_ecn_granted(uint8_t flags) { return (flags & (TCP_ECE | TCP_CWR)) == TCP_ECE; }
void tcp_ecn_start(struct tcp *tcp, struct tcp_conn *c);
/* An acceptable segment's marks and echoes; before its ACK is looked at. */
void tcp_ecn_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p);
/* The window was reduced for another reason: that too is told. */
static inline void
tcp_ecn_reduced(struct tcp_conn *c)
{
	if (c->opt & CONN_ECN)
		c->flags |= CONN_CWR_OWED;
}

/* ---- mtu.c */
/* Less than we make: such segments may be cut on their way. */
#define TCP_MTU_V4_LEAST 552u     /* as Linux's min_pmtu: a forged report must not make us send crumbs */
static inline bool
tcp_mtu_is_below_least(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint16_t mtu = tcp_extra(tcp, c)->path_mtu;

	return (c->opt & CONN_V4) && mtu != 0 && mtu < TCP_MTU_V4_LEAST;
}
/* The handshake is through: begin with what is known of the path. */
/* Payload of a segment to there, its options included: by the MTU, and what is known of the path's. */
uint16_t tcp_mtu_mss(const struct tcp *tcp, const struct tern_addr *dst);
void tcp_mtu_begin(struct tcp *tcp, struct tcp_conn *c);
/* A segment in flight was too big for the path. 0, or -TERN_DROP_x */
int tcp_too_big(struct tcp *tcp, struct tcp_conn *c, const struct icmp_error *e);
/* The part of that which belongs to the destination; *mtu is what counts */
int tcp_mtu_learn(struct tcp *tcp, const struct icmp_error *e, bool v4, uint16_t *mtu);
/* The retransmission timer fired: do full segments vanish? */
void tcp_mtu_timeout(struct tcp *tcp, struct tcp_conn *c);
/* Expiry phase: a part of a sweep. @return whether there is more of it */
bool tcp_mtu_expire(struct tcp *tcp);

/* ---- ack.c, rtt.c (and rtt.h), recovery.c */
int tcp_ack_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);  /* fifth check; 0 to go on */
void tcp_fin_acked(struct tcp *tcp, struct tcp_conn *c);  /* our FIN was */
/* One that timed out needlessly: the timeout grows to where it would not have (RFC 4015, 3.2) */
void tcp_rtt_spurious(struct tcp *tcp, struct tcp_conn *c, uint64_t rtt_us);
bool tcp_rtt_echo(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
uint32_t tcp_rto_backed_off(const struct tcp *tcp, const struct tcp_conn *c);
/* All that an ACK brings but its place in the queue, once there is something to recover from */
void tcp_recovery_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news,
			struct tcp_cc_sample *sample);
/* An ACK is through: when to look again; and the record goes, once it has nothing to say. */
void tcp_recovery_settle(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news);
void tcp_recovery_timeout(struct tcp *tcp, struct tcp_conn *c);
void tcp_reordering_timeout(struct tcp *tcp, struct tcp_conn *c);
/* The connection's recovery record, made when there is none. As many as blocks, so it is never NULL. */
struct tcp_recovery *tcp_recovery_make(struct tcp *tcp, struct tcp_conn *c);
void tcp_recovery_free(struct tcp *tcp, struct tcp_conn *c);
#define TCP_MAX_ACK_DELAY_MS 200u  /* TLP.max_ack_delay: what a peer's delayed ACK takes at most */
#define TCP_PTO_SLACK_MS 2u        /* a tick has begun already when it is counted from, and a peer's machine has its own */
/*
 * The probe timeout of RFC 8985, 7.2, on a clock of 1 ms. Bytes say what one
 * segment is: the second full one is what no peer delays its ACK for.
 */
static inline uint32_t
tcp_pto_clean_ms(const struct tcp_conn *c)
{
	uint32_t pto = likely(c->srtt_us != 0) ? (c->srtt_us + 499) / 500 + TCP_PTO_SLACK_MS : 1000;

	if (c->snd_nxt - c->snd_una <= c->mss)
		pto += TCP_MAX_ACK_DELAY_MS;
	return RTE_MIN(pto, c->rto_ms);
}
/* Ticks until the timer shall fire, if what is in flight is not acknowledged till then */
static inline uint32_t
tcp_timeout_ms(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (likely(c->recovery == 0 && (c->opt & CONN_SACK) && c->backoff == 0))
		return tcp_pto_clean_ms(c);
	return tcp_pto_ms(tcp, c);
}
/* Bytes of sent records that are held lost, and not yet sent again */
static inline uint32_t
tcp_lost_bytes(const struct tcp *tcp, const struct tcp_conn *c)
{
	return likely(c->recovery == 0) ? 0 : tcp_recovery_at(tcp, c->recovery)->lost_bytes;
}
/* A tail loss probe waits for its answer, and `unanswered` counts from what it was sent for. */
static inline bool
tcp_tlp_is_out(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	return c->recovery != 0 && r->tlp_out && seq_lt(c->snd_una, r->tlp_end_seq);
}
static inline bool
tcp_tlp_is_owed(const struct tcp *tcp, const struct tcp_conn *c)
{
	return unlikely(c->recovery != 0) && tcp_recovery_at(tcp, c->recovery)->tlp_owed;
}
/* Bytes that are in the network, as far as is known: RFC 6675's pipe, a FIN counted as one */
static inline uint32_t
tcp_pipe(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t pipe = c->snd_nxt - c->snd_una - ((c->flags & CONN_FIN_LOST) != 0);
	const struct tcp_recovery *r;

	if (likely(c->recovery == 0))
		return pipe;
	r = tcp_recovery_at(tcp, c->recovery);
	pipe -= r->lost_bytes + r->sacked_bytes;
	return pipe > r->dupack_bytes ? pipe - r->dupack_bytes : 0;
}
/* The record behind this one, or behind the SACKed ones that this one begins: a walk's next step */
static inline uint32_t
tcp_record_past(const struct tcp *tcp, uint32_t index)
{
	const struct tcp_record *r = tcp_record_at(tcp, index);

	return r->flags & RECORD_SACKED ? tcp_record_at(tcp, r->again.next)->next : r->next;
}

/* A window that was not filled does not grow (RFC 9438, 5.8); in slow start, which doubles it, half of it is enough. */
static inline bool
tcp_cwnd_was_used(const struct tcp_conn *c, uint32_t flight)
{
	return flight + c->mss > c->cwnd || (c->cwnd < c->ssthresh && flight > c->cwnd / 2);
}
/* growth.c */
bool tcp_cwnd_was_used_in_round(struct tcp *tcp, struct tcp_conn *c, uint32_t outstanding);
/* Bytes that cwnd grows by for an ACK behind losses or reordering */
uint32_t tcp_cwnd_growth(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_ack_news *news);
/* Outside recovery: it grows. Inline, and what follows is not: most ACKs of small requests end here. */
static inline void
tcp_cwnd_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	if (unlikely(c->flags & CONN_ECN_WAIT)) {
		/* the echo goes on until the peer has seen our CWR, which stands beyond `recover` */
		if (seq_gt(c->snd_una, c->recover))
			c->flags &= ~CONN_ECN_WAIT;
	} else if (unlikely(c->cc_block != 0) || tcp_cwnd_was_used(c, sample->outstanding) ||
		   unlikely(tcp->config.linux_cwnd)) {
		tcp_cc_acked(tcp, c, sample);
	}
}
/* RFC 7661, 4.3: less than half of the window was used of late, so that nothing speaks for the rest. */
static inline bool
tcp_cwv_is_nonvalidated(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	return unlikely(b != NULL) && b->cwv.nonvalidated;
}

/* ---- dsack.c: does the first SACK block tell of a duplicate? Counted if so. */
bool tcp_dsack_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);

/* ---- pacing.c, rate.c: for connections with CONN_METERED */
int tcp_pacing_start(struct tcp *tcp, struct tcp_conn *c);   /* 0, or -ENOBUFS */
void tcp_pacing_stop(struct tcp *tcp, struct tcp_conn *c);
bool tcp_pacing_is_on(const struct tcp *tcp, const struct tcp_conn *c);
int tcp_pacing_limit(struct tcp *tcp, struct tcp_conn *c, uint64_t rate);  /* bytes a second, and starts it; 0: none */
uint64_t tcp_pacing_max(const struct tcp *tcp, const struct tcp_conn *c);
uint64_t tcp_pacing_rate(const struct tcp *tcp, const struct tcp_conn *c);   /* bytes a second; 0: not paced */
/* May a segment go now? If not, it is visited again when it may. */
bool tcp_pacing_allows(struct tcp *tcp, struct tcp_conn *c);
bool tcp_pacing_holds(const struct tcp *tcp, const struct tcp_conn *c);
uint32_t tcp_pacing_burst(const struct tcp *tcp, const struct tcp_conn *c);  /* bytes that may go at once */
void tcp_pacing_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t bytes);
void tcp_pacing_forget(struct tcp *tcp, struct tcp_conn *c);
bool tcp_pacing_expire(struct tcp *tcp);                     /* @return whether anything fired */
void tcp_rate_start(struct tcp *tcp, struct tcp_conn *c);
uint64_t tcp_rate_last(const struct tcp *tcp, const struct tcp_conn *c);     /* bytes a second; 0: not known */
void tcp_rate_sent(struct tcp *tcp, struct tcp_conn *c, const struct tcp_record *first, uint32_t length);
void tcp_rate_delivered(struct tcp *tcp, struct tcp_conn *c, struct tcp_record *r);
/* Before records up to `ack` are freed: the sample, if there is one */
void tcp_rate_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, struct tcp_cc_sample *sample);

/* ---- send_queue.c, send_ref.c */
int tcp_refs_init(struct tcp *tcp, int node);
void tcp_refs_free(struct tcp *tcp);
ssize_t tcp_queue_copy(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length);
ssize_t tcp_queue_mbuf(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m);
/* Bytes that may be queued: what the buffer leaves of bytes, nothing when their memory is used up. */
uint32_t tcp_queue_room(const struct tcp *tcp, const struct tcp_conn *c);
/* tcp_queue_copy() for who has asked for room before */
/* What is queued ends a record: no segment has bytes of both sides. False: it was sent already. And up to where the next
 * segment may go, of length bytes. */
bool tcp_queue_end_record(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_queue_until_end(const struct tcp *tcp, const struct tcp_conn *c, uint32_t length);
size_t tcp_queue_append(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length);
/* Frees what lies below ack. @return when the newest of it was sent, in ns; 0 if that is ambiguous (Karn, MUST-18) */
uint64_t tcp_queue_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t ack);
/* Cut a record behind `length` bytes, at a segment's end. false without memory. */
bool tcp_queue_split(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t length);
void tcp_queue_free(struct tcp *tcp, struct tcp_conn *c);
/* What was sent and not acknowledged counts as never sent. */
void tcp_queue_rewind(struct tcp *tcp, struct tcp_conn *c);
/* The oldest segment, or all that was sent. */
void tcp_queue_mark_lost(struct tcp *tcp, struct tcp_conn *c, bool all);
/* What is in flight from seq on, in records longer than that. */
void tcp_queue_mark_from(struct tcp *tcp, struct tcp_conn *c, uint32_t seq, uint32_t longer_than);
ssize_t tcp_queue_ref(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length, uint64_t cookie);
bool tcp_refs_waiting(const struct tcp *tcp);
/* The next finished reference, or false. */
bool tcp_ref_done(struct tcp *tcp, struct tern_event *event);

/* ---- urgent.c */
ssize_t tcp_queue_urgent(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length);
struct tcp_emit;
void tcp_urgent_mark(struct tcp *tcp, const struct tcp_conn *c, struct tcp_emit *e);
void tcp_urgent_acked(struct tcp *tcp, struct tcp_conn *c);
void tcp_urgent_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
uint32_t tcp_urgent_ahead(struct tcp *tcp, struct tcp_conn *c);

#endif
