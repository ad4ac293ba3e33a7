/* SPDX-License-Identifier: Apache-2.0 */
/* One event as containerd wants it. */
#ifndef URUNC_SHIM_EVENTS_OUT_H
#define URUNC_SHIM_EVENTS_OUT_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "shim/events.h"
#include "shim/job.h"

/* The ttrpc request which forwards it; false when memory is gone. */
bool events_request(const struct event *ev, const char *ns, int64_t timeout_nano, struct arena *a,
		    struct bytes *ret);
/* Starts containerd's own program with the head of the queue. */
int events_run_program(struct publisher *p, void (*done)(struct job *, int), struct err *e) _must_check_;

#endif
