/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc ps`: the host processes that make up a container. */
#ifndef URUNC_RUNTIME_PS_H
#define URUNC_RUNTIME_PS_H

#include <stdbool.h>

#include "common/err.h"
#include "runtime/container.h"

/* The processes of the container's cgroup (without one: the init process). JSON: one list of numbers, null when there
 * are none. Table: one line each. With `options` the program `ps` is run with them and its lines are picked by their PID
 * column, as runc does. */
int runtime_ps(const struct runtime *rt, const char *id, bool json, const struct strs *options,
	       struct strbuf *out, struct err *e) _must_check_;

#endif
