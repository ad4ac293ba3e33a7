/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc delete`. */
#ifndef URUNC_RUNTIME_DELETE_H
#define URUNC_RUNTIME_DELETE_H

#include <stdbool.h>

#include "common/err.h"
#include "runtime/container.h"

/* Removes everything the journal lists, newest first, and the state. Not for running or paused containers unless
 * `force`, which kills first and takes a container that does not exist as done. poststop hooks come last; their failure
 * is only logged. What was left behind by killed commands goes too. */
int runtime_delete(const struct runtime *rt, const char *id, bool force, struct err *e) _must_check_;

#endif
