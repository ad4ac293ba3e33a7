/* SPDX-License-Identifier: Apache-2.0 */
/* Notices when the kernel kills in a container's control group for want of memory. */
#ifndef URUNC_SHIM_OOM_H
#define URUNC_SHIM_OOM_H

#include "cgroup/oom.h"
#include "shim/loop.h"

struct task;

struct oom {
	struct watch w;
	struct cgroup_oom group;
};

void oom_init(struct oom *o);
void oom_done(struct oom *o);
/* Begins to watch, for a container whose t->groups are known. Without such a group nothing is watched. */
void oom_watch(struct task *t);
/* Before the end is told: what happened until then is told first. Ends the watching. */
void oom_last_look(struct task *t);

#endif
