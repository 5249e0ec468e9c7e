/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What only makes sense together. */

#include <inttypes.h>
#include <string.h>

#include "failif.h"
#include "flood.h"
#include "options.h"

/* What says how keepalive goes on says nothing without it. */
int
settings_check_keepalive(const struct settings *s, const struct options *o, struct problem *why)
{
	static const char *const others[] = { "keepalive-interval", "keepalive-count" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (s->keepalive_ns == 0 && options_given(o, others[i]))
			return problem_say(why, "--%s belongs to --keepalive TIME, which is missing", others[i]);
	return 0;
}

/* Devices: what would otherwise fail far from the word that caused it. */
int
settings_check_devices(const struct settings *s, const struct options *o, struct problem *why)
{
	bool client = options_given(o, "client-dev"), server = options_given(o, "server-dev");

	if (s->command != COMMAND_PAIR) {
		const char *dev = options_value(o, "dev");

		if (!options_given(o, "dev"))
			return problem_say(why, "--dev is missing: a device, as in --dev tap:t0 --ip 198.18.0.1/24");
		if (strcmp(dev, "loop") == 0)
			return problem_say(why, "--dev loop: both ends of loop are in one process; use 'tern pair'");
		if (s->recording && s->command == COMMAND_LOAD)
			return problem_say(why, "--dev %s: a recording is played to a server; there is nobody in it who would "
					   "answer a load", dev);
		return 0;
	}
	if (client != server)
		return problem_say(why, "--%s-dev is missing: a pair has a device on either side, or none (then it "
				   "runs over loop)", client ? "server" : "client");
	if (options_given(o, "dev") && strcmp(options_value(o, "dev"), "loop") != 0)
		return problem_say(why, "--dev: a pair has --client-dev and --server-dev, or none (then it runs over "
				   "loop)");
	return 0;
}

/* RFC 9110, 5.1 and 5.5, as far as it could break a request. */
static bool
is_field(const char *text)
{
	size_t name = strcspn(text, ":");

	if (name == 0 || text[name] == 0 || strcspn(text, " \t") < name)
		return false;
	for (; *text != 0; text++)
		if ((*text > 0 && *text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

static int
check_http(struct settings *s, const struct options *o, struct problem *why)
{
	static const char *const others[] = { "request-size", "verify" };

	if (s->header_count > 0 && s->http_path == NULL)
		return problem_say(why, "--header belongs to HTTP: a target http://ADDR[:PORT]/path, or tern pair --app http");
	for (uint32_t i = 0; i < s->header_count; i++)
		if (!is_field(s->headers[i]))
			return problem_say(why, "--header '%s': a field is NAME: VALUE, as in 'Accept: text/html'", s->headers[i]);
	if (s->http_path == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (options_given(o, others[i]))
			return problem_say(why, "--%s belongs to plain TCP; an HTTP request is what URL and --header make it", others[i]);
	if (s->command == COMMAND_LOAD && s->answer_size_given)
		return problem_say(why, "--answer-size belongs to plain TCP; an HTTP response says its length itself");
	if (s->mode == MODE_CC)
		return problem_say(why, "--mode cc sends no request: use crr or rr with HTTP, or ADDR:PORT as target");
	return 0;
}

/* Options that mean nothing to a mode would be a promise that is not kept. */
struct misfit {
	uint16_t modes;          /* 1 << mode, or-ed: where it does not fit */
	const char *option, *why;
};

/* --find begins here when no --rate bounds it */
#define FIND_FROM 1000u

#define IN(mode) (1u << (mode))

static const struct misfit misfits[] = {
	{ IN(MODE_STREAM), "rate", "its connections send as fast as they can" },
	{ IN(MODE_STREAM) | IN(MODE_HOLD), "ramp", "it has no arrivals" },
	{ IN(MODE_STREAM) | IN(MODE_HOLD), "find", "it has no arrivals" },
	{ IN(MODE_STREAM) | IN(MODE_HOLD), "arrival", "it has no arrivals" },
	{ IN(MODE_STREAM), "count", "it ends with --duration" },
	{ IN(MODE_STREAM), "requests", "it has none" },
	{ IN(MODE_STREAM), "request-size", "it sends without end" },
	{ IN(MODE_STREAM), "answer-size", "it sends without end" },
	{ IN(MODE_STREAM), "verify", "use --mode rr to compare bytes" },
	{ IN(MODE_STREAM), "think", "it does not pause" },
	{ IN(MODE_STREAM), "closer", "the client ends it" },
	{ IN(MODE_FLOOD), "connections", "it has none" },
	{ IN(MODE_FLOOD), "requests", "it has none" },
	{ IN(MODE_FLOOD), "request-size", "it sends SYNs alone" },
	{ IN(MODE_FLOOD), "answer-size", "it sends SYNs alone" },
	{ IN(MODE_FLOOD), "verify", "it sends SYNs alone" },
	{ IN(MODE_FLOOD), "think", "it has no connections" },
	{ IN(MODE_FLOOD), "closer", "it has no connections" },
	{ IN(MODE_FLOOD), "direction", "that is --mode stream's" },
	{ IN(MODE_FLOOD), "every", "that is --mode hold's" },
	{ IN(MODE_FLOOD), "open-rate", "its SYNs leave at --rate" },
	{ IN(MODE_FLOOD), "flood", "it is one: its rate is -R" },
	{ IN(MODE_CRR) | IN(MODE_CC) | IN(MODE_RR) | IN(MODE_STREAM) | IN(MODE_HOLD), "silent", "that is --mode flood's" },
	{ IN(MODE_HOLD), "rate", "connections come at --open-rate, requests --every TIME" },
	{ IN(MODE_HOLD), "count", "it ends with --duration" },
	{ IN(MODE_HOLD), "requests", "connections are kept to the end" },
	{ IN(MODE_HOLD), "think", "its pause is --every" },
	{ IN(MODE_HOLD), "closer", "the client ends it" },
	{ IN(MODE_CRR) | IN(MODE_CC) | IN(MODE_RR) | IN(MODE_HOLD), "direction", "that is --mode stream's" },
	{ IN(MODE_CRR) | IN(MODE_CC) | IN(MODE_RR) | IN(MODE_STREAM), "every", "that is --mode hold's" },
	{ IN(MODE_HOLD), "hold", "say with -c how many it opens" },
	{ IN(MODE_FLOOD), "hold", "it has no connections" },
	{ IN(MODE_CRR) | IN(MODE_CC) | IN(MODE_STREAM) | IN(MODE_HOLD) | IN(MODE_FLOOD), "in-flight", "that is --mode rr's" },
	{ IN(MODE_CC) | IN(MODE_STREAM) | IN(MODE_FLOOD), "work", "it has no requests that a server would work on" },
};

static int
check_mode(const struct settings *s, const struct options *o, struct problem *why)
{
	for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++)
		if ((misfits[i].modes & IN(s->mode)) && options_given(o, misfits[i].option))
			return problem_say(why, "--%s does not go with --mode %s: %s", misfits[i].option,
					   settings_mode_name(s->mode), misfits[i].why);
	if (s->mode == MODE_STREAM && s->http_path != NULL)
		return problem_say(why, "--mode stream speaks plain TCP: ADDR:PORT as target, or --mode rr for HTTP");
	return 0;
}

/* Many connections, of which few are busy. */
static int
check_many(const struct settings *s, const struct options *o, struct problem *why)
{
	if ((s->mode == MODE_CRR || s->mode == MODE_CC) && s->hold == 0 && options_given(o, "open-rate"))
		return problem_say(why, "--open-rate does not go with --mode %s: its connections come at --rate; without --hold "
				   "it opens no others", settings_mode_name(s->mode));
	if (s->hold != 0 && s->mode == MODE_CC && s->closer_server)
		return problem_say(why, "--hold: with --mode cc --closer server the server closes whatever is opened");
	if (s->in_flight == 0)
		return 0;
	if (s->rate != 0 || s->ramp_text != NULL || s->find)
		return problem_say(why, "--in-flight: in an open loop as many are under way as --rate brings; without --rate, "
				   "--ramp and --find");
	if (!s->connections_given || s->in_flight > s->connections)
		return problem_say(why, "--in-flight %" PRIu64 " needs as many connections: --connections %" PRIu64 " or more",
				   s->in_flight, s->in_flight);
	return 0;
}

/* What makes the rate: -R, or a ramp, or a search. */
static int
check_rate(struct settings *s, const struct options *o, struct problem *why)
{
	if (!failif_parse_share(s->loss_text, &s->loss) || s->loss > 1)
		return problem_say(why, "--loss: '%s' is no share, as in 0.001%%", s->loss_text);
	if (!s->find && (options_given(o, "loss") || options_given(o, "trial")))
		return problem_say(why, "--loss and --trial belong to --find max");
	if (s->ramp_text != NULL && (s->find || s->rate != 0))
		return problem_say(why, "--ramp sets the rate itself: without --rate and --find");
	if ((s->ramp_text != NULL || s->find) && (s->count != 0 || options_given(o, "duration")))
		return problem_say(why, "--%s goes through its rates to the end: without --count and --duration",
				   s->find ? "find" : "ramp");
	if (s->poisson && s->rate == 0 && s->ramp_text == NULL && !s->find)
		return problem_say(why, "--arrival poisson: only an open loop has arrivals: --rate, --ramp or --find");
	s->rate_given = s->rate != 0;
	if (s->ramp_text != NULL && ramp_parse(&s->ramp, s->ramp_text, why) != 0)
		return -1;
	if (s->ramp_text != NULL)
		s->rate = s->ramp.from;
	else if (s->find)
		s->rate = s->rate_given ? s->rate : FIND_FROM;
	return 0;
}

static int
check_flood(const struct settings *s, const struct options *o, struct problem *why)
{
	static const char *const pools[] = { "src", "client-src" };

	const char *name = s->flood != 0 ? "flood" : "mode flood";

	if (s->mode != MODE_FLOOD && s->flood == 0)
		return s->lab ? problem_say(why, "--lab: that is --mode flood's, and --flood's") : 0;
	if (!s->lab)
		return problem_say(why, "--%s sends SYNs from addresses of --src that answer nothing: say --lab if both ends "
				   "and all between them are yours", name);
	if (s->mode == MODE_FLOOD && s->http_path != NULL)
		return problem_say(why, "--mode flood sends SYNs alone: ADDR:PORT as target");
	if (s->mode == MODE_FLOOD && s->rate == 0)
		return problem_say(why, "--mode flood wants its rate: -R 10k, --ramp or --find");
	if (!s->source_pool)
		return problem_say(why, "--%s takes its sources from --src, as in --src 198.18.64.0/18", name);
	for (size_t i = 0; i < 2; i++) {
		const struct known_option *k = options_find(o, pools[i]);

		for (uint32_t v = 0; k != NULL && v < k->value_count; v++)
			if (flood_check_source(k->values[v], why) != 0)
				return -1;
	}
	return s->command == COMMAND_LOAD ? flood_check_targets(&s->targets, why) : 0;
}

int
settings_check_client(struct settings *s, const struct options *o, struct problem *why)
{
	struct failif rules;

	if (s->command == COMMAND_PAIR && s->app == APP_HTTP)
		s->http_path = "/";
	if (s->command == COMMAND_LOAD) {
		if (s->target == NULL)
			return problem_say(why, "no target: write ADDR:PORT, as in tern load 198.18.1.1:80 --dev tap:t0 "
					   "--ip 198.18.0.1/24");
		if (strncmp(s->target, "http://", 7) == 0 ? target_parse_url(&s->targets, &s->http_path, s->target, why) != 0 :
		    targets_parse(&s->targets, s->target, why) != 0)
			return -1;
	}
	if (check_http(s, o, why) != 0 || check_mode(s, o, why) != 0 || check_many(s, o, why) != 0 || check_rate(s, o, why) != 0 ||
	    check_flood(s, o, why) != 0)
		return -1;
	if (s->requests != 0 && s->mode != MODE_RR)
		return problem_say(why, "--requests belongs to --mode rr; in %s a connection carries %s", settings_mode_name(s->mode),
				   s->mode == MODE_CC ? "none" : "one");
	if (s->mode == MODE_RR && s->closer_server)
		return problem_say(why, "--closer server: in --mode rr the client closes, after --requests");
	if (s->verify && s->mode == MODE_CC)
		return problem_say(why, "--verify: --mode cc sends nothing that could be compared");
	if (s->verify && s->answer_size != s->request_size)
		return problem_say(why, "--verify compares an echo, so --answer-size (%" PRIu64 ") must equal "
				   "--request-size (%" PRIu64 ")", s->answer_size, s->request_size);
	if (s->close_rst && s->closer_server && s->mode == MODE_CC)
		return problem_say(why, "--mode cc --closer server --close rst: a connection reset at once may fail at the "
				   "client before it is there; use --close fin");
	if (s->count != 0 && s->rate == 0 && s->connections > s->count && s->connections_given)
		return problem_say(why, "--count %" PRIu64 " is less than --connections %" PRIu64, s->count, s->connections);
	return s->fail_if == NULL ? 0 : failif_parse(&rules, s->fail_if, why);
}
