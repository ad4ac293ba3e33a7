/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where the shim waits: descriptors and timers, one thread. */
#ifndef URUNC_SHIM_LOOP_H
#define URUNC_SHIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;

/* A descriptor that is waited for; lives inside its owner. fd -1 = not watched. */
struct watch {
	struct loop *loop;
	int fd;
	void (*ready)(struct watch *w, uint32_t events); /* EPOLL*; may free the watch */
};
#define WATCH_NULL ((struct watch){.fd = -1})

/* Something to do later; lives inside its owner. */
struct timer {
	struct loop *loop; /* NULL = not armed */
	struct timer *next;
	uint64_t due_ms; /* monotonic */
	void (*fire)(struct timer *t);
};

struct loop {
	int epfd;
	struct timer *timers; /* soonest first */
	bool stop;
};

int loop_init(struct loop *l, struct err *e) _must_check_;
/* Runs until loop->stop. Events are taken one at a time, so that whoever handles one may free any other owner. */
int loop_run(struct loop *l, struct err *e) _must_check_;
void loop_done(struct loop *l);

/* Level-triggered. The descriptor stays the owner's. -EPERM for regular files, which are always ready. */
int watch_add(struct watch *w, struct loop *l, int fd, uint32_t events,
	      void (*ready)(struct watch *, uint32_t), struct err *e) _must_check_;
/* Changes what is waited for; 0 leaves only errors and hang-ups, which are always told. */
void watch_change(struct watch *w, uint32_t events);
/* Nothing is told until watch_change. */
void watch_pause(struct watch *w);
/* Stops watching, before the descriptor is closed. */
void watch_remove(struct watch *w);

/* (Re-)arms: fire is called once, delay_ms from now. */
void timer_set(struct timer *t, struct loop *l, uint64_t delay_ms, void (*fire)(struct timer *));
void timer_clear(struct timer *t);

#endif
