/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new shim stands among the machine's processes. */
#ifndef URUNC_SHIM_PLACE_H
#define URUNC_SHIM_PLACE_H

#include <sys/types.h>

#include "common/err.h"

/* One more than that of containerd, our parent: when memory runs out, a shim goes before its engine. Not being allowed to
 * is no failure. */
void place_oom_score(pid_t pid);
/* Into a control group: of every hierarchy on v1. */
int place_cgroup(pid_t pid, const char *path, struct err *e) _must_check_;
/* A core-scheduling cookie of our own, when containerd was told so (SCHED_CORE). */
void place_core_cookie(void);

#endif
