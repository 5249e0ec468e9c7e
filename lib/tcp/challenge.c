/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Questions to a peer, and how many of them may be asked (RFC 5961, 7).
 *
 * A bound that connections share, and that can be counted out, tells a
 * stranger about others: who uses it up on a connection of his own sees by what
 * is missing whether a forged segment was a hit elsewhere (CVE-2016-5696). So
 * the bound that matters is each connection's own, and nobody but its peer sees
 * it: one in half a second, as Linux's tcp_invalid_ratelimit, unless set. The
 * stack's is there against floods alone; how much it is depends on a secret and
 * changes each second, so that nothing can be subtracted from it.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

/* of the stack's connections together, a second: 1000 as Linux had, give or take half */
#define STACK_LEAST 500u
#define STACK_SPREAD 1001u

static bool
connection_may(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL || (x->challenges > 0 && tcp->now - x->challenge_tick < tcp->config.challenge_ms))
		return false;
	x->challenges = 1;
	x->challenge_tick = tcp->now;
	return true;
}

uint32_t
tcp_challenge_quota(const struct secret *secret, uint64_t second, uint32_t stack)
{
	const uint64_t of[2] = { second, stack };

	return STACK_LEAST + (uint32_t)(siphash(secret->challenge, of, sizeof(of)) % STACK_SPREAD);
}

static bool
stack_may(struct tcp *tcp)
{
	uint64_t second = tcp->now_ns / 1000000000;

	if (tcp->challenge_second != second || tcp->challenge_quota == 0) {
		tcp->challenge_second = second;
		tcp->challenge_quota = tcp_challenge_quota(&tcp->secret, second, tcp->owner->self);
		tcp->challenges = 0;
	}
	return tcp->challenges < tcp->challenge_quota && ++tcp->challenges > 0;
}

static int
ask(struct tcp *tcp, struct tcp_conn *c, bool may, int drop)
{
	if (!may) {
		tcp->stats->drops[TERN_DROP_TCP_CHALLENGE_LIMIT]++;
		return drop;
	}
	tcp->stats->challenge_acks++;
	c->flags |= CONN_ACK_NOW;
	tcp_conn_owe(tcp, c);
	return drop;
}

/* At the place that an attacker may have guessed, ask whether it was meant. */
int
tcp_challenge_ack(struct tcp *tcp, struct tcp_conn *c, int drop)
{
	return ask(tcp, c, connection_may(tcp, c) && stack_may(tcp), drop);
}

/*
 * The ACK that an unacceptable segment is answered with (RFC 9293, 3.10.7.4),
 * where that carries no text: limited, or two ends that disagree would
 * acknowledge each other for ever. Not by the stack's bound: probes of
 * keepalive and of zero windows are such segments, one for each connection.
 */
int
tcp_answer_empty(struct tcp *tcp, struct tcp_conn *c, int drop)
{
	return ask(tcp, c, connection_may(tcp, c), drop);
}
