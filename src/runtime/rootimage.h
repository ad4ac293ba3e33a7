/* SPDX-License-Identifier: Apache-2.0 */
/* The effects behind struct plan_image and struct plan_modules. */
#ifndef URUNC_RUNTIME_ROOTIMAGE_H
#define URUNC_RUNTIME_ROOTIMAGE_H

#include "common/arena.h"
#include "common/err.h"
#include "plan/plan.h"

/* Makes the files that the plan names, or takes them from the cache; each is noted in the journal first. Nothing to do
 * for a plan without any. */
int rootimage_make(const struct launch_plan *p, int journal_fd, struct arena *a, struct err *e) _must_check_;
/* Fills in what making them would cost; changes nothing. What cannot be read is left out. */
void rootimage_cost(struct launch_plan *p);

#endif
