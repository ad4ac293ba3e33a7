/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of processes, told in the order that containerd relies on: after their start, and the init process's last. */
#ifndef URUNC_SHIM_EXITS_H
#define URUNC_SHIM_EXITS_H

#include <stdbool.h>

struct proc;
struct reaped;
struct shim;
struct task;
struct call;

/* Whether it was a process of ours, which now has ended. */
bool exits_process(struct shim *s, const struct reaped *x);
/* The same for one whose number became known only now. */
void exits_record(struct proc *p, const struct reaped *x);
/* Tells the ends that nothing holds back any more: after a Create or Start, and after each end. */
void exits_tell(struct task *t);

/* Wait: answers when the process has ended. */
void exits_wait(struct proc *p, struct call *c);
/* Answers all who wait, with what is known. */
void exits_answer(struct proc *p);

#endif
