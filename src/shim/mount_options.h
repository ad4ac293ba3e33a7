/* SPDX-License-Identifier: Apache-2.0 */
/* Mount options of an engine's snapshotter, sorted into what mount(2) takes. */
#ifndef URUNC_SHIM_MOUNT_OPTIONS_H
#define URUNC_SHIM_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"

struct mount_options {
	unsigned long flags;       /* MS_* */
	unsigned long propagation; /* MS_*, for a second call */
	bool loop, direct_io;
	const char *data; /* the rest, joined by commas; "" = none */
	const char *lower_base; /* overlay whose data would be too long: directory for the relative names in it; else NULL */
};

/* page_bytes: the most that the kernel takes as data. -E2BIG when it is more and cannot be shortened; -EINVAL for words
 * that containerd keeps for itself. */
int mount_options_sort(const char *type, const char *const *words, size_t n, size_t page_bytes,
		       struct arena *a, struct mount_options *ret, struct err *e) _must_check_;

#endif
