/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "port/device.h"
#include "port/loop.h"
#include "port/memif.h"
#include "port/recording.h"
#include "port/tap.h"
#include "port/vdev.h"

const struct device_kind device_kinds[DEVICE_KINDS + 1] = {
	{
		.name = "loop",
		.help = "rings in memory between the two sides of a pair; needs no privilege",
		.open_pair = loop_open,
	},
	{
		.name = "tap",
		.argument = "NAME",
		.help = "a tap interface NAME of the Linux kernel, made at start; needs CAP_NET_ADMIN",
		.check = tap_check,
		.open = tap_open,
	},
	{
		.name = "memif",
		.argument = "SOCKET",
		.help = "memory shared with another process at a Unix socket, which the first to come makes; more words behind "
			"commas: server, client, id=N, ring=N, secret=WORD, zero-copy",
		.check = memif_check,
		.open = memif_open,
	},
	{
		.name = "pcap",
		.argument = "IN,OUT",
		.help = "a recording (pcap or pcapng) comes in, in its own time, and what is sent is written; either may be left "
			"out; ,rest=TIME behind them is how long the stack goes on behind the last frame (1s)",
		.own_time = true,
		.check = recording_check,
		.open = recording_open,
	},
	{
		.name = "vdev",
		.argument = "STRING",
		.help = "any virtual device of DPDK, as EAL's --vdev takes it: vdev:net_null0,size=64",
		.check = vdev_check,
		.open = vdev_open,
	},
	{ .name = NULL },
};

static int
complain_unknown(struct complaint *why, const char *text)
{
	char known[256] = "";
	size_t used = 0;

	for (const struct device_kind *k = device_kinds; k->name != NULL; k++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s%s%s", k == device_kinds ? "" : ", ",
					 k->name, k->argument != NULL ? ":" : "", k->argument != NULL ? k->argument : "");
	return complain(why, "there is no device \"%s\"; the devices are %s", text, known);
}

const struct device_kind *
device_parse(const char *text, const char **argument, struct complaint *why)
{
	size_t length = strcspn(text, ":");
	bool given = text[length] == ':';

	*argument = given ? text + length + 1 : NULL;
	for (const struct device_kind *k = device_kinds; k->name != NULL; k++) {
		if (strlen(k->name) != length || strncmp(k->name, text, length) != 0)
			continue;
		if (k->argument == NULL && given) {
			complain(why, "device \"%s\": %s takes nothing behind it; write \"%s\"", text, k->name, k->name);
			return NULL;
		}
		if (k->argument != NULL && (!given || **argument == '\0')) {
			complain(why, "device \"%s\" lacks its %s; write \"%s:%s\"", text, k->argument, k->name, k->argument);
			return NULL;
		}
		if (k->check != NULL && k->check(*argument, why) != 0)
			return NULL;
		return k;
	}
	complain_unknown(why, text);
	return NULL;
}

const char *
device_eal_word(const struct device_kind *kind, const char *argument)
{
	/* Both hand their memory to the other end as files, one a segment list; with a file a page they run out of
	 * descriptors and then pass nothing, silently. */
	if (kind->open == memif_open ||
	    (kind->open == vdev_open &&
	     (strncmp(argument, "net_virtio_user", 15) == 0 || strncmp(argument, "net_memif", 9) == 0)))
		return "--single-file-segments";
	return NULL;
}

void
port_owner(const struct port *port, struct owner *owner, uint32_t self)
{
	if (port->rss)
		owner_init_from(owner, port->rss_key, port->rss_key_length, port->reta, port->reta_size, port->cores, self);
	else
		owner_init(owner, port->cores, self);
}
