/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>

#include <rte_common.h>

#include "tcp/tcp.h"

static const struct tcp_cc_ops *const algorithms[] = { &tcp_cc_newreno, &tcp_cc_none };

int
tcp_cc_find(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(algorithms); i++)
		if (strcmp(algorithms[i]->name, name) == 0)
			return (int)i;
	return -1;
}

void *
tcp_cc_block_make(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_cc_block *b;

	if (c->cc_block == 0) {
		c->cc_block = slab_get(&tcp->cc_blocks);
		if (c->cc_block == 0)
			return NULL;
		b = slab_at(&tcp->cc_blocks, c->cc_block);
		memset(b->bytes, 0, sizeof(b->bytes));
		return b->bytes;
	}
	b = slab_at(&tcp->cc_blocks, c->cc_block);
	return b->bytes;
}

void
tcp_cc_block_free(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->cc_block == 0)
		return;
	slab_put(&tcp->cc_blocks, c->cc_block);
	c->cc_block = 0;
}

const struct tcp_cc_ops *
tcp_cc_at(unsigned int number)
{
	return algorithms[number];
}
