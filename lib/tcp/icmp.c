/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Errors that the network reports (RFC 9293, 3.9.2.2: MUST-54). Who reports is
 * not known, so an error counts only when it quotes what is in flight (RFC
 * 5927, 4.1), and ends no connection that has once been open: there even the
 * hard ones are taken as soft (RFC 5461, 4.1; SHLD-26 as nearly everybody reads it).
 *
 * What is not yet open ends by the hard ones, and with config.errors_end_opens by all: RFC 5461, 4.1, tells why
 * Linux does that, and MUST-56 of RFC 9293 why others do not.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

static bool
is_in_flight(const struct tcp_conn *c, uint32_t seq)
{
	return seq_geq(seq, c->snd_una) && seq_lt(seq, c->snd_nxt);
}

/* MUST-47, MUST-56, SHLD-25: it is kept and told, and changes nothing. */
static void
note_error(struct tcp *tcp, struct tcp_conn *c, uint8_t error)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	x->soft_error = error;
	x->path_failed = true;
	x->path_failed_tick = tcp->now;
	if (x->tell_errors)
		tcp_conn_event(tcp, c, TERN_ERROR);
}

/* Fast Open's, accepted while its handshake goes on: to whom it was given it is open. */
static bool
is_somebodys(const struct tcp_conn *c)
{
	return (c->flags & CONN_PASSIVE) && !(c->flags & CONN_BACKLOG);
}

static int
conn_error(struct tcp *tcp, struct tcp_conn *c, const struct icmp_error *e)
{
	bool opening = c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED;

	if (!is_in_flight(c, e->seq))
		return -TERN_DROP_ICMP_SEQUENCE;
	tcp->stats->icmp_errors++;
	if (e->meaning == ICMP_TOO_BIG)
		return tcp_too_big(tcp, c, e);
	if (opening && e->meaning == ICMP_HARD_PORT) {
		tcp_conn_finish(tcp, c, TERN_CLOSE_REFUSED);
	} else if (opening && e->meaning == ICMP_HARD) {
		tcp_conn_finish(tcp, c, TERN_CLOSE_NETWORK);
	} else {
		note_error(tcp, c, e->error);
		if (opening && tcp->config.errors_end_opens && !is_somebodys(c))
			tcp_conn_finish(tcp, c, TERN_CLOSE_NETWORK);
	}
	return 0;
}

/* Of the SYN-ACK: a hard one gives the record up, nobody has to be told; a soft one is left to the retransmissions. */
static int
half_open_error(struct tcp *tcp, uint32_t index, const struct icmp_error *e)
{
	const struct tcp_half_open *h = tcp_half_at(tcp, index);
	uint16_t mtu;

	if (e->seq != h->iss)
		return -TERN_DROP_ICMP_SEQUENCE;
	tcp->stats->icmp_errors++;
	if (e->meaning == ICMP_TOO_BIG)
		return tcp_mtu_learn(tcp, e, h->opt & CONN_V4, &mtu);
	if (e->meaning == ICMP_HARD || e->meaning == ICMP_HARD_PORT || tcp->config.errors_end_opens)
		tcp_half_open_drop(tcp, index);
	return 0;
}

int
tcp_icmp_error(struct tcp *tcp, const struct icmp_error *e, const struct flow_key *key)
{
	flow_ref ref = flow_find(&tcp->table, tcp_hash(tcp, key), key);

	switch (flow_ref_kind(ref)) {
	case FLOW_OPEN:
		return conn_error(tcp, tcp_conn_at(tcp, flow_ref_index(ref)), e);
	case FLOW_HALF_OPEN:
		return half_open_error(tcp, flow_ref_index(ref), e);
	case FLOW_TIME_WAIT:
		return -TERN_DROP_ICMP_SEQUENCE;  /* all that was sent has been acknowledged */
	default:
		return -TERN_DROP_ICMP_NO_CONN;
	}
}

enum tern_close_reason
tcp_timeout_reason(const struct tcp *tcp, const struct tcp_conn *c, enum tern_close_reason reason)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);

	return x->path_failed && seq_geq(x->path_failed_tick, c->unanswered) ? TERN_CLOSE_NETWORK : reason;
}

uint16_t
tcp_network_error(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (c->reason != TERN_CLOSE_NETWORK && c->reason != TERN_CLOSE_USER_TIMEOUT)
		return 0;
	return tcp_timeout_reason(tcp, c, TERN_CLOSE_NONE) == TERN_CLOSE_NETWORK ? tcp_extra(tcp, c)->soft_error : 0;
}
