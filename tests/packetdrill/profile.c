/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "world.h"

#define LINE 512u
/* As the tool has it by itself: IPv6's packets are longer by as much as its header, so that one MSS serves both. */
#define MTU_IPV4 1500u
#define MTU_IPV6 1520u

/* What scripts take for granted: Linux's defaults, where they are not ours already. */
static struct tcp_config
linux_config(void)
{
	struct tcp_config tcp = host_tcp_config();

	tcp.ack_every = 2;
	tcp.quick_acks = 16;
	tcp.push_bursts = 2;
	tcp.nagle_minshall = true;
	tcp.linux_cwnd = true;
	tcp.timestamps_lax = true;
	tcp.reset_keeps_unread = true;
	tcp.errors_end_opens = true;
	tcp.fastopen_persists = true;
	tcp.fastopen_experiment = true;
	tcp.nodelay = false;
	tcp.rcvbuf = 65535;             /* the first window; it grows */
	tcp.rcvbuf_max = 15u << 20;
	tcp.sndbuf = 256u << 10;
	tcp.rto_max_ms = 120000;
	tcp.syn_timeout_ms = 63000;     /* five SYNs again */
	tcp.user_timeout_ms = 924600;   /* fifteen retransmissions */
	tcp.ecn = TCP_ECN_OFF;          /* scripts' first word is that sysctl; Linux's own default is to accept */
	return tcp;
}

/* ---- --so_flags */

static void
add_address(struct profile *p, const char *text)
{
	struct tern_addr addr;
	bool v4;

	if (tern_addr_parse(text, &addr) < 0)
		world_fail("--so_flags: ip=%s: %s is no address", text, text);
	v4 = tern_addr_is_v4(&addr);
	if (p->locals[v4] == PROFILE_ADDRESSES)
		world_fail("--so_flags: ip: more than %u addresses of a family", PROFILE_ADDRESSES);
	p->local[v4][p->locals[v4]++] = addr;
}

static void
read_addresses(struct profile *p, char *list)
{
	char *rest = NULL;

	for (char *word = strtok_r(list, "/", &rest); word != NULL; word = strtok_r(NULL, "/", &rest))
		add_address(p, word);
}

static void
read_number(struct profile *p, const char *name, const char *value)
{
	char *end;
	long long number = strtoll(value, &end, 0);

	if (*value == '\0' || *end != '\0' || number < 0)
		world_fail("--so_flags: %s=%s: a number is wanted", name, value);
	if (!host_set(&p->host, name, number))
		world_fail("--so_flags: there is no setting %s; known are profile, ip, mtu, sysctls, counters, and those of "
			   "struct tcp_config", name);
}

static void
read_word(struct profile *p, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		world_fail("--so_flags: %s: NAME=VALUE is wanted", word);
	*value++ = '\0';
	if (strcmp(word, "ip") == 0)
		read_addresses(p, value);
	else if (strcmp(word, "sysctls") == 0)
		snprintf(p->sysctls, sizeof(p->sysctls), "%s", value);
	else if (strcmp(word, "counters") == 0)
		snprintf(p->counters, sizeof(p->counters), "%s", value);
	else if (strcmp(word, "profile") != 0)
		read_number(p, word, value);
}

/* The profile is what the other words change, wherever it stands. */
static bool
is_linux(const char *flags)
{
	static const char word[] = "profile=";
	const char *at = strstr(flags, word);
	size_t length;

	if (at == NULL || (at != flags && at[-1] != ','))
		return true;
	at += strlen(word);
	length = strcspn(at, ",");
	if (length == strlen("linux") && strncmp(at, "linux", length) == 0)
		return true;
	if (length == strlen("tern") && strncmp(at, "tern", length) == 0)
		return false;
	world_fail("--so_flags: profile=%.*s: linux or tern is wanted", (int)length, at);
}

void
profile_read(struct profile *p, const char *flags)
{
	char text[1024], *rest = NULL;

	*p = (struct profile){ .linux_like = is_linux(flags == NULL ? "" : flags) };
	p->host.tcp = p->linux_like ? linux_config() : host_tcp_config();
	p->host.tcp.account = true;     /* so that TCP_INFO tells all that Linux counts in any case */
	p->host.vlan = VLAN_NONE;
	if (flags != NULL && strlen(flags) >= sizeof(text))
		world_fail("--so_flags: longer than %zu characters", sizeof(text) - 1);
	snprintf(text, sizeof(text), "%s", flags == NULL ? "" : flags);
	for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest))
		read_word(p, word);
	/* the tool's own, where none is said */
	if (p->locals[1] == 0)
		add_address(p, "192.168.0.1");
	if (p->locals[0] == 0)
		add_address(p, "fd3d:fa7b:d17d::1");
}

/* ---- sysctls of a script */

/* Three numbers: least, first and most. */
static void
set_memory(uint32_t *first, uint32_t *most, const char *value, unsigned int share)
{
	unsigned long least, from, to;

	if (sscanf(value, "%lu %lu %lu", &least, &from, &to) != 3)
		return;
	if (first != NULL)
		*first = (uint32_t)(from / share);
	if (most != NULL)
		*most = (uint32_t)to;
}

static uint32_t
syn_time_ms(unsigned long retries)
{
	return retries >= 16 ? UINT32_MAX / 2 : (uint32_t)((1000u << (retries + 1)) - 1000u);
}

/* Four words of eight hexadecimal digits, as Linux writes them. */
static void
set_fastopen_key(struct tcp_config *tcp, const char *value)
{
	uint32_t words[4];

	tcp->fastopen_keyed = sscanf(value, "%x-%x-%x-%x", &words[0], &words[1], &words[2], &words[3]) == 4;
	if (tcp->fastopen_keyed)
		memcpy(tcp->fastopen_key, words, sizeof(words));
}

/* Linux's bits: client, server, client without cookie, server without cookie, listeners that do not ask */
static void
set_fastopen(struct tcp_config *tcp, unsigned long bits)
{
	tcp->fastopen = bits & 3;
	tcp->fastopen_client_no_cookie = (bits & 5) == 5;
	tcp->fastopen_no_cookie = (bits & 0x202) == 0x202;
	tcp->fastopen_listeners = (bits & 0x402) == 0x402;
}

static void
apply_sysctl(struct profile *p, const char *name, const char *value)
{
	struct tcp_config *tcp = &p->host.tcp;
	unsigned long number = strtoul(value, NULL, 0);

	if (strcmp(name, "tcp_metrics_flush") == 0)
		p->forgets++;
	else if (strcmp(name, "tcp_timestamps") == 0)
		tcp->timestamps = number != 0;
	else if (strcmp(name, "tcp_sack") == 0)
		tcp->sack = number != 0;
	else if (strcmp(name, "tcp_window_scaling") == 0)
		tcp->wscale = number != 0;
	else if (strcmp(name, "tcp_ecn") == 0)
		tcp->ecn = number == 0 ? TCP_ECN_OFF : number == 1 ? TCP_ECN_ON : TCP_ECN_ACCEPT;
	else if (strcmp(name, "tcp_fastopen") == 0)
		set_fastopen(tcp, number);
	else if (strcmp(name, "tcp_fastopen_key") == 0)
		set_fastopen_key(tcp, value);
	else if (strcmp(name, "tcp_min_tso_segs") == 0)
		tcp->push_bursts = (uint8_t)number;
	else if (strcmp(name, "tcp_wmem") == 0)
		set_memory(&tcp->sndbuf, NULL, value, 1);
	else if (strcmp(name, "tcp_rmem") == 0)
		set_memory(NULL, &tcp->rcvbuf_max, value, 1);
	else if (strcmp(name, "tcp_notsent_lowat") == 0)
		tcp->notsent_lowat = (uint32_t)number;
	else if (strcmp(name, "tcp_syn_retries") == 0)
		tcp->syn_timeout_ms = syn_time_ms(number);
	else if (strcmp(name, "tcp_synack_retries") == 0)
		tcp->synack_retries = (uint32_t)number;
	else if (strcmp(name, "tcp_fin_timeout") == 0)
		tcp->fin_wait_2_ms = (uint32_t)number * 1000;
	else if (strcmp(name, "tcp_congestion_control") == 0)
		tcp->congestion = strncmp(value, "reno", 4) == 0 ? "newreno" : "cubic";
}

/* The last part of net.ipv4.tcp_sack, net/ipv4/tcp_sack or /proc/sys/net/ipv4/tcp_sack */
static const char *
last_part(const char *name)
{
	const char *last = name;

	for (; *name != '\0'; name++)
		if (*name == '.' || *name == '/')
			last = name + 1;
	return last;
}

bool
profile_sysctls(struct profile *p)
{
	char line[LINE];
	struct stat now;
	FILE *file;

	/* the script has said none, or none since */
	if (p->sysctls[0] == '\0' || stat(p->sysctls, &now) < 0 || now.st_size == p->sysctls_size)
		return false;
	p->sysctls_size = now.st_size;
	file = fopen(p->sysctls, "re");
	if (file == NULL)
		return false;
	p->forgets = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		value[strcspn(value, "\n")] = '\0';
		apply_sysctl(p, last_part(line), value);
	}
	fclose(file);
	return true;
}

/* ---- the first socket */

static struct tern_addr
made_up(const struct tern_addr *addr)
{
	struct tern_addr gateway = *addr;

	gateway.b[15] ^= 0x40;
	return gateway;
}

void
profile_complete(struct profile *p, bool v4)
{
	struct host_setup *host = &p->host;

	profile_sysctls(p);
	if (host->mtu == 0)
		host->mtu = v4 ? MTU_IPV4 : MTU_IPV6;
	/* everybody else lives behind a gateway, which is there whenever it is asked for */
	for (unsigned int family = 0; family < 2; family++) {
		for (unsigned int i = 0; i < p->locals[family]; i++)
			host->local[host->locals++] = p->local[family][i];
		host->gateway[!family] = made_up(&p->local[family][0]);
	}
}
