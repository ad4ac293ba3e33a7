/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups, v1 hierarchies and v2, by the cgroupfs driver. */
#ifndef URUNC_SANDBOX_CGROUP_H
#define URUNC_SANDBOX_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "machine/confine.h"

/* Told the path of every directory before it is made (the journal). Non-zero stops. The text is for cgroup_remove
 * only: one that ends in '/' is a parent which containers share, and goes only when it is empty. A parent that another
 * container of ours made is noted too, so that the last one to leave removes it. */
typedef int (*cgroup_note_fn)(void *arg, const char *path, struct err *e);

/* Makes the directories (mkdir -p below each mount point; only those that did not exist are noted), hands down
 * controllers (v2 cgroup.subtree_control) and cpuset.cpus/mems (v1), writes settings and device rules. On failure
 * the caller replays its notes. A group that existed and has processes in it, or is frozen, is -EBUSY; with cg->unit, whose
 * group systemd has made before, it is taken and noted like one that we made. */
int cgroup_make(const struct confine_cgroup *cg, cgroup_note_fn note, void *arg, struct err *e) _must_check_;
/* Writes cg's settings, and nothing else, over those in force. All or none: after a failure those already written have
 * their old values back. */
int cgroup_set(const struct confine_cgroup *cg, struct err *e) _must_check_;
/* v2: the directory for CLONE_INTO_CGROUP (O_PATH|O_DIRECTORY). */
int cgroup_open(const struct confine_cgroup *cg, int *ret_fd, struct err *e) _must_check_;
/* Moves one process into every directory. pid 0 is the calling process, which must have one thread only: on v1 that
 * spares the kernel's global thread-group lock and with it a wait for an RCU grace period. */
int cgroup_attach(const struct confine_cgroup *cg, pid_t pid, struct err *e) _must_check_;
/* Removes one directory that cgroup_make noted, with what is below it (never of a shared parent, see above; one in use
 * stays and is no error). Missing is fine. -EBUSY while processes live; on v2 their end is awaited for a second. */
int cgroup_remove(const char *path, struct err *e) _must_check_;
/* All processes inside (and below), each once; from the hierarchy that is sure to have them. */
int cgroup_pids(const struct confine_cgroup *cg, struct arena *a, pid_t **ret, size_t *ret_n, struct err *e)
	_must_check_;
/* Kills every process inside and waits until none is left (v2: cgroup.kill and cgroup.events, else pidfds). A frozen
 * group dies too. Missing cgroup is fine; the root of a hierarchy is refused. -ETIMEDOUT after timeout_ms. */
int cgroup_kill(const struct confine_cgroup *cg, struct arena *a, int timeout_ms, struct err *e) _must_check_;
/* Freezes or thaws (v1 freezer.state, v2 cgroup.freeze) and returns when it has happened; a freeze that does not
 * happen within timeout_ms is taken back and is -ETIMEDOUT. */
int cgroup_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e) _must_check_;
/* Whether cgroup_freeze(true) is in force; false where there is no such cgroup. */
int cgroup_frozen(const struct confine_cgroup *cg, bool *ret, struct err *e) _must_check_;

#endif
