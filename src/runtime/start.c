/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc start`. */
#include "runtime/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/proc.h"
#include "gather/start.h"
#include "runtime/claims.h"
#include "runtime/gate.h"
#include "runtime/hooks.h"
#include "runtime/network.h"
#include "runtime/state.h"
#include "runtime/timestamps.h"

#define DEATH_MS 5000

/* The process, when it waits at the gate. */
static int waiting_process(struct container *c, int *ret_pidfd, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	enum status s;
	int r = container_pidfd(c, &pidfd, e);

	if (r == -ESRCH)
		return err_set(e, EINVAL, "cannot start a container that has stopped");
	if (r < 0)
		return r;
	r = status_of_living(c, &s, e);
	if (r < 0)
		return r;
	if (s == ST_RUNNING)
		return err_set(e, EINVAL, "cannot start an already running container");
	if (s != ST_CREATED)
		return err_set(e, EINVAL, "cannot start a container in the %s state", status_name(s));
	*ret_pidfd = fd_steal(&pidfd);
	return 0;
}

/* The machine as it is decided now, in the form that travels. */
static int encode_plan(const struct runtime *rt, struct launch_plan *p, const struct start_facts *now,
		       struct bytes *ret, struct err *e)
{
	struct strbuf b = STRBUF(rt->arena);
	int r = plan_machine(p, now, rt->arena, e);

	if (r < 0)
		return r;
	plan_encode(p, &b);
	if (b.oom)
		return err_oom(e);
	*ret = (struct bytes){.p = b.p, .n = b.len};
	return 0;
}

static int hand_over(const struct container *c, int journal, struct bytes plan, struct gate_fds *more,
		     bool *ret_sent, struct err *e)
{
	_cleanup_fd_ int answer = -1, answer_w = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make the answer pipe");
	answer = fds[0];
	answer_w = fds[1];
	r = journal_add(journal, "starting", NULL, e);
	if (r < 0)
		return r;
	stamp(STAMP_ST_SENT);
	more->answer = answer_w;
	r = gate_send(c->dirfd, c->journal.pid, plan, more, e);
	if (r < 0)
		return r;
	*ret_sent = true;
	/* The monitor alone holds its taps: with it they go. */
	for (; more->nmore > 0; more->nmore--)
		fd_close(&more->more[more->nmore - 1]);
	fd_close(&answer_w);
	r = gate_read_answer(answer, e);
	if (r < 0)
		return r;
	return journal_add(journal, "started", NULL, e);
}

/* The guest's devices are off the host from here on. After a failure they come back as soon as its process cannot have
 * them; where that is not known (the wait for its answer was broken off), `delete` will see to it. */
static int take_and_hand_over(const struct runtime *rt, const struct container *c, int journal, int pidfd,
			      struct bytes plan, struct gate_fds *more, bool *ret_alive, struct err *e)
{
	bool sent = false;
	int r = claims_take(c->plan, &c->journal, journal, rt->arena, e);

	if (r < 0)
		return r;
	r = hand_over(c, journal, plan, more, &sent, e);
	*ret_alive = r < 0 && sent && (r == -EINTR || pidfd_wait_exit(pidfd, DEATH_MS) != 0);
	if (r < 0 && !*ret_alive)
		claims_return(journal);
	return r;
}

static int gather_files(const struct runtime *rt, const struct launch_plan *p, struct start_facts *now,
			struct err *e)
{
	struct strs warnings;
	int r = gather_start(p, rt->arena, now, &warnings, e);

	for (size_t i = 0; r == 0 && i < warnings.n; i++)
		log_warn("%s", warnings.v[i]);
	return r;
}

/* What engines have set up since create, then the plan as a whole, then the monitor. */
static int launch(const struct runtime *rt, const struct container *c, int pidfd, struct err *e)
{
	_cleanup_fd_ int journal = -1;
	struct network net = NETWORK_NULL;
	struct gate_fds fds = {.answer = -1};
	struct start_facts now = {0};
	struct bytes plan = {0};
	bool alive = false;
	int r = journal_open(c->dirfd, &journal, e);

	if (r < 0 || (r = gather_files(rt, c->plan, &now, e)) < 0 ||
	    (r = network_up(c->plan, c->journal.pid, pidfd, journal, rt->arena, &now, &fds, &net, e)) < 0)
		return r;
	r = encode_plan(rt, c->plan, &now, &plan, e);
	if (r == 0)
		r = take_and_hand_over(rt, c, journal, pidfd, plan, &fds, &alive, e);
	if (r < 0 && !alive)
		network_down(&net, &fds);
	fd_close(&net.netns);
	return r;
}

static int run_poststart(const struct runtime *rt, const struct container *c, struct err *e)
{
	char created[40];
	struct oci_state state;
	const struct hook_run run = {
		.hooks = &c->head.poststart,
		.kind = "poststart",
		.state = &state,
		.cwd = c->head.bundle,
		.watch_pidfd = -1,
		.root_fd = -1,
		.arena = rt->arena,
	};

	if (c->head.poststart.n == 0)
		return 0;
	state_fill(c, ST_RUNNING, created, &state);
	/* What hooks get is the OCI object, without runc's additions for `state`. */
	state.rootfs = state.created = state.owner = NULL;
	return hooks_run(&run, e);
}

static void write_stamps(const struct runtime *rt, const struct container *c)
{
	_cleanup_fd_ int fd = -1;
	struct err e = {0};

	if (c->head.timestamps &&
	    (stamps_open(c->head.timestamps, &fd, &e) < 0 ||
	     stamps_write(fd, c->head.id, STAMP_ST_INVOKED, STAMP_RX_EXEC, rt->arena, &e) < 0))
		log_warn("%s", e.msg);
}

int runtime_start(const struct runtime *rt, const char *id, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	_cleanup_fd_ int pidfd = -1;
	int r;

	stamp(STAMP_ST_INVOKED);
	r = container_get(rt, id, OPEN_PLAN | OPEN_LOCK, &c, e);
	if (r < 0)
		return r;
	stamp(STAMP_ST_LOADED);
	r = waiting_process(&c, &pidfd, e);
	if (r < 0)
		return r;
	r = launch(rt, &c, pidfd, e);
	if (r < 0)
		return r;
	/* Not held over hooks: those may call us about this very container. */
	container_unlock(c.dirfd);
	write_stamps(rt, &c);
	r = run_poststart(rt, &c, e);
	if (r < 0)
		pidfd_signal(pidfd, SIGKILL);
	return r;
}
