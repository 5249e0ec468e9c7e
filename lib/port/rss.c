/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "port/rss.h"

/* What the tuples here need: 36 bytes of IPv6 and 4 more for the last window of 32 bits. */
#define KEY_NEEDED 40u
#define WANTED (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)

static bool
can_hash(const struct rte_eth_dev_info *info)
{
	return (info->flow_type_rss_offloads & WANTED) == WANTED && info->reta_size != 0 &&
	       info->reta_size <= OWNER_MAX_RETA && (info->reta_size & (info->reta_size - 1)) == 0 &&
	       (info->hash_key_size == 0 || (info->hash_key_size >= KEY_NEEDED && info->hash_key_size <= OWNER_KEY));
}

void
rss_ask(const struct rte_eth_dev_info *info, uint16_t queues, struct rte_eth_conf *conf, uint8_t key[OWNER_KEY])
{
	struct owner owner;

	if (queues < 2 || !can_hash(info))
		return;
	owner_init(&owner, queues, 0);
	memcpy(key, owner.key, OWNER_KEY);
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = WANTED;
	conf->rx_adv_conf.rss_conf.rss_key = key;
	conf->rx_adv_conf.rss_conf.rss_key_len = info->hash_key_size != 0 ? info->hash_key_size : KEY_NEEDED;
}

static bool
table_spread(uint16_t id, uint16_t size, uint16_t queues, uint16_t *out)
{
	struct rte_eth_rss_reta_entry64 reta[OWNER_MAX_RETA / RTE_ETH_RETA_GROUP_SIZE];

	memset(reta, 0, sizeof(reta));
	for (uint16_t i = 0; i < size; i++) {
		reta[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
		reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = i % queues;
	}
	/* a device that keeps its own table may still tell it */
	rte_eth_dev_rss_reta_update(id, reta, size);
	if (rte_eth_dev_rss_reta_query(id, reta, size) != 0)
		return false;
	for (uint16_t i = 0; i < size; i++) {
		out[i] = reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
		if (out[i] >= queues)
			return false;
	}
	return true;
}

void
rss_read_back(uint16_t id, const struct rte_eth_dev_info *info, uint16_t queues, struct port *port)
{
	struct rte_eth_rss_conf conf = { .rss_key = port->rss_key, .rss_key_len = OWNER_KEY };

	port->rss = false;
	if (queues < 2 || !can_hash(info) || rte_eth_dev_rss_hash_conf_get(id, &conf) != 0)
		return;
	if ((conf.rss_hf & WANTED) != WANTED)
		return;
	if (!table_spread(id, info->reta_size, queues, port->reta))
		return;
	/* some drivers fill in the key and not its length */
	port->rss_key_length = info->hash_key_size != 0 ? info->hash_key_size : KEY_NEEDED;
	port->reta_size = info->reta_size;
	port->rss = true;
}
