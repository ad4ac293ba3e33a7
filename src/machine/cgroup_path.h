/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup lies: runc's rules, as pure text. */
#ifndef URUNC_MACHINE_CGROUP_PATH_H
#define URUNC_MACHINE_CGROUP_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

/* The directory below one hierarchy's mount point, absolute and clean ("/default/c1").
 * wanted: linux.cgroupsPath, NULL or "" if absent: then the id below urunc's own cgroup (v1) or beside it (v2, whose
 * inner cgroups may not hold processes). A relative path is taken the same way; ".." never leaves the hierarchy.
 * self: urunc's own cgroup in this hierarchy. systemd: the unit's place instead (unit_place.h); without it
 * "slice:prefix:name" is a path like any other, as with runc. -EINVAL for a path that names the hierarchy's root, and for
 * control bytes. */
int cgroup_path_decide(struct arena *a, uint32_t version, bool systemd, const char *wanted, const char *id,
		       const char *self, const char **ret, struct err *e) _must_check_;

#endif
