/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

/*
 * One core's TCP. Input changes state and builds no packet; output builds
 * packets and reads none. Time comes in with tcp_set_time(), once a turn.
 */

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
#include "tcp/ports.h"
#include "tcp/recovery.h"
#include "wire/headers.h"

struct tcp_emit;

#define TCP_MAX_LISTENERS 1024u
#define TCP_SPARES 128u           /* mbufs in a core's own stock */
#define TCP_REPLIES 128u          /* answers without a connection, a turn */
#define TCP_OUTPUT_VISIT 64u      /* packets a connection may build a visit */
#define TCP_OUTPUT_TURN 256u      /* packets a turn */
#define TCP_IP_IDS 256u           /* counts of IPv4 identifications */

/* What the staged input has learned of a received segment. */
struct tcp_packet {
	struct rte_mbuf *m;           /* NULL once somebody kept it */
	struct flow_key key;
	uint64_t hash;
	const flow_ref *slot;         /* stage 2's guess: where the table may have it, see flow_slot() */
	uint16_t payload_offset;      /* from the frame's begin */
	uint16_t l3_offset;
	bool v4;
	uint8_t tos;
	struct tcp_segment seg;       /* last, as its end is rarely written: of most segments the first 88 bytes are all */
};

struct tcp_listener {
	struct tern_addr addr;        /* all zero: any */
	uint32_t generation;
	uint32_t local;               /* number of addr, 0: any */
	uint16_t port, ports;
	bool live;
	uint8_t cc;
	uint32_t backlog, waiting;    /* established and not yet told: at most, now */
	uint32_t fastopen, fastopen_pending;  /* in SYN-RECEIVED with data (RFC 7413, 5.1): at most, now */
	uint32_t fastopen_held;       /* reset by the peer there: they count as well, until */
	uint32_t fastopen_held_until; /* this tick */
	void *user;
};

/* An answer to a segment of no connection: the received mbuf is turned around in the output phase. */
struct tcp_reply {
	struct rte_mbuf *m;
	struct flow_key key;
	uint32_t seq, ack;
	uint32_t tsval, tsecr;
	uint16_t window;
	uint16_t l3_offset;
	uint8_t flags;
	uint8_t opt;                  /* of a SYN-ACK: CONN_x */
	uint16_t mss;
	bool v4, timestamps;
};

/* Tuples of the opens that will most likely be asked for next, all towards one target; as many targets are kept. */
#define TCP_AHEAD 8u
#define TCP_AHEAD_TARGETS 16u
struct tcp_ahead {
	struct tern_endpoint target;
	bool source_pool;
	uint32_t head, count;
	struct tcp_ahead_tuple {
		struct flow_key key;
		uint64_t hash;
		struct port_walk walk;
	} tuple[TCP_AHEAD];
};

/* Whether the application keeps up, and how many SYNs are let in while it does not: overload.c */
#define TCP_SHARE_ALL 65536u
#define TCP_SHARES 32u
#define TCP_OVERLOAD_NS UINT64_C(5000000)  /* between decisions: above the round trips of a data centre */
struct tcp_overload {
	uint32_t share;               /* of them, in units of 1 / TCP_SHARE_ALL */
	int batch;                    /* events a turn, at most: fewer for an application that needs long for each */
	bool waits;                   /* behind the last turn something was left */
	uint32_t told_last, told_before, turns;  /* events in it and in the one before; turns that were timed */
	uint64_t passed_before_ns;    /* what that one took */
	uint32_t ahead;               /* events up to the one that is timed, itself too; 0: none is */
	uint64_t since_ns, wait_ns;   /* when it began to wait; how long one does */
	uint64_t above_ns;            /* since when that is too long; 0: it is not */
	uint64_t refused_ns;          /* when SYNs were last refused; 0: never */
	int64_t event_ns;             /* what the application needs for one */
	int64_t handshake_ns;         /* from SYN-ACK to ACK, when it last mattered */
	/* this interval: events told, new connections among them, SYNs that came; stats->accepts at its begin */
	uint64_t begin_ns, accepts;
	uint32_t told, taken, offered;
	/* over some of them: connections taken and opened, and the shares that led to these, by time */
	struct {
		uint64_t taken, opened, us, share_us;
	} sum;
	uint32_t next;                /* of the past shares, of which the newest is the one before */
	struct tcp_share {
		uint64_t from_ns;
		uint32_t share;
	} past[TCP_SHARES];
};

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
	bool silent;                  /* what belongs to no connection is not answered: tcp_send_syn() asked for it */
	bool starved;                 /* somebody was refused for want of memory, and waits to be told */
	bool windows_shut;            /* somebody's window was closed for want of it */
	uint32_t relief_next;         /* the block that is looked at next, while they are told; else 0 */
	uint32_t relief_tick;         /* when that last began */
	uint64_t held, held_most;     /* bytes of memory of received data, and the stack's bound of them */
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

/* ---- conn.c: blocks, events, lists */
void tcp_conn_init(struct tcp *tcp);                  /* what every block begins as, once there is a slab of them */
struct tcp_conn *tcp_conn_new(struct tcp *tcp);       /* NULL when all are used; else that, but for what outlives */
void tcp_conn_event(struct tcp *tcp, struct tcp_conn *c, uint32_t mask);
void tcp_conn_owe(struct tcp *tcp, struct tcp_conn *c);
/* WRITABLE, if the application waits for it and there is room. */
void tcp_conn_writable(struct tcp *tcp, struct tcp_conn *c);
/* Protocol's end: out of the table, queues freed, TERN_CLOSED due (after what is unread, when it ended well). */
void tcp_conn_finish(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);
/* Out of the table already, replaced by its TIME-WAIT record. */
void tcp_conn_time_waits(struct tcp *tcp, struct tcp_conn *c);
/* tcp_conn_finish() with a RST to be sent first. */
void tcp_conn_reset(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);
/* TERN_CLOSED is being handed out: the id is stale from now on. */
void tcp_conn_told(struct tcp *tcp, struct tcp_conn *c);
/* Gives the block back if it is dead, told, and owes nothing. */
void tcp_conn_release(struct tcp *tcp, struct tcp_conn *c);
/* A finished connection whose reader has come to the end. */
void tcp_conn_drained(struct tcp *tcp, struct tcp_conn *c);
void tcp_conn_unbacklog(struct tcp *tcp, struct tcp_conn *c);

/* ---- extra.c */
/* The connection's extra record, made with its defaults when there is none yet. NULL: all are used. */
struct tcp_extra *tcp_extra_make(struct tcp *tcp, struct tcp_conn *c);
void tcp_extra_free(struct tcp *tcp, struct tcp_conn *c);
/* To read: the connection's, or the defaults. */
static inline const struct tcp_extra *
tcp_extra(const struct tcp *tcp, const struct tcp_conn *c)
{
	return c->extra == 0 ? &tcp->extra_default : tcp_extra_at(tcp, c->extra);
}
/* R2 of what the connection does now: the handshake's or the open connection's */
uint32_t tcp_user_timeout(const struct tcp *tcp, const struct tcp_conn *c);

/* Retransmissions in a row from which on the connection is overdue (SHLD-10) */
static inline uint8_t
tcp_r1(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint8_t own = tcp_extra(tcp, c)->r1;

	return own != 0 ? own : tcp->config.r1;
}

/* ---- timers.c */
/* The wheel's entry fires at that tick, or before it. */
void tcp_timer_wake(struct tcp *tcp, struct tcp_conn *c, uint32_t tick);
/* The same of a timer that is set now, and most likely stopped long before it is due. */
void tcp_timer_begin(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline);
/* Its deadlines are looked at by then already, and armed again. */
static inline bool
tcp_timer_wakes(const struct tcp_conn *c, uint32_t tick)
{
	return ((c->lists & LIST_WHEEL) && seq_leq(c->wheel_tick, tick)) ||
	       (unlikely(c->lists & LIST_FRESH) && seq_leq(c->fresh_tick, tick));
}
static inline void
tcp_timer_set(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline)
{
	c->timer = deadline;
	c->flags |= CONN_TIMER;
	if (unlikely(!tcp_timer_wakes(c, deadline)))
		tcp_timer_begin(tcp, c, deadline);
}
static inline void tcp_timer_stop(struct tcp_conn *c) { c->flags &= ~(uint32_t)(CONN_TIMER | CONN_PERSIST); }
/* Nor is the connection looked at on account of it, if it was set not long ago. */
void tcp_timer_forget(struct tcp *tcp, struct tcp_conn *c);
/* R2 has become shorter: a timer beyond it comes sooner. */
void tcp_timer_limit(struct tcp *tcp, struct tcp_conn *c);
void tcp_delay_ack(struct tcp *tcp, struct tcp_conn *c);
void tcp_watch_fin_wait_2(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_synack_timeout(const struct tcp *tcp, uint32_t level);
/* Expiry phase, bounded. @return whether anything fired. */
bool tcp_expire(struct tcp *tcp);
uint64_t tcp_next_ns(const struct tcp *tcp);

/* ---- listen.c */
int tcp_listen(struct tcp *tcp, const struct tern_listen_options *options, tern_listener *out);
int tcp_unlisten(struct tcp *tcp, tern_listener id);
struct tcp_listener *tcp_listener_for(struct tcp *tcp, uint32_t local, uint16_t port);

/* ---- overload.c */
/* A SYN for l: 0, or -TERN_DROP_x when it is to go unanswered. */
int tcp_overload_syn(struct tcp *tcp, const struct tcp_packet *p, const struct tcp_listener *l);
/* A handshake took so long. */
void tcp_overload_handshake(struct tcp *tcp, uint32_t ms);
/* So long after the last turn began: what it told kept the application busy. */
void tcp_overload_turn_took(struct tcp *tcp, uint64_t passed_ns);
void tcp_overload_look(struct tcp *tcp, uint32_t told);
/* Behind each turn, which told so many of those that were ready. */
static inline void
tcp_overload_turn(struct tcp *tcp, uint32_t told)
{
	tcp->overload.told_last = told;
	if (unlikely(ring_length(&tcp->ready) > 0 || tcp->overload.waits ||
		     tcp->now_ns - tcp->overload.begin_ns >= TCP_OVERLOAD_NS))
		tcp_overload_look(tcp, told);
}

/* ---- open.c */
int tcp_send_syn(struct tcp *tcp, const struct tern_endpoint *target, bool silent);  /* flood.c */
int tcp_connect(struct tcp *tcp, const struct tern_connect_options *options, tern_conn *out);
uint32_t tcp_isn(const struct tcp *tcp, const struct flow_key *key, uint32_t *ts_offset);
/* Set the parts that follow from MTU, both MSS and options. */
void tcp_conn_negotiated(struct tcp *tcp, struct tcp_conn *c, uint16_t peer_mss);
static inline uint16_t tcp_announced_mss(const struct tcp *tcp, bool v4) { return tcp->mss_announced[v4]; }
void tcp_conn_established(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_initial_window(const struct tcp *tcp, const struct tcp_conn *c);  /* RFC 6928, bytes */
void tcp_conn_initial_window(struct tcp *tcp, struct tcp_conn *c);
void tcp_conn_restart_window(struct tcp *tcp, struct tcp_conn *c);
/* A block with its defaults, not yet in the table. */
struct tcp_conn *tcp_conn_open(struct tcp *tcp, const struct flow_key *key, uint32_t iss);

/* ---- tuple.c */
/* Whom an active open will be, and what is known of that. */
struct tcp_tuple {
	struct flow_key key;
	uint64_t hash;
	uint32_t time_wait;           /* its record, which gives way; 0: none */
	bool by_us;                   /* address and port were left to us to choose */
	bool again;                   /* the target was opened before: looked up and checked then */
	struct tcp_ahead *ahead;      /* where it is, or will be, kept */
};
/* Neighbouring ports and addresses have places of their own; of two targets with one place each replaces the other. */
static inline struct tcp_ahead *
tcp_ahead_of(struct tcp *tcp, const struct tern_endpoint *target)
{
	return &tcp->ahead[(target->port ^ target->addr.b[15]) % TCP_AHEAD_TARGETS];
}
/* What of it stands before anything is chosen */
static inline void
tcp_begin_tuple(struct tcp *tcp, const struct tern_connect_options *o, struct tcp_tuple *t)
{
	const struct tcp_ahead *a = t->ahead = tcp_ahead_of(tcp, &o->target);

	t->again = a->target.port == o->target.port && a->source_pool == o->source_pool &&
		   addr_equal(&a->target.addr, &o->target.addr);
}
/* The rest: 0, or why there is none, tern_connect()'s errors */
int tcp_choose_tuple(struct tcp *tcp, const struct tern_connect_options *options, struct tcp_tuple *tuple);
/* After an open that was made. */
void tcp_look_ahead(struct tcp *tcp, const struct tern_connect_options *options, const struct tcp_tuple *taken);
uint32_t tcp_next_pool_local(struct tcp *tcp, bool v4);

/* ---- input: one function for each kind of record; 0, or -TERN_DROP_x. A kept mbuf sets p->m to NULL. */
int tcp_closed_input(struct tcp *tcp, struct tcp_packet *p);                        /* half_open.c: no record: LISTEN or CLOSED */
int tcp_half_open_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index);     /* half_open.c */
int tcp_conn_input(struct tcp *tcp, struct tcp_packet *p, struct tcp_conn *c);      /* expected.c */
int tcp_time_wait_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index);     /* time_wait.c */
int tcp_first_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);     /* expected.c: it has just made the block */
/* A SYN that ends a TIME-WAIT (RFC 6191): there is a listener, the old record is gone */
int tcp_syn_after_time_wait(struct tcp *tcp, struct tcp_packet *p, uint32_t old_snd_nxt);
int tcp_syn_sent_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);  /* syn_sent.c */
/* RFC 9293, 3.10.7.4 from the first check on, for a block in a synchronised state */
int tcp_segment_arrives(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);
/* Seventh and eighth: text and FIN of an acceptable segment */
int tcp_text_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);
void tcp_half_open_owe(struct tcp *tcp, uint32_t index);   /* its SYN-ACK, in the next output */
void tcp_half_open_drop(struct tcp *tcp, uint32_t index);
void tcp_unlisten_half_open(struct tcp *tcp, uint16_t listener);
/* What a SYN says, into a record whose `lists` is valid */
void tcp_half_open_fill(struct tcp *tcp, struct tcp_half_open *h, const struct tcp_packet *p, uint16_t listener);

/* ---- passive.c: a new block of a listener's */
struct tcp_conn *tcp_passive_open(struct tcp *tcp, const struct tcp_half_open *h, int *error);
void tcp_passive_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p);
/* From a half-open record, which the caller gives back */
struct tcp_conn *tcp_passive_promote(struct tcp *tcp, const struct tcp_packet *p, uint32_t index, int *error);

/* ---- cookie.c: SYN cookies (RFC 4987, 3.6) */
int tcp_cookie_answer(struct tcp *tcp, struct tcp_packet *p);
bool tcp_cookie_expected(const struct tcp *tcp);
/* An ACK that meets no record, for a listener */
int tcp_cookie_input(struct tcp *tcp, struct tcp_packet *p, const struct tcp_listener *l);

/* ---- fastopen.c: as server (RFC 7413) */
enum tcp_fastopen_verdict { FASTOPEN_USUAL, FASTOPEN_GIVE_COOKIE /* with the usual SYN-ACK */, FASTOPEN_TAKEN };
enum tcp_fastopen_verdict tcp_fastopen_syn(struct tcp *tcp, struct tcp_packet *p, struct tcp_listener *l,
					   const uint32_t *beyond);
void tcp_fastopen_cookie(const struct tcp *tcp, const struct flow_key *key, struct tcp_fastopen *out);
/* For a block in SYN-RECEIVED. @return whether it was the SYN again */
bool tcp_fastopen_syn_again(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
void tcp_fastopen_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
void tcp_fastopen_ended(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);

/* ---- fastopen_client.c */
int tcp_fastopen_init(struct tcp *tcp, int node);
void tcp_fastopen_free(struct tcp *tcp);
const struct tcp_fastopen *tcp_fastopen_offer(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *room);
void tcp_fastopen_lost(struct tcp *tcp, struct tcp_conn *c);
void tcp_fastopen_answered(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, const struct tcp_options *opt);

/* ---- challenge.c: an ACK as a question, or nothing where too many were asked. @return drop */
int tcp_challenge_ack(struct tcp *tcp, struct tcp_conn *c, int drop);  /* RFC 5961 */
int tcp_answer_empty(struct tcp *tcp, struct tcp_conn *c, int drop);   /* an unacceptable segment without text */
/* How many a stack may ask in a second, counted from whenever its clock began */
uint32_t tcp_challenge_quota(const struct secret *secret, uint64_t second, uint32_t stack);

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

/* ---- dress.c */
/* tcp_emit_segment() with what tcp_extra and ECN add. */
int tcp_emit_dressed(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e);

/* ---- note.c: an acceptable segment came, for a connection with one of CONN_NOTED */
void tcp_note(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p);
void tcp_account(struct tcp *tcp, struct tcp_conn *c, bool on);
/* Brings the counts of bytes up to date. */
void tcp_account_bytes(struct tcp_conn *c, struct tcp_extra *x);
void tcp_note_start(struct tcp *tcp, struct tcp_conn *c);  /* established */

/* ---- keepalive.c */
/* When the next probe is due, if nothing is heard till then; false: none will be. */
bool tcp_keepalive_tick(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *tick);
void tcp_keepalive_wake(struct tcp *tcp, struct tcp_conn *c);  /* switched on, or its times have changed */
void tcp_linger(struct tcp *tcp, struct tcp_conn *c);          /* tern_close() was called: so long and no longer */
void tcp_side_timers(struct tcp *tcp, struct tcp_conn *c);     /* the wheel's entry fired, for one with an extra record */

/* ---- time_wait.c */
void tcp_enter_time_wait(struct tcp *tcp, struct tcp_conn *c);
void tcp_time_wait_drop(struct tcp *tcp, uint32_t index);

/* ---- icmp.c */
/* The network reports an error about a segment of that flow. 0, or -TERN_DROP_x */
int tcp_icmp_error(struct tcp *tcp, const struct icmp_error *e, const struct flow_key *key);
/* Why a connection ends that nobody answered: what the network said since, if it said something. */
/* errno of what the network said of a connection that ended for want of an answer, or 0 */
uint16_t tcp_network_error(const struct tcp *tcp, const struct tcp_conn *c);
enum tern_close_reason tcp_timeout_reason(const struct tcp *tcp, const struct tcp_conn *c, enum tern_close_reason reason);

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
			const struct tcp_cc_sample *sample);
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
/* Outside recovery: it grows. Inline, and what follows is not: most ACKs of small requests end here. */
static inline void
tcp_cwnd_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	if (unlikely(c->flags & CONN_ECN_WAIT)) {
		/* the echo goes on until the peer has seen our CWR, which stands beyond `recover` */
		if (seq_gt(c->snd_una, c->recover))
			c->flags &= ~CONN_ECN_WAIT;
	} else if (unlikely(c->cc_block != 0) || tcp_cwnd_was_used(c, sample->outstanding)) {
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

/* ---- close.c */
int tcp_shutdown(struct tcp *tcp, struct tcp_conn *c);
int tcp_close(struct tcp *tcp, struct tcp_conn *c);
int tcp_abort(struct tcp *tcp, struct tcp_conn *c);

/* ---- send_queue.c, send_ref.c */
int tcp_refs_init(struct tcp *tcp, int node);
void tcp_refs_free(struct tcp *tcp);
ssize_t tcp_queue_copy(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length);
ssize_t tcp_queue_mbuf(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m);
/* Bytes that may be queued: what the buffer leaves of bytes, nothing when their memory is used up. */
uint32_t tcp_queue_room(const struct tcp *tcp, const struct tcp_conn *c);
/* tcp_queue_copy() for who has asked for room before */
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
void tcp_mbuf_reserve(struct tcp *tcp);      /* the spares are few: more, and pool_low is looked at */
void tcp_mbuf_put_other(struct tcp *tcp, struct rte_mbuf *m);

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
