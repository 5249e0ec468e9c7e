/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What can be set on a connection, and what it tells of itself. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "stack/internal.h"

#define MAX_BUFFER (1u << 30)

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
set_limit(uint32_t *field, uint64_t value)
{
	if (value == 0 || value > MAX_BUFFER)
		return -EINVAL;
	*field = (uint32_t)value;
	return 0;
}

int
tern_set(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t value)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	struct tcp_extra *x;
	int error;

	if (c == NULL)
		return -EBADF;
	switch (option) {
	case TERN_OPT_NODELAY:
	case TERN_OPT_NOTIFY_SENT:
		if (value > 1)
			return -EINVAL;
		set_flag(c, option == TERN_OPT_NODELAY ? CONN_NODELAY : CONN_NOTIFY_SENT, value);
		if (option == TERN_OPT_NODELAY && c->state >= TCP_ESTABLISHED)
			tcp_conn_owe(&s->tcp, c);  /* what Nagle kept back may go */
		return 0;
	case TERN_OPT_USER_TIMEOUT:
		if (value > INT32_MAX)
			return -EINVAL;
		set_flag(c, CONN_OWN_TIMEOUT, value != 0);
		if (value == 0)
			return 0;
		x = tcp_extra_make(&s->tcp, c);
		if (x == NULL)
			return -ENOBUFS;
		x->user_timeout_ms = (uint32_t)value;
		return 0;
	case TERN_OPT_SNDBUF:
		error = set_limit(&c->sndbuf, value);
		tcp_conn_writable(&s->tcp, c);
		return error;
	case TERN_OPT_RCVBUF:
		/* the scale was announced: a larger window could not be told */
		if (value > (uint64_t)UINT16_MAX << c->rcv_wscale)
			return -EINVAL;
		error = set_limit(&c->rcvbuf, value);
		if (error == 0)
			tcp_read_room(&s->tcp, c);
		return error;
	case TERN_OPT_SNDLOWAT:
		if ((x = tcp_extra_make(&s->tcp, c)) == NULL)
			return -ENOBUFS;
		error = set_limit(&x->snd_lowat, value);
		tcp_conn_writable(&s->tcp, c);
		return error;
	case TERN_OPT_RCVLOWAT:
		if ((x = tcp_extra_make(&s->tcp, c)) == NULL)
			return -ENOBUFS;
		error = set_limit(&x->rcv_lowat, value);
		if (c->unread > 0 && c->unread >= x->rcv_lowat)
			tcp_conn_event(&s->tcp, c, TERN_READABLE);
		return error;
	case TERN_OPT_MSS:
		return -EINVAL;
	default:
		break;
	}
	return -ENOPROTOOPT;
}

int
tern_get(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t *value)
{
	const struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	if (c == NULL)
		return -EBADF;
	switch (option) {
	case TERN_OPT_NODELAY:
		*value = (c->flags & CONN_NODELAY) != 0;
		return 0;
	case TERN_OPT_NOTIFY_SENT:
		*value = (c->flags & CONN_NOTIFY_SENT) != 0;
		return 0;
	case TERN_OPT_USER_TIMEOUT:
		*value = tcp_user_timeout(&s->tcp, c);
		return 0;
	case TERN_OPT_SNDBUF:
		*value = c->sndbuf;
		return 0;
	case TERN_OPT_RCVBUF:
		*value = c->rcvbuf;
		return 0;
	case TERN_OPT_SNDLOWAT:
		*value = tcp_extra(&s->tcp, c)->snd_lowat;
		return 0;
	case TERN_OPT_RCVLOWAT:
		*value = tcp_extra(&s->tcp, c)->rcv_lowat;
		return 0;
	case TERN_OPT_MSS:
		*value = c->mss;
		return 0;
	default:
		break;
	}
	return -ENOPROTOOPT;
}

int
tern_info(struct tern_stack *s, tern_conn conn, struct tern_info *out)
{
	const struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	struct tern_info i = TERN_INFO_INIT;
	size_t size = RTE_MIN(out->size, sizeof(i));

	if (c == NULL)
		return -EBADF;
	ip_local_address(&s->ip, c->key.local, &i.local.addr);
	i.local.port = c->key.lport;
	memcpy(i.remote.addr.b, c->key.remote, sizeof(i.remote.addr.b));
	i.remote.port = c->key.rport;
	i.state = c->state;
	i.timestamps = (c->opt & CONN_TS) != 0;
	i.sack = (c->opt & CONN_SACK) != 0;
	i.wscale_on = (c->opt & CONN_WSCALE) != 0;
	i.fastopen = (c->opt & CONN_FASTOPEN) && (c->state >= TCP_ESTABLISHED || (c->flags & CONN_PASSIVE));
	i.snd_wscale = c->snd_wscale;
	i.rcv_wscale = c->rcv_wscale;
	i.in_recovery = (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)) != 0;
	i.mss = c->mss;
	i.srtt_us = c->srtt_us;
	i.rttvar_us = c->rttvar_us;
	i.rto_us = tcp_rto_backed_off(&s->tcp, c) * 1000;
	i.min_rtt_us = c->min_rtt_us;
	i.cwnd = c->cwnd;
	i.ssthresh = c->ssthresh;
	i.snd_wnd = c->snd_wnd;
	i.rcv_wnd = c->rcv_adv - c->rcv_nxt;
	i.unacked = c->snd_nxt - c->snd_una;
	i.unsent = c->flags & CONN_FIN_SENT ? 0 : c->snd_end - c->snd_nxt;
	i.unread = c->unread;
	i.retransmits = c->retransmits;
	i.backoff = c->backoff;
	memcpy(i.congestion, tcp_cc_at(c->cc)->name, strlen(tcp_cc_at(c->cc)->name) + 1);
	i.size = size;
	memcpy(out, &i, size);
	return 0;
}

const char *
tern_state_name(unsigned int state)
{
	static const char *const names[TCP_STATES] = {
		"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
		"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
	};

	return state < TCP_STATES ? names[state] : "unknown";
}
