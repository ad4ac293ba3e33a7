/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's network at start, and what is left of it at delete. */
#ifndef URUNC_RUNTIME_NETWORK_H
#define URUNC_RUNTIME_NETWORK_H

#include "common/arena.h"
#include "plan/plan.h"
#include "runtime/gate.h"
#include "runtime/journal.h"

/* The first descriptor of the monitor that is a tap; the others follow. */
#define NETWORK_FIRST_FD 10

/* Lines of the journal (word "network"): first "ns DEVICE INODE PATH" for the namespace, PATH "-" when it has none and dies with
 * the container; then those of net_attach. */

struct network {
	int netns;         /* -1: nothing was done */
	struct strv lines; /* as they were journaled */
};
#define NETWORK_NULL                                                                                         \
	{                                                                                                    \
		.netns = -1                                                                                  \
	}

/* Gives the guest the container's interfaces, as plan_links decides: taps are made, and now->nics and now->resolver filled. Process pid
 * (pidfd) is in the container's namespaces. Descriptors of taps go into fds->more, for the monitor's descriptors nic.fd. On
 * failure nothing is left. */
int network_up(const struct launch_plan *p, pid_t pid, int pidfd, int journal_fd, struct arena *a,
	       struct start_facts *now, struct gate_fds *fds, struct network *ret, struct err *e) _must_check_;
/* After a start that failed later: takes back what network_up did. Failures are logged. */
void network_down(struct network *n, struct gate_fds *fds);
/* What the journal tells; the container's processes are dead. 0 when there is nothing. */
int network_undo(const struct journal *j, struct err *e) _must_check_;

#endif
