/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program for its output. */
#ifndef URUNC_RUNTIME_CAPTURE_H
#define URUNC_RUNTIME_CAPTURE_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define CAPTURE_MAX_BYTES (16u << 20)

/* Executes path with argv (NULL-terminated strs) and the caller's environment, standard input and error on /dev/null,
 * and returns what it wrote. -EIO when it does not end with 0. Waits for it. */
int capture_output(const char *path, const struct strs *argv, struct arena *a, struct bytes *ret,
		   struct err *e) _must_check_;

#endif
