/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Keepalive (RFC 9293, 3.8.4; MUST-24 to MUST-29, SHLD-12), and the time that a closing connection is left: what is
 * due beside the retransmission timer. It shares the connection's entry in the wheel, which fires for the
 * earliest; a segment from the peer writes down when it came and moves nothing.
 */

#include "tcp/tcp.h"

static uint32_t
deadline(const struct tcp_extra *x)
{
	return x->keep_probes == 0 ? x->heard + x->keep_idle_ms : x->keep_sent + x->keep_interval_ms;
}

bool
tcp_keepalive_tick(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *tick)
{
	if (!(c->flags & CONN_KEEPALIVE) || c->state < TCP_ESTABLISHED)
		return false;
	*tick = deadline(tcp_extra(tcp, c));
	return true;
}

void
tcp_keepalive_wake(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t tick;

	if (tcp_keepalive_tick(tcp, c, &tick))
		tcp_timer_wake(tcp, c, tick);
}

/* As Linux has it, a user timeout says how long; without one the probes are counted. One alone proves nothing (MUST-29). */
static bool
is_dead(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_extra *x)
{
	if (c->flags & CONN_OWN_TIMEOUT)
		return x->keep_probes > 0 && tcp->now - x->heard >= x->user_timeout_ms;
	return x->keep_probes >= x->keep_count;
}

static void
keepalive_due(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x)
{
	if (seq_gt(deadline(x), tcp->now)) {
		tcp_timer_wake(tcp, c, deadline(x));
		return;
	}
	/* what is outstanding, or waits for a window, has a timer and probes of its own */
	if ((c->flags & CONN_TIMER) && c->state != TCP_FIN_WAIT_2) {
		x->keep_probes = 0;
		tcp_timer_wake(tcp, c, tcp->now + x->keep_idle_ms);
		return;
	}
	if (is_dead(tcp, c, x)) {
		tcp_conn_reset(tcp, c, TERN_CLOSE_KEEPALIVE);
		return;
	}
	c->flags |= CONN_PROBE_OWED;
	tcp_conn_owe(tcp, c);
	if (x->keep_probes < UINT8_MAX)
		x->keep_probes++;
	x->keep_sent = tcp->now;
	tcp_timer_wake(tcp, c, deadline(x));
}

void
tcp_linger(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	x->linger_tick = tcp->now + x->linger_ms;
	tcp_timer_wake(tcp, c, x->linger_tick);
}

static bool
lingers(const struct tcp_conn *c, const struct tcp_extra *x)
{
	return (c->flags & CONN_APP_CLOSED) && x->linger_ms != UINT32_MAX &&
	       (c->state == TCP_SYN_RECEIVED || c->state == TCP_FIN_WAIT_1 || c->state == TCP_CLOSING ||
		c->state == TCP_LAST_ACK);
}

void
tcp_side_timers(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	if (lingers(c, x)) {
		if (!seq_gt(x->linger_tick, tcp->now)) {
			tcp_conn_reset(tcp, c, TERN_CLOSE_LINGER);
			return;
		}
		tcp_timer_wake(tcp, c, x->linger_tick);
	}
	if ((c->flags & CONN_KEEPALIVE) && c->state >= TCP_ESTABLISHED)
		keepalive_due(tcp, c, x);
}
