/* SPDX-License-Identifier: Apache-2.0 */
/* What can be answered from memory: State, Wait, Connect, Pids; and ResizePty and CloseIO. */
#include <unistd.h>

#include "proto/shim/task.pb-c.h"
#include "shim/call.h"
#include "shim/exits.h"
#include "shim/groups.h"
#include "shim/methods.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

enum status {
	STATUS_CREATED = 1,
	STATUS_RUNNING = 2,
	STATUS_STOPPED = 3,
	STATUS_PAUSED = 4,
	STATUS_PAUSING = 5
};

static enum status status_of(const struct proc *p)
{
	if (p->state == PROC_STOPPED)
		return STATUS_STOPPED;
	if (p->task->pausing)
		return STATUS_PAUSING;
	if (p->task->paused)
		return STATUS_PAUSED;
	return p->state == PROC_RUNNING ? STATUS_RUNNING : STATUS_CREATED;
}

static char *or_empty(char *s)
{
	return s ? s : (char *)(uintptr_t)protobuf_c_empty_string;
}

void rpc_state(struct call *c)
{
	const Pb__StateRequest *req = c->req;
	Pb__StateResponse r = PB__STATE_RESPONSE__INIT;
	struct proc *p = call_proc(c, req->id, req->exec_id);
	Pb__Timestamp when;

	if (!p)
		return;
	when = pb_time(&p->exited_at);
	r.id = p->exec_id ? p->exec_id : p->task->id;
	r.bundle = p->task->bundle;
	r.pid = (uint32_t)p->pid;
	r.status = status_of(p);
	r.stdin = or_empty(p->io.paths[STREAM_IN]);
	r.stdout = or_empty(p->io.paths[STREAM_OUT]);
	r.stderr = or_empty(p->io.paths[STREAM_ERR]);
	r.terminal = p->io.terminal;
	if (p->state == PROC_STOPPED) {
		r.exit_status = p->exit_status;
		r.exited_at = &when;
	}
	call_reply(c, &r);
}

void rpc_wait(struct call *c)
{
	const Pb__WaitRequest *req = c->req;
	struct proc *p = call_proc(c, req->id, req->exec_id);

	if (p)
		exits_wait(p, c);
}

void rpc_connect(struct call *c)
{
	const Pb__ConnectRequest *req = c->req;
	Pb__ConnectResponse r = PB__CONNECT_RESPONSE__INIT;
	const struct task *t = task_find(c->s, req->id);

	r.shim_pid = (uint32_t)getpid();
	r.task_pid = t ? (uint32_t)t->init.pid : 0;
	call_reply(c, &r);
}

/* --- pids --- */

static bool describe(Pb__ProcessInfo *info, const struct task *t, struct arena *a)
{
	for (struct proc *p = t->execs; p; p = p->next) {
		Pb__ProcessDetails details = PB__PROCESS_DETAILS__INIT;

		if (p->pid != (pid_t)info->pid || p->reaped)
			continue;
		info->info = arena_alloc(a, sizeof(*info->info));
		details.exec_id = p->exec_id;
		return info->info && pb_any(info->info, "containerd.runc.v1.ProcessDetails", &details, a);
	}
	return true;
}

/* Never an empty list: containerd takes a shim that has none for a leftover, and throws the container's end away. */
void rpc_pids(struct call *c)
{
	const Pb__PidsRequest *req = c->req;
	Pb__PidsResponse r = PB__PIDS_RESPONSE__INIT;
	struct task *t = call_task(c, req->id);
	uint32_t init = t ? (uint32_t)t->init.pid : 0;
	struct u32s pids = {0};
	Pb__ProcessInfo *infos;
	bool ok;

	if (!t)
		return;
	ok = t->init.reaped || groups_pids(t, &c->a, &pids) == 0;
	if (!pids.n)
		pids = (struct u32s){&init, 1};
	infos = arena_array(&c->a, pids.n, sizeof(*infos));
	r.processes = arena_array(&c->a, pids.n, sizeof(*r.processes));
	ok = ok && infos && r.processes;
	for (; ok && r.n_processes < pids.n; r.n_processes++) {
		Pb__ProcessInfo *info = &infos[r.n_processes];

		pb__process_info__init(info);
		info->pid = pids.v[r.n_processes];
		r.processes[r.n_processes] = info;
		ok = describe(info, t, &c->a);
	}
	if (ok)
		call_reply(c, &r);
	else
		call_fail(c, CODE_EXHAUSTED, "out of memory");
}

/* --- streams --- */

void rpc_resize_pty(struct call *c)
{
	const Pb__ResizePtyRequest *req = c->req;
	struct proc *p = call_proc(c, req->id, req->exec_id);
	struct err e = {0};

	if (!p)
		return;
	if (p->state == PROC_STOPPED)
		call_fail(c, CODE_UNKNOWN, "cannot resize the terminal of a process that has stopped");
	else if (console_resize(&p->io.console, req->width, req->height, &e) < 0)
		call_fail(c, CODE_UNKNOWN, "%s", e.msg);
	else
		call_reply(c, NULL);
}

void rpc_close_io(struct call *c)
{
	const Pb__CloseIORequest *req = c->req;
	struct proc *p = call_proc(c, req->id, req->exec_id);

	if (!p)
		return;
	stdio_close_in(&p->io);
	call_reply(c, NULL);
}
