/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A case as a packetdrill script: its head, times and packets. */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "packet_bytes.h"
#include "pkt.h"
#include "pkt_write.h"

#define HOST_STAMP 1000   /* the script's number for the host's first timestamp */

void
pkt_write_cannot(struct run *r, const char *format, ...)
{
	va_list ap;

	if (r->writer == NULL || r->writer->cannot[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(r->writer->cannot, sizeof(r->writer->cannot), format, ap);
	va_end(ap);
}

void
pkt_write_line(struct run *r, const char *why)
{
	if (r->line != NULL)
		pkt_write_cannot(r, "line %u, \"%s\": %s", r->line->number, r->line->text, why);
}

/* "+.2", "+0~+.05" */
static void
write_time(struct run *r, uint64_t ns)
{
	struct pkt_writer *w = r->writer;

	if (!w->began)
		fprintf(w->out, "%g ", 0.0);
	else
		fprintf(w->out, "+%.9g ", (double)(ns > w->last_ns ? ns - w->last_ns : 0) / 1e9);
	w->began = true;
	w->last_ns = ns;
}

void
pkt_write_event(struct run *r, const char *format, ...)
{
	va_list ap;

	/* what stands between %{ and }% is no call */
	if (r->writer->waits && format[0] != '%')
		pkt_write_line(r, "a call while a write waits: the language has one at a time");
	write_time(r, r->now_ns);
	va_start(ap, format);
	vfprintf(r->writer->out, format, ap);
	va_end(ap);
	fputc('\n', r->writer->out);
}

void
pkt_write_comment(struct run *r, const struct words *w)
{
	r->writer->left_out++;
	fprintf(r->writer->out, "//");
	for (unsigned int i = 0; i < w->count; i++)
		fprintf(r->writer->out, " %s", w->word[i]);
	fputc('\n', r->writer->out);
}

/* Settings that a socket sets before it listens or connects are not for the head. */
static bool
of_socket(const char *name)
{
	static const char *const names[] = { "rcvbuf", "sndbuf", "mss", "ttl", "tos", "nodelay" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void
pkt_write_settings(struct run *r)
{
	struct backend_setup *s = &r->setup;

	for (unsigned int i = 0; i < s->settings; i++)
		if (strcmp(s->setting[i].name, "ack_every") == 0)
			return;
	if (r->writer == NULL || s->settings == BACKEND_SETTINGS)
		return;
	snprintf(s->setting[s->settings].name, sizeof(s->setting[0].name), "ack_every");
	s->setting[s->settings++].value = 2;
}

void
pkt_write_head(struct run *r)
{
	char text[96], value[24];
	FILE *out;

	if (r->writer == NULL)
		return;
	out = r->writer->out;
	fprintf(out, "// %s\n", r->scenario->name);
	if (r->variant.v6)
		fprintf(out, "--ip_version=ipv6\n");
	if (r->variant.wrap)
		pkt_write_cannot(r, "the host's numbers at the wrap: a script cannot ask for them");
	if (r->manual_neighbours || r->setup.vlan != PACKET_NO_VLAN)
		pkt_write_cannot(r, "scripts begin above the link: no neighbours, no VLAN");
	for (unsigned int i = 0; i < r->setup.settings; i++)
		if (strcmp(r->setup.setting[i].name, "mtu") == 0)
			fprintf(out, "--mtu=%lld\n", r->setup.setting[i].value);
	pkt_sysctl_of("congestion", r->setup.congestion, text, sizeof(text));
	fprintf(out, "`sysctl -q %s", text);
	for (unsigned int i = 0; i < r->setup.settings; i++) {
		const char *name = r->setup.setting[i].name;

		if (of_socket(name) || strcmp(name, "mtu") == 0 ||
		    (strcmp(name, "ack_every") == 0 && r->setup.setting[i].value == 2))
			continue;
		snprintf(value, sizeof(value), "%lld", r->setup.setting[i].value);
		if (!pkt_sysctl_of(name, value, text, sizeof(text)))
			pkt_write_cannot(r, "config %s: no sysctl sets it", name);
		fprintf(out, "\nsysctl -q %s", text);
	}
	fprintf(out, "`\n\n");
}

static const char *
stamp_in(struct run *r, const struct flow *f, const uint8_t *p, const struct packet *packet, char *text, size_t size)
{
	int32_t val = (int32_t)(get32(p + 2) - f->ts_peer), ecr = (int32_t)(get32(p + 6) - f->ts_host + HOST_STAMP);

	if (!(packet->flags & FLAG_ACK) && get32(p + 6) == 0)
		ecr = 0;
	else if (ecr < 0 || ecr >= (int32_t)sizeof(r->writer->known_stamp) || !r->writer->known_stamp[ecr])
		pkt_write_line(r, "it echoes a timestamp that no line above shows");
	if (val < 0)
		pkt_write_line(r, "its timestamp lies before the first");
	snprintf(text, size, "TS val %d ecr %d", val, ecr);
	return text;
}

static const char *
stamp_out(struct run *r, const struct flow *f, const uint8_t *p, const struct packet *packet, char *text, size_t size)
{
	int32_t val = (int32_t)(get32(p + 2) - f->ts_host + HOST_STAMP), ecr = (int32_t)(get32(p + 6) - f->ts_peer);

	if (!(packet->flags & FLAG_ACK))
		ecr = 0;
	if (val < 0 || val >= (int32_t)sizeof(r->writer->known_stamp) || ecr < 0)
		pkt_write_line(r, "a timestamp beyond what a script is written with");
	else
		r->writer->known_stamp[val] = true;
	snprintf(text, size, "TS val %d ecr %d", val, ecr);
	return text;
}

/* One option of a segment as the script says it; NULL when it cannot. */
static const char *
option_text(struct run *r, const struct flow *f, const uint8_t *p, const struct packet *packet, bool in, char *text, size_t size)
{
	unsigned int length = p[0] <= 1 ? 1 : p[1], n = 0;
	uint32_t base = in ? f->iss : f->isn;

	if (p[0] == 0)
		return "eol";
	if (p[0] == 1)
		return "nop";
	if (p[0] == 2 && length == 4)
		snprintf(text, size, "mss %u", get16(p + 2));
	else if (p[0] == 3 && length == 3)
		snprintf(text, size, "wscale %u", p[2]);
	else if (p[0] == 4 && length == 2)
		snprintf(text, size, "sackOK");
	else if (p[0] == 8 && length == 10)
		return in ? stamp_in(r, f, p, packet, text, size) : stamp_out(r, f, p, packet, text, size);
	else if (p[0] == 5 && length >= 10 && (length - 2) % 8 == 0)
		for (unsigned int i = 2; i < length; i += 8)
			n += (unsigned int)snprintf(text + n, size - n, "%s%d:%d", i == 2 ? "sack " : " ",
						    (int32_t)(get32(p + i) - base), (int32_t)(get32(p + i + 4) - base));
	else if (p[0] == 34 && length >= 2 && length <= 18)
		for (unsigned int i = 1; i < length; i++)
			n += (unsigned int)snprintf(text + n, size - n, i == 1 ? "FO" : i == 2 ? " %02x" : "%02x", p[i]);
	else
		return NULL;
	return text;
}

static void
write_options(struct run *r, const struct flow *f, const struct packet *p, bool in)
{
	char text[160];

	for (unsigned int i = 0; i < p->option_length;) {
		const uint8_t *at = p->option_bytes + i;
		const char *one = option_text(r, f, at, p, in, text, sizeof(text));

		if (one == NULL) {
			pkt_write_line(r, "an option that scripts have no word for");
			return;
		}
		fprintf(r->writer->out, "%s%s", i == 0 ? " <" : ",", one);
		i += at[0] <= 1 ? 1 : at[1];
	}
	/* the padding, which scripts must say */
	for (unsigned int i = p->option_length; i % 4 != 0; i++)
		fputs(",eol", r->writer->out);
	if (p->option_length > 0)
		fputc('>', r->writer->out);
}

/* "P. 1:101(100) ack 1" */
static void
write_segment(struct run *r, const struct flow *f, const struct packet *p, bool in, int64_t seq, int64_t end)
{
	char flags[9];

	packet_flags(p->flags, flags);
	if (seq < 0)
		pkt_write_line(r, "a sequence number before the first");
	fprintf(r->writer->out, "%s %lld:%lld(%lld)", flags, (long long)seq, (long long)end, (long long)(end - seq));
	if (p->flags & FLAG_ACK || p->ack != 0) {
		uint32_t ack = p->ack - (in ? f->iss : f->isn);

		/* of SYNs the tool takes the numbers as they are */
		fprintf(r->writer->out, " ack %u", p->flags & FLAG_ACK ? ack : 0);
	}
}

void
pkt_write_arrives(struct run *r, const struct flow *f, const struct packet *p)
{
	static const char *const ecn[] = { "", "[ect1] ", "[ect0] ", "[ce] " };
	int64_t seq = (int32_t)(p->seq - f->isn);

	if (r->writer == NULL)
		return;
	if (memcmp(&p->src, &f->remote, sizeof(p->src)) != 0 || memcmp(&p->dst, &f->local, sizeof(p->dst)) != 0 ||
	    p->sport != f->rport || p->dport != f->lport)
		pkt_write_line(r, "other addresses or ports");
	if (p->tos > 3 || p->ttl != 64)
		pkt_write_line(r, "a TTL or TOS that scripts are not written with");
	write_time(r, r->now_ns);
	fprintf(r->writer->out, "< %s", ecn[p->tos & 3]);
	write_segment(r, f, p, true, seq, seq + p->payload_length);
	fprintf(r->writer->out, " win %u", p->window);
	if (p->flags & FLAG_URG)
		fprintf(r->writer->out, " urg %u", p->urgent);
	write_options(r, f, p, true);
	fputc('\n', r->writer->out);
}

void
pkt_write_leaves(struct run *r, const struct flow *f, const struct pkt_sent *s, const struct packet *p)
{
	struct pkt_writer *w = r->writer;

	if (w == NULL)
		return;
	if (s->at_once || s->to_ns - s->from_ns <= 2 * RUN_TIME_TOLERANCE_NS) {
		write_time(r, p->time_ns);
	} else {
		if (w->waits)
			pkt_write_line(r, "a range of time while a write waits");
		fprintf(w->out, "+%.9g~+%.9g ", (double)(s->from_ns > w->last_ns ? s->from_ns - w->last_ns : 0) / 1e9,
			(double)(s->to_ns - w->last_ns) / 1e9);
		w->last_ns = p->time_ns;
	}
	fprintf(w->out, "> ");
	write_segment(r, f, p, false, s->seq, s->end);
	if (s->window)
		fprintf(w->out, " win %u", p->window);
	if (p->flags & FLAG_URG)
		fprintf(w->out, " urg %u", p->urgent);
	/* what a line does not say is not looked at, but timestamps must be seen to be echoed */
	if (s->options || (p->options.timestamp && !(p->flags & FLAG_RST)))
		write_options(r, f, p, false);
	else if (p->option_length > 0 || p->flags & FLAG_SYN)
		fprintf(w->out, " <...>");
	fputc('\n', w->out);
}

void
pkt_write_icmp(struct run *r, const char *message, int64_t mtu, int64_t seq, int64_t length)
{
	const char *type, *code;

	if (r->writer == NULL)
		return;
	if (!pkt_icmp_words(message, r->variant.v6, &type, &code)) {
		pkt_write_line(r, "an ICMP message that scripts have no word for");
		return;
	}
	write_time(r, r->now_ns);
	fprintf(r->writer->out, "< icmp %s%s%s", type, code[0] != '\0' ? " " : "", code);
	if (mtu != 0)
		fprintf(r->writer->out, " mtu %lld", (long long)mtu);
	fprintf(r->writer->out, " [%lld:%lld(%lld)]\n", (long long)seq, (long long)(seq + length), (long long)length);
}
