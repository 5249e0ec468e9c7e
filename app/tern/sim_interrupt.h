/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_INTERRUPT_H
#define APP_SIM_INTERRUPT_H

#include <stdbool.h>

/* From now on the first Ctrl-C is noted; the second one ends the program. */
void sim_interrupt_watch(void);
bool sim_interrupted(void);

#endif
