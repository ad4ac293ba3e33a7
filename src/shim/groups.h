/* SPDX-License-Identifier: Apache-2.0 */
/* A container's control groups: which they are, and who is in them. */
#ifndef URUNC_SHIM_GROUPS_H
#define URUNC_SHIM_GROUPS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/str.h"

struct task;
struct cgroup_dir;

/* Finds out while the init process lives. Without success nothing is known, and nothing is told later. */
void groups_find(struct task *t);
/* The directory of the group in the hierarchy of a v1 controller, or the one of v2; NULL when there is none, or when the
 * container shares its group with others. */
const struct cgroup_dir *groups_dir(const struct task *t, const char *controller);
/* The processes in the group and in those below; none when the group is gone. -ENOMEM. */
int groups_pids(const struct task *t, struct arena *a, struct u32s *ret);

#endif
