/* SPDX-License-Identifier: Apache-2.0 */
/* From the gate to the running monitor. The order matters: what needs privileges comes before they are dropped, and the
 * monitor never sees anything of what was before. */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "monitors/monitor.h"
#include "oci/spec.h"
#include "plan/plan.h"
#include "runtime/claims.h"
#include "runtime/gate.h"
#include "runtime/hooks.h"
#include "runtime/shares.h"
#include "runtime/spawn.h"
#include "runtime/state.h"
#include "runtime/supervise.h"
#include "runtime/timestamps.h"
#include "sandbox/creds.h"
#include "sandbox/root.h"
#include "sandbox/seccomp.h"

struct launch {
	struct launch_plan plan;
	struct arena *arena;
	int answer_fd;
	int root_fd; /* launch_hold_root; -1 = none */
	uint64_t ignored_signals;
	int ctl[2]; /* control channel: ours, the monitor's; -1 without */
	int api[2]; /* the monitor's control socket, likewise */
	int taps[GATE_MORE_MAX];
	size_t ntaps;
	struct shares shares; /* virtiofsd */
	struct supervise_conf *conf;
};

bool launch_own_mounts(const struct launch_plan *p)
{
	for (size_t i = 0; i < p->namespaces.n; i++)
		if (p->namespaces.v[i].kind == NS_MNT)
			return p->namespaces.v[i].path == NULL;
	return false;
}

/* startContainer hooks see the container's root, which the box will not hold: a private copy of its mounts, held by
 * descriptor. Programs in it come from the image, so set-user-id bits mean nothing. */
int launch_hold_root(const char *root_path, int *ret_fd, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID};
	_cleanup_fd_ int fd = -1;

	fd = (int)syscall(SYS_open_tree, AT_FDCWD, root_path,
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		return err_sys(e, "cannot open the container root '%s'", root_path);
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_sys(e, "cannot protect the container root '%s'", root_path);
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int run_start_hooks(const struct launch *l, int root_fd, struct err *e)
{
	const struct launch_plan *p = &l->plan;
	const struct oci_state state = {
		.oci_version = p->oci_version,
		.id = p->id,
		.status = status_name(ST_CREATED),
		.pid = getpid(),
		.bundle = p->bundle,
		.annotations = p->annotations.v,
		.nannotations = p->annotations.n,
	};
	const struct confine_creds creds = {.uid = p->process_uid,
					    .gid = p->process_gid,
					    .groups = p->creds.groups,
					    .umask = p->creds.umask};
	const struct hook_run run = {
		.hooks = &p->start_container,
		.kind = "startContainer",
		.state = &state,
		.env = &p->app.env,
		.watch_pidfd = -1,
		.root_fd = root_fd,
		.creds = &creds,
		.arena = l->arena,
	};

	return hooks_run(&run, e);
}

static int enter_box(struct launch *l, struct err *e)
{
	const struct launch_plan *p = &l->plan;
	const struct box_params box = {
		.ops = p->box.v,
		.nops = p->box.n,
		.image_root = p->root_path,
		.image_fd = l->root_fd < 0 ? 0 : l->root_fd,
		.is_slave = launch_own_mounts(p), /* since its beginning */
	};
	int r;

	if (!box.is_slave && unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "cannot make a mount namespace for the box");
	if (p->start_container.n && l->root_fd < 0) {
		r = launch_hold_root(p->root_path, &l->root_fd, e);
		if (r < 0)
			return err_wrap(e, "startContainer hooks");
	}
	r = shares_begin(p, l->answer_fd, l->arena, &l->shares, e);
	if (r == 0)
		r = box_enter(&box, e);
	if (r == 0)
		r = shares_serve(p, &l->shares, e);
	return r;
}

static int build_box(struct launch *l, struct err *e)
{
	int r = enter_box(l, e);

	if (r < 0)
		return r;
	stamp(STAMP_RX_DISK);
	r = run_start_hooks(l, l->root_fd, e);
	if (r < 0)
		return r;
	/* With it the last that we have of a root which the guest is about to write. */
	fd_close(&l->root_fd);
	r = shares_settle(&l->plan, &l->shares, e);
	return r < 0 ? r : claims_hold(&l->plan, e);
}

static void warn(const struct launch *l, const char *text)
{
	if (text)
		gate_answer(l->answer_fd, GATE_WARNING, text);
}

static int give_up_privileges(const struct launch *l, struct err *e)
{
	const char *warning = NULL;
	int r = creds_limits(&l->plan.creds, &warning, e);

	if (r < 0)
		return r;
	warn(l, warning);
	return creds_drop(&l->plan.creds, e);
}

/* NULL is "". False when it does not fit. */
static bool copy_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= size)
		return false;
	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
	return true;
}

/* The plan will be gone: what the supervisor needs of it is copied. */
static int fill_conf(struct launch *l, struct err *e)
{
	const struct launch_plan *p = &l->plan;
	struct supervise_conf *c = l->conf;

	*c = (struct supervise_conf){
		.ctl_expected = p->ctl,
		.terminal = p->terminal,
		.stop_action = p->stop_action,
		.stop_signo = p->stop_signo,
		.zero_is_signal = p->stop_zero_is_signal,
		.stop_code = p->stop_code,
		.grace_ms = p->stop_grace_ms,
		.exit_port = p->vm.exit_port != 0,
		.exit_ok = p->exit_ok,
		.filtered = p->seccomp_profile != NULL,
	};
	if (p->stop_action != STOP_MESSAGE)
		return 0;
	if (!copy_text(c->message, sizeof(c->message), p->stop_message) || !c->message[0] ||
	    !copy_text(c->api_path, sizeof(c->api_path), p->vm.api_path))
		return err_set(e, EINVAL, "the launch plan's way to stop the guest is missing or too long");
	return 0;
}

static int make_channels(struct launch *l, struct err *e)
{
	const struct vm_desc *vm = &l->plan.vm;

	if (vm->ctl_fd >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, l->ctl) < 0)
		return err_sys(e, "cannot make the control channel");
	if (vm->api_fd >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, l->api) < 0)
		return err_sys(e, "cannot make the monitor's control socket");
	l->conf->ctl_fd = l->ctl[0];
	l->conf->api_fd = l->api[0];
	return 0;
}

static int prepare(struct launch *l, struct err *e)
{
	const char *warning = NULL;
	int r;

	r = creds_oom_score(&l->plan.creds, &warning, e);
	if (r < 0)
		return r;
	warn(l, warning);
	r = build_box(l, e);
	if (r < 0)
		return r;
	r = fill_conf(l, e);
	if (r < 0)
		return r;
	r = make_channels(l, e);
	if (r < 0)
		return r;
	r = give_up_privileges(l, e);
	if (r < 0)
		return r;
	if (l->plan.argv.n == 0)
		return err_set(e, EINVAL, "the launch plan names no program");
	return 0;
}

struct placing {
	int *have;
	int want; /* -1 = nowhere */
};

static int place_taps(struct launch *l, struct placing *p, size_t *n, struct err *e)
{
	size_t taps = 0;

	for (size_t i = 0; i < l->plan.vm.nics.n; i++) {
		int want = l->plan.vm.nics.v[i].fd;

		if (want < 0)
			continue;
		if (taps == l->ntaps)
			return err_set(e, EINVAL, "the launch plan has more interfaces than came with it");
		p[(*n)++] = (struct placing){&l->taps[taps++], want};
	}
	return 0;
}

static int move_above(int *fd, int above, struct err *e)
{
	if (*fd < 0)
		return 0;
	*fd = fcntl(*fd, F_DUPFD_CLOEXEC, above);
	return *fd < 0 ? err_sys(e, "cannot arrange the monitor's descriptors") : 0;
}

/* Puts the monitor's descriptors where its command line says and closes all others. Everything moves out of the way
 * first. */
static int arrange_fds(struct launch *l, struct err *e)
{
	struct placing p[2 + GATE_MORE_MAX] = {{&l->ctl[1], l->plan.vm.ctl_fd},
					       {&l->api[1], l->plan.vm.api_fd}};
	int keep[3 + GATE_MORE_MAX], above = 3, r;
	size_t n = 2;

	r = place_taps(l, p, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (p[i].want >= above)
			above = p[i].want + 1;
	r = move_above(&l->answer_fd, above, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = move_above(p[i].have, above, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		keep[i] = p[i].want;
		r = p[i].want < 0 ? 0 : fd_move(*p[i].have, p[i].want, e);
	}
	if (r < 0)
		return r;
	keep[n] = l->answer_fd;
	spawn_close_others(keep, n + 1);
	return 0;
}

static void tell_stamps(const struct launch *l)
{
	char text[STAMPS_TEXT_BYTES];

	if (!stamps_enabled())
		return;
	stamp(STAMP_RX_EXEC);
	stamps_put(STAMP_RX_RECEIVED, STAMP_RX_EXEC, text);
	gate_answer(l->answer_fd, GATE_TIMES, text);
}

/* After it the monitor's filter is ours. */
static int put_filter(const struct launch_plan *p, struct err *e)
{
	return p->seccomp_profile ? seccomp_enter(p->seccomp_profile, e) : 0;
}

static _Noreturn void exec_monitor(struct launch *l)
{
	const struct launch_plan *p = &l->plan;
	struct strv envp = STRV(l->arena), argv = STRV(l->arena);
	struct strs env, args;
	struct err e = {0};

	for (size_t i = 0; i < p->argv.n; i++)
		strv_add(&argv, p->argv.v[i]);
	for (size_t i = 0; i < p->envp.n; i++)
		strv_add(&envp, p->envp.v[i]);
	spawn_reset_signals(l->ignored_signals);
	if (arrange_fds(l, &e) == 0 && strv_done(&argv, &args, &e) == 0 && strv_done(&envp, &env, &e) == 0) {
		tell_stamps(l);
		if (put_filter(p, &e) == 0) {
			execve(BOX_MONITOR_PATH, (char *const *)(uintptr_t)args.v,
			       (char *const *)(uintptr_t)env.v);
			if (err_sys(&e, "cannot execute the monitor '%s'", args.v[0]) == 0)
				_exit(126);
		}
	}
	gate_answer(l->answer_fd, GATE_ERROR, e.msg);
	_exit(127);
}

static _Noreturn void fail(const struct launch *l, const char *text)
{
	gate_answer(l->answer_fd, GATE_ERROR, text);
	_exit(1);
}

static pid_t start_monitor(struct launch *l)
{
	pid_t self = getpid(), pid = spawn_clone(0, -1, NULL);

	if (pid < 0) {
		struct err e = {0};

		if (err_sys(&e, "cannot make a process for the monitor") < 0)
			fail(l, e.msg);
	}
	if (pid > 0)
		return pid;
	/* The monitor must not outlive its supervisor, even where that is not pid 1 of a namespace. */
	spawn_die_with(self);
	exec_monitor(l);
}

/* A frame of its own: what it needs is gone from the stack when the supervisor waits. */
static __attribute__((noinline)) void launch_monitor(struct bytes encoded, const struct gate_fds *fds,
						     uint64_t ignored_signals, int root_fd, struct arena *a,
						     struct supervise_conf *ret)
{
	struct launch l = {.arena = a,
			   .answer_fd = fds->answer,
			   .root_fd = root_fd,
			   .ntaps = fds->nmore,
			   /* and the one that we ignore ourselves */
			   .ignored_signals = ignored_signals | 1ull << (SIGPIPE - 1),
			   .ctl = {-1, -1},
			   .api = {-1, -1},
			   .conf = ret};
	struct err e = {0};

	memcpy(l.taps, fds->more, sizeof(l.taps));
	if (plan_decode(encoded.p, encoded.n, a, &l.plan, &e) < 0 || prepare(&l, &e) < 0)
		fail(&l, e.msg);
	gate_answer(l.answer_fd, GATE_READY, "");
	if (!l.plan.supervise)
		exec_monitor(&l);
	supervise_block_signals();
	for (size_t i = 0; i < l.shares.n; i++)
		ret->daemons[i] = l.shares.v[i].pid;
	ret->ndaemons = l.shares.n;
	ret->monitor = start_monitor(&l);
}

/* The supervisor's part: its channels, and what keeps others from the guest's devices. Everything else goes: descriptors
 * (the answer pipe among them, which lets `start` see the exec). */
static void close_the_rest(const struct supervise_conf *conf)
{
	int keep[CLAIMS_HELD_MAX + 2];
	const int *held;
	size_t n = claims_held(&held);

	if (n > 0)
		memcpy(keep, held, n * sizeof(*keep));
	keep[n++] = conf->ctl_fd;
	keep[n++] = conf->api_fd;
	spawn_close_others(keep, n);
}

_Noreturn void launch_main(struct bytes encoded, const struct gate_fds *fds, uint64_t ignored_signals,
			   int root_fd, struct arena *a)
{
	struct supervise_conf conf;

	prctl(PR_SET_NAME, COMM_RUN);
	signal(SIGPIPE, SIG_IGN);
	launch_monitor(encoded, fds, ignored_signals, root_fd, a, &conf);
	/* And the plan, and the stack under us. */
	close_the_rest(&conf);
	arena_release(a);
	_exit(supervise(&conf));
}
