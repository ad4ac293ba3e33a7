/* SPDX-License-Identifier: Apache-2.0 */
/* What may change between create and start, read at start. */
#ifndef URUNC_GATHER_START_H
#define URUNC_GATHER_START_H

#include "common/arena.h"
#include "common/err.h"
#include "plan/facts.h"
#include "plan/plan.h"

/* Of one file that a guest is to see. */
#define START_FILE_MAX_BYTES (1u << 20)

/* The files of p->sources as they are now, and the container's network, which in this version is none. A file that is
 * missing, no regular file, unreadable or too large is left out, and ret_warnings says why, a line for each. An error
 * is only -ENOMEM. */
int gather_start(const struct launch_plan *p, struct arena *a, struct start_facts *ret,
		 struct strs *ret_warnings, struct err *e) _must_check_;

#endif
