/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "ip/fragment.h"

#include <errno.h>
#include <string.h>

#include "ip/fragment_table.h"
#include "ip/internal.h"
#include "wire/bytes.h"

#define LOOK_NS UINT64_C(1000000000)
#define MAX_PACKET 65535u
#define TINY 20u                             /* a first piece holds the TCP header (RFC 1858, RFC 3128, RFC 7112) */

enum { IPV4_MORE = 0x2000, IPV4_OFFSET = 0x1fff, IPV6_MORE = 1, IPV6_OFFSET = 0xfff8 };
#define FRAGMENT_HEADER 8u
#define NEXT_FRAGMENT 44u

int
fragments_init(struct fragments *t, const struct rte_mempool *pool, int node)
{
	*t = (struct fragments){ .table = fragment_table_new(node), .most = pool->size / 16, .next_ns = UINT64_MAX };
	return t->table == NULL ? -ENOMEM : 0;
}

void
fragments_free(struct fragments *t)
{
	if (t->table != NULL)
		fragment_table_free(t->table);
}

struct piece {
	uint32_t offset, length;      /* of the packet behind its unfragmentable part */
	bool more;
	uint8_t protocol;
};

static int
read_piece(struct piece *piece, const struct rte_mbuf *m, const struct frame *f)
{
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l3_offset);
	uint16_t field;

	if (f->v4) {
		field = get_be16(l3 + 6);
		*piece = (struct piece){ (field & IPV4_OFFSET) * 8u, f->l4_length, field & IPV4_MORE, f->protocol };
		return 0;
	}
	if (f->l4_length < FRAGMENT_HEADER || (uint32_t)m->data_len - f->l4_offset < FRAGMENT_HEADER)
		return -TERN_DROP_IP_HEADER;
	l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset);
	field = get_be16(l3 + 2);
	*piece = (struct piece){ field & IPV6_OFFSET, f->l4_length - FRAGMENT_HEADER, field & IPV6_MORE, l3[0] };
	return 0;
}

/* RFC 1122, 3.3.2; RFC 8200, 4.5: the sender is told when the first piece is there; takes m over */
static void
tell_timeout(struct ip *ip, struct rte_mbuf *m, uint64_t now_ns)
{
	struct piece piece;
	struct frame f;

	if (frame_parse(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, true) == -TERN_DROP_IP_FRAGMENT &&
	    read_piece(&piece, m, &f) == 0 && piece.offset == 0)
		ip_reassembly_timed_out(ip, m, &f, now_ns);
	else
		mbuf_free(m);
}

/* What the table gave up because it has waited too long */
static void
bury_timed_out(struct ip *ip, struct fragments *t, uint64_t now_ns)
{
	uint32_t n;
	struct rte_mbuf **dead = fragment_table_dead(t->table, &n);

	for (uint32_t i = 0; i < n; i++) {
		t->held -= dead[i]->nb_segs;
		ip->drops[TERN_DROP_IP_FRAGMENT_TIMEOUT]++;
		tell_timeout(ip, dead[i], now_ns);
	}
}

/* m came now, and did not fit to its others; or there was no place for it. @return -TERN_DROP_x of m, 0 when it waits */
static int
bury_misfits(struct ip *ip, struct fragments *t, const struct rte_mbuf *m)
{
	uint32_t n, others = 0;
	struct rte_mbuf **dead = fragment_table_dead(t->table, &n);
	bool among = false;

	for (uint32_t i = 0; i < n; i++)
		among |= dead[i] == m;
	if (!among)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (dead[i] != m) {
			t->held -= dead[i]->nb_segs;
			ip->drops[TERN_DROP_IP_FRAGMENT_BAD]++;
			others++;
		}
		mbuf_free(dead[i]);
	}
	return others == 0 ? -TERN_DROP_IP_FRAGMENT_FULL : -TERN_DROP_IP_FRAGMENT_BAD;
}

/* Extension headers of every piece were looked at; the library wants the fragment header first. */
static void
strip_extensions(struct rte_mbuf *m, const struct frame *f)
{
	uint32_t extra = f->l4_offset - f->l3_offset - IPV6_HEADER;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *), *ip = p + f->l3_offset;

	if (extra == 0)
		return;
	ip[6] = NEXT_FRAGMENT;
	put_be16(ip + 4, (uint16_t)(get_be16(ip + 4) - extra));
	memmove(p + extra, p, f->l3_offset + IPV6_HEADER);
	rte_pktmbuf_adj(m, (uint16_t)extra);
}

static bool
is_sane(const struct piece *piece, const struct rte_mbuf *m, const struct frame *f)
{
	uint32_t headers = f->l4_offset - f->l3_offset + (f->v4 ? 0 : FRAGMENT_HEADER);

	if (piece->length == 0 || (piece->more && piece->length % 8 != 0))
		return false;
	if (headers + piece->offset + piece->length > MAX_PACKET)
		return false;
	if (piece->protocol != IP_PROTO_TCP)
		return true;
	/* a second piece within the header could rewrite it, a header in two pieces could not be read */
	if (piece->offset == 0)
		return piece->length >= TINY &&
		       (uint32_t)m->data_len - f->l4_offset >= TINY + (f->v4 ? 0 : FRAGMENT_HEADER);
	return piece->offset >= TINY;
}

/* One that is ours alone to write; takes m over. NULL without memory */
static struct rte_mbuf *
writable(struct ip *ip, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)
		return m;
	copy = rte_pktmbuf_copy(m, ip->pool, 0, UINT32_MAX);
	mbuf_free(m);
	mbuf_received(copy);
	return copy;
}

/* The library leaves IPv4's checksum zero, and what devices said of the first piece. */
static void
finish(struct rte_mbuf *m, const struct frame *f)
{
	uint8_t *l3 = rte_pktmbuf_mtod_offset(m, uint8_t *, f->l3_offset);

	m->ol_flags = 0;
	m->packet_type = 0;
	m->tx_offload = 0;
	if (f->v4) {
		uint16_t checksum;

		put_be16(l3 + 6, 0);
		put_be16(l3 + 10, 0);
		checksum = checksum_fold(checksum_add(0, l3, (l3[0] & 0xfu) * 4));
		memcpy(l3 + 10, &checksum, sizeof(checksum));
	}
	/* a header with its options is read in one stretch; where that is more than fits, the parser refuses it */
	if (m->data_len < f->l4_offset + TCP_HEADER + TCP_MAX_OPTIONS && m->pkt_len - m->data_len <= rte_pktmbuf_tailroom(m))
		rte_pktmbuf_linearize(m);
}

int
ip_reassemble(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns, struct rte_mbuf **whole)
{
	struct fragments *t = &ip->fragments;
	struct piece piece;
	uint32_t segments;
	int error = read_piece(&piece, m, f);

	if (error == 0 && !is_sane(&piece, m, f))
		error = -TERN_DROP_IP_FRAGMENT_BAD;
	if (error == 0 && t->held + m->nb_segs > t->most)
		error = -TERN_DROP_IP_FRAGMENT_FULL;
	if (error < 0) {
		mbuf_free(m);
		return error;
	}
	m = writable(ip, m);
	if (m == NULL)
		return -TERN_DROP_IP_FRAGMENT_FULL;
	if (!f->v4)
		strip_extensions(m, f);
	m->l2_len = f->l3_offset;
	m->l3_len = (f->v4 ? (uint32_t)(f->l4_offset - f->l3_offset) : IPV6_HEADER + FRAGMENT_HEADER) & 0x1ff;
	segments = m->nb_segs;
	*whole = fragment_table_add(t->table, m, f->v4, now_ns);
	if (*whole == NULL && (error = bury_misfits(ip, t, m)) < 0)
		return error;
	bury_timed_out(ip, t, now_ns);
	t->held += segments;
	if (*whole != NULL) {
		t->held -= (*whole)->nb_segs;
		finish(*whole, f);
		return 1;
	}
	t->next_ns = RTE_MIN(t->next_ns, now_ns + LOOK_NS);
	return 0;
}

void
fragments_expire(struct ip *ip, uint64_t now_ns)
{
	struct fragments *t = &ip->fragments;

	fragment_table_expire(t->table, now_ns);
	bury_timed_out(ip, t, now_ns);
	t->next_ns = t->held == 0 ? UINT64_MAX : now_ns + LOOK_NS;
}
