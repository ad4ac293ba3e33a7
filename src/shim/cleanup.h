/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container: the runtime's `delete`, then the mounts of its root, in one child. */
#ifndef URUNC_SHIM_CLEANUP_H
#define URUNC_SHIM_CLEANUP_H

#include "common/err.h"

struct task;

enum cleanup { CLEANUP_PLAIN, CLEANUP_FORCE };

/* Calls done afterwards; failure is NULL when nothing is left. */
void cleanup_start(struct task *t, enum cleanup how, void (*done)(struct task *t, const struct err *failure));

#endif
