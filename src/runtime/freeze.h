/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc pause` and `urunc resume`. */
#ifndef URUNC_RUNTIME_FREEZE_H
#define URUNC_RUNTIME_FREEZE_H

#include <stdbool.h>

#include "common/err.h"
#include "runtime/container.h"

/* Freezes (or thaws) the container's cgroup and returns when it has happened. Only created or running containers can be
 * paused, only paused ones resumed. */
int runtime_pause(const struct runtime *rt, const char *id, struct err *e) _must_check_;
int runtime_resume(const struct runtime *rt, const char *id, struct err *e) _must_check_;

#endif
