/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_COMMAND_H
#define APP_SIM_COMMAND_H

#include "report.h"

/* `tern sim`, from its words to its exit status. */
enum exit_status sim_main(int argc, char **argv);
/* What `tern sim --help` prints. */
void sim_help(FILE *out);

#endif
