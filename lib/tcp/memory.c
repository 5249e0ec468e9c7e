/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * When memory was short and is not any more: whose window was closed tells the
 * peer, whose send was refused is told that there is room, and what could not be
 * cut into segments is tried again. None of them may have anything outstanding
 * whose answer would bring them back.
 */

#include "tcp/tcp.h"

#define RELIEF_BATCH 256u   /* blocks a turn */

static void
relieve(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->live != BLOCK_LIVE || c->state < TCP_SYN_SENT)
		return;
	tcp_conn_writable(tcp, c);
	if (c->state < TCP_ESTABLISHED)
		return;
	tcp_read_room(tcp, c);
	if (c->snd_end != c->snd_nxt)
		tcp_conn_owe(tcp, c);
}

/* Not twice in a tick: who is refused again, for another reason, shall not keep the core busy. */
static bool
is_time(const struct tcp *tcp)
{
	return (tcp->starved || tcp->windows_shut) && !tcp->pool_low && !tcp_records_low(tcp) &&
	       tcp->relief_tick != tcp->now;
}

void
tcp_relieve(struct tcp *tcp)
{
	if (tcp->relief_next == 0) {
		if (!is_time(tcp))
			return;
		tcp->starved = tcp->windows_shut = false;
		tcp->relief_tick = tcp->now;
		tcp->relief_next = 1;
	}
	for (uint32_t i = 0; i < RELIEF_BATCH; i++) {
		if (!slab_valid(&tcp->conns, tcp->relief_next)) {
			tcp->relief_next = 0;
			return;
		}
		relieve(tcp, tcp_conn_at(tcp, tcp->relief_next++));
	}
}
