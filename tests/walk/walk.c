/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Every segment in every state: all 64 combinations of six flags, with
 * sequence numbers around both ends of the window, acknowledgment numbers
 * around SND.UNA and SND.NXT, with and without text, under several options.
 * For each a fresh connection is brought into the state, the segment sent, and
 * what happens held against the model. A line is a state under one option set.
 *
 * usage: walk [--every N] [--only TEXT]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "place.h"

#define SHOWN 6u               /* differences that a line explains */
#define TEXT_LENGTH 10u

enum stamp { STAMP_NONE, STAMP_NEWER, STAMP_EQUAL, STAMP_OLDER };

static const struct option_set {
	const char *name;
	bool v6, timestamps;       /* negotiated */
	enum stamp stamp;          /* on the segment */
} sets[] = {
	{ "no options", false, false, STAMP_NONE },
	{ "IPv6", true, false, STAMP_NONE },
	{ "a timestamp that was not negotiated", false, false, STAMP_NEWER },
	{ "timestamps", false, true, STAMP_NEWER },
	{ "timestamps, the last one again", false, true, STAMP_EQUAL },
	{ "timestamps, an older one", false, true, STAMP_OLDER },
	{ "timestamps, none on the segment", true, true, STAMP_NONE },
};

enum where_seq {
	SEQ_FAR_BEFORE, SEQ_BEFORE, SEQ_ONE_BEFORE, SEQ_AT, SEQ_INSIDE, SEQ_NEAR_END, SEQ_LAST, SEQ_END, SEQ_BEHIND, SEQ_FAR, SEQS
};
static const char *const seq_names[SEQS] = {
	"far before the window", "before, overlapping", "one before", "RCV.NXT", "inside", "inside, text over the end",
	"last of the window", "end of the window", "one behind the end", "far beyond",
};

enum where_ack { ACK_TOO_OLD, ACK_OLDEST, ACK_OLD, ACK_UNA, ACK_INSIDE, ACK_NXT, ACK_BEYOND, ACK_FAR, ACKS };
static const char *const ack_names[ACKS] = {
	"too old", "oldest allowed", "SND.UNA-1", "SND.UNA", "inside", "SND.NXT", "SND.NXT+1", "far beyond",
};

struct step {
	uint8_t flags;
	enum where_seq seq;
	enum where_ack ack;
	bool text;
};

static uint32_t
seq_of(const struct model *m, enum where_seq where)
{
	uint32_t end = m->rcv_nxt + m->rcv_wnd;

	switch (where) {
	case SEQ_FAR_BEFORE:
		return m->rcv_nxt - 100000;
	case SEQ_BEFORE:
		return m->rcv_nxt - TEXT_LENGTH / 2;
	case SEQ_ONE_BEFORE:
		return m->rcv_nxt - 1;
	case SEQ_INSIDE:
		return m->rcv_nxt + 500;
	case SEQ_NEAR_END:
		return end - TEXT_LENGTH / 2;
	case SEQ_LAST:
		return end - 1;
	case SEQ_END:
		return end;
	case SEQ_BEHIND:
		return end + 1;
	case SEQ_FAR:
		return m->rcv_nxt + 0x7fff0000u;
	default:
		return m->rcv_nxt;
	}
}

static uint32_t
ack_of(const struct model *m, enum where_ack where)
{
	switch (where) {
	case ACK_TOO_OLD:
		return m->snd_una - m->max_snd_wnd - 1;
	case ACK_OLDEST:
		return m->snd_una - m->max_snd_wnd;
	case ACK_OLD:
		return m->snd_una - 1;
	case ACK_INSIDE:
		return m->snd_una + (m->snd_nxt - m->snd_una + 1) / 2;
	case ACK_NXT:
		return m->snd_nxt;
	case ACK_BEYOND:
		return m->snd_nxt + 1;
	case ACK_FAR:
		return m->snd_nxt + 0x40000000u;
	default:
		return m->snd_una;
	}
}

static struct model_segment
segment_of(const struct place *p, const struct option_set *set, const struct step *step)
{
	static const int32_t distance[] = { [STAMP_NEWER] = 1, [STAMP_EQUAL] = 0, [STAMP_OLDER] = -1 };
	struct model_segment s = {
		.flags = step->flags, .seq = seq_of(&p->model, step->seq), .ack = ack_of(&p->model, step->ack),
		.length = step->text ? TEXT_LENGTH : 0, .urgent = step->flags & M_URG ? 4 : 0,
		.has_timestamp = set->stamp != STAMP_NONE,
	};

	if (s.has_timestamp) {
		s.tsval = p->peer_tsval + (uint32_t)distance[set->stamp];
		s.tsecr = p->seen.options.tsval;
	}
	return s;
}

/* ---- what happened, in the model's words */

static enum model_end
end_of(uint32_t reason)
{
	static const enum model_end ends[TERN_CLOSE_MAX] = {
		[TERN_CLOSE_NORMAL] = M_END_CLOSED, [TERN_CLOSE_RESET] = M_END_RESET, [TERN_CLOSE_REFUSED] = M_END_REFUSED,
		[TERN_CLOSE_DATA_AFTER_CLOSE] = M_END_DATA_AFTER_CLOSE,
	};

	return ends[reason];
}

static struct model_reaction
observed(const struct place *p)
{
	const struct packet *out = &p->out[0];
	struct model_reaction r = { .answered = p->out_count > 0, .state = place_state(p), .delivered = p->read };

	if (r.answered)
		r.answer = (struct model_answer){
			.flags = out->flags & (M_FIN | M_SYN | M_RST | M_ACK), .seq = out->seq, .ack = out->ack,
			.has_timestamp = out->options.timestamp, .tsecr = out->options.tsecr,
		};
	if (p->mask & (TERN_ACCEPTED | TERN_CONNECTED))
		r.told |= M_OPENED;
	if (p->mask & TERN_READABLE)
		r.told |= M_READABLE;
	if (p->mask & TERN_PEER_CLOSED)
		r.told |= M_PEER_CLOSED;
	if (p->mask & TERN_URGENT)
		r.told |= M_URGENT;
	if (p->mask & TERN_CLOSED) {
		r.told |= M_ENDED;
		r.end = end_of(p->reason);
	}
	return r;
}

static bool
same_answer(const struct model_answer *wanted, const struct model_answer *found)
{
	if (wanted->flags != found->flags)
		return false;
	if (wanted->new_iss) {
		if (wanted->seq != 0 && (int32_t)(found->seq - wanted->seq) <= 0)
			return false;
	} else if (wanted->seq != found->seq) {
		return false;
	}
	if (wanted->flags & M_ACK && wanted->ack != found->ack)
		return false;
	if (wanted->flags & M_RST)
		return true;           /* RFC 7323, 3.2: a RST may carry a timestamp */
	return wanted->has_timestamp == found->has_timestamp && (!wanted->has_timestamp || wanted->tsecr == found->tsecr);
}

static bool
same(const struct model_reaction *wanted, const struct model_reaction *found)
{
	if (wanted->answered != found->answered || wanted->state != found->state || wanted->delivered != found->delivered ||
	    wanted->told != found->told || wanted->end != found->end)
		return false;
	return !wanted->answered || same_answer(&wanted->answer, &found->answer);
}

/* ---- telling of it */

static const char *
flag_names(uint8_t flags, char text[32])
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };

	text[0] = '\0';
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (flags & 1u << i) {
			strcat(text, text[0] == '\0' ? "" : ",");
			strcat(text, names[i]);
		}
	return text[0] == '\0' ? "no flag" : text;
}

static void
show(const char *who, const struct model_reaction *r, const struct place *p)
{
	static const char *const ends[] = { "", " ended: closed", " ended: reset", " ended: refused", " ended: text after CLOSE" };
	static const char *const told[] = { "opened", "readable", "peer-closed", "ended", "urgent" };
	char flags[32];

	printf("#     %s: %s", who, tern_state_name(r->state));
	if (!r->answered)
		printf(", no answer");
	else if (r->answer.new_iss)
		printf(", answer %s ISS ack RCV.NXT%+d", flag_names(r->answer.flags, flags), (int)(r->answer.ack - p->model.rcv_nxt));
	else
		printf(", answer %s seq SND.NXT%+d ack RCV.NXT%+d", flag_names(r->answer.flags, flags),
		       (int)(r->answer.seq - p->model.snd_nxt), (int)(r->answer.ack - p->model.rcv_nxt));
	if (r->answered && r->answer.has_timestamp)
		printf(" tsecr %u", r->answer.tsecr);
	printf(", %u octets, told", r->delivered);
	for (unsigned int i = 0; i < RTE_DIM(told); i++)
		if (r->told & 1u << i)
			printf(" %s", told[i]);
	printf("%s%s\n", r->told == 0 ? " nothing" : "", ends[r->end]);
	if (r->section != NULL)
		printf("#       by %s\n", r->section);
}

static void
differs(const struct place *p, const struct step *step, const struct model_reaction *wanted,
	const struct model_reaction *found, const char *trouble)
{
	char flags[32];

	printf("#   %s, seq %s, ack %s, %s\n", flag_names(step->flags, flags), seq_names[step->seq],
	       step->flags & M_ACK ? ack_names[step->ack] : "unused", step->text ? "text" : "no text");
	if (trouble != NULL)
		printf("#     %s\n", trouble);
	show("wanted", wanted, p);
	show("found ", found, p);
}

/* ---- the walk */

static bool
try(struct place *p, enum place_id id, const struct option_set *set, const struct step *step, bool explain)
{
	struct model_reaction wanted, found;
	struct model_segment s;
	const char *trouble;
	bool good;

	p->trouble = NULL;
	if (!place_enter(p, id)) {
		if (explain)
			printf("#   %s\n", p->trouble);
		place_leave(p);
		return false;
	}
	s = segment_of(p, set, step);
	wanted = model_arrives(&p->model, &s);
	place_inject(p, &s);
	found = observed(p);
	trouble = p->trouble != NULL ? p->trouble : p->out_count > 1 ? "more than one answer" :
		  p->garbled ? "octets that the peer did not send" : NULL;
	good = trouble == NULL && same(&wanted, &found);
	if (!good && explain)
		differs(p, step, &wanted, &found, trouble);
	p->trouble = NULL;
	place_leave(p);
	if (good && p->trouble != NULL) {
		good = false;
		if (explain)
			differs(p, step, &wanted, &found, p->trouble);
	}
	return good;
}

/* Combinations that are another one again are left out: an acknowledgment number that does not count. */
static bool
step_of(uint32_t n, struct step *step)
{
	step->flags = n % 64;
	n /= 64;
	step->text = n % 2;
	n /= 2;
	step->ack = n % ACKS;
	step->seq = n / ACKS;
	return step->seq < SEQS;
}

static bool
is_twin(const struct step *step)
{
	return !(step->flags & M_ACK) && step->ack != ACK_UNA;
}

static bool
line(unsigned int number, enum place_id id, const struct option_set *set, uint32_t every)
{
	static struct place p;
	uint32_t tried = 0, different = 0, n = 0;
	const char *left;
	struct step step;

	place_open(&p, set->v6, set->timestamps);
	for (uint32_t i = 0; step_of(i, &step); i++) {
		if (is_twin(&step) || n++ % every != 0)
			continue;
		tried++;
		if (!try(&p, id, set, &step, different < SHOWN))
			different++;
	}
	left = place_close(&p);
	if (left != NULL)
		printf("#   %s\n", left);
	printf("%s %u - %s, %s: %u segments", different > 0 || left != NULL ? "not ok" : "ok", number, place_names[id],
	       set->name, tried);
	printf(different > 0 ? ", %u differ\n" : "\n", different);
	fflush(stdout);
	return different == 0 && left == NULL;
}

static const char *
argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *every = argument(argc, argv, "--every"), *only = argument(argc, argv, "--only");
	unsigned int lines = 0;
	bool good = true;

	for (unsigned int set = 0; set < RTE_DIM(sets); set++)
		for (enum place_id id = 0; id < PLACES; id++) {
			if (only != NULL && strstr(place_names[id], only) == NULL && strstr(sets[set].name, only) == NULL)
				continue;
			good &= line(++lines, id, &sets[set], every != NULL ? (uint32_t)RTE_MAX(atoi(every), 1) : 1);
		}
	printf("1..%u\n", lines);
	return good ? 0 : 1;
}
