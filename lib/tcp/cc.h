/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CC_H
#define TCP_CC_H

/* Congestion control: one file an algorithm, behind these few calls. */

#include <stdint.h>

struct tcp;
struct tcp_conn;

/* What an ACK of new data tells. */
struct tcp_cc_sample {
	uint32_t acked;        /* bytes, cumulatively */
	uint32_t outstanding;  /* SND.NXT - SND.UNA before it */
	uint32_t rtt_us;       /* of the newest segment that it answers; 0: ambiguous */
};

enum tcp_cc_event { TCP_CC_LOSS, TCP_CC_ECN, TCP_CC_TIMEOUT };

struct tcp_cc_ops {
	const char *name;
	/* A connection begins: cwnd is the initial window already, ssthresh infinite. */
	void (*start)(struct tcp *tcp, struct tcp_conn *c);
	/* New bytes were acknowledged outside fast recovery, and cwnd was what limited sending. */
	void (*acked)(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample);
	/* Congestion, with `flight` bytes outstanding, or a first timeout since progress: set ssthresh. */
	void (*reduce)(struct tcp *tcp, struct tcp_conn *c, uint32_t flight, enum tcp_cc_event event);
	/* cwnd was set back to the initial window after an idle time (RFC 5681, 4.1); may be NULL */
	void (*restart)(struct tcp *tcp, struct tcp_conn *c);
	/* The last reduction was needless: cwnd and ssthresh are as before it; may be NULL */
	void (*undone)(struct tcp *tcp, struct tcp_conn *c);
};

/* State beyond tcp_conn's own words: an algorithm's struct over `bytes`, zeroed when it is made. */
#define TCP_CC_BYTES 120u
struct tcp_cc_block {
	uint32_t link;         /* the slab's */
	uint32_t unused;
	uint8_t bytes[TCP_CC_BYTES];
};

extern const struct tcp_cc_ops tcp_cc_newreno, tcp_cc_none;

/* Number of an algorithm by name, -1 if there is none; and its ops. */
int tcp_cc_find(const char *name);
const struct tcp_cc_ops *tcp_cc_at(unsigned int number);
/* The connection's block, made when there is none. NULL: all are used. */
void *tcp_cc_block_make(struct tcp *tcp, struct tcp_conn *c);
void tcp_cc_block_free(struct tcp *tcp, struct tcp_conn *c);

#endif
