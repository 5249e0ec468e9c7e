/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_CC_H
#define TCP_CC_H

/* Congestion control: one file an algorithm, behind these few calls. */

#include <stdbool.h>
#include <stdint.h>

struct tcp;
struct tcp_conn;

/* What an ACK of new data tells. */
struct tcp_cc_sample {
	uint32_t acked;        /* bytes, cumulatively */
	uint32_t outstanding;  /* SND.NXT - SND.UNA before it */
	uint32_t rtt_us;       /* of the newest segment that it answers; 0: ambiguous */
	/* for who wants_rate; interval_ns 0: no sample */
	bool app_limited;
	uint64_t delivered;    /* bytes, in */
	uint64_t interval_ns;
};

enum tcp_cc_event { TCP_CC_LOSS, TCP_CC_ECN, TCP_CC_TIMEOUT };

struct tcp_cc_ops {
	const char *name;
	bool wants_rate;       /* samples of the rate of delivery, see rate.c */
	bool validates;        /* cwnd is held against what the path was seen to take (RFC 7661) */
	/* A connection begins: cwnd is the initial window already, ssthresh infinite, cc_bytes 0; may be NULL */
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

#define TCP_CC_INFINITE (1u << 30)   /* ssthresh before the first congestion, and no window is larger */

/* Congestion window validation (RFC 7661), see cwv.c */
struct tcp_cwv {
	uint32_t round_end;    /* the round trip that is measured: until this is acknowledged, with `open` */
	uint32_t round_bytes;  /* that were outstanding when it began */
	uint32_t most[2];      /* pipeACK's samples, the most of this and of the last sampling period */
	uint32_t period;       /* tick at which this one began */
	uint32_t since;        /* tick from which on cwnd is not validated */
	bool open, defined, nonvalidated;
};

/* Pacing, see pacing.c; rates in bytes a second */
struct tcp_pacing {
	uint64_t free_ns;      /* when the line that it may use is free */
	uint64_t max_rate;     /* 0: no limit but the window's */
	uint64_t rate, burst_ns, looked_ns;  /* as they are since looked_ns */
	bool on;
};

/* Delivery, see rate.c, which has the draft's names */
struct tcp_rate {
	uint64_t delivered, delivered_ns, first_sent_ns;
	uint64_t app_limited;  /* until so much is delivered; 0: not */
	uint64_t last;         /* bytes a second */
	/* of the ACK that is looked at, with `sampled` */
	uint64_t prior_delivered, interval_ns;
	bool on, sampled, sample_app_limited;
};

/* What a connection keeps once its window has been put to use: an algorithm's struct over `bytes`. Zeroed when made. */
#define TCP_CC_BYTES 120u
struct tcp_cc_block {
	uint32_t link;         /* the slab's */
	struct tcp_cwv cwv;
	struct tcp_pacing pacing;
	struct tcp_rate rate;
	uint64_t bytes[TCP_CC_BYTES / 8];
};

extern const struct tcp_cc_ops tcp_cc_cubic, tcp_cc_newreno, tcp_cc_none;

/* Number of an algorithm by name, -1 if there is none; and its ops. The numbers are enum tern_congestion's. */
int tcp_cc_find(const char *name);
const struct tcp_cc_ops *tcp_cc_at(unsigned int number);
/* Another algorithm goes on with the window as it is. 0, or -EINVAL */
int tcp_cc_change(struct tcp *tcp, struct tcp_conn *c, uint64_t number);

/* ops->acked(), and the block once the window has doubled: short connections do without. */
void tcp_cc_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample);
/* The connection's block, made when there is none. NULL: all are used. */
struct tcp_cc_block *tcp_cc_block_make(struct tcp *tcp, struct tcp_conn *c);
void tcp_cc_block_free(struct tcp *tcp, struct tcp_conn *c);

/* RFC 5681, 3.1, which CUBIC uses as well: slow start, and one segment a window. */
void tcp_cc_slow_start(struct tcp_conn *c, uint32_t acked);
void tcp_cc_additive(struct tcp_conn *c, uint32_t acked);

/* ---- cwv.c */
/* New data was acknowledged outside recovery. */
void tcp_cwv_acked(struct tcp *tcp, struct tcp_conn *c, struct tcp_cwv *v, uint32_t outstanding);
/* The path is to be measured anew. */
void tcp_cwv_reset(struct tcp *tcp, struct tcp_conn *c);
/* Most that was acknowledged in a round trip of late; 0: not known */
uint32_t tcp_cwv_pipe(const struct tcp *tcp, const struct tcp_conn *c);
/* What a loss reduces: `flight`, but what was in use of late while the window is not validated (4.4.2) */
uint32_t tcp_cwv_flight(const struct tcp *tcp, const struct tcp_conn *c, uint32_t flight);

/* ---- hystart.c: RFC 9406 */
struct tcp_hystart {
	uint32_t window_end;   /* the round ends when this is acknowledged */
	uint32_t last_min_us, min_us;  /* lowest RTT of the last round and of this one; 0: none yet */
	uint32_t baseline_us;  /* cssBaselineMinRtt */
	uint32_t samples;      /* of this round */
	uint8_t css_rounds;    /* left of conservative slow start; 0: not in it */
	bool running;
};
enum tcp_hystart_kind { HYSTART_USUAL, HYSTART_PACED /* no burst is to be bounded */,
			HYSTART_LINUX /* nor in Linux's, which is over where RFC 9406's would become conservative */ };
/* @return bytes by which cwnd grows; *leave: slow start is over */
uint32_t tcp_hystart_acked(struct tcp_hystart *h, const struct tcp_conn *c, const struct tcp_cc_sample *sample,
			   enum tcp_hystart_kind kind, bool *leave);

#endif
