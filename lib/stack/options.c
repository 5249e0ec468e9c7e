/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What can be set on a connection, and read back. */

#include <errno.h>

#include <rte_common.h>

#include "stack/internal.h"

#define MAX_BUFFER (1u << 30)
#define MIN_MSS 48u
#define MAX_DSCP 63u
#define DSCP_SHIFT 2
#define MAX_KEEP_MS 32767000u  /* Linux's bound, and so ticks never wrap */
#define MAX_KEEP_COUNT 127u
#define MIN_PACING_RATE 1000u   /* slower, and a retransmission would wait for longer than its timeout */

static void
set_flag(struct tcp_conn *c, uint32_t flag, bool on)
{
	c->flags = on ? c->flags | flag : c->flags & ~flag;
}

int
tern_set_user(struct tern_stack *s, tern_conn conn, void *user)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	if (c == NULL)
		return -EBADF;
	c->user = user;
	return 0;
}

void *
tern_get_user(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	return c == NULL ? NULL : c->user;
}

static int
set_number(uint32_t *field, uint64_t value, uint64_t low, uint64_t high)
{
	if (value < low || value > high)
		return -EINVAL;
	*field = (uint32_t)value;
	return 0;
}

static int
set_byte(uint8_t *field, uint64_t value, uint64_t low, uint64_t high)
{
	if (value < low || value > high)
		return -EINVAL;
	*field = (uint8_t)value;
	return 0;
}

static int
set_nodelay(struct tcp *tcp, struct tcp_conn *c, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	set_flag(c, CONN_NODELAY, value);
	if (value == 1)
		tcp_hold_push(tcp, c);
	if (c->state >= TCP_ESTABLISHED)
		tcp_conn_owe(tcp, c);  /* what Nagle kept back may go */
	return 0;
}

static int
set_user_timeout(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	if (value > INT32_MAX)
		return -EINVAL;
	set_flag(c, CONN_OWN_TIMEOUT, value != 0);
	if (value != 0)
		x->user_timeout_ms = (uint32_t)value;
	tcp_timer_limit(tcp, c);
	return 0;
}

static int
set_rcvbuf(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	int error;

	/* the scale was announced: a larger window could not be told */
	if (value > (uint64_t)UINT16_MAX << c->rcv_wscale)
		return -EINVAL;
	error = set_number(&c->rcvbuf, value, 1, MAX_BUFFER);
	if (error < 0)
		return error;
	x->rcvbuf_fixed = true;
	tcp_read_room(tcp, c);
	return 0;
}

static int
set_mss(struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	if (value < MIN_MSS || value > UINT16_MAX)
		return -EINVAL;
	x->mss_limit = (uint16_t)value;
	if (c->state >= TCP_ESTABLISHED)
		c->mss = RTE_MIN(c->mss, x->mss_limit);
	return 0;
}

static int
set_keepalive(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	if (value == 1 && !(c->flags & CONN_KEEPALIVE)) {
		x->heard = tcp->now;
		x->keep_probes = 0;
	}
	set_flag(c, CONN_KEEPALIVE, value);
	tcp_keepalive_wake(tcp, c);
	return 0;
}

static int
set_pacing(struct tcp *tcp, struct tcp_conn *c, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	if (c->state == TCP_CLOSED)
		return 0;  /* it sends no more, and what is made now would be nobody's */
	if (value == 1)
		return tcp_pacing_start(tcp, c);
	tcp_pacing_stop(tcp, c);
	return 0;
}

static int
set_max_pacing_rate(struct tcp *tcp, struct tcp_conn *c, uint64_t value)
{
	if (value != 0 && value < MIN_PACING_RATE)
		return -EINVAL;
	return c->state == TCP_CLOSED ? 0 : tcp_pacing_limit(tcp, c, value);
}

static int
set_linger(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	if (value > INT32_MAX && value != UINT32_MAX)
		return -EINVAL;
	x->linger_ms = (uint32_t)value;
	if ((c->flags & CONN_APP_CLOSED) && x->linger_ms != UINT32_MAX)
		tcp_linger(tcp, c);
	return 0;
}

static int
set_notsent_lowat(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, uint64_t value)
{
	if (value > UINT32_MAX)
		return -EINVAL;
	x->notsent_lowat = value != 0 ? (uint32_t)value : tcp->config.notsent_lowat;
	tcp_conn_writable(tcp, c);
	return 0;
}

/* Those that live in the extra record. */
static int
set_extra(struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x, enum tern_option_id option, uint64_t value)
{
	int error;

	switch (option) {
	case TERN_OPT_RCVBUF:
		return set_rcvbuf(tcp, c, x, value);
	case TERN_OPT_USER_TIMEOUT:
		return set_user_timeout(tcp, c, x, value);
	case TERN_OPT_SNDLOWAT:
		error = set_number(&x->snd_lowat, value, 1, MAX_BUFFER);
		tcp_conn_writable(tcp, c);
		return error;
	case TERN_OPT_RCVLOWAT:
		error = set_number(&x->rcv_lowat, value, 1, MAX_BUFFER);
		if (c->unread > 0 && c->unread >= x->rcv_lowat)
			tcp_conn_event(tcp, c, TERN_READABLE);
		return error;
	case TERN_OPT_NOTSENT_LOWAT:
		return set_notsent_lowat(tcp, c, x, value);
	case TERN_OPT_MSS:
		return set_mss(c, x, value);
	case TERN_OPT_DSCP:
		if (value > MAX_DSCP)
			return -EINVAL;
		x->tos = (uint8_t)(value << DSCP_SHIFT);
		c->opt |= CONN_DRESSED;
		return 0;
	case TERN_OPT_TTL:
		c->opt |= CONN_DRESSED;
		return set_byte(&x->ttl, value, 1, UINT8_MAX);
	case TERN_OPT_DF:
		if (value > 1)
			return -EINVAL;
		x->may_fragment = !value;
		c->opt |= CONN_DRESSED;
		return 0;
	case TERN_OPT_R1:
		return set_byte(&x->r1, value, 0, UINT8_MAX);
	case TERN_OPT_KEEPALIVE:
		return set_keepalive(tcp, c, x, value);
	case TERN_OPT_KEEPIDLE:
		error = set_number(&x->keep_idle_ms, value, 1, MAX_KEEP_MS);
		tcp_keepalive_wake(tcp, c);
		return error;
	case TERN_OPT_KEEPINTVL:
		error = set_number(&x->keep_interval_ms, value, 1, MAX_KEEP_MS);
		tcp_keepalive_wake(tcp, c);
		return error;
	case TERN_OPT_KEEPCNT:
		return set_byte(&x->keep_count, value, 1, MAX_KEEP_COUNT);
	case TERN_OPT_LINGER:
		return set_linger(tcp, c, x, value);
	case TERN_OPT_TELL_ERRORS:
		if (value > 1)
			return -EINVAL;
		x->tell_errors = value;
		return 0;
	case TERN_OPT_ACCOUNT:
		if (value > 1)
			return -EINVAL;
		tcp_account(tcp, c, value);
		return 0;
	case TERN_OPT_NODELAY:
	case TERN_OPT_NOTIFY_SENT:
	case TERN_OPT_SNDBUF:
	case TERN_OPT_ERROR:
	case TERN_OPT_RECEIVED_TOS:
	case TERN_OPT_CONGESTION:
	case TERN_OPT_PACING:
	case TERN_OPT_CORK:
	case TERN_OPT_EOR:
	case TERN_OPT_QUICKACK:
	case TERN_OPT_HANDSHAKE_TIMEOUT:
	case TERN_OPT_MAX_PACING_RATE:
	case TERN_OPT_MORE:
		break;
	}
	return -ENOPROTOOPT;
}

static int
set_eor(struct tcp *tcp, struct tcp_conn *c, uint64_t value)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (value != 1)
		return -EINVAL;
	if (x == NULL)
		return -ENOBUFS;
	x->has_eor |= tcp_queue_end_record(tcp, c);
	c->opt |= CONN_DRESSED;
	return 0;
}

static int
set_quickack(struct tcp *tcp, struct tcp_conn *c, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	return tcp_quick_set(tcp, c, value);
}

static int
set_handshake(struct tcp_conn *c, uint64_t ms)
{
	/* its place is the window tuning's once the handshake is through */
	return c->state != TCP_SYN_SENT ? -EINVAL : set_number(&c->handshake_ms, ms, 1, INT32_MAX);
}

int
tern_set(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t value)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	struct tcp_extra *x;
	int error;

	if (c == NULL)
		return -EBADF;
	switch ((unsigned int)option) {
	case TERN_OPT_NODELAY:
		return set_nodelay(&s->tcp, c, value);
	case TERN_OPT_NOTIFY_SENT:
		if (value > 1)
			return -EINVAL;
		set_flag(c, CONN_NOTIFY_SENT, value);
		return 0;
	case TERN_OPT_SNDBUF:
		error = set_number(&c->sndbuf, value, 1, MAX_BUFFER);
		tcp_conn_writable(&s->tcp, c);
		return error;
	case TERN_OPT_CONGESTION:
		return tcp_cc_change(&s->tcp, c, value);
	case TERN_OPT_PACING:
		return set_pacing(&s->tcp, c, value);
	case TERN_OPT_MAX_PACING_RATE:
		return set_max_pacing_rate(&s->tcp, c, value);
	case TERN_OPT_HANDSHAKE_TIMEOUT:
		return set_handshake(c, value);
	case TERN_OPT_CORK:
		return value > 1 ? -EINVAL : tcp_hold_cork(&s->tcp, c, value);
	case TERN_OPT_MORE:
		return value > 1 ? -EINVAL : tcp_hold_more(&s->tcp, c, value);
	case TERN_OPT_EOR:
		return set_eor(&s->tcp, c, value);
	case TERN_OPT_QUICKACK:
		return set_quickack(&s->tcp, c, value);
	case TERN_OPT_ERROR:
	case TERN_OPT_RECEIVED_TOS:
		return -ENOPROTOOPT;  /* told by the peer and the network, not by the user */
	}
	if ((unsigned int)option > TERN_OPT_DF)
		return -ENOPROTOOPT;
	x = tcp_extra_make(&s->tcp, c);
	return x == NULL ? -ENOBUFS : set_extra(&s->tcp, c, x, option, value);
}

/* MUST-47: the last one, once. */
static int
take_error(struct tcp *tcp, struct tcp_conn *c, uint64_t *value)
{
	*value = tcp_extra(tcp, c)->soft_error;
	if (*value != 0)
		tcp_extra_at(tcp, c->extra)->soft_error = 0;
	return 0;
}

static int
received_tos(struct tcp *tcp, struct tcp_conn *c, uint64_t *value)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return -ENOBUFS;
	c->flags |= CONN_NOTE_TOS;
	*value = x->received_tos;
	return 0;
}

static int
get(struct tcp *tcp, struct tcp_conn *c, enum tern_option_id option, uint64_t *value)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);

	switch (option) {
	case TERN_OPT_NODELAY: *value = (c->flags & CONN_NODELAY) != 0; return 0;
	case TERN_OPT_NOTIFY_SENT: *value = (c->flags & CONN_NOTIFY_SENT) != 0; return 0;
	case TERN_OPT_USER_TIMEOUT: *value = tcp_user_timeout(tcp, c); return 0;
	case TERN_OPT_SNDBUF: *value = c->sndbuf; return 0;
	case TERN_OPT_RCVBUF: *value = c->rcvbuf; return 0;
	case TERN_OPT_SNDLOWAT: *value = x->snd_lowat; return 0;
	case TERN_OPT_RCVLOWAT: *value = x->rcv_lowat; return 0;
	case TERN_OPT_MSS: *value = c->mss; return 0;
	case TERN_OPT_DSCP: *value = x->tos >> DSCP_SHIFT; return 0;
	case TERN_OPT_TTL: *value = x->ttl; return 0;
	case TERN_OPT_R1: *value = tcp_r1(tcp, c); return 0;
	case TERN_OPT_KEEPALIVE: *value = (c->flags & CONN_KEEPALIVE) != 0; return 0;
	case TERN_OPT_KEEPIDLE: *value = x->keep_idle_ms; return 0;
	case TERN_OPT_KEEPINTVL: *value = x->keep_interval_ms; return 0;
	case TERN_OPT_KEEPCNT: *value = x->keep_count; return 0;
	case TERN_OPT_LINGER: *value = x->linger_ms; return 0;
	case TERN_OPT_ERROR: return take_error(tcp, c, value);
	case TERN_OPT_TELL_ERRORS: *value = x->tell_errors; return 0;
	case TERN_OPT_RECEIVED_TOS: return received_tos(tcp, c, value);
	case TERN_OPT_ACCOUNT: *value = (c->flags & CONN_ACCOUNT) != 0; return 0;
	case TERN_OPT_CONGESTION: *value = c->cc; return 0;
	case TERN_OPT_PACING: *value = tcp_pacing_is_on(tcp, c); return 0;
	case TERN_OPT_CORK: *value = x->corked; return 0;
	case TERN_OPT_NOTSENT_LOWAT: *value = x->notsent_lowat; return 0;
	case TERN_OPT_DF: *value = !x->may_fragment; return 0;
	case TERN_OPT_QUICKACK: *value = tcp_is_quick(tcp, c); return 0;
	case TERN_OPT_MORE:
	case TERN_OPT_EOR:
	case TERN_OPT_HANDSHAKE_TIMEOUT: return -ENOPROTOOPT;
	case TERN_OPT_MAX_PACING_RATE: *value = tcp_pacing_max(tcp, c); return 0;
	}
	return -ENOPROTOOPT;
}

int
tern_get(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t *value)
{
	struct tcp_conn *c = conn == 0 ? tcp_conn_at(&s->tcp, 0) : tcp_conn_get(&s->tcp, conn);

	/* where index 0 would be stands what every block begins as */
	if (conn == 0 && (option == TERN_OPT_ERROR || option == TERN_OPT_RECEIVED_TOS))
		return -EBADF;
	return c == NULL ? -EBADF : get(&s->tcp, c, option, value);
}
