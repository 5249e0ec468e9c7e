/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_DEVICE_H
#define PORT_DEVICE_H

/* The one table of devices that a user can name. */

#include "port/port.h"

struct device_kind {
	const char *name;       /* before the colon */
	const char *argument;   /* behind it, as help shows it; NULL: none */
	const char *help;
	bool own_time;          /* it stands alone, in one stack: two times do not fit together */
	/* 0, or -1 with why; before EAL is up */
	int (*check)(const char *argument, struct complaint *why);
	/* `instance` keeps two devices of a kind apart. NULL with why */
	struct port *(*open)(const char *argument, unsigned int instance, const struct port_config *config,
			     struct complaint *why);
	/* instead of open: a device with both sides of one process at its ends. 0, or -1 with why */
	int (*open_pair)(struct port *ports[2], const struct port_config configs[2], struct complaint *why);
};

#define DEVICE_KINDS 5u

/* Ended by a NULL name. */
extern const struct device_kind device_kinds[DEVICE_KINDS + 1];

/* "tap:t0": its kind, and *argument = "t0" within text. NULL with why. */
const struct device_kind *device_parse(const char *text, const char **argument, struct complaint *why);

/* One more word that EAL needs for this device, or NULL. */
const char *device_eal_word(const struct device_kind *kind, const char *argument);

#endif
