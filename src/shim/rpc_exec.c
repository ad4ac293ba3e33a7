/* SPDX-License-Identifier: Apache-2.0 */
/* Exec: adds a process to a delegated container; it runs at its Start. */
#include <stdlib.h>
#include <string.h>

#include "proto/shim/task.pb-c.h"
#include "runtime/owner.h"
#include "shim/announce.h"
#include "shim/call.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"

/* Whether the container can take one now; else the call is answered. */
static bool is_possible(struct task *t, struct call *c, const char *exec_id)
{
	if (t->cli.owner == OWNER_US)
		call_fail(c, CODE_UNIMPLEMENTED,
			  "exec is not supported: container %s is a virtual machine without an agent that could start "
			  "another program",
			  t->id);
	else if (!id_is_valid(exec_id))
		call_fail(c, CODE_INVALID, "the process's id '%.80s' is not valid", exec_id);
	else if (task_proc(t, exec_id))
		call_fail(c, CODE_EXISTS, "process %s of container %s: already exists", exec_id, t->id);
	else if (t->paused || t->pausing)
		call_fail(c, CODE_UNKNOWN, "cannot exec in container %s: it is paused", t->id);
	else if (t->init.reaped)
		call_fail(c, CODE_UNKNOWN, "cannot exec in container %s: it has stopped", t->id);
	else
		return true;
	return false;
}

void rpc_exec(struct call *c)
{
	const Pb__ExecProcessRequest *req = c->req;
	struct task *t = call_task(c, req->id);
	struct err e = {0};
	struct proc *p;

	if (!t || !is_possible(t, c, req->exec_id))
		return;
	p = task_add_exec(t, req->exec_id);
	if (p && stdio_ask(&p->io, req->stdin, req->stdout, req->stderr, req->terminal, &e) == 0 && req->spec)
		p->spec = malloc(req->spec->value.len + 1);
	if (!p || (req->spec && !p->spec)) {
		if (p)
			task_remove_exec(p);
		call_fail(c, CODE_EXHAUSTED, "out of memory");
		return;
	}
	if (req->spec && req->spec->value.len) {
		memcpy(p->spec, req->spec->value.data, req->spec->value.len);
		p->spec_n = req->spec->value.len;
	}
	announce_exec_added(p);
	call_reply(c, NULL);
}
