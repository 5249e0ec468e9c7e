/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mempool.h>

#include "invariants.h"

/* ends the function with a sentence */
#define HOLD(condition, sentence) do { if (!(condition)) return sentence; } while (0)
#define TRY(call) do { const char *broken_ = (call); if (broken_ != NULL) return broken_; } while (0)

/* ---- mbufs */

static void
add_one(struct invariants_mbufs *set, const struct rte_mbuf *m)
{
	if (set->count < INVARIANTS_MBUFS)
		set->m[set->count++] = m;
}

void
invariants_add(struct invariants_mbufs *set, const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next) {
		add_one(set, m);
		if (RTE_MBUF_CLONED(m))
			add_one(set, (const struct rte_mbuf *)((const uint8_t *)m->buf_addr - sizeof(*m) - m->priv_size));
	}
}

static int
by_address(const void *a, const void *b)
{
	const struct rte_mbuf *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

const char *
invariants_of_pool(const struct rte_mempool *pool, struct invariants_mbufs *set)
{
	uint32_t distinct = 0;

	HOLD(set->count < INVARIANTS_MBUFS, "more references to mbufs than there can be");
	qsort(set->m, set->count, sizeof(set->m[0]), by_address);
	for (uint32_t i = 0, n; i < set->count; i += n) {
		const struct rte_mbuf *m = set->m[i];

		for (n = 1; i + n < set->count && set->m[i + n] == m; n++)
			;
		distinct++;
		HOLD(m->pool == pool, "an mbuf of another pool");
		HOLD(rte_mbuf_refcnt_read(m) == n, "an mbuf's reference count is not the number of its holders");
	}
	HOLD(distinct + set->unseen == rte_mempool_in_use_count(pool), "mbufs in use are not those that somebody holds");
	return NULL;
}

/* ---- a connection's queues */

static bool
in_flight_again(const struct tcp_record *r)
{
	return (r->flags & (RECORD_RETRANSMITTED | RECORD_LOST | RECORD_SACKED)) == RECORD_RETRANSMITTED;
}

static bool
in_send_queue(const struct tcp *tcp, const struct tcp_conn *c, uint32_t index)
{
	uint32_t i = c->q_head;

	while (i != 0 && i != index && i != c->q_send)
		i = tcp_record_at(tcp, i)->next;
	return index == 0 || (i == index && i != c->q_send);
}

/* What a connection keeps beside the marks of its records, and the links between them. */
static const char *
scoreboard(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_recovery *rec = c->recovery != 0 ? tcp_recovery_at(tcp, c->recovery) : NULL;
	uint32_t lost = 0, sacked = 0, again = 0, listed = 0, before = 0;

	for (uint32_t i = c->q_head; i != 0 && i != c->q_send; i = tcp_record_at(tcp, i)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, i);

		HOLD(rec != NULL || !(r->flags & (RECORD_LOST | RECORD_SACKED | RECORD_RETRANSMITTED)), "scoreboard: marks, and no recovery record");
		HOLD((r->flags & (RECORD_LOST | RECORD_SACKED)) != (RECORD_LOST | RECORD_SACKED), "scoreboard: lost and SACKed");
		lost += r->flags & RECORD_LOST ? r->length : 0;
		sacked += r->flags & RECORD_SACKED ? r->length : 0;
		again += in_flight_again(r);
		if (r->flags & RECORD_SACKED) {
			/* a jump never leaves the run that it begins in */
			uint32_t to = i;

			while (to != r->again.next) {
				to = tcp_record_at(tcp, to)->next;
				HOLD(to != 0 && to != c->q_send && (tcp_record_at(tcp, to)->flags & RECORD_SACKED),
				     "scoreboard: a run of SACKed records has a hole");
			}
		}
	}
	if (rec == NULL) {
		HOLD(!(c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY)), "scoreboard: in recovery, and no record of it");
		return NULL;
	}
	HOLD(lost == rec->lost_bytes, "scoreboard: lost_bytes is not the sum");
	HOLD(sacked == rec->sacked_bytes, "scoreboard: sacked_bytes is not the sum");
	HOLD(lost == 0 || rec->lost_from == 0 || in_send_queue(tcp, c, rec->lost_from), "scoreboard: lost_from is not in the queue");
	for (uint32_t i = c->q_head; lost > 0 && i != (rec->lost_from != 0 ? rec->lost_from : c->q_head); i = tcp_record_at(tcp, i)->next)
		HOLD(!(tcp_record_at(tcp, i)->flags & RECORD_LOST), "scoreboard: something lost stands before lost_from");
	HOLD(in_send_queue(tcp, c, rec->rack_from), "scoreboard: rack_from is not in the queue");
	HOLD(in_send_queue(tcp, c, rec->sack_from), "scoreboard: sack_from is not in the queue");
	HOLD(in_send_queue(tcp, c, rec->sack_high), "scoreboard: sack_high is not in the queue");
	HOLD(rec->sack_from == 0 || (tcp_record_at(tcp, rec->sack_from)->flags & RECORD_SACKED), "scoreboard: sack_from is not SACKed");
	for (uint32_t i = rec->again_head; i != 0; i = tcp_record_at(tcp, i)->again.next) {
		HOLD(in_flight_again(tcp_record_at(tcp, i)), "scoreboard: listed as sent again, and is not in flight");
		HOLD(tcp_record_at(tcp, i)->again.prev == before, "scoreboard: links of what was sent again do not fit");
		HOLD(++listed <= again, "scoreboard: more listed as sent again than there are");
		before = i;
	}
	HOLD(listed == again && before == rec->again_tail, "scoreboard: fewer listed as sent again than there are");
	HOLD(!rec->reo_timer || ((c->flags & CONN_TIMER) && seq_leq(c->timer, rec->rto_tick)), "a reordering timer behind the one it stands before");
	return NULL;
}

static const char *
send_queue(const struct tcp *tcp, const struct tcp_conn *c, struct invariants_mbufs *set, uint32_t *records)
{
	bool syn = c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED;
	uint32_t seq = syn ? c->iss + 1 : c->snd_una, last = 0;
	bool behind = c->q_send == 0 && c->q_head == 0;

	for (uint32_t i = c->q_head; i != 0; i = tcp_record_at(tcp, i)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, i);

		HOLD(slab_valid(&tcp->records, i), "send queue: a record that never was");
		HOLD(*records <= tcp->records.used, "send queue: a ring");
		if (i == c->q_send) {
			behind = true;
			HOLD(syn || r->seq == c->snd_nxt, "send queue: what is sent next is not at SND.NXT");
		}
		HOLD(r->seq == seq, "send queue: records do not adjoin");
		HOLD(r->length > 0, "send queue: an empty record");
		HOLD(behind != !!(r->flags & RECORD_SENT), "send queue: q_send parts sent from unsent");
		HOLD((r->flags & RECORD_SENT) || !(r->flags & (RECORD_LOST | RECORD_RETRANSMITTED | RECORD_SACKED)),
		     "send queue: lost, SACKed or sent again, and never sent");
		if (r->m == NULL)
			HOLD(r->length <= RECORD_INLINE, "send queue: more bytes than a record has");
		else
			HOLD(r->offset + r->length <= r->m->data_len, "send queue: more bytes than its mbuf has");
		seq += r->length;
		last = i;
		(*records)++;
		if (r->m != NULL)
			invariants_add(set, r->m);
	}
	HOLD(last == c->q_tail, "send queue: q_tail is not the last");
	HOLD(behind || c->q_send == 0, "send queue: q_send is not in it");
	if (c->q_head != 0)
		HOLD(seq == c->snd_end, "send queue: does not end at snd_end");
	return NULL;
}

static const char *
receive_queue(const struct tcp_conn *c, struct invariants_mbufs *set)
{
	uint32_t unread = 0, truesize = 0;
	const struct rte_mbuf *m = c->rcv_head, *last = NULL;

	HOLD((c->rcv_head == NULL) == (c->rcv_tail == NULL), "receive queue: head without tail");
	while (m != NULL) {
		const struct rte_mbuf *next = m == c->rcv_tail ? NULL : m->next;

		unread += m->data_len;
		truesize += (uint32_t)sizeof(*m) + m->buf_len;
		last = m;
		add_one(set, m);
		if (RTE_MBUF_CLONED(m))
			add_one(set, (const struct rte_mbuf *)((const uint8_t *)m->buf_addr - sizeof(*m) - m->priv_size));
		m = next;
	}
	HOLD(last == c->rcv_tail, "receive queue: the tail is not the last");
	HOLD(last == NULL || last->next == NULL, "receive queue: something hangs behind the tail");
	HOLD(unread == c->unread, "receive queue: unread is not the sum");
	HOLD(truesize == c->truesize, "receive queue: truesize is not the sum");
	return NULL;
}

static const char *
reassembly(const struct tcp *tcp, const struct tcp_conn *c, struct invariants_mbufs *set, uint32_t *oooes, uint32_t *pieces)
{
	const struct tcp_ooo *o;
	uint32_t before = c->rcv_nxt, count = 0, truesize = 0;
	bool first = true;

	if (c->ooo == 0)
		return NULL;
	o = tcp_ooo_at(tcp, c->ooo);
	(*oooes)++;
	for (uint32_t i = o->head; i != 0;) {
		const struct tcp_ooo_piece *piece = slab_at(&tcp->pieces, i);
		uint32_t bytes = 0;

		HOLD(++count <= o->pieces, "reassembly: more pieces than counted");
		HOLD(first ? seq_gt(piece->seq, before) : seq_geq(piece->seq, before), "reassembly: pieces overlap, or adjoin RCV.NXT");
		HOLD(seq_geq(piece->end, piece->seq), "reassembly: a piece that ends before it begins");
		HOLD(piece->end != piece->seq || piece->fin, "reassembly: an empty piece");
		/* a FIN takes no room: the one behind the last octet that fits is taken with it */
		HOLD(seq_leq(piece->end, c->rcv_adv), "reassembly: beyond the window");
		for (const struct rte_mbuf *m = piece->m; m != NULL; m = m->next) {
			bytes += m->data_len;
			truesize += (uint32_t)sizeof(*m) + m->buf_len;
		}
		HOLD(bytes == piece->end - piece->seq, "reassembly: a piece with more or less than it says");
		invariants_add(set, piece->m);
		before = piece->end;
		first = false;
		i = piece->next;
	}
	HOLD(count == o->pieces, "reassembly: fewer pieces than counted");
	HOLD(truesize == o->truesize, "reassembly: truesize is not the sum");
	*pieces += count;
	return NULL;
}

/* ---- a connection */

static const char *
sequence_numbers(const struct tcp_conn *c)
{
	bool fin = c->flags & CONN_FIN_SENT;

	HOLD(seq_leq(c->snd_una, c->snd_nxt), "SND.UNA is beyond SND.NXT");
	HOLD(seq_leq(c->snd_nxt, c->snd_end + 1), "SND.NXT is beyond what there is to send");
	HOLD(fin ? c->snd_nxt == c->snd_end + 1 : seq_leq(c->snd_nxt, c->snd_end), "SND.NXT does not fit the FIN");
	HOLD(!fin || (c->flags & CONN_FIN_QUEUED), "a FIN was sent that nobody asked for");
	HOLD(!(c->flags & CONN_FIN_LOST) || fin, "a FIN is lost that never left");
	if (c->state >= TCP_ESTABLISHED) {
		HOLD(seq_leq(c->rcv_nxt, c->rcv_adv), "RCV.NXT is beyond the right edge");
		HOLD(seq_leq(c->last_ack_sent, c->rcv_nxt), "more was acknowledged than received");
		HOLD(c->cwnd > 0, "a congestion window of nothing");
		HOLD(c->mss > 0, "an MSS of nothing");
		HOLD(c->rto_ms > 0, "an RTO of nothing");
	}
	return NULL;
}

static const char *
fits_state(const struct tcp_conn *c)
{
	bool received = c->flags & CONN_FIN_RECEIVED, queued = c->flags & CONN_FIN_QUEUED;

	switch (c->state) {
	case TCP_SYN_SENT:
		HOLD(!received && !queued, "a FIN in SYN-SENT");
		break;
	case TCP_SYN_RECEIVED:
		HOLD(!received, "a FIN was taken in SYN-RECEIVED");
		break;
	case TCP_ESTABLISHED:
		HOLD(!received && !queued, "a FIN in ESTABLISHED");
		break;
	case TCP_FIN_WAIT_1:
		HOLD(!received && queued, "FIN-WAIT-1 without our FIN, or with the peer's");
		HOLD(!(c->flags & CONN_FIN_SENT) || c->snd_una != c->snd_nxt, "our FIN is acknowledged in FIN-WAIT-1");
		break;
	case TCP_FIN_WAIT_2:
		HOLD(!received && c->snd_una == c->snd_end + 1, "FIN-WAIT-2 and our FIN is not acknowledged");
		break;
	case TCP_CLOSE_WAIT:
		HOLD(received && !queued, "CLOSE-WAIT without the peer's FIN, or with ours");
		break;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		HOLD(received && queued, "CLOSING or LAST-ACK without both FINs");
		break;
	default:
		return "a block in a state that is none of a block";
	}
	return NULL;
}

static const char *
timers(const struct tcp *tcp, const struct tcp_conn *c)
{
	bool armed = c->lists & LIST_WHEEL;

	HOLD(armed == wheel_is_armed(&tcp->wheel, tcp_conn_index(tcp, c)), "LIST_WHEEL does not say what the wheel does");
	HOLD(!(c->flags & CONN_TIMER) || tcp_timer_wakes(c, c->timer), "a deadline that no entry of the wheel or queue meets");
	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED)
		HOLD(c->flags & CONN_TIMER, "a handshake that waits for ever");
	/* what is outstanding is retransmitted: by a timer, or as soon as output comes by */
	if (c->state >= TCP_ESTABLISHED && c->snd_una != c->snd_nxt)
		HOLD(c->flags & CONN_TIMER, "something is outstanding, and no timer runs");
	return NULL;
}

static const char *
owes(const struct tcp_conn *c)
{
	uint32_t now = CONN_ACK_NOW | CONN_SYN_OWED | CONN_RST_OWED | CONN_PROBE_OWED;

	if (c->flags & now || c->acks_owed > 0)
		HOLD(c->lists & LIST_OWED, "something is owed, and no visit will come");
	if (c->flags & CONN_ACK_LATER)
		HOLD(c->lists & (LIST_OWED | LIST_DELACK), "an ACK is delayed for ever");
	return NULL;
}

/* Who is held back by pacing is paced, and the soonest stands first. */
static const char *
paced(const struct tcp *tcp)
{
	const struct heap *h = &tcp->paced;

	for (uint32_t i = 1; i <= h->count; i++) {
		HOLD(h->place[h->entry[i].index] == i, "pacing: an entry that does not know its place");
		HOLD(i == 1 || h->entry[i / 2].at_ns <= h->entry[i].at_ns, "pacing: the heap is out of order");
		HOLD(tcp_pacing_is_on(tcp, tcp_conn_at(tcp, h->entry[i].index)), "pacing: somebody waits who is not paced");
	}
	return NULL;
}

static const char *
moves_one_way(const struct tcp_conn *c, uint32_t index, struct invariants_memory *memory)
{
	typeof(&memory->conn[0]) was = &memory->conn[index];

	if (c->state < TCP_ESTABLISHED) {
		was->known = false;
		return NULL;
	}
	if (was->known && was->generation == c->generation && was->iss == c->iss) {
		HOLD(seq_geq(c->rcv_nxt, was->rcv_nxt), "RCV.NXT went back");
		HOLD(seq_geq(c->rcv_adv, was->rcv_adv), "the right edge of the window went back");
		HOLD(seq_geq(c->snd_una, was->snd_una), "SND.UNA went back");
	}
	*was = (typeof(*was)){ true, c->generation, c->iss, c->rcv_nxt, c->rcv_adv, c->snd_una };
	return NULL;
}

struct sums {
	uint32_t blocks, open, records, oooes, pieces, extras, recoveries, cc_blocks;
	uint32_t owed, ready, delack, wheel, fresh;
	uint32_t waiting[8];
};

static const char *
connection(const struct tcp *tcp, const struct tcp_conn *c, struct invariants_memory *memory, struct invariants_mbufs *set,
	   struct sums *sums)
{
	uint32_t index = tcp_conn_index(tcp, c);
	flow_ref ref = flow_ref_make(FLOW_OPEN, index);

	sums->blocks++;
	sums->extras += c->extra != 0;
	sums->recoveries += c->recovery != 0;
	sums->cc_blocks += c->cc_block != 0;
	TRY(receive_queue(c, set));
	if (c->state == TCP_CLOSED) {
		HOLD(c->q_head == 0 && c->ooo == 0, "a closed connection holds a queue");
		HOLD(c->live == BLOCK_TOLD || c->unread > 0 || (c->events & TERN_CLOSED), "closed, and nobody will be told");
		HOLD(c->live == BLOCK_LIVE || (c->flags & CONN_RST_OWED), "told closed, owes nothing, and is not given back");
	} else {
		sums->open++;
		HOLD(c->live == BLOCK_LIVE, "told closed, and it is not");
		HOLD(c->hash == tcp_hash(tcp, &c->key), "a connection whose hash is another's");
		HOLD(flow_find(&tcp->table, c->hash, &c->key) == ref, "a connection that the flow table does not know");
		TRY(sequence_numbers(c));
		TRY(fits_state(c));
		TRY(send_queue(tcp, c, set, &sums->records));
		TRY(scoreboard(tcp, c));
		TRY(reassembly(tcp, c, set, &sums->oooes, &sums->pieces));
		TRY(timers(tcp, c));
		TRY(moves_one_way(c, index, memory));
	}
	TRY(owes(c));
	if (c->live == BLOCK_LIVE && c->events != 0)
		HOLD(c->lists & LIST_READY, "an event that nobody will be told");
	if ((c->flags & CONN_BACKLOG) && c->listener < RTE_DIM(sums->waiting))
		sums->waiting[c->listener]++;
	return NULL;
}

/* ---- lists */

static const char *
ring_of(const struct tcp *tcp, const struct ring *r, uint8_t bit, uint32_t members)
{
	HOLD(ring_length(r) == members, "blocks believe to be on a ring, and are not");
	for (uint32_t i = r->head; i != r->tail; i++) {
		HOLD(slab_valid(&tcp->conns, r->index[i & r->mask]), "a ring holds an index that never was");
		HOLD(tcp_conn_at(tcp, r->index[i & r->mask])->lists & bit, "a ring holds a block that does not know it");
	}
	return NULL;
}

static const char *
queue_of(const struct tcp *tcp, const struct queue *q, uint8_t bit, uint32_t members)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < q->length; i++) {
		if (queue_peek(q, i) == 0)
			continue;
		found++;
		HOLD(slab_valid(&tcp->conns, queue_peek(q, i)), "a queue holds an index that never was");
		HOLD(tcp_conn_at(tcp, queue_peek(q, i))->lists & bit, "a queue holds a block that does not know it");
	}
	HOLD(found == members, "blocks believe to be on a queue, and are not");
	return NULL;
}

static const char *
list_of(const struct list *l, uint32_t *n)
{
	uint32_t before = 0, count = 0;

	for (uint32_t i = l->head; i != 0; i = list_links_of(l, i)->next) {
		HOLD(list_links_of(l, i)->prev == before, "a list's links do not fit");
		HOLD(++count <= l->length, "a list is longer than it says");
		before = i;
	}
	HOLD(before == l->tail && count == l->length, "a list is shorter than it says");
	*n += count;
	return NULL;
}

static const char *
half_open(const struct tcp *tcp)
{
	uint32_t live = 0, listed = 0, on_lists = 0;

	for (uint32_t i = 1; slab_valid(&tcp->half_open, i); i++) {
		const struct tcp_half_open *h = tcp_half_at(tcp, i);

		if (!(h->lists & HALF_LIVE))
			continue;
		live++;
		listed += (h->lists & HALF_LISTED) != 0;
		HOLD(flow_find(&tcp->table, tcp_hash(tcp, &h->key), &h->key) == flow_ref_make(FLOW_HALF_OPEN, i),
		     "a half-open record that the flow table does not know");
		HOLD(h->lists & (HALF_LISTED | HALF_OWED), "a half-open record that nothing will end");
		HOLD(tcp->listener[h->listener].live, "a half-open record without its listener");
	}
	for (unsigned int level = 0; level < TCP_SYN_LEVELS; level++)
		TRY(list_of(&tcp->syn_level[level], &on_lists));
	HOLD(listed == on_lists, "half-open records are not on the lists that they name");
	HOLD(live == tcp->half_open.used && live == tcp->stats->half_open_now, "half-open records are miscounted");
	HOLD(tcp->synack_tail - tcp->synack_head <= tcp->synack_mask + 1, "more SYN-ACKs are owed than fit");
	return NULL;
}

static const char *
time_wait(const struct tcp *tcp)
{
	uint32_t live = 0, on_list = 0;

	for (uint32_t i = 1; slab_valid(&tcp->time_wait, i); i++) {
		const struct tcp_time_wait *w = tcp_time_wait_at(tcp, i);

		if (!(w->lists & TIME_WAIT_LIVE))
			continue;
		live++;
		HOLD(flow_find(&tcp->table, tcp_hash(tcp, &w->key), &w->key) == flow_ref_make(FLOW_TIME_WAIT, i),
		     "a TIME-WAIT record that the flow table does not know");
	}
	TRY(list_of(&tcp->time_wait_list, &on_list));
	HOLD(live == on_list && live == tcp->time_wait.used && live == tcp->stats->time_wait_now, "TIME-WAIT is miscounted");
	HOLD(live <= tcp->config.max_time_wait + TCP_REPLIES, "more in TIME-WAIT than allowed");
	return NULL;
}

static const char *
flow_table(const struct tcp *tcp, uint32_t open)
{
	uint32_t refs = 0;

	for (uint32_t b = 0; b <= tcp->table.mask; b++)
		for (unsigned int i = 0; i < FLOW_BUCKET_SLOTS; i++)
			refs += tcp->table.buckets[b].ref[i] != 0;
	HOLD(refs == tcp->table.used, "the flow table is miscounted");
	/* each record found itself, so no more than they means that no ref is stale */
	HOLD(refs == open + tcp->half_open.used + tcp->time_wait.used, "the flow table knows what is no more");
	return NULL;
}

static const char *
listeners(const struct tcp *tcp, const struct sums *sums)
{
	for (uint32_t i = 1; i < RTE_DIM(sums->waiting); i++)
		if (tcp->listener[i].live)
			HOLD(tcp->listener[i].waiting == sums->waiting[i], "a backlog is miscounted");
	return NULL;
}

/* ---- mbufs that are on their way */

static void
others_mbufs(const struct tern_stack *s, struct invariants_mbufs *set)
{
	const struct tcp *tcp = &s->tcp;

	for (uint32_t i = 0; i < s->tx.count; i++)
		invariants_add(set, s->tx.frame[i]);
	for (uint32_t i = 0; i < tcp->spares; i++)
		add_one(set, tcp->spare[i]);
	for (uint32_t i = 0; i < tcp->replies; i++)
		invariants_add(set, tcp->reply[i].m);
	for (uint32_t i = 1; i <= s->ip.neighbours; i++)
		for (uint32_t k = 0; k < s->ip.neighbour[i].queued; k++)
			invariants_add(set, s->ip.neighbour[i].queue[k]);
	for (uint32_t i = 0; i < s->ip.replies; i++)
		invariants_add(set, s->ip.reply[i].m);
	set->unseen += s->ip.fragments.held;
}

const char *
invariants_of_stack(const struct tern_stack *s, struct invariants_memory *memory, struct invariants_mbufs *set)
{
	const struct tcp *tcp = &s->tcp;
	struct sums sums = { 0 };
	uint64_t closed = 0;

	for (uint32_t i = 1; slab_valid(&tcp->conns, i); i++) {
		const struct tcp_conn *c = tcp_conn_at(tcp, i);

		/* lists outlive the incarnation */
		sums.owed += (c->lists & LIST_OWED) != 0;
		sums.ready += (c->lists & LIST_READY) != 0;
		sums.delack += (c->lists & LIST_DELACK) != 0;
		sums.wheel += (c->lists & LIST_WHEEL) != 0;
		sums.fresh += (c->lists & LIST_FRESH) != 0;
		if (c->live != BLOCK_FREE)
			TRY(connection(tcp, c, memory, set, &sums));
		else
			memory->conn[i].known = false;
	}
	HOLD(sums.blocks == tcp->conns.used && sums.blocks == tcp->stats->open_now, "blocks are miscounted");
	HOLD(sums.records == tcp->records.used, "send records that no queue holds");
	HOLD(sums.oooes == tcp->oooes.used && sums.pieces == tcp->pieces.used, "pieces that no connection holds");
	HOLD(sums.extras == tcp->extras.used, "extra records that no connection holds");
	HOLD(sums.recoveries == tcp->recoveries.used, "recovery records that no connection holds");
	HOLD(sums.cc_blocks == tcp->cc_blocks.used, "blocks of congestion control that no connection holds");
	TRY(paced(tcp));
	HOLD(sums.wheel == tcp->wheel.armed, "the wheel is miscounted");
	TRY(ring_of(tcp, &tcp->owed, LIST_OWED, sums.owed));
	TRY(ring_of(tcp, &tcp->ready, LIST_READY, sums.ready));
	TRY(queue_of(tcp, &tcp->delack, LIST_DELACK, sums.delack));
	TRY(queue_of(tcp, &tcp->fresh, LIST_FRESH, sums.fresh));
	TRY(half_open(tcp));
	TRY(time_wait(tcp));
	TRY(flow_table(tcp, sums.open));
	TRY(listeners(tcp, &sums));
	for (unsigned int i = 0; i < TERN_CLOSE_MAX; i++)
		closed += tcp->stats->closed[i];
	HOLD(closed >= memory->closed, "connections ended less often than before");
	memory->closed = closed;
	others_mbufs(s, set);
	return NULL;
}
