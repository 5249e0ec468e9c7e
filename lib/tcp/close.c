/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The CLOSE and ABORT calls (RFC 9293, 3.10.4 and 3.10.5), and half of CLOSE. */

#include <errno.h>

#include <rte_branch_prediction.h>

#include "tcp/tcp.h"

static void
queue_fin(struct tcp *tcp, struct tcp_conn *c, enum tcp_state next)
{
	c->state = (uint8_t)next;
	c->flags |= CONN_FIN_QUEUED | CONN_SEND_SHUT;
	tcp_conn_owe(tcp, c);
}

int
tcp_shutdown(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_SEND_SHUT)
		return 0;
	switch (c->state) {
	case TCP_SYN_SENT:
		return -ENOTCONN;
	case TCP_SYN_RECEIVED:
		queue_fin(tcp, c, TCP_SYN_RECEIVED);  /* until it is acknowledged */
		return 0;
	case TCP_ESTABLISHED:
		queue_fin(tcp, c, TCP_FIN_WAIT_1);
		return 0;
	case TCP_CLOSE_WAIT:
		queue_fin(tcp, c, TCP_LAST_ACK);
		return 0;
	default:
		return 0;
	}
}

int
tcp_close(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_APP_CLOSED)
		return 0;
	c->flags |= CONN_APP_CLOSED;
	if (c->state == TCP_CLOSED) {
		/* the protocol was through before the reader */
		tcp_receive_free(tcp, c);
		tcp_conn_drained(tcp, c);
		return 0;
	}
	if (c->state == TCP_SYN_SENT) {
		tcp_conn_finish(tcp, c, TERN_CLOSE_ABORTED);
		return 0;
	}
	if (unlikely(c->extra != 0) && tcp_extra(tcp, c)->linger_ms == 0) {
		tcp_conn_reset(tcp, c, TERN_CLOSE_ABORTED);  /* asked for with TERN_OPT_LINGER */
		return 0;
	}
	if (c->unread > 0) {
		/* RFC 9293, 3.6.1 (SHLD-3): the peer must learn that its data was lost */
		tcp_conn_reset(tcp, c, TERN_CLOSE_UNREAD_DATA);
		return 0;
	}
	tcp_shutdown(tcp, c);
	if (c->state == TCP_FIN_WAIT_2)
		tcp_watch_fin_wait_2(tcp, c);
	else if (unlikely(c->extra != 0) && tcp_extra(tcp, c)->linger_ms != UINT32_MAX)
		tcp_linger(tcp, c);
	return 0;
}

int
tcp_abort(struct tcp *tcp, struct tcp_conn *c)
{
	c->flags |= CONN_APP_CLOSED;
	switch (c->state) {
	case TCP_CLOSED:
		tcp_receive_free(tcp, c);
		tcp_conn_drained(tcp, c);
		return 0;
	case TCP_SYN_SENT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		tcp_conn_finish(tcp, c, TERN_CLOSE_ABORTED);  /* nothing to reset, says 3.10.5 */
		return 0;
	default:
		tcp_conn_reset(tcp, c, TERN_CLOSE_ABORTED);
		return 0;
	}
}
