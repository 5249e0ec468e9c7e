/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Segments out of order (SHLD-31): pieces in sequence order without overlap,
 * and the SACK blocks that tell of them (RFC 2018) and of duplicates (RFC 2883).
 * Exists only while there is a hole, or an ACK that tells of a duplicate is owed.
 */

#include <string.h>

#include <rte_common.h>

#include "tcp/text.h"

#define MAX_PIECES 1024u          /* of a connection */
#define JOIN_FROM 64u             /* pieces from which on one grows with what comes right behind it, */
#define JOIN_MOST 64u             /* up to so many segments: what is pruned, is pruned by pieces */
#define PRUNE_BATCH 256u

static struct tcp_ooo_piece *
piece_at(const struct tcp *tcp, uint32_t index)
{
	return slab_at(&tcp->pieces, index);
}

static uint32_t
chain_size(const struct rte_mbuf *m)
{
	uint32_t size = 0;

	for (; m != NULL; m = m->next)
		size += (uint32_t)(sizeof(*m) + m->buf_len);
	return size;
}

static void
free_chain(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		mbuf_free_seg(m);
		m = next;
	}
}

static void
free_piece(struct tcp *tcp, struct tcp_ooo *o, uint32_t index)
{
	struct tcp_ooo_piece *piece = piece_at(tcp, index);

	o->truesize -= chain_size(piece->m);
	tcp->held -= chain_size(piece->m);
	o->pieces--;
	if (o->newest == index)
		o->newest = 0;
	free_chain(piece->m);
	slab_put(&tcp->pieces, index);
}

void
tcp_ooo_free(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_ooo *o;

	if (c->ooo == 0)
		return;
	o = tcp_ooo_at(tcp, c->ooo);
	while (o->head != 0) {
		uint32_t index = o->head;

		o->head = piece_at(tcp, index)->next;
		free_piece(tcp, o, index);
	}
	slab_put(&tcp->oooes, c->ooo);
	c->ooo = 0;
}

/* RFC 2018, 8: what was told by SACK may be dropped; who sent it keeps it until it is acknowledged. */
void
tcp_ooo_prune(struct tcp *tcp)
{
	for (uint32_t i = 0; i < PRUNE_BATCH; i++) {
		if (!slab_valid(&tcp->conns, ++tcp->prune_next)) {
			tcp->prune_next = 0;
			return;
		}
		if (tcp_conn_at(tcp, tcp->prune_next)->live == BLOCK_LIVE)
			tcp_ooo_free(tcp, tcp_conn_at(tcp, tcp->prune_next));
	}
}

static uint32_t
most_memory(const struct tcp_conn *c)
{
	return (uint32_t)RTE_MIN(UINT64_C(4) * c->rcvbuf, (uint64_t)UINT32_MAX);
}

void
tcp_ooo_shrink(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t room = most_memory(c), *link;
	struct tcp_ooo *o;

	if (c->ooo == 0)
		return;
	o = tcp_ooo_at(tcp, c->ooo);
	if ((uint64_t)o->truesize + c->truesize <= room)
		return;
	room -= RTE_MIN(room, c->truesize);
	link = &o->head;
	while (*link != 0) {
		struct tcp_ooo_piece *piece = piece_at(tcp, *link);
		uint32_t size = chain_size(piece->m);

		if (size > room)
			break;
		room -= size;
		link = &piece->next;
	}
	while (*link != 0) {
		uint32_t index = *link;

		*link = piece_at(tcp, index)->next;
		free_piece(tcp, o, index);
	}
	tcp_ooo_settle(tcp, c);
}

static struct tcp_ooo *
ooo_of(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_ooo *o;

	if (c->ooo != 0)
		return tcp_ooo_at(tcp, c->ooo);
	c->ooo = slab_get(&tcp->oooes);
	if (c->ooo == 0)
		return NULL;
	o = tcp_ooo_at(tcp, c->ooo);
	memset(o, 0, sizeof(*o));
	for (unsigned int i = 0; i < RTE_DIM(o->recent); i++)
		o->recent[i] = c->rcv_nxt - 1;  /* below every block */
	return o;
}

/* Drop `n` bytes from the front of a chain of single segments. */
static struct rte_mbuf *
trim_front(struct rte_mbuf *m, uint32_t n)
{
	while (m != NULL && n >= m->data_len) {
		struct rte_mbuf *next = m->next;

		n -= m->data_len;
		m->next = NULL;
		mbuf_free_seg(m);
		m = next;
	}
	if (m != NULL && n > 0) {
		m->data_off = (uint16_t)(m->data_off + n);
		m->data_len = (uint16_t)(m->data_len - n);
	}
	return m;
}

/* The piece from which on seq is looked for: what lies before the newest one ends before that begins. */
static uint32_t
look_from(const struct tcp *tcp, const struct tcp_ooo *o, uint32_t seq)
{
	return o->newest != 0 && seq_lt(piece_at(tcp, o->newest)->seq, seq) ? o->newest : 0;
}

/* Where the new bytes [*seq, *end) go: behind `*link`; what is there already is taken off them. false: nothing is new. */
static bool
find_place(struct tcp *tcp, struct tcp_ooo *o, uint32_t *seq, uint32_t *end, bool *fin, uint32_t **link)
{
	*link = look_from(tcp, o, *seq) != 0 ? &o->newest : &o->head;  /* that one begins below, so the place is behind it */
	while (**link != 0) {
		struct tcp_ooo_piece *piece = piece_at(tcp, **link);

		if (seq_gt(piece->seq, *seq) || (piece->seq == *seq && piece->end == piece->seq))
			break;
		if (seq_gt(piece->end, *seq)) {
			*seq = piece->end;
			if (seq_geq(*seq, *end) && !(*fin && !piece->fin && *seq == *end))
				return false;
		} else if (piece->end == *seq && *seq == *end && piece->fin) {
			return false;  /* the bare FIN is here */
		}
		*link = &piece->next;
	}
	/* pieces that the new one covers whole are replaced by it; one that it reaches into keeps its bytes */
	while (**link != 0) {
		uint32_t index = **link;
		struct tcp_ooo_piece *piece = piece_at(tcp, index);

		if (seq_gt(piece->end, *end) || seq_geq(piece->seq, *end))
			break;
		*fin |= piece->fin;
		**link = piece->next;
		free_piece(tcp, o, index);
	}
	if (**link != 0 && seq_gt(*end, piece_at(tcp, **link)->seq)) {
		*end = piece_at(tcp, **link)->seq;
		*fin = false;
	}
	return seq_lt(*seq, *end) || *fin;
}

/* Further segments share the last note: their ACKs then say what the newest would. */
static void
note(struct tcp_ooo *o, uint32_t seq, uint32_t left, uint32_t right)
{
	if (o->notes < OOO_NOTES)
		o->notes++;
	o->note[o->notes - 1] = (struct tcp_ooo_note){ seq, left, right };
}

void
tcp_ooo_duplicate(struct tcp *tcp, struct tcp_conn *c, uint32_t left, uint32_t right)
{
	struct tcp_ooo *o = c->opt & CONN_SACK ? ooo_of(tcp, c) : NULL;

	if (o != NULL)
		note(o, left, left, right);
}

void
tcp_ooo_settle(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_ooo *o;

	if (c->ooo == 0)
		return;
	o = tcp_ooo_at(tcp, c->ooo);
	if (c->acks_owed == 0)
		o->notes = 0;
	if (o->head == 0 && o->notes == 0)
		tcp_ooo_free(tcp, c);
}

/* The first part of [seq, end) that is held already, whole over pieces that adjoin; empty when none is. */
static void
first_overlap(const struct tcp *tcp, const struct tcp_ooo *o, uint32_t seq, uint32_t end, uint32_t *left, uint32_t *right)
{
	uint32_t from = look_from(tcp, o, seq);

	*left = *right = seq;
	for (uint32_t i = from != 0 ? from : o->head; i != 0; i = piece_at(tcp, i)->next) {
		const struct tcp_ooo_piece *piece = piece_at(tcp, i);

		if (seq_geq(piece->seq, end) || (*left != *right && piece->seq != *right))
			return;
		if (seq_leq(piece->end, seq))
			continue;
		if (*left == *right)
			*left = seq_max(piece->seq, seq);
		*right = seq_min(piece->end, end);
	}
}

/*
 * A hole at the begin of a large window: all that is sent until it is filled comes behind it, in order. As a piece a
 * segment that were more than anybody may have, and each ACK would go through them for its blocks.
 */
static bool
may_join(const struct tcp_ooo *o, const struct tcp_ooo_piece *before, uint32_t seq, uint32_t end)
{
	return o->pieces >= JOIN_FROM && before->segments < JOIN_MOST && before->end == seq && !before->fin && end != seq;
}

static void
put_behind(struct tcp *tcp, struct tcp_ooo *o, struct tcp_ooo_piece *piece, struct rte_mbuf *m)
{
	if (m == NULL)
		return;
	o->truesize += chain_size(m);
	tcp_hold(tcp, chain_size(m));
	if (piece->last != NULL)
		piece->last->next = m;
	else
		piece->m = m;
	for (piece->last = m; piece->last->next != NULL;)
		piece->last = piece->last->next;
	piece->segments++;
}

int
tcp_ooo_insert(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p, uint32_t seq, uint32_t length, bool fin)
{
	struct tcp_ooo *o = ooo_of(tcp, c);
	uint32_t begin = seq, end = seq + length, index, left, right, *link;
	struct tcp_ooo_piece *piece;

	if (o == NULL)
		return -TERN_DROP_TCP_OOO_FULL;
	if (o->pieces >= MAX_PIECES || tcp->pool_low || (uint64_t)o->truesize + c->truesize > most_memory(c)) {
		if (o->head == 0)
			tcp_ooo_free(tcp, c);
		return -TERN_DROP_TCP_OOO_FULL;
	}
	first_overlap(tcp, o, seq, end, &left, &right);
	note(o, seq, left, right);
	if (!find_place(tcp, o, &seq, &end, &fin, &link))
		return -TERN_DROP_TCP_DUPLICATE;
	piece = o->newest != 0 ? piece_at(tcp, o->newest) : NULL;
	if (piece != NULL && link == &piece->next && may_join(o, piece, seq, end)) {
		piece->end = end;
		piece->fin = fin;
		put_behind(tcp, o, piece, tcp_payload(p, seq - begin, end - seq));
		return 0;
	}
	index = slab_get(&tcp->pieces);
	if (index == 0) {
		if (o->head == 0)
			tcp_ooo_free(tcp, c);
		return -TERN_DROP_TCP_OOO_FULL;
	}
	piece = piece_at(tcp, index);
	*piece = (struct tcp_ooo_piece){ .next = *link, .seq = seq, .end = end, .fin = fin };
	*link = index;
	o->newest = index;
	o->pieces++;
	put_behind(tcp, o, piece, end == seq ? NULL : tcp_payload(p, seq - begin, end - seq));
	return 0;
}

bool
tcp_ooo_merge(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_ooo *o = tcp_ooo_at(tcp, c->ooo);
	uint32_t left = c->rcv_nxt, right = left;  /* what had come before the segment that fills the hole */
	bool fin = false;

	while (o->head != 0 && !fin) {
		uint32_t index = o->head;
		struct tcp_ooo_piece *piece = piece_at(tcp, index);
		uint32_t old, fresh;

		if (seq_gt(piece->seq, c->rcv_nxt))
			break;
		o->head = piece->next;
		o->truesize -= chain_size(piece->m);
		tcp->held -= chain_size(piece->m);
		o->pieces--;
		if (o->newest == index)
			o->newest = 0;
		old = RTE_MIN(c->rcv_nxt - piece->seq, piece->end - piece->seq);
		fresh = piece->end - piece->seq - old;
		if (left == right)
			left = right = piece->seq;
		if (piece->seq == right)
			right += old;
		fin = piece->fin && seq_geq(piece->end, c->rcv_nxt);
		piece->m = trim_front(piece->m, old);
		if (fresh > 0) {
			c->rcv_nxt += fresh;
			tcp->stats->rx_payload_bytes += fresh;
			tcp_deliver(tcp, c, piece->m, fresh);
		}
		slab_put(&tcp->pieces, index);
	}
	if (fin) {
		tcp_ooo_free(tcp, c);
		return true;
	}
	if (left != right && (c->opt & CONN_SACK) && c->acks_owed < UINT8_MAX) {
		note(o, left, left, right);
		c->acks_owed++;
	}
	tcp_ooo_settle(tcp, c);
	return false;
}

/* The block that begins with this piece, of all that adjoin. @return the piece behind it, or 0 */
static uint32_t
block_from(struct tcp *tcp, uint32_t index, struct sack_block *block)
{
	const struct tcp_ooo_piece *piece = piece_at(tcp, index);

	*block = (struct sack_block){ piece->seq, piece->end + piece->fin };
	while ((index = piece->next) != 0) {
		piece = piece_at(tcp, index);
		if (piece->seq != block->right)
			break;
		block->right = piece->end + piece->fin;
	}
	return index;
}

/* The block around seq; false when seq lies in none. */
static bool
block_of(struct tcp *tcp, const struct tcp_ooo *o, uint32_t seq, struct sack_block *block)
{
	for (uint32_t i = o->head; i != 0;) {
		i = block_from(tcp, i, block);
		if (seq_in(seq, block->left, block->right - block->left))
			return true;
	}
	return false;
}

static bool
covered(const struct sack_block *blocks, uint32_t n, uint32_t seq)
{
	for (uint32_t i = 0; i < n; i++)
		if (seq_in(seq, blocks[i].left, blocks[i].right - blocks[i].left))
			return true;
	return false;
}

static bool
listed(const struct sack_block *blocks, uint32_t n, const struct sack_block *b)
{
	for (uint32_t i = 0; i < n; i++)
		if (blocks[i].left == b->left)
			return true;
	return false;
}

/* What the next ACK is about. A duplicate is told once, in the first block (RFC 2883, 4). @return how many blocks that takes */
static uint32_t
next_note(struct tcp *tcp, struct tcp_conn *c, struct tcp_ooo *o, struct sack_block *block)
{
	const struct tcp_ooo_note n = o->note[0];

	memmove(&o->note[0], &o->note[1], (OOO_NOTES - 1) * sizeof(o->note[0]));
	o->notes--;
	if (seq_geq(n.seq, c->rcv_nxt)) {
		memmove(&o->recent[1], &o->recent[0], sizeof(o->recent) - sizeof(o->recent[0]));
		o->recent[0] = n.seq;
	}
	if (n.left == n.right)
		return 0;
	*block = (struct sack_block){ n.left, n.right };
	tcp->stats->dsacks_tx++;
	return 1;
}

/*
 * RFC 2018, 4: the first block holds the segment that this ACK answers, the
 * others repeat those told most recently, then the rest.
 */
uint32_t
tcp_ooo_sacks(struct tcp *tcp, struct tcp_conn *c, struct sack_block *blocks, uint32_t max, bool take_note)
{
	struct tcp_ooo *o;
	struct sack_block b;
	uint32_t n = 0, duplicate = 0;

	if (c->ooo == 0)
		return 0;
	o = tcp_ooo_at(tcp, c->ooo);
	if (take_note && o->notes > 0)
		n = duplicate = next_note(tcp, c, o, blocks);
	for (uint32_t i = 0; i < RTE_DIM(o->recent) && n < max; i++)
		if (!covered(blocks + duplicate, n - duplicate, o->recent[i]) && block_of(tcp, o, o->recent[i], &b))
			blocks[n++] = b;
	/* by blocks, not by pieces: a block of a thousand would be gone through a thousand times */
	for (uint32_t i = o->head; i != 0 && n < max;) {
		i = block_from(tcp, i, &b);
		if (!listed(blocks + duplicate, n - duplicate, &b))
			blocks[n++] = b;
	}
	return n;
}
