/* SPDX-License-Identifier: Apache-2.0 */
/* The daemons of a container's shared directories: made before the monitor's box, told of their sockets when it is there. */
#ifndef URUNC_RUNTIME_SHARES_H
#define URUNC_RUNTIME_SHARES_H

#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "plan/plan.h"

#define SHARES_MAX 8
struct shares {
	struct {
		pid_t pid;
		int fd; /* to the daemon's process, which waits for its socket there; -1 = told */
	} v[SHARES_MAX];
	size_t n;
};

/* Makes a process for each daemon, in a mount namespace of its own; they build their boxes while the caller builds the
 * monitor's. What fails in one is told at answer_fd, as an error of the start. They die with the caller. */
int shares_begin(const struct launch_plan *p, int answer_fd, struct arena *a, struct shares *ret,
		 struct err *e) _must_check_;
/* In the monitor's box: makes the sockets, and hands each to its daemon. The monitor need not wait for anything: it finds
 * its sockets listened to. */
int shares_serve(const struct launch_plan *p, struct shares *s, struct err *e) _must_check_;
/* Where the plan claims block devices: waits until no daemon has anything of the host's mounts any more, which would keep
 * such a device busy. Then lets go of them. */
int shares_settle(const struct launch_plan *p, struct shares *s, struct err *e) _must_check_;

#endif
