/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The simulator's network of a case: hosts with their options, switches, links. */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "run.h"
#include "stack/internal.h"

#define WORDS 64u
#define WORD 40u

/* invariants.h looks at so many blocks */
static const char *const fixed_words[] = {
	"--no-dad", "--max-connections", "48", "--max-half-open", "32",
};

struct words {
	char text[WORDS][WORD];
	const char *word[WORDS];
	int count;
};

static void
add_word(struct words *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->text[w->count], WORD, format, args);
	va_end(args);
	w->word[w->count] = w->text[w->count];
	w->count++;
}

static void
add_field(struct words *w, const struct soak_field *f, uint64_t value)
{
	if (value == f->neutral && strncmp(f->name, "max-", 4) != 0)
		return;
	switch (f->word) {
	case WORD_NONE:
		return;
	case WORD_SWITCH:
		add_word(w, "--%s", f->name);
		return;
	case WORD_NUMBER:
		add_word(w, "--%s", f->name);
		add_word(w, "%llu", (unsigned long long)value);
		return;
	case WORD_MS:
		add_word(w, "--%s", f->name);
		add_word(w, "%llums", (unsigned long long)value);
		return;
	case WORD_NAME:
		add_word(w, "--%s", f->name);
		add_word(w, "%s", f->names[value]);
		return;
	}
}

static bool
build_host(struct soak_run *run, unsigned int i)
{
	const struct soak_host *h = &run->c->host[i];
	struct soak_site *site = &run->site[i];
	struct words w = { .count = 0 };
	char name[8];

	for (unsigned int k = 0; k < RTE_DIM(fixed_words); k++)
		add_word(&w, "%s", fixed_words[k]);
	add_word(&w, "--ip");
	add_word(&w, "198.18.0.%u/24", i + 1);
	add_word(&w, "--ip");
	add_word(&w, "2001:2::%u/64", i + 1);
	if (h->strict) {
		add_word(&w, "--profile");
		add_word(&w, "strict");
	}
	for (const struct soak_field *f = soak_host_fields; f->name != NULL; f++)
		add_field(&w, f, soak_get(f, h));
	snprintf(name, sizeof(name), "h%u", i);
	site->run = run;
	site->node = tern_sim_host(run->sim, name, w.count, w.word);
	if (site->node == NULL) {
		soak_broken(run, "a host is refused: %s", tern_error());
		return false;
	}
	site->stack = tern_sim_stack(site->node);
	soak_tap(site, run, i);
	tern_sim_on(site->node, soak_program, site);
	return soak_listen(run, i);
}

bool
soak_listen(struct soak_run *run, unsigned int host)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	struct soak_site *site = &run->site[host];
	int error;

	o.port = SOAK_PORT;
	o.backlog = (uint32_t)run->c->host[host].backlog;
	o.fastopen = (uint32_t)run->c->host[host].fastopen;
	error = tern_listen(site->stack, &o, &site->listener);
	if (error != 0)
		soak_broken(run, "a listener is refused: %s", strerror(-error));
	return error == 0;
}

/* ---- links */

static double
part(uint64_t millionths)
{
	return (double)millionths / 1e6;
}

static struct tern_sim_link_options
options_of(const struct soak_direction *d)
{
	struct tern_sim_link_options o = TERN_SIM_LINK_INIT;

	o.rate = d->rate;
	o.delay_ns = d->delay_ns;
	o.jitter_ns = d->jitter_ns;
	o.queue = (enum tern_sim_queue)d->queue;
	o.ecn = d->ecn && d->queue != TERN_SIM_TAIL_DROP;
	o.queue_bytes = d->queue_bytes;
	o.loss = part(d->loss);
	o.gilbert_p = part(d->gilbert_p);
	o.gilbert_r = part(d->gilbert_r);
	o.gilbert_bad = part(d->gilbert_bad);
	o.gilbert_good = part(d->gilbert_good);
	o.reorder = part(d->reorder);
	o.reorder_ns = d->reorder_ns;
	o.duplicate = part(d->duplicate);
	o.corrupt = part(d->corrupt);
	o.mtu = (uint16_t)d->mtu;
	o.mtu_icmp = d->mtu_icmp && d->mtu != 0;
	o.up_ns = d->up_ns;
	o.down_ns = d->down_ns;
	return o;
}

/* The longest that a direction can hold a packet. */
static uint64_t
longest_of(const struct soak_direction *d)
{
	uint64_t queue = d->queue_bytes != 0 ? d->queue_bytes : 1u << 20;
	uint64_t wait_ns = d->rate == 0 ? 0 : (uint64_t)((double)(queue + 10000) * 8e9 / (double)d->rate);

	return d->delay_ns + d->jitter_ns + wait_ns + (d->reorder == 0 ? 0 : d->reorder_ns != 0 ? d->reorder_ns : wait_ns + 1000000);
}

static void
measure(struct soak_run *run)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < soak_links(run->c); i++)
		sum += RTE_MAX(longest_of(&run->now[i][0]), longest_of(&run->now[i][1]));
	run->longest_ns = RTE_MAX(run->longest_ns, sum);
}

void
soak_change(struct soak_run *run, const uint64_t *arg)
{
	struct soak_direction *d = &run->now[arg[CHANGE_LINK]][arg[CHANGE_BACK]];
	struct tern_sim_link_options o;

	*soak_value(&soak_direction_fields[arg[CHANGE_FIELD]], d) = arg[CHANGE_VALUE];
	o = options_of(d);
	if (tern_sim_change(run->link[arg[CHANGE_LINK]], arg[CHANGE_BACK], &o) != 0)
		soak_broken(run, "a change is refused: %s", tern_error());
	measure(run);
}

/* May the network itself have kept something from arriving? */
bool
soak_is_lossy(const struct soak_run *run)
{
	for (unsigned int i = 0; i < soak_links(run->c); i++)
		for (unsigned int back = 0; back < 2; back++) {
			const struct soak_direction *d = &run->now[i][back];
			struct tern_sim_link_stats s = TERN_SIM_LINK_STATS_INIT;

			tern_sim_link_stats(run->link[i], back, &s);
			if (s.dropped_queue + s.dropped_aqm + s.dropped_loss + s.dropped_mtu + s.dropped_down + s.corrupted != 0)
				return true;
			if (d->reorder != 0 || d->duplicate != 0)
				return true;
		}
	return false;
}

static struct tern_sim_link *
connect_nodes(struct soak_run *run, unsigned int link, struct tern_sim_node *a, struct tern_sim_node *b, const char *capture)
{
	struct tern_sim_link_options there = options_of(&run->c->link[link][0]), back = options_of(&run->c->link[link][1]);
	char file[256];

	run->link[link] = tern_sim_connect(run->sim, a, b, &there, &back);
	if (run->link[link] == NULL) {
		soak_broken(run, "a link is refused: %s", tern_error());
		return NULL;
	}
	memcpy(run->now[link], run->c->link[link], sizeof(run->now[link]));
	snprintf(file, sizeof(file), soak_links(run->c) == 1 ? "%s.pcapng" : "%s-%u.pcapng", capture, link);
	if (capture != NULL && tern_sim_capture(run->link[link], file, true) != 0)
		fprintf(stderr, "soak: %s: %s\n", file, tern_error());
	return run->link[link];
}

static bool
join(struct soak_run *run, const char *capture)
{
	unsigned int hosts = (unsigned int)run->c->network.hosts;
	struct tern_sim_node *hub[2];

	if (hosts == 2)
		return connect_nodes(run, 0, run->site[0].node, run->site[1].node, capture) != NULL;
	hub[0] = hub[1] = tern_sim_switch(run->sim, "s0");
	if (run->c->network.dumbbell)
		hub[1] = tern_sim_switch(run->sim, "s1");
	for (unsigned int i = 0; i < hosts; i++)
		if (connect_nodes(run, i, run->site[i].node, hub[i % 2], capture) == NULL)
			return false;
	return !run->c->network.dumbbell || connect_nodes(run, hosts, hub[0], hub[1], capture) != NULL;
}

bool
soak_build(struct soak_run *run, const char *capture)
{
	struct tern_sim_options o = TERN_SIM_INIT;

	o.seed = run->c->seed + 1;
	o.mbufs = (uint32_t)run->c->network.mbufs;
	for (unsigned int i = 0; i < run->c->network.hosts; i++)
		if (run->c->host[i].mtu > 1900)
			o.mbuf_size = 10240;
	run->sim = tern_sim_new(&o);
	if (run->sim == NULL) {
		soak_broken(run, "no network: %s", tern_error());
		return false;
	}
	run->begin_ns = soak_now(run);
	for (unsigned int i = 0; i < run->c->network.hosts; i++)
		if (!build_host(run, i))
			return false;
	if (!join(run, capture))
		return false;
	measure(run);
	return true;
}
