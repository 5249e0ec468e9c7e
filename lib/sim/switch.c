/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Switches know where every host is: its number stands in its MAC address, and
 * a network has no loops, so that one line leads to it and a broadcast ends.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/net.h"
#include "sim/packet.h"

#define PREFIX 3u   /* bytes before the number */

static const uint8_t mac_prefix[PREFIX] = { 0x02, 0x54, 0x52 };

struct mac_addr
sim_host_mac(const struct sim_host *host)
{
	uint32_t n = host->number + 1;
	struct mac_addr mac;

	memcpy(mac.b, mac_prefix, PREFIX);
	mac.b[3] = (uint8_t)(n >> 16);
	mac.b[4] = (uint8_t)(n >> 8);
	mac.b[5] = (uint8_t)n;
	return mac;
}

/* From host h outwards: each switch sends to it over the line that leads back. */
static void
spread(const struct sim_host *h, const struct tern_sim_node **queue)
{
	uint32_t head = 0, tail = 0;

	queue[tail++] = &h->node;
	while (head < tail) {
		const struct tern_sim_node *at = queue[head++];

		for (uint32_t i = 0; i < at->outs; i++) {
			struct tern_sim_node *next = at->out[i]->to;

			/* a host hands nothing on, and where it came from the way is known */
			if (next->host != NULL || next->towards[h->number] != NULL)
				continue;
			next->towards[h->number] = sim_line_back(at->out[i]);
			queue[tail++] = next;
		}
	}
}

/* Once a network has changed. */
static bool
find_paths(struct sim_net *net)
{
	const struct tern_sim_node **queue = malloc(net->nodes * sizeof(queue[0]));
	bool done = queue != NULL;

	for (uint32_t i = 0; i < net->nodes && done; i++) {
		struct tern_sim_node *n = net->node[i];

		if (n->host != NULL)
			continue;
		free(n->towards);
		n->towards = calloc(net->hosts + 1, sizeof(n->towards[0]));
		done = n->towards != NULL;
	}
	for (uint32_t i = 0; i < net->nodes && done; i++)
		if (net->node[i]->host != NULL)
			spread(net->node[i]->host, queue);
	free(queue);
	net->paths_known = done;
	return done;
}

static void
flood(struct tern_sim_node *node, const struct sim_line *from, struct rte_mbuf *m)
{
	struct sim_line *last = NULL;

	for (uint32_t i = 0; i < node->outs; i++) {
		struct rte_mbuf *copy;

		if (node->out[i]->to == from->from)
			continue;
		if (last != NULL && (copy = sim_packet_copy(m, node->net->pool)) != NULL)
			sim_line_enter(last, copy);
		last = node->out[i];
	}
	if (last != NULL)
		sim_line_enter(last, m);
	else
		mbuf_free(m);
}

void
sim_switch_forward(struct tern_sim_node *node, const struct sim_line *from, struct rte_mbuf *m)
{
	const uint8_t *dst = rte_pktmbuf_mtod(m, const uint8_t *);
	struct sim_net *net = node->net;
	struct sim_line *to = NULL;
	uint32_t number;

	if (dst[0] & 1) {
		flood(node, from, m);
		return;
	}
	number = ((uint32_t)dst[3] << 16 | (uint32_t)dst[4] << 8 | dst[5]) - 1;
	if (memcmp(dst, mac_prefix, PREFIX) == 0 && number < net->hosts && (net->paths_known || find_paths(net)))
		to = node->towards[number];
	/* back where it came from: its receiver is there, and has it */
	if (to == NULL || to->to == from->from)
		mbuf_free(m);
	else
		sim_line_enter(to, m);
}
