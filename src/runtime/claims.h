/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices of the host that the guest gets: off the host when the container is started, back when it is deleted
 * (journal.h) or could not be started. */
#ifndef URUNC_RUNTIME_CLAIMS_H
#define URUNC_RUNTIME_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"
#include "plan/plan.h"
#include "runtime/journal.h"

#define CLAIMS_MAX 24

/* --- create's half --- */

/* Makes sure that no other container has one of the devices, or is to have it, for as long as the process that create
 * makes lives: it inherits the descriptors. */
int claims_lock(const struct launch_plan *p, struct err *e) _must_check_;

/* --- start's half --- */

/* Unmounts all that the plan claims, each one noted before, once it is sure that it is mounted. What j, the journal as it was,
 * has noted already was taken by a start that was killed. After a failure what was taken is mounted again. */
int claims_take(const struct launch_plan *p, const struct journal *j, int journal_fd, struct arena *a,
		struct err *e) _must_check_;
/* Mounts what claims_take took again, and notes that. The container's processes must be dead, or not have begun. Trouble is
 * only told: the journal has it. */
void claims_return(int journal_fd);

/* --- the container's half --- */

/* Is the container root itself taken off the host? Then it has to be held before. */
bool claims_root(const struct launch_plan *p);
/* In the box: makes sure that nobody else has one of the devices, and keeps it so for as long as this process lives. */
int claims_hold(const struct launch_plan *p, struct err *e) _must_check_;
/* The descriptors for all that, of create in the container's process as well; how many. */
#define CLAIMS_HELD_MAX (2 * CLAIMS_MAX)
size_t claims_held(const int **ret);

#endif
