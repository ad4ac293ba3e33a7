/* SPDX-License-Identifier: Apache-2.0 */
/* The little that the shim itself wants to know of a bundle. */
#ifndef URUNC_SHIM_BUNDLE_H
#define URUNC_SHIM_BUNDLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"

/* The name of the pod that the container belongs to, out of its annotations; NULL when there is none. */
int bundle_group(const char *bundle, struct arena *a, const char **ret, struct err *e) _must_check_;
/* Whether the container gets a PID namespace of its own, so that all of it ends with its init process. false, too, when
 * that cannot be found out. */
bool bundle_has_private_pids(const char *bundle);
/* The decimal number in <bundle>/<name>. */
int bundle_pid(const char *bundle, const char *name, pid_t *ret, struct err *e) _must_check_;

#endif
