/* SPDX-License-Identifier: Apache-2.0 */
/* From the gate to the running monitor: builds the box, gives everything up, starts the monitor. */
#ifndef URUNC_RUNTIME_LAUNCH_H
#define URUNC_RUNTIME_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"
#include "plan/plan.h"
#include "runtime/gate.h"

/* Is the mount namespace made for the container, not one that it joins or the host's? */
bool launch_own_mounts(const struct launch_plan *p);
/* The container's root with everything mounted in it, as a copy of its own that lasts as long as the descriptor, whatever
 * becomes of the root. Set-user-id bits of its programs mean nothing. */
int launch_hold_root(const char *root_path, int *ret_fd, struct err *e) _must_check_;

/* `encoded` is the launch plan as plan_encode made it, in *a, which holds nothing else. Tells `start` how it went over
 * fds->answer; fds->more are the taps, in the order of the interfaces that take one by descriptor. ignored_signals: what the
 * process has inherited as ignored (spawn_reset_signals). root_fd: from
 * launch_hold_root; -1: the root is still where the plan says. Becomes the supervisor (or, with plan.supervise false, the
 * monitor itself). */
_Noreturn void launch_main(struct bytes encoded, const struct gate_fds *fds, uint64_t ignored_signals,
			   int root_fd, struct arena *a);

#endif
