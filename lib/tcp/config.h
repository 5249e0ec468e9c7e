/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CONFIG_H
#define TCP_CONFIG_H

/* What a core's TCP is set up with. One struct, filled by run from the options; the defaults stand here. */

#include <stdbool.h>
#include <stdint.h>

struct tcp_config {
	uint32_t max_connections;   /* blocks */
	uint32_t max_half_open;
	uint32_t max_time_wait;     /* the oldest goes when full, counted */
	uint32_t rcvbuf;            /* bytes of receive window */
	uint32_t sndbuf;            /* bytes of send queue */
	uint16_t mss;               /* announced at most; 0: from the MTU */
	bool timestamps, sack, wscale;
	bool nodelay;               /* Nagle off */
	uint8_t ack_every;          /* full segments for one ACK, at most: 8; 2 in the strict profile */
	uint8_t ttl;
	uint8_t tos;
	const char *congestion;     /* "newreno", "none" */
	uint32_t initial_window;    /* segments: 10 (RFC 6928) */
	/* times in milliseconds, the tick of records */
	uint32_t delayed_ack_ms;    /* 40; below 500 (MUST-40) */
	uint32_t rto_min_ms;        /* 200, as Linux; RFC 6298 says 1 s SHOULD */
	uint32_t rto_max_ms;        /* 60 s (RFC 6298, 2.5) */
	uint32_t rto_initial_ms;    /* 1 s (RFC 6298, 2.1) */
	uint32_t syn_timeout_ms;    /* R2 of an active open: 180 s (MUST-23) */
	uint32_t synack_retries;    /* levels of back-off: 5 */
	uint32_t user_timeout_ms;   /* R2: 100 s at least (SHLD-11) */
	uint32_t fin_wait_2_ms;     /* after close(): 60 s */
	uint32_t time_wait_ms;      /* 2 MSL: 60 s as Linux; RFC 9293 says 4 min */
};

#define TCP_CONFIG_DEFAULT { \
	.max_connections = 1u << 18, .max_half_open = 1u << 16, .max_time_wait = 1u << 20, \
	.rcvbuf = 1u << 18, .sndbuf = 1u << 18, \
	.timestamps = true, .sack = true, .wscale = true, .nodelay = true, .ack_every = 8, .ttl = 64, \
	.congestion = "newreno", .initial_window = 10, \
	.delayed_ack_ms = 40, .rto_min_ms = 200, .rto_max_ms = 60000, .rto_initial_ms = 1000, \
	.syn_timeout_ms = 180000, .synack_retries = 5, .user_timeout_ms = 120000, \
	.fin_wait_2_ms = 60000, .time_wait_ms = 60000 }

#endif
