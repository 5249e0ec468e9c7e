/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

/*
 * Seeded chances: a stream a direction and purpose, so that what is lost does
 * not depend on whether anything is also reordered.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/sim.h>

struct sim_chance {
	uint64_t loss, gilbert, gilbert_loss, jitter, reorder, duplicate, corrupt, red;   /* states of streams */
	bool is_bad;                 /* Gilbert and Elliott's chain */
	uint64_t since_loss;         /* packets, of those that loss_every counts */
};

void sim_chance_init(struct sim_chance *c, uint64_t seed, uint32_t number);

/* An event of this probability; impossible and certain ones draw nothing. */
bool sim_by_chance(uint64_t *stream, double probability);
/* From 0 to most, evenly. */
uint64_t sim_uniform(uint64_t *stream, uint64_t most);
/* Is this packet lost, independently, by its number, or by the chain, which takes a step? */
bool sim_is_lost(struct sim_chance *c, const struct tern_sim_link_options *model);

#endif
