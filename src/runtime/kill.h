/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc kill`, and making sure that a container is dead. */
#ifndef URUNC_RUNTIME_KILL_H
#define URUNC_RUNTIME_KILL_H

#include <stdbool.h>

#include "common/err.h"
#include "runtime/container.h"

/* Sends signo (0 = only look) to the init process, which passes it on to the application. To a stopped container it is
 * -ESRCH, "container not running"; with `all` that is no error. all and SIGKILL: every process in the container's
 * cgroup; other signals go to the init process alone, which is the only one that knows what they mean. */
int runtime_kill(const struct runtime *rt, const char *id, int signo, bool all, struct err *e) _must_check_;

/* Whether the container's group is one that the journal says we made, in this boot. Only such a group may be killed as
 * a whole: another one may hold processes that are not the container's. */
bool container_owns_cgroup(struct container *c);

/* Kills the init process and waits until it has ended. Fine when it has already. A frozen container is thawed. */
int container_kill_init(struct container *c, int timeout_ms, struct err *e) _must_check_;

#endif
