/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Bodies of the public API that need nothing but a stack: opens, data, closes. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include <tern/mbuf.h>

#include "stack/internal.h"

int
tern_listen(struct tern_stack *s, const struct tern_listen_options *options, tern_listener *out)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	memcpy(&o, options, RTE_MIN(options->size, sizeof(o)));
	return tcp_listen(&s->tcp, &o, out);
}

int
tern_unlisten(struct tern_stack *s, tern_listener listener)
{
	return tcp_unlisten(&s->tcp, listener);
}

int
tern_listen_backlog(struct tern_stack *s, tern_listener listener, uint32_t backlog)
{
	return tcp_listen_backlog(&s->tcp, listener, backlog);
}

int
tern_taken(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	if (c == NULL)
		return -EBADF;
	tcp_conn_unbacklog(&s->tcp, c);
	return 0;
}

int
tern_remote(struct tern_stack *s, tern_conn conn, struct tern_endpoint *remote)
{
	const struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	if (c == NULL)
		return -EBADF;
	memcpy(remote->addr.b, c->key.remote, sizeof(remote->addr.b));
	remote->port = c->key.rport;
	return 0;
}

int
tern_connect(struct tern_stack *s, const struct tern_connect_options *options, tern_conn *out)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;

	if (likely(options->size == sizeof(o)))
		return tcp_connect(&s->tcp, options, out);
	memcpy(&o, options, RTE_MIN(options->size, sizeof(o)));
	return tcp_connect(&s->tcp, &o, out);
}

int
tern_send_syn(struct tern_stack *s, const struct tern_endpoint *target, bool silent)
{
	return tcp_send_syn(&s->tcp, target, silent);
}

bool
tern_fastopen_enabled(const struct tern_stack *s)
{
	return s->tcp.config.fastopen;
}

size_t
tern_fastopen_room(struct tern_stack *s, const struct tern_connect_options *options)
{
	return tcp_fastopen_room(&s->tcp, &options->target, &options->source);
}

int
tern_listen_fastopen(struct tern_stack *s, tern_listener listener, uint32_t most)
{
	return tcp_listen_fastopen(&s->tcp, listener, most);
}

int
tern_listen_mss(struct tern_stack *s, tern_listener listener, uint16_t mss)
{
	return tcp_listen_mss(&s->tcp, listener, mss);
}

/* ---- sending */

/* May it be sent on? 0, or why not. */
static int
sendable(const struct tcp_conn *c)
{
	if (c == NULL)
		return -EBADF;
	if (c->flags & (CONN_SEND_SHUT | CONN_APP_CLOSED))
		return -EPIPE;
	if (c->state == TCP_CLOSED)
		return c->reason == TERN_CLOSE_NORMAL ? -EPIPE : -ECONNRESET;
	return 0;
}

/* What was accepted is owed; where something was refused, WRITABLE is due. `least`: what would have been taken at once. */
static ssize_t
accepted(struct tern_stack *s, struct tcp_conn *c, ssize_t taken, size_t offered, size_t least)
{
	if (taken > 0 && c->state >= TCP_SYN_RECEIVED)
		tcp_conn_owe(&s->tcp, c);
	if (taken == (ssize_t)offered)
		return taken;
	c->flags |= CONN_WANT_WRITE;
	if (unlikely(tcp_has_notsent(&s->tcp, c) && !tcp_notsent_is_low(&s->tcp, c))) {
		c->opt |= CONN_DRESSED;  /* it leaves with output, which is to look */
		return taken > 0 ? taken : -EAGAIN;
	}
	/* the buffer had room, so memory is short, of which no ACK may ever tell: who holds it will give it back */
	if (c->snd_end - c->snd_una + least <= c->sndbuf)
		s->tcp.starved = true;
	return taken > 0 ? taken : -EAGAIN;
}

ssize_t
tern_send(struct tern_stack *s, tern_conn conn, const void *data, size_t length)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int error = sendable(c);

	if (error < 0 || length == 0)
		return error;
	return accepted(s, c, tcp_queue_copy(&s->tcp, c, data, length), length, 1);
}

/* What is taken as a whole or not at all is taken as long as less waits unsent than may (TERN_OPT_NOTSENT_LOWAT). */
static inline bool
notsent_holds(const struct tern_stack *s, const struct tcp_conn *c)
{
	return unlikely(tcp_has_notsent(&s->tcp, c)) && tcp_notsent_room(&s->tcp, c, UINT32_MAX) == 0;
}

int
tern_writable(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int error = sendable(c);

	if (error < 0)
		return error;
	if (tcp_queue_room(&s->tcp, c) > 0 && !(tcp_has_notsent(&s->tcp, c) && !tcp_notsent_is_low(&s->tcp, c)))
		return 1;
	accepted(s, c, 0, 1, 1);
	return 0;
}

ssize_t
tern_send_ref(struct tern_stack *s, tern_conn conn, const void *data, size_t length, uint64_t cookie)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int error = sendable(c);
	ssize_t n;

	if (error < 0)
		return error;
	n = notsent_holds(s, c) ? -EAGAIN : tcp_queue_ref(&s->tcp, c, data, length, cookie);
	return n < 0 && n != -EAGAIN ? n : accepted(s, c, n, length, length);
}

ssize_t
tern_send_mbuf(struct tern_stack *s, tern_conn conn, struct rte_mbuf *m)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	uint32_t length = m->pkt_len;
	int error = sendable(c);
	ssize_t n;

	if (error < 0)
		return error;
	n = notsent_holds(s, c) ? -EAGAIN : tcp_queue_mbuf(&s->tcp, c, m);
	return n < 0 && n != -EAGAIN ? n : accepted(s, c, n, length, length);
}

ssize_t
tern_send_urgent(struct tern_stack *s, tern_conn conn, const void *data, size_t length)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int error = sendable(c);
	ssize_t n;

	if (error < 0 || length == 0)
		return error;
	n = tcp_queue_urgent(&s->tcp, c, data, length);
	return n < 0 && n != -EAGAIN ? n : accepted(s, c, n, length, length);
}

/* ---- receiving */

/* Is there anything to read? 1 yes, 0 the end, or an error. */
static int
readable(const struct tcp_conn *c)
{
	if (c == NULL)
		return -EBADF;
	if (c->unread > 0)
		return 1;
	if (c->state == TCP_CLOSED && c->reason != TERN_CLOSE_NORMAL)
		return -ECONNRESET;
	return (c->flags & CONN_FIN_RECEIVED) || c->state == TCP_CLOSED ? 0 : -EAGAIN;
}

static ssize_t
read_some(struct tern_stack *s, tern_conn conn, void *data, size_t length, bool take)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int state = readable(c);

	return state <= 0 ? state : tcp_read(&s->tcp, c, data, length, take);
}

ssize_t
tern_recv(struct tern_stack *s, tern_conn conn, void *data, size_t length)
{
	return read_some(s, conn, data, length, true);
}

ssize_t
tern_peek(struct tern_stack *s, tern_conn conn, void *data, size_t length)
{
	return read_some(s, conn, data, length, false);
}

ssize_t
tern_discard(struct tern_stack *s, tern_conn conn, size_t length)
{
	return read_some(s, conn, NULL, length, true);
}

ssize_t
tern_recv_mbuf(struct tern_stack *s, tern_conn conn, struct rte_mbuf **m)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);
	int state = readable(c);

	if (state <= 0)
		return state;
	if (s->tcp.pool_low)
		return -ENOBUFS;  /* held mbufs must not starve the ACKs: tern_recv() copies */
	*m = tcp_read_mbuf(&s->tcp, c);
	return (*m)->data_len;
}

int
tern_urgent(struct tern_stack *s, tern_conn conn, uint32_t *ahead)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	*ahead = c == NULL ? 0 : tcp_urgent_ahead(&s->tcp, c);
	return c == NULL ? -EBADF : *ahead > 0;
}

/* ---- closing */

int
tern_shutdown(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	return c == NULL ? -EBADF : tcp_shutdown(&s->tcp, c);
}

int
tern_close(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	return c == NULL ? -EBADF : tcp_close(&s->tcp, c);
}

int
tern_abort(struct tern_stack *s, tern_conn conn)
{
	struct tcp_conn *c = tcp_conn_get(&s->tcp, conn);

	return c == NULL ? -EBADF : tcp_abort(&s->tcp, c);
}

/* ---- the turn's rest */

void
tern_flush(struct tern_stack *s)
{
	stack_flush(s, s->tcp.now_ns);
}

void
tern_prefetch(const struct tern_stack *s, tern_conn conn)
{
	uint32_t index = (uint32_t)conn;
	const uint8_t *block = slab_at(&s->tcp.conns, index);

	if (!slab_valid(&s->tcp.conns, index))
		return;
	for (size_t line = 0; line < sizeof(struct tcp_conn); line += RTE_CACHE_LINE_SIZE)
		rte_prefetch0(block + line);
}

uint64_t
tern_now(const struct tern_stack *s)
{
	return s->tcp.now_ns;
}

int
tern_ready(struct tern_stack *s, const struct tern_addr *target)
{
	uint32_t local = ip_source_for(&s->ip, target);
	ip_nexthop hop = local == 0 ? 0 : ip_route(&s->ip, local, target);
	struct ip_neighbour *n;

	if (ip_is_local(&s->ip, target))
		return -EINVAL;
	if (hop == 0)
		return -ENETUNREACH;
	n = ip_nexthop_get(&s->ip, hop);
	if (s->link->is_up != NULL && !s->link->is_up(s->link))
		return -ENETDOWN;
	if (ip_neighbour_usable(n))
		return 0;
	if (n->state == NEIGHBOUR_FAILED)
		return -EHOSTUNREACH;
	ip_solicit(&s->ip, n, s->tcp.now_ns);
	return -EAGAIN;
}

int
tern_stack_address(const struct tern_stack *s, bool v4, struct tern_addr *addr)
{
	const struct ip_config *cfg = &s->ip.config;

	for (unsigned int i = 0; i < cfg->locals; i++) {
		if (cfg->local[i].pool || tern_addr_is_v4(&cfg->local[i].first) != v4)
			continue;
		*addr = cfg->local[i].first;
		return 0;
	}
	return -EADDRNOTAVAIL;
}

void
tern_stats(const struct tern_stack *s, struct tern_stats *stats)
{
	size_t size = RTE_MIN((size_t)stats->size, sizeof(s->stats));

	memcpy(stats, &s->stats, size);
	stats->size = size;
}
