/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc delete`. */
#include "runtime/delete.h"

#include <errno.h>
#include <signal.h>

#include "common/fd.h"
#include "common/log.h"
#include "runtime/hooks.h"
#include "runtime/kill.h"
#include "runtime/state.h"
#include "sandbox/cgroup.h"

#define DEATH_MS 10000

static int missing(bool force, struct err *e)
{
	return force ? 0 : err_set(e, ENOENT, "container does not exist");
}

/* A directory without a plan: its `create` was killed early. Nothing but files can be in it. */
static int delete_leftover(const struct runtime *rt, const char *id, struct container *c, bool force,
			   struct err *e)
{
	int r = container_lock(c->dirfd, LOCK_WAIT_MS, e);

	if (r == -ENOENT)
		return missing(force, e);
	if (r < 0)
		return r;
	/* Somebody may have been in the middle of creating it. */
	container_done(c);
	r = container_open(rt, id, false, c, e);
	if (r < 0)
		return r;
	if (c->owner == OWNER_US)
		return err_set(e, EBUSY, "container is busy: another urunc command is working on it");
	if (c->owner == OWNER_LEFTOVER) {
		r = container_destroy(rt, id, c->dirfd, NULL, e);
		if (r < 0)
			return r;
	}
	return missing(force, e);
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

/* Not running any more, or allowed to be killed. A created container may go without force, as with runc. */
static int may_go(const struct container *c, bool force, struct err *e)
{
	enum status s;
	int r;

	if (force)
		return 0;
	r = status_read(c, true, &s, e);
	if (r < 0)
		return r;
	if (s == ST_RUNNING || s == ST_PAUSED)
		return err_set(e, EBUSY, "cannot delete container %s that is not stopped: %s", c->head.id,
			       status_name(s));
	return 0;
}

/* Most often the init process was all there was. Only if something is left in the group is it killed as a whole. */
static int remove_all(const struct runtime *rt, const struct container *c, struct err *e)
{
	struct err busy = {0};
	int r = container_destroy(rt, c->head.id, c->dirfd, &c->journal, e);

	if (r != -EBUSY)
		return r;
	if (cgroup_kill(&c->head.cgroup, rt->arena, DEATH_MS, &busy) < 0)
		log_warn("%s", busy.msg);
	return container_destroy(rt, c->head.id, c->dirfd, &c->journal, e);
}

static int delete_ours(const struct runtime *rt, struct container *c, bool force, struct err *e)
{
	int r;

	/* Before the lock: whoever holds it may be waiting for this very process. */
	if (force) {
		r = container_kill_init(c, DEATH_MS, e);
		if (r < 0)
			return r;
	}
	r = container_lock(c->dirfd, LOCK_WAIT_MS, e);
	if (r == -ENOENT)
		return missing(force, e);
	if (r < 0)
		return r;
	r = journal_read(c->dirfd, rt->arena, &c->journal, e);
	if (r < 0)
		return r;
	r = may_go(c, force, e);
	if (r < 0)
		return r;
	r = container_kill_init(c, DEATH_MS, e);
	if (r < 0)
		return r;
	r = remove_all(rt, c, e);
	if (r < 0)
		return r;
	run_poststop(rt, c);
	return 0;
}

int runtime_delete(const struct runtime *rt, const char *id, bool force, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	int r = container_open(rt, id, false, &c, e);

	if (r < 0)
		return r;
	if (c.owner == OWNER_US)
		return delete_ours(rt, &c, force, e);
	if (c.owner == OWNER_LEFTOVER)
		return delete_leftover(rt, id, &c, force, e);
	return c.owner == OWNER_NONE ? missing(force, e) : container_foreign(e);
}
