/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef STACK_BURST_H
#define STACK_BURST_H

/* What the stages of the input hand to each other. */

#include "stack/internal.h"

enum group { GROUP_SYN, GROUP_HANDSHAKE, GROUP_OPEN, GROUP_REST, GROUP_LATER, GROUPS };

struct burst {
	uint32_t packets;               /* parsed, and for TCP */
	uint32_t dones;
	uint32_t syns, fins;
	bool steered;                   /* from another core's ring, so ours without a question */
	uint64_t grouped[GROUPS];       /* a bit a packet */
	/* what follows begins undefined */
	struct rte_mbuf *done[STACK_BURST];   /* to be freed */
	struct tcp_packet packet[STACK_BURST];
};

static_assert(STACK_BURST <= 64, "a bit a packet");

/* The first that has its bit set */
static inline struct tcp_packet *
burst_packet(struct tcp_packet *packet, uint64_t bits)
{
	return &packet[(uint32_t)__builtin_ctzll(bits)];
}

/* parse.c: stage 1 */
void stack_parse(struct tern_stack *stack, struct burst *burst, struct rte_mbuf **frames, uint32_t n);

/* merge.c: p takes up those that stand behind it in the stream, of `rest`'s first, whose bits go. @return how many */
uint32_t stack_merge(const struct tern_stack *stack, struct tcp_packet *p, struct tcp_packet *packet, uint64_t *rest);

#endif
