/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc run`. The container's process is our own child, so its exit status comes to us without a detour. */
#include "runtime/run.h"

#include "common/fd.h"
#include "common/log.h"
#include "runtime/delete.h"
#include "runtime/interrupt.h"
#include "runtime/relay.h"
#include "runtime/spawn.h"
#include "runtime/start.h"

static void remove_container(const struct runtime *rt, const char *id)
{
	struct err e = {0};

	if (runtime_delete(rt, id, true, &e) < 0)
		log_warn("cannot delete container '%s': %s", id, e.msg);
}

static int follow(const struct created *c, int *ret_status, struct err *e)
{
	int status, r;

	r = relay_until_end(c->pidfd, c->console, e);
	if (r < 0)
		return r;
	status = spawn_reap(c->pid);
	if (status < 0)
		return err_set(e, -status, "cannot learn how the container ended");
	*ret_status = spawn_exit_code(status);
	return 0;
}

int runtime_run(const struct runtime *rt, struct run_opts *o, int *ret_status, const char **ret_delegate,
		struct err *e)
{
	_cleanup_fd_ int pidfd = -1, console = -1;
	struct created c;
	int r;

	o->create.keep_console = !o->detach;
	r = runtime_create(rt, &o->create, &c, ret_delegate, e);
	if (r != 0)
		return r;
	pidfd = c.pidfd;
	console = c.console;
	/* From here on a signal is the container's, but for those that ask us to stop: until the program runs, they end
	 * the waiting in runtime_start. */
	if (!o->detach)
		relay_block_signals();
	if (console >= 0)
		relay_copy_size(console);
	r = runtime_start(rt, o->create.id, e);
	if (r == 0 && o->detach)
		return *ret_status = 0;
	if (r == 0)
		r = follow(&c, ret_status, e);
	if (r < 0 || !o->keep)
		remove_container(rt, o->create.id);
	if (r < 0)
		interrupt_finish();
	return r;
}
