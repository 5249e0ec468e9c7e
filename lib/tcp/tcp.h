/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

/*
 * One core's TCP. Input changes state and builds no packet; output builds
 * packets and reads none. Time comes in with tcp_set_time(), once a turn.
 */

#include "tcp/life.h"
#include "tcp/segments.h"
#include "tcp/sent.h"
#include "tcp/state.h"

#endif
