/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "problem.h"
#include "search.h"
#include "target.h"

enum command { COMMAND_LOAD = 1, COMMAND_SERVE = 2, COMMAND_PAIR = 4, COMMAND_SIM = 8 };

enum mode { MODE_CRR, MODE_CC, MODE_RR, MODE_STREAM, MODE_HOLD, MODE_FLOOD };
enum direction { DIRECTION_UP, DIRECTION_DOWN, DIRECTION_BOTH };
enum app { APP_ECHO, APP_DISCARD, APP_CHARGEN, APP_HTTP, APP_ANSWER };

/*
 * What was asked for, as values. Numbers are uint64_t throughout, because the
 * table of options writes them by offset; times are nanoseconds, sizes bytes.
 */
struct settings {
	enum command command;
	/* what */
	uint64_t mode, app, direction;
	const char *target, *listen, *device;
	struct targets targets;
	struct port_ranges ports;
	/* how much */
	uint64_t connections, hold, in_flight, rate, count, open_rate;
	uint64_t duration_ns, warmup_ns, interval_ns;
	uint64_t keepalive_ns, keepalive_interval_ns, keepalive_count;  /* 0: no keepalive */
	uint64_t timeout_ns, connect_timeout_ns, think_ns, every_ns;
	uint64_t requests, request_size, answer_size;
	uint64_t closer_server, close_rst, fastopen, verify;
	uint64_t no_probe;
	uint64_t work_ns;            /* of the server, a request */
	uint64_t lab, silent;        /* flood */
	uint64_t flood;              /* SYNs a second beside the load */
	/* HTTP */
	const char *http_path;       /* NULL: plain TCP */
	const char *const *headers;  /* "Name: value", the options' own */
	uint32_t header_count;
	/* the rate, as it comes and goes */
	uint64_t poisson, find, trial_ns;
	uint64_t arrival_seed;       /* of Poisson gaps */
	const char *ramp_text, *loss_text;
	struct ramp ramp;            /* stage_ns 0: none */
	double loss;                 /* share, of --find */
	bool rate_given;
	/* the report */
	uint64_t check, quiet;
	const char *json, *log, *fail_if, *seed;
	bool sleeps;                 /* --idle sleep: an idle core waits in the library */
	bool recording;              /* the device plays one, and ends with it */
	/* which of them the user gave */
	bool connections_given, answer_size_given, request_size_given, source_pool;
};

struct options;

/* Defaults, file and flags as values; then what only makes sense together is checked. 0 or -1 with *why. */
int settings_read(struct settings *s, const struct options *o, struct problem *why);
void settings_free(struct settings *s);

const char *settings_mode_name(uint64_t mode);
const char *settings_app_name(uint64_t app);
const char *settings_direction_name(uint64_t direction);
/* What one arrival is, for rates: "conn" or "request". */
const char *settings_unit(const struct settings *s);

static inline bool
settings_open_loop(const struct settings *s)
{
	return s->rate != 0;
}

/* All connections are opened before the clock starts. */
static inline bool
settings_opens_first(const struct settings *s)
{
	return s->mode == MODE_RR || s->mode == MODE_STREAM || s->mode == MODE_HOLD;
}

/* The load waits until connections are there: its own, or those of --hold. */
static inline bool
settings_loads_first(const struct settings *s)
{
	return settings_opens_first(s) || s->hold != 0;
}

/* What is counted is requests, of which a connection carries many. */
static inline bool
settings_by_request(const struct settings *s)
{
	return s->mode == MODE_RR || s->mode == MODE_HOLD;
}

/* settings_check.c */
int settings_check_devices(const struct settings *s, const struct options *o, struct problem *why);
int settings_check_keepalive(const struct settings *s, const struct options *o, struct problem *why);
int settings_check_client(struct settings *s, const struct options *o, struct problem *why);

/* Connections open at most on a core, and at which rate it launches: shares that add up to the whole. */
uint64_t settings_connections_of(const struct settings *s, unsigned int core, unsigned int cores);
uint64_t settings_hold_of(const struct settings *s, unsigned int core, unsigned int cores);
/* 0: one on each connection */
uint64_t settings_in_flight_of(const struct settings *s, unsigned int core, unsigned int cores);
uint64_t settings_count_of(const struct settings *s, unsigned int core, unsigned int cores);

#endif
