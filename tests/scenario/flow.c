/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Connections as the wire shows them, and what must hold for every segment that
 * a host sends, whatever the scenario is about.
 */

#include <stdio.h>
#include <string.h>

#include "core/seq.h"
#include "run.h"

#define PASSIVE_PORT 8080
#define PEER_PORT 40000
#define HALF_TURN_NS ((UINT64_C(1) << 31) * 1000000)   /* of a timestamp clock of 1 ms */

/* A little below the wrap, so that it falls into the second segment of data. */
#define WRAP_ISN ((uint32_t)-3000)
#define WRAP_TIMESTAMP ((uint32_t)-20)

struct flow *
flow_new(struct run *r, const char *name)
{
	struct flow *f;

	if (r->flows == RUN_FLOWS) {
		run_fail(r, "more than %u flows", RUN_FLOWS);
		return NULL;
	}
	f = &r->flow[r->flows];
	*f = (struct flow){ .lport = PASSIVE_PORT, .window = r->peer_window };
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->rport = (uint16_t)(PEER_PORT + r->flows);
	f->isn = r->variant.wrap ? WRAP_ISN : 0x20000000u + 0x01000000u * r->flows;
	f->ts_peer = r->variant.wrap ? WRAP_TIMESTAMP : 1000000;
	run_address(r, "local", &f->local);
	run_address(r, "peer", &f->remote);
	r->flows++;
	return f;
}

struct flow *
flow_named(struct run *r, const char *name)
{
	for (unsigned int i = 0; i < r->flows; i++)
		if (strcmp(r->flow[i].name, name) == 0)
			return &r->flow[i];
	return NULL;
}

/* flow b [like a] [isn +5000] [rport N] [port N] [peer ADDR] [local ADDR] */
bool
flow_statement(struct run *r, const struct words *w)
{
	struct flow *f, *model = NULL;

	if (w->count < 2)
		return run_fail(r, "flow wants a name");
	f = flow_named(r, w->word[1]);
	if (f == NULL)
		f = flow_new(r, w->word[1]);
	if (f == NULL)
		return false;
	r->now_flow = f;
	for (unsigned int i = 2; i + 1 < w->count; i += 2) {
		const char *key = w->word[i], *value = w->word[i + 1];
		int64_t number = 0;

		if (strcmp(key, "like") == 0) {
			model = flow_named(r, value);
			if (model == NULL)
				return run_fail(r, "no flow %s", value);
			f->local = model->local;
			f->remote = model->remote;
			f->lport = model->lport;
			f->rport = model->rport;
			f->ts_peer = model->ts_peer;
			f->before = model;
		} else if (strcmp(key, "peer") == 0) {
			if (!run_address(r, value, &f->remote))
				return run_fail(r, "no address %s", value);
		} else if (strcmp(key, "local") == 0) {
			if (!run_address(r, value, &f->local))
				return run_fail(r, "no address %s", value);
		} else if (!run_number(r, value[0] == '+' ? value + 1 : value, &number)) {
			return false;
		} else if (strcmp(key, "isn") == 0) {
			f->isn = (uint32_t)number + (value[0] == '+' && model != NULL ? model->isn : 0);
		} else if (strcmp(key, "rport") == 0) {
			f->rport = (uint16_t)number;
		} else if (strcmp(key, "port") == 0) {
			f->lport = (uint16_t)number;
		} else {
			return run_fail(r, "flow has no %s", key);
		}
	}
	return true;
}

struct flow *
flow_of(const struct run *r, const struct packet *p)
{
	/* the newest first: a flow "like" another has taken its place */
	for (unsigned int i = r->flows; i-- > 0;) {
		const struct flow *f = &r->flow[i];

		if (f->rport == p->dport && (f->lport == p->sport || f->lport == 0) &&
		    memcmp(&f->remote, &p->dst, sizeof(f->remote)) == 0 &&
		    memcmp(&f->local, &p->src, sizeof(f->local)) == 0)
			return (struct flow *)(uintptr_t)f;
	}
	return NULL;
}

bool
flow_timestamps(const struct flow *f)
{
	return f->host_syn && f->peer_syn && f->host_offer.timestamp && f->peer_offer.timestamp;
}

bool
flow_scaled(const struct flow *f)
{
	return f->host_syn && f->peer_syn && f->host_offer.wscale && f->peer_offer.wscale;
}

unsigned int
flow_host_shift(const struct flow *f)
{
	return flow_scaled(f) ? f->host_offer.wscale_value : 0;
}

unsigned int
flow_peer_shift(const struct flow *f)
{
	/* a shift beyond 14 counts as 14 (RFC 7323, 2.3) */
	return !flow_scaled(f) ? 0 : f->peer_offer.wscale_value > 14 ? 14 : f->peer_offer.wscale_value;
}

uint8_t
flow_byte(bool from_peer, uint32_t offset)
{
	/* no short period, so that data at a wrong place is seen */
	uint32_t x = (offset ^ (from_peer ? 0x5bd1e995u : 0)) * 2654435761u;

	return (uint8_t)(x >> 24);
}

static uint32_t
segment_end(const struct packet *p)
{
	return p->seq + p->payload_length + (p->flags & FLAG_SYN ? 1 : 0) + (p->flags & FLAG_FIN ? 1 : 0);
}

void
flow_peer_sent(struct flow *f, const struct packet *p)
{
	uint32_t end = segment_end(p);

	if (p->flags & FLAG_RST)
		return;
	if (p->flags & FLAG_SYN && !f->peer_syn) {
		f->peer_syn = true;
		f->peer_offer = p->options;
		f->peer_next = end;
	}
	if (!f->peer_syn)
		return;
	if (seq_gt(end, f->peer_next))
		f->peer_next = end;
	if (p->options.timestamp && (f->peer_tsval == 0 || seq_gt(p->options.tsval, f->peer_tsval)))
		f->peer_tsval = p->options.tsval;
	if (p->flags & FLAG_ACK) {
		uint32_t edge = p->ack + ((uint32_t)p->window << (p->flags & FLAG_SYN ? 0 : flow_peer_shift(f)));

		if (!f->peer_edge_known || seq_gt(edge, f->peer_edge))
			f->peer_edge = edge;
		f->peer_edge_known = true;
	} else if (p->flags & FLAG_SYN && f->iss_known) {
		f->peer_edge = f->iss + 1 + p->window;
		f->peer_edge_known = true;
	}
}

static bool
check_timestamp(struct run *r, struct flow *f, const struct packet *p)
{
	const struct packet_options *o = &p->options;

	if (!(p->flags & (FLAG_SYN | FLAG_RST)) && f->host_syn && f->peer_syn && o->timestamp != flow_timestamps(f))
		return run_fail(r, o->timestamp ? "timestamp without having been negotiated (RFC 7323, 3.2)"
						: "no timestamp though negotiated (RFC 7323, 3.2)");
	if (!o->timestamp)
		return true;
	if (!f->ts_host_known) {
		f->ts_host = f->host_tsval = o->tsval;
		f->ts_host_known = true;
	}
	/* after half a turn of the clock, 24 days, nothing can be said */
	if (seq_lt(o->tsval, f->host_tsval) && p->time_ns - f->host_tsval_ns < HALF_TURN_NS)
		return run_fail(r, "timestamp goes back");
	f->host_tsval = o->tsval;
	f->host_tsval_ns = p->time_ns;
	if (!(p->flags & FLAG_ACK) && o->tsecr != 0)
		return run_fail(r, "timestamp echo without ACK is not zero (RFC 7323, 3.2)");
	if ((p->flags & (FLAG_ACK | FLAG_RST)) == FLAG_ACK && seq_gt(o->tsecr, f->peer_tsval))
		return run_fail(r, "echoes a timestamp that was never sent");
	return true;
}

static bool
check_window(struct run *r, struct flow *f, const struct packet *p)
{
	unsigned int shift = p->flags & FLAG_SYN ? 0 : flow_host_shift(f);
	uint32_t edge = p->ack + ((uint32_t)p->window << shift);

	if (!(p->flags & FLAG_ACK) || p->flags & FLAG_RST || !f->peer_syn)
		return true;
	if (seq_gt(p->ack, f->peer_next))
		return run_fail(r, "acknowledges what was never sent");
	if (f->host_edge_known && seq_lt(p->ack, f->host_ack))
		return run_fail(r, "acknowledges less than before");
	f->host_ack = p->ack;
	/* rounding down by the scale may take back less than one unit (RFC 7323, 2.4) */
	if (f->host_edge_known && !r->may_shrink && seq_lt(edge + (1u << shift) - 1, f->host_edge))
		return run_fail(r, "window's right edge moves back by %u (SHLD-14)", f->host_edge - edge);
	if (!f->host_edge_known || seq_gt(edge, f->host_edge))
		f->host_edge = edge;
	f->host_edge_known = true;
	return true;
}

/* What the peer takes. Before its SYN, that of a Fast Open: what came with the cookie (RFC 7413, 4.1.3). */
static uint32_t
peer_limit(const struct run *r, const struct flow *f)
{
	const struct packet_options *o = &f->peer_offer;

	for (unsigned int i = 0; i < r->flows && !f->peer_syn; i++)
		if (r->flow[i].peer_offer.fastopen && memcmp(&r->flow[i].remote, &f->remote, sizeof(f->remote)) == 0)
			o = &r->flow[i].peer_offer;
	return o->mss ? o->mss_value : r->variant.v6 ? 1220 : 536;
}

/* RFC 7413, 4.2.1, but for hosts that are set so */
static bool
needs_no_cookie(const struct run *r)
{
	for (unsigned int i = 0; i < r->setup.settings; i++)
		if (strcmp(r->setup.setting[i].name, "fastopen_client_no_cookie") == 0)
			return r->setup.setting[i].value != 0;
	return false;
}

static bool
check_data(struct run *r, struct flow *f, const struct packet *p)
{
	uint32_t limit = peer_limit(r, f);
	uint32_t end = segment_end(p), first = p->seq + (p->flags & FLAG_SYN ? 1 : 0) - f->iss - 1;

	if (p->payload_length > 0) {
		if (p->flags & FLAG_SYN && p->options.cookie_length == 0 && !needs_no_cookie(r))
			return run_fail(r, "data on a SYN without a Fast Open cookie");
		if (!(p->flags & (FLAG_ACK | FLAG_SYN)))
			return run_fail(r, "data without ACK");
		if (p->payload_length + p->option_length > limit)
			return run_fail(r, "%u bytes and %u of options exceed the peer's MSS %u (MUST-16)",
					p->payload_length, p->option_length, limit);
		/* one byte beyond the edge is a window probe */
		if (f->peer_edge_known && seq_gt(p->seq + p->payload_length, f->peer_edge + 1))
			return run_fail(r, "data beyond the peer's window");
		for (uint32_t i = 0; i < p->payload_length; i++)
			if (p->payload[i] != flow_byte(false, first + i))
				return run_fail(r, "byte %u of the stream is wrong", first + i);
	}
	if (seq_gt(p->seq, f->host_next))
		return run_fail(r, "leaves a gap of %u bytes in the sequence", p->seq - f->host_next);
	if (f->host_fin && seq_gt(end, f->host_fin_seq + 1))
		return run_fail(r, "sends behind its own FIN");
	if (p->flags & FLAG_FIN) {
		if (f->host_fin && end != f->host_fin_seq + 1)
			return run_fail(r, "moves its own FIN");
		f->host_fin = true;
		f->host_fin_seq = end - 1;
	}
	if (seq_gt(end, f->host_next))
		f->host_next = end;
	return true;
}

bool
flow_host_sent(struct run *r, struct flow *f, const struct packet *p)
{
	uint8_t mac[6];

	if (f->lport == 0)
		f->lport = p->sport;
	run_link_address(r, &f->remote, mac);
	if (memcmp(p->dst_mac, mac, 6) != 0)
		return run_fail(r, "goes to a link address that is not the next hop's");
	if (p->vlan != r->setup.vlan)
		return run_fail(r, "VLAN tag is %d", p->vlan);
	if (p->v4 && !p->do_not_fragment && !r->may_fragment)
		return run_fail(r, "DF is not set on a TCP segment");
	if (p->v4 && !p->do_not_fragment) {
		if (f->host_id_known && p->ip_id == f->host_id)
			return run_fail(r, "IP identification %u again, on a segment that may be fragmented (RFC 6864, 4.3)", p->ip_id);
		f->host_id = p->ip_id;
		f->host_id_known = true;
	}
	if (p->flags & FLAG_SYN && !f->iss_known) {
		f->iss_known = f->host_syn = true;
		f->iss = p->seq;
		f->host_next = p->seq;
		f->host_offer = p->options;
		if (f->before != NULL && f->before->iss_known && !seq_gt(f->iss, f->before->host_next - 1))
			return run_fail(r, "initial sequence number is not beyond the old incarnation's last (RFC 9293, 3.6.1)");
	}
	if (p->flags & FLAG_SYN && p->seq != f->iss)
		return run_fail(r, "SYN with another initial sequence number than before");
	if (!f->iss_known)
		return p->flags & FLAG_RST ? true : run_fail(r, "segment of a connection that never began");
	if (!check_timestamp(r, f, p))
		return false;
	if (p->flags & FLAG_RST)
		return true;
	return check_window(r, f, p) && check_data(r, f, p);
}
