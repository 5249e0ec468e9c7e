/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CONFIG_H
#define TCP_CONFIG_H

/* What a core's TCP is set up with. One struct, filled by run from the options; the defaults stand here. */

#include <stdbool.h>
#include <stdint.h>

#define TCP_SYN_LEVELS 8u   /* SYN-ACKs of one half-open connection, at most */

enum { TCP_COOKIES_NEVER, TCP_COOKIES_AUTO, TCP_COOKIES_ALWAYS };
enum { TCP_ECN_OFF, TCP_ECN_ON /* ask, and accept */, TCP_ECN_ACCEPT /* when asked, as Linux */ };

struct tcp_config {
	uint32_t max_connections;   /* blocks */
	uint32_t max_half_open;
	uint32_t max_time_wait;     /* the oldest goes when full, counted */
	uint32_t rcvbuf;            /* bytes of receive window */
	uint32_t sndbuf;            /* bytes of send queue */
	uint32_t notsent_lowat;     /* of these, as yet unsent, from which on no more are taken; UINT32_MAX: none */
	uint16_t mss;               /* announced at most; 0: from the MTU */
	bool timestamps, sack, wscale;
	bool nodelay;               /* Nagle off */
	uint8_t push_bursts;        /* PSH ends pieces of bursts too, as Linux has it, not what was queued alone: segments of a
	                             * piece, at least; 0: off */
	bool linux_cwnd;            /* the congestion window as Linux keeps it, see growth.c */
	bool nagle_minshall;        /* Nagle: a short segment waits for short ones alone, as in Linux */
	bool timestamps_lax;        /* a segment without the timestamp that was agreed on is taken, as in Linux; RFC 7323, 3.2: SHOULD drop */
	bool reset_keeps_unread;    /* what came before a RST, or an error of the network, can still be read, as in Linux; RFC 9293, 3.10.7.4, flushes it */
	bool errors_end_opens;      /* any error that the network reports ends what is not open yet, as in Linux (RFC 5461, 4.1); MUST-56: no */
	uint8_t quick_acks;         /* of the first segments, and until we answer them, none waits for the delayed ACK's time */
	uint8_t ack_every;          /* full segments for one ACK, at most: 8; 2 in the strict profile */
	uint8_t ttl;
	uint8_t tos;
	bool account;               /* every connection counts for tern_info() from its first segment on (TERN_OPT_ACCOUNT) */
	bool pacing;                /* what the window allows is spread over the round trip */
	const char *congestion;     /* "cubic", "newreno", "none" */
	uint32_t initial_window;    /* segments: 10 (RFC 6928) */
	/* times in milliseconds, the tick of records */
	uint32_t delayed_ack_ms;    /* 40; below 500 (MUST-40) */
	uint32_t rto_min_ms;        /* 200 beyond SRTT, as Linux; RFC 6298 says 1 s in all SHOULD */
	uint32_t rto_max_ms;        /* 60 s (RFC 6298, 2.5) */
	uint32_t rto_initial_ms;    /* 1 s (RFC 6298, 2.1) */
	uint32_t syn_timeout_ms;    /* R2 of an active open: 180 s (MUST-23) */
	uint32_t synack_retries;    /* levels of back-off: 5 */
	uint32_t challenge_ms;      /* from one challenge ACK of a connection to the next (RFC 5961, 7) */
	uint32_t user_timeout_ms;   /* R2: 100 s at least (SHLD-11) */
	uint32_t fin_wait_2_ms;     /* after close(): 60 s */
	uint32_t time_wait_ms;      /* 2 MSL: 60 s as Linux; RFC 9293 says 4 min */
	/* SYN cookies (RFC 4987, 3.6) */
	uint8_t syn_cookies;        /* TCP_COOKIES_x */
	uint32_t cookie_threshold;  /* half-open records from which on a listener answers with cookies; 0: 3/4 of max_half_open */
	/* Fast Open (RFC 7413): enabled for connects and listens that ask for it */
	bool fastopen;
	bool fastopen_keyed;        /* cookies are of this key and both addresses alone, so that several hosts may share them; who sets
	                             * the key changes it. Else of a secret of the process, and of the time */
	uint8_t fastopen_key[16];
	bool fastopen_client_no_cookie;  /* clients send data without one */
	bool fastopen_persists;     /* clients go on after losses and refusals, as in Linux; RFC 7413, 4.1.3.1: SHOULD not */
	bool fastopen_experiment;   /* who asked for a cookie in vain asks once by the option of experiments, as in Linux */
	bool fastopen_no_cookie;    /* servers take data without one, for networks that let nobody lie about his address */
	bool fastopen_listeners;    /* those that do not ask have it too, for as many as their backlog */
	/* ECN (RFC 3168) */
	uint8_t ecn;                /* TCP_ECN_x */
	/* keepalive, where a connection has it on: MUST-28 */
	uint32_t keep_idle_ms, keep_interval_ms;
	uint8_t keep_count;
	uint8_t r1;                 /* 3 retransmissions (SHLD-10) */
	/* buffers */
	uint32_t rcvbuf_max;        /* the window grows with the bandwidth-delay product up to this; at most rcvbuf: it stays */
	/* path MTU */
	bool pmtu_discovery;        /* DF set, ICMP believed when it quotes what is in flight */
	uint16_t pmtu_base;         /* what a black hole falls back to (RFC 4821, 7.2) */
};

#define TCP_CONFIG_DEFAULT { \
	.max_connections = 1u << 18, .max_half_open = 1u << 16, .max_time_wait = 1u << 20, \
	.rcvbuf = 1u << 18, .sndbuf = 1u << 18, .notsent_lowat = UINT32_MAX, \
	.timestamps = true, .sack = true, .wscale = true, .nodelay = true, .ack_every = 8, .ttl = 64, \
	.congestion = "cubic", .initial_window = 10, \
	.delayed_ack_ms = 40, .rto_min_ms = 200, .rto_max_ms = 60000, .rto_initial_ms = 1000, \
	.syn_timeout_ms = 180000, .synack_retries = 5, .user_timeout_ms = 120000, .challenge_ms = 500, \
	.fin_wait_2_ms = 60000, .time_wait_ms = 60000, \
	.syn_cookies = TCP_COOKIES_AUTO, .fastopen = true, .ecn = TCP_ECN_ACCEPT, \
	.keep_idle_ms = 7200000, .keep_interval_ms = 75000, .keep_count = 9, .r1 = 3, \
	.rcvbuf_max = 6u << 20, .pmtu_discovery = true, .pmtu_base = 1024 }

#endif
