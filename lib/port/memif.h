/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_H
#define PORT_MEMIF_H

/*
 * net_memif: frames in memory that two processes share, one queue a core, between
 * two Terns or towards VPP. The two meet at a Unix socket, where one is the server.
 */

#include "port/port.h"

#define MEMIF_PATH 108u   /* with its end: sockaddr_un's */

enum memif_role { MEMIF_EITHER, MEMIF_SERVER, MEMIF_CLIENT };

/* SOCKET[,server|client][,id=N][,secret=WORD][,ring=N][,zero-copy] */
struct memif_word {
	char path[MEMIF_PATH];       /* without the @ of an abstract one */
	bool abstract, zero_copy;
	enum memif_role role;
	uint32_t id;                 /* which of the sockets' interfaces */
	uint32_t log2_ring;          /* frames a queue; 0: the driver's own */
	char secret[25];             /* "": none */
};

int memif_parse(const char *argument, struct memif_word *word, struct complaint *why);

int memif_check(const char *argument, struct complaint *why);
struct port *memif_open(const char *argument, unsigned int instance, const struct port_config *config,
			struct complaint *why);

#endif
