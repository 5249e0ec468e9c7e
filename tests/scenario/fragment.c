/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A packet of the peer's in pieces, as a router (IPv4) or the peer itself (IPv6) would cut it. */

#include <string.h>

#include "packet_bytes.h"
#include "run.h"

#define PIECES 64u

struct whole {
	uint8_t frame[PACKET_FRAME * 2];
	uint32_t l3, payload, length;     /* where IP and its payload begin, and the frame ends */
};

static void
put_v4(uint8_t *l3, uint16_t id, uint32_t offset, uint32_t length, bool more)
{
	put16(l3 + 2, (uint16_t)(20 + length));
	put16(l3 + 4, id);
	put16(l3 + 6, (uint16_t)((more ? 0x2000 : 0) | offset / 8));
	put16(l3 + 10, 0);
	put16(l3 + 10, (uint16_t)~ones_complement(0, l3, 20));
}

static void
put_v6(uint8_t *l3, uint8_t next, uint16_t id, uint32_t offset, uint32_t length, bool more)
{
	put16(l3 + 4, (uint16_t)(8 + length));
	l3[6] = 44;
	l3[40] = next;
	l3[41] = 0;
	put16(l3 + 42, (uint16_t)(offset | more));
	put32(l3 + 44, id);
}

static void
inject_piece(struct run *r, const struct whole *w, bool v4, uint16_t id, uint32_t offset, uint32_t length)
{
	uint8_t piece[PACKET_FRAME * 2];
	uint32_t headers = w->payload + (v4 ? 0 : 8), size = w->length - w->payload;
	bool more = offset + length < size;

	if (!more)
		length = size - offset;
	memcpy(piece, w->frame, w->payload);
	if (v4)
		put_v4(piece + w->l3, id, offset, length, more);
	else
		put_v6(piece + w->l3, w->frame[w->l3 + 6], id, offset, length, more);
	memcpy(piece + headers, w->frame + w->payload + offset, length);
	r->ops->inject(r->host, piece, headers + length);
}

void
fragment_inject(struct run *r, const struct packet *p)
{
	static struct whole w;
	static uint16_t id;
	uint32_t step = p->pieces.each & ~7u, n;

	w.length = packet_build(p, w.frame);
	w.l3 = p->vlan == PACKET_NO_VLAN ? 14 : 18;
	w.payload = w.l3 + (p->v4 ? 20 : 40);
	n = step == 0 ? 1 : (w.length - w.payload + step - 1) / step;
	id++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = p->pieces.reversed ? n - 1 - i : i;
		uint32_t offset = place * step, length = n == 1 ? w.length - w.payload : step;

		if (place + 1 == p->pieces.without)
			continue;
		if (place + 1 == p->pieces.overlapping) {
			offset -= 8;
			length += 8;
		}
		inject_piece(r, &w, p->v4, id, offset, length);
		if (place + 1 == p->pieces.twice)
			inject_piece(r, &w, p->v4, id, offset, length);
	}
}
