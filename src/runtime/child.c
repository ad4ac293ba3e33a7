/* SPDX-License-Identifier: Apache-2.0 */
/* The container's process from its birth to the gate. It is a copy of `create` that never executes anything of its own:
 * what it needs it does with the plan in memory, then gives that memory back. */
#include "runtime/child.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "runtime/claims.h"
#include "runtime/console.h"
#include "runtime/gate.h"
#include "runtime/hooks.h"
#include "runtime/interrupt.h"
#include "runtime/launch.h"
#include "runtime/slim.h"
#include "runtime/spawn.h"
#include "runtime/state.h"
#include "runtime/timestamps.h"
#include "sandbox/cgroup.h"
#include "sandbox/ns.h"

static void close_inherited(const struct child *c)
{
	int keep[CHILD_MAX_NS + 3 + CLAIMS_HELD_MAX] = {c->sync_fd, c->gate_fd, c->tty_fd};
	const int *held;
	size_t n = claims_held(&held);

	memcpy(keep + 3, c->ns_fds, sizeof(c->ns_fds));
	if (n > 0)
		memcpy(keep + 3 + CHILD_MAX_NS, held, n * sizeof(*held));
	/* The log file goes too: from here on errors travel to `create`, later to `start`. Its number must not stay
	 * behind as something to write to. */
	if (log_open(NULL, false, LOG_LVL_ERROR, NULL) < 0)
		_exit(1);
	spawn_close_others(keep, 3 + CHILD_MAX_NS + n);
}

/* The mount namespace comes last: until then paths mean what they mean on the host. */
static int join_namespaces(struct child *c, struct err *e)
{
	for (int last = 0; last <= 1; last++)
		for (size_t i = 0; i < c->plan->namespaces.n; i++) {
			const struct confine_ns *ns = &c->plan->namespaces.v[i];
			int r;

			if (c->ns_fds[i] < 0 || ns->kind == NS_PID || (ns->kind == NS_MNT) != (last == 1))
				continue;
			r = ns_join(c->ns_fds[i], ns, e);
			if (r < 0)
				return r;
			fd_close(&c->ns_fds[i]);
		}
	return 0;
}

/* Before any hook: what is mounted in a namespace of the container's own does not get out. */
static int cut_off_mounts(const struct launch_plan *p, struct err *e)
{
	if (launch_own_mounts(p) && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "cannot cut the container's mounts off from the host's");
	return 0;
}

static int enter_cgroup(const struct child *c, struct err *e)
{
	const struct launch_plan *p = c->plan;
	int r;

	/* v2: we were born there, or systemd has put us there. */
	if (p->cgroup.version == 1) {
		r = cgroup_attach(&p->cgroup, 0, e);
		if (r < 0)
			return r;
	}
	/* Only now, so that the new namespace's root is the container's group. */
	for (size_t i = 0; i < p->namespaces.n; i++)
		if (p->namespaces.v[i].kind == NS_CGROUP && !p->namespaces.v[i].path &&
		    unshare(CLONE_NEWCGROUP) < 0)
			return err_sys(e, "cannot make a cgroup namespace");
	return 0;
}

static int set_names(const struct launch_plan *p, struct err *e)
{
	if (p->hostname && sethostname(p->hostname, strlen(p->hostname)) < 0)
		return err_sys(e, "cannot set hostname '%s'", p->hostname);
	if (p->domainname && setdomainname(p->domainname, strlen(p->domainname)) < 0)
		return err_sys(e, "cannot set domainname '%s'", p->domainname);
	for (size_t i = 0; i < p->sysctl.n; i++) {
		int r = ns_sysctl(p->sysctl.v[i].key, p->sysctl.v[i].value, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int own_session(const struct child *c, struct err *e)
{
	if (setsid() < 0)
		return err_sys(e, "cannot make a session");
	/* The caller's keys are not the container's. A full quota or a kernel without keys is no reason to fail. */
	if (c->new_keyring)
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (c->tty_fd < 0)
		return 0;
	return console_adopt(c->tty_fd, e);
}

static int set_up(struct child *c, struct err *e)
{
	int r;

	r = enter_cgroup(c, e);
	if (r < 0)
		return r;
	r = own_session(c, e);
	if (r < 0)
		return r;
	fd_close(&c->tty_fd);
	r = join_namespaces(c, e);
	if (r < 0)
		return r;
	r = cut_off_mounts(c->plan, e);
	if (r < 0)
		return r;
	r = set_names(c->plan, e);
	if (r < 0)
		return r;
	if (chdir("/") < 0)
		return err_sys(e, "cannot change to the root directory");
	return 0;
}

static int run_container_hooks(struct child *c, struct err *e)
{
	const struct hook_run run = {
		.hooks = &c->plan->create_container,
		.kind = "createContainer",
		.state = &c->state,
		.cwd = c->plan->root_path,
		.env = &c->plan->app.env,
		.watch_pidfd = -1,
		.root_fd = -1,
		.arena = c->arena,
	};

	/* The number by which the container knows its process, as with runc. */
	c->state.pid = getpid();
	return hooks_run(&run, e);
}

/* Until the gate: everything that may fail and be told to `create`. */
static int before_gate(struct child *c, struct err *e)
{
	int r = set_up(c, e);

	if (r < 0)
		return r;
	stamp(STAMP_RX_BASE);
	if (c->runtime_hooks) {
		r = sync_send(c->sync_fd, SYNC_NS, "", e);
		if (r < 0)
			return r;
		r = sync_expect(c->sync_fd, SYNC_ON, e);
		if (r < 0)
			return r;
		stamp(STAMP_RX_ACK);
	}
	r = run_container_hooks(c, e);
	if (r < 0)
		return r;
	/* Before start takes it off the host, which may take it from our namespace as well. */
	if (claims_root(c->plan)) {
		r = launch_hold_root(c->plan->root_path, &c->root_fd, e);
		if (r < 0)
			return r;
	}
	r = gate_listen(c->gate_fd);
	return r < 0 ? err_set(e, -r, "cannot listen at the gate") : 0;
}

static void die_at_gate(int signo)
{
	_exit(128 + signo);
}

/* A signal that would end an ordinary program ends a container that waits, although the process may be pid 1 of its
 * namespace, to which the kernel delivers only what has a handler. runc's init does the same. */
static void mortal_at_gate(void)
{
	static const int deadly[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = die_at_gate;
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &act, NULL);
	spawn_unblock_signals();
}

/* A frame of its own, which is gone when we wait. */
static __attribute__((noinline)) void tell_create(int sync_fd)
{
	char times[STAMPS_TEXT_BYTES];

	stamps_put(STAMP_RX_INVOKED, STAMP_RX_ACK, times);
	if (sync_send(sync_fd, SYNC_GATE, times, NULL) < 0) {
		/* `create` was killed meanwhile. It has noted us in its journal: somebody will decide. */
	}
}

_Noreturn void child_main(struct child *c)
{
	struct child me;
	struct arena arena = {0};
	struct bytes plan;
	struct err e = {0};
	char text[SYNC_TEXT_BYTES];
	struct gate_fds fds;
	int r;
	uint64_t ignored = 0;

	stamp(STAMP_RX_INVOKED);
	/* Should `create` be dead already, the pair is closed and the first message never comes. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	interrupt_forget();
	close_inherited(c);
	r = sync_receive(c->sync_fd, SYNC_GO, text, &e);
	if (r == 0)
		r = before_gate(c, &e);
	if (r < 0) {
		if (sync_send(c->sync_fd, SYNC_ERR, e.msg, NULL) < 0)
			_exit(2);
		_exit(1);
	}
	if (!str_u64(text, 0, UINT64_MAX, &ignored))
		ignored = SPAWN_ALL_SIGNALS;
	mortal_at_gate();
	prctl(PR_SET_NAME, COMM_GATE);
	me = *c;
	arena_release(c->arena); /* the plan and everything else of `create` is gone after this */
	prctl(PR_SET_PDEATHSIG, 0);
	tell_create(me.sync_fd);
	fd_close(&me.sync_fd);
	slim_stack();
	r = gate_wait(me.gate_fd, me.creator, &arena, &plan, &fds);
	if (r < 0)
		_exit(1);
	stamp(STAMP_RX_RECEIVED);
	fd_close(&me.gate_fd);
	launch_main(plan, &fds, ignored, me.root_fd, &arena);
}
