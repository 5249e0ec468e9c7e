/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include "core/hash.h"
#include "sim/chance.h"

void
sim_chance_init(struct sim_chance *c, uint64_t seed, uint32_t number)
{
	uint64_t state = seed;
	uint64_t *const stream[] = { &c->loss, &c->gilbert, &c->gilbert_loss, &c->jitter, &c->reorder, &c->duplicate,
				     &c->corrupt, &c->red };

	/* a step of the generator between the two numbers, so that neighbouring seeds and links have nothing in common */
	state = mix64(&state) ^ number;
	for (unsigned int i = 0; i < sizeof(stream) / sizeof(stream[0]); i++)
		*stream[i] = mix64(&state);
	c->is_bad = false;
	c->since_loss = 0;
}

bool
sim_by_chance(uint64_t *stream, double probability)
{
	if (probability <= 0)
		return false;
	/* of 53 bits a double tells all */
	return probability >= 1 || (double)(mix64(stream) >> 11) < probability * (double)(UINT64_C(1) << 53);
}

uint64_t
sim_uniform(uint64_t *stream, uint64_t most)
{
	return (uint64_t)((unsigned __int128)mix64(stream) * ((unsigned __int128)most + 1) >> 64);
}

static bool
chain_loses(struct sim_chance *c, const struct tern_sim_link_options *model)
{
	if (sim_by_chance(&c->gilbert, c->is_bad ? model->gilbert_r : model->gilbert_p))
		c->is_bad = !c->is_bad;
	return sim_by_chance(&c->gilbert_loss, c->is_bad ? model->gilbert_bad : model->gilbert_good);
}

bool
sim_is_lost(struct sim_chance *c, const struct tern_sim_link_options *model)
{
	bool lost = sim_by_chance(&c->loss, model->loss);

	if (model->loss_every != 0 && ++c->since_loss >= model->loss_every) {
		c->since_loss = 0;
		lost = true;
	}
	/* the chain goes on whatever became of the packet */
	if (model->gilbert_p > 0)
		lost |= chain_loses(c, model);
	return lost;
}
