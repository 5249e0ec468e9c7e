/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <pthread.h>
#include <string.h>

#include "run/option_table.h"
#include "tcp/config.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define DAY (86400 * SECOND)
#define GIGA (UINT64_C(1) << 30)

#define OF_SIDE(field) offsetof(struct side_options, field)
#define OF_ALL(field) offsetof(struct options, field)

static const char *const profiles[] = { "default", "strict", NULL };
static const char *const checksums[] = { "auto", "software", NULL };
static const char *const tsos[] = { "auto", "off", NULL };
static const char *const idles[] = { "poll", "pause", "sleep", NULL };
static const char *const cookies[] = { "never", "auto", "always", NULL };   /* as enum TCP_COOKIES_x */
static const char *const ecns[] = { "off", "on", "accept", NULL };
static const char *const congestions[] = { "cubic", "newreno", "none", NULL };

const struct option option_table[] = {
	/* where */
	{ { "pair", NULL, NULL, "two sides in this process, client and server", false, false },
	  OPTION_SWITCH, .offset = OF_ALL(pair) },
	{ { "dev", "DEVICE", NULL, "loop, tap:NAME, memif:SOCKET, pcap:IN,OUT or vdev:STRING (a pair without one runs over loop)", true, false },
	  OPTION_DEVICE, OF_SIDE(device), .pair = PAIR_NAMED },
	{ { "ip", "ADDR/PREFIX[@VLAN]", NULL, "a local address; on loop there is one of each family by default", true, true },
	  OPTION_IP, OF_SIDE(ip), .pair = PAIR_NAMED, .stack = true },
	{ { "gw", "ADDR", NULL, "the default gateway, one a family and VLAN", true, true },
	  OPTION_GATEWAY, OF_SIDE(gateway), .pair = PAIR_NAMED, .stack = true },
	{ { "src", "POOL", NULL, "source addresses: ADDR/PREFIX, FIRST-LAST or ADDR, and @VLAN", true, true },
	  OPTION_POOL, OF_SIDE(pool), .pair = PAIR_CLIENT, .stack = true },
	{ { "cores", "LIST", NULL, "CPUs, a stack on each: 2-5,8 (a pair's first half is the client's)", true, false },
	  OPTION_CPUS, .offset = OF_SIDE(cpus) },

	/* the interface */
	{ { "mtu", "BYTES", "1500", "largest IP packet", true, false },
	  OPTION_NUMBER, OF_SIDE(mtu), .min = 128, .max = 9728, .host = true },
	{ { "checksum", "auto|software", "auto", "whether the device may compute checksums", true, false },
	  OPTION_WORD, OF_SIDE(checksum), .words = checksums, .stack = true },
	{ { "tso", "auto|off", "auto", "whether the device may cut large frames into segments", true, false },
	  OPTION_WORD, OF_SIDE(tso), .words = tsos, .stack = true },
	{ { "no-dad", NULL, NULL, "do not ask whether somebody else has our addresses", true, false },
	  OPTION_SWITCH, OF_SIDE(no_dad), .stack = true },
	{ { "burst", "FRAMES", "32", "most frames a receive", true, false },
	  OPTION_NUMBER, OF_SIDE(burst), .min = 1, .max = 64, .stack = true },
	{ { "ttl", "N", "64", "time to live, hop limit", true, false },
	  OPTION_NUMBER, OF_SIDE(ttl), .min = 1, .max = 255, .stack = true },
	{ { "tos", "N", "0", "type of service, traffic class", true, false },
	  OPTION_NUMBER, OF_SIDE(tos), .min = 0, .max = 255, .stack = true },

	/* TCP */
	{ { "profile", "default|strict", "default", "strict: --ack-every 2 --rto-min 1s --time-wait 4min --nagle", true, false },
	  OPTION_WORD, OF_SIDE(profile), .words = profiles, .stack = true },
	{ { "mss", "BYTES", NULL, "largest segment to announce; by default what --mtu allows", true, false },
	  OPTION_NUMBER, OF_SIDE(mss), .min = 48, .max = 9688, .stack = true },
	{ { "no-pmtu", NULL, NULL, "no path MTU discovery: IPv4 without DF, and no report of a smaller MTU is believed", true, false },
	  OPTION_SWITCH, OF_SIDE(no_pmtu), .stack = true },
	{ { "pmtu-base", "BYTES", "1024", "packet size to fall back to when full segments vanish", true, false },
	  OPTION_NUMBER, OF_SIDE(pmtu_base), .min = 552, .max = 9728, .stack = true },
	{ { "window", "BYTES", NULL, "receive window of a connection, fixed; by default 256Ki that grow with the path", true, false },
	  OPTION_NUMBER, OF_SIDE(window), .min = 1024, .max = GIGA - 1, .stack = true },
	{ { "window-max", "BYTES", "6Mi", "what the window grows to at most, unless --window fixes it", true, false },
	  OPTION_NUMBER, OF_SIDE(window_max), .min = 1024, .max = GIGA - 1, .stack = true },
	{ { "sndbuf", "BYTES", "256Ki", "send queue of a connection", true, false },
	  OPTION_NUMBER, OF_SIDE(sndbuf), .min = 1024, .max = GIGA - 1, .stack = true },
	{ { "notsent-lowat", "BYTES", NULL, "of these, how much may wait unsent; by default all of it", true, false },
	  OPTION_NUMBER, OF_SIDE(notsent_lowat), .min = 1, .max = GIGA - 1, .stack = true },
	{ { "congestion", "cubic|newreno|none", "cubic", "congestion control; none is for benchmarks alone", true, false },
	  OPTION_TEXT, OF_SIDE(congestion), .words = congestions, .stack = true },
	{ { "pacing", NULL, NULL, "spread what the window allows over the round trip", true, false },
	  OPTION_SWITCH, OF_SIDE(pacing), .stack = true },
	{ { "account", NULL, NULL, "count for each connection, from its SYN on, what tern_info() and TCP_INFO tell; costs speed", true, false },
	  OPTION_SWITCH, OF_SIDE(account), .stack = true },
	{ { "initial-window", "SEGMENTS", "10", "first congestion window", true, false },
	  OPTION_NUMBER, OF_SIDE(initial_window), .min = 1, .max = 1000, .stack = true },
	{ { "no-timestamps", NULL, NULL, "no timestamps, so no PAWS", true, false },
	  OPTION_SWITCH, OF_SIDE(no_timestamps), .stack = true },
	{ { "no-sack", NULL, NULL, "no selective acknowledgments", true, false },
	  OPTION_SWITCH, OF_SIDE(no_sack), .stack = true },
	{ { "no-wscale", NULL, NULL, "no window scaling, so windows below 64 Ki", true, false },
	  OPTION_SWITCH, OF_SIDE(no_wscale), .stack = true },
	{ { "ecn", "off|on|accept", "accept", "explicit congestion notification: on asks for it, accept grants it", true, false },
	  OPTION_WORD, OF_SIDE(ecn), .words = ecns, .stack = true },
	{ { "nagle", NULL, NULL, "let small sends wait for the last ACK", true, false },
	  OPTION_SWITCH, OF_SIDE(nagle), .stack = true },
	{ { "ack-every", "SEGMENTS", "8", "full segments for one ACK, at most", true, false },
	  OPTION_NUMBER, OF_SIDE(ack_every), .min = 1, .max = 255, .stack = true },
	{ { "delayed-ack", "TIME", "40ms", "longest delay of an ACK", true, false },
	  OPTION_TIME, OF_SIDE(delayed_ack_ns), .min = MS, .max = 499 * MS, .stack = true },
	{ { "rto-min", "TIME", "200ms", "least of the retransmission timeout, beyond the round trip", true, false },
	  OPTION_TIME, OF_SIDE(rto_min_ns), .min = MS, .max = 60 * SECOND, .stack = true },
	{ { "rto-max", "TIME", "60s", "largest retransmission timeout", true, false },
	  OPTION_TIME, OF_SIDE(rto_max_ns), .min = SECOND, .max = 3600 * SECOND, .stack = true },
	{ { "rto-initial", "TIME", "1s", "retransmission timeout before the first measurement, and of SYNs", true, false },
	  OPTION_TIME, OF_SIDE(rto_initial_ns), .min = MS, .max = 60 * SECOND, .stack = true },
	{ { "syn-timeout", "TIME", "180s", "how long to try to connect", true, false },
	  OPTION_TIME, OF_SIDE(syn_timeout_ns), .min = 100 * MS, .max = DAY, .stack = true },
	{ { "synack-retries", "N", "5", "how often a SYN-ACK is sent again", true, false },
	  OPTION_NUMBER, OF_SIDE(synack_retries), .min = 0, .max = TCP_SYN_LEVELS - 1, .stack = true },
	{ { "syn-cookies", "auto|always|never", "auto", "answer SYNs without a record: when many are half-open or a flood has asked for all connections, or all", true, false },
	  OPTION_WORD, OF_SIDE(syn_cookies), .words = cookies, .stack = true },
	{ { "cookie-threshold", "N", NULL, "half-open connections a core from which on it does; by default 3/4 of --max-half-open", true, false },
	  OPTION_NUMBER, OF_SIDE(cookie_threshold), .min = 1, .max = UINT64_C(64) << 20, .stack = true },
	{ { "challenge-interval", "TIME", "500ms", "from one challenge ACK of a connection to the next (RFC 5961)", true, false },
	  OPTION_TIME, OF_SIDE(challenge_ns), .min = MS, .max = DAY, .stack = true },
	{ { "user-timeout", "TIME", "120s", "how long data may stay unacknowledged", true, false },
	  OPTION_TIME, OF_SIDE(user_timeout_ns), .min = 100 * MS, .max = DAY, .stack = true },
	{ { "fin-timeout", "TIME", "60s", "how long to wait for the peer's FIN after close", true, false },
	  OPTION_TIME, OF_SIDE(fin_timeout_ns), .min = MS, .max = DAY, .stack = true },
	{ { "time-wait", "TIME", "60s", "length of TIME-WAIT, 2 MSL", true, false },
	  OPTION_TIME, OF_SIDE(time_wait_ns), .min = MS, .max = 3600 * SECOND, .stack = true },

	/* room, of each core */
	{ { "max-connections", "N", "256Ki", "connections a core", true, false },
	  OPTION_NUMBER, OF_SIDE(max_connections), .min = 1, .max = UINT64_C(64) << 20, .stack = true },
	{ { "max-half-open", "N", "64Ki", "half-open connections a core", true, false },
	  OPTION_NUMBER, OF_SIDE(max_half_open), .min = 1, .max = UINT64_C(64) << 20, .stack = true },
	{ { "max-time-wait", "N", "1Mi", "connections in TIME-WAIT a core; the oldest goes when it is full", true, false },
	  OPTION_NUMBER, OF_SIDE(max_time_wait), .min = 1, .max = UINT64_C(64) << 20, .stack = true },
	{ { "mbufs", "N", NULL, "packets of a pool; by default 64 Ki, more for many cores", false, false },
	  OPTION_NUMBER, OF_ALL(mbufs), .min = 2048, .max = UINT64_C(64) << 20 },

	/* what passes */
	{ { "capture", "FILE", NULL, "write every frame, in and out, to FILE as pcapng, for tshark and others", false, false },
	  OPTION_FILE, .offset = OF_ALL(capture) },
	{ { "capture-size", "BYTES", "65535", "of a frame, at most", false, false },
	  OPTION_NUMBER, OF_ALL(capture_size), .min = 64, .max = 65535 },
	{ { "capture-limit", "BYTES", "1Gi", "of the file: it is closed when it is full; 0: no limit", false, false },
	  OPTION_NUMBER, OF_ALL(capture_limit), .min = 0, .max = UINT64_MAX },

	/* the process */
	{ { "idle", "poll|pause|sleep", "poll", "what a core does when there is nothing to do", false, false },
	  OPTION_WORD, OF_ALL(idle), .words = idles, .stack = true },
	{ { "seed", "N", NULL, "seed of all secrets, for runs that repeat; never towards strangers", false, false },
	  OPTION_NUMBER, OF_ALL(seed), .min = 0, .max = UINT64_MAX, .stack = true },
	{ { "no-huge", NULL, NULL, "packets in normal pages even if hugepages are reserved", false, false },
	  OPTION_SWITCH, .offset = OF_ALL(no_huge) },
	{ { "shared", NULL, NULL, "let DPDK's other processes (dumpcap) attach; needs hugepages and their mount", false, false },
	  OPTION_SWITCH, .offset = OF_ALL(shared) },
	{ .shown.name = NULL },
};

static struct tern_option shown[sizeof(option_table) / sizeof(option_table[0])];
static pthread_once_t shown_once = PTHREAD_ONCE_INIT;

static void
fill_shown(void)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		shown[i] = option_table[i].shown;
}

const struct tern_option *
tern_options(void)
{
	pthread_once(&shown_once, fill_shown);
	return shown;
}

const struct option *
option_find(const char *name, size_t length)
{
	for (const struct option *o = option_table; o->shown.name != NULL; o++)
		if (strlen(o->shown.name) == length && strncmp(o->shown.name, name, length) == 0)
			return o;
	return NULL;
}

#define NAME_MAX_LENGTH 32u

/* Letters to insert, remove or change (Levenshtein). */
static unsigned int
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int row[NAME_MAX_LENGTH + 1];

	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b_length];
}

const struct option *
option_nearest(const char *name, size_t length)
{
	const struct option *nearest = NULL;
	unsigned int least = 3;   /* more than two slips are another word */

	if (length > NAME_MAX_LENGTH)
		return NULL;
	for (const struct option *o = option_table; o->shown.name != NULL; o++) {
		unsigned int d = distance(name, length, o->shown.name, strlen(o->shown.name));

		if (d < least && d < length) {
			least = d;
			nearest = o;
		}
	}
	return nearest;
}

static struct tern_device devices[DEVICE_KINDS + 1];
static pthread_once_t devices_once = PTHREAD_ONCE_INIT;

static void
fill_devices(void)
{
	for (size_t i = 0; i < DEVICE_KINDS; i++)
		devices[i] = (struct tern_device){ device_kinds[i].name, device_kinds[i].argument, device_kinds[i].help };
}

const struct tern_device *
tern_devices(void)
{
	pthread_once(&devices_once, fill_devices);
	return devices;
}
