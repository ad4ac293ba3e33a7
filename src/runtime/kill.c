/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc kill`. Signals go to a process by identity (pidfd and start time), never to a number. */
#include "runtime/kill.h"

#include <errno.h>
#include <signal.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/proc.h"
#include "runtime/state.h"
#include "sandbox/cgroup.h"

#define KILL_ALL_MS 5000

static int not_running(struct err *e)
{
	return err_set(e, ESRCH, "container not running"); /* containerd's shim looks for this text */
}

/* On cgroup v1 a frozen process dies only when it is thawed. */
static void thaw_if_frozen(const struct container *c)
{
	struct err ignored = {0};
	bool frozen;

	if (cgroup_frozen(&c->head.cgroup, &frozen, &ignored) == 0 && frozen &&
	    cgroup_freeze(&c->head.cgroup, false, KILL_ALL_MS, &ignored) < 0)
		log_warn("%s", ignored.msg);
}

bool container_owns_cgroup(struct container *c)
{
	struct err ignored = {0};
	bool same;

	if (container_same_boot(c, &same, &ignored) < 0 || !same)
		return false;
	for (size_t i = 0; i < c->journal.undo.n; i++)
		if (c->journal.undo.v[i].kind == JOURNAL_CGROUP)
			for (size_t d = 0; d < c->head.cgroup.dirs.n; d++)
				if (streq(c->head.cgroup.dirs.v[d].path, c->journal.undo.v[i].arg))
					return true;
	return false;
}

int runtime_kill(const struct runtime *rt, const char *id, int signo, bool all, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	_cleanup_fd_ int pidfd = -1;
	bool own;
	int r;

	r = container_get(rt, id, 0, &c, e);
	if (r < 0)
		return r;
	r = container_pidfd(&c, &pidfd, e);
	if (r == 0)
		r = pidfd_signal(pidfd, signo);
	if (r < 0 && r != -ESRCH)
		return err_set(e, -r, "unable to signal init: cannot send signal %d to process %d", signo,
			       (int)c.journal.pid);
	if (r == -ESRCH && !all)
		return not_running(e);
	if (signo != SIGKILL)
		return 0;
	own = container_owns_cgroup(&c);
	if (r == 0 || own)
		thaw_if_frozen(&c);
	if (!all || !own)
		return 0;
	return cgroup_kill(&c.head.cgroup, rt->arena, KILL_ALL_MS, e);
}

int container_kill_init(struct container *c, int timeout_ms, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	int r = container_pidfd(c, &pidfd, e);

	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return r;
	r = pidfd_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return err_set(e, -r, "cannot kill process %d", (int)c->journal.pid);
	thaw_if_frozen(c);
	r = pidfd_wait_exit(pidfd, timeout_ms);
	if (r < 0)
		return err_set(e, -r, "process %d was killed but did not end within %d ms",
			       (int)c->journal.pid, timeout_ms);
	return 0;
}
