/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * When more is asked of the application than it can do, what is refused is the SYN: no connection has been promised
 * yet, nothing was spent on it, and its sender tries again by itself. Any later place costs more: a handshake's ACK
 * that is refused leaves a peer that believes itself connected, a frame that a full device loses is as often one of a
 * connection that is half served.
 *
 * That the application is behind shows in how long an event waits in the queue of what is ready. One at a time is
 * timed on its way through it, so that the measure costs nothing while nothing waits. A wait that stays above five
 * milliseconds is a queue that stands (RFC 8289, 3.2); what a gap of the machine leaves behind goes by itself, and who
 * was refused for it would come again a second later. Then such a share of the SYNs is let in as brings about as many
 * connections as the application takes meanwhile, a few less while the wait is above its target and a few more below:
 *
 *   share = taken * gain / (opened / the share at the time of their SYNs)
 *
 * The divisor is what would have been opened had all been let in; a handshake later the effect of a share is seen, so
 * the one of then belongs to it. A flood plays no part in it: its SYNs open nothing, and are no work for the
 * application. Which SYNs are let in is drawn by their hash and the time, so that nothing periodic takes every place,
 * and who comes again draws again.
 */

#include <limits.h>

#include <rte_common.h>

#include "tcp/tcp.h"

#define TARGET_NS UINT64_C(5000000)      /* of the wait: far below a peer's RTO */
#define STANDS_NS UINT64_C(15000000)     /* above it for so long: most gaps, and what came in them, are over by then */
#define TURN_NS INT64_C(1000000)         /* of an application with more to do: ACKs and timers wait meanwhile */
#define QUICK_NS (TURN_NS / 1024)        /* an event: of those no turn is long, however many it tells */
#define REST_NS UINT64_C(1000000000)     /* no look for so long: nothing was to be told, so nobody is behind */
#define SLOW_NS UINT64_C(100000000)      /* an interval's length where shares of so few would be chance: */
#define LEAST_TAKEN 32u
#define MEMORY 4u                        /* intervals */
#define LEAST_OFFERED 8u                 /* fewer SYNs in an interval overload nobody */
#define SHARE_LEAST (TCP_SHARE_ALL / 256)
#define ONE 256u                         /* the unit of gains, */
#define MOST_ABOVE 25u                   /* which are at most so much above it */
#define MOST_BELOW 64u                   /* and below it */
#define FEW_PROMISED 8u                  /* a share of all blocks: no flood's */
#define NEW_LEAST 16u                    /* if of so many events not one is a new connection, those are not the load */

/*
 * Where all blocks are promised a handshake more would most likely be refused at its end: its peer would believe itself
 * connected, hold a block idle from the next SYN-ACK to its own timeout once it got in, and meanwhile many more of its
 * kind would come. To be refused now costs it a second. But a flood promises itself all the room: where many handshakes
 * are under way, and some did not answer their first SYN-ACK, cookies promise nothing (wants_cookie()).
 */
static __rte_noinline __rte_cold bool
takes_no_promise(const struct tcp *tcp)
{
	uint32_t level = 1;

	while (level < TCP_SYN_LEVELS && tcp->syn_level[level].head == 0)
		level++;
	return tcp->conns.used >= tcp->conns.capacity || level == TCP_SYN_LEVELS ||
	       tcp->half_open.used <= RTE_MAX(tcp->conns.capacity / FEW_PROMISED, 1u);
}

int
tcp_overload_syn(struct tcp *tcp, const struct tcp_packet *p, const struct tcp_listener *l)
{
	struct tcp_overload *o = &tcp->overload;

	o->offered++;
	/* its ACK would be refused */
	if (unlikely(l->waiting >= l->backlog))
		return -TERN_DROP_TCP_CLOSED_BACKLOG;
	if (unlikely(tcp_blocks_promised(tcp)) && takes_no_promise(tcp))
		return -TERN_DROP_TCP_NO_BLOCK;
	if (unlikely(o->share != TCP_SHARE_ALL) && tcp->now_ns - o->begin_ns < REST_NS) {
		uint64_t draw = p->hash ^ tcp->now_ns;

		if (mix64(&draw) % TCP_SHARE_ALL >= o->share)
			return -TERN_DROP_TCP_OVERLOAD;
	}
	return 0;
}

void
tcp_overload_handshake(struct tcp *tcp, uint32_t ms)
{
	struct tcp_overload *o = &tcp->overload;

	o->handshake_ns += ((int64_t)ms * 1000000 - o->handshake_ns) / 16;
}

/*
 * What an event costs is what a turn of twice as many takes longer: what each turn takes whatever it is told of, a rest
 * or a loop of the application's own, is not to be had back by telling less. Where each is told as many, one in eight
 * is told of twice that, to learn from.
 */
void
tcp_overload_turn_took(struct tcp *tcp, uint64_t passed_ns)
{
	struct tcp_overload *o = &tcp->overload;
	int64_t more = (int64_t)o->told_last - (int64_t)o->told_before;

	if (o->told_last == 0)
		return;
	if (o->told_before != 0 && (o->told_last >= 2 * o->told_before || o->told_before >= 2 * o->told_last)) {
		int64_t event_ns = ((int64_t)passed_ns - (int64_t)o->passed_before_ns) / more;

		o->event_ns += (RTE_MAX(event_ns, INT64_C(0)) - o->event_ns) / 4;
	}
	o->told_before = o->told_last;
	o->passed_before_ns = passed_ns;
	o->batch = o->event_ns <= QUICK_NS ? INT_MAX :
		   (int)(RTE_MAX(TURN_NS / o->event_ns, INT64_C(1)) << (++o->turns % 8 == 0));
}

/* How long what is told now has waited; what is timed still waits so long at least. */
static void
time_the_queue(struct tcp *tcp, struct tcp_overload *o, uint32_t told)
{
	uint64_t waited_ns = tcp->now_ns - o->since_ns;

	o->waits = ring_length(&tcp->ready) > 0;
	if (o->ahead != 0)
		o->wait_ns = told >= o->ahead ? waited_ns : RTE_MAX(waited_ns, o->wait_ns);
	else if (!o->waits)
		o->wait_ns = 0;
	o->ahead -= RTE_MIN(told, o->ahead);
	if (o->ahead == 0 && o->waits) {
		o->ahead = ring_length(&tcp->ready);
		o->since_ns = tcp->now_ns;
	}
}

/* Connections that are wanted for each that was taken, in units of ONE. */
static uint32_t
gain(const struct tcp_overload *o, uint64_t target_ns)
{
	if (o->wait_ns < target_ns)
		return ONE + (uint32_t)(MOST_ABOVE * (target_ns - o->wait_ns) / target_ns);
	return ONE - (uint32_t)RTE_MIN((o->wait_ns - target_ns) * (MOST_BELOW / 2) / target_ns, (uint64_t)MOST_BELOW);
}

/* The share of SYNs whose handshakes end now. */
static uint32_t
share_then(const struct tcp *tcp, const struct tcp_overload *o)
{
	uint64_t then_ns = tcp->now_ns - RTE_MIN((uint64_t)o->handshake_ns, tcp->now_ns);

	for (uint32_t i = 1; i <= TCP_SHARES; i++) {
		const struct tcp_share *s = &o->past[(o->next - i) % TCP_SHARES];

		if (s->from_ns <= then_ns)
			return s->share != 0 ? s->share : TCP_SHARE_ALL;
	}
	return TCP_SHARE_ALL;
}

/* Of the intervals so far, the newer the more: a ratio of sums, as one of single counts would err upwards. */
static void
remember(struct tcp *tcp, struct tcp_overload *o)
{
	uint64_t us = (tcp->now_ns - o->begin_ns) / 1000;

	if (o->share == TCP_SHARE_ALL)
		o->sum.taken = o->sum.opened = o->sum.us = o->sum.share_us = 0;
	o->sum.taken += ONE * (uint64_t)o->taken - o->sum.taken / MEMORY;
	o->sum.opened += ONE * (tcp->stats->accepts - o->accepts) - o->sum.opened / MEMORY;
	o->sum.us += us - o->sum.us / MEMORY;
	o->sum.share_us += us * share_then(tcp, o) - o->sum.share_us / MEMORY;
}

static uint32_t
decide(const struct tcp *tcp, const struct tcp_overload *o, uint64_t target_ns)
{
	uint64_t share = TCP_SHARE_ALL;

	if (!o->waits && tcp->now_ns - o->begin_ns >= SLOW_NS)
		/* there was a rest meanwhile */
		return TCP_SHARE_ALL;
	if (o->offered < LEAST_OFFERED || o->taken * NEW_LEAST < o->told)
		/* it is what the others ask for that waits: to refuse new ones would help nobody */
		share = o->share + o->share / 4;
	else if (o->sum.opened > 0)
		share = o->sum.taken * gain(o, target_ns) / ONE * (o->sum.share_us / RTE_MAX(o->sum.us, UINT64_C(1))) /
			o->sum.opened;
	return (uint32_t)RTE_MIN(RTE_MAX(share, (uint64_t)SHARE_LEAST), (uint64_t)TCP_SHARE_ALL);
}

/* A queue that stands is found late, so that a gap is none, and left at once. */
static bool
queue_stands(const struct tcp *tcp, struct tcp_overload *o, uint64_t target_ns)
{
	if (o->wait_ns <= target_ns)
		o->above_ns = 0;
	else if (o->above_ns == 0)
		o->above_ns = tcp->now_ns;
	if (o->share != TCP_SHARE_ALL)
		o->refused_ns = tcp->now_ns;
	/* who has been behind a moment ago is behind again at once */
	return o->above_ns != 0 && (tcp->now_ns - o->above_ns >= STANDS_NS ||
				    (o->refused_ns != 0 && tcp->now_ns - o->refused_ns < REST_NS));
}

/* Behind an interval, or at once when a queue begins to stand. */
static bool
is_due(const struct tcp *tcp, const struct tcp_overload *o, bool stands)
{
	if (o->share == TCP_SHARE_ALL && stands && o->taken >= LEAST_TAKEN)
		return true;
	if (tcp->now_ns - o->begin_ns < TCP_OVERLOAD_NS)
		return false;
	return !o->waits || o->taken >= LEAST_TAKEN || tcp->now_ns - o->begin_ns >= SLOW_NS;
}

void
tcp_overload_look(struct tcp *tcp, uint32_t told)
{
	struct tcp_overload *o = &tcp->overload;
	uint64_t target_ns = RTE_MAX(TARGET_NS, 2 * (uint64_t)o->event_ns);
	bool stands;

	time_the_queue(tcp, o, told);
	o->told += told;
	stands = queue_stands(tcp, o, target_ns);
	if (!is_due(tcp, o, stands))
		return;
	if (stands || o->share != TCP_SHARE_ALL) {
		remember(tcp, o);
		o->share = decide(tcp, o, target_ns);
		o->past[o->next++ % TCP_SHARES] = (struct tcp_share){ tcp->now_ns, o->share };
	}
	o->accepts = tcp->stats->accepts;
	o->taken = o->told = o->offered = 0;
	o->begin_ns = tcp->now_ns;
}
