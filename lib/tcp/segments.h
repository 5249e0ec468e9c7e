/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_SEGMENTS_H
#define TCP_SEGMENTS_H

/* Segments: the text that came, the memory that holds it, and the frames that are built. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/sent.h"

struct tcp_emit;

/* ---- dress.c */
/* tcp_emit_segment() with what tcp_extra and ECN add. */
int tcp_emit_dressed(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e);

/* ---- note.c: an acceptable segment came, for a connection with one of CONN_NOTED */
void tcp_note(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p);
void tcp_account(struct tcp *tcp, struct tcp_conn *c, bool on);
/* Brings the counts of bytes up to date; with those of times. */
void tcp_account_bytes(struct tcp_conn *c, struct tcp_extra *x);
void tcp_account_now(const struct tcp *tcp, struct tcp_conn *c);
/* Our SYN, on which data rode, was acknowledged with so many bytes of it; what is left goes again. */
void tcp_account_syn(struct tcp *tcp, struct tcp_conn *c, uint32_t taken);
/* A visit is over, with CONN_ACCOUNT. */
void tcp_account_limit(struct tcp *tcp, struct tcp_conn *c);
void tcp_note_start(struct tcp *tcp, struct tcp_conn *c);  /* established */

/* ---- receive.c, reassembly.c; text.h has what takes text */
uint32_t tcp_receive_space(const struct tcp_conn *c);
ssize_t tcp_read(struct tcp *tcp, struct tcp_conn *c, uint8_t *data, size_t length, bool take);
void tcp_read_room(struct tcp *tcp, struct tcp_conn *c);
void tcp_receive_free(struct tcp *tcp, struct tcp_conn *c);
/* The next mbuf of payload, or NULL */
struct rte_mbuf *tcp_read_mbuf(struct tcp *tcp, struct tcp_conn *c);
/* Keep [seq, end) of p. 0 or -TERN_DROP_x */
int tcp_ooo_insert(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p, uint32_t seq, uint32_t length, bool fin);
/* Move what has become in order to the receive queue. @return true when the FIN came with it */
bool tcp_ooo_merge(struct tcp *tcp, struct tcp_conn *c);
void tcp_ooo_free(struct tcp *tcp, struct tcp_conn *c);
/* While the pool is low: drop what is out of order, a bounded number of blocks a call. */
void tcp_ooo_prune(struct tcp *tcp);
/* Its own bound: what lies farthest ahead is given up first. */
void tcp_ooo_shrink(struct tcp *tcp, struct tcp_conn *c);
/* [left, right) had come before: the next duplicate ACK that is owed tells so (RFC 2883), if SACK is in use */
void tcp_ooo_duplicate(struct tcp *tcp, struct tcp_conn *c, uint32_t left, uint32_t right);
/* The duplicate ACKs have left: what was kept for them alone goes. */
void tcp_ooo_settle(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_ooo_sacks(struct tcp *tcp, struct tcp_conn *c, struct sack_block *blocks, uint32_t max, bool take_note);

/* The window follows what the application drains in a round trip. */
void tcp_tune(struct tcp *tcp, struct tcp_conn *c);

/* ---- memory.c */
/* Held by received data, true size: beyond the bound memory is low. */
static inline void
tcp_hold(struct tcp *tcp, uint32_t bytes)
{
	tcp->held += bytes;
	if (unlikely(tcp->held > tcp->held_most))
		tcp->pool_low = true;
}
/* Most send records are taken: who has many gets no more. */
static inline bool
tcp_records_low(const struct tcp *tcp)
{
	return tcp->records.used >= tcp->records.capacity - tcp->records.capacity / 4;
}
/* Somebody waits for memory that others hold. */
static inline bool
tcp_memory_waits(const struct tcp *tcp)
{
	return tcp->pool_low || tcp->starved || tcp->windows_shut || tcp->relief_next != 0;
}
/* Each turn while tcp_memory_waits(): once there is memory again, everybody who waits is told, a bounded number a call. */
void tcp_relieve(struct tcp *tcp);

/* ---- spare.c */
struct rte_mbuf *tcp_mbuf(struct tcp *tcp);  /* empty, one segment; NULL counted */
bool tcp_mbuf_refill(struct tcp *tcp);       /* there is no spare: false, counted, when there will be none either */
void tcp_mbuf_reserve(struct tcp *tcp);      /* the spares are few: more, and pool_low is looked at */
void tcp_mbuf_put_other(struct tcp *tcp, struct rte_mbuf *m);

/*
 * As tcp_mbuf(), of which data_off, lengths and ol_flags are still to be written. Reference count 1, one segment and no
 * next it has by the mempool's rule.
 */
#define TCP_SPARES_AHEAD 8u
static inline struct rte_mbuf *
tcp_mbuf_take(struct tcp *tcp)
{
	struct rte_mbuf *m;

	if (unlikely(tcp->spares == 0) && !tcp_mbuf_refill(tcp))
		return NULL;
	m = tcp->spare[--tcp->spares];
	if (likely(tcp->spares >= TCP_SPARES_AHEAD)) {
		/* its lines are the peer's core's, who read them last: ask for them before they are written */
		struct rte_mbuf *next = tcp->spare[tcp->spares - TCP_SPARES_AHEAD];
		const uint8_t *frame = (const uint8_t *)(next + 1) + RTE_PKTMBUF_HEADROOM;

		__builtin_prefetch(next, 1);
		__builtin_prefetch(frame, 1);
		__builtin_prefetch(frame + RTE_CACHE_LINE_SIZE, 1);
	}
	mbuf_open(m);
	return m;
}

/* Free it, the whole chain. One that is whole and ours alone goes into the stock, if there is room. */
static inline void
tcp_mbuf_put(struct tcp *tcp, struct rte_mbuf *m)
{
	/* `next` lies in a line of its own: one segment has none, so it is not looked at */
	if (unlikely(!RTE_MBUF_DIRECT(m) || m->nb_segs != 1 || m->pool != tcp->pool || rte_mbuf_refcnt_read(m) != 1 ||
		     tcp->spares == TCP_SPARES)) {
		tcp_mbuf_put_other(tcp, m);
		return;
	}
	mbuf_shut(m);
	tcp->spare[tcp->spares++] = m;
}
/* So many other cores share the pool, of which cache is this core's; both may be none. */
void tcp_share_pool(struct tcp *tcp, const struct rte_mempool_cache *cache, uint32_t sharers);
uint32_t tcp_check_pool(struct tcp *tcp);    /* sets pool_low; how many mbufs are left */

/* ---- output.c, emit.c, reply.c */
void tcp_output(struct tcp *tcp);        /* output phase: everything that is owed, within budgets */
/* A visit's ACKs may go beyond the turn's budget, so it ends at 0. */
static inline void tcp_spend(struct tcp *tcp) { tcp->packets_left -= tcp->packets_left > 0; }
bool tcp_owes(const struct tcp *tcp);
/* Answers that belong to no block; they take p->m when there is room, else TERN_DROP_TCP_REPLY_LIMIT is counted. */
struct tcp_reply *tcp_reply_new(struct tcp *tcp, struct tcp_packet *p);  /* to be filled; NULL: no room, counted */
void tcp_reply_rst(struct tcp *tcp, struct tcp_packet *p);
void tcp_reply_ack(struct tcp *tcp, struct tcp_packet *p, uint32_t seq, uint32_t ack, uint8_t opt, uint32_t tsecr,
		   uint32_t ts_offset);
void tcp_reply_output(struct tcp *tcp);

struct tcp_emit {
	const struct flow_key *key;
	ip_nexthop *hop;               /* routed again when stale */
	uint32_t seq, ack, tsval, tsecr;
	uint16_t window, mss;
	uint8_t flags, opt;
	uint8_t ttl, tos;
	/* most often all zero, and side by side for that */
	uint32_t length;
	uint16_t urgent;
	bool may_fragment;             /* no DF: the path takes less than we make */
	uint8_t sacks;
	struct rte_mbuf *turned;       /* an mbuf to build it in, behind l2; NULL: a new one */
	const struct tcp_record *record;  /* payload: `length` bytes from here on, over as many records as that takes */
	const struct tcp_fastopen *fastopen;  /* read with SYN alone; NULL: no such option */
	uint8_t wscale;
	struct sack_block sack[TCP_MAX_SACK];
	uint8_t l2[ETHER_MAX_HEADER], l2_length;  /* with turned: the answer's Ethernet header */
};

/* ---- merged.c */
/* A frame is longer than any segment so far: how many full ones it is, which makes c->rcv_mss right too */
uint32_t tcp_merged_segments(struct tcp_conn *c, const struct tcp_packet *p, uint32_t length);

/* ---- tso.c */
/* What fits into a frame: IPv4's length has 16 bits for all of the packet */
#define TCP_TSO_BYTES (UINT16_MAX - 20u - 60u)
/* Bytes of the queue for one frame, a full segment or more of them; each ends with a record then. */
uint32_t tcp_tso_length(struct tcp *tcp, struct tcp_conn *c, uint32_t usable, uint32_t budget);
/* The frame that was queued last has more than a segment: tells the device, and counts them. */
void tcp_tso_mark(struct tcp *tcp, const struct tcp_conn *c, uint32_t length);

/* Builds the frame and queues it. 0, or -ENOBUFS, -EAGAIN (the queue to the device is full), -ENETUNREACH. */
int tcp_emit_segment(struct tcp *tcp, const struct tcp_emit *e);

#endif
