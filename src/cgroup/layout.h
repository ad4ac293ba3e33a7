/* SPDX-License-Identifier: Apache-2.0 */
/* How control groups are mounted, out of two texts of the kernel's. */
#ifndef URUNC_CGROUP_LAYOUT_H
#define URUNC_CGROUP_LAYOUT_H

#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct mount_list;

struct cgroup_controller {
	const char *names;      /* v1: "cpu,cpuacct"; name= hierarchies "name=systemd"; v2: "" */
	const char *mountpoint; /* "/sys/fs/cgroup/cpu" */
	const char *self;       /* the process's own path below it: "/system.slice/x" */
};
struct cgroup_layout {
	uint32_t version; /* 0 none, 1 (also hybrid), 2 */
	struct {
		struct cgroup_controller *v;
		size_t n;
	} controllers; /* v2: one entry, names "" */
};

/* The directory of one group in one hierarchy. */
struct cgroup_dir {
	const char *names;      /* v1: controllers of the hierarchy "cpu,cpuacct"; v2: "" */
	const char *mountpoint; /* "/sys/fs/cgroup/memory" */
	const char *path;       /* whole: mountpoint + path below it */
};

/* Version and hierarchies from the mounts and the text of /proc/PID/cgroup. -ENOMEM only. */
int cgroup_layout(const struct mount_list *mounts, struct bytes self, struct arena *a,
		  struct cgroup_layout *ret, struct err *e) _must_check_;

#endif
