/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the kernel tells about a connection and about itself, by the names of the language. */

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <tern/tern.h>

#include "linux.h"

enum { STATE_TIME_WAIT = 6, STATE_SYN_RECV = 3 };

static const char *const state_names[] = {
	"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT",
	"LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED"
};

static int
tcp_info(const struct linux_socket *s, struct tcp_info *info)
{
	socklen_t n = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return s->fd < 0 || getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, info, &n) != 0 ? -EBADF : 0;
}

unsigned int
linux_tcp_state(const struct linux_socket *s)
{
	struct tcp_info info;

	return tcp_info(s, &info) == 0 ? info.tcpi_state : 0;
}

/* An address as /proc/net/tcp has it: words of the machine's order in hexadecimal digits. */
static void
table_address(const struct tern_endpoint *e, char text[48])
{
	bool v4 = tern_addr_is_v4(&e->addr);
	int used = 0;

	for (unsigned int i = v4 ? 12 : 0; i < 16; i += 4) {
		uint32_t word;

		memcpy(&word, e->addr.b + i, 4);
		used += snprintf(text + used, 48 - (size_t)used, "%08X", word);
	}
	snprintf(text + used, 48 - (size_t)used, ":%04X", e->port);
}

/* Calls `each` with the state in each line of the table that has these endpoints, all lines for NULL. */
static unsigned int
count_table(bool v6, const char *local, const char *remote, unsigned int state, unsigned int *last)
{
	FILE *f = fopen(v6 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp", "re");
	char line[512], l[64], r[64];
	unsigned int found = 0, st;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, " %*u: %63s %63s %x", l, r, &st) != 3)
			continue;
		if (local != NULL && (strcmp(l, local) != 0 || strcmp(r, remote) != 0))
			continue;
		if (state != 0 && st != state)
			continue;
		*last = st;
		found++;
	}
	fclose(f);
	return found;
}

unsigned int
linux_table_state(const struct linux_socket *s)
{
	char local[48], remote[48];
	unsigned int state = 0;

	table_address(&s->local, local);
	table_address(&s->remote, remote);
	count_table(!tern_addr_is_v4(&s->local.addr), local, remote, 0, &state);
	return state;
}

int
linux_state(void *host, backend_socket socket, const char **name)
{
	struct linux_socket *s = linux_find(host, socket);
	unsigned int state;

	if (s == NULL || s->over)
		return -EBADF;
	state = s->closed ? linux_table_state(s) : linux_tcp_state(s);
	if (state == 0 || state >= sizeof(state_names) / sizeof(state_names[0]))
		return -EBADF;
	*name = state_names[state];
	return 0;
}

static int64_t
queued(const struct linux_socket *s, unsigned long what)
{
	int n = 0;

	return ioctl(s->fd, what, &n) == 0 ? n : 0;
}

int
linux_info(void *host, backend_socket socket, const char *field, int64_t *value)
{
	struct linux_socket *s = linux_find(host, socket);
	struct tcp_info i;

	if (s == NULL || tcp_info(s, &i) != 0)
		return -EBADF;
	const struct { const char *name; int64_t value; } fields[] = {
		{ "timestamps", !!(i.tcpi_options & TCPI_OPT_TIMESTAMPS) }, { "sack", !!(i.tcpi_options & TCPI_OPT_SACK) },
		{ "wscale_on", !!(i.tcpi_options & TCPI_OPT_WSCALE) }, { "ecn", !!(i.tcpi_options & TCPI_OPT_ECN) },
		{ "fastopen", !!(i.tcpi_options & TCPI_OPT_SYN_DATA) },
		{ "snd_wscale", i.tcpi_snd_wscale }, { "rcv_wscale", i.tcpi_rcv_wscale },
		{ "in_recovery", i.tcpi_ca_state == TCP_CA_Loss ? 2 : i.tcpi_ca_state == TCP_CA_Recovery }, { "mss", i.tcpi_snd_mss },
		{ "srtt_us", i.tcpi_rtt }, { "rttvar_us", i.tcpi_rttvar }, { "rto_us", i.tcpi_rto },
		{ "min_rtt_us", i.tcpi_min_rtt }, { "cwnd", (int64_t)i.tcpi_snd_cwnd * i.tcpi_snd_mss },
		{ "ssthresh", (int64_t)i.tcpi_snd_ssthresh * i.tcpi_snd_mss }, { "snd_wnd", i.tcpi_snd_wnd },
		{ "unacked", queued(s, SIOCOUTQ) - i.tcpi_notsent_bytes }, { "unsent", i.tcpi_notsent_bytes },
		{ "unread", queued(s, SIOCINQ) }, { "retransmits", i.tcpi_total_retrans }, { "backoff", i.tcpi_backoff },
		{ "path_mtu", i.tcpi_pmtu }, { "announced_mss", i.tcpi_advmss },
		{ "bytes_acked", (int64_t)i.tcpi_bytes_acked }, { "bytes_received", (int64_t)i.tcpi_bytes_received },
		{ "segs_out", i.tcpi_segs_out }, { "segs_in", i.tcpi_segs_in },
		{ "data_segs_out", i.tcpi_data_segs_out }, { "data_segs_in", i.tcpi_data_segs_in },
		{ "bytes_sent", (int64_t)i.tcpi_bytes_sent }, { "bytes_retransmitted", (int64_t)i.tcpi_bytes_retrans },
		{ "dsacks", i.tcpi_dsack_dups }, { "reorderings", i.tcpi_reord_seen },
		{ "missing", (int64_t)i.tcpi_lost * i.tcpi_snd_mss }, { "resent", (int64_t)i.tcpi_retrans * i.tcpi_snd_mss },
		{ "delivered", i.tcpi_delivered }, { "probes", i.tcpi_probes }, { "busy_us", (int64_t)i.tcpi_busy_time },
		{ "rwnd_limited_us", (int64_t)i.tcpi_rwnd_limited }, { "sndbuf_limited_us", (int64_t)i.tcpi_sndbuf_limited },
		{ "sacked", (int64_t)i.tcpi_sacked * i.tcpi_snd_mss }, { "soft_error", s->error }, { "closed", s->closed },
		{ "last_received_ms", i.tcpi_last_data_recv }, { "last_sent_ms", i.tcpi_last_data_sent },
		{ "last_ack_ms", i.tcpi_last_ack_recv },
	};
	uint64_t option;

	for (unsigned int k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
		if (strcmp(field, fields[k].name) == 0) {
			*value = fields[k].value;
			return 0;
		}
	/* what is an option here, too */
	if (linux_get(host, socket, field, &option) != 0)
		return -ENOENT;
	*value = (int64_t)option;
	return 0;
}

/* options that are one number, and what the language's unit is divided by */
static const struct { const char *name; int level, option, level6, option6; unsigned int divisor; } options[] = {
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY, 0, 0, 1 },
	{ "user-timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, 1 },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF, 0, 0, 1 },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF, 0, 0, 1 },
	{ "rcvlowat", SOL_SOCKET, SO_RCVLOWAT, 0, 0, 1 },
	{ "mss", IPPROTO_TCP, TCP_MAXSEG, 0, 0, 1 },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE, 0, 0, 1 },
	{ "keepidle", IPPROTO_TCP, TCP_KEEPIDLE, 0, 0, 1000 }, { "cork", IPPROTO_TCP, TCP_CORK, 0, 0, 1 },
	{ "notsent-lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, 0, 1 },
	{ "df", IPPROTO_IP, IP_MTU_DISCOVER, IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1 },
	{ "keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, 0, 0, 1000 },
	{ "keepcnt", IPPROTO_TCP, TCP_KEEPCNT, 0, 0, 1 },
	{ "ttl", IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1 },
	{ "tos", IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS, 1 },
	{ "dscp", IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS, 0 },
	{ "tell-errors", IPPROTO_IP, IP_RECVERR, IPPROTO_IPV6, IPV6_RECVERR, 1 },
};

static int
option_at(const struct linux_host *h, const char *name, int *level, int *option, unsigned int *divisor)
{
	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		bool six = h->setup.v6 && options[i].level6 != 0;

		if (strcmp(name, options[i].name) != 0)
			continue;
		*level = six ? options[i].level6 : options[i].level;
		*option = six ? options[i].option6 : options[i].option;
		*divisor = options[i].divisor;
		return 0;
	}
	return -ENOENT;
}

int
linux_set(void *host, backend_socket socket, const char *option, uint64_t value)
{
	struct linux_socket *s = linux_find(host, socket);
	int level, name, number;
	unsigned int divisor;

	if (s == NULL || s->fd < 0)
		return -EBADF;
	if (strcmp(option, "account") == 0)    /* the kernel always counts */
		return 0;
	if (strcmp(option, "error") == 0)
		return -ENOPROTOOPT;
	if (strcmp(option, "notify-sent") == 0) {
		s->notify_sent = value != 0;
		return 0;
	}
	if (strcmp(option, "linger") == 0) {
		struct linger linger = { .l_onoff = value != UINT32_MAX, .l_linger = (int)((value + 999) / 1000) };

		return setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0 ? 0 : -errno;
	}
	if (strcmp(option, "congestion") == 0) {
		const char *known = value == TERN_CONGESTION_CUBIC ? "cubic" : "reno";

		return setsockopt(s->fd, IPPROTO_TCP, TCP_CONGESTION, known, (socklen_t)strlen(known)) == 0 ? 0 : -errno;
	}
	if (option_at(host, option, &level, &name, &divisor) != 0)
		return -ENOENT;
	if (divisor == 0 && value > 63)    /* an option of the kernel's has more bits than a DSCP */
		return -EINVAL;
	number = divisor == 0 ? (int)value << 2 : (int)(value / divisor);
	return setsockopt(s->fd, level, name, &number, sizeof(number)) == 0 ? 0 : -errno;
}

int
linux_get(void *host, backend_socket socket, const char *option, uint64_t *value)
{
	struct linux_socket *s = linux_find(host, socket);
	unsigned int divisor;
	int level, name, number = 0;
	socklen_t n = sizeof(number);
	int64_t mss;

	if (s == NULL || s->fd < 0)
		return -EBADF;
	if (strcmp(option, "mss") == 0) {
		linux_info(host, socket, option, &mss);
		*value = (uint64_t)mss;
		return 0;
	}
	if (strcmp(option, "error") == 0) {
		*value = (uint64_t)s->error;
		s->error = 0;
		return 0;
	}
	if (option_at(host, option, &level, &name, &divisor) != 0)
		return -ENOENT;
	if (getsockopt(s->fd, level, name, &number, &n) != 0)
		return -errno;
	*value = divisor == 0 ? (uint64_t)number >> 2 : (uint64_t)number * divisor;
	return 0;
}

int
linux_counter(void *host, const char *name, uint64_t *value)
{
	struct linux_host *h = host;
	unsigned int last;

	if (strcmp(name, "accepts") == 0)
		*value = h->accepts;
	else if (strcmp(name, "half_open_now") == 0)
		*value = count_table(h->setup.v6, NULL, NULL, STATE_SYN_RECV, &last);
	else if (strcmp(name, "time_wait_now") == 0)
		*value = count_table(h->setup.v6, NULL, NULL, STATE_TIME_WAIT, &last);
	else
		return -ENOENT;
	return 0;
}
