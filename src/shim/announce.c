/* SPDX-License-Identifier: Apache-2.0 */
/* Events out of containers. */
#include "shim/announce.h"

#include "proto/shim/events.pb-c.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

void announce_create(const struct task *t, const Pb__CreateTaskRequest *req)
{
	Pb__TaskCreate m = PB__TASK_CREATE__INIT;
	Pb__TaskIO io = PB__TASK_IO__INIT;

	io.stdin = req->stdin;
	io.stdout = req->stdout;
	io.stderr = req->stderr;
	io.terminal = req->terminal;
	m.container_id = t->id;
	m.bundle = t->bundle;
	m.rootfs = req->rootfs;
	m.n_rootfs = req->n_rootfs;
	m.io = &io;
	m.checkpoint = req->checkpoint;
	m.pid = (uint32_t)t->init.pid;
	publish(t->s, "/tasks/create", "containerd.events.TaskCreate", &m);
}

void announce_start(const struct proc *p)
{
	Pb__TaskExecStarted exec = PB__TASK_EXEC_STARTED__INIT;
	Pb__TaskStart m = PB__TASK_START__INIT;

	if (p->exec_id) {
		exec.container_id = p->task->id;
		exec.exec_id = p->exec_id;
		exec.pid = (uint32_t)p->pid;
		publish(p->task->s, "/tasks/exec-started", "containerd.events.TaskExecStarted", &exec);
		return;
	}
	m.container_id = p->task->id;
	m.pid = (uint32_t)p->pid;
	publish(p->task->s, "/tasks/start", "containerd.events.TaskStart", &m);
}

void announce_exit(const struct proc *p)
{
	Pb__TaskExit m = PB__TASK_EXIT__INIT;
	Pb__Timestamp when = pb_time(&p->exited_at);

	m.container_id = p->task->id;
	m.id = p->exec_id ? p->exec_id : p->task->id;
	m.pid = (uint32_t)p->pid;
	m.exit_status = p->exit_status;
	m.exited_at = &when;
	publish(p->task->s, "/tasks/exit", "containerd.events.TaskExit", &m);
}

void announce_delete(const struct task *t)
{
	Pb__TaskDelete m = PB__TASK_DELETE__INIT;
	Pb__Timestamp when = pb_time(&t->init.exited_at);

	m.container_id = t->id;
	m.pid = (uint32_t)t->init.pid;
	m.exit_status = t->init.exit_status;
	m.exited_at = t->init.reaped ? &when : NULL;
	publish(t->s, "/tasks/delete", "containerd.events.TaskDelete", &m);
}

static void announce_name(const struct task *t, const char *topic, const char *type_url)
{
	Pb__TaskNamed m = PB__TASK_NAMED__INIT;

	m.container_id = t->id;
	publish(t->s, topic, type_url, &m);
}

void announce_oom(const struct task *t)
{
	announce_name(t, "/tasks/oom", "containerd.events.TaskOOM");
}

void announce_paused(const struct task *t, int paused)
{
	if (paused)
		announce_name(t, "/tasks/paused", "containerd.events.TaskPaused");
	else
		announce_name(t, "/tasks/resumed", "containerd.events.TaskResumed");
}

void announce_checkpointed(const struct task *t, const char *path)
{
	Pb__TaskCheckpointed m = PB__TASK_CHECKPOINTED__INIT;

	m.container_id = t->id;
	m.checkpoint = (char *)(uintptr_t)path;
	publish(t->s, "/tasks/checkpointed", "containerd.events.TaskCheckpointed", &m);
}

void announce_exec_added(const struct proc *p)
{
	Pb__TaskExecAdded m = PB__TASK_EXEC_ADDED__INIT;

	m.container_id = p->task->id;
	m.exec_id = p->exec_id;
	publish(p->task->s, "/tasks/exec-added", "containerd.events.TaskExecAdded", &m);
}
