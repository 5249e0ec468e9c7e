/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* epoll: a list of who is ready, fed by events. Nobody's readiness is asked but of those on it. */

#include "sock/sock.h"

#define TELLING (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM | \
		 EPOLLWRBAND | EPOLLMSG | EPOLLRDHUP)
#define WITH_EXCLUSIVE ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET) | EPOLLEXCLUSIVE)

static inline struct epoll_item *
item_at(const struct tsock_set *set, uint32_t i)
{
	return (struct epoll_item *)(void *)set->items.base + i;
}

static inline struct epoll *
epoll_at(const struct tsock_set *set, uint32_t i)
{
	return (struct epoll *)(void *)set->epolls.base + i;
}

static inline uint32_t
epoll_index(const struct tsock_set *set, const struct epoll *e)
{
	return (uint32_t)(e - (const struct epoll *)(const void *)set->epolls.base);
}

/* ---- ready lists */

static inline void
put(struct epoll *e, struct epoll_item *item, uint32_t index)
{
	if (item->listed)
		return;
	item->listed = true;
	list_push(&e->ready, index);
}

static inline void
take(struct epoll *e, struct epoll_item *item, uint32_t index)
{
	item->listed = false;
	list_remove(&e->ready, index);
}

void
sock_tell_items(struct tsock_set *set, struct sock *s, uint32_t mask)
{
	struct epoll_item *item;

	for (uint32_t i = s->items; i != 0; i = item->next) {
		item = item_at(set, i);
		if (item->events & mask & TELLING)
			put(epoll_at(set, item->epoll), item, i);
	}
}

static uint32_t
mask_of(struct tsock_set *set, const struct epoll_item *item)
{
	return sock_mask(set, sock_at(set, item->sock)) & item->events;
}

uint32_t
epoll_mask(struct tsock_set *set, struct epoll *e)
{
	while (e->ready.head != 0) {
		struct epoll_item *item = item_at(set, e->ready.head);

		if (mask_of(set, item) != 0)
			return EPOLLIN | EPOLLRDNORM;
		take(e, item, e->ready.head);
	}
	return 0;
}

/* Who is watched by level stays in place: the next call finds it ready again, or is the one that finds it not. */
static int
collect(struct tsock_set *set, struct epoll *e, struct epoll_event *events, int max)
{
	uint32_t index = e->ready.head;
	int n = 0;

	while (index != 0 && n < max) {
		struct epoll_item *item = item_at(set, index);
		uint32_t mask = mask_of(set, item), next = item->ready.next;

		if (mask == 0 || (item->events & (uint32_t)(EPOLLET | EPOLLONESHOT)))
			take(e, item, index);
		index = next;
		if (mask == 0)
			continue;
		events[n++] = (struct epoll_event){ .events = mask, .data.u64 = item->data };
		if (item->events & EPOLLONESHOT)
			item->events &= ~(uint32_t)TELLING;
	}
	/* who was not told yet comes first the next time */
	if (index != 0)
		list_turn(&e->ready, index);
	return n;
}

/* ---- epolls */

struct epoll *
epoll_get(const struct tsock_set *set, int fd)
{
	uint32_t place = (uint32_t)fd - (uint32_t)set->options.first_descriptor;

	if (place >= set->options.descriptors || !(set->fd[place] & FD_EPOLL))
		return NULL;
	return epoll_at(set, set->fd[place] & ~FD_EPOLL);
}

static int
create(struct tsock_set *set, bool close_on_exec)
{
	uint32_t index = slab_get(&set->epolls);
	struct epoll *e;

	if (index == 0)
		return -ENOMEM;
	e = epoll_at(set, index);
	list_init(&e->ready, set->items.base, set->items.stride, offsetof(struct epoll_item, ready));
	list_init(&e->all, set->items.base, set->items.stride, offsetof(struct epoll_item, all));
	e->close_on_exec = close_on_exec;
	e->fd = sock_fd_take(set, index | FD_EPOLL);
	if (e->fd < 0) {
		slab_put(&set->epolls, index);
		return -EMFILE;
	}
	return e->fd;
}

int
tsock_epoll_create1(int flags)
{
	if (sock_current == NULL)
		return (int)sock_result(-ENXIO);
	return (int)sock_result(flags & ~EPOLL_CLOEXEC ? -EINVAL : create(sock_current, flags & EPOLL_CLOEXEC));
}

int
tsock_epoll_create(int size)
{
	return size <= 0 ? (int)sock_result(-EINVAL) : tsock_epoll_create1(0);
}

/* ---- who is watched */

static void
forget(struct tsock_set *set, uint32_t index)
{
	struct epoll_item *item = item_at(set, index);
	struct epoll *e = epoll_at(set, item->epoll);
	uint32_t *link = &sock_at(set, item->sock)->items;

	while (*link != index)
		link = &item_at(set, *link)->next;
	*link = item->next;
	if (item->listed)
		list_remove(&e->ready, index);
	list_remove(&e->all, index);
	slab_put(&set->items, index);
}

void
sock_forget_items(struct tsock_set *set, struct sock *s)
{
	while (s->items != 0)
		forget(set, s->items);
}

void
epoll_close(struct tsock_set *set, struct epoll *e)
{
	while (e->all.head != 0)
		forget(set, e->all.head);
	sock_fd_give(set, e->fd);
	slab_put(&set->epolls, epoll_index(set, e));
}

/* Its place in the epoll, or 0. */
static uint32_t
find(const struct tsock_set *set, const struct sock *s, uint32_t epoll)
{
	uint32_t i = s->items;

	while (i != 0 && item_at(set, i)->epoll != epoll)
		i = item_at(set, i)->next;
	return i;
}

static void
watch(struct tsock_set *set, struct epoll *e, uint32_t index, const struct epoll_event *event)
{
	struct epoll_item *item = item_at(set, index);

	item->events = event->events | EPOLLERR | EPOLLHUP;
	item->data = event->data.u64;
	if (mask_of(set, item) != 0)
		put(e, item, index);
}

static int
add(struct tsock_set *set, uint32_t epoll, struct sock *s, const struct epoll_event *event)
{
	uint32_t index = slab_get(&set->items);
	struct epoll_item *item;

	if (index == 0)
		return -ENOSPC;
	item = item_at(set, index);
	*item = (struct epoll_item){
		.sock = sock_index(set, s), .epoll = epoll, .next = s->items, .exclusive = event->events & EPOLLEXCLUSIVE,
	};
	s->items = index;
	list_push(&epoll_at(set, epoll)->all, index);
	watch(set, epoll_at(set, epoll), index, event);
	return 0;
}

static int
control(struct tsock_set *set, uint32_t epoll, struct sock *s, int op, const struct epoll_event *event)
{
	uint32_t index = find(set, s, epoll);

	if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || (event->events & ~WITH_EXCLUSIVE)))
		return -EINVAL;
	switch (op) {
	case EPOLL_CTL_ADD:
		return index != 0 ? -EEXIST : add(set, epoll, s, event);
	case EPOLL_CTL_MOD:
		if (index == 0)
			return -ENOENT;
		if (item_at(set, index)->exclusive)
			return -EINVAL;
		watch(set, epoll_at(set, epoll), index, event);
		return 0;
	case EPOLL_CTL_DEL:
		if (index == 0)
			return -ENOENT;
		forget(set, index);
		return 0;
	default:
		return -EINVAL;
	}
}

int
tsock_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	struct tsock_set *set = sock_current;
	struct epoll *e;
	struct sock *s;
	int error;

	if (unlikely(set == NULL))
		return (int)sock_result(-ENXIO);
	if (unlikely(op != EPOLL_CTL_DEL && event == NULL))
		return (int)sock_result(-EFAULT);
	e = epoll_get(set, epfd);
	s = sock_get(&set, fd, &error);
	if (unlikely(e == NULL && sock_get(&set, epfd, &error) == NULL))
		return (int)sock_result(-EBADF);
	if (unlikely(s == NULL))
		return (int)sock_result(error == -ENOTSOCK ? (epfd == fd ? -EINVAL : -EPERM) : -EBADF);
	if (unlikely(e == NULL))
		return (int)sock_result(-EINVAL);
	return (int)sock_result(control(set, epoll_index(set, e), s, op, event));
}

/* ---- waiting */

static int
wait_for_some(struct tsock_set *set, struct epoll *e, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	uint64_t deadline_ns;
	int n;

	if (timeout_ms == 0 || epoll_mask(set, e) != 0) {
		/* a loop that always finds something runs the core as well */
		n = set->options.delivered ? 0 : sock_turn(set, 0);
		if (unlikely(n < 0))
			return n;
		n = collect(set, e, events, max);
		if (n > 0 || timeout_ms == 0)
			return n;
	}
	deadline_ns = sock_deadline(set, timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000);
	do {
		int error = sock_wait(set, deadline_ns);

		if (unlikely(error < 0))
			return error == -EAGAIN ? 0 : error;
		if (unlikely(epoll_get(set, epfd) != e))
			return -EBADF;
		n = collect(set, e, events, max);
	} while (n == 0);
	return n;
}

int
tsock_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	struct tsock_set *set = sock_current;
	struct epoll *e;
	int error;

	if (unlikely(set == NULL))
		return (int)sock_result(-ENXIO);
	if (unlikely(max <= 0))
		return (int)sock_result(-EINVAL);
	e = epoll_get(set, epfd);
	if (unlikely(e == NULL))
		return (int)sock_result(sock_get(&set, epfd, &error) != NULL ? -EINVAL : -EBADF);
	if (unlikely(events == NULL))
		return (int)sock_result(-EFAULT);
	return (int)sock_result(wait_for_some(set, e, epfd, events, max, timeout_ms));
}
