/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WALK_PLACE_H
#define WALK_PLACE_H

/*
 * A stack on a wire that the walk is the other end of: brings a connection of
 * its own into a state, takes what is sent and told, and clears all away again.
 * What it tells the model of the connection is what was seen on the wire.
 */

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "scenario/packet.h"
#include "sim/host.h"

#define PLACE_OUT 16u

enum place_id {
	PLACE_CLOSED, PLACE_LISTEN, PLACE_SYN_SENT, PLACE_SYN_RECEIVED, PLACE_SYN_RECEIVED_ACTIVE, PLACE_ESTABLISHED,
	PLACE_FIN_WAIT_1, PLACE_FIN_WAIT_1_CLOSED, PLACE_FIN_WAIT_2, PLACE_FIN_WAIT_2_CLOSED, PLACE_CLOSE_WAIT,
	PLACE_CLOSING, PLACE_LAST_ACK, PLACE_TIME_WAIT, PLACE_TIME_WAIT_DEAF,
	PLACE_ESTABLISHED_FULL, PLACE_FIN_WAIT_1_FULL, PLACE_FIN_WAIT_2_FULL, PLACES
};

struct place {
	struct tern_link link;
	struct tern_stack *stack;
	uint64_t now_ns;
	bool v6, timestamps;
	uint16_t peer_port, host_port;   /* of this conversation */
	struct rte_mbuf *in[8];
	unsigned int in_count;
	struct packet out[PLACE_OUT];    /* TCP alone */
	unsigned int out_count;
	tern_listener listener;
	tern_conn id;
	uint32_t mask, reason;           /* told since place_forget() */
	uint32_t read;                   /* octets */
	bool garbled;                    /* one of them was not what the peer sent */
	unsigned int wscale;             /* the host's */
	uint32_t peer_seq, peer_tsval;   /* next of the peer's */
	struct packet seen;              /* the host's last */
	struct model model;
	unsigned int used_before;
	const char *trouble;
};

extern const char *const place_names[PLACES];

/* A new stack. */
void place_open(struct place *p, bool v6, bool timestamps);
/* NULL, or what is left behind. */
const char *place_close(struct place *p);
/* A fresh connection in this state; p->model describes it. false: it did not get there, see p->trouble. */
bool place_enter(struct place *p, enum place_id id);
/* Sends a segment and lets everything happen that is due within the delayed-ACK time. */
void place_inject(struct place *p, const struct model_segment *s);
/* The state that the connection is in now. */
enum model_state place_state(const struct place *p);
/* Clears away what the conversation left. */
void place_leave(struct place *p);
/* Octet of the peer's stream at a sequence number. */
uint8_t place_octet(uint32_t seq);

#endif
