/* SPDX-License-Identifier: Apache-2.0 */
/* Being told to stop in the middle of `create` or `run`: a signal that ends the waiting, not the process, so that what
 * was begun can be taken back. One such state per process. */
#ifndef URUNC_RUNTIME_INTERRUPT_H
#define URUNC_RUNTIME_INTERRUPT_H

#include "common/err.h"

/* From now on SIGTERM, SIGINT, SIGHUP and SIGQUIT (those that are not ignored) wait to be looked for. Again: no effect. */
int interrupt_arm(struct err *e) _must_check_;
/* Readable when one has come; -1 when not armed, which poll(2) leaves out. */
int interrupt_fd(void);
/* Takes what has come: -EINTR with a text, else 0. */
int interrupt_check(struct err *e) _must_check_;
/* Waits until fd is readable (0) or a signal has come (-EINTR with a text); other errors as they are. At once 0 when
 * not armed: then the caller's own call does the waiting. */
int interrupt_wait(int fd, struct err *e) _must_check_;
/* For a child process, and for tests: not armed, the signal mask as it was before interrupt_arm. */
void interrupt_forget(void);
/* When interrupt_check has taken a signal: dies of it, as the caller would have without us (a shell sees 128 + n).
 * Returns when there was none, or when the kernel keeps it from us (pid 1 of a namespace). */
void interrupt_finish(void);

#endif
