/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Looked at again and again while time passes: the stacks' records hold
 * together, nobody who owes something is silent for longer than the
 * retransmission timer lets him, and nobody sends without end.
 */

#include <rte_common.h>

#include "run.h"
#include "stack/internal.h"

#define STORM 3000u                    /* empty segments of a connection, while nothing moves */
#define SLACK_NS UINT64_C(20000000)
#define MS UINT64_C(1000000)
#define MOST_NS (3 * UINT64_C(3600000) * MS)   /* of virtual time */
#define QUIET_NS (UINT64_C(1800000) * MS)

static void
check_records(struct soak_run *run)
{
	static struct invariants_mbufs set;

	for (unsigned int i = 0; i < run->c->network.hosts; i++) {
		struct soak_site *site = &run->site[i];
		const char *wrong;

		set.count = 0;
		wrong = invariants_of_stack(site->stack, &site->memory, &set);
		if (wrong != NULL)
			soak_broken(run, "a stack's records do not hold together: host %u, %s", i, wrong);
	}
}

/* Something is on its way, or waits to be sent, so that a timer must see to it. */
static bool
owes(const struct tcp_conn *c)
{
	if (c->state < TCP_ESTABLISHED || c->state == TCP_FIN_WAIT_2)
		return false;
	return c->snd_una != c->snd_nxt || c->q_send != 0;
}

/* What the stack itself believes to have sent: the tap sees it later, when there was no neighbour. */
static void
note_progress(struct soak_end *e)
{
	const struct tcp_conn *c = tcp_conn_get(&e->run->site[e->host].stack->tcp, e->id);
	uint64_t now_ns = soak_now(e->run);
	bool acknowledged = c != NULL && e->watch_una != c->snd_una;

	if (c == NULL || c->snd_una == c->snd_nxt)
		e->owing_ns = 0;
	else if (e->owing_ns == 0 || acknowledged)
		e->owing_ns = now_ns;
	if (e->moved_ns == 0 || acknowledged || e->watch_got != e->got)
		e->moved_ns = now_ns;
	if (acknowledged) {
		e->watch_una = c->snd_una;
		e->quiet_ns = now_ns;
	}
	e->watch_got = e->got;
	if (e->gone_ns == 0 && (c == NULL || c->state == TCP_CLOSED))
		e->gone_ns = now_ns;
}

/* What waits for an address, or finds none, is not seen by the tap. */
static bool
has_neighbour(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct ip_neighbour *n = ip_nexthop_get(tcp->ip, c->hop);

	return n != NULL && ip_neighbour_usable(n);
}

static void
check_silence(struct soak_end *e)
{
	const struct soak_site *site = &e->run->site[e->host];
	const struct tcp *tcp = &site->stack->tcp;
	const struct tcp_conn *c = tcp_conn_get(tcp, e->id);
	uint64_t now_ns = soak_now(e->run), last_ns;
	uint32_t rto_ms;

	/* nor is a rate a silence that the user has asked for */
	if (c == NULL || !owes(c) || !has_neighbour(tcp, c) || (tcp_pacing_max(tcp, c) != 0 && tcp_pacing_holds(tcp, c))) {
		e->owed = false;
		return;
	}
	/* it may have begun at any time since the last look */
	if (!e->owed)
		e->quiet_ns = now_ns;
	e->owed = true;
	last_ns = RTE_MAX(RTE_MAX(e->quiet_ns, e->seen.tx_ns), RTE_MAX(site->resolve_ns, e->seen.rx_ns));
	rto_ms = RTE_MAX(e->rto_ms, tcp_rto_backed_off(tcp, c));
	if (now_ns > last_ns && now_ns - last_ns > rto_ms * MS + SLACK_NS)
		soak_broken_end(e, "silence", "%llu ms, and the timer is of %u ms; %s, %u octets unacknowledged",
				(unsigned long long)((now_ns - last_ns) / MS), rto_ms, tern_state_name(c->state),
				c->snd_nxt - c->snd_una);
}

static void
check_storm(struct soak_conn *c)
{
	struct soak_end *a = &c->end[OPENER], *b = &c->end[ACCEPTOR];
	uint64_t pure = a->seen.pure + b->seen.pure, all = a->seen.segments + b->seen.segments;

	/* an answer to text is none to nothing */
	if (pure - a->pure > STORM && all - a->segments < (pure - a->pure) * 5 / 4)
		soak_broken_end(a, "segments without end and without text", "%llu, and %llu with",
				(unsigned long long)(pure - a->pure), (unsigned long long)(all - a->segments - (pure - a->pure)));
	if (pure - a->pure > STORM || all - a->segments > STORM) {
		a->pure = pure;
		a->segments = all;
	}
}

/* A half-open end is closed when there is nobody left who would end the other half. */
static void
close_what_is_left(struct soak_end *e)
{
	const struct soak_end *o = soak_other(e);

	if (!e->known || e->closed || e->wants_close || !e->run->winding_down)
		return;
	if (o->closed && soak_now(e->run) - o->closed_ns > 5000 * MS) {
		e->wants_close = true;
		soak_go_on(e);
	}
}

static void
wind_down(struct soak_run *run)
{
	run->winding_down = true;
	for (unsigned int i = 0; i < SOAK_CONNS * 2; i++) {
		struct soak_end *e = &run->conn[i / 2].end[i % 2];

		e->stalled = false;
		e->wants_shutdown = true;
		soak_go_on(e);
	}
}

/* A path can be so bad that hours are not enough, as long as something moves. */
static void
give_up(struct soak_run *run)
{
	uint64_t now_ns = soak_now(run);

	run->given_up = true;
	for (unsigned int i = 0; i < SOAK_CONNS * 2; i++) {
		struct soak_end *e = &run->conn[i / 2].end[i % 2];

		if (!e->known || e->closed)
			continue;
		if (now_ns - RTE_MAX(e->moved_ns, soak_other(e)->moved_ns) > QUIET_NS)
			soak_broken_end(e, "it does not end", "sent %llu got %llu", (unsigned long long)e->sent,
					(unsigned long long)e->got);
		e->wants_abort = true;
		soak_go_on(e);
	}
}

bool
soak_is_empty(const struct soak_run *run)
{
	for (unsigned int i = 0; i < run->c->network.hosts; i++) {
		const struct tcp *tcp = &run->site[i].stack->tcp;

		if (tcp->conns.used + tcp->half_open.used + tcp->time_wait.used != 0)
			return false;
	}
	return true;
}

static bool
all_closed(const struct soak_run *run)
{
	for (unsigned int i = 0; i < SOAK_CONNS; i++)
		for (unsigned int side = 0; side < 2; side++) {
			const struct soak_end *e = &run->conn[i].end[side];

			if (e->known && !e->closed)
				return false;
		}
	return true;
}

/* Nothing new can come any more: the listeners go, and what is left has its time. */
static void
end_all(struct soak_run *run)
{
	run->over = true;
	run->over_ns = soak_now(run);
	for (unsigned int i = 0; i < run->c->network.hosts; i++)
		if (run->site[i].listener != 0)
			tern_unlisten(run->site[i].stack, run->site[i].listener);
}

void
soak_watch(struct soak_run *run)
{
	uint64_t now_ns = soak_now(run);

	check_records(run);
	for (unsigned int i = 0; i < SOAK_CONNS && run->broken[0] == '\0'; i++) {
		struct soak_conn *c = &run->conn[i];

		if (!c->opened)
			continue;
		check_storm(c);
		for (unsigned int side = 0; side < 2; side++) {
			if (!c->end[side].known || c->end[side].closed)
				continue;
			note_progress(&c->end[side]);
			check_silence(&c->end[side]);
			close_what_is_left(&c->end[side]);
		}
	}
	if (!run->winding_down && now_ns >= run->wind_down_ns)
		wind_down(run);
	if (!run->given_up && now_ns - run->begin_ns > MOST_NS)
		give_up(run);
	/* what an acceptor was never told of may come still, as long as a half-open record can */
	if (!run->over && run->winding_down && all_closed(run))
		end_all(run);
	if (run->over && soak_is_empty(run))
		tern_sim_stop(run->sim);
}
