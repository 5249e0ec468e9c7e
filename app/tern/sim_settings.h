/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_SETTINGS_H
#define APP_SIM_SETTINGS_H

/* What `tern sim` was asked for, as values; its table of options, and the sections of its files that are none. */

#include "options.h"

enum sim_mode { SIM_BULK, SIM_RR };

/* As in struct settings: the table writes uint64_t by offset. */
struct sim_settings {
	/* flows: the dumbbell's, and what a [flow] section does not say */
	uint64_t flows, mode, direction, size, requests, request_size, answer_size, stagger_ns, ipv6;
	const char *congestion;       /* a list, in turn over the flows; NULL: the stacks' */
	/* the dumbbell */
	uint64_t hosts;               /* on each side; 0: one a flow */
	uint64_t ecn;
	const char *rtt, *link_rate, *access_rate, *reverse_rate, *reverse_loss;
	uint64_t mtu;
	/* time */
	uint64_t duration_ns, warmup_ns, interval_ns;
	bool endless;                 /* it is --duration that ends it */
	/* reports */
	const char *json, *csv, *svg, *capture, *capture_link;
	uint64_t capture_leave, quiet, check, seed, repeat, mbufs;
};

#define SIM_NO_END UINT64_MAX

/* A host of a simulation has few connections, and there may be many such hosts. */
#define SIM_ROOM "4Ki"

const struct program_option *sim_options(size_t *count);

/* [host NAME], [switch NAME], [link A B], [link A B reverse], [flow NAME] as they stand in the files. */
enum sim_section_kind { SIM_HOST, SIM_SWITCH, SIM_LINK, SIM_FLOW };
struct sim_section {
	enum sim_section_kind kind;
	char *title;                  /* "link a b" */
	char *name;                   /* what stands behind the kind */
	char *where;                  /* "FILE: [link a b]" */
	struct sim_word {
		char *key, *value;
	} *words;
	unsigned int word_count;
};
struct sim_sections {
	struct sim_section *list;
	unsigned int count;
};
/* An option_section: keeps a section of the network's. */
int sim_sections_take(void *sections, const char *section, const char *key, const char *value, const char *where,
		      struct problem *why);
void sim_sections_free(struct sim_sections *sections);

/* The vocabulary of `tern sim`: its own table, and of the library's what a simulated host takes. */
int sim_options_init(struct options *o, struct sim_sections *sections, struct problem *why);
/* 0 or -1 with *why. */
int sim_settings_read(struct sim_settings *s, const struct options *o, const struct sim_sections *sections,
		      struct problem *why);

/* An option of the library's that asks for a machine's device, core or memory. */
bool sim_of_a_machine(const char *name);
/* A congestion control that the library has. */
bool sim_knows_congestion(const char *name);
const char *sim_congestions(void);     /* "newreno|none" */

#endif
