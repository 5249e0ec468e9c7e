/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * HyStart++ (RFC 9406): the first slow start ends when round trips become
 * longer, before it fills the queue. Names are the RFC's, 4.2.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

/* 4.3 */
#define MIN_RTT_THRESH_US 4000u
#define MAX_RTT_THRESH_US 16000u
#define MIN_RTT_DIVISOR 8u
#define N_RTT_SAMPLE 8u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS 5u
#define L_SEGMENTS 8u          /* no burst larger than that in answer to an ACK; pacing makes none */

static void
begin_round(struct tcp_hystart *h, const struct tcp_conn *c)
{
	h->window_end = c->snd_nxt;
	h->last_min_us = h->min_us;
	h->min_us = 0;
	h->samples = 0;
}

static bool
is_longer(const struct tcp_hystart *h)
{
	uint32_t threshold = RTE_MIN(RTE_MAX(h->last_min_us / MIN_RTT_DIVISOR, MIN_RTT_THRESH_US), MAX_RTT_THRESH_US);

	return h->last_min_us != 0 && h->min_us >= h->last_min_us + threshold;
}

static void
take_sample(struct tcp_hystart *h, uint32_t rtt_us)
{
	if (rtt_us == 0)
		return;
	h->min_us = h->min_us == 0 ? rtt_us : RTE_MIN(h->min_us, rtt_us);
	if (++h->samples < N_RTT_SAMPLE)
		return;
	if (h->css_rounds > 0) {
		if (h->min_us < h->baseline_us)
			h->css_rounds = 0;  /* it was jitter: back to slow start */
	} else if (is_longer(h)) {
		h->baseline_us = h->min_us;
		h->css_rounds = CSS_ROUNDS;
	}
}

uint32_t
tcp_hystart_acked(struct tcp_hystart *h, const struct tcp_conn *c, const struct tcp_cc_sample *sample,
		  enum tcp_hystart_kind kind, bool *leave)
{
	uint32_t grow = kind == HYSTART_USUAL ? RTE_MIN(sample->acked, L_SEGMENTS * c->mss) : sample->acked;

	*leave = kind == HYSTART_LINUX && h->css_rounds > 0;
	if (*leave)
		return 0;
	if (!h->running) {
		h->running = true;
		begin_round(h, c);
	}
	if (kind == HYSTART_LINUX)
		h->last_min_us = c->min_rtt_us;
	take_sample(h, sample->rtt_us);
	if (h->css_rounds > 0 && kind != HYSTART_LINUX)
		grow /= CSS_GROWTH_DIVISOR;
	if (seq_geq(c->snd_una, h->window_end)) {
		/* one that was entered in its middle counts (4.2) */
		*leave = h->css_rounds > 0 && --h->css_rounds == 0;
		begin_round(h, c);
	}
	return grow;
}
