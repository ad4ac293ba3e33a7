/* SPDX-License-Identifier: Apache-2.0 */
/* epoll and a sorted list of timers. */
#include "shim/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/fd.h"
#include "runtime/slim.h"

/* Longer than the pauses between the requests of one client. */
#define QUIET_MS 500

int loop_init(struct loop *l, struct err *e)
{
	*l = (struct loop){.epfd = epoll_create1(EPOLL_CLOEXEC)};
	return l->epfd < 0 ? err_sys(e, "cannot make an epoll descriptor") : 0;
}

void loop_done(struct loop *l)
{
	fd_close(&l->epfd);
}

int watch_add(struct watch *w, struct loop *l, int fd, uint32_t events,
	      void (*ready)(struct watch *, uint32_t), struct err *e)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(e, "cannot wait for descriptor %d", fd);
	*w = (struct watch){.loop = l, .fd = fd, .ready = ready};
	return 0;
}

void watch_change(struct watch *w, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	if (w->fd >= 0 && w->loop && epoll_ctl(w->loop->epfd, EPOLL_CTL_MOD, w->fd, &ev) < 0 &&
	    errno == ENOENT)
		epoll_ctl(w->loop->epfd, EPOLL_CTL_ADD, w->fd, &ev);
}

void watch_pause(struct watch *w)
{
	if (w->fd >= 0 && w->loop)
		epoll_ctl(w->loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
}

void watch_remove(struct watch *w)
{
	watch_pause(w);
	w->fd = -1;
	w->loop = NULL;
}

void timer_clear(struct timer *t)
{
	struct timer **p;

	if (!t->loop)
		return;
	for (p = &t->loop->timers; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	t->loop = NULL;
}

void timer_set(struct timer *t, struct loop *l, uint64_t delay_ms, void (*fire)(struct timer *))
{
	struct timer **p = &l->timers;

	timer_clear(t);
	t->loop = l;
	t->due_ms = clock_monotonic_ms() + delay_ms;
	t->fire = fire;
	for (p = &l->timers; *p && (*p)->due_ms <= t->due_ms;)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
}

static int next_timeout(const struct loop *l)
{
	uint64_t now;

	if (!l->timers)
		return -1;
	now = clock_monotonic_ms();
	if (l->timers->due_ms <= now)
		return 0;
	return l->timers->due_ms - now > INT_MAX ? INT_MAX : (int)(l->timers->due_ms - now);
}

static void fire_due(struct loop *l)
{
	uint64_t now = l->timers ? clock_monotonic_ms() : 0;

	while (l->timers && l->timers->due_ms <= now && !l->stop) {
		struct timer *t = l->timers;

		timer_clear(t);
		t->fire(t);
	}
}

/* One event: 1, or 0 when a timer may be due. Whoever has had nothing to do for a while will have nothing to do for
 * longer: then the program's code is taken out of memory, and the wait is for the epoll descriptor as a whole. */
static int wait_for_one(struct loop *l, struct epoll_event *ret)
{
	int timeout = next_timeout(l);
	struct pollfd all = {.fd = l->epfd, .events = POLLIN};
	int n = epoll_wait(l->epfd, ret, 1, timeout >= 0 && timeout < QUIET_MS ? timeout : QUIET_MS);

	if (n != 0 || (timeout >= 0 && timeout < QUIET_MS))
		return n;
	slim_stack();
	if (slim_poll(&all, 1, timeout < 0 ? -1 : timeout - QUIET_MS) <= 0)
		return 0;
	return epoll_wait(l->epfd, ret, 1, 0);
}

int loop_run(struct loop *l, struct err *e)
{
	while (!l->stop) {
		struct epoll_event ev;
		int n = wait_for_one(l, &ev);

		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot wait for events");
		if (n > 0) {
			struct watch *w = ev.data.ptr;

			w->ready(w, ev.events);
		}
		if (!l->stop)
			fire_due(l);
	}
	return 0;
}
