/* SPDX-License-Identifier: Apache-2.0 */
/* Being told when the kernel runs out of a group's memory. */
#ifndef URUNC_CGROUP_OOM_H
#define URUNC_CGROUP_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/place.h"
#include "common/err.h"

struct cgroup_oom {
	int fd;     /* readable (POLLIN) when cgroup_oom_read has to be called; -1 = none */
	int events; /* v2: memory.events; v1: memory.oom_control */
	uint32_t version;
	uint64_t seen; /* v2: the count at the last look */
};
#define CGROUP_OOM_NULL ((struct cgroup_oom){.fd = -1, .events = -1})
void cgroup_oom_done(struct cgroup_oom *w);

/* From now on. -ENOTSUP without a memory controller, -ENOENT when the group is gone. */
int cgroup_oom_watch(const struct cgroup_place *at, struct cgroup_oom *ret, struct err *e) _must_check_;
/* After fd became readable, or at any time: *ret_happened is whether there was a kill (v1: a shortage) since the last
 * call. -ENODEV when the group is gone: then nothing more will come. Never waits. */
int cgroup_oom_read(struct cgroup_oom *w, bool *ret_happened);

#endif
