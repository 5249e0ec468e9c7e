/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "port/ethdev.h"
#include "port/tap.h"
#include "port/vdev.h"

int
vdev_check(const char *argument, struct complaint *why)
{
	size_t length = strcspn(argument, ",");

	if (length == 0 || length >= RTE_DEV_NAME_MAX_LEN)
		return complain(why, "device \"vdev:%s\": a driver's name of 1 to %d letters comes first, as in "
				"vdev:net_null0,size=64", argument, RTE_DEV_NAME_MAX_LEN - 1);
	return 0;
}

int
vdev_make(const char *name, const char *arguments, uint16_t *id, struct complaint *why)
{
	int error = rte_eal_hotplug_add("vdev", name, arguments);

	if (error != 0) {
		complain(why, "DPDK cannot make the device \"%s%s%s\" (%s); check the driver's name and arguments", name,
			 *arguments != '\0' ? "," : "", arguments, rte_strerror(-error));
		return complain_of_driver(why);
	}
	if (rte_eth_dev_get_port_by_name(name, id) != 0) {
		rte_eal_hotplug_remove("vdev", name);
		return complain(why, "the device \"%s\" exists now, but is no network device", name);
	}
	return 0;
}

struct port *
vdev_open(const char *argument, unsigned int instance __rte_unused, const struct port_config *config,
	  struct complaint *why)
{
	size_t length = strcspn(argument, ",");
	const char *arguments = argument[length] == ',' ? argument + length + 1 : "";
	char name[RTE_DEV_NAME_MAX_LEN], label[sizeof("vdev:") + RTE_DEV_NAME_MAX_LEN];
	struct ethdev_traits traits = { .label = label, .close_device = true };
	uint16_t id;

	snprintf(name, sizeof(name), "%.*s", (int)length, argument);
	snprintf(label, sizeof(label), "vdev:%s", name);
	if (strncmp(name, "net_tap", 7) == 0)
		return tap_open_vdev(label, name, arguments, config, why);
	if (vdev_make(name, arguments, &id, why) != 0)
		return NULL;
	return ethdev_open(id, &traits, config, why);
}
