/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_RSS_H
#define PORT_RSS_H

#include <rte_ethdev.h>

#include "port/port.h"

/*
 * RSS of a device: asked for if it says that it can hash TCP's 4-tuple and has a
 * table; believed in only as far as key and table can be read back. Even then
 * the stacks compare what arrives with what was expected, and steer.
 */

/* Before rte_eth_dev_configure(): the wish. key must live until then. */
void rss_ask(const struct rte_eth_dev_info *info, uint16_t queues, struct rte_eth_conf *conf, uint8_t key[OWNER_KEY]);

/* After rte_eth_dev_start(): spread the table over the queues, and note in port what the device then says. */
void rss_read_back(uint16_t id, const struct rte_eth_dev_info *info, uint16_t queues, struct port *port);

#endif
