/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* ICMP errors of packetdrill's scripts: "icmp unreachable frag_needed mtu 1200 [1:1461(1460)]". */

#include <stdio.h>
#include <string.h>

#include "pkt.h"

/* "": no code is said */
static const struct {
	const char *type, *code;
	bool v6;
	const char *name;          /* in the scenario language */
} messages[] = {
	{ "unreachable", "net_unreachable", false, "net-unreachable" },
	{ "unreachable", "host_unreachable", false, "host-unreachable" },
	{ "unreachable", "protocol_unreachable", false, "protocol-unreachable" },
	{ "unreachable", "port_unreachable", false, "port-unreachable" },
	{ "unreachable", "frag_needed", false, "too-big" },
	{ "unreachable", "source_route_failed", false, "source-route-failed" },
	{ "unreachable", "packet_filtered", false, "prohibited" },
	{ "source_quench", "", false, "source-quench" },
	{ "time_exceeded", "", false, "time-exceeded" },
	{ "parameter_problem", "", false, "parameter-problem" },
	{ "unreachable", "no_route", true, "net-unreachable" },
	{ "unreachable", "net_unreachable", true, "net-unreachable" },
	{ "unreachable", "address_unreachable", true, "host-unreachable" },
	{ "unreachable", "port_unreachable", true, "port-unreachable" },
	{ "unreachable", "admin_prohibited", true, "prohibited" },
	{ "packet_too_big", "", true, "too-big" },
	{ "time_exceeded", "exceeded_hop_limit", true, "time-exceeded" },
	{ "time_exceeded", "exceeded_frag_time", true, "reassembly-time-exceeded" },
	{ "parameter_problem", "header_field", true, "parameter-problem" },
	{ "parameter_problem", "unknown_next_header", true, "protocol-unreachable" },
	{ "parameter_problem", "unknown_option", true, "unknown-option" },
};
#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

bool
pkt_icmp_words(const char *name, bool v6, const char **type, const char **code)
{
	for (unsigned int i = 0; i < MESSAGES; i++)
		if (messages[i].v6 == v6 && strcmp(name, messages[i].name) == 0) {
			*type = messages[i].type;
			*code = messages[i].code;
			return true;
		}
	return false;
}

static const char *
name_of(bool v6, const char *type, const char *code)
{
	for (unsigned int i = 0; i < MESSAGES; i++)
		if (messages[i].v6 == v6 && strcmp(type, messages[i].type) == 0 &&
		    (strcmp(code, messages[i].code) == 0 || (code[0] == '\0' && (i == 0 || strcmp(messages[i - 1].type, type) != 0))))
			return messages[i].name;
	return NULL;
}

/* [1:1461(1460)]: the segment that is quoted */
static bool
quote(struct pkt_reader *x, int64_t *seq, int64_t *end)
{
	const char *wanted = "wanted the quoted segment's place, such as [1:1461(1460)]";
	int64_t length;

	*seq = *end = 0;
	if (!pkt_is_mark(x, '['))
		return true;
	x->at++;
	return pkt_take_number(x, wanted, seq) && pkt_take_mark(x, ':') && pkt_take_number(x, wanted, end) &&
	       pkt_take_mark(x, '(') && pkt_take_number(x, wanted, &length) && pkt_take_mark(x, ')') && pkt_take_mark(x, ']');
}

bool
pkt_icmp(struct pkt_reader *x, char *text, size_t size)
{
	const struct pkt_token *type, *code = NULL;
	int64_t mtu = 0, seq, end;
	const char *name;
	int n;

	x->at++;
	type = pkt_now(x);
	if (type->kind != PKT_WORD)
		return pkt_wrong(x, type->line, NULL, "wanted the type of an ICMP message");
	x->at++;
	if (pkt_now(x)->kind == PKT_WORD && !pkt_is_word(x, "mtu"))
		code = &x->token[x->at++];
	if (pkt_is_word(x, "mtu")) {
		x->at++;
		if (!pkt_take_number(x, "wanted a number behind mtu", &mtu))
			return false;
	}
	name = name_of(x->v6, type->text, code != NULL ? code->text : "");
	if (name == NULL)
		return pkt_wrong(x, type->line, code != NULL ? code->text : type->text,
				 "ICMP that is read: unreachable (its codes 0 to 5 and packet_filtered), source_quench, "
				 "time_exceeded, parameter_problem; with IPv6 packet_too_big, and these types with their codes");
	if (!quote(x, &seq, &end))
		return false;
	n = snprintf(text, size, "%s", name);
	if (mtu != 0)
		n += snprintf(text + n, size - (size_t)n, " mtu %lld", (long long)mtu);
	snprintf(text + n, size - (size_t)n, " quote %lld:%lld", (long long)seq, (long long)end);
	return true;
}
