/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that are not ours: runc or crun runs them, under the same state root (architecture decision 14). */
#ifndef URUNC_RUNTIME_DELEGATE_H
#define URUNC_RUNTIME_DELEGATE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* How we were called. NULL = not given. */
struct delegate_call {
	const char *root; /* always */
	const char *log, *log_format, *criu, *cgroup_manager, *rootless;
	bool debug, systemd_cgroup;
	struct strs words; /* the command and everything after it, as given */
};

/* Becomes the delegate. owner: OWNER_RUNC or OWNER_CRUN when its container exists, else OWNER_NONE (a new one: the
 * configured delegate, else runc, else crun). Searched in PATH and in the usual places besides, because some callers
 * give no PATH. Global flags which that program does not know are left out. Returns only on failure. */
int delegate_exec(const struct delegate_call *c, int owner, const char *configured, struct arena *a,
		  struct err *e) _must_check_;

/* The delegate's `list --format json` of this root. */
int delegate_list(const struct delegate_call *c, int owner, const char *configured, struct arena *a,
		  struct bytes *ret, struct err *e) _must_check_;

/* The program itself: 0 and its path, or -ENOENT with what was looked for. Pure but for the search. */
int delegate_find(int owner, const char *configured, struct arena *a, const char **ret_path,
		  bool *ret_is_crun, struct err *e) _must_check_;
/* The words for it, argv[0] included. */
int delegate_argv(const struct delegate_call *c, const char *path, bool is_crun, struct arena *a,
		  struct strs *ret, struct err *e) _must_check_;

#endif
