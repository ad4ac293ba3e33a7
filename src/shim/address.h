/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of a shim: where it is, and who listens on it. */
#ifndef URUNC_SHIM_ADDRESS_H
#define URUNC_SHIM_ADDRESS_H

#include "common/arena.h"
#include "common/err.h"

#define ADDRESS_DIR "/run/containerd/s"

/* <dir>/<sha256 of "<grpc address>/<namespace>/<group>">, as containerd's own shims name it. -ENAMETOOLONG when that
 * cannot be a socket's name. dir "": the usual one. */
int address_path(const char *dir, const char *grpc_address, const char *ns, const char *group,
		 struct arena *a, const char **ret, struct err *e) _must_check_;

/* Listens on path. *ret_fd is -1 when a shim does already. A socket which nobody serves any more is replaced. */
int address_listen(const char *path, int *ret_fd, struct err *e) _must_check_;

/* Removes the socket of a shim that was killed; one that somebody serves stays. */
void address_forget(const char *path);

#endif
