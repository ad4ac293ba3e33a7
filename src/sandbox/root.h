/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the box: a tmpfs of our own that holds only what the monitor needs (architecture decision 7). */
#ifndef URUNC_SANDBOX_ROOT_H
#define URUNC_SANDBOX_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "machine/confine.h"

struct box_params {
	const struct box_op *ops;
	size_t nops;
	const char *image_root; /* container root on the host; NULL if no op needs it */
	int image_fd;           /* the same as an open directory, which then counts; 0 = none */
	uint64_t size_bytes;    /* of the tmpfs; 0 = computed from ops + 1 MiB */
	bool is_slave;          /* "/" is one already, with all that is mounted in it */
};

/* Requires: CAP_SYS_ADMIN in a mount namespace of the caller's own. Makes "/" a slave recursively (if it is none), mounts the tmpfs,
 * attaches it first, fills it through its fd, makes everything read-only (nosuid, nodev but below /dev),
 * pivots and detaches the old root. Afterwards "/" and the working directory are the box.
 * Needs no /proc. Works on Linux 6.1. The descriptors of the caller stay open. */
int box_enter(const struct box_params *p, struct err *e) _must_check_;

#endif
