/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <string.h>

#include "sim_model.h"
#include "units.h"

enum kind {
	KIND_RATE, KIND_TIME, KIND_SHARE, KIND_BYTES, KIND_MTU, KIND_SWITCH,
	KIND_QUEUE, KIND_AQM, KIND_GILBERT, KIND_REORDER, KIND_FLAP,
};

#define AT(field) offsetof(struct sim_model, link.field)

static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} keys[] = {
	{ "rate", KIND_RATE, AT(rate) },
	{ "delay", KIND_TIME, AT(delay_ns) },
	{ "jitter", KIND_TIME, AT(jitter_ns) },
	{ "queue", KIND_QUEUE, 0 },
	{ "aqm", KIND_AQM, AT(queue) },
	{ "ecn", KIND_SWITCH, AT(ecn) },
	{ "red-min", KIND_BYTES, AT(red_min) },
	{ "red-max", KIND_BYTES, AT(red_max) },
	{ "red-probability", KIND_SHARE, AT(red_probability) },
	{ "codel-target", KIND_TIME, AT(codel_target_ns) },
	{ "codel-interval", KIND_TIME, AT(codel_interval_ns) },
	{ "loss", KIND_SHARE, AT(loss) },
	{ "gilbert", KIND_GILBERT, 0 },
	{ "reorder", KIND_REORDER, 0 },
	{ "duplicate", KIND_SHARE, AT(duplicate) },
	{ "corrupt", KIND_SHARE, AT(corrupt) },
	{ "mtu", KIND_MTU, AT(mtu) },
	{ "mtu-icmp", KIND_SWITCH, AT(mtu_icmp) },
	{ "flap", KIND_FLAP, 0 },
};

static const char *const wanted[] = {
	[KIND_RATE] = "bits a second, as in 10kbit, 100mbit, 2.5gbit",
	[KIND_TIME] = "a time, as in 500us, 20ms, 1s",
	[KIND_SHARE] = "a share, as in 0.1% or 0.001",
	[KIND_BYTES] = "bytes, as in 64Ki, 1M",
	[KIND_MTU] = "bytes of an IP packet, from 576 to 9728",
	[KIND_SWITCH] = "yes or no",
	[KIND_QUEUE] = "bytes (64Ki, 1M), 1bdp (bandwidth times round trip), or 100p (full packets)",
	[KIND_AQM] = "taildrop, red or codel",
	[KIND_GILBERT] = "P,R[,BAD[,GOOD]]: shares of packets from good to bad, and back, and lost in each, as in 1%,30%",
	[KIND_REORDER] = "SHARE[,TIME]: how many packets come later, and by how much, as in 1%,2ms",
	[KIND_FLAP] = "UP,DOWN: two times, as in 10s,500ms",
};

static const char *const aqms[] = { "taildrop", "red", "codel" };

const char *
sim_aqm_name(enum tern_sim_queue queue)
{
	return aqms[queue];
}

const char *
sim_model_key(unsigned int i)
{
	return i < sizeof(keys) / sizeof(keys[0]) ? keys[i].name : NULL;
}

static bool
read_switch(const char *value, bool *on)
{
	*on = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0 || strcmp(value, "1") == 0;
	return *on || strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "off") == 0 ||
	       strcmp(value, "0") == 0;
}

static bool
read_aqm(const char *value, enum tern_sim_queue *queue)
{
	for (unsigned int i = 0; i < sizeof(aqms) / sizeof(aqms[0]); i++) {
		if (strcmp(aqms[i], value) == 0) {
			*queue = (enum tern_sim_queue)i;
			return true;
		}
	}
	return false;
}

static bool
read_gilbert(const char *value, struct tern_sim_link_options *o)
{
	double shares[4] = { 0, 0, 1, 0 };
	unsigned int count;

	/* a chain that never leaves the bad state, or never enters it, is a typing error */
	if (!sim_parse_shares(value, 2, 4, shares, &count) || shares[0] <= 0 || shares[1] <= 0 || shares[2] <= 0)
		return false;
	o->gilbert_p = shares[0];
	o->gilbert_r = shares[1];
	o->gilbert_bad = shares[2];
	o->gilbert_good = shares[3];
	return true;
}

static bool
read_reorder(const char *value, struct tern_sim_link_options *o)
{
	char share[32], time[32];
	unsigned int n = sim_list_length(value);

	o->reorder_ns = 0;
	if (n > 2 || !sim_list_item(value, 0, share, sizeof(share)) || !sim_parse_share(share, &o->reorder))
		return false;
	return n == 1 || (sim_list_item(value, 1, time, sizeof(time)) && tern_parse_time(time, &o->reorder_ns) == 0);
}

static bool
read_mtu(const char *value, uint16_t *mtu)
{
	uint64_t n;

	if (tern_parse_number(value, &n) != 0 || n < 576 || n > 9728)
		return false;
	*mtu = (uint16_t)n;
	return true;
}

static bool
read_key(struct sim_model *m, enum kind kind, void *field, const char *value)
{
	switch (kind) {
	case KIND_RATE:
		return sim_parse_rate(value, field);
	case KIND_TIME:
		return tern_parse_time(value, field) == 0;
	case KIND_SHARE:
		return sim_parse_share(value, field);
	case KIND_BYTES:
		return tern_parse_number(value, field) == 0;
	case KIND_MTU:
		return read_mtu(value, field);
	case KIND_SWITCH:
		return read_switch(value, field);
	case KIND_QUEUE:
		return sim_parse_queue(value, &m->queue);
	case KIND_AQM:
		return read_aqm(value, field);
	case KIND_GILBERT:
		return read_gilbert(value, &m->link);
	case KIND_REORDER:
		return read_reorder(value, &m->link);
	default:
		return sim_parse_times(value, &m->link.up_ns, &m->link.down_ns);
	}
}

int
sim_model_set(struct sim_model *m, const char *key, const char *value, const char *where, struct problem *why)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, key) != 0)
			continue;
		if (read_key(m, keys[i].kind, (uint8_t *)m + keys[i].offset, value))
			return 0;
		return problem_say(why, "%s: found '%s', want %s", where, value, wanted[keys[i].kind]);
	}
	return 1;
}

int
sim_model_finish(struct sim_model *m, uint64_t rtt_ns, uint64_t mtu, const char *where, struct problem *why)
{
	struct tern_sim_link_options *o = &m->link;
	uint64_t packet = mtu + SIM_FRAME_OVERHEAD;
	bool sized = m->queue.bytes != 0 || m->queue.bdp > 0 || m->queue.packets != 0;

	if (o->rate == 0) {
		if (sized || o->queue != TERN_SIM_TAIL_DROP || o->ecn)
			return problem_say(why, "%s: %s without a rate: nothing ever waits for a line that has no limit",
					   where, sized ? "a queue" : o->ecn ? "ecn" : "aqm");
		return 0;
	}
	if (o->queue != TERN_SIM_RED && (o->red_min != 0 || o->red_max != 0 || o->red_probability > 0))
		return problem_say(why, "%s: red-min, red-max and red-probability belong to aqm red", where);
	if (o->queue != TERN_SIM_CODEL && (o->codel_target_ns != 0 || o->codel_interval_ns != 0))
		return problem_say(why, "%s: codel-target and codel-interval belong to aqm codel", where);
	if (o->ecn && o->queue == TERN_SIM_TAIL_DROP)
		return problem_say(why, "%s: ecn without aqm red or codel: a queue that drops at its tail marks nothing",
				   where);
	if (m->queue.bytes != 0)
		o->queue_bytes = m->queue.bytes;
	else if (m->queue.packets != 0)
		o->queue_bytes = m->queue.packets * packet;
	else
		o->queue_bytes =
			(uint64_t)((m->queue.bdp > 0 ? m->queue.bdp : 1) * (double)o->rate / 8 * (double)rtt_ns / 1e9);
	/* what nobody sized shall at least take a first window; what somebody did, one packet */
	if (o->queue_bytes < (sized ? 1 : SIM_QUEUE_LEAST_PACKETS) * packet)
		o->queue_bytes = (sized ? 1 : SIM_QUEUE_LEAST_PACKETS) * packet;
	return 0;
}
