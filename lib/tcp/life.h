/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_LIFE_H
#define TCP_LIFE_H

/* A connection from its opening to its end: blocks, timers, listeners, handshakes, TIME-WAIT. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/state.h"

/* ---- conn.c: blocks, events, lists */
void tcp_conn_init(struct tcp *tcp);                  /* what every block begins as, once there is a slab of them */
struct tcp_conn *tcp_conn_new(struct tcp *tcp);       /* NULL when all are used; else that, but for what outlives */
void tcp_conn_event(struct tcp *tcp, struct tcp_conn *c, uint32_t mask);
void tcp_conn_owe(struct tcp *tcp, struct tcp_conn *c);
/* WRITABLE, if the application waits for it and there is room. */
void tcp_conn_writable(struct tcp *tcp, struct tcp_conn *c);
/* Protocol's end: out of the table, queues freed, TERN_CLOSED due (after what is unread, when it ended well). */
void tcp_conn_finish(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);
/* Out of the table already, replaced by its TIME-WAIT record. */
void tcp_conn_time_waits(struct tcp *tcp, struct tcp_conn *c);
/* tcp_conn_finish() with a RST to be sent first. */
void tcp_conn_reset(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);
/* TERN_CLOSED is being handed out: the id is stale from now on. */
void tcp_conn_told(struct tcp *tcp, struct tcp_conn *c);
/* Gives the block back if it is dead, told, and owes nothing. */
void tcp_conn_release(struct tcp *tcp, struct tcp_conn *c);
/* A finished connection whose reader has come to the end. */
void tcp_conn_drained(struct tcp *tcp, struct tcp_conn *c);
void tcp_conn_unbacklog(struct tcp *tcp, struct tcp_conn *c);

/* ---- extra.c */
/* The connection's extra record, made with its defaults when there is none yet. NULL: all are used. */
struct tcp_extra *tcp_extra_make(struct tcp *tcp, struct tcp_conn *c);
void tcp_extra_free(struct tcp *tcp, struct tcp_conn *c);
/* To read: the connection's, or the defaults. */
static inline const struct tcp_extra *
tcp_extra(const struct tcp *tcp, const struct tcp_conn *c)
{
	return c->extra == 0 ? &tcp->extra_default : tcp_extra_at(tcp, c->extra);
}
/* R2 of what the connection does now: the handshake's or the open connection's */
uint32_t tcp_user_timeout(const struct tcp *tcp, const struct tcp_conn *c);

/* Retransmissions in a row from which on the connection is overdue (SHLD-10) */
static inline uint8_t
tcp_r1(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint8_t own = tcp_extra(tcp, c)->r1;

	return own != 0 ? own : tcp->config.r1;
}

/* ---- timers.c */
/* The wheel's entry fires at that tick, or before it. */
void tcp_timer_wake(struct tcp *tcp, struct tcp_conn *c, uint32_t tick);
/* The same of a timer that is set now, and most likely stopped long before it is due. */
void tcp_timer_begin(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline);
/* Its deadlines are looked at by then already, and armed again. */
static inline bool
tcp_timer_wakes(const struct tcp_conn *c, uint32_t tick)
{
	return ((c->lists & LIST_WHEEL) && seq_leq(c->wheel_tick, tick)) ||
	       (unlikely(c->lists & LIST_FRESH) && seq_leq(c->fresh_tick, tick));
}
static inline void
tcp_timer_set(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline)
{
	c->timer = deadline;
	c->flags |= CONN_TIMER;
	if (unlikely(!tcp_timer_wakes(c, deadline)))
		tcp_timer_begin(tcp, c, deadline);
}
static inline void tcp_timer_stop(struct tcp_conn *c) { c->flags &= ~(uint32_t)(CONN_TIMER | CONN_PERSIST); }
/* Nor is the connection looked at on account of it, if it was set not long ago. */
void tcp_timer_forget(struct tcp *tcp, struct tcp_conn *c);
/* R2 has become shorter: a timer beyond it comes sooner. */
void tcp_timer_limit(struct tcp *tcp, struct tcp_conn *c);
void tcp_delay_ack(struct tcp *tcp, struct tcp_conn *c);
/* quick.c: with config.quick_acks, or where it was asked for, whether this one is not delayed; whether the next would be;
 * TERN_OPT_QUICKACK: 0, or -ENOBUFS */
bool tcp_ack_is_quick(struct tcp *tcp, struct tcp_conn *c);
bool tcp_is_quick(const struct tcp *tcp, const struct tcp_conn *c);
int tcp_quick_set(struct tcp *tcp, struct tcp_conn *c, bool quick);
/* nagle.c */
bool tcp_nagle_small_is_acked(const struct tcp *tcp, const struct tcp_conn *c);
void tcp_nagle_note(struct tcp *tcp, struct tcp_conn *c);
static inline bool
tcp_nagle_lets_pass(const struct tcp *tcp, const struct tcp_conn *c)
{
	return unlikely(tcp->config.nagle_minshall) && tcp_nagle_small_is_acked(tcp, c);
}
/* hold.c: TERN_OPT_CORK and TERN_OPT_MORE. A short segment waits; it goes now, whatever holds it; -ENOBUFS */
bool tcp_is_held(const struct tcp *tcp, const struct tcp_conn *c);
void tcp_hold_push(struct tcp *tcp, struct tcp_conn *c);
int tcp_hold_cork(struct tcp *tcp, struct tcp_conn *c, bool on);
int tcp_hold_more(struct tcp *tcp, struct tcp_conn *c, bool on);
/* notsent.c: TERN_OPT_NOTSENT_LOWAT. What of the room may be taken; WRITABLE may be told */
uint32_t tcp_notsent_room(const struct tcp *tcp, const struct tcp_conn *c, uint32_t room);
bool tcp_notsent_is_low(const struct tcp *tcp, const struct tcp_conn *c);
static inline bool
tcp_has_notsent(const struct tcp *tcp, const struct tcp_conn *c)
{
	return tcp_extra(tcp, c)->notsent_lowat != UINT32_MAX;
}
void tcp_watch_fin_wait_2(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_synack_timeout(const struct tcp *tcp, uint32_t level);
/* Expiry phase, bounded. @return whether anything fired. */
bool tcp_expire(struct tcp *tcp);
uint64_t tcp_next_ns(const struct tcp *tcp);

/* ---- listen.c */
int tcp_listen(struct tcp *tcp, const struct tern_listen_options *options, tern_listener *out);
int tcp_unlisten(struct tcp *tcp, tern_listener id);
struct tcp_listener *tcp_listener_for(struct tcp *tcp, uint32_t local, uint16_t port);

/* ---- overload.c */
/* All blocks that are free are promised to handshakes under way. */
static inline bool
tcp_blocks_promised(const struct tcp *tcp)
{
	return tcp->conns.used + tcp->half_open.used >= tcp->conns.capacity;
}
/* A SYN for l: 0, or -TERN_DROP_x when it is to go unanswered. */
int tcp_overload_syn(struct tcp *tcp, const struct tcp_packet *p, const struct tcp_listener *l);
/* A handshake took so long. */
void tcp_overload_handshake(struct tcp *tcp, uint32_t ms);
/* So long after the last turn began: what it told kept the application busy. */
void tcp_overload_turn_took(struct tcp *tcp, uint64_t passed_ns);
void tcp_overload_look(struct tcp *tcp, uint32_t told);
/* Behind each turn, which told so many of those that were ready. */
static inline void
tcp_overload_turn(struct tcp *tcp, uint32_t told)
{
	tcp->overload.told_last = told;
	if (unlikely(ring_length(&tcp->ready) > 0 || tcp->overload.waits ||
		     tcp->now_ns - tcp->overload.begin_ns >= TCP_OVERLOAD_NS))
		tcp_overload_look(tcp, told);
}

/* ---- open.c */
int tcp_send_syn(struct tcp *tcp, const struct tern_endpoint *target, bool silent);  /* flood.c */
int tcp_connect(struct tcp *tcp, const struct tern_connect_options *options, tern_conn *out);
uint32_t tcp_isn(const struct tcp *tcp, const struct flow_key *key, uint32_t *ts_offset);
/* Set the parts that follow from MTU, both MSS and options. */
void tcp_conn_negotiated(struct tcp *tcp, struct tcp_conn *c, uint16_t peer_mss);
static inline uint16_t tcp_announced_mss(const struct tcp *tcp, bool v4) { return tcp->mss_announced[v4]; }
/* What the application wants no longer segments than, the peer need not send longer. */
static inline uint16_t tcp_limited_mss(uint16_t mss, uint16_t limit) { return limit != 0 && limit < mss ? limit : mss; }
void tcp_conn_established(struct tcp *tcp, struct tcp_conn *c);
uint32_t tcp_initial_window(const struct tcp *tcp, const struct tcp_conn *c);  /* RFC 6928, bytes */
void tcp_conn_initial_window(struct tcp *tcp, struct tcp_conn *c);
void tcp_conn_restart_window(struct tcp *tcp, struct tcp_conn *c);
/* A block with its defaults, not yet in the table. */
struct tcp_conn *tcp_conn_open(struct tcp *tcp, const struct flow_key *key, uint32_t iss);

/* ---- tuple.c */
/* Whom an active open will be, and what is known of that. */
struct tcp_tuple {
	struct flow_key key;
	uint64_t hash;
	uint32_t time_wait;           /* its record, which gives way; 0: none */
	bool by_us;                   /* address and port were left to us to choose */
	bool again;                   /* the target was opened before: looked up and checked then */
	struct tcp_ahead *ahead;      /* where it is, or will be, kept */
};
/* Neighbouring ports and addresses have places of their own; of two targets with one place each replaces the other. */
static inline struct tcp_ahead *
tcp_ahead_of(struct tcp *tcp, const struct tern_endpoint *target)
{
	return &tcp->ahead[(target->port ^ target->addr.b[15]) % TCP_AHEAD_TARGETS];
}
/* What of it stands before anything is chosen */
static inline void
tcp_begin_tuple(struct tcp *tcp, const struct tern_connect_options *o, struct tcp_tuple *t)
{
	const struct tcp_ahead *a = t->ahead = tcp_ahead_of(tcp, &o->target);

	t->again = a->target.port == o->target.port && a->source_pool == o->source_pool &&
		   addr_equal(&a->target.addr, &o->target.addr);
}
/* The rest: 0, or why there is none, tern_connect()'s errors */
int tcp_choose_tuple(struct tcp *tcp, const struct tern_connect_options *options, struct tcp_tuple *tuple);
/* After an open that was made. */
void tcp_look_ahead(struct tcp *tcp, const struct tern_connect_options *options, const struct tcp_tuple *taken);
void tcp_forget_ahead(struct tcp *tcp);
uint32_t tcp_next_pool_local(struct tcp *tcp, bool v4);

/* ---- input: one function for each kind of record; 0, or -TERN_DROP_x. A kept mbuf sets p->m to NULL. */
int tcp_closed_input(struct tcp *tcp, struct tcp_packet *p);                        /* half_open.c: no record: LISTEN or CLOSED */
int tcp_half_open_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index);     /* half_open.c */
int tcp_conn_input(struct tcp *tcp, struct tcp_packet *p, struct tcp_conn *c);      /* expected.c */
int tcp_time_wait_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index);     /* time_wait.c */
int tcp_first_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);     /* expected.c: it has just made the block */
/* A SYN that ends a TIME-WAIT (RFC 6191): there is a listener, the old record is gone */
int tcp_syn_after_time_wait(struct tcp *tcp, struct tcp_packet *p, uint32_t old_snd_nxt);
int tcp_syn_sent_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);  /* syn_sent.c */
/* RFC 9293, 3.10.7.4 from the first check on, for a block in a synchronised state */
int tcp_segment_arrives(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);
/* Seventh and eighth: text and FIN of an acceptable segment */
int tcp_text_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p);
void tcp_half_open_owe(struct tcp *tcp, uint32_t index);   /* its SYN-ACK, in the next output */
void tcp_half_open_drop(struct tcp *tcp, uint32_t index);
void tcp_unlisten_half_open(struct tcp *tcp, uint16_t listener);
/* What a SYN says, into a record whose `lists` is valid */
void tcp_half_open_fill(struct tcp *tcp, struct tcp_half_open *h, const struct tcp_packet *p, uint16_t listener);

/* ---- passive.c: a new block of a listener's */
struct tcp_conn *tcp_passive_open(struct tcp *tcp, const struct tcp_half_open *h, int *error);
void tcp_passive_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p);
/* From a half-open record, which the caller gives back */
struct tcp_conn *tcp_passive_promote(struct tcp *tcp, const struct tcp_packet *p, uint32_t index, int *error);

/* ---- cookie.c: SYN cookies (RFC 4987, 3.6) */
int tcp_cookie_answer(struct tcp *tcp, struct tcp_packet *p, const struct tcp_listener *l);
bool tcp_cookie_expected(const struct tcp *tcp);
/* An ACK that meets no record, for a listener */
int tcp_cookie_input(struct tcp *tcp, struct tcp_packet *p, const struct tcp_listener *l);

/* ---- fastopen.c: as server (RFC 7413) */
enum tcp_fastopen_verdict { FASTOPEN_USUAL, FASTOPEN_GIVE_COOKIE /* with the usual SYN-ACK */, FASTOPEN_TAKEN };
enum tcp_fastopen_verdict tcp_fastopen_syn(struct tcp *tcp, struct tcp_packet *p, struct tcp_listener *l,
					   const uint32_t *beyond);
void tcp_fastopen_cookie(const struct tcp *tcp, const struct flow_key *key, bool experimental, struct tcp_fastopen *out);
/* With config.timestamps_lax: nothing is to be looked at */
static inline bool
tcp_lacks_timestamp(const struct tcp *tcp, const struct tcp_segment *s)
{
	return unlikely(tcp->config.timestamps_lax) && !(s->opt.present & TCP_OPT_TIMESTAMP);
}
/* fastopen_client.c: bytes that may ride on a SYN to there */
uint32_t tcp_fastopen_room(struct tcp *tcp, const struct tern_endpoint *target, const struct tern_addr *source);
/* listen.c */
int tcp_listen_fastopen(struct tcp *tcp, tern_listener listener, uint32_t most);
int tcp_listen_backlog(struct tcp *tcp, tern_listener listener, uint32_t backlog);
int tcp_listen_mss(struct tcp *tcp, tern_listener listener, uint16_t mss);
/* For a block in SYN-RECEIVED. @return whether it was the SYN again */
bool tcp_fastopen_syn_again(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
void tcp_fastopen_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s);
void tcp_fastopen_ended(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason);

/* ---- fastopen_client.c */
int tcp_fastopen_init(struct tcp *tcp, int node);
void tcp_fastopen_free(struct tcp *tcp);
/* Cookies, and what was held against whom */
void tcp_fastopen_forget(struct tcp *tcp);
const struct tcp_fastopen *tcp_fastopen_offer(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *room);
void tcp_fastopen_lost(struct tcp *tcp, struct tcp_conn *c);
void tcp_fastopen_answered(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, const struct tcp_options *opt);

/* ---- challenge.c: an ACK as a question, or nothing where too many were asked. @return drop */
int tcp_challenge_ack(struct tcp *tcp, struct tcp_conn *c, int drop);  /* RFC 5961 */
int tcp_answer_empty(struct tcp *tcp, struct tcp_conn *c, int drop);   /* an unacceptable segment without text */
/* How many a stack may ask in a second, counted from whenever its clock began */
uint32_t tcp_challenge_quota(const struct secret *secret, uint64_t second, uint32_t stack);

/* ---- keepalive.c */
/* When the next probe is due, if nothing is heard till then; false: none will be. */
bool tcp_keepalive_tick(const struct tcp *tcp, const struct tcp_conn *c, uint32_t *tick);
void tcp_keepalive_wake(struct tcp *tcp, struct tcp_conn *c);  /* switched on, or its times have changed */
void tcp_linger(struct tcp *tcp, struct tcp_conn *c);          /* tern_close() was called: so long and no longer */
void tcp_side_timers(struct tcp *tcp, struct tcp_conn *c);     /* the wheel's entry fired, for one with an extra record */

/* ---- time_wait.c */
void tcp_enter_time_wait(struct tcp *tcp, struct tcp_conn *c);
void tcp_time_wait_drop(struct tcp *tcp, uint32_t index);

/* ---- icmp.c */
/* The network reports an error about a segment of that flow. 0, or -TERN_DROP_x */
int tcp_icmp_error(struct tcp *tcp, const struct icmp_error *e, const struct flow_key *key);
/* errno of what the network said of a connection that ended for want of an answer, or 0 */
uint16_t tcp_network_error(const struct tcp *tcp, const struct tcp_conn *c);
/* Why a connection ends that nobody answered: what the network said since, if it said something. */
enum tern_close_reason tcp_timeout_reason(const struct tcp *tcp, const struct tcp_conn *c, enum tern_close_reason reason);

/* ---- close.c */
int tcp_shutdown(struct tcp *tcp, struct tcp_conn *c);
int tcp_close(struct tcp *tcp, struct tcp_conn *c);
int tcp_abort(struct tcp *tcp, struct tcp_conn *c);

#endif
