/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_CASE_H
#define SOAK_CASE_H

/*
 * A case: a network, the options of its hosts, and what their programs do, as
 * plain numbers. It comes from a seed, has a text form, and can be made smaller
 * by taking parts away. Every field has a neutral value, with which it is as if
 * it were not there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SOAK_HOSTS 4u
#define SOAK_LINKS (SOAK_HOSTS + 1)
#define SOAK_CONNS 16u
#define SOAK_STEPS 160u
#define SOAK_ARGS 7u

struct soak_network {
	uint64_t hosts;            /* 2: one cable; more: each has one to a switch */
	uint64_t dumbbell;         /* two switches, hosts in turn, and a cable between them: the last link */
	uint64_t mbufs;
};

/* One direction; probabilities in millionths */
struct soak_direction {
	uint64_t rate, delay_ns, jitter_ns;
	uint64_t queue, ecn, queue_bytes;
	uint64_t loss, gilbert_p, gilbert_r, gilbert_bad, gilbert_good;
	uint64_t reorder, reorder_ns, duplicate, corrupt;
	uint64_t mtu, mtu_icmp;
	uint64_t up_ns, down_ns;
};

struct soak_host {
	uint64_t window, window_max, sndbuf, mtu, mss;
	uint64_t no_timestamps, no_sack, no_wscale, nagle, ecn, congestion, pacing, strict;
	uint64_t ack_every, delayed_ack, initial_window, rto_min, syn_cookies, synack_retries;
	uint64_t time_wait, user_timeout, syn_timeout, fin_timeout;
	uint64_t max_time_wait;
	uint64_t backlog, fastopen;   /* of its listener */
};

enum soak_verb {
	SOAK_OPEN, SOAK_SEND, SOAK_SHUTDOWN, SOAK_CLOSE, SOAK_ABORT, SOAK_STALL, SOAK_RESUME, SOAK_READ, SOAK_SET,
	SOAK_CHANGE, SOAK_LISTEN, SOAK_UNLISTEN, SOAK_VERBS
};

/* send how= */
enum { SOAK_COPY, SOAK_REF, SOAK_URGENT, SOAK_SMALL, SOAK_HOWS };
/* read how= */
enum { SOAK_RECV, SOAK_PEEK, SOAK_DISCARD, SOAK_SIPS, SOAK_MBUFS, SOAK_READS };

struct soak_step {
	uint64_t at_ns;            /* since the beginning */
	uint64_t verb;
	uint64_t arg[SOAK_ARGS];   /* as soak_verbs[] names them */
};

struct soak_case {
	uint64_t seed;
	struct soak_network network;
	struct soak_host host[SOAK_HOSTS];
	struct soak_direction link[SOAK_LINKS][2];   /* away from the host, and to it */
	uint32_t steps;
	struct soak_step step[SOAK_STEPS];           /* in the order of time */
};

/* arguments of verbs */
enum { OPEN_CONN, OPEN_FROM, OPEN_TO, OPEN_V6, OPEN_DATA, OPEN_FASTOPEN, OPEN_TIMEOUT_MS };
enum { STEP_CONN, STEP_END, SEND_BYTES, SEND_HOW, READ_HOW = SEND_BYTES, SET_OPTION = SEND_BYTES, SET_VALUE };
enum { CHANGE_LINK, CHANGE_BACK, CHANGE_FIELD, CHANGE_VALUE };

/* How a host's field becomes a word of tern_sim_host() */
enum soak_word { WORD_NONE, WORD_SWITCH, WORD_NUMBER, WORD_MS, WORD_NAME };

struct soak_field {
	const char *name;          /* ends a table when NULL */
	size_t offset;
	uint64_t neutral;
	enum soak_word word;
	const char *const *names;  /* of WORD_NAME, by value */
};
extern const struct soak_field soak_network_fields[], soak_host_fields[], soak_direction_fields[];

static inline uint64_t *
soak_value(const struct soak_field *f, void *of)
{
	return (uint64_t *)(void *)((char *)of + f->offset);
}
static inline uint64_t
soak_get(const struct soak_field *f, const void *of)
{
	return *(const uint64_t *)(const void *)((const char *)of + f->offset);
}

struct soak_verb_words {
	const char *name;
	const char *arg[SOAK_ARGS];    /* NULL behind the last */
};
extern const struct soak_verb_words soak_verbs[SOAK_VERBS];

/* Options that a step may set, by name and tern_option_id */
struct soak_option {
	const char *name;
	unsigned int id;
};
extern const struct soak_option soak_options[];
extern const unsigned int soak_options_count;

/* all neutral: two hosts, a perfect cable, nothing to do */
void soak_case_init(struct soak_case *c);
unsigned int soak_links(const struct soak_case *c);
void soak_generate(struct soak_case *c, uint64_t seed);
void soak_print(const struct soak_case *c, FILE *to);
/* @return NULL, or what is wrong; *line says where */
const char *soak_parse(struct soak_case *c, FILE *from, unsigned int *line);

/* Does it fail in the same way still? */
typedef bool (*soak_fails)(const struct soak_case *c, void *arg);
/* Take away what is not needed to fail, with at most so many trials. @return how many it took */
unsigned int soak_shrink(struct soak_case *c, soak_fails fails, void *arg, unsigned int most);

#endif
