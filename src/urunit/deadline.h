/* SPDX-License-Identifier: Apache-2.0 */
/* A bound on blocking system calls: they end with EINTR when the time is over. */
#ifndef URUNC_URUNIT_DEADLINE_H
#define URUNC_URUNIT_DEADLINE_H

#include <signal.h>

struct udeadline {
	struct sigaction action;
	sigset_t mask;
};

/* From now on SIGALRM interrupts, first after timeout_s seconds and then each second again (a signal that
 * comes just before the call would be lost otherwise). Not nested. */
void udeadline_start(struct udeadline *d, unsigned timeout_s);
void udeadline_stop(struct udeadline *d);

#endif
