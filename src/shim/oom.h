/* SPDX-License-Identifier: Apache-2.0 */
/* Notices when the kernel kills in a container's control group for want of memory. */
#ifndef URUNC_SHIM_OOM_H
#define URUNC_SHIM_OOM_H

#include <stdint.h>

#include "shim/loop.h"

struct task;

struct oom {
	struct watch w; /* v1: an eventfd; v2: inotify */
	int control;    /* v1: memory.oom_control; v2: memory.events */
	int is_v2;
	uint64_t kills; /* seen so far */
};

void oom_init(struct oom *o);
void oom_done(struct oom *o);
/* Begins to watch, for a container whose t->cgroup is known. Without such a group nothing is watched. */
void oom_watch(struct task *t);
/* Before the end is told: what happened until then is told first. Ends the watching. */
void oom_last_look(struct task *t);

#endif
