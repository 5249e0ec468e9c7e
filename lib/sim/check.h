/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

/* A model as a user gives it: can it be? */

#include <stdbool.h>
#include <stddef.h>

#include <tern/sim.h>

/* Into *model, with the defaults filled in. false: `why` names the field, what it is, and what is wanted. */
bool sim_check_model(struct tern_sim_link_options *model, const struct tern_sim_link_options *given, char *why,
		     size_t size);

#endif
