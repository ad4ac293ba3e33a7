/* SPDX-License-Identifier: Apache-2.0 */
/* The shim is the reaper of whatever its containers leave: every child that ends is collected here, and told to the job or
 * process it was. A number stays that process's own until it is collected, so nothing can be taken for it. */
#ifndef URUNC_SHIM_REAP_H
#define URUNC_SHIM_REAP_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct shim;

/* A runtime's create may return after the process that it made has ended: such ends are remembered while any create or
 * exec is on its way. */
#define REAP_EARLY 64
/* The status of one whose own is not known, as everywhere around containerd. */
#define REAP_UNKNOWN 255
struct reaped {
	pid_t pid;
	int status; /* as the engines count: 128 + n for signal n */
	struct timespec when;
};
struct reaper {
	struct reaped early[REAP_EARLY];
	unsigned nearly;
	unsigned births; /* creates and execs on their way */
};

/* Collects all that have ended. */
void reap_all(struct shim *s);
/* A create or exec begins; ends (then what it did not claim is forgotten). */
void reap_birth(struct shim *s);
void reap_born(struct shim *s);
/* Whether this one, whose number is known only now, has ended already; its end is taken out. One that is no child of ours
 * (any more) and that nothing is remembered of has ended, too: nobody else would ever say so. */
bool reap_take(struct shim *s, pid_t pid, struct reaped *ret);

#endif
