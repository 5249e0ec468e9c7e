/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_PARTS_H
#define TCP_PARTS_H

/* What a core's TCP has beside its connections: packets on their way in, listeners, answers, opens to come, overload. */

#include <rte_common.h>

#include <tern/tern.h>

#include "core/flow_table.h"
#include "tcp/ports.h"
#include "wire/headers.h"

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
	uint8_t family;               /* 4 or 6, of any address: that alone; 0: both */
	bool held;                    /* who was told of waits still, until it is taken */
	uint8_t cc;
	uint32_t backlog, waiting;    /* established and not yet told: at most, now */
	uint16_t mss;                 /* announced at most; 0: the stack's */
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

#endif
