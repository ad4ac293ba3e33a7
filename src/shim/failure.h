/* SPDX-License-Identifier: Apache-2.0 */
/* Why a call of the runtime failed, in the words that the user is to read. */
#ifndef URUNC_SHIM_FAILURE_H
#define URUNC_SHIM_FAILURE_H

#include "common/err.h"
#include "shim/cli.h"
#include "shim/job.h"

/* The child's own error, else the last error which the runtime has logged since `from`, else what it has printed. */
void failure_of(const struct job *j, int wait_status, const struct cli *c, off_t from, struct err *e);

#endif
