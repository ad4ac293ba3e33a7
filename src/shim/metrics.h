/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics as io.containerd.cgroups.v1.Metrics or v2.Metrics. */
#ifndef URUNC_SHIM_METRICS_H
#define URUNC_SHIM_METRICS_H

#include <stdbool.h>

#include "cgroup/stats.h"
#include "common/arena.h"
#include "proto/shim/types.pb-c.h"

/* Whichever the statistics' version is; false when memory is gone. Usage of memory and CPU is always in it: clients take
 * them for granted. */
bool metrics_any(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret);

bool metrics_v1(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret);
bool metrics_v2(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret);

#endif
