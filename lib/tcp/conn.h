/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

/*
 * The three records of a connection's life: half-open and TIME-WAIT are one
 * cache line each, an open one is four. All are owned by one core; `key` is
 * at offset 0 of each, where the flow table compares it.
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "core/flow_key.h"
#include "core/list.h"
#include "ip/ip.h"

/* RFC 9293, 3.3.2. LISTEN and the usual SYN-RECEIVED are records of their own. */
enum tcp_state {
	TCP_CLOSED, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT, TCP_STATES
};

/* What was negotiated: half-open, open and TIME-WAIT alike. */
enum { CONN_TS = 1, CONN_SACK = 2, CONN_WSCALE = 4, CONN_V4 = 8, CONN_ECN = 16, CONN_FASTOPEN = 32 /* wanted, then: data rode on the SYN */,
       CONN_DRESSED = 64, /* of an open one: output has more to say than the usual, see dress.c */
       CONN_METERED = 128 /* of an open one: what it sends is paced or measured, see pacing.c, rate.c */ };

/* tcp_conn.flags: of this incarnation */
enum {
	CONN_TIMER = 1u << 0,        /* `timer` is a deadline: retransmission, persist, or FIN-WAIT-2 */
	CONN_PERSIST = 1u << 1,      /* it is the persist timer's */
	CONN_ACK_NOW = 1u << 2,      /* an ACK is owed, not to be delayed */
	CONN_ACK_LATER = 1u << 3,    /* an ACK is owed within the delayed-ACK time */
	CONN_FIN_QUEUED = 1u << 4,   /* FIN goes behind what is queued */
	CONN_FIN_SENT = 1u << 5,
	CONN_FIN_LOST = 1u << 6,     /* to be sent again */
	CONN_SYN_OWED = 1u << 7,     /* SYN, or SYN-ACK of a simultaneous open, is to be sent (again) */
	CONN_RST_OWED = 1u << 8,     /* dead, but for this RST */
	CONN_PROBE_OWED = 1u << 9,   /* zero-window probe */
	CONN_RECOVERY = 1u << 10,    /* fast recovery, until `recover` is acknowledged */
	CONN_RTO_RECOVERY = 1u << 11,/* after a timeout, until `recover` is acknowledged */
	CONN_APP_CLOSED = 1u << 12,  /* the application called tern_close() or tern_abort() */
	CONN_PASSIVE = 1u << 13,     /* came from a listener (MUST-11) */
	CONN_NODELAY = 1u << 14,
	CONN_FIN_RECEIVED = 1u << 15,
	CONN_WANT_WRITE = 1u << 16,  /* told -EAGAIN or a short send: WRITABLE is due when there is room */
	CONN_NOTIFY_SENT = 1u << 17,
	CONN_NOTE_TOS = 1u << 18,    /* tcp_extra.received_tos is wanted */
	CONN_SEND_SHUT = 1u << 19,   /* tern_shutdown() or tern_close(): no more data from the application */
	CONN_OWN_TIMEOUT = 1u << 20, /* tcp_extra.user_timeout_ms was set for this connection */
	CONN_SENT_ANY = 1u << 21,    /* an RTT sample was taken (RFC 6298, 2.2 or 2.3) */
	CONN_BACKLOG = 1u << 22,     /* counted in its listener's backlog */
	CONN_COOKIE_STALE = 1u << 23,/* its Fast Open cookie is of the last key: a fresh one goes with the SYN-ACK */
	CONN_SYN_WAS_LOST = 1u << 24,/* the handshake needed a retransmission: begin with care (RFC 6298, 5.7) */
	CONN_ECE_OWED = 1u << 25,    /* receiver: echo congestion until the peer's CWR (RFC 3168, 6.1.3) */
	CONN_CWR_OWED = 1u << 26,    /* sender: the window was reduced, tell with the next new data (6.1.2) */
	CONN_KEEPALIVE = 1u << 27,   /* tcp_extra holds its times */
	CONN_URGENT_OUT = 1u << 28,  /* tcp_extra.snd_up lies at or beyond SND.UNA */
	CONN_URGENT_IN = 1u << 29,   /* tcp_extra.rcv_up lies beyond what the application has read */
	CONN_ACCOUNT = 1u << 30,     /* tcp_extra counts segments and bytes */
	CONN_ECN_WAIT = 1u << 31,    /* reduced for ECE, until something beyond `recover` is acknowledged */
};

/* Of these the input path tells tcp_extra, with one test for all. */
#define CONN_NOTED (CONN_NOTE_TOS | CONN_KEEPALIVE | CONN_ACCOUNT)

/* tcp_conn.lists: on which rings and queues the block is; outlives the incarnation, as nothing is unlinked */
enum { LIST_OWED = 1, LIST_READY = 2, LIST_DELACK = 4, LIST_WHEEL = 8, LIST_FRESH = 16 };

/* tcp_conn.live */
enum { BLOCK_FREE, BLOCK_LIVE, BLOCK_TOLD /* its id is stale, but it owes a RST */ };

struct tcp_conn {
	/* line 0: who it is, and what an arriving segment is held against */
	struct flow_key key;
	uint8_t state, opt;
	uint8_t snd_wscale, rcv_wscale;
	uint32_t flags;
	uint32_t rcv_nxt, rcv_adv;    /* next expected; right edge announced */
	uint32_t snd_una, snd_nxt;
	uint32_t snd_wnd;             /* bytes */
	uint32_t snd_wl1, snd_wl2;
	uint32_t ts_recent;

	/* line 1: lists, and what output reads. The first part outlives the incarnation. */
	union {
		uint32_t slab_link;
		uint32_t fresh_place; /* on the queue of fresh timers, unless it was freed since */
	};
	uint32_t generation;
	uint64_t hash;                /* of key: where the flow table has it, from then on */
	uint32_t delack_tick;         /* when the entry on the queue of delayed ACKs is due, or with `prompt` would be */
	uint32_t fresh_tick;          /* when the one on that of fresh timers is */
	uint32_t wheel_tick;          /* when the entry in the wheel fires, with LIST_WHEEL */
	uint8_t lists, live;
	uint16_t mss;                 /* payload of a full segment, options taken off (MUST-16) */
	uint32_t snd_end;             /* sequence number behind the last queued byte */
	uint32_t q_head, q_send;      /* send records: oldest unacknowledged, first never sent */
	uint32_t timer;               /* tick; see CONN_TIMER */
	uint32_t cwnd;                /* bytes */
	uint16_t events;              /* TERN_x not yet told */
	uint8_t acks_owed;            /* ACKs for segments out of order, each its own */
	uint8_t full_segments;        /* full segments received and not acknowledged */
	uint32_t ts_offset;
	ip_nexthop hop;

	/* line 2: the application's side, and round-trip times */
	void *user;
	struct rte_mbuf *rcv_head, *rcv_tail;  /* payload in order, a chain of single segments */
	uint32_t unread, truesize;    /* bytes of payload; bytes of memory it holds */
	uint32_t rcvbuf, sndbuf;      /* bytes */
	uint32_t last_ack_sent;       /* RFC 7323: Last.ACK.sent */
	uint32_t srtt_us, rttvar_us, rto_ms;
	uint32_t q_tail;              /* last send record */
	union {
		uint32_t recover;     /* RFC 6582 */
		uint32_t iss;         /* until the handshake is through */
	};

	/* line 3: rarely */
	uint32_t recovery;            /* struct tcp_recovery, index in its slab; 0 for who never lost anything */
	uint32_t cc_block;            /* of the congestion control, where it needs more than the next; 0: none yet */
	uint32_t cc_bytes;            /* acknowledged since cwnd last grew, in congestion avoidance */
	uint32_t ssthresh;
	uint32_t min_rtt_us;
	uint32_t ooo;                 /* reassembly, index in its slab */
	uint32_t unanswered;          /* tick of the first transmission that waits for any answer */
	uint32_t extra;               /* struct tcp_extra, index in its slab; 0 for most */
	uint32_t ts_recent_slow;      /* tcp_slow_tick() when ts_recent was set */
	uint32_t retransmits;
	uint32_t max_snd_wnd;         /* largest window the peer ever offered */
	uint32_t tune_seq;            /* receive window tuning: where this round began, and when */
	union {
		uint32_t tune_tick;
		uint32_t handshake_ms;    /* until it is through: R2 of the SYN (MUST-23) */
	};
	uint16_t listener;
	uint16_t rcv_mss;             /* what counts as a full segment from this peer */
	union {
		uint8_t dupacks;
		uint8_t probes;       /* with CONN_PERSIST, when nothing is in flight: in a row, not answered */
	};
	uint8_t backoff;
	uint8_t cc : 6;               /* which congestion control */
	uint8_t delack_early : 1;     /* the entry on the queue of delayed ACKs was there before the ACK was owed, perhaps */
	uint8_t prompt : 1;           /* a delayed ACK was in vain: the next goes at once, see tcp_ack_is_prompt() */
	uint8_t reason;               /* enum tern_close_reason */
	uint32_t q_charge;            /* memory of the send queue, in units of TCP_CHARGE_UNIT */
} __rte_aligned(64);

static_assert(offsetof(struct tcp_conn, slab_link) == 64, "line 1 begins with the lists");
static_assert(offsetof(struct tcp_conn, user) == 128, "line 2 begins with the application's side");
static_assert(sizeof(struct tcp_conn) == 256, "the budget of an idle connection");

/* What few connections need: options set for one alone, keepalive, urgent data, errors of the path, counts. */
struct tcp_extra {
	uint32_t link;                /* the slab's */
	uint32_t user_timeout_ms;     /* R2, with CONN_OWN_TIMEOUT (RFC 9293 MUST-21, RFC 5482) */
	uint32_t snd_lowat, rcv_lowat;
	bool may_fragment;            /* TERN_OPT_DF is off */
	uint8_t ttl, tos;             /* of what is sent; tos: DSCP above, the two bits of ECN are not its */
	uint8_t r1;                   /* retransmissions in a row before TERN_OVERDUE; 0: the stack's */
	uint8_t soft_error;           /* errno of the last ICMP error that did not end it (MUST-47) */
	bool tell_errors;             /* SHLD-20 */
	bool rcvbuf_fixed;            /* by TERN_OPT_RCVBUF: the window does not grow by itself */
	bool path_failed;             /* an ICMP error came, at: */
	uint32_t path_failed_tick;
	uint8_t keep_count, keep_probes;    /* probes in a row that end it; sent and unanswered */
	uint32_t keep_idle_ms, keep_interval_ms;
	uint32_t keep_sent;           /* tick of the last probe */
	uint32_t heard;               /* tick of the last segment from the peer, with CONN_KEEPALIVE */
	uint32_t linger_ms;           /* UINT32_MAX: not set; 0: tern_close() resets */
	uint32_t linger_tick;         /* when the reset comes, once tern_close() was called */
	uint32_t snd_up, rcv_up;      /* urgent pointers as sequence numbers: behind the last urgent octet */
	uint16_t mss_limit;           /* TERN_OPT_MSS; 0: none */
	uint16_t peer_mss;            /* as negotiated, for when the path MTU changes; 0: not noted yet */
	uint16_t path_mtu;            /* 0: the interface's */
	uint8_t black_hole;           /* times that path_mtu was cut because full segments vanished (RFC 4821, 7.7) */
	uint32_t path_mtu_tick;       /* with black_hole: when the path's is tried again */
	bool has_eor;                 /* TERN_OPT_EOR was set */
	/* hold.c: */
	bool corked;                  /* TERN_OPT_CORK */
	bool more;                    /* TERN_OPT_MORE: what was queued last is not the end, and SND.UNA was then: */
	uint32_t more_una;
	bool pushed;                  /* TERN_OPT_NODELAY all the same: what was queued then goes, up to: */
	uint32_t push_end;
	uint32_t notsent_lowat;       /* TERN_OPT_NOTSENT_LOWAT; UINT32_MAX: none */
	bool no_syn_data;             /* Fast Open, but the SYN brought no data */
	bool rode;                    /* on our SYN, and was not taken all, data up to: */
	uint32_t rode_end;
	uint32_t round_end, round_most;   /* with config.linux_cwnd */
	bool sent_small;              /* with config.nagle_minshall: a short segment was sent, the last one up to */
	uint32_t small_end;
	uint8_t quick_acks;           /* that are left, once the first segment came, in quick.c */
	bool quick_began;
	uint32_t quick_snd_nxt;       /* SND.NXT when the last one was sent */
	uint8_t received_tos;         /* of the last segment (MAY-9) */
	uint32_t challenge_tick;      /* since when `challenges` counts (RFC 5961, 7) */
	uint32_t challenges;
	/* with CONN_ACCOUNT */
	uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retransmitted;
	uint32_t segs_out, segs_in, data_segs_out, data_segs_in;
	uint32_t last_sent, last_received, last_ack;  /* ticks */
	uint32_t dsacks;
	uint32_t account_rcv, account_una;  /* RCV.NXT and SND.UNA up to which bytes are counted */
	uint32_t delivered;           /* segments that were acknowledged, the SYN too */
	enum tcp_limit { LIMIT_IDLE /* nothing waits for an answer */, LIMIT_NONE /* but cwnd, or the application */, LIMIT_RWND,
			 LIMIT_SNDBUF, LIMITS } limit;  /* what keeps it from sending, since limit_ns */
	uint64_t limit_ns, limited_ns[LIMITS];
};

/* A SYN was received. Both addresses of IPv6 fit because the local one is a number. */
struct tcp_half_open {
	struct flow_key key;
	uint32_t iss, irs;
	uint32_t ts_recent;
	uint32_t ts_offset;
	struct list_links links;      /* of its level's list; the slab's while free */
	uint32_t deadline;            /* tick at which the SYN-ACK is sent again */
	ip_nexthop hop;
	uint16_t mss;                 /* the peer's, option or default (MUST-15) */
	uint16_t listener;
	uint8_t opt, snd_wscale;
	uint8_t level;                /* SYN-ACKs sent again so far: the list it is on */
	uint8_t lists;                /* HALF_x */
};

enum { HALF_LIVE = 1, HALF_LISTED = 2, HALF_OWED = 4, HALF_ANSWERED = 8 /* with an ACK, since the last SYN-ACK */,
       HALF_EXPERIMENT = 16 /* asks for a cookie by the option of experiments */ };

static_assert(sizeof(struct tcp_half_open) == 64, "one cache line");

/* Enough to answer a FIN again, and for RFC 6191 and RFC 1337. */
struct tcp_time_wait {
	struct flow_key key;
	uint32_t rcv_nxt, snd_nxt;
	uint32_t ts_recent;
	uint32_t ts_offset;
	struct list_links links;      /* of the list; the slab's while free */
	uint32_t deadline;            /* tick */
	ip_nexthop hop;
	uint16_t window;              /* as announced last: the header's field */
	uint8_t opt;
	uint8_t lists;                /* TIME_WAIT_x */
	uint32_t ts_recent_slow;
};

enum { TIME_WAIT_LIVE = 1, TIME_WAIT_OWED = 2, TIME_WAIT_SLOT = 4 /* and up: when an empty segment was answered last */ };

static_assert(sizeof(struct tcp_time_wait) == 64, "one cache line");

/* A piece of the send queue: at most a segment once it was sent. */
struct tcp_record {
	uint32_t next;                /* index; the slab's link while free */
	uint32_t seq;
	uint16_t length;
	uint8_t flags;                /* RECORD_x */
	uint8_t charge;               /* its memory and its mbuf's, in units of TCP_CHARGE_UNIT */
	uint32_t offset;              /* of the data in m */
	struct rte_mbuf *m;           /* payload: one reference of ours, never written; NULL: the bytes below */
	uint64_t sent_ns;             /* last transmission */
	struct list_links again;      /* of what was sent again or SACKed: see scoreboard.c */
	uint8_t bytes[88];
};

enum { RECORD_SENT = 1, RECORD_RETRANSMITTED = 2, RECORD_LOST = 4, RECORD_SHARED = 8 /* m is the user's or cut: not to be appended to */,
       RECORD_SACKED = 16, RECORD_EOR = 64 /* no segment goes on behind it */, RECORD_METERED = 32 /* rate.c waits for its delivery */ };

#define RECORD_INLINE 88u
#define TCP_CHARGE_UNIT 128u
static_assert(sizeof(struct tcp_record) == 128, "two lines, of which small requests need no mbuf");

/* Out-of-order data: a list of pieces in sequence order, and what their ACKs shall say, those of duplicates too. */
struct tcp_ooo_piece {
	uint32_t next;                /* index; the slab's link while free */
	uint32_t seq, end;
	uint16_t fin;                 /* the piece ends with FIN */
	uint16_t segments;            /* that it was made of */
	struct rte_mbuf *m, *last;    /* chain; NULL for a bare FIN */
};

#define OOO_NOTES 8u
struct tcp_ooo {
	uint32_t link;                /* the slab's */
	uint32_t head;                /* pieces */
	uint32_t newest;              /* the one that came last, behind which the next most likely goes; 0: none */
	uint32_t pieces, truesize;
	uint32_t notes;               /* segments received and not yet told of */
	struct tcp_ooo_note {
		uint32_t seq;         /* the first SACK block is the one that it lies in (RFC 2018, 4) */
		uint32_t left, right; /* but before it stands what had come already (RFC 2883); none: the same */
	} note[OOO_NOTES];
	uint32_t recent[3];           /* blocks told before, latest first, by a sequence number within */
};

#endif
