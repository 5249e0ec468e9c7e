/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_RECOVERY_H
#define TCP_RECOVERY_H

/*
 * What a connection keeps of losses: the summary of its scoreboard, and what
 * RACK-TLP (RFC 8985), PRR (RFC 6937), F-RTO (RFC 5682) and the undoing of what
 * proved needless (RFC 3708, 4015) remember. A slab record of its own, made
 * with the first SACK, duplicate ACK, probe or timeout: who never lost anything
 * has none, and tcp_conn.recovery is 0.
 *
 * The scoreboard itself is in the send records: RECORD_SACKED, RECORD_LOST,
 * RECORD_RETRANSMITTED and the time of the last transmission.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"

struct tcp;
struct tcp_conn;
struct tcp_segment;
struct tcp_record;

struct tcp_recovery {
	uint32_t link;                /* the slab's */
	/* scoreboard, in bytes of records */
	uint32_t lost_bytes;          /* marked lost and not yet sent again */
	uint32_t sacked_bytes;
	uint32_t lost_from;           /* send record that no lost one stands before; 0: the oldest */
	uint32_t sack_from, sack_high;  /* SACKed runs: of the last marking, and the highest; 0: none yet, or gone */
	uint32_t dupack_bytes;        /* without SACK: what duplicate ACKs say has left the network */
	bool fin_sacked;              /* a FIN has no record */
	uint64_t fin_ns;              /* it was sent then, or before */
	struct sack_seen { uint32_t left, right; } seen[4];  /* blocks of the last ACK: what they cover is marked already */
	uint32_t again_head, again_tail;  /* records sent again and not acknowledged, in the order of that: tcp_record.again */
	/* RACK (RFC 8985, 5.3) */
	uint64_t rack_xmit_ns;        /* RACK.xmit_ts; 0: nothing delivered yet */
	uint32_t rack_end_seq;        /* RACK.end_seq */
	uint32_t rack_rtt_us;         /* RACK.rtt */
	uint32_t rack_fack;           /* RACK.fack: behind the highest byte that was delivered */
	uint32_t rack_from;           /* record sent once that RACK has not judged yet; 0: the oldest */
	uint32_t dsack_round;         /* RACK.dsack_round, with dsack_seen */
	uint8_t reo_wnd_mult, reo_wnd_persist;
	bool reordering_seen, dsack_seen;
	bool reo_timer;               /* tcp_conn.timer is the reordering timer's, and otherwise would be: */
	uint32_t rto_tick;
	/* TLP (RFC 8985, 7.1) */
	bool tlp_owed;                /* the next visit sends it */
	bool tlp_is_retrans;
	bool tlp_out;                 /* a probe is out: up to */
	uint32_t tlp_end_seq;
	/* PRR (RFC 9937, 6), in bytes */
	uint32_t prr_delivered, prr_out, recover_fs;
	/* undo (RFC 3708, 4015) */
	bool undo;                    /* there is something that could be undone: */
	uint32_t undo_cwnd, undo_ssthresh;
	uint32_t undo_from;           /* SND.UNA when it began */
	uint32_t undo_retrans;        /* bytes sent again whose need no DSACK has denied yet */
	uint32_t undo_tsval;          /* TSval of the first of them; 0: none left yet */
	bool undo_over;               /* recovery has ended, but a DSACK may still come, until this is acknowledged: */
	uint32_t undo_until;
	/* F-RTO (RFC 5682, 3.1) */
	enum { FRTO_OFF, FRTO_FIRST, FRTO_SECOND } frto;  /* the ACK since a timeout that decides next */
	/* what the application may ask for */
	uint32_t reorderings, undos;
	uint32_t reordering;          /* bytes that something sent once came behind what was sent later, at most */
};

/* What one ACK told, gathered on its way through ack.c, sack.c and rack.c. */
struct tcp_ack_news {
	uint32_t acked;               /* sequence numbers, cumulatively */
	uint32_t sacked;              /* bytes, newly selectively */
	uint32_t delivered;           /* bytes, newly in either way: not what was SACKed before; a duplicate without SACK counts a segment */
	uint32_t fresh;               /* of these, what was sent once only, and before the last reduction */
	uint32_t lost;                /* bytes, newly marked */
	uint32_t flight;              /* bytes in flight before it (pipe) */
	uint32_t outstanding;         /* SND.NXT - SND.UNA before it */
	uint64_t sent_ns;             /* the newest transmission that it answers, 0 none; when that was ambiguous see `again` */
	uint32_t end_seq;             /* of that */
	bool again;                   /* that was a retransmission */
	bool ambiguous;               /* what it acknowledges cumulatively was sent more than once (Karn) */
	uint64_t once_ns;             /* the newest transmission that it answers of what was sent once; 0: none */
	uint32_t fack;                /* behind the highest byte delivered by now */
	bool reordered;               /* what was sent once came behind something that was sent later */
	uint32_t reordering;          /* by so many bytes at most */
	bool dsack;                   /* of something that was sent */
	bool duplicate;               /* RFC 5681, 2 */
	struct sack_seen dsack_block;
	uint32_t again_ms;            /* look for losses again then; 0: no need */
};

/*
 * An ACK's way through recovery, once there is something to recover from (a record, SACK blocks, a duplicate):
 *
 *   tcp_sack_input()     marks records, finds DSACK, reneging                                  sack.c
 *   tcp_sack_acked()     takes what lies below the ACK off the scoreboard                       sack.c
 *   tcp_queue_acked()    frees it                                                              send_queue.c
 *   tcp_rack_acked()     the newest delivery, reordering, the reordering window                rack.c
 *   tcp_tlp_acked()      did a probe repair a loss unseen?                                     tlp.c
 *   tcp_frto_acked()     was the timeout needless?                                             frto.c
 *   tcp_undo_acked()     was all that was sent again needless?                                 undo.c
 *   tcp_rack_detect()    marks what is lost by now, and when to look again                     rack.c
 *   recovery.c           enters, goes on with (prr.c gives cwnd), ends
 */

/* ---- scoreboard.c: marks of sent records; all but tcp_record_lost() and _sent_again() want a recovery record */
void tcp_record_lost(struct tcp *tcp, struct tcp_conn *c, uint32_t record);
void tcp_record_sacked(struct tcp *tcp, struct tcp_conn *c, uint32_t record);
void tcp_record_sent_again(struct tcp *tcp, struct tcp_conn *c, uint32_t record);
/* Its first bytes, or all of them, are acknowledged. */
void tcp_record_leaves(struct tcp *tcp, struct tcp_conn *c, uint32_t record, uint32_t bytes);
void tcp_record_was_split(struct tcp *tcp, struct tcp_conn *c, uint32_t record, uint32_t rest);
/* Of what was sent again: neither acknowledged, nor SACKed, nor held lost once more. A walk over all of it. */
uint32_t tcp_bytes_in_flight_again(const struct tcp *tcp, const struct tcp_conn *c);
/* With lost_bytes > 0 */
uint32_t tcp_first_lost(struct tcp *tcp, struct tcp_conn *c);
/* What was held lost is in flight after all. */
void tcp_unmark_lost(struct tcp *tcp, struct tcp_conn *c);
void tcp_unmark_sacked(struct tcp *tcp, struct tcp_conn *c);

/* ---- sack.c: RFC 2018, 6675 */
/* Marks what the blocks cover; news->sacked, ->dsack, and the newest transmission so far. */
void tcp_sack_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news);
/* What lies below the ACK is about to leave the queue. */
void tcp_sack_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, struct tcp_ack_news *news);
/* The peer has dropped what it SACKed (RFC 2018, 8): it says so by acknowledging up to there and no further. */
bool tcp_sack_reneged(const struct tcp *tcp, const struct tcp_conn *c);

/* ---- rack.c: RFC 8985, 6 */
/* A whole record was delivered, and not before. */
void tcp_rack_delivered(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_segment *s,
			const struct tcp_record *record, struct tcp_ack_news *news);
void tcp_rack_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news);
/* @return bytes newly marked lost, a FIN counted as one; *again_ms: look again then, 0: no need */
uint32_t tcp_rack_detect(struct tcp *tcp, struct tcp_conn *c, uint32_t *again_ms);
/* A recovery is over (6.2, step 4). */
void tcp_rack_recovered(struct tcp_recovery *rec);
/* 6.3: marks what the retransmission timeout takes for lost. */
void tcp_rack_mark_timeout(struct tcp *tcp, struct tcp_conn *c);
/* The reordering timer stands in for the other, whose deadline comes back. */
void tcp_rack_timer_set(struct tcp *tcp, struct tcp_conn *c, uint32_t again_ms);
void tcp_rack_timer_off(struct tcp *tcp, struct tcp_conn *c);
/* The retransmission timeout counts from now, behind the reordering timer if that runs. */
void tcp_rto_restart(struct tcp *tcp, struct tcp_conn *c);

/* ---- tlp.c: RFC 8985, 7 */
/* Ticks from now to the probe, or to the retransmission timeout where that is sooner or no probe may be sent. */
uint32_t tcp_pto_ms(const struct tcp *tcp, const struct tcp_conn *c);
/* New data went while the timer ran, and would have the probe at that tick. */
void tcp_tlp_again(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline);
/* The timer fired: @return whether it was the probe's, which is owed now */
bool tcp_tlp_timeout(struct tcp *tcp, struct tcp_conn *c);
/* What is to go again where there is no new data: the records of the last segment. 0: none that may */
uint32_t tcp_tlp_last(struct tcp *tcp, struct tcp_conn *c, uint32_t *length);
/* Recovery has begun: the probe is no matter any more. */
void tcp_tlp_end(struct tcp *tcp, struct tcp_conn *c);
/* It went: new data, or that again. */
void tcp_tlp_sent(struct tcp *tcp, struct tcp_conn *c, bool again);
/* 7.4.2. @return whether a loss was repaired by a probe, for which cwnd is reduced once */
bool tcp_tlp_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news);

/* ---- prr.c: RFC 9937 */
struct tcp_prr {
	uint32_t delivered, out, recover_fs;  /* bytes: prr_delivered, prr_out, RecoverFS */
	uint32_t pipe, ssthresh, mss;
};
/* How much may be sent for this ACK. */
uint32_t tcp_prr_sndcnt(const struct tcp_prr *p, const struct tcp_ack_news *news);
/* Recovery begins, with the ACK that tcp_prr_acked() is given next. */
void tcp_prr_begin(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news);
/* In recovery: sets cwnd for what may be sent now. */
void tcp_prr_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news);
void tcp_prr_end(struct tcp *tcp, struct tcp_conn *c);

/* ---- undo.c: RFC 3522/4015 (timestamps), RFC 3708 (DSACK) */
/* Before the reduction: what there would be to go back to. */
void tcp_undo_begin(struct tcp *tcp, struct tcp_conn *c);
/* A record was sent again. */
void tcp_undo_sent(struct tcp *tcp, struct tcp_conn *c, const struct tcp_record *record);
/* @return whether cwnd and ssthresh are as before, and recovery is over */
bool tcp_undo_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news);
/* The timeout was needless. @return whether there was something to go back to, as tcp_undo_acked() */
bool tcp_undo_timeout(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news);
/* Congestion was told of by other means: what was reduced stays. */
void tcp_undo_forget(const struct tcp *tcp, const struct tcp_conn *c);

/* ---- frto.c: RFC 5682, with SACK (3.1) and without (2.1) */
/* A timeout, of which nothing was changed yet */
void tcp_frto_begin(struct tcp *tcp, struct tcp_conn *c);
/* @return whether the timeout was spurious */
bool tcp_frto_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s, const struct tcp_ack_news *news);

#endif
