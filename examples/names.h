/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef EXAMPLES_NAMES_H
#define EXAMPLES_NAMES_H

/*
 * The whole difference between a program for Linux and one for Tern: built with -DTERN its socket calls are Tern's.
 * Included behind all other headers. What opens Tern stands in tern_main.c, and calls the program's main().
 */
#ifdef TERN

#include <tern/socket.h>

#define socket tsock_socket
#define bind tsock_bind
#define listen tsock_listen
#define accept tsock_accept
#define accept4 tsock_accept4
#define connect tsock_connect
#define read tsock_read
#define readv tsock_readv
#define recv tsock_recv
#define recvfrom tsock_recvfrom
#define recvmsg tsock_recvmsg
#define write tsock_write
#define writev tsock_writev
#define send tsock_send
#define sendto tsock_sendto
#define sendmsg tsock_sendmsg
#define shutdown tsock_shutdown
#define close tsock_close
#define fcntl tsock_fcntl
#define ioctl tsock_ioctl
#define getsockopt tsock_getsockopt
#define setsockopt tsock_setsockopt
#define getsockname tsock_getsockname
#define getpeername tsock_getpeername
#define poll tsock_poll
#define epoll_create tsock_epoll_create
#define epoll_create1 tsock_epoll_create1
#define epoll_ctl tsock_epoll_ctl
#define epoll_wait tsock_epoll_wait

#define main program_main

/* the program's main(), once on each of Tern's cores */
int program_main(int argc, char **argv);

#endif
#endif
