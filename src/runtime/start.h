/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc start`: lets a created container through the gate. */
#ifndef URUNC_RUNTIME_START_H
#define URUNC_RUNTIME_START_H

#include "common/err.h"
#include "runtime/container.h"

/* Returns 0 when the monitor was executed and the poststart hooks have run. When set-up or the exec fails, the container
 * is stopped. A failing poststart hook kills the container and is an error, as with runc. Changes the working directory. */
int runtime_start(const struct runtime *rt, const char *id, struct err *e) _must_check_;

#endif
