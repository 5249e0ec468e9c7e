/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

/* The words of tern_open(), read and checked; nothing is started here. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/tern.h>

#include "port/device.h"
#include "run/addresses.h"
#include "run/cpus.h"

#define SIDE_MAX_IPS PORT_MAX_ADDRESSES
#define SIDE_MAX_GATEWAYS 8u
#define SIDE_MAX_POOLS 32u

enum idle { IDLE_POLL, IDLE_PAUSE, IDLE_SLEEP };
enum profile { PROFILE_DEFAULT, PROFILE_STRICT };
enum checksum { CHECKSUM_AUTO, CHECKSUM_SOFTWARE };
enum tso { TSO_AUTO, TSO_OFF };

/* What one side is given. Numbers are 64 bits wide for the table's sake; times are in nanoseconds. */
struct side_options {
	const char *device;                  /* as given: borrowed from argv, until tern_open() returns */
	const struct device_kind *kind;
	const char *device_argument;
	struct cpu_list cpus;                /* empty: chosen at start */
	unsigned int ips, gateways, pools;
	struct ip_word ip[SIDE_MAX_IPS];
	struct tern_addr gateway[SIDE_MAX_GATEWAYS];
	struct pool_word pool[SIDE_MAX_POOLS];

	uint64_t mtu, burst;
	uint64_t syn_cookies, cookie_threshold;  /* TCP_COOKIES_x; 0: by max_half_open */
	uint64_t checksum;                   /* enum checksum */
	uint64_t tso;                        /* enum tso */
	uint64_t profile;                    /* enum profile */
	uint64_t mss, window, window_max, sndbuf, notsent_lowat, initial_window, ack_every, ttl, tos;
	uint64_t max_connections, max_half_open, max_time_wait;
	uint64_t delayed_ack_ns, rto_min_ns, rto_max_ns, rto_initial_ns, syn_timeout_ns, synack_retries;
	uint64_t challenge_ns;
	uint64_t user_timeout_ns, fin_timeout_ns, time_wait_ns;
	uint64_t pmtu_base;
	uint64_t ecn;                        /* TCP_ECN_x */
	bool no_timestamps, no_sack, no_wscale, nagle, pacing, account, no_pmtu, no_dad;
	const char *congestion;
};

struct options {
	bool pair;
	struct side_options side[2];         /* client, server; or the only one */
	bool no_huge, shared, seeded;
	uint64_t seed, mbufs;                /* mbufs of a pool; 0: by what is used */
	uint64_t idle;                       /* enum idle */
	const char *capture;                 /* as given: borrowed from argv, until tern_open() returns; NULL: none */
	uint64_t capture_size, capture_limit;
};

/* The fallbacks of the table. */
void options_defaults(struct options *o);

/* argv[0] is skipped. 0, or -1 with why. */
int options_parse(struct options *o, int argc, char **argv, struct complaint *why);

/* For a stack on somebody else's port: one side, and no word about devices, cores or memory. */
int options_parse_stack(struct options *o, int argc, char **argv, struct complaint *why);

/* For a host of a simulated network: the same, but it has an interface of its own. */
int options_parse_host(struct options *o, int argc, char **argv, struct complaint *why);

static inline unsigned int
options_sides(const struct options *o)
{
	return o->pair ? 2 : 1;
}

/* "", "client " or "server ": before the name of what belongs to a side. */
static inline const char *
options_side_name(const struct options *o, unsigned int side)
{
	return !o->pair ? "" : side == 0 ? "client " : "server ";
}

#endif
