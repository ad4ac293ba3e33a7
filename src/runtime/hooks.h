/* SPDX-License-Identifier: Apache-2.0 */
/* Running OCI hooks: one after another in listed order, bounded in time and output. */
#ifndef URUNC_RUNTIME_HOOKS_H
#define URUNC_RUNTIME_HOOKS_H

#include "common/arena.h"
#include "common/err.h"
#include "machine/confine.h"
#include "oci/spec.h"

#define HOOK_OUTPUT_BYTES (64u << 10)

struct hook_run {
	const struct spec_hooks *hooks;
	const char *kind;              /* "createRuntime", for messages */
	const struct oci_state *state; /* goes to standard input, one JSON object */
	const char *cwd;               /* NULL: left alone */
	const struct strs *env; /* for a hook that lists none; NULL = the caller's environment (as runc does) */
	int watch_pidfd;        /* the hook is killed when this process ends; -1 = none */
	/* For hooks inside the container: root directory to chroot into (-1 = none) and identity to take on
	 * (NULL = stay). With an identity all capabilities go and no_new_privs is set. */
	int root_fd;
	const struct confine_creds *creds;
	struct arena *arena;
};

/* Runs them all. The first that cannot be executed, fails, is killed or outlives its timeout ends the row with -EIO
 * (-ETIMEDOUT); its process group is killed then, and its output (standard output and error in one, at most
 * HOOK_OUTPUT_BYTES are read) is part of the text. A hook that ends well may leave processes behind. */
int hooks_run(const struct hook_run *r, struct err *e) _must_check_;

#endif
