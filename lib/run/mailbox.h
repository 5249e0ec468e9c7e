/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_MAILBOX_H
#define RUN_MAILBOX_H

/* What other threads ask of a core. By value, so that nobody has to free a message. */

#include <stdint.h>

#include <tern/tern.h>

#include "wire/ether.h"

struct run_core;

#define MAILBOX_SIZE 1024u   /* messages */
#define MAILBOX_TURN 32u     /* handled in one turn at most */

enum mail_kind { MAIL_CALL, MAIL_LEARNED, MAIL_PATH_MTU, MAIL_LOST };

struct mail {
	uint32_t kind;
	uint16_t vlan;
	struct mac_addr mac;
	uint16_t mtu;
	uint16_t pad;
	union {
		struct {
			void (*fn)(struct tern_stack *stack, void *arg);
			void *arg;
		} call;
		struct tern_addr addr;
	};
};

_Static_assert(sizeof(struct mail) % 4 == 0, "rte_ring copies words of 4 bytes");

/* 0, or -1 with errno. */
int mailbox_open(struct run_core *c);
void mailbox_close(struct run_core *c);
/* Any thread. 0, or -ENOBUFS. */
int mailbox_post(struct run_core *c, const struct mail *mail);
/* Owning core: handle what is there. @return how many */
unsigned int mailbox_run(struct run_core *c, uint64_t now_ns);

/* Make the core's descriptor readable. Any thread, and from a signal handler. */
void bell_ring(struct run_core *c);
/* Owning core: make it silent again if it rang. */
void bell_clear(struct run_core *c);

#endif
