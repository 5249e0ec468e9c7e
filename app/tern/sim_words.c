/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What tern_sim_host() is told of a host. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

#include "sim_plan.h"

static int __attribute__((format(printf, 2, 3)))
add(struct sim_words *w, const char *format, ...)
{
	size_t room = sizeof(w->text) - w->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(w->text + w->used, room, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= room || w->count == SIM_WORDS_MAX)
		return -1;
	w->list[w->count++] = w->text + w->used;
	w->used += (uint32_t)length + 1;
	return 0;
}

static const struct tern_option *
find_library(const char *name)
{
	for (const struct tern_option *l = tern_options(); l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

int
sim_check_host(const struct sim_section *section, struct problem *why)
{
	for (unsigned int i = 0; i < section->word_count; i++) {
		const char *key = section->words[i].key, *value = section->words[i].value;
		const struct tern_option *l = find_library(key);

		if (l == NULL)
			return problem_say(why,
					   "%s: there is no key '%s' of a host; it takes the options of its stack, as in window-max = 16Mi "
					   "('tern sim --help' lists them)",
					   section->where, key);
		if (sim_of_a_machine(key) || strcmp(key, "seed") == 0)
			return problem_say(why,
					   "%s: '%s' is a machine's; a simulated host has its link and addresses by itself",
					   section->where, key);
		if (l->argument == NULL && strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return problem_say(why, "%s: %s: found '%s', want yes or no", section->where, key, value);
		for (unsigned int j = 0; j < i; j++)
			if (strcmp(section->words[j].key, key) == 0)
				return problem_say(why, "%s: '%s' stands there twice", section->where, key);
	}
	return 0;
}

/* The value of a library's option for this node: its section's, its side's, or for all. NULL: nobody said. */
static const char *
said(const struct sim_node *node, const struct options *o, const char *name)
{
	char of_side[64];

	for (unsigned int i = 0; node->section != NULL && i < node->section->word_count; i++)
		if (strcmp(node->section->words[i].key, name) == 0)
			return node->section->words[i].value;
	if (node->side != NULL) {
		snprintf(of_side, sizeof(of_side), "%s-%s", node->side, name);
		if (options_given(o, of_side))
			return options_value(o, of_side);
	}
	return options_given(o, name) && options_find(o, name)->program == NULL ? options_value(o, name) : NULL;
}

/* What the plan wants where nobody says otherwise. */
static const char *
wanted(const struct sim_plan *plan, const struct sim_node *node, const struct options *o, const char *name, char *buf,
       size_t size)
{
	if (strcmp(name, "max-connections") == 0 || strcmp(name, "max-half-open") == 0 ||
	    strcmp(name, "max-time-wait") == 0)
		snprintf(buf, size, SIM_ROOM);
	else if (strcmp(name, "sndbuf") == 0 || strcmp(name, "window-max") == 0)
		snprintf(buf, size, "%" PRIu64, plan->buffer_bytes);
	else if (strcmp(name, "mtu") == 0)
		snprintf(buf, size, "%" PRIu64, node->mtu);
	else if (strcmp(name, "ecn") == 0 && options_given(o, "ecn"))
		snprintf(buf, size, "on");
	else
		return NULL;
	return buf;
}

int
sim_host_words(struct sim_words *w, const struct sim_plan *plan, const struct sim_node *node, const struct options *o,
	       struct problem *why)
{
	int rc = 0;

	w->count = w->used = 0;
	rc |= add(w, "--ip") | add(w, "198.18.%u.%u/15", node->number >> 8, node->number & 255);
	/* IPv6 wants 1,280 bytes of an MTU (RFC 8200, 5) */
	if (node->mtu >= 1280)
		rc |= add(w, "--ip") | add(w, "2001:2::%x/48", node->number);
	rc |= add(w, "--no-dad");
	for (const struct tern_option *l = tern_options(); l->name != NULL; l++) {
		char buf[32];
		const char *value;

		if (sim_of_a_machine(l->name) || strcmp(l->name, "seed") == 0)
			continue;
		value = said(node, o, l->name);
		if (value == NULL)
			value = wanted(plan, node, o, l->name, buf, sizeof(buf));
		if (value == NULL || (l->argument == NULL && strcmp(value, "yes") != 0))
			continue;
		rc |= add(w, "--%s", l->name);
		if (l->argument != NULL)
			rc |= add(w, "%s", value);
	}
	return rc != 0 ? problem_say(why, "host %s: more options than there is room for", node->name) : 0;
}
