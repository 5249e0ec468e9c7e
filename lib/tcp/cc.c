/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>

#include <rte_common.h>

#include "tcp/cc.h"

static const struct tcp_cc_ops *const algorithms[] = { &tcp_cc_newreno, &tcp_cc_none };

int
tcp_cc_find(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(algorithms); i++)
		if (strcmp(algorithms[i]->name, name) == 0)
			return (int)i;
	return -1;
}

const struct tcp_cc_ops *
tcp_cc_at(unsigned int number)
{
	return algorithms[number];
}
