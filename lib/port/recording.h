/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_RECORDING_H
#define PORT_RECORDING_H

/*
 * A recording as a device: what it holds comes in at the times at which it was
 * recorded, and what is sent goes into another one. The stack lives in the time
 * of the recording, so that its timers fire between the frames as they would
 * have, and a run can be repeated to the byte. Not by net_pcap, which plays as
 * fast as it is asked and stamps what it writes with the time of the day.
 */

#include "port/port.h"

/* [IN][,[OUT][,rest=TIME]] */
struct recording_word {
	char in[256], out[256];      /* "": none */
	uint64_t rest_ns;            /* of the stack's time behind the last frame */
};

int recording_parse(const char *argument, struct recording_word *word, struct complaint *why);

int recording_check(const char *argument, struct complaint *why);
struct port *recording_open(const char *argument, unsigned int instance, const struct port_config *config,
		       struct complaint *why);

#endif
