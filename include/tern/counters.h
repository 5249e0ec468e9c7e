/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_COUNTERS_H
#define TERN_COUNTERS_H

/**
 * @file
 * Why a packet was dropped, why a connection ended, and what a stack counted.
 * The input path returns -TERN_DROP_x, so that no packet disappears uncounted.
 */

#include <stdint.h>

/* X(name, one English line) */
#define TERN_DROPS(X) \
	X(SHORT, "frame shorter than its headers") \
	X(ETHERTYPE, "Ethernet type not handled") \
	X(NOT_FOR_US_MAC, "Ethernet destination is not this interface") \
	X(VLAN, "VLAN tag of no local address") \
	X(IP_VERSION, "IP version does not fit the Ethernet type") \
	X(IP_HEADER, "bad IP header length or total length") \
	X(IP_CHECKSUM, "bad IPv4 header checksum") \
	X(IP_NOT_LOCAL, "IP destination is not a local address") \
	X(IP_SOURCE, "IP source is not a unicast address") \
	X(IP_FRAGMENT, "IP fragment") \
	X(IP_EXTENSION, "IPv6 extension header not handled") \
	X(IP_PROTOCOL, "IP protocol not handled") \
	X(ARP_BAD, "malformed or unusable ARP") \
	X(ICMP_BAD, "malformed ICMP or bad ICMP checksum") \
	X(ICMP_IGNORED, "ICMP type that asks for nothing here") \
	X(NDP_BAD, "neighbour discovery message that RFC 4861 says to ignore") \
	X(NEIGHBOUR_UNASKED, "news of a neighbour that nobody here asked for") \
	X(NEIGHBOUR_QUEUE, "queue of packets that wait for a neighbour is full") \
	X(NEIGHBOUR_FAILED, "neighbour did not answer") \
	X(NO_ROUTE, "no route to the destination") \
	X(TCP_HEADER, "bad TCP header length") \
	X(TCP_OPTION, "TCP option with an impossible length") \
	X(TCP_CHECKSUM, "bad TCP checksum") \
	X(TCP_PORT_ZERO, "TCP port 0") \
	X(TCP_NO_LISTENER, "no listener for this segment, answered with RST") \
	X(TCP_RST_NO_CONN, "RST for no connection") \
	X(TCP_CLOSED_BACKLOG, "SYN or handshake refused, accept backlog full") \
	X(TCP_SYN_QUEUE, "SYN refused, no room for a half-open connection") \
	X(TCP_NO_BLOCK, "SYN or handshake refused, no room for a connection") \
	X(TCP_WINDOW, "segment outside the receive window") \
	X(TCP_PAWS, "timestamp older than the last one (PAWS)") \
	X(TCP_NO_TIMESTAMP, "timestamps were negotiated and this segment has none") \
	X(TCP_ACK_INVALID, "acknowledgment outside what RFC 5961 allows") \
	X(TCP_ACK_MISSING, "no ACK bit where one is needed") \
	X(TCP_RST_INVALID, "RST at another place than RCV.NXT (RFC 5961)") \
	X(TCP_SYN_INVALID, "SYN on a synchronised connection (RFC 5961)") \
	X(TCP_DUPLICATE, "nothing new in it") \
	X(TCP_AFTER_CLOSE, "data after the reader has closed") \
	X(TCP_OOO_FULL, "out of order, and no room to keep it") \
	X(TCP_RCVBUF_FULL, "receive memory of the connection is used up") \
	X(TCP_CHALLENGE_LIMIT, "challenge ACK not sent, limit reached") \
	X(TCP_REPLY_LIMIT, "answer without a connection not sent, batch full") \
	X(TCP_TIME_WAIT, "segment for a connection in TIME-WAIT") \
	X(TX_NO_MBUF, "no mbuf to send with") \
	X(RX_NO_MBUF, "no mbuf to receive with (device)") \
	X(RX_MISSED, "missed by the device's receive queue") \
	X(RX_ERROR, "device receive error") \
	X(RX_CUT, "cut short in the recording") \
	X(RX_OWN, "sent by this interface itself, in the recording") \
	X(TX_ERROR, "device transmit error") \
	X(STEER_FULL, "ring to the owning core is full") \
	X(IP_FRAGMENT_TIMEOUT, "fragments of a packet that never became whole") \
	X(IP_FRAGMENT_BAD, "fragments that overlap, or make an impossible packet") \
	X(IP_FRAGMENT_FULL, "no room to keep a fragment") \
	X(IP_SOURCE_ROUTE, "IPv4 source route or IPv6 routing header") \
	X(IP_TENTATIVE, "to an address that duplicate address detection has not cleared") \
	X(ARP_CONFLICT, "somebody else claims a local address") \
	X(ICMP_NO_CONN, "ICMP error that quotes no connection") \
	X(ICMP_SEQUENCE, "ICMP error that quotes a segment not in flight (RFC 5927)") \
	X(TCP_COOKIE_INVALID, "handshake ACK without a record and with no valid SYN cookie") \
	X(TCP_OVERLOAD, "SYN refused, the application is behind")

enum tern_drop {
	TERN_DROP_NONE,
#define X(name, text) TERN_DROP_##name,
	TERN_DROPS(X)
#undef X
	TERN_DROP_MAX
};

/** Key of a reason in reports ("tcp_checksum") and its line of English. */
const char *tern_drop_name(enum tern_drop reason);
const char *tern_drop_text(enum tern_drop reason);

/* X(name, one English line) */
#define TERN_CLOSE_REASONS(X) \
	X(NORMAL, "both sides closed") \
	X(RESET, "reset by the peer") \
	X(REFUSED, "refused by the peer") \
	X(ABORTED, "aborted by this application") \
	X(TIMEOUT, "the peer stopped answering") \
	X(CONNECT_TIMEOUT, "the peer never answered the SYN") \
	X(USER_TIMEOUT, "user timeout") \
	X(UNREACHABLE, "no route or no neighbour") \
	X(UNREAD_DATA, "closed with data unread, so reset") \
	X(DATA_AFTER_CLOSE, "data came after close, so reset") \
	X(FIN_WAIT_2_TIMEOUT, "the peer never closed its side") \
	X(KEEPALIVE, "the peer did not answer keepalive probes") \
	X(LINGER, "unsent or unacknowledged when the linger time was over, so reset") \
	X(NETWORK, "refused by the network: ICMP said unreachable or prohibited")

enum tern_close_reason {
	TERN_CLOSE_NONE,
#define X(name, text) TERN_CLOSE_##name,
	TERN_CLOSE_REASONS(X)
#undef X
	TERN_CLOSE_MAX
};

const char *tern_close_name(enum tern_close_reason reason);
const char *tern_close_text(enum tern_close_reason reason);

/**
 * What a stack counted since it was made. All are totals but those marked "now".
 * One core writes; another may read: each figure is then at most a burst old.
 */
struct tern_stats {
	uint64_t size;               /* sizeof, set by tern_stats() */
	/* packets, frames without FCS */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_bursts;          /* bursts with at least one packet */
	uint64_t tcp_rx_segments, tcp_tx_segments;
	uint64_t steered_out, steered_in;  /* between cores */
	uint64_t tx_full;            /* times the device took fewer than offered */
	uint64_t mbuf_alloc_failed;
	/* what came in a burst, for the mean batch: sum / bursts that had any */
	uint64_t syn_rx, syn_bursts, fin_rx, fin_bursts, segment_rx, segment_bursts;
	/* connections */
	uint64_t connects, connects_failed_no_port, accepts;
	uint64_t syn_tx, synack_tx, established;
	uint64_t closed[TERN_CLOSE_MAX];
	uint64_t time_wait_reused, time_wait_evicted;
	uint64_t time_wait_evicted_ms; /* for how long those had been held, in all */
	uint64_t half_open_timeout, half_open_evicted;
	uint64_t open_now, half_open_now, time_wait_now;
	uint64_t time_wait_most, time_wait_ms;  /* the bound of time_wait_now, and 2 MSL, as configured */
	uint64_t listeners_now;
	/* recovery: segments sent again; times the timeout came, and fast recovery began */
	uint64_t retransmits_syn, retransmits_data, rto_fired, fast_retransmits;
	uint64_t sack_recoveries;    /* of fast_retransmits, with SACK */
	uint64_t lost_retransmits;   /* segments that were sent again and lost again */
	uint64_t reorderings, rack_timeouts;  /* ACKs that showed reordering; times its timer fired (RFC 8985, 6.2) */
	uint64_t sack_reneged;       /* times a peer dropped what it had SACKed (RFC 2018, 8) */
	uint64_t tlp_probes, tlp_recoveries;  /* tail loss probes sent, and losses that only they repaired (RFC 8985, 7) */
	uint64_t undos_timestamp, undos_dsack, undos_frto;  /* reductions taken back: by Eifel, DSACK (RFC 3708), F-RTO (RFC 5682) */
	uint64_t spurious_rto;       /* timeouts among them */
	uint64_t zero_window_probes, delayed_acks, duplicate_acks_tx, challenge_acks, rst_tx, rst_rx;
	uint64_t ooo_segments;
	/* bytes of payload: handed to the application, accepted from it and acknowledged */
	uint64_t rx_payload_bytes, tx_payload_bytes, acked_payload_bytes;
	/* negotiated, of established */
	uint64_t with_timestamps, with_sack, with_wscale;
	/* the loop: TSC-based nanoseconds spent in turns that did work, and in all */
	uint64_t busy_ns, total_ns, turns, busy_turns;
	uint64_t longest_gap_ns;     /* between two turns; 0 unless it was one of TERN_GAP_NS */
	uint64_t gaps, gap_ns;       /* those of more than TERN_GAP_NS, and their sum */
	/* SYN cookies, Fast Open, ECN, urgent, keepalive, path */
	uint64_t cookies_sent, cookies_accepted;
	uint64_t fastopen_sent, fastopen_accepted, fastopen_refused;
	uint64_t with_ecn, ecn_ce_rx, ecn_reductions;
	uint64_t urgent_tx, urgent_rx, keepalive_probes, dsacks_tx, dsacks_rx;
	uint64_t icmp_errors, path_mtu_changes, black_holes;
	uint64_t ip_reassembled;     /* packets made whole from fragments */
	uint64_t drops[TERN_DROP_MAX];
};

/** X(field): the plain fields of struct tern_stats, in order; `closed` and `drops` are arrays beside them. */
#define TERN_STATS(X) \
	X(rx_packets) X(rx_bytes) X(tx_packets) X(tx_bytes) X(rx_bursts) X(tcp_rx_segments) X(tcp_tx_segments) \
	X(steered_out) X(steered_in) X(tx_full) X(mbuf_alloc_failed) X(syn_rx) X(syn_bursts) X(fin_rx) \
	X(fin_bursts) X(segment_rx) X(segment_bursts) X(connects) X(connects_failed_no_port) X(accepts) \
	X(syn_tx) X(synack_tx) X(established) X(time_wait_reused) X(time_wait_evicted) X(time_wait_evicted_ms) \
	X(half_open_timeout) X(half_open_evicted) X(open_now) X(half_open_now) X(time_wait_now) X(time_wait_most) \
	X(time_wait_ms) X(listeners_now) X(retransmits_syn) X(retransmits_data) \
	X(rto_fired) X(fast_retransmits) X(sack_recoveries) X(lost_retransmits) X(reorderings) X(rack_timeouts) \
	X(sack_reneged) X(tlp_probes) X(tlp_recoveries) X(undos_timestamp) X(undos_dsack) \
	X(undos_frto) X(spurious_rto) X(zero_window_probes) X(delayed_acks) X(duplicate_acks_tx) \
	X(challenge_acks) X(rst_tx) X(rst_rx) X(ooo_segments) X(rx_payload_bytes) X(tx_payload_bytes) \
	X(acked_payload_bytes) X(with_timestamps) X(with_sack) X(with_wscale) X(busy_ns) X(total_ns) X(turns) \
	X(busy_turns) X(longest_gap_ns) X(gaps) X(gap_ns) X(cookies_sent) X(cookies_accepted) X(fastopen_sent) \
	X(fastopen_accepted) X(fastopen_refused) X(with_ecn) X(ecn_ce_rx) X(ecn_reductions) X(urgent_tx) \
	X(urgent_rx) X(keepalive_probes) X(dsacks_tx) X(dsacks_rx) X(icmp_errors) X(path_mtu_changes) \
	X(black_holes) X(ip_reassembled)

#endif
