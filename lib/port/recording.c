/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include <rte_malloc.h>

#include <tern/counters.h>

#include "core/mbuf.h"
#include "port/pcapng.h"
#include "port/recording.h"
#include "port/recording_neighbour.h"
#include "wire/frame.h"

#define FRAME_MAX 65535u
#define ANSWERS 64u          /* of neighbours; one that does not fit is asked for again */
#define SECOND UINT64_C(1000000000)

static const struct mac_addr usual_mac = { { 0x02, 't', 'e', 'r', 'n', 3 } };

struct recording {
	struct port port;
	struct tern_link link;
	struct rte_mempool *pool;
	pcap_t *in;                  /* NULL: there is none, or it is at its end */
	pcap_t *form;                /* of out */
	pcap_dumper_t *out;
	/* the frame that comes next */
	const struct pcap_pkthdr *head;
	const uint8_t *bytes;
	uint64_t next_ns;            /* in the stacks' time; UINT64_MAX: there is none */
	/* answers that no recording holds, from `told` to `made` */
	struct recording_neighbours neighbours;
	struct {
		uint32_t length;
		uint8_t bytes[NEIGHBOUR_FRAME];
	} answer[ANSWERS];
	uint32_t told, made;
	uint64_t drops[TERN_DROP_MAX];
	uint8_t linear[FRAME_MAX];
};

/* ---- reading */

/* Nanoseconds since 1970; libpcap was asked for this precision, and names the field for another one. */
static uint64_t
time_of(const struct pcap_pkthdr *head)
{
	return (uint64_t)head->ts.tv_sec * SECOND + (uint64_t)head->ts.tv_usec;
}

static bool
is_own(const struct recording *r, const uint8_t *bytes)
{
	return memcmp(bytes + sizeof(struct mac_addr), r->port.mac.b, sizeof(struct mac_addr)) == 0;
}

/* Whether the next frame can be given to a stack; else it is counted. */
static bool
is_usable(struct recording *r)
{
	if (r->head->caplen < r->head->len)
		r->drops[TERN_DROP_RX_CUT]++;
	else if (r->head->caplen < ETHER_HEADER)
		r->drops[TERN_DROP_SHORT]++;
	else if (is_own(r, r->bytes))
		r->drops[TERN_DROP_RX_OWN]++;
	else if (r->head->caplen > r->port.mtu + ETHER_MAX_HEADER)
		r->drops[TERN_DROP_RX_ERROR]++;
	else
		return true;
	return false;
}

/* Look at the next frame, and leave it there. */
static void
look_ahead(struct recording *r)
{
	struct pcap_pkthdr *head;
	int result;

	while ((result = pcap_next_ex(r->in, &head, &r->bytes)) == 1) {
		uint64_t time_ns = time_of(head) - r->port.since_1970_ns;

		r->head = head;
		/* recordings of several queues go back by a little; time does not */
		if (r->next_ns == 0 || time_ns > r->next_ns)
			r->next_ns = time_ns;
		if (is_usable(r))
			return;
	}
	/* a file that was cut off ends where it ends */
	if (result == PCAP_ERROR)
		r->drops[TERN_DROP_RX_CUT]++;
	pcap_close(r->in);
	r->in = NULL;
	r->next_ns = UINT64_MAX;
}

static uint64_t
recording_next_ns(struct port *port)
{
	const struct recording *r = (const struct recording *)port;

	return r->told != r->made ? *port->now_ns : r->next_ns;
}

static struct rte_mbuf *
frame_of(struct recording *r, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m = mbuf_alloc(r->pool);
	char *to = m != NULL ? rte_pktmbuf_append(m, (uint16_t)length) : NULL;

	if (to == NULL) {
		mbuf_free(m);
		r->drops[TERN_DROP_RX_NO_MBUF]++;
		return NULL;
	}
	memcpy(to, bytes, length);
	return m;
}

static uint16_t
recording_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct recording *r = (struct recording *)((char *)link - offsetof(struct recording, link));
	uint16_t got = 0;

	for (; got < n && r->told != r->made; r->told++) {
		frames[got] = frame_of(r, r->answer[r->told % ANSWERS].bytes, r->answer[r->told % ANSWERS].length);
		got = (uint16_t)(got + (frames[got] != NULL));
	}
	while (got < n && r->next_ns <= *r->port.now_ns) {
		recording_heard(&r->neighbours, r->bytes, r->head->caplen);
		frames[got] = frame_of(r, r->bytes, r->head->caplen);
		got = (uint16_t)(got + (frames[got] != NULL));
		look_ahead(r);
	}
	return got;
}

/* ---- writing */

static void
write_frame(struct recording *r, const struct rte_mbuf *m)
{
	uint64_t time_ns = *r->port.now_ns + r->port.since_1970_ns;
	const struct pcap_pkthdr head = {
		.ts = { .tv_sec = (time_t)(time_ns / SECOND), .tv_usec = (suseconds_t)(time_ns % SECOND) },
		.caplen = m->pkt_len,
		.len = m->pkt_len,
	};
	const uint8_t *bytes = m->pkt_len <= FRAME_MAX ? rte_pktmbuf_read(m, 0, m->pkt_len, r->linear) : NULL;

	if (bytes == NULL) {
		r->drops[TERN_DROP_TX_ERROR]++;
		return;
	}
	pcap_dump((uint8_t *)r->out, &head, bytes);
	if (ferror(pcap_dump_file(r->out)))
		r->drops[TERN_DROP_TX_ERROR]++;
}

/* The stack's question to a neighbour is answered with its next turn. */
static void
ask(struct recording *r, const struct rte_mbuf *m)
{
	uint8_t *bytes = r->answer[r->made % ANSWERS].bytes;
	uint32_t length;

	if (r->made - r->told == ANSWERS || m->data_len != m->pkt_len)
		return;
	length = recording_answer(&r->neighbours, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, bytes);
	r->answer[r->made % ANSWERS].length = length;
	r->made += length != 0;
}

static uint16_t
recording_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct recording *r = (struct recording *)((char *)link - offsetof(struct recording, link));

	for (uint16_t i = 0; i < n; i++) {
		if (r->out != NULL)
			write_frame(r, frames[i]);
		ask(r, frames[i]);
		mbuf_free(frames[i]);
	}
	return n;
}

static void
recording_read_drops(struct port *port, uint64_t *drops)
{
	struct recording *r = (struct recording *)port;

	for (unsigned int i = 0; i < TERN_DROP_MAX; i++) {
		drops[i] += r->drops[i];
		r->drops[i] = 0;
	}
}

/* ---- whose place it is played to */

static bool
is_address(const struct port_config *config, const struct tern_addr *addr)
{
	for (uint32_t i = 0; i < config->addresses; i++)
		if (addr_equal(&config->address[i], addr))
			return true;
	return false;
}

/*
 * The recorded frames name the Ethernet address of whoever was there. It becomes
 * ours: the destination of the first IP packet to an address of ours, or the
 * source of one from there if that comes first, when both directions were recorded.
 */
static bool
finds_mac(const struct port_config *config, const uint8_t *bytes, const struct pcap_pkthdr *head, struct mac_addr *mac)
{
	struct frame f;

	if (frame_parse(&f, bytes, head->caplen, head->len, true) != 0 || f.ethertype == ETHERTYPE_ARP)
		return false;
	if (is_address(config, &f.dst) && !f.mac_multicast) {
		*mac = f.dst_mac;
		return true;
	}
	*mac = f.src_mac;
	return is_address(config, &f.src);
}

static pcap_t *
open_in(const char *path, struct complaint *why)
{
	char cause[PCAP_ERRBUF_SIZE] = "";
	pcap_t *in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, cause);
	const char *name;

	if (in == NULL) {
		/* its own words begin with the path in some cases and not in others */
		complain(why, "pcap: %s: %s", path, strncmp(cause, path, strlen(path)) == 0 ? cause + strlen(path) + 2 : cause);
		return NULL;
	}
	if (pcap_datalink(in) == DLT_EN10MB)
		return in;
	name = pcap_datalink_val_to_name(pcap_datalink(in));
	complain(why, "pcap: %s: its frames are %s (link type %d), and Ethernet (EN10MB, 1) is wanted; record at one Ethernet "
		 "interface, not at \"any\"", path, name != NULL ? name : "of an unknown kind", pcap_datalink(in));
	pcap_close(in);
	return NULL;
}

/* Once through, up to where the address is found. The time begins with the first frame. */
static int
look_through(struct recording *r, const char *path, const struct port_config *config, struct complaint *why)
{
	pcap_t *in = open_in(path, why);
	struct pcap_pkthdr *head;
	const uint8_t *bytes;
	bool first = true;

	if (in == NULL)
		return -1;
	while (pcap_next_ex(in, &head, &bytes) == 1) {
		if (first)
			r->port.begin_ns = time_of(head);
		first = false;
		if (finds_mac(config, bytes, head, &r->port.mac))
			break;
		r->port.mac = usual_mac;
	}
	pcap_close(in);
	return first ? complain(why, "pcap: %s: there is no frame in it", path) : 0;
}

/* A capture of Tern's own says what the time was there: in it, the same seed makes the same sequence numbers. */
static void
take_clock(struct recording *r, const char *path)
{
	char comment[128];
	uint64_t offset_ns;

	if (!pcapng_comment(path, comment, sizeof(comment)) ||
	    sscanf(comment, PCAPNG_CLOCK_SCANNED, &offset_ns) != 1 || offset_ns >= r->port.begin_ns)
		return;
	r->port.since_1970_ns = offset_ns;
	r->port.begin_ns -= offset_ns;
}

static bool
is_one_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int
open_out(struct recording *r, const struct recording_word *w, struct complaint *why)
{
	if (w->in[0] != '\0' && is_one_file(w->in, w->out))
		return complain(why, "pcap: %s and %s are one file: the recording would be overwritten while it is read", w->in,
				w->out);
	r->form = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, FRAME_MAX, PCAP_TSTAMP_PRECISION_NANO);
	if (r->form == NULL)
		return complain(why, "pcap: out of memory");
	r->out = pcap_dump_open(r->form, w->out);
	return r->out != NULL ? 0 : complain(why, "pcap: %s", pcap_geterr(r->form));
}

static void
recording_close(struct port *port)
{
	struct recording *r = (struct recording *)port;

	if (r->in != NULL)
		pcap_close(r->in);
	if (r->out != NULL)
		pcap_dump_close(r->out);
	if (r->form != NULL)
		pcap_close(r->form);
	rte_free(r);
}

static int
make(struct recording *r, const struct recording_word *w, const struct port_config *config, struct complaint *why)
{
	struct port *port = &r->port;

	snprintf(port->name, sizeof(port->name), "pcap");
	snprintf(port->driver, sizeof(port->driver), "libpcap");
	snprintf(port->note, sizeof(port->note), "a recording's own time; it ends with the recording");
	port->mac = usual_mac;
	port->mtu = config->mtu;
	port->node = config->node;
	port->cores = 1;
	port->link[0] = &r->link;
	port->read_drops = recording_read_drops;
	port->next_ns = recording_next_ns;
	port->rest_ns = w->rest_ns;
	port->begin_ns = SECOND;
	port->close = recording_close;
	r->pool = config->pool;
	r->link.receive = recording_receive;
	r->link.transmit = recording_transmit;
	r->link.capabilities.multi_segment = true;
	r->next_ns = UINT64_MAX;
	if (config->cores != 1)
		return complain(why, "pcap: a recording has one order, and %u cores have none among them; give one of --cores",
				config->cores);
	if (w->in[0] != '\0') {
		if (look_through(r, w->in, config, why) != 0)
			return -1;
		take_clock(r, w->in);
		r->in = open_in(w->in, why);
		if (r->in == NULL)
			return -1;
		r->next_ns = 0;
		look_ahead(r);
	}
	return w->out[0] != '\0' ? open_out(r, w, why) : 0;
}

struct port *
recording_open(const char *argument, unsigned int instance __rte_unused, const struct port_config *config,
	       struct complaint *why)
{
	struct recording *r = rte_zmalloc_socket("recording", sizeof(*r), RTE_CACHE_LINE_SIZE, config->node);
	struct recording_word word;

	if (r == NULL) {
		complain(why, "pcap: out of memory");
		return NULL;
	}
	if (recording_parse(argument, &word, why) != 0 || make(r, &word, config, why) != 0) {
		recording_close(&r->port);
		return NULL;
	}
	return &r->port;
}
