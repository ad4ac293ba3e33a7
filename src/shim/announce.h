/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to containers, as events of containerd. */
#ifndef URUNC_SHIM_ANNOUNCE_H
#define URUNC_SHIM_ANNOUNCE_H

#include "proto/shim/task.pb-c.h"

struct proc;
struct task;

void announce_create(const struct task *t, const Pb__CreateTaskRequest *req);
void announce_start(const struct proc *p);
void announce_exit(const struct proc *p);
void announce_delete(const struct task *t);
void announce_oom(const struct task *t);
void announce_paused(const struct task *t, int paused);
void announce_checkpointed(const struct task *t, const char *path);
void announce_exec_added(const struct proc *p);

#endif
