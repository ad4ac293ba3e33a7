/* SPDX-License-Identifier: Apache-2.0 */
/* Running urunc-image, which makes disks of directory trees. */
#ifndef URUNC_RUNTIME_IMAGER_H
#define URUNC_RUNTIME_IMAGER_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct imager_job {
	const char *program;
	struct strs words; /* its arguments, NULL-terminated */
	/* What it reads: a directory, or with `lower` an overlay of these layers (as mount(2) takes their list in directory
	 * base), which is mounted over mount_at where nobody but the program sees it. */
	const char *root, *lower, *base, *mount_at;
	int out_fd; /* an empty file */
};

/* Waits for it. -EINTR when a signal came that ends create; else its own words. */
int imager_run(const struct imager_job *j, struct arena *a, struct err *e) _must_check_;
/* flock(fd, LOCK_EX) that such a signal can break off. */
int imager_lock(int fd, struct err *e) _must_check_;

#endif
