/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * How a connection may end: as its programs asked for, as its peer asked for,
 * or because the network kept silent for so long as the rules say. For the last
 * the taps are asked.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "run.h"
#include "stack/internal.h"

#define SLACK_NS UINT64_C(20000000)    /* ticks of a millisecond, and rounding */
#define WATCH_NS UINT64_C(1100000000)  /* from one look to the next, at most */
#define MS UINT64_C(1000000)

static const struct tcp_config *
config(const struct soak_end *e)
{
	return &e->run->site[e->host].stack->tcp.config;
}

static uint64_t
since(const struct soak_end *e, uint64_t then_ns)
{
	return soak_now(e->run) - then_ns;
}

/* NULL: so it may have ended. Else why not. */
typedef const char *(*judgement)(struct soak_end *e);

static const char *
normal(struct soak_end *e)
{
	const struct soak_end *o = soak_other(e);

	if (!e->did_shutdown && !e->did_close)
		return "this end never asked for it";
	if (!o->known || (!o->did_shutdown && !o->did_close))
		return "the other end never asked for it";
	if (e->got != o->sent && !e->left_unread)
		return "it has not read all that was sent";
	return NULL;
}

/* Is there anybody at the other end who could have sent a RST? */
static const char *
reset(struct soak_end *e)
{
	const struct soak_end *o = soak_other(e);
	const struct tern_stats *stats = stack_stats(e->run->site[o->host].stack);

	if (o->closed && o->reason != TERN_CLOSE_NORMAL)
		return NULL;
	if (o->did_abort)
		return NULL;
	/* what comes when TIME-WAIT is over finds nobody (RFC 9293, 3.10.7.1) */
	if (o->closed && (since(e, o->closed_ns) + SLACK_NS >= config(o)->time_wait_ms * MS || stats->time_wait_evicted > 0))
		return NULL;
	/* also when its program has not read to the end, and was told nothing yet */
	if (o->gone_ns != 0 && since(e, o->gone_ns) + WATCH_NS >= config(o)->time_wait_ms * MS)
		return NULL;
	/* a handshake that was through for one end alone */
	if (!o->known && e->side == OPENER &&
	    (stats->half_open_timeout + stats->half_open_evicted + stats->cookies_sent > 0 || e->run->site[o->host].deaf))
		return NULL;
	/* an ACK that overtook lost data fits no SYN cookie, and is answered; the data, sent again, fits (RFC 4987, 3.6) */
	if (e->side == OPENER && stats->cookies_sent > 0 && e->got == 0)
		return NULL;
	return o->closed ? "the other end ended well, and is in TIME-WAIT" : "the other end lives";
}

static const char *
refused(struct soak_end *e)
{
	/* with Fast Open there may be a program at the other end before this one is open */
	if (e->run->site[soak_other(e)->host].deaf || (e->run->conn[e->conn].fastopen && reset(e) == NULL))
		return NULL;
	return "somebody listens there, and always did";
}

static const char *
aborted(struct soak_end *e)
{
	if (e->did_abort || (e->did_close && (!e->connected || (e->lingers && e->linger_ms == 0))))
		return NULL;
	return "nobody aborted it";
}

/* An acceptor whose SYN was never acknowledged has as long as its SYN-ACKs (RFC 9293, 3.8.3). */
static uint64_t
r2_of(const struct soak_end *e)
{
	const struct tcp_config *c = config(e);

	if (e->side == OPENER || e->seen.acknowledged)
		return e->r2_ms;
	return RTE_MIN(e->r2_ms, ((UINT64_C(2) << c->synack_retries) - 1) * c->rto_initial_ms);
}

/* The network must have been silent: no news for R2, and not because the stacks did not make use of what came. */
static const char *
silence(struct soak_end *e)
{
	const struct soak_seen *seen = &e->seen;
	uint64_t r2_ns = r2_of(e) * MS;
	bool nobody = soak_other(e)->closed || !soak_other(e)->known;

	if (since(e, RTE_MAX(seen->rx_ns, e->opened_ns)) + SLACK_NS >= r2_ns)
		return NULL;
	if (!nobody && seen->una != seen->max && seen->reaches >= 3 && seen->answers >= 3 && seen->window != 0 && !soak_other(e)->stalled)
		return "what is outstanding arrived, and answers came";
	/* the stack counts from when it sent, also what found no neighbour */
	if (e->owing_ns != 0 && since(e, e->owing_ns) + WATCH_NS >= r2_ns)
		return NULL;
	if (since(e, seen->outstanding_ns) + SLACK_NS < r2_ns)
		return "something was acknowledged since";
	if (seen->una == seen->max)
		return "nothing is outstanding";
	return NULL;
}

static const char *
timeout(struct soak_end *e)
{
	return e->connected || e->side == ACCEPTOR ? silence(e) : "it was not open yet";
}

static const char *
connect_timeout(struct soak_end *e)
{
	uint64_t limit_ns = config(e)->syn_timeout_ms * MS;

	for (unsigned int i = 0; i < e->run->c->steps; i++) {
		const struct soak_step *s = &e->run->c->step[i];

		if (s->verb == SOAK_OPEN && s->arg[OPEN_CONN] == e->conn && s->arg[OPEN_TIMEOUT_MS] != 0)
			limit_ns = RTE_MIN(limit_ns, s->arg[OPEN_TIMEOUT_MS] * MS);
	}
	limit_ns = RTE_MIN(limit_ns, e->r2_ms * MS);
	if (e->connected || e->side == ACCEPTOR)
		return "it was open";
	if (e->seen.synack)
		return "a SYN-ACK had come";
	return since(e, e->opened_ns) + SLACK_NS < limit_ns ? "it gave up early" : NULL;
}

static const char *
user_timeout(struct soak_end *e)
{
	return e->connected ? silence(e) : connect_timeout(e);
}

static const char *
unreachable(struct soak_end *e)
{
	return soak_is_lossy(e->run) || e->run->longest_ns > 300 * MS ? NULL : "the network lost nothing";
}

static const char *
unread_data(struct soak_end *e)
{
	if (!e->did_close)
		return "it was not closed";
	return soak_other(e)->sent == e->got ? "all was read" : NULL;
}

static const char *
data_after_close(struct soak_end *e)
{
	if (!e->did_close)
		return "it was not closed";
	return soak_other(e)->sent == e->got ? "no data can have come" : NULL;
}

static const char *
fin_wait_2(struct soak_end *e)
{
	if (!e->did_close)
		return "it was not closed";
	return since(e, e->close_ns) + SLACK_NS < config(e)->fin_wait_2_ms * MS ? "too early" : NULL;
}

static const char *
keepalive(struct soak_end *e)
{
	if (!e->keepalive)
		return "nobody asked for probes";
	return since(e, e->seen.rx_ns) + SLACK_NS < RTE_MIN(e->keep_ms, e->r2_ms) * MS ? "the peer was heard of since" : NULL;
}

static const char *
linger(struct soak_end *e)
{
	if (!e->lingers || !e->did_close)
		return "nobody asked for it";
	return since(e, e->close_ns) + SLACK_NS < e->linger_ms * MS ? "too early" : NULL;
}

static const char *
never(struct soak_end *e)
{
	(void)e;
	return "nothing here can bring it about";
}

void
soak_judge(struct soak_end *e)
{
	static const judgement judgements[TERN_CLOSE_MAX] = {
		[TERN_CLOSE_NORMAL] = normal, [TERN_CLOSE_RESET] = reset, [TERN_CLOSE_REFUSED] = refused,
		[TERN_CLOSE_ABORTED] = aborted, [TERN_CLOSE_TIMEOUT] = timeout, [TERN_CLOSE_CONNECT_TIMEOUT] = connect_timeout,
		[TERN_CLOSE_USER_TIMEOUT] = user_timeout, [TERN_CLOSE_UNREACHABLE] = unreachable,
		[TERN_CLOSE_UNREAD_DATA] = unread_data, [TERN_CLOSE_DATA_AFTER_CLOSE] = data_after_close,
		[TERN_CLOSE_FIN_WAIT_2_TIMEOUT] = fin_wait_2, [TERN_CLOSE_KEEPALIVE] = keepalive, [TERN_CLOSE_LINGER] = linger,
	};
	judgement judge = e->reason < TERN_CLOSE_MAX && judgements[e->reason] != NULL ? judgements[e->reason] : never;
	const char *wrong = judge(e);

	if (wrong != NULL)
		soak_broken_end(e, "it ended as it must not", "%s, but %s", tern_close_name(e->reason), wrong);
	if (tern_send(e->run->site[e->host].stack, e->id, "x", 1) != -EBADF)
		soak_broken_end(e, "its id lives on", "%s", tern_close_name(e->reason));
}

static void
judge_both(struct soak_conn *c)
{
	struct soak_end *opener = &c->end[OPENER], *acceptor = &c->end[ACCEPTOR];

	if (acceptor->known && acceptor->reason == TERN_CLOSE_NORMAL && opener->reason == TERN_CLOSE_NORMAL &&
	    !acceptor->left_unread && !opener->left_unread &&
	    (opener->got != acceptor->sent || acceptor->got != opener->sent))
		soak_broken_end(opener, "both ended well and do not agree", "sent %llu got %llu, sent %llu got %llu",
				(unsigned long long)opener->sent, (unsigned long long)acceptor->got,
				(unsigned long long)acceptor->sent, (unsigned long long)opener->got);
	for (unsigned int i = 0; i < 2; i++)
		if (c->end[i].refs != 0)
			soak_broken_end(&c->end[i], "memory was never told back", "%u references", c->end[i].refs);
}

void
soak_judge_all(struct soak_run *run)
{
	for (unsigned int i = 0; i < SOAK_CONNS; i++)
		if (run->conn[i].opened)
			judge_both(&run->conn[i]);
}
