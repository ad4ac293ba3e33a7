/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc run`: create, start, wait, delete. */
#ifndef URUNC_RUNTIME_RUN_H
#define URUNC_RUNTIME_RUN_H

#include <stdbool.h>

#include "common/err.h"
#include "runtime/create.h"

struct run_opts {
	struct create_opts create;
	bool detach; /* return when the container runs */
	bool keep;   /* do not delete it at its end */
};

/* 0: *ret_status is the application's exit status (0 with detach). 1: not ours, as runtime_create. Negative: failed, and
 * nothing is left. In the foreground signals are handed on, and a terminal without console socket is relayed. */
int runtime_run(const struct runtime *rt, struct run_opts *o, int *ret_status, const char **ret_delegate,
		struct err *e) _must_check_;

#endif
