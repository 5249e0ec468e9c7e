/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_KERNEL_PROGRAM_H
#define TESTS_UNIT_KERNEL_PROGRAM_H

/*
 * A program's calls: each writes down what came of it. Descriptors go by the number of their making, sides by whom they
 * belong to; when a call is through, everything under way arrives.
 */

#include "kernel_cases.h"

#define P_PEER 1               /* a port where nobody listens */

int p_socket(struct program *g, unsigned int side, int domain, int type, int protocol);
/* AF_INET, SOCK_STREAM, non-blocking */
int p_stream(struct program *g, unsigned int side);
/* To the side's address, and to a port of its own, or the listener's. */
int p_bind(struct program *g, int id);
int p_listen(struct program *g, int id, int backlog);
/* Bound, listening, non-blocking. */
int p_listener(struct program *g);
int p_connect(struct program *g, int id);
/* Where nobody listens. */
int p_connect_nowhere(struct program *g, int id);
int p_disconnect(struct program *g, int id);
int p_accept(struct program *g, int id, int flags);
/* Listener, client, server: 0, 1, 2. */
void p_pair(struct program *g);
ssize_t p_recv(struct program *g, int id, size_t length, int flags);
ssize_t p_read(struct program *g, int id, size_t length);
ssize_t p_readv(struct program *g, int id, int count, size_t each);
ssize_t p_recvmsg(struct program *g, int id, int count, size_t each, int flags);
ssize_t p_send(struct program *g, int id, size_t length, int flags);
ssize_t p_write(struct program *g, int id, size_t length);
ssize_t p_writev(struct program *g, int id, int count, size_t each);
int p_shutdown(struct program *g, int id, int how);
int p_close(struct program *g, int id);
int p_poll(struct program *g, int id);
int p_get(struct program *g, int id, int level, int name);
int p_set(struct program *g, int id, int level, int name, int value);
int p_set_raw(struct program *g, int id, int level, int name, const void *value, socklen_t length);
int p_linger(struct program *g, int id, int on, int seconds);
/* The family that is told, and whether there is a port. */
int p_names(struct program *g, int id);
int p_fcntl(struct program *g, int id, int command, int argument);
int p_ioctl(struct program *g, int id, unsigned long request, int argument);
int p_epoll(struct program *g, unsigned int side);
int p_epoll_ctl(struct program *g, int epoll, int op, int id, uint32_t events);
int p_epoll_wait(struct program *g, int epoll, int max);
/* So much time passes. */
void p_wait(struct program *g, uint32_t ms);
/* As p_write(), but nothing is written down: how much either takes is its own affair. */
ssize_t p_write_quietly(struct program *g, int id, size_t length);
/* sendmsg() to the listener, with MSG_FASTOPEN */
ssize_t p_fastopen(struct program *g, int id, size_t length, int flags);
/* recvmsg() with so much room for what TCP_INQ tells */
ssize_t p_recvmsg_inq(struct program *g, int id, size_t length, size_t control);
/* recvmsg(MSG_ERRQUEUE) */
ssize_t p_recvmsg_errors(struct program *g, int id, size_t control);
int p_set_time(struct program *g, int id, int name, uint32_t ms);
int p_poll_many(struct program *g, const int *id, unsigned int count, short events);
/* Everything that may be asked of one socket. */
void ask_all(struct program *g, int id);
/* A number of the program's own. */
void p_say(struct program *g, const char *what, long value);

#endif
