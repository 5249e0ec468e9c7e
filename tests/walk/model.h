/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WALK_MODEL_H
#define WALK_MODEL_H

/*
 * What RFC 9293 3.10.7 says of one segment that arrives in one state, with
 * the amendments of RFC 5961, 7323, 6191 and 1337: written from their text
 * for the walk, sharing nothing with lib/tcp. Sequence numbers are absolute.
 * Where the RFCs leave a choice, `section` of the reaction names it.
 */

#include <stdbool.h>
#include <stdint.h>

enum model_state {
	M_CLOSED, M_LISTEN, M_SYN_SENT, M_SYN_RECEIVED, M_ESTABLISHED, M_FIN_WAIT_1, M_FIN_WAIT_2, M_CLOSE_WAIT,
	M_CLOSING, M_LAST_ACK, M_TIME_WAIT, M_STATES
};

enum { M_FIN = 1, M_SYN = 2, M_RST = 4, M_PSH = 8, M_ACK = 16, M_URG = 32 };

/* What the user is told */
enum { M_OPENED = 1, M_READABLE = 2, M_PEER_CLOSED = 4, M_ENDED = 8, M_URGENT = 16 };

/* Why a connection ended, in the RFC's words */
enum model_end { M_NOT_ENDED, M_END_CLOSED, M_END_RESET, M_END_REFUSED, M_END_DATA_AFTER_CLOSE };

struct model {
	enum model_state state;
	bool passive;              /* by a passive OPEN */
	bool listening;            /* somebody listens on the port */
	bool app_closed;           /* CLOSE was called: nobody will read */
	bool fin_sent;             /* SND.NXT is behind our FIN */
	uint32_t iss, snd_una, snd_nxt;
	uint32_t max_snd_wnd;
	uint32_t irs, rcv_nxt, rcv_wnd;
	bool timestamps;
	uint32_t ts_recent, last_ack_sent;
};

struct model_segment {
	uint8_t flags;
	uint32_t seq, ack;
	uint32_t length;           /* of the text */
	uint16_t urgent;
	bool has_timestamp;
	uint32_t tsval, tsecr;
};

struct model_answer {
	uint8_t flags;
	uint32_t seq, ack;
	bool new_iss;              /* seq is an ISS that has to be chosen, beyond `seq` if that is not 0 */
	bool has_timestamp;
	uint32_t tsecr;
};

struct model_reaction {
	bool answered;
	struct model_answer answer;
	enum model_state state;
	uint32_t delivered;        /* octets, from the first one expected on */
	uint32_t told;             /* M_x */
	enum model_end end;
	const char *section;       /* what decided */
};

struct model_reaction model_arrives(const struct model *m, const struct model_segment *s);

#endif
