/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * libtern-packetdrill.so through its own interface, as the tool uses it: loaded, given packets, asked for packets and for
 * the time, with calls that block on a second thread. Each test is a conversation in virtual time, over IPv4 and IPv6.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/tcp.h>

#include "interface.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/headers.h"
#include "wire/icmp.h"
#include "wire/tcp.h"

#define PORT 8080
#define PEER_PORT 40000
#define MSS 1000
#define WINDOW 32792
#define PACKET 2048

static const char *object;

struct drive {
	bool v4;
	struct drill_calls calls;
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *length);
	struct tern_addr local, remote;
	uint32_t seq, ack;           /* the peer's next number, and the one it expects */
};

/* ---- the other end of the wire */

static void
send_segment(struct drive *d, uint8_t flags, const void *data, uint32_t length)
{
	uint8_t packet[PACKET];
	struct tcp_segment s = {
		.sport = PEER_PORT, .dport = PORT, .seq = d->seq, .ack = d->ack, .flags = flags, .window = WINDOW,
	};
	uint32_t ip = d->v4 ? IPV4_HEADER : IPV6_HEADER, header;

	if (flags & TCP_SYN) {
		s.opt.present = TCP_OPT_MSS;
		s.opt.mss = MSS;
	}
	header = tcp_emit(packet + ip, &s);
	if (length > 0)
		memcpy(packet + ip + header, data, length);
	ip_emit(packet, d->v4, &d->remote, &d->local, IP_PROTO_TCP, header + length, 0, 64, 1, false);
	tcp_set_checksum(packet + ip, checksum_fold(checksum_add(
		checksum_pseudo(d->v4, &d->remote, &d->local, IP_PROTO_TCP, header + length), packet + ip, header + length)));
	assert_int_equal(d->calls.netdev_send(d->calls.world, packet, ip + header + length), 0);
	d->seq += length + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

/* The stack's next segment, whose payload is `length` bytes long; the peer expects what follows. @return its time in us */
static long long
expect_segment(struct drive *d, uint8_t flags, uint32_t length)
{
	uint8_t packet[PACKET];
	size_t size = sizeof(packet);
	long long time_us;
	uint32_t ip = d->v4 ? IPV4_HEADER : IPV6_HEADER;
	struct tcp_segment s;

	assert_int_equal(d->calls.netdev_receive(d->calls.world, packet, &size, &time_us), 0);
	assert_int_equal(packet[0] >> 4, d->v4 ? 4 : 6);
	assert_true(size >= ip + TCP_HEADER);
	assert_int_equal(tcp_parse(&s, packet + ip, (uint32_t)size - ip, (uint32_t)size - ip), 0);
	assert_int_equal(s.flags, flags);
	assert_int_equal(s.payload, length);
	assert_int_equal(s.ack, d->seq);
	if (!(flags & TCP_SYN))
		assert_int_equal(s.seq, d->ack);
	d->ack = s.seq + s.payload + ((s.flags & (TCP_SYN | TCP_FIN)) != 0);
	return time_us;
}

static int64_t
now_us(struct drive *d)
{
	struct timeval tv;

	d->calls.gettimeofday(d->calls.world, &tv, NULL);
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

/* ---- a listener, and a connection of it */

static struct drive
drive_with(void **state, const char *more)
{
	struct drive d = { .v4 = *(bool *)*state, .seq = 1000 };
	char flags[256];
	void *handle = dlopen(object, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	void (*init)(const char *flags, struct drill_calls *calls);

	if (handle == NULL)
		fail_msg("%s", dlerror());
	init = (void (*)(const char *, struct drill_calls *))dlsym(handle, "packetdrill_interface_init");
	d.getsockopt = (int (*)(int, int, int, void *, socklen_t *))dlsym(handle, "getsockopt");
	assert_non_null(init);
	assert_non_null(d.getsockopt);
	assert_int_equal(tern_addr_parse(d.v4 ? "192.0.2.1" : "2001:2::9", &d.remote), 0);
	assert_int_equal(tern_addr_parse(d.v4 ? "192.168.0.7" : "fd00::7", &d.local), 0);
	snprintf(flags, sizeof(flags), "%s%s", d.v4 ? "ip=192.168.0.7" : "profile=linux,ip=fd00::7,ack_every=2", more);
	init(flags, &d.calls);
	return d;
}

static struct drive
drive_new(void **state)
{
	return drive_with(state, "");
}

static int
listen_at(struct drive *d)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = d->calls.socket(d->calls.world, d->v4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);

	assert_true(fd >= 0);
	if (d->v4)
		assert_int_equal(d->calls.bind(d->calls.world, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	else
		assert_int_equal(d->calls.bind(d->calls.world, fd, (struct sockaddr *)&in6, sizeof(in6)), 0);
	assert_int_equal(d->calls.listen(d->calls.world, fd, 1), 0);
	return fd;
}

static void
shake_hands(struct drive *d)
{
	send_segment(d, TCP_SYN, NULL, 0);
	expect_segment(d, TCP_SYN | TCP_ACK, 0);
	send_segment(d, TCP_ACK, NULL, 0);
}

static int
accepted(struct drive *d, int listener)
{
	int fd;

	shake_hands(d);
	fd = d->calls.accept(d->calls.world, listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void
a_script_reads_what_a_packet_brought_and_sees_what_it_writes(void **state)
{
	struct drive d = drive_new(state);
	int fd = accepted(&d, listen_at(&d));
	char text[16] = "";

	send_segment(&d, TCP_PSH | TCP_ACK, "question", 8);
	expect_segment(&d, TCP_ACK, 0);   /* the first ones are not delayed */
	assert_int_equal(d.calls.read(d.calls.world, fd, text, sizeof(text)), 8);
	assert_string_equal(text, "question");
	assert_int_equal(d.calls.write(d.calls.world, fd, "answer", 6), 6);
	expect_segment(&d, TCP_PSH | TCP_ACK, 6);
	send_segment(&d, TCP_ACK, NULL, 0);
	assert_int_equal(d.calls.close(d.calls.world, fd), 0);
	expect_segment(&d, TCP_FIN | TCP_ACK, 0);
	d.calls.free(d.calls.world);
}

static void
the_host_knows_a_socket_s_descriptor_too(void **state)
{
	struct drive d = drive_new(state);
	int fd = listen_at(&d);

	assert_int_equal(close(dup(fd)), 0);
	assert_int_equal(d.calls.close(d.calls.world, fd), 0);
	assert_int_equal(close(fd), -1);
	assert_int_equal(errno, EBADF);
	d.calls.free(d.calls.world);
}

static void
the_clock_goes_on_when_it_is_asked_and_runs_timers_where_it_sleeps(void **state)
{
	struct drive d = drive_new(state);
	int fd = accepted(&d, listen_at(&d));
	int64_t before = now_us(&d);
	long long first, again;

	assert_int_equal(now_us(&d), before + 1);
	assert_int_equal(d.calls.write(d.calls.world, fd, "lost", 4), 4);
	first = expect_segment(&d, TCP_PSH | TCP_ACK, 4);
	d.ack -= 4;
	d.calls.usleep(d.calls.world, 500000);
	assert_in_range(now_us(&d), before + 500000, before + 500100);
	again = expect_segment(&d, TCP_PSH | TCP_ACK, 4);
	assert_in_range(again - first, 1000, 300000);  /* a tail probe, or the RTO of 200 ms */
	d.calls.free(d.calls.world);
}

static void
tcp_info_is_answered_as_libc_would_be_asked(void **state)
{
	struct drive d = drive_new(state);
	int fd = accepted(&d, listen_at(&d));
	struct tcp_info info;
	uint32_t memory[9];
	socklen_t length = sizeof(info);

	assert_int_equal(d.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(length, sizeof(info));
	assert_int_equal(info.tcpi_snd_cwnd, 10);
	assert_int_equal(info.tcpi_snd_mss, MSS);
	length = sizeof(memory);
	assert_int_equal(d.getsockopt(fd, SOL_SOCKET, 55 /* SO_MEMINFO */, memory, &length), 0);
	assert_int_equal(length, sizeof(memory));
	/* not ours: the kernel's answer */
	length = sizeof(info);
	assert_int_equal(d.getsockopt(0, IPPROTO_TCP, TCP_INFO, &info, &length), -1);
	assert_int_equal(errno, ENOTSOCK);
	d.calls.free(d.calls.world);
}

/* ---- errors of the network */

/* The peer's host is not reached by the SYN-ACK with that sequence number. */
static void
send_unreachable(struct drive *d, uint32_t seq)
{
	uint32_t ip = d->v4 ? IPV4_HEADER : IPV6_HEADER, length = 8 + ip + TCP_HEADER;
	struct tcp_segment s = {
		.sport = PORT, .dport = PEER_PORT, .seq = seq, .ack = d->seq, .flags = TCP_SYN | TCP_ACK,
	};
	uint8_t packet[PACKET] = { 0 }, *icmp = packet + ip;
	uint8_t protocol = d->v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6;
	uint64_t pseudo = d->v4 ? 0 : checksum_pseudo(false, &d->remote, &d->local, protocol, length);
	uint16_t sum;

	icmp[0] = d->v4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE;
	icmp[1] = d->v4 ? 1 : 3;
	ip_emit(icmp + 8, d->v4, &d->local, &d->remote, IP_PROTO_TCP, TCP_HEADER, 0, 64, 1, false);
	tcp_emit(icmp + 8 + ip, &s);
	sum = checksum_fold(checksum_add(pseudo, icmp, length));
	memcpy(icmp + 2, &sum, sizeof(sum));
	ip_emit(packet, d->v4, &d->remote, &d->local, protocol, length, 0, 64, 1, false);
	assert_int_equal(d->calls.netdev_send(d->calls.world, packet, ip + length), 0);
}

static void
what_the_network_ended_before_it_was_accepted_is_accepted_and_read(void **state)
{
	struct drive d = drive_with(state, ",fastopen_no_cookie=1,fastopen_listeners=1");
	int listener = listen_at(&d), fd;
	char text[16] = "";

	send_segment(&d, TCP_SYN, "question", 8);
	expect_segment(&d, TCP_SYN | TCP_ACK, 0);
	send_unreachable(&d, d.ack + 5000);   /* of nothing that is in flight */
	send_unreachable(&d, d.ack - 1);
	fd = d.calls.accept(d.calls.world, listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(d.calls.read(d.calls.world, fd, text, sizeof(text)), 8);
	assert_string_equal(text, "question");
	assert_int_equal(d.calls.read(d.calls.world, fd, text, sizeof(text)), -1);
	assert_int_equal(errno, EHOSTUNREACH);
	assert_int_equal(d.calls.write(d.calls.world, fd, "answer", 6), -1);
	assert_int_equal(errno, EPIPE);
	d.calls.free(d.calls.world);
}

static void
drops_are_counted_where_the_script_s_commands_can_read_them(void **state)
{
	char path[] = "/tmp/tern-counters-XXXXXX", flags[64], line[64] = "";
	struct drive d;
	FILE *file;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	snprintf(flags, sizeof(flags), ",counters=%s", path);
	d = drive_with(state, flags);
	listen_at(&d);
	send_segment(&d, TCP_SYN, NULL, 0);
	expect_segment(&d, TCP_SYN | TCP_ACK, 0);
	send_unreachable(&d, d.ack + 5000);
	send_unreachable(&d, d.ack + 6000);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "icmp_sequence 2\n");
	fclose(file);
	close(fd);
	unlink(path);
	d.calls.free(d.calls.world);
}

/* ---- calls that block, on a second thread */

struct blocking {
	struct drive *drive;
	int listener, fd;
	int64_t returned_us;
};

static void *
block_in_accept(void *arg)
{
	struct blocking *b = arg;

	b->fd = b->drive->calls.accept(b->drive->calls.world, b->listener, NULL, NULL);
	b->returned_us = now_us(b->drive);
	return NULL;
}

static void
a_blocking_accept_returns_when_its_packet_came_and_not_later(void **state)
{
	struct drive d = drive_new(state);
	struct blocking b = { .drive = &d, .listener = listen_at(&d), .fd = -1 };
	int64_t begun = now_us(&d), shook;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, block_in_accept, &b), 0);
	/* virtual time is free: whenever the thread begins to wait, the handshake comes later */
	d.calls.usleep(d.calls.world, 100000);
	shake_hands(&d);
	shook = now_us(&d);
	d.calls.usleep(d.calls.world, 1000000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(b.fd >= 0);
	assert_true(shook >= begun + 100000);
	/* on time, if it waited by then; a thread that began late came back at once, in later time */
	assert_true(b.returned_us <= now_us(&d));
	d.calls.free(d.calls.world);
}

/* As the tool's second thread: it has its work with what a call returned, and waits for the next one then. */
struct worker {
	struct blocking call;
	pthread_mutex_t lock;
	pthread_cond_t enqueued;
	atomic_bool answered, through;
	bool leaves;
};

static void *
work(void *arg)
{
	struct worker *k = arg;

	block_in_accept(&k->call);
	atomic_store(&k->answered, true);
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	pthread_mutex_lock(&k->lock);
	atomic_store(&k->through, true);
	while (!k->leaves)
		pthread_cond_wait(&k->enqueued, &k->lock);
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

static void
virtual_time_stands_until_a_call_s_thread_is_through(void **state)
{
	struct drive d = drive_new(state);
	struct worker k = { .call = { .drive = &d, .listener = listen_at(&d), .fd = -1 }, .lock = PTHREAD_MUTEX_INITIALIZER,
			    .enqueued = PTHREAD_COND_INITIALIZER };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, work, &k), 0);
	shake_hands(&d);
	while (!atomic_load(&k.answered))
		d.calls.usleep(d.calls.world, 1000);
	d.calls.usleep(d.calls.world, 1);
	assert_true(atomic_load(&k.through));
	pthread_mutex_lock(&k.lock);
	k.leaves = true;
	pthread_cond_signal(&k.enqueued);
	pthread_mutex_unlock(&k.lock);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(k.call.fd >= 0);
	d.calls.free(d.calls.world);
}

#define BOTH(test) { #test " [v4]", test, NULL, NULL, &families[1] }, { #test " [v6]", test, NULL, NULL, &families[0] }

int
main(int argc, char **argv)
{
	static bool families[] = { false, true };
	const struct CMUnitTest tests[] = {
		BOTH(a_script_reads_what_a_packet_brought_and_sees_what_it_writes),
		BOTH(the_host_knows_a_socket_s_descriptor_too),
		BOTH(the_clock_goes_on_when_it_is_asked_and_runs_timers_where_it_sleeps),
		BOTH(tcp_info_is_answered_as_libc_would_be_asked),
		BOTH(what_the_network_ended_before_it_was_accepted_is_accepted_and_read),
		BOTH(drops_are_counted_where_the_script_s_commands_can_read_them),
		BOTH(a_blocking_accept_returns_when_its_packet_came_and_not_later),
		BOTH(virtual_time_stands_until_a_call_s_thread_is_through),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s libtern-packetdrill.so\n", argv[0]);
		return 2;
	}
	object = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
