/* SPDX-License-Identifier: Apache-2.0 */
/* What `delete` must know when no shim is there to be asked: a file in the bundle. */
#ifndef URUNC_SHIM_KEEP_H
#define URUNC_SHIM_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

struct task;

#define KEEP_FILE "urunc-shim.json"

struct kept {
	const char *binary, *root, *log;
	uint32_t owner; /* enum container_owner */
	bool systemd_cgroup;
	uint32_t pid;
	uint64_t start_time; /* of the process with this pid */
	const char *boot_id;
	bool exited;
	uint32_t exit_status;
	int64_t exited_seconds;
	uint32_t exited_nanos;
	bool cleaned; /* Delete has removed everything */
};

/* Before the runtime is called for the first time: a container that cannot be found again is not made. The file has
 * room for all that follows, so that later changes need no space on a full disk. */
int keep_begin(const struct task *t, struct err *e) _must_check_;
/* The init process is known; it has ended; nothing is left. Failures are logged. */
void keep_update(struct task *t, bool cleaned);
void keep_exit(struct task *t);

/* What is kept in a bundle: 1, or 0 when there is nothing. */
int keep_read(const char *bundle, struct arena *a, struct kept *ret, struct err *e) _must_check_;

#endif
