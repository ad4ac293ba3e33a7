/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a process the daemon of a launch plan: its box, its few capabilities, its socket. */
#ifndef URUNC_SANDBOX_DAEMON_H
#define URUNC_SANDBOX_DAEMON_H

#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "machine/confine.h"

/* A listening socket at `path`, which is absolute in the box that the caller is in, for user uid alone. It exists from
 * then on: who connects before the daemon accepts waits in its queue. *ret_fd is O_CLOEXEC. */
int daemon_listen(const char *path, uid_t uid, gid_t gid, int *ret_fd, struct err *e) _must_check_;
/* Enters the daemon's box (struct box_params.image_root: the container root), which besides what the plan says has the
 * caller's own number in /proc. Needs a mount namespace of the caller's. */
int daemon_enter(const struct confine_daemon *d, const char *image_root, struct arena *a, struct err *e)
	_must_check_;
/* User and group 0 without other groups, the capabilities of the plan and no more, for now and for ever; no_new_privs.
 * Its umask is 0: modes are the guest's to choose. */
int daemon_creds(const struct confine_daemon *d, struct err *e) _must_check_;

#endif
