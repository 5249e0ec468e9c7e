/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_STATE_H
#define TCP_STATE_H

/* One core's TCP: all that it owns, its clock, and how its records are found. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <tern/tern.h>

#include "core/flow_table.h"
#include "core/hash.h"
#include "core/heap.h"
#include "core/list.h"
#include "core/mbuf.h"
#include "core/prf.h"
#include "core/queue.h"
#include "core/ring.h"
#include "core/seq.h"
#include "core/slab.h"
#include "core/wheel.h"
#include "tcp/cc.h"
#include "tcp/config.h"
#include "tcp/conn.h"
#include "tcp/parts.h"
#include "tcp/ports.h"
#include "tcp/recovery.h"
#include "wire/headers.h"

struct tcp {
	/* set once */
	struct tcp_config config;
	int node;
	struct ip *ip;
	struct frame_queue *tx;
	struct rte_mempool *pool;
	struct tern_stats *stats;
	const struct owner *owner;
	struct secret secret;
	struct prf isn;               /* of secret.isn */
	struct tcp_extra extra_default;
	bool multi_segment;           /* the link takes chains */
	uint16_t tso_mbufs;           /* of a frame that the device cuts into segments, at most; 0: it cuts none */
	uint16_t tso_bytes;           /* of its payload, at most, but for two segments */
	uint16_t mss_announced[2];    /* to peers of IPv6 and of IPv4 (MUST-67) */
	uint16_t mss_most[2];         /* what a segment to them may have, options included: of MTU, and of one mbuf's room */
	bool tx_ip_checksum, tx_l4_checksum;
	uint8_t tx_checksums;         /* HEADERS_x: what is left to us */
	uint64_t tx_flags[2];         /* ol_flags of IPv6 and of IPv4, and the begin of their headers */
	struct headers_template tx_template[2];
	bool may_fragment;            /* path MTU discovery is off: no DF */
	uint16_t ip_id[TCP_IP_IDS];   /* of what may be cut on its way: a count by the addresses */
	bool tx_lengths;              /* a device that computes them reads the headers' lengths: a line of the mbuf more */
	uint8_t wscale;               /* ours, from the receive buffer */
	uint8_t default_cc;
	uint32_t noisy_rttvar_us;     /* from this on RTTVAR has a say in the RTO, see rtt.h */
	/* time of this turn */
	uint64_t now_ns;
	uint32_t now;                 /* ticks of 1 ms */
	/* records */
	struct flow_table table;
	struct slab conns, half_open, time_wait, records, oooes, pieces, extras, recoveries, cc_blocks;
	struct wheel wheel;
	struct heap paced;            /* blocks that pacing holds back, by when they may go on */
	/* lists */
	struct ring owed, ready;      /* whom output visits; who has events to be told */
	struct queue delack;
	struct queue fresh;           /* whose timer was set not long ago, see tcp_timer_set() */
	struct list time_wait_list, syn_level[TCP_SYN_LEVELS];
	uint32_t *synack_owed;        /* ring of half-open indices, each at most once */
	uint32_t synack_head, synack_tail, synack_mask;
	uint32_t *time_wait_owed;     /* the same of TIME-WAIT, whose FINs are to be acknowledged */
	uint32_t time_wait_owed_head, time_wait_owed_tail, time_wait_owed_mask;
	uint32_t replies;
	struct tcp_reply reply[TCP_REPLIES];
	uint32_t packets_left;        /* of this turn's output budget */
	uint32_t burst_begin;         /* SND.NXT of the connection that is visited, when the visit began */
	struct tcp_overload overload;
	/* opens */
	struct ports ports;
	struct tcp_ahead ahead[TCP_AHEAD_TARGETS];  /* by tcp_ahead_of() */
	uint32_t pool_next, pool_lap; /* walk over the --src pools */
	uint32_t pool_count;
	uint16_t by_port[65536];      /* listener of a port; 0 none */
	struct tcp_listener listener[TCP_MAX_LISTENERS];  /* from 1 */
	uint32_t listeners;           /* highest index in use */
	struct tcp_fastopen_entry *fastopen_cache;
	uint64_t cookie_period;       /* 1 + the one in which a SYN cookie was sent last; 0: never */
	/* challenge ACKs: sent in this second, and how many they may be */
	uint64_t challenge_second;
	uint32_t challenges, challenge_quota;
	bool pool_low;                /* memory is: what is kept of mbufs must not grow */
	bool silent;                  /* a SYN-ACK that belongs to no connection is not answered: tcp_send_syn() asked for it */
	bool starved;                 /* somebody was refused for want of memory, and waits to be told */
	bool windows_shut;            /* somebody's window was closed for want of it */
	uint32_t relief_next;         /* the block that is looked at next, while they are told; else 0 */
	uint32_t relief_tick;         /* when that last began */
	uint64_t held, held_most;     /* bytes of memory of received data, and the stack's bound of them */
	const struct rte_mempool_cache *pool_cache;  /* this core's; NULL: nobody else takes from the pool */
	uint32_t pool_least;          /* mbufs that are to be left, or memory is low */
	uint32_t pool_watch;          /* mbufs that may be taken before the pool is looked at again */
	uint32_t prune_next;          /* the block whose reassembly goes next while it is */
	/* path MTU: a sweep over the blocks tells them of changes */
	uint32_t mtu_version;         /* of ip->paths, that all know */
	uint32_t mtu_sweep;           /* next block of the sweep; 0: none */
	bool mtu_retries;             /* who fell into a black hole tries again at tick: */
	uint32_t mtu_retry;
	/* memory of the user's, sent by reference: released ones, to be told */
	struct tcp_refs *refs;
	/* mbufs taken from the pool in bulk, ready to be filled */
	uint32_t spares;
	struct rte_mbuf *spare[TCP_SPARES];
};

/* tcp.c */
int tcp_init(struct tcp *tcp, const struct tcp_config *config, struct ip *ip, struct frame_queue *tx,
	     struct rte_mempool *pool, struct tern_stats *stats, const struct secret *secret,
	     const struct owner *owner, uint64_t now_ns, int node);
void tcp_free(struct tcp *tcp);

static inline void
tcp_set_time(struct tcp *tcp, uint64_t now_ns)
{
	tcp->now_ns = now_ns;
	tcp->now = (uint32_t)(now_ns / 1000000);
}

/*
 * For the age of timestamps: a clock of 1 ms comes round in 50 days, and what
 * was idle for longer would look young (RFC 7323, 5.5). This one takes two
 * years, in units of 17 ms.
 */
#define TCP_SLOW_SHIFT 24
#define TCP_SLOW_TICKS(ms) ((uint32_t)(((ms) * UINT64_C(1000000)) >> TCP_SLOW_SHIFT))
static inline uint32_t tcp_slow_tick(const struct tcp *tcp) { return (uint32_t)(tcp->now_ns >> TCP_SLOW_SHIFT); }

static inline struct tcp_conn *
tcp_conn_at(const struct tcp *tcp, uint32_t index)
{
	return (struct tcp_conn *)(void *)tcp->conns.base + index;
}

static inline uint32_t
tcp_conn_index(const struct tcp *tcp, const struct tcp_conn *c)
{
	return (uint32_t)(((const uint8_t *)c - tcp->conns.base) / sizeof(*c));
}

/* As slab_at(), but the stride is known when it is compiled. */
static inline struct tcp_half_open *tcp_half_at(const struct tcp *t, uint32_t i) { return (struct tcp_half_open *)(void *)t->half_open.base + i; }
static inline struct tcp_time_wait *tcp_time_wait_at(const struct tcp *t, uint32_t i) { return (struct tcp_time_wait *)(void *)t->time_wait.base + i; }
static inline struct tcp_record *tcp_record_at(const struct tcp *t, uint32_t i) { return (struct tcp_record *)(void *)t->records.base + i; }
static inline struct tcp_ooo *tcp_ooo_at(const struct tcp *t, uint32_t i) { return slab_at(&t->oooes, i); }
static inline struct tcp_recovery *tcp_recovery_at(const struct tcp *t, uint32_t i) { return slab_at(&t->recoveries, i); }
static inline struct tcp_cc_block *
tcp_cc_block(const struct tcp *t, const struct tcp_conn *c) { return c->cc_block == 0 ? NULL : slab_at(&t->cc_blocks, c->cc_block); }
static inline struct tcp_extra *tcp_extra_at(const struct tcp *t, uint32_t i) { return slab_at(&t->extras, i); }

static inline uint64_t
tcp_hash(const struct tcp *tcp, const struct flow_key *key)
{
	return flow_hash(tcp->secret.flow, key);
}

/* The block behind an id, or NULL when it is stale or was told closed. */
static inline struct tcp_conn *
tcp_conn_get(const struct tcp *tcp, tern_conn id)
{
	uint32_t index = (uint32_t)id;
	struct tcp_conn *c;

	if (!slab_valid(&tcp->conns, index))
		return NULL;
	c = tcp_conn_at(tcp, index);
	return c->live == BLOCK_LIVE && c->generation == (uint32_t)(id >> 32) ? c : NULL;
}

static inline tern_conn
tcp_conn_id(const struct tcp *tcp, const struct tcp_conn *c)
{
	return (uint64_t)c->generation << 32 | tcp_conn_index(tcp, c);
}

/* Milliseconds of the timestamp option, and the ISN's clock of 4 us (RFC 6528) */
static inline uint32_t tcp_tsval(const struct tcp *tcp, uint32_t offset) { return tcp->now + offset; }

#endif
