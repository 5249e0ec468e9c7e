/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * "fill": the peer sends full segments until the window that was announced is
 * used up and closed. How large a window is, when it moves and how many ACKs tell of it is each
 * host's own affair; that nothing in the window is refused, and that it closes, is checked.
 */

#include <stdio.h>

#include "core/seq.h"
#include "run.h"

#define SEGMENTS 2000u
#define ACK_NS UINT64_C(500000000)   /* a delayed ACK comes within (MUST-40) */

/* ACKs are taken off the queue; anything else is left for a line that expects it. */
static bool
pure_ack(const struct run *r, const struct packet *p)
{
	return p->kind == PACKET_TCP && flow_of(r, p) == r->now_flow && p->flags == FLAG_ACK && p->payload_length == 0;
}

static void
drop_acks(struct run *r)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < r->queued; i++)
		if (!pure_ack(r, &r->queue[i]))
			r->queue[kept++] = r->queue[i];
	r->queued = kept;
}

static bool
send_some(struct run *r, uint32_t length)
{
	struct flow *f = r->now_flow;
	uint32_t at = f->peer_next - f->isn;
	char text[64];
	struct words w;

	snprintf(text, sizeof(text), ". %u:%u", at, at + length);
	return words_split(&w, text) && segment_inject(r, &w, 0, false);
}

bool
fill_run(struct run *r)
{
	struct flow *f = r->now_flow;

	for (unsigned int n = 0; n < SEGMENTS; n++) {
		uint32_t room = f->host_edge - f->peer_next, most = options_mss(r, false);

		drop_acks(r);
		if (!f->peer_syn || !f->host_edge_known)
			return run_fail(r, "no window to fill");
		if (room == 0 && f->host_ack == f->peer_next)
			return true;
		if (room == 0) {
			struct packet p;

			if (!run_take(r, 0, r->now_ns + ACK_NS, pure_ack, &p))
				return false;
			continue;
		}
		if (!send_some(r, room < most ? room : most))
			return false;
	}
	return run_fail(r, "the window does not close");
}

uint32_t
fill_edge(const struct run *r)
{
	const struct flow *f = r->now_flow;

	return f != NULL ? f->host_edge - f->isn : 0;
}
