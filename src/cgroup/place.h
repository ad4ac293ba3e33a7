/* SPDX-License-Identifier: Apache-2.0 */
/* Where control groups are: how they are mounted, and which ones a process is in. */
#ifndef URUNC_CGROUP_PLACE_H
#define URUNC_CGROUP_PLACE_H

#include <stdint.h>
#include <sys/types.h>

#include "cgroup/layout.h"
#include "common/arena.h"
#include "common/err.h"

struct cgroup_place {
	uint32_t version; /* 0 none, 1 (hybrid hosts too), 2 */
	struct {
		struct cgroup_dir *v;
		size_t n;
	} dirs; /* v2: one */
};

/* The groups that process pid is in now, by its /proc/PID/cgroup and our own mounts: ask while it lives, and keep the
 * answer. -ESRCH if there is no such process. */
int cgroup_place_of(pid_t pid, struct arena *a, struct cgroup_place *ret, struct err *e) _must_check_;

#endif
