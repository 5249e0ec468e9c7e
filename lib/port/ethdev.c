/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include <tern/counters.h>

#include "core/mbuf.h"
#include "port/ethdev.h"
#include "port/rss.h"

#define DESCRIPTORS 1024u   /* a queue, where the device has no wish */

#define TX_CHECKSUMS (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
#define TX_TSO (RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_TSO)
#define TSO_MBUFS 96u       /* of a frame, where the device has no bound: 64 KiB in segments of 1,460 bytes, and small pieces */
#define TSO_MBUFS_LEAST 8u  /* below it a frame would hardly be longer than a segment */
#define RX_CHECKSUMS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)

struct ethdev_queue {
	struct tern_link link;
	uint16_t id, queue;
	uint64_t refused;            /* frames that the driver would not have: counted by the queue's core, */
	uint64_t refused_seen;       /* and told up to here by whoever reads drops */
} __rte_cache_aligned;

struct ethdev {
	struct port port;
	uint16_t id;
	bool ours;                   /* started here, so stopped here */
	bool close_device;
	struct rte_eth_stats seen;   /* as far as they have been told */
	struct ethdev_queue queue[PORT_MAX_CORES];
};

static uint16_t
ethdev_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	const struct ethdev_queue *q = (const struct ethdev_queue *)link;

	return rte_eth_rx_burst(q->id, q->queue, frames, n);
}

/* A core beyond the device's receive queues: it transmits, and what is for it is steered here. */
static uint16_t
receive_nothing(struct tern_link *link __rte_unused, struct rte_mbuf **frames __rte_unused, uint16_t n __rte_unused)
{
	return 0;
}

static uint16_t
ethdev_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	const struct ethdev_queue *q = (const struct ethdev_queue *)link;

	return rte_eth_tx_burst(q->id, q->queue, frames, n);
}

/*
 * Where frames are cut, some drivers put more into their headers than DPDK's general part asks for (virtio), and
 * look whether they can do it. What one refuses it would refuse for ever, and nothing behind it would leave.
 */
static uint16_t
ethdev_transmit_prepared(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct ethdev_queue *q = (struct ethdev_queue *)link;
	uint16_t ready = rte_eth_tx_prepare(q->id, q->queue, frames, n);

	if (unlikely(ready == 0 && n > 0)) {
		mbuf_free(frames[0]);
		__atomic_store_n(&q->refused, q->refused + 1, __ATOMIC_RELAXED);
		return 1;
	}
	return rte_eth_tx_burst(q->id, q->queue, frames, ready);
}

static bool
ethdev_is_up(struct tern_link *link)
{
	const struct ethdev_queue *q = (const struct ethdev_queue *)link;
	struct rte_eth_link now;

	/* one that cannot tell is not to be waited for */
	return rte_eth_link_get_nowait(q->id, &now) != 0 || now.link_status == RTE_ETH_LINK_UP;
}

static void
ethdev_read_drops(struct port *port, uint64_t *drops)
{
	struct ethdev *dev = (struct ethdev *)port;
	struct rte_eth_stats now;

	if (rte_eth_stats_get(dev->id, &now) != 0)
		return;
	drops[TERN_DROP_RX_MISSED] += now.imissed - dev->seen.imissed;
	drops[TERN_DROP_RX_ERROR] += now.ierrors - dev->seen.ierrors;
	drops[TERN_DROP_RX_NO_MBUF] += now.rx_nombuf - dev->seen.rx_nombuf;
	drops[TERN_DROP_TX_ERROR] += now.oerrors - dev->seen.oerrors;
	dev->seen = now;
	for (uint32_t i = 0; i < port->cores; i++) {
		struct ethdev_queue *q = &dev->queue[i];
		uint64_t refused = __atomic_load_n(&q->refused, __ATOMIC_RELAXED);

		drops[TERN_DROP_TX_ERROR] += refused - q->refused_seen;
		q->refused_seen = refused;
	}
}

static void
ethdev_close(struct port *port)
{
	struct ethdev *dev = (struct ethdev *)port;
	struct rte_eth_dev_info info;

	if (dev->ours) {
		rte_eth_dev_stop(dev->id);
		if (dev->close_device && rte_eth_dev_info_get(dev->id, &info) == 0)
			rte_dev_remove(info.device);
		else
			rte_eth_dev_close(dev->id);
	}
	rte_free(dev);
}

static struct ethdev *
ethdev_new(uint16_t id, const struct rte_eth_dev_info *info, const char *label, struct complaint *why)
{
	int node = rte_eth_dev_socket_id(id);
	struct ethdev *dev = rte_zmalloc_socket("ethdev", sizeof(*dev), RTE_CACHE_LINE_SIZE, node);
	struct rte_ether_addr mac;

	if (dev == NULL) {
		complain(why, "%s: out of memory", label);
		return NULL;
	}
	dev->id = id;
	dev->port.node = node;
	dev->port.read_drops = ethdev_read_drops;
	dev->port.close = ethdev_close;
	snprintf(dev->port.name, sizeof(dev->port.name), "%s", label);
	snprintf(dev->port.driver, sizeof(dev->port.driver), "%s", info->driver_name);
	if (rte_eth_macaddr_get(id, &mac) == 0)
		memcpy(dev->port.mac.b, mac.addr_bytes, sizeof(dev->port.mac.b));
	return dev;
}

static int
check_fit(const struct rte_eth_dev_info *info, const struct ethdev_traits *traits, const struct port_config *config,
	  struct complaint *why)
{
	const char *label = traits->label;
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
	uint32_t largest = info->max_mtu;

	if (info->max_rx_pktlen > overhead)
		largest = RTE_MIN(largest, info->max_rx_pktlen - overhead);
	if (config->cores > info->max_tx_queues)
		return complain(why, "%s has %u transmit queues and is to serve %u cores; give --cores at most %u of them",
				label, info->max_tx_queues, config->cores, info->max_tx_queues);
	if (info->max_rx_queues == 0)
		return complain(why, "%s has no receive queue", label);
	if (!traits->any_mtu && (config->mtu < info->min_mtu || config->mtu > largest))
		return complain(why, "--mtu %u: %s takes %u to %u", config->mtu, label, info->min_mtu, largest);
	return 0;
}

static int
setup_queues(const struct ethdev *dev, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf,
	     uint16_t rx_queues, const struct port_config *config, struct complaint *why)
{
	uint16_t rx_size = info->default_rxportconf.ring_size != 0 ? info->default_rxportconf.ring_size : DESCRIPTORS;
	uint16_t tx_size = info->default_txportconf.ring_size != 0 ? info->default_txportconf.ring_size : DESCRIPTORS;
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	unsigned int node = (unsigned int)(dev->port.node >= 0 ? dev->port.node : config->node);
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(dev->id, &rx_size, &tx_size);

	rx.offloads = conf->rxmode.offloads;
	tx.offloads = conf->txmode.offloads;
	for (uint16_t q = 0; q < rx_queues && error == 0; q++)
		error = rte_eth_rx_queue_setup(dev->id, q, rx_size, node, &rx, config->pool);
	for (uint16_t q = 0; q < config->cores && error == 0; q++)
		error = rte_eth_tx_queue_setup(dev->id, q, tx_size, node, &tx);
	if (error == 0)
		return 0;
	complain(why, "%s: %u receive queues of %u and %u transmit queues of %u packets cannot be set up: %s; try fewer --cores "
		 "or more --mbufs", dev->port.name, rx_queues, rx_size, config->cores, tx_size, rte_strerror(-error));
	return complain_of_driver(why);
}

/* Neighbour discovery needs the solicited-node groups. Devices list too few groups to join each, so all of them. */
static void
open_filters(uint16_t id)
{
	if (rte_eth_allmulticast_enable(id) != 0)
		rte_eth_promiscuous_enable(id);
}

static int
set_mtu(uint16_t id, const char *label, uint16_t mtu, struct complaint *why)
{
	int error = rte_eth_dev_set_mtu(id, mtu);

	/* a device without the call has no limit of its own but the one that check_fit() has looked at */
	if (error != 0 && error != -ENOTSUP)
		return complain(why, "--mtu %u: %s refuses it: %s", mtu, label, rte_strerror(-error));
	return 0;
}

static void
offer_tso(struct ethdev_queue *q, uint64_t offloads, const struct rte_eth_dev_info *info)
{
	/* IPv4's own checksum too, but for one that cuts nothing itself and hands the frame on (virtio) */
	uint64_t needed = TX_TSO | (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM);
	uint16_t most = info->tx_desc_lim.nb_seg_max;

	if ((offloads & needed) != needed || (most != 0 && most < TSO_MBUFS_LEAST))
		return;
	q->link.capabilities.tso_mbufs = most == 0 ? TSO_MBUFS : RTE_MIN(most, (uint16_t)TSO_MBUFS);
	q->link.transmit = ethdev_transmit_prepared;
}

static int
start(struct ethdev *dev, const struct rte_eth_dev_info *info, const struct ethdev_traits *traits,
      const struct port_config *config, struct complaint *why)
{
	uint16_t rx_queues = RTE_MIN((uint16_t)config->cores, info->max_rx_queues);
	bool checksums = !config->software_checksums && !traits->software_offloads;
	uint64_t tx_wanted = (traits->single_segment ? 0 : RTE_ETH_TX_OFFLOAD_MULTI_SEGS) | (checksums ? TX_CHECKSUMS : 0) |
			     (checksums && !config->no_tso ? RTE_ETH_TX_OFFLOAD_TCP_TSO : 0);
	/*
	 * No MBUF_FAST_FREE: it is for queues whose every mbuf is direct, unshared and from one pool, and large
	 * sends go by reference.
	 */
	struct rte_eth_conf conf = {
		.rxmode = { .mtu = traits->any_mtu ? RTE_MIN(config->mtu, RTE_ETHER_MTU) : config->mtu,
			    .offloads = checksums ? info->rx_offload_capa & RX_CHECKSUMS : 0 },
		.txmode = { .offloads = info->tx_offload_capa & tx_wanted },
	};
	uint8_t key[OWNER_KEY];
	int error;

	rss_ask(info, rx_queues, &conf, key);
	error = rte_eth_dev_configure(dev->id, rx_queues, (uint16_t)config->cores, &conf);
	if (error != 0) {
		complain(why, "%s: cannot be configured with %u receive and %u transmit queues: %s", traits->label, rx_queues,
			 config->cores, rte_strerror(-error));
		return complain_of_driver(why);
	}
	if ((!traits->any_mtu && set_mtu(dev->id, traits->label, config->mtu, why) != 0) ||
	    setup_queues(dev, info, &conf, rx_queues, config, why) != 0)
		return -1;
	error = rte_eth_dev_start(dev->id);
	if (error != 0) {
		complain(why, "%s: does not start: %s", traits->label, rte_strerror(-error));
		return complain_of_driver(why);
	}
	if (!traits->hears_all)
		open_filters(dev->id);

	dev->port.mtu = config->mtu;
	dev->port.cores = config->cores;
	if (rx_queues == config->cores)
		rss_read_back(dev->id, info, rx_queues, &dev->port);
	for (uint16_t i = 0; i < config->cores; i++) {
		struct ethdev_queue *q = &dev->queue[i];

		q->id = dev->id;
		q->queue = i;
		q->link.receive = i < rx_queues ? ethdev_receive : receive_nothing;
		q->link.transmit = ethdev_transmit;
		q->link.is_up = ethdev_is_up;
		q->link.capabilities.tx_ip_checksum = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
		q->link.capabilities.tx_l4_checksum = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
		q->link.capabilities.rx_checksum = (conf.rxmode.offloads & RX_CHECKSUMS) == RX_CHECKSUMS;
		q->link.capabilities.multi_segment = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
		offer_tso(q, conf.txmode.offloads, info);
		dev->port.link[i] = &q->link;
	}
	return 0;
}

struct port *
ethdev_open(uint16_t id, const struct ethdev_traits *traits, const struct port_config *config, struct complaint *why)
{
	struct rte_eth_dev_info info;
	struct ethdev *dev = NULL;

	if (rte_eth_dev_info_get(id, &info) != 0) {
		complain(why, "%s: tells nothing about itself", traits->label);
		return NULL;
	}
	if (check_fit(&info, traits, config, why) == 0)
		dev = ethdev_new(id, &info, traits->label, why);
	if (dev == NULL) {
		if (traits->close_device)
			rte_dev_remove(info.device);
		return NULL;
	}
	dev->ours = true;
	dev->close_device = traits->close_device;
	if (start(dev, &info, traits, config, why) != 0) {
		ethdev_close(&dev->port);
		return NULL;
	}
	/* not before: a driver may look for its queues in it (net_vhost) */
	rte_eth_stats_get(id, &dev->seen);
	return &dev->port;
}

struct port *
ethdev_adopt(uint16_t id, uint16_t queue, bool software_checksums, bool no_tso, struct complaint *why)
{
	struct rte_eth_dev_info info;
	struct rte_eth_txq_info tx = { 0 };
	struct rte_eth_rxq_info rx = { 0 };
	char label[32];
	struct ethdev *dev;
	struct ethdev_queue *q;
	uint16_t mtu;

	snprintf(label, sizeof(label), "port %u, queue %u", id, queue);
	if (!rte_eth_dev_is_valid_port(id) || rte_eth_dev_info_get(id, &info) != 0 || rte_eth_dev_get_mtu(id, &mtu) != 0) {
		complain(why, "%s: there is no such port", label);
		return NULL;
	}
	if (queue >= info.nb_rx_queues || queue >= info.nb_tx_queues) {
		complain(why, "%s: the port was configured with %u receive and %u transmit queues", label, info.nb_rx_queues,
			 info.nb_tx_queues);
		return NULL;
	}
	dev = ethdev_new(id, &info, label, why);
	if (dev == NULL)
		return NULL;
	dev->port.mtu = mtu;
	dev->port.cores = 1;
	rte_eth_stats_get(id, &dev->seen);
	q = &dev->queue[0];
	q->id = id;
	q->queue = queue;
	q->link.receive = ethdev_receive;
	q->link.transmit = ethdev_transmit;
	/* An offload that the driver does not tell counts as not there. */
	rte_eth_tx_queue_info_get(id, queue, &tx);
	rte_eth_rx_queue_info_get(id, queue, &rx);
	q->link.capabilities.multi_segment = tx.conf.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (!software_checksums) {
		q->link.capabilities.tx_ip_checksum = tx.conf.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
		q->link.capabilities.tx_l4_checksum = tx.conf.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
		q->link.capabilities.rx_checksum = (rx.conf.offloads & RX_CHECKSUMS) == RX_CHECKSUMS;
	}
	if (!software_checksums && !no_tso)
		offer_tso(q, tx.conf.offloads, &info);
	dev->port.link[0] = &q->link;
	return &dev->port;
}
