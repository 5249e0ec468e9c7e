/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_SOCKET_H
#define PORT_MEMIF_SOCKET_H

/* The Unix sockets over which the ends of a memif speak: whole messages, some with a file. */

#include <sys/socket.h>
#include <sys/un.h>

#include "port/memif.h"
#include "port/memif_map.h"

socklen_t memif_address(const struct memif_word *word, struct sockaddr_un *to);

/* A connected socket, -1 with errno. flags: as socket() takes them in its type. */
int memif_connect_to(const struct memif_word *word, int flags);

/* 0, and *listener does not block; or the errno. */
int memif_listen(const struct memif_word *word, unsigned int backlog, int *listener);

/* Whoever called is this process: an abstract socket's name is no secret. */
bool memif_is_own_process(int fd);

enum memif_passed { MEMIF_PASSED_NOTHING, MEMIF_PASSED, MEMIF_PASSED_LOST, MEMIF_PASSED_END };

/* One message with its files; to may be -1, map (which hears it) NULL. *type is what it begins with. Does not block. */
enum memif_passed memif_pass(int from, int to, uint16_t *type, struct memif_map *map);

#endif
