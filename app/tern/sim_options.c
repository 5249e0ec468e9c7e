/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "sim_settings.h"

#define AT(field) offsetof(struct sim_settings, field)

#define SIM .commands = COMMAND_SIM
#define NUMBER(field, low, high) SIM, .kind = OPTION_NUMBER, .offset = AT(field), .min = (low), .max = (high)
#define TIME(field, low, high) SIM, .kind = OPTION_TIME, .offset = AT(field), .min = (low), .max = (high)
#define WORD(field, list) SIM, .kind = OPTION_WORD, .offset = AT(field), .words = (list)
#define SWITCH(field) SIM, .kind = OPTION_SWITCH, .offset = AT(field)
#define TEXT(field) SIM, .kind = OPTION_TEXT, .offset = AT(field)
/* a key of the bottleneck's model: sim_model.c reads it */
#define MODEL SIM, .kind = OPTION_TEXT, .offset = SIZE_MAX
#define ON_LINK SIM, .kind = OPTION_SWITCH, .offset = SIZE_MAX

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define YEAR (365 * 86400 * SECOND)
#define NO_LIMIT UINT64_MAX

static const char *const mode_words[] = { "bulk", "rr", NULL };
static const char *const direction_words[] = { "up", "down", "both", NULL };
static const char *const place_words[] = { "enter", "leave", NULL };

static const char group_what[] = "What to do";
static const char group_flows[] = "Flows";
static const char group_path[] = "The path: a dumbbell, unless a file has [host] sections";
static const char group_bad[] = "What is bad about its bottleneck";
static const char group_report[] = "Reports";

static const struct program_option table[] = {
	{ group_what, "config", "FILE.ini", NULL, "take options from a file, and a network of one's own; a flag wins over the file",
	  SIM, .kind = OPTION_TEXT, .offset = SIZE_MAX },
	{ group_what, "check", NULL, NULL, "parse everything, print what would run, exit", SWITCH(check) },
	{ group_what, "duration", "TIME", NULL, "network time to simulate (30s; with --size: until all bytes are there)",
	  .letter = 'd', TIME(duration_ns, MS, YEAR) },
	{ group_what, "warmup", "TIME", "0s", "leave out of the figures what happens before that", TIME(warmup_ns, 0, YEAR) },
	{ group_what, "seed", "N", "1", "the same seed gives the same packets, byte for byte", NUMBER(seed, 0, UINT64_C(1) << 52) },
	{ group_what, "repeat", "N", "1", "with so many seeds, from --seed on: a row each, and the medians; files tell of the first", NUMBER(repeat, 1, 10000) },

	{ group_flows, "flows", "N", "1", "connections, each with a port of its own", NUMBER(flows, 1, 10000) },
	{ group_flows, "congestion", "NAME,...", NULL, "congestion control, in turn over the flows (default: the stack's)", TEXT(congestion) },
	{ group_flows, "mode", "MODE", "bulk", "bulk: bytes as fast as they go; rr: request, answer, request", WORD(mode, mode_words) },
	{ group_flows, "direction", "WAY", "up", "bulk: up: the client sends; down: the server; both", WORD(direction, direction_words) },
	{ group_flows, "size", "BYTES", NULL, "bulk: bytes a flow and direction (default: without end)", NUMBER(size, 1, NO_LIMIT / 2) },
	{ group_flows, "requests", "N", NULL, "rr: requests a flow (default: without end)", NUMBER(requests, 1, UINT32_MAX) },
	{ group_flows, "request-size", "BYTES", "64", "rr: bytes of a request", NUMBER(request_size, 1, UINT64_C(1) << 30) },
	{ group_flows, "answer-size", "BYTES", "64", "rr: bytes of an answer", NUMBER(answer_size, 1, UINT64_C(1) << 30) },
	{ group_flows, "stagger", "TIME", "0s", "each flow begins so much later than the one before it", TIME(stagger_ns, 0, YEAR) },
	{ group_flows, "ipv6", NULL, NULL, "over IPv6", SWITCH(ipv6) },

	{ group_path, "link-rate", "RATE", "100mbit", "of the bottleneck: 10kbit, 100mbit, 2.5gbit", TEXT(link_rate) },
	{ group_path, "reverse-rate", "RATE", NULL, "of its way back, from servers to clients (default: the same)", TEXT(reverse_rate) },
	{ group_path, "access-rate", "RATE", NULL, "of the hosts' own links (default: no limit)", TEXT(access_rate) },
	{ group_path, "rtt", "TIME,...", "40ms", "round trip without queueing; several: in turn over the hosts", TEXT(rtt) },
	{ group_path, "hosts", "N", NULL, "clients, and as many servers, which the flows share (default: one a flow, at most 256)", NUMBER(hosts, 1, 4096) },
	{ group_path, "queue", "SIZE", NULL, "of the bottleneck: 256Ki, 100p (packets), 0.5bdp (default: 1bdp, at least 20p)", MODEL },
	{ group_path, "aqm", "HOW", "taildrop", "taildrop, red, or codel (RFC 8289)", MODEL },
	{ group_path, "ecn", NULL, NULL, "hosts ask for ECN, and red or codel marks what it would drop", SWITCH(ecn) },
	{ group_path, "red-min", "BYTES", NULL, "red: average queue from which on it drops (default: a sixth of --queue)", MODEL },
	{ group_path, "red-max", "BYTES", NULL, "red: up to where it does by --red-probability (default: half of --queue)", MODEL },
	{ group_path, "red-probability", "SHARE", NULL, "red: of being dropped, at --red-max (default: 10%)", MODEL },
	{ group_path, "codel-target", "TIME", NULL, "codel: acceptable standing delay (default: 5ms)", MODEL },
	{ group_path, "codel-interval", "TIME", NULL, "codel: in which the delay must have been that low once (default: 100ms)", MODEL },
	{ group_path, "mtu", "BYTES", "1500", "largest IP packet of the hosts", NUMBER(mtu, 576, 9728) },

	{ group_bad, "loss", "SHARE", NULL, "packets lost, each by itself, both ways: 0.1% or 0.001", MODEL },
	{ group_bad, "reverse-loss", "SHARE", NULL, "the same from servers to clients alone (default: as --loss)", TEXT(reverse_loss) },
	{ group_bad, "gilbert", "P,R[,BAD[,GOOD]]", NULL, "bursts of loss (Gilbert-Elliott): from good to bad, and back; lost in each (1, 0)", MODEL },
	{ group_bad, "reorder", "SHARE[,TIME]", NULL, "packets that come later than those behind them, by TIME (three packets' time)", MODEL },
	{ group_bad, "duplicate", "SHARE", NULL, "packets that come twice", MODEL },
	{ group_bad, "corrupt", "SHARE", NULL, "packets with a bit flipped", MODEL },
	{ group_bad, "jitter", "TIME", NULL, "added to the delay, between 0 and this; in order", MODEL },
	{ group_bad, "flap", "UP,DOWN", NULL, "the link goes down again and again: 10s,500ms", MODEL },
	{ group_bad, "link-mtu", "BYTES", NULL, "larger packets vanish", MODEL },
	{ group_bad, "link-mtu-icmp", NULL, NULL, "and are answered with ICMP", ON_LINK },

	{ group_report, "interval", "TIME", "100ms", "of --csv and --svg", .letter = 'i', TIME(interval_ns, MS / 10, YEAR) },
	{ group_report, "json", "FILE", NULL, "write the whole report as one JSON object; - is stdout, instead of the summary", TEXT(json) },
	{ group_report, "csv", "FILE", NULL, "write a row an interval and flow", TEXT(csv) },
	{ group_report, "svg", "FILE", NULL, "draw window, round trip and goodput over time", TEXT(svg) },
	{ group_report, "capture", "FILE", NULL, "write a link's packets as pcapng, in network time", TEXT(capture) },
	{ group_report, "capture-link", "NAME", NULL, "which link: the report names them (default: the bottleneck)", TEXT(capture_link) },
	{ group_report, "capture-at", "WHERE", "enter", "enter: with what will be lost; leave: what arrives", WORD(capture_leave, place_words) },
	{ group_report, "quiet", NULL, NULL, "no live line", .letter = 'q', SWITCH(quiet) },
	{ group_report, "mbufs", "N", NULL, "packets and queued data of all hosts (default: by what flows may have under way)",
	  NUMBER(mbufs, 2048, UINT64_C(16) << 20) },
};

const struct program_option *
sim_options(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}
