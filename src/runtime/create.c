/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc create`. Every effect is noted in the journal before it happens; whatever fails, all of it is taken back. */
#include "runtime/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/proc.h"
#include "runtime/child.h"
#include "runtime/claims.h"
#include "runtime/console.h"
#include "runtime/decide.h"
#include "runtime/gate.h"
#include "runtime/hooks.h"
#include "runtime/interrupt.h"
#include "runtime/knative.h"
#include "runtime/pidfile.h"
#include "runtime/rootimage.h"
#include "runtime/spawn.h"
#include "runtime/state.h"
#include "runtime/timestamps.h"
#include "sandbox/cgroup.h"
#include "sandbox/ns.h"
#include "sandbox/unit.h"

/* A creation under way. */
struct creation {
	const struct runtime *rt;
	const struct create_opts *o;
	struct launch_plan *plan;
	struct container_head head;
	int dirfd, journal_fd;
	int stamps_fd; /* -1 = no timestamps */
	const char *stamps_file;
	pid_t pid;
	int pidfd;
	int sync_fd; /* our end */
	int console; /* the terminal's master */
	bool hooks_begun;
	bool pid_file_written;
	struct child child;
};

static bool wants_runtime_hooks(const struct launch_plan *p)
{
	return p->prestart.n || p->create_runtime.n;
}

/* --- before the process --- */

static int check_console(const struct creation *c, struct err *e)
{
	const struct create_opts *o = c->o;

	if (c->plan->terminal && !o->console_socket && !o->keep_console)
		return err_set(e, EINVAL,
			       "cannot allocate tty if urunc will detach without setting console socket "
			       "(process.terminal is true: give --console-socket)");
	if (o->console_socket && (!c->plan->terminal || o->keep_console))
		return err_set(e, EINVAL,
			       "cannot use console socket if urunc will not detach or allocate tty "
			       "(process.terminal is %s)",
			       c->plan->terminal ? "true" : "false");
	return 0;
}

static int record(struct creation *c, struct err *e)
{
	const struct launch_plan *p = c->plan;

	c->head = (struct container_head){
		.oci_version = p->oci_version,
		.id = p->id,
		.bundle = p->bundle,
		.rootfs = p->root_path,
		.created_ns = clock_realtime_ns(),
		.owner = (uint32_t)geteuid(),
		.cgroup = p->cgroup,
		.poststart = p->poststart,
		.poststop = p->poststop,
		.timestamps = c->stamps_file,
	};
	c->head.annotations.v = p->annotations.v;
	c->head.annotations.n = p->annotations.n;
	return container_write(c->dirfd, &c->head, p, c->rt->arena, e);
}

static int note_cgroup(void *arg, const char *path, struct err *e)
{
	const struct creation *c = arg;

	return journal_add(c->journal_fd, "cgroup", path, e);
}

/* systemd makes a scope around processes that exist; then the group is there, and ours to fill in. */
static int make_unit(const struct creation *c, struct err *e)
{
	const struct confine_unit *u = c->plan->cgroup.unit;
	const char *arg = arena_printf(c->rt->arena, "%s %s", u->name, u->description);
	int r = arg ? journal_add(c->journal_fd, "unit", arg, e) : err_oom(e);

	if (r == 0)
		r = unit_start(u, c->pid, e);
	return r < 0 ? r : cgroup_make(&c->plan->cgroup, note_cgroup, (void *)(uintptr_t)c, e);
}

static int make_console(struct creation *c, struct err *e)
{
	const struct launch_plan *p = c->plan;
	char name[CONSOLE_NAME_BYTES];
	int r;

	if (!p->terminal)
		return 0;
	r = console_open(p->console_width, p->console_height, p->creds.uid, &c->console, &c->child.tty_fd,
			 name, e);
	if (r < 0 || c->o->keep_console)
		return r;
	r = fd_send_to(c->o->console_socket, c->console, name, "console socket", e);
	fd_close(&c->console);
	return r;
}

/* All paths are opened and proven before anything is made. */
static int open_namespaces(struct creation *c, struct err *e)
{
	const struct launch_plan *p = c->plan;

	if (p->namespaces.n > CHILD_MAX_NS)
		return err_set(e, EINVAL, "linux.namespaces: %zu entries, at most %d are possible",
			       p->namespaces.n, CHILD_MAX_NS);
	for (size_t i = 0; i < p->namespaces.n; i++) {
		int r = p->namespaces.v[i].path ? ns_open(&p->namespaces.v[i], &c->child.ns_fds[i], e) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the process --- */

static uint64_t clone_flags(const struct launch_plan *p)
{
	uint64_t flags = 0;

	/* The cgroup namespace is made by the process itself, once it is in its group. */
	for (size_t i = 0; i < p->namespaces.n; i++)
		if (!p->namespaces.v[i].path && p->namespaces.v[i].kind != NS_CGROUP)
			flags |= ns_clone_flag(p->namespaces.v[i].kind);
	return flags;
}

/* A PID namespace given by path is entered by children only: we step in, clone, and step out again, so that hooks
 * run where we run. */
static int enter_pid_ns(const struct creation *c, int *ret_back, struct err *e)
{
	const struct launch_plan *p = c->plan;

	for (size_t i = 0; i < p->namespaces.n; i++) {
		if (p->namespaces.v[i].kind != NS_PID || c->child.ns_fds[i] < 0)
			continue;
		*ret_back = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
		if (*ret_back < 0)
			return err_sys(e, "cannot open our own PID namespace");
		return ns_join(c->child.ns_fds[i], &p->namespaces.v[i], e);
	}
	return 0;
}

static int make_process(struct creation *c, struct err *e)
{
	_cleanup_fd_ int cgroup_fd = -1, back = -1;
	int pair[2], r;

	if (c->plan->cgroup.version == 2 && !c->plan->cgroup.unit) {
		r = cgroup_open(&c->plan->cgroup, &cgroup_fd, e);
		if (r < 0)
			return r;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	c->sync_fd = pair[0];
	c->child.sync_fd = pair[1];
	r = enter_pid_ns(c, &back, e);
	if (r < 0)
		return r;
	stamp(STAMP_CR_CLONE);
	c->pid = spawn_clone(clone_flags(c->plan), cgroup_fd, &c->pidfd);
	if (c->pid == 0)
		child_main(&c->child);
	if (c->pid < 0) {
		c->pid = 0;
		r = err_sys(e, "cannot make the container's process");
	}
	fd_close(&c->child.sync_fd);
	/* Also after a failure: the poststop hooks that follow it are no processes of that namespace. */
	if (back >= 0 && setns(back, CLONE_NEWPID) < 0 && r == 0)
		r = err_sys(e, "cannot go back to our own PID namespace");
	return r;
}

static int note_process(const struct creation *c, uint64_t *ret_ignored, struct err *e)
{
	char boot_id[BOOT_ID_BYTES];
	struct proc_stat st;
	int r;

	r = boot_id_read(boot_id, e);
	if (r < 0)
		return r;
	r = proc_stat_read(c->pid, &st, e);
	if (r < 0)
		return r;
	/* /proc tells of the first 31 only. Of the others, 32 and 33 do occur: libc's posix_spawn leaves them ignored. */
	*ret_ignored = st.ignored | 1ull << 31 | 1ull << 32;
	return journal_add_process(c->journal_fd, c->pid, st.start_time, boot_id, e);
}

static struct oci_state hook_state(const struct creation *c, enum status s)
{
	return (struct oci_state){
		.oci_version = c->plan->oci_version,
		.id = c->plan->id,
		.status = status_name(s),
		.pid = s == ST_STOPPED ? 0 : c->pid,
		.bundle = c->plan->bundle,
		.annotations = c->plan->annotations.v,
		.nannotations = c->plan->annotations.n,
	};
}

static int run_hooks(const struct creation *c, const struct spec_hooks *hooks, const char *kind,
		     enum status s, struct err *e)
{
	const struct oci_state state = hook_state(c, s);
	const struct hook_run run = {
		.hooks = hooks,
		.kind = kind,
		.state = &state,
		.cwd = c->plan->bundle,
		.watch_pidfd = s == ST_STOPPED ? -1 : c->pidfd,
		.root_fd = -1,
		.arena = c->rt->arena,
	};

	return hooks_run(&run, e);
}

static int run_runtime_hooks(struct creation *c, struct err *e)
{
	int r = sync_expect(c->sync_fd, SYNC_NS, e);

	if (r < 0)
		return r;
	stamp(STAMP_CR_PIDS);
	r = run_hooks(c, &c->plan->prestart, "prestart", ST_CREATING, e);
	if (r < 0)
		return r;
	r = run_hooks(c, &c->plan->create_runtime, "createRuntime", ST_CREATING, e);
	if (r < 0)
		return r;
	stamp(STAMP_CR_HOOKS);
	stamp(STAMP_CR_ACK);
	return sync_send(c->sync_fd, SYNC_ON, "", e);
}

static int bring_to_gate(struct creation *c, struct err *e)
{
	char mask[24], times[SYNC_TEXT_BYTES];
	uint64_t ignored;
	int r;

	r = note_process(c, &ignored, e);
	if (r < 0)
		return r;
	r = c->plan->cgroup.unit ? make_unit(c, e) : 0;
	if (r < 0)
		return r;
	c->hooks_begun = true;
	snprintf(mask, sizeof(mask), "%llu", (unsigned long long)ignored);
	r = sync_send(c->sync_fd, SYNC_GO, mask, e);
	if (r == 0 && wants_runtime_hooks(c->plan))
		r = run_runtime_hooks(c, e);
	if (r == 0)
		r = sync_receive(c->sync_fd, SYNC_GATE, times, e);
	if (r == 0)
		stamps_take(STAMP_RX_INVOKED, STAMP_RX_ACK, times);
	return r;
}

/* --- the whole --- */

static int make_all(struct creation *c, struct err *e)
{
	int r;

	r = record(c, e);
	if (r < 0)
		return r;
	r = claims_lock(c->plan, e);
	if (r < 0)
		return r;
	r = open_namespaces(c, e);
	if (r < 0)
		return r;
	r = c->plan->cgroup.unit ? 0 : cgroup_make(&c->plan->cgroup, note_cgroup, c, e);
	if (r < 0)
		return r;
	r = rootimage_make(c->plan, c->journal_fd, c->rt->arena, e);
	if (r < 0)
		return r;
	r = make_console(c, e);
	if (r < 0)
		return r;
	r = gate_bind(c->dirfd, &c->child.gate_fd, e);
	if (r < 0)
		return r;
	stamp(STAMP_CR_INITIAL_SETUP);
	r = make_process(c, e);
	if (r < 0)
		return r;
	r = bring_to_gate(c, e);
	if (r < 0)
		return r;
	if (c->o->pid_file) {
		r = pidfile_write(c->o->pid_file, c->pid, e);
		if (r < 0)
			return r;
		c->pid_file_written = true;
	}
	if (c->o->pidfd_socket) {
		r = fd_send_to(c->o->pidfd_socket, c->pidfd, "pidfd", "pidfd socket", e);
		if (r < 0)
			return r;
	}
	r = interrupt_check(e);
	return r < 0 ? r : journal_add(c->journal_fd, "created", NULL, e);
}

/* Timestamps are no reason to fail. */
static void open_stamps(struct creation *c, const struct config *config)
{
	struct err e = {0};

	if (!config->timestamps_enabled)
		return;
	if (stamps_open(config->timestamps_destination, &c->stamps_fd, &e) < 0) {
		log_warn("%s", e.msg);
		return;
	}
	c->stamps_file = config->timestamps_destination;
	stamps_enable(true); /* for the process that we will make */
}

static void write_stamps(const struct creation *c)
{
	struct err e = {0};

	if (c->stamps_fd < 0)
		return;
	stamp(STAMP_CR_TERMINATED);
	if (stamps_write(c->stamps_fd, c->o->id, STAMP_CR_INVOKED, STAMP_CR_TERMINATED, c->rt->arena, &e) < 0)
		log_warn("%s", e.msg);
}

/* Everything but the state directory. */
static void close_work(struct creation *c)
{
	fd_close(&c->stamps_fd);
	fd_close(&c->journal_fd);
	fd_close(&c->pidfd);
	fd_close(&c->sync_fd);
	fd_close(&c->console);
	fd_close(&c->child.sync_fd);
	fd_close(&c->child.gate_fd);
	fd_close(&c->child.tty_fd);
	for (size_t i = 0; i < CHILD_MAX_NS; i++)
		fd_close(&c->child.ns_fds[i]);
}

static void creation_done(struct creation *c)
{
	close_work(c);
	fd_close(&c->dirfd);
}

/* Takes everything back. What cannot be taken back stays in the journal for `delete --force`. */
static void undo(struct creation *c)
{
	struct journal j = {0};
	struct err e = {0};

	if (c->pid > 0) {
		pidfd_signal(c->pidfd, SIGKILL);
		spawn_reap(c->pid);
	}
	if (c->pid_file_written)
		unlink(c->o->pid_file);
	/* Where descriptors ran out, there must be some to clean up with. */
	close_work(c);
	if (journal_read(c->dirfd, c->rt->arena, &j, &e) < 0 ||
	    container_destroy(c->rt, c->o->id, c->dirfd, &j, &e) < 0)
		log_warn("failed to clean up after the failed create: %s", e.msg);
	if (c->hooks_begun && run_hooks(c, &c->plan->poststop, "poststop", ST_STOPPED, &e) < 0)
		log_warn("%s", e.msg);
}

static void creation_init(struct creation *c, const struct runtime *rt, const struct create_opts *o,
			  struct launch_plan *plan)
{
	*c = (struct creation){.rt = rt,
			       .o = o,
			       .plan = plan,
			       .dirfd = -1,
			       .journal_fd = -1,
			       .stamps_fd = -1,
			       .pidfd = -1,
			       .sync_fd = -1,
			       .console = -1};
	c->child = (struct child){
		.plan = plan,
		.arena = rt->arena,
		.sync_fd = -1,
		.gate_fd = -1,
		.tty_fd = -1,
		.root_fd = -1,
		.runtime_hooks = wants_runtime_hooks(plan),
		.new_keyring = !o->no_new_keyring,
		.creator = geteuid(),
	};
	for (size_t i = 0; i < CHILD_MAX_NS; i++)
		c->child.ns_fds[i] = -1;
	c->child.state = hook_state(c, ST_CREATING);
}

static int create_planned(const struct runtime *rt, const struct create_opts *o, struct launch_plan *plan,
			  const struct config *config, struct created *ret, struct err *e)
{
	__attribute__((cleanup(creation_done))) struct creation c;
	int r;

	creation_init(&c, rt, o, plan);
	r = check_console(&c, e);
	if (r < 0)
		return r;
	/* Not earlier: until here there is nothing to undo, and a signal may just end us. */
	r = interrupt_arm(e);
	if (r < 0)
		return r;
	r = container_make_dir(rt, o->id, &c.dirfd, &c.journal_fd, e);
	if (r < 0)
		return r;
	open_stamps(&c, config);
	r = make_all(&c, e);
	if (r < 0) {
		undo(&c);
		interrupt_finish();
		return r;
	}
	write_stamps(&c);
	*ret = (struct created){
		.pid = c.pid,
		.pidfd = fd_steal(&c.pidfd),
		.console = fd_steal(&c.console),
		.terminal = plan->terminal,
	};
	return 0;
}

int runtime_create(const struct runtime *rt, const struct create_opts *o, struct created *ret,
		   const char **ret_delegate, struct err *e)
{
	struct launch_plan *plan = arena_alloc(rt->arena, sizeof(*plan));
	struct decide_out found;
	struct decide_in in;
	int r;

	stamp(STAMP_CR_INVOKED);
	if (!plan)
		return err_oom(e);
	r = container_id_check(o->id, e);
	if (r < 0)
		return r;
	in = (struct decide_in){.id = o->id, .bundle = o->bundle, .cache = decide_cache_dir()};
	r = decide(rt, &in, plan, &found, e);
	if (r < 0)
		return r;
	*ret_delegate = found.config->delegate;
	if (r == 1) {
		r = knative_prepare(o->bundle, found.spec, rt->arena, e);
		return r < 0 ? r : 1;
	}
	stamp(STAMP_CR_PLANNED);
	for (size_t i = 0; i < plan->warnings.n; i++)
		log_warn("%s", plan->warnings.v[i]);
	return create_planned(rt, o, plan, found.config, ret, e);
}
