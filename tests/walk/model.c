/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "model.h"

typedef struct model_reaction reaction;

static bool lt(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }
static bool leq(uint32_t a, uint32_t b) { return (int32_t)(a - b) <= 0; }

/* SEG.LEN: "the number of octets occupied by the data in the segment (counting SYN and FIN)" */
static uint32_t
seg_len(const struct model_segment *s)
{
	return s->length + !!(s->flags & M_SYN) + !!(s->flags & M_FIN);
}

static reaction
stay(const struct model *m, const char *section)
{
	return (reaction){ .state = m->state, .section = section };
}

static reaction
answer(reaction r, uint8_t flags, uint32_t seq, uint32_t ack)
{
	r.answered = true;
	r.answer.flags = flags;
	r.answer.seq = seq;
	r.answer.ack = ack;
	return r;
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, with the timestamp that RFC 7323 3.2 puts on all but RSTs */
static reaction
acknowledge(const struct model *m, reaction r)
{
	r = answer(r, M_ACK, m->snd_nxt, m->rcv_nxt);
	r.answer.has_timestamp = m->timestamps;
	r.answer.tsecr = m->ts_recent;
	return r;
}

static reaction
ended(reaction r, enum model_end end)
{
	r.state = M_CLOSED;
	r.told |= M_ENDED;
	r.end = end;
	return r;
}

/* 3.10.7.1 */
static reaction
closed(const struct model *m, const struct model_segment *s)
{
	reaction r = stay(m, "3.10.7.1");

	if (s->flags & M_RST)
		return r;
	if (s->flags & M_ACK)
		return answer(r, M_RST, s->ack, 0);
	return answer(r, M_RST | M_ACK, 0, s->seq + seg_len(s));
}

/* 3.10.7.2; timestamps are offered and taken (RFC 7323). The text and FIN that come with a SYN are left for the peer to send again (MAY, "processed in SYN-RECEIVED") */
static reaction
listen(const struct model *m, const struct model_segment *s, uint32_t beyond)
{
	reaction r = stay(m, "3.10.7.2");

	if (s->flags & M_RST)
		return r;
	if (s->flags & M_ACK)
		return answer(r, M_RST, s->ack, 0);
	if (!(s->flags & M_SYN))
		return r;
	r = answer(r, M_SYN | M_ACK, beyond, s->seq + 1);
	r.answer.new_iss = true;
	r.answer.has_timestamp = s->has_timestamp;
	r.answer.tsecr = s->tsval;
	r.state = M_SYN_RECEIVED;
	return r;
}

/* Sixth to eighth: urgent, text and FIN of an acceptable segment whose ACK was taken */
static reaction
text_and_fin(struct model *m, const struct model_segment *s, reaction r)
{
	uint32_t right = m->rcv_nxt + m->rcv_wnd;
	uint32_t begin = lt(s->seq, m->rcv_nxt) ? m->rcv_nxt : s->seq, end = s->seq + s->length;
	bool fin = s->flags & M_FIN;

	switch (m->state) {
	case M_ESTABLISHED:
	case M_FIN_WAIT_1:
	case M_FIN_WAIT_2:
		break;
	default:
		/* "This should not occur since a FIN has been received": text is ignored, a second FIN changes nothing */
		return r;
	}
	/* sixth: "RCV.UP <- max(RCV.UP,SEG.UP)", told where it is in advance of what the user has consumed */
	if (s->flags & M_URG && lt(m->rcv_nxt, s->seq + s->urgent))
		r.told |= M_URGENT;
	/* 3.10.7.4: "tailored to fit": what is old or beyond the window is cut off, the FIN with it */
	if (lt(right, end)) {
		end = right;
		fin = false;
	}
	if (fin && !lt(end, right))
		fin = false;               /* the FIN's own number lies beyond */
	if (s->length > 0 && m->app_closed && lt(m->rcv_nxt, s->seq + s->length)) {
		/* 3.6.1, SHLD-3: text behind CLOSE is lost, which the peer is told by a RST */
		r.section = "3.6.1, SHLD-3";
		r = answer(r, M_RST | M_ACK, m->snd_nxt, m->rcv_nxt);
		return ended(r, M_END_DATA_AFTER_CLOSE);
	}
	if (lt(m->rcv_nxt, begin)) {
		/* out of order: kept, and an ACK at once tells of the hole (MAY-13) */
		return s->length > 0 || s->flags & M_FIN ? acknowledge(m, r) : r;
	}
	if (lt(begin, end)) {
		r.delivered = end - begin;
		r.told |= M_READABLE;
		m->rcv_nxt += r.delivered;
	}
	if (fin) {
		m->rcv_nxt++;
		r.told |= M_PEER_CLOSED | M_READABLE;
		switch (m->state) {
		case M_ESTABLISHED:
			r.state = M_CLOSE_WAIT;
			break;
		case M_FIN_WAIT_1:
			/* "if our FIN has been ACKed (perhaps in this segment)": then the state is FIN-WAIT-2 already */
			r.state = M_CLOSING;
			break;
		default:
			r.state = M_TIME_WAIT;
			r.told |= M_ENDED;
			r.end = M_END_CLOSED;
			break;
		}
	}
	return seg_len(s) > 0 ? acknowledge(m, r) : r;
}

/* 3.10.7.3 */
static reaction
syn_sent(struct model *m, const struct model_segment *s)
{
	reaction r = stay(m, "3.10.7.3");
	bool acked = s->flags & M_ACK;
	struct model_segment rest = *s;

	if (acked && (leq(s->ack, m->iss) || lt(m->snd_nxt, s->ack)))
		return s->flags & M_RST ? r : answer(r, M_RST, s->ack, 0);
	if (s->flags & M_RST)
		return acked ? ended(r, M_END_REFUSED) : r;
	if (!(s->flags & M_SYN))
		return r;
	m->irs = s->seq;
	m->rcv_nxt = s->seq + 1;
	m->timestamps = s->has_timestamp;
	m->ts_recent = s->tsval;
	m->last_ack_sent = m->rcv_nxt;
	if (!acked) {
		/* a simultaneous open; other controls and text are left for the peer to send again */
		r.state = M_SYN_RECEIVED;
		r = answer(r, M_SYN | M_ACK, m->iss, m->rcv_nxt);
		r.answer.has_timestamp = m->timestamps;
		r.answer.tsecr = m->ts_recent;
		return r;
	}
	m->snd_una = s->ack;
	m->state = r.state = M_ESTABLISHED;
	r.told |= M_OPENED;
	/* "continue processing at the sixth step" with what stands behind the SYN */
	rest.flags &= (uint8_t)~M_SYN;
	rest.seq++;
	r = text_and_fin(m, &rest, r);
	return acknowledge(m, r);
}

/* The table of 3.4; the window is never taken to have shrunk */
static bool
acceptable(const struct model *m, const struct model_segment *s)
{
	uint32_t length = seg_len(s), last = s->seq + length - 1;

	if (length == 0 && m->rcv_wnd == 0)
		return s->seq == m->rcv_nxt;
	if (length == 0)
		return s->seq - m->rcv_nxt < m->rcv_wnd;
	if (m->rcv_wnd == 0)
		return false;
	return s->seq - m->rcv_nxt < m->rcv_wnd || last - m->rcv_nxt < m->rcv_wnd;
}

/* Second: RFC 5961, 3.2 */
static reaction
reset(const struct model *m, const struct model_segment *s)
{
	reaction r = stay(m, "3.10.7.4 second (RFC 5961, 3.2)");
	uint32_t offset = s->seq - m->rcv_nxt;

	if (m->state == M_TIME_WAIT) {
		r.section = "RFC 1337, 3: RST in TIME-WAIT is ignored";
		return r;
	}
	if (offset != 0 && offset >= m->rcv_wnd)
		return r;
	if (offset != 0)
		return acknowledge(m, r);
	if (m->state == M_SYN_RECEIVED && m->passive) {
		r.state = M_LISTEN;
		return r;
	}
	return ended(r, m->state == M_SYN_RECEIVED ? M_END_REFUSED : M_END_RESET);
}

/* RFC 6191: a SYN that begins a new connection on the tuple of one in TIME-WAIT (MAY-2); as it
 * is a MAY, a SYN right behind the old FIN, which every retransmission of that could be taken for, is not enough */
static bool
reopens(const struct model *m, const struct model_segment *s)
{
	if (m->state != M_TIME_WAIT || !m->listening || (s->flags & (M_SYN | M_ACK | M_RST)) != M_SYN)
		return false;
	/* "if timestamps were not enabled for the previous incarnation, honor the incoming connection request" */
	if (!m->timestamps && s->has_timestamp)
		return true;
	if (m->timestamps && s->has_timestamp)
		return lt(m->ts_recent, s->tsval) || (m->ts_recent == s->tsval && lt(m->rcv_nxt, s->seq));
	return lt(m->rcv_nxt, s->seq);
}

/* 3.5, figure 8, line 6: the SYN-ACK that ends a simultaneous open repeats the SYN, which 3.4's table would refuse */
static bool
is_simultaneous_answer(const struct model *m, const struct model_segment *s)
{
	return m->state == M_SYN_RECEIVED && !m->passive && (s->flags & (M_SYN | M_ACK | M_RST)) == (M_SYN | M_ACK) &&
	       s->seq == m->irs;
}

/* "If the RCV.WND is zero, [...] special allowance should be made to accept valid ACKs, URGs, and RSTs" */
static bool
is_probe(const struct model *m, const struct model_segment *s)
{
	return m->rcv_wnd == 0 && seg_len(s) > 0 && s->seq == m->rcv_nxt && m->state != M_TIME_WAIT;
}

/* RFC 7323, 4.3 (2), of segments whose ACK is acceptable: who cannot guess that is not to move TS.Recent (RFC 5961, 5) */
static void
note_timestamp(struct model *m, const struct model_segment *s)
{
	if (m->timestamps && s->has_timestamp && leq(m->ts_recent, s->tsval) && leq(s->seq, m->last_ack_sent))
		m->ts_recent = s->tsval;
}

/* Fifth, of a synchronised state. true: go on */
static bool
ack_field(struct model *m, const struct model_segment *s, reaction *r)
{
	if (!(s->flags & M_ACK)) {
		r->section = "3.10.7.4 fifth: no ACK";
		return false;
	}
	if (m->state == M_TIME_WAIT) {
		/* "The only thing that can arrive is a retransmission of the remote FIN. Acknowledge it": so is all
		 * but the empty ACK where it belongs */
		r->section = "3.10.7.4 fifth, TIME-WAIT";
		note_timestamp(m, s);
		if (seg_len(s) > 0 || s->seq != m->rcv_nxt)
			*r = acknowledge(m, *r);
		return false;
	}
	if (m->state == M_SYN_RECEIVED) {
		if (!lt(m->snd_una, s->ack) || lt(m->snd_nxt, s->ack)) {
			r->section = "3.10.7.4 fifth, SYN-RECEIVED";
			*r = answer(*r, M_RST, s->ack, 0);
			return false;
		}
		m->state = r->state = M_ESTABLISHED;
		r->told |= M_OPENED;
	}
	/* RFC 5961, 5 (MAY-12) */
	if (lt(s->ack, m->snd_una - m->max_snd_wnd) || lt(m->snd_nxt, s->ack)) {
		r->section = "3.10.7.4 fifth (RFC 5961, 5)";
		*r = acknowledge(m, *r);
		return false;
	}
	note_timestamp(m, s);
	if (lt(m->snd_una, s->ack))
		m->snd_una = s->ack;
	if (!m->fin_sent || m->snd_una != m->snd_nxt)
		return true;
	switch (m->state) {
	case M_FIN_WAIT_1:
		m->state = r->state = M_FIN_WAIT_2;
		break;
	case M_CLOSING:
		r->state = M_TIME_WAIT;
		r->told |= M_ENDED;
		r->end = M_END_CLOSED;
		m->state = M_TIME_WAIT;
		break;
	case M_LAST_ACK:
		*r = ended(*r, M_END_CLOSED);
		return false;
	default:
		break;
	}
	return true;
}

/* 3.10.7.4 */
static reaction
others(struct model *m, const struct model_segment *s)
{
	reaction r = stay(m, "3.10.7.4 first");

	if (reopens(m, s)) {
		r = listen(m, s, m->snd_nxt);
		r.section = "3.10.7.4 first, TIME-WAIT (RFC 6191)";
		return r;
	}
	/* the peer's SYN again: its retransmission, since our SYN-ACK was lost or is late; SYN-RECEIVED is asked to
	 * acknowledge it, and the SYN-ACK again does so with all that the peer needs (3.8.1) */
	if (m->state == M_SYN_RECEIVED && m->passive && (s->flags & (M_SYN | M_ACK | M_RST)) == M_SYN && s->seq == m->irs) {
		r.section = "3.8.1: the SYN again";
		r = answer(r, M_SYN | M_ACK, m->iss, m->rcv_nxt);
		r.answer.has_timestamp = m->timestamps;
		r.answer.tsecr = m->ts_recent;
		return r;
	}
	/* RFC 7323, 5.3 R1 and 3.2. Neither holds for a RST, nor the second for the SYNs that RFC 5961 wants answered */
	if (m->timestamps && !(s->flags & M_RST)) {
		if (s->has_timestamp && lt(s->tsval, m->ts_recent)) {
			r.section = "3.10.7.4 first (RFC 7323, 5.3 R1)";
			return acknowledge(m, r);
		}
		if (!s->has_timestamp && (!(s->flags & M_SYN) || (m->state == M_SYN_RECEIVED && m->passive))) {
			r.section = "RFC 7323, 3.2: without a timestamp";
			return r;
		}
	}
	if (is_simultaneous_answer(m, s)) {
		struct model_segment rest = *s;

		rest.flags &= (uint8_t)~M_SYN;
		rest.seq++;
		r.section = "3.5, figure 8, and 3.10.7.4 first: it stands below the window";
		if (!ack_field(m, &rest, &r))
			return r;
		return acknowledge(m, text_and_fin(m, &rest, r));
	}
	if (is_probe(m, s)) {
		struct model_segment rest = *s;

		rest.flags &= (uint8_t)~M_FIN;
		rest.length = 0;
		if (s->flags & M_RST)
			return reset(m, &rest);
		if (s->flags & M_ACK && !(s->flags & M_SYN)) {
			r.section = "3.10.7.4 first, zero window (MUST-66)";
			if (!ack_field(m, &rest, &r))
				return r;
			r = text_and_fin(m, &rest, r);
		}
		return acknowledge(m, r);
	}
	if (!acceptable(m, s))
		return s->flags & M_RST ? r : acknowledge(m, r);
	if (s->flags & M_RST)
		return reset(m, s);
	r.section = "3.10.7.4 fourth (RFC 5961, 4.2)";
	if (s->flags & M_SYN) {
		if (m->state == M_SYN_RECEIVED && m->passive) {
			r.state = M_LISTEN;
			return r;
		}
		return acknowledge(m, r);
	}
	r.section = "3.10.7.4 fifth to eighth";
	if (!ack_field(m, s, &r))
		return r;
	return text_and_fin(m, s, r);
}

struct model_reaction
model_arrives(const struct model *model, const struct model_segment *s)
{
	struct model m = *model;

	switch (m.state) {
	case M_CLOSED:
		return closed(&m, s);
	case M_LISTEN:
		return listen(&m, s, 0);
	case M_SYN_SENT:
		return syn_sent(&m, s);
	default:
		return others(&m, s);
	}
}
