/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "options.h"

#define CLIENT (COMMAND_LOAD | COMMAND_PAIR)
#define EVERY  (COMMAND_LOAD | COMMAND_PAIR | COMMAND_SERVE)
#define AT(field) offsetof(struct settings, field)

#define NUMBER(field, low, high) .kind = OPTION_NUMBER, .offset = AT(field), .min = (low), .max = (high)
#define TIME(field, low, high) .kind = OPTION_TIME, .offset = AT(field), .min = (low), .max = (high)
#define WORD(field, list) .kind = OPTION_WORD, .offset = AT(field), .words = (list)
#define SWITCH(field) .kind = OPTION_SWITCH, .offset = AT(field)
#define TEXT(field) .kind = OPTION_TEXT, .offset = AT(field)

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define YEAR (365 * 86400 * SECOND)
#define MAX_KEEPALIVE (UINT64_C(32767) * SECOND)   /* as the library's, and Linux's */
#define GIB (UINT64_C(1) << 30)
#define NO_LIMIT UINT64_MAX

static const char *const mode_words[] = { "crr", "cc", "rr", "stream", "hold", "flood", NULL };
static const char *const direction_words[] = { "up", "down", "both", NULL };
static const char *const arrival_words[] = { "even", "poisson", NULL };
static const char *const find_words[] = { "none", "max", NULL };
static const char *const app_words[] = { "echo", "discard", "chargen", "http", NULL };
static const char *const close_words[] = { "fin", "rst", NULL };
static const char *const closer_words[] = { "client", "server", NULL };

static const char group_what[] = "What to do";
static const char group_load[] = "How much";
static const char group_talk[] = "What a connection does";
static const char group_report[] = "Reports and criteria";

static const struct program_option table[] = {
	{ group_what, "target", "TARGET", NULL, "where to connect: 198.18.1.1:80-95,[2001:2::1]:80, used in turn; or http://ADDR[:PORT]/path",
	  0, COMMAND_LOAD, TEXT(target) },
	{ group_what, "mode", "MODE", "crr", "cc: connect, close; crr: connect, request, answer, close; rr: requests on open connections; "
	  "stream: bytes without end; hold: open connections and keep them; "
	  "flood: SYNs alone, with --lab",
	  0, CLIENT, WORD(mode, mode_words) },
	{ group_what, "listen", "PORTS", "80", "ports to listen on, at every local address: 80-95,443",
	  0, COMMAND_SERVE | COMMAND_PAIR, TEXT(listen) },
	{ group_what, "app", "APP", "echo", "echo; discard: read all, say nothing; chargen: send without end (RFC 864); http: answer --answer-size bytes; pair: echo or http",
	  0, COMMAND_SERVE | COMMAND_PAIR, WORD(app, app_words) },
	{ group_what, "config", "FILE.ini", NULL, "take options from a file, key = value; a flag wins over the file",
	  0, EVERY, .kind = OPTION_TEXT, .offset = SIZE_MAX },
	{ group_what, "check", NULL, NULL, "parse everything, print what would run, exit",
	  0, EVERY, SWITCH(check) },

	{ group_load, "connections", "N", NULL, "open at most, all cores together (default 64 a core; with -R alone 16,384; stream: 1)",
	  'c', CLIENT, NUMBER(connections, 1, UINT64_C(100000000)) },
	{ group_load, "hold", "N", NULL, "open N more connections first, and keep them idle beside the load",
	  0, CLIENT, NUMBER(hold, 1, UINT64_C(100000000)) },
	{ group_load, "in-flight", "N", NULL, "rr: requests under way at once, on connections picked at random (default: one on each)",
	  0, CLIENT, NUMBER(in_flight, 1, UINT64_C(100000000)) },
	{ group_load, "rate", "N", NULL, "open loop: start N connections (rr: requests) a second, evenly spaced",
	  'R', CLIENT, NUMBER(rate, 1, UINT64_C(1000000000)) },
	{ group_load, "arrival", "HOW", "even", "of -R: even: equal gaps; poisson: exponential ones, repeatable by --seed",
	  0, CLIENT, WORD(poisson, arrival_words) },
	{ group_load, "ramp", "FROM..TO/+STEP@TIME", NULL, "open loop: raise the rate from step to step, a row of the report each: 1k..10k/+1k@5s",
	  0, CLIENT, TEXT(ramp_text) },
	{ group_load, "find", "WHAT", "none", "max: search for the highest rate that holds, up to -R if given",
	  0, CLIENT, WORD(find, find_words) },
	{ group_load, "loss", "SHARE%", "0.001%", "find: a rate holds if no more failed or was not started, and no --fail-if is met",
	  0, CLIENT, TEXT(loss_text) },
	{ group_load, "trial", "TIME", "10s", "find: how long each rate is tried, after a --warmup",
	  0, CLIENT, TIME(trial_ns, 10 * MS, YEAR) },
	{ group_load, "open-rate", "N", NULL, "hold, rr, stream, --hold: open N connections a second (default: as fast as they come)",
	  0, CLIENT, NUMBER(open_rate, 1, UINT64_C(100000000)) },
	{ group_load, "count", "N", NULL, "stop after N connections (rr: requests); serve: after N were closed",
	  0, EVERY, NUMBER(count, 1, NO_LIMIT) },
	{ group_load, "duration", "TIME", "10s", "how long is measured, after the warm-up; serve: until Ctrl-C unless given",
	  'd', EVERY, TIME(duration_ns, MS, YEAR) },
	{ group_load, "warmup", "TIME", "1s", "the same load before that, not measured",
	  0, CLIENT, TIME(warmup_ns, 0, YEAR) },
	{ group_load, "seed", "N", NULL, "make ports, sequence numbers, hashes, Poisson arrivals and what --in-flight picks repeatable",
	  0, EVERY, TEXT(seed) },

	{ group_talk, "request-size", "BYTES", "64", "bytes of a request; serve: with --answer-size, bytes that are answered at once",
	  0, EVERY, NUMBER(request_size, 1, GIB) },
	{ group_talk, "answer-size", "BYTES", "64", "bytes of an answer; serve --app echo: answer so many instead of what came; http: of the body",
	  0, EVERY, NUMBER(answer_size, 1, GIB) },
	{ group_talk, "work", "TIME", "0s", "time of the CPU that a server burns on each request before it answers, as an application would (echo, http)",
	  0, COMMAND_SERVE | COMMAND_PAIR, TIME(work_ns, 0, SECOND) },
	{ group_talk, "header", "'NAME: VALUE'", NULL, "HTTP: a field of the requests",
	  'H', CLIENT, .kind = OPTION_TEXT, .offset = SIZE_MAX, .repeat = true },
	{ group_talk, "requests", "N", "0", "rr: requests on a connection before it is closed and opened anew; 0: no limit",
	  0, CLIENT, NUMBER(requests, 0, UINT32_MAX) },
	{ group_talk, "direction", "WAY", "up", "stream: up: the client sends; down: the server; both",
	  0, CLIENT, WORD(direction, direction_words) },
	{ group_talk, "every", "TIME", NULL, "hold: one request on each connection every so often (default: none)",
	  0, CLIENT, TIME(every_ns, MS, YEAR) },
	{ group_load, "flood", "N", NULL, "beside the load so many SYNs a second from --src, whose SYN-ACKs nobody answers; with --lab",
	  0, CLIENT, NUMBER(flood, 1, UINT64_C(100000000)) },
	{ group_talk, "lab", NULL, NULL, "flood: this is a laboratory, and both ends of the flood are mine",
	  0, CLIENT, SWITCH(lab) },
	{ group_talk, "silent", NULL, NULL, "flood: leave SYN-ACKs that come back without an answer (default: RST)",
	  0, CLIENT, SWITCH(silent) },
	{ group_talk, "think", "TIME", "0s", "pause of a connection between an answer and what it does next",
	  0, CLIENT, TIME(think_ns, 0, 86400 * SECOND) },
	{ group_talk, "close", "HOW", "fin", "fin: orderly; rst: abort when the answer is there",
	  0, EVERY, WORD(close_rst, close_words) },
	{ group_talk, "closer", "SIDE", "client", "who closes first: client, or server (its FIN rides on the answer)",
	  0, EVERY, WORD(closer_server, closer_words) },
	{ group_talk, "timeout", "TIME", "2s", "a request, or a close, that takes longer has failed",
	  'T', CLIENT, TIME(timeout_ns, MS, 86400 * SECOND) },
	{ group_talk, "connect-timeout", "TIME", NULL, "the same for the handshake (default: --timeout)",
	  0, CLIENT, TIME(connect_timeout_ns, MS, 86400 * SECOND) },
	{ group_talk, "keepalive", "TIME", NULL, "probe a connection whose peer was silent for so long",
	  0, EVERY, TIME(keepalive_ns, MS, MAX_KEEPALIVE) },
	{ group_talk, "keepalive-interval", "TIME", "75s", "time between such probes",
	  0, EVERY, TIME(keepalive_interval_ns, MS, MAX_KEEPALIVE) },
	{ group_talk, "keepalive-count", "N", "9", "unanswered probes that end the connection",
	  0, EVERY, NUMBER(keepalive_count, 1, 127) },
	{ group_talk, "fastopen", NULL, NULL, "Fast Open (RFC 7413): the request rides on the SYN; serve: takes it there",
	  0, EVERY, SWITCH(fastopen) },
	{ group_talk, "verify", NULL, NULL, "compare every echoed byte (the length is always checked)",
	  0, CLIENT, SWITCH(verify) },
	{ group_talk, "no-probe", NULL, NULL, "start the clock without one connection made for trial",
	  0, CLIENT, SWITCH(no_probe) },

	{ group_report, "interval", "TIME", "1s", "time between live lines, on stderr",
	  'i', EVERY, TIME(interval_ns, 10 * MS, YEAR) },
	{ group_report, "quiet", NULL, NULL, "no live lines",
	  'q', EVERY, SWITCH(quiet) },
	{ group_report, "json", "FILE", NULL, "write the whole report as one JSON object; - is stdout, instead of the summary",
	  0, EVERY, TEXT(json) },
	{ group_report, "log", "FILE.ndjson", NULL, "write every interval as one line of JSON, as it passes",
	  0, EVERY, TEXT(log) },
	{ group_report, "fail-if", "LIST", NULL, "exit 2 if one of these holds: failed>0.1%,p99>5ms,rate<100k",
	  0, CLIENT, TEXT(fail_if) },
};

const struct program_option *
program_options(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}
