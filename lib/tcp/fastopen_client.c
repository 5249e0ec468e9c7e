/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Fast Open as client (RFC 7413, 4.1.3): cookies by destination, source and port, with the MSS that bounds the
 * SYN's data, in a table where the newer of two that meet stays. What was lost with the option on it, or not
 * taken, keeps Fast Open away from that destination for a while (4.1.3.1): a minute, doubled with each loss in a
 * row up to an hour. A SYN is sent again without option and data, whose sequence numbers it keeps: the answer to
 * either SYN may come.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "core/mem.h"
#include "tcp/tcp.h"

#define ENTRIES 1024u
#define AVOID_NS (UINT64_C(60) * 1000000000)
#define AVOID_MAX_DOUBLINGS 6u

/* By the option of experiments (RFC 7413, A), with config.fastopen_experiment: never asked, asking, asked in vain */
enum { EXPERIMENT_NOT_YET, EXPERIMENT_NOW, EXPERIMENT_DONE };

struct tcp_fastopen_entry {
	struct flow_key key;         /* lport 0 */
	uint64_t avoid_until_ns;
	struct tcp_fastopen cookie;  /* length 0: none yet */
	uint8_t losses;              /* in a row */
	uint8_t experiment;          /* EXPERIMENT_x */
	uint16_t mss;                /* as the peer announced it */
};

int
tcp_fastopen_init(struct tcp *tcp, int node)
{
	tcp->fastopen_cache = mem_map(ENTRIES * sizeof(*tcp->fastopen_cache), node);
	return tcp->fastopen_cache == NULL ? -ENOMEM : 0;
}

void
tcp_fastopen_free(struct tcp *tcp)
{
	if (tcp->fastopen_cache != NULL)
		mem_unmap(tcp->fastopen_cache, ENTRIES * sizeof(*tcp->fastopen_cache));
}

void
tcp_fastopen_forget(struct tcp *tcp)
{
	memset(tcp->fastopen_cache, 0, ENTRIES * sizeof(*tcp->fastopen_cache));
}

/* The place of a destination, whoever's it is now. */
static struct tcp_fastopen_entry *
place(const struct tcp *tcp, const struct tcp_conn *c, struct flow_key *key)
{
	*key = c->key;
	key->lport = 0;
	return &tcp->fastopen_cache[tcp_hash(tcp, key) % ENTRIES];
}

static struct tcp_fastopen_entry *
entry_of(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct flow_key key;
	struct tcp_fastopen_entry *e = place(tcp, c, &key);

	return flow_key_equal(&e->key, &key) ? e : NULL;
}

static bool is_avoided(const struct tcp *tcp, const struct tcp_fastopen_entry *e) { return e != NULL && e->avoid_until_ns > tcp->now_ns; }

/* Bytes beside all options that a SYN may ever have: by peer's MSS and path's MTU, as far as they are known, and `limit`. */
static uint32_t
room_of(const struct tcp *tcp, const struct tcp_fastopen_entry *e, const uint8_t remote[16], uint16_t limit)
{
	uint32_t mss;
	struct tern_addr dst;

	memcpy(dst.b, remote, sizeof(dst.b));
	mss = tcp_mtu_mss(tcp, &dst);
	if (e != NULL && e->mss > 0)
		mss = RTE_MIN(mss, (uint32_t)e->mss);
	if (limit > 0)
		mss = RTE_MIN(mss, (uint32_t)limit);
	return mss - RTE_MIN(mss, (uint32_t)TCP_MAX_OPTIONS);
}

uint32_t
tcp_fastopen_room(struct tcp *tcp, const struct tern_endpoint *target, const struct tern_addr *source)
{
	static const struct tern_addr any;
	const struct tcp_fastopen_entry *e;
	struct flow_key key = { .rport = target->port };

	key.local = memcmp(source, &any, sizeof(any)) == 0 ? ip_source_for(tcp->ip, &target->addr) :
							     ip_local_number(tcp->ip, source, VLAN_NONE);
	memcpy(key.remote, target->addr.b, sizeof(key.remote));
	e = &tcp->fastopen_cache[tcp_hash(tcp, &key) % ENTRIES];
	if (!flow_key_equal(&e->key, &key))
		e = NULL;
	if (!tcp->config.fastopen || is_avoided(tcp, e))
		return 0;
	if (!tcp->config.fastopen_client_no_cookie && (e == NULL || e->cookie.length == 0))
		return 0;
	return room_of(tcp, e, key.remote, 0);
}

static struct tcp_fastopen_entry *
make_entry(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct flow_key key;
	struct tcp_fastopen_entry *e = place(tcp, c, &key);

	if (!flow_key_equal(&e->key, &key))
		*e = (struct tcp_fastopen_entry){ .key = key };
	return e;
}

/* What the SYN says of Fast Open: nothing, the request for a cookie, or one, and then *room for data on it. */
const struct tcp_fastopen *
tcp_fastopen_offer(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *room)
{
	static const struct tcp_fastopen request[] = { { .experimental = false }, { .experimental = true } };
	const struct tcp_fastopen_entry *e = entry_of(tcp, c);
	uint16_t limit = tcp_extra(tcp, c)->mss_limit;

	*room = 0;
	if (is_avoided(tcp, e))
		return NULL;
	if (tcp->config.fastopen_client_no_cookie) {
		*room = room_of(tcp, e, c->key.remote, limit);
		return NULL;
	}
	if (e == NULL || e->cookie.length == 0)
		return &request[e != NULL && e->experiment == EXPERIMENT_NOW];
	*room = room_of(tcp, e, c->key.remote, limit);
	return &e->cookie;
}

static void
avoid(const struct tcp *tcp, struct tcp_fastopen_entry *e)
{
	if (tcp->config.fastopen_persists)
		return;
	e->avoid_until_ns = tcp->now_ns + (AVOID_NS << RTE_MIN((uint32_t)e->losses, AVOID_MAX_DOUBLINGS));
}

/* The first SYN was not answered in time: perhaps by a middlebox that knows neither the option nor data there. */
void
tcp_fastopen_lost(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_fastopen_entry *e = make_entry(tcp, c);

	avoid(tcp, e);
	if (e->losses < UINT8_MAX)
		e->losses++;
}

/* The request was heard, and brought nothing: a server may know the older option alone. */
static void
asked_in_vain(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tcp_fastopen_entry *e;

	if (!tcp->config.fastopen_experiment || tcp->config.fastopen_client_no_cookie || c->retransmits > 0)
		return;
	e = make_entry(tcp, c);
	if (e->cookie.length == 0 && e->experiment != EXPERIMENT_DONE)
		e->experiment++;
}

static void
learn(struct tcp *tcp, struct tcp_conn *c, const struct tcp_options *opt, bool refused)
{
	struct tcp_fastopen_entry *e = entry_of(tcp, c);

	/* what the peer takes is as new as its last word, with a cookie or without */
	if (e != NULL && (opt->present & TCP_OPT_MSS))
		e->mss = opt->mss;
	if ((opt->present & TCP_OPT_FASTOPEN) && opt->fastopen.length > 0 && !tcp->config.fastopen_client_no_cookie) {
		e = make_entry(tcp, c);
		e->cookie = opt->fastopen;
		e->mss = opt->present & TCP_OPT_MSS ? opt->mss : c->opt & CONN_V4 ? 536 : 1220;
	} else if (tcp->config.fastopen_client_no_cookie && (opt->present & TCP_OPT_MSS)) {
		make_entry(tcp, c)->mss = opt->mss;
	} else if (refused && e != NULL && e->losses == 0) {
		avoid(tcp, e);
	} else {
		asked_in_vain(tcp, c);
	}
}

/* Taken: whatever was held against the destination is forgotten. */
static void
forgive(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_fastopen_entry *e = entry_of(tcp, c);

	if (e == NULL)
		return;
	e->losses = 0;
	e->avoid_until_ns = 0;
}

/* Sent again, though to output it is new. */
static void
note_ride(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	x->rode = true;
	x->rode_end = c->snd_nxt;
}

/*
 * Our SYN was acknowledged, and perhaps the data on it. The rest is new again, to be sent at once. `opt` is of
 * the SYN-ACK; NULL where there was none.
 */
void
tcp_fastopen_answered(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, const struct tcp_options *opt)
{
	uint32_t taken = ack - (c->iss + 1);
	bool rode = c->snd_nxt != c->iss + 1;

	if (opt != NULL)
		learn(tcp, c, opt, rode && taken == 0 && c->retransmits == 0);  /* the SYN again has none to refuse */
	if (taken == 0 || ack != c->snd_nxt)
		c->opt &= (uint8_t)~CONN_FASTOPEN;
	if (!rode)
		return;
	if (taken > 0) {
		forgive(tcp, c);
		tcp_queue_acked(tcp, c, ack);
		c->snd_una = ack;
		tcp->stats->fastopen_accepted++;
		tcp->stats->tx_payload_bytes += taken;
		tcp->stats->acked_payload_bytes += taken;
	} else {
		tcp->stats->fastopen_refused++;
	}
	/* what is left over goes again as new data */
	if (c->flags & CONN_ACCOUNT)
		tcp_account_syn(tcp, c, taken);
	if (c->snd_una != c->snd_nxt)
		note_ride(tcp, c);
	tcp_queue_rewind(tcp, c);
	tcp_conn_writable(tcp, c);
	if ((c->flags & CONN_NOTIFY_SENT) && c->snd_una == c->snd_end)
		tcp_conn_event(tcp, c, TERN_SENT);
}
