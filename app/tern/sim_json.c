/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The same conventions as json.c's. What the machine had to do with it stands in "real" alone: the rest comes from the seed. */

#include <errno.h>
#include <string.h>

#include "json_internal.h"
#include "sim_figures.h"

static void
put_seconds(json_t *o, const char *key, uint64_t ns)
{
	if (ns == SIM_NO_END)
		json_object_set_new(o, key, json_null());
	else
		put_real(o, key, (double)ns / 1e9);
}

static json_t *
stream(const struct sim_figures *f, uint32_t i)
{
	const struct sim_stream *s = &f->run->streams[i];
	const struct sim_stream_figures *g = &f->streams[i];
	json_t *o = json_object();

	put_text(o, "direction", s->from->server ? "down" : "up");
	put_seconds(o, "end_seconds", s->end_ns);
	put_real(o, "completion_seconds", g->completion_s);
	put_real(o, "seconds", g->seconds);
	put_real(o, "goodput_bit_per_second", g->goodput);
	put_real(o, "share", g->share);
	put_count(o, "bytes_sent", s->from->sent);
	put_count(o, "bytes_received", s->to->received);
	put_count(o, "retransmits", g->retransmits);
	put_count(o, "bytes_retransmitted", g->bytes_retransmitted);
	put_real(o, "retransmitted_share", g->retransmitted_share);
	put_real(o, "rtt_min_us", g->rtt_min_us);
	put_real(o, "rtt_mean_us", g->rtt_mean_us);
	put_real(o, "rtt_p95_us", g->rtt_p95_us);
	put_real(o, "cwnd_mean_bytes", g->cwnd_mean);
	put_seconds(o, "longest_silence_seconds", s->silence_ns);
	put_count(o, "mss", s->info.mss);
	return o;
}

static json_t *
flow(const struct sim_figures *f, uint32_t i)
{
	const struct sim_flow_run *run = &f->run->flows[i];
	const struct sim_flow *p = run->plan;
	json_t *o = json_object(), *streams = json_array();
	char why[256];

	put_text(o, "name", p->name);
	put_text(o, "from", f->run->plan->nodes[p->from].name);
	put_text(o, "to", f->run->plan->nodes[p->to].name);
	put_text(o, "congestion", run->end[0].info.congestion[0] != 0 ? run->end[0].info.congestion : p->congestion);
	put_seconds(o, "start_seconds", p->start_ns);
	put_seconds(o, "connected_seconds", run->connected_ns);
	put_seconds(o, "path_rtt_seconds", p->rtt_ns);
	put_text(o, "state", sim_state_name(f->states[i]));
	put_text(o, "problem", sim_describe_flow(f, i, why, sizeof(why))[0] != 0 ? why : NULL);
	if (p->mode == SIM_RR) {
		put_count(o, "requests_answered", run->answered);
		put_real(o, "latency_mean_us",
			 run->answered > 0 ? (double)run->latency_ns / 1e3 / (double)run->answered : NAN);
		put_real(o, "latency_max_us", (double)run->latency_most_ns / 1e3);
	}
	for (uint32_t n = 0; n < f->run->stream_count; n++)
		if (f->run->streams[n].flow == run)
			json_array_append_new(streams, stream(f, n));
	json_object_set_new(o, "streams", streams);
	return o;
}

static json_t *
line(const struct sim_figures *f, uint32_t i)
{
	const struct sim_link *l = &f->run->plan->links[i / 2];
	const struct sim_model *m = &l->model[i & 1];
	const struct sim_line_figures *g = &f->lines[i];
	const struct tern_sim_link_stats *d = &g->stats;
	json_t *o = json_object();

	put_text(o, "name", l->name);
	put_text(o, "from", f->run->plan->nodes[l->end[i & 1]].name);
	put_text(o, "to", f->run->plan->nodes[l->end[!(i & 1)]].name);
	put_count(o, "rate_bit_per_second", m->link.rate);
	put_seconds(o, "delay_seconds", m->link.delay_ns);
	put_text(o, "queue", sim_aqm_name(m->link.queue));
	put_count(o, "queue_bytes", m->link.queue_bytes);
	put_real(o, "bit_per_second", g->rate);
	put_real(o, "busy_share", g->busy);
	put_real(o, "queue_mean_bytes", g->queue_mean);
	put_count(o, "queue_max_bytes", d->queue_most);
	put_real(o, "wait_mean_us", g->wait_mean_ns / 1e3);
	put_real(o, "wait_max_us", (double)d->wait_most_ns / 1e3);
#define PUT(field) put_count(o, #field, d->field)
	PUT(offered), PUT(offered_bytes), PUT(delivered), PUT(delivered_bytes);
	PUT(dropped_queue), PUT(dropped_aqm), PUT(dropped_loss), PUT(dropped_mtu), PUT(dropped_down);
	PUT(marked), PUT(duplicated), PUT(reordered), PUT(corrupted);
#undef PUT
	return o;
}

static json_t *
latency(const struct tern_histogram *h)
{
	json_t *o = json_object();

	put_real(o, "p50", (double)tern_histogram_percentile(h, 50) / 1e3);
	put_real(o, "p90", (double)tern_histogram_percentile(h, 90) / 1e3);
	put_real(o, "p99", (double)tern_histogram_percentile(h, 99) / 1e3);
	put_real(o, "p999", (double)tern_histogram_percentile(h, 99.9) / 1e3);
	put_real(o, "max", (double)h->max / 1e3);
	put_real(o, "mean", tern_histogram_mean(h) / 1e3);
	put_count(o, "count", h->total);
	return o;
}

/* What is the machine's own, of all hosts together; turns and time spent in them are none of the network's. */
static json_t *
hosts(const struct tern_stats *t)
{
	json_t *o = json_object(), *drops = json_object();

#define X(field) put_count(o, #field, t->field);
	TERN_STATS(X)
#undef X
	json_object_del(o, "busy_ns");
	json_object_del(o, "total_ns");
	json_object_del(o, "longest_gap_ns");
	json_object_del(o, "gaps");
	json_object_del(o, "gap_ns");
	for (int i = TERN_DROP_NONE + 1; i < TERN_DROP_MAX; i++)
		if (t->drops[i] != 0)
			put_count(drops, tern_drop_name((enum tern_drop)i), t->drops[i]);
	json_object_set_new(o, "drops", drops);
	return o;
}

/* The sections of a network of one's own, as they stand in its file. */
static json_t *
network(const struct sim_sections *sections)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < sections->count; i++) {
		const struct sim_section *s = &sections->list[i];
		json_t *o = json_object(), *keys = json_object();

		put_text(o, "section", s->title);
		for (unsigned int w = 0; w < s->word_count; w++)
			put_text(keys, s->words[w].key, s->words[w].value);
		json_object_set_new(o, "keys", keys);
		json_array_append_new(list, o);
	}
	return list;
}

static void
put_repeats(json_t *o, const struct sim_repeats *all)
{
	json_t *list = json_array(), *medians = json_object();

	for (uint32_t i = 0; i < all->count; i++) {
		json_t *row = json_object();

		put_count(row, "seed", all->list[i].seed);
		json_object_set_new(row, "valid", json_boolean(all->list[i].good));
		for (int w = 0; w < SIM_WORTHS; w++)
			put_real(row, sim_worth_name((enum sim_worth)w), all->list[i].worth[w]);
		json_array_append_new(list, row);
	}
	for (int w = 0; w < SIM_WORTHS; w++)
		put_real(medians, sim_worth_name((enum sim_worth)w), sim_median(all, (enum sim_worth)w));
	json_object_set_new(o, "repeats", list);
	json_object_set_new(o, "medians", medians);
}

static json_t *
whole(const struct sim_figures *f)
{
	const struct sim_run *r = f->run;
	json_t *o = json_object(), *list, *real_time;

	put_count(o, "schema", 1);
	put_text(o, "version", TERN_VERSION);
	put_text(o, "command", "sim");
	put_text(o, "mode", r->plan->dumbbell ? (r->settings->mode == SIM_RR ? "rr" : "bulk") : "own");
	put_count(o, "seed", r->settings->seed);
	json_object_set_new(o, "interrupted", json_boolean(r->interrupted));
	json_object_set_new(o, "valid", json_boolean(sim_status(f) == EXIT_VALID || sim_status(f) == EXIT_CRITERION));
	put_seconds(o, "simulated_seconds", r->measured_ns);
	put_real(o, "seconds", f->seconds);
	put_real(o, "goodput_bit_per_second", f->goodput);
	put_real(o, "jain_index", f->jain);
	json_object_set_new(o, "jain_while_all_ran", json_boolean(f->jain_of_all));
	put_real(o, "bottleneck_busy_share", f->utilisation);
	put_real(o, "completion_mean_seconds", f->completion_mean_s);
	put_real(o, "completion_max_seconds", f->completion_most_s);
	put_count(o, "bytes_sent", f->sent);
	put_count(o, "bytes_received", f->received);
	put_count(o, "retransmits", f->retransmits);
	put_count(o, "bytes_retransmitted", f->bytes_retransmitted);
	put_count(o, "dropped", f->dropped);
	put_count(o, "marked", f->marked);
	put_count(o, "bad_flows", f->bad_flows + f->wrong_flows);
	if (r->latency->total > 0) {
		put_real(o, "requests_per_second", f->requests_per_second);
		json_object_set_new(o, "answer_latency_us", latency(r->latency));
	}
	list = json_array();
	for (uint32_t i = 0; i < r->plan->flow_count; i++)
		json_array_append_new(list, flow(f, i));
	json_object_set_new(o, "flows", list);
	list = json_array();
	for (uint32_t i = 0; i < 2 * r->plan->link_count; i++)
		if (f->lines[i].worth_telling)
			json_array_append_new(list, line(f, i));
	json_object_set_new(o, "links", list);
	json_object_set_new(o, "hosts", hosts(&r->hosts));
	put_count(o, "events", r->events);
	real_time = json_object();
	put_real(real_time, "seconds", r->real_seconds);
	put_real(real_time, "events_per_second", r->real_seconds > 0 ? (double)r->events / r->real_seconds : NAN);
	json_object_set_new(o, "real", real_time);
	if (f->repeats != NULL)
		put_repeats(o, f->repeats);
	json_object_set_new(o, "configuration", json_of_options(r->options));
	if (!r->plan->dumbbell)
		json_object_set_new(o, "network", network(r->sections));
	return o;
}

int
sim_json_write(const struct sim_figures *f, const char *path, struct problem *why)
{
	return json_write(whole(f), path, why);
}
