/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc delete`. */
#include "runtime/delete.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/proc.h"
#include "runtime/hooks.h"
#include "runtime/kill.h"
#include "runtime/state.h"
#include "sandbox/cgroup.h"

#define DEATH_MS 10000

static int missing(bool force, struct err *e)
{
	return force ? 0 : err_set(e, ENOENT, "container does not exist");
}

static void run_poststop(const struct runtime *rt, const struct container *c)
{
	struct oci_state state;
	struct err e = {0};
	char created[40];
	const struct hook_run run = {
		.hooks = &c->head.poststop,
		.kind = "poststop",
		.state = &state,
		.cwd = c->head.bundle,
		.watch_pidfd = -1,
		.root_fd = -1,
		.arena = rt->arena,
	};

	if (c->head.poststop.n == 0)
		return;
	state_fill(c, ST_STOPPED, created, &state);
	state.rootfs = state.created = state.owner = NULL;
	if (hooks_run(&run, &e) < 0)
		log_msg(LOG_LVL_ERROR, "%s", e.msg);
}

/* Kills what may be killed. A created container goes without force, as with runc; and what is still being created
 * although we have the lock has lost its creator. */
static int end_process(struct container *c, bool force, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	enum status s;
	int r;

	if (force)
		return container_kill_init(c, DEATH_MS, e);
	r = container_pidfd(c, &pidfd, e);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return r;
	r = status_of_living(c, &s, e);
	if (r < 0)
		return r;
	if (s == ST_RUNNING || s == ST_PAUSED)
		return err_set(e, EBUSY, "cannot delete container %s that is not stopped: %s", c->head.id,
			       status_name(s));
	return container_kill_init(c, DEATH_MS, e);
}

/* Most often the init process was all there was. Only if something is left in the group is it killed as a whole, and
 * only if the group is the container's own. Of another boot's effects nothing is left but the files. */
static int remove_all(const struct runtime *rt, struct container *c, struct err *e)
{
	struct err busy = {0};
	bool same;
	int r = container_same_boot(c, &same, e);

	if (r < 0)
		return r;
	r = container_destroy(rt, c->head.id, c->dirfd, same ? &c->journal : NULL, e);
	if (r != -EBUSY || !container_owns_cgroup(c))
		return r;
	if (cgroup_kill(&c->head.cgroup, rt->arena, DEATH_MS, &busy) < 0)
		log_warn("%s", busy.msg);
	return container_destroy(rt, c->head.id, c->dirfd, &c->journal, e);
}

/* A create that has not finished takes everything back when it is told to stop, and lets go of the lock. */
static int stop_creator(struct container *c, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	const struct journal *j = &c->journal;
	struct err gone = {0};
	bool same;
	int r;

	if (j->created || !j->creator || j->creator == getpid())
		return 0;
	r = container_same_boot(c, &same, e);
	if (r < 0 || !same)
		return r;
	r = proc_open_checked(j->creator, j->creator_start_time, &pidfd, &gone);
	if (r == 0)
		r = pidfd_signal(pidfd, SIGTERM);
	if (r == 0 || r == -ESRCH)
		return 0;
	return err_set(e, -r, "cannot stop process %d, which is creating the container", (int)j->creator);
}

/* Whoever holds the lock may be waiting for this very process: it dies before we wait for the lock. */
static int kill_unlocked(const struct runtime *rt, const char *id, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	int r = container_open(rt, id, OPEN_DAMAGED, &c, e);

	if (r < 0 || c.owner != OWNER_US)
		return r;
	r = stop_creator(&c, e);
	return r < 0 ? r : container_kill_init(&c, DEATH_MS, e);
}

int runtime_delete(const struct runtime *rt, const char *id, bool force, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	int r = force ? kill_unlocked(rt, id, e) : 0;

	if (r < 0)
		return r;
	r = container_open(rt, id, OPEN_LOCK | (force ? OPEN_DAMAGED : 0), &c, e);
	if (r < 0)
		return r;
	if (c.owner == OWNER_RUNC || c.owner == OWNER_CRUN)
		return container_foreign(e);
	if (c.owner == OWNER_NONE)
		return missing(force, e);
	if (c.owner == OWNER_LEFTOVER) {
		/* Its `create` was killed before it could write a plan: there is nothing but files. */
		r = container_destroy(rt, id, c.dirfd, NULL, e);
		return r < 0 ? r : missing(force, e);
	}
	r = end_process(&c, force, e);
	if (r < 0)
		return r;
	r = remove_all(rt, &c, e);
	if (r < 0)
		return r;
	run_poststop(rt, &c);
	return 0;
}
