/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CC_H
#define TCP_CC_H

/* Congestion control: one file an algorithm, behind these few calls. */

#include <stdint.h>

struct tcp_conn;

struct tcp_cc_ops {
	const char *name;
	/* A connection begins: cwnd is the initial window already, ssthresh infinite. */
	void (*start)(struct tcp_conn *c);
	/* `acked` new bytes were acknowledged outside recovery, and cwnd was what limited sending. */
	void (*acked)(struct tcp_conn *c, uint32_t acked);
	/* Loss was seen with `flight` bytes outstanding: set ssthresh. */
	void (*loss)(struct tcp_conn *c, uint32_t flight);
	/* The retransmission timer fired for the first time since progress: set ssthresh. */
	void (*timeout)(struct tcp_conn *c, uint32_t flight);
	/* cwnd was set back to the initial window after an idle time (RFC 5681, 4.1); may be NULL */
	void (*restart)(struct tcp_conn *c);
};

extern const struct tcp_cc_ops tcp_cc_newreno, tcp_cc_none;

/* Number of an algorithm by name, -1 if there is none; and its ops. */
int tcp_cc_find(const char *name);
const struct tcp_cc_ops *tcp_cc_at(unsigned int number);

#endif
