/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CONFIGURE_H
#define RUN_CONFIGURE_H

/* From checked options to what the rooms below are set up with. */

#include "ip/ip.h"
#include "port/port.h"
#include "run/options.h"
#include "tcp/config.h"

void configure_tcp(struct tcp_config *tcp, const struct side_options *s);
void configure_ip(struct ip_config *ip, const struct side_options *s, const struct port *port);

#endif
