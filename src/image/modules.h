/* SPDX-License-Identifier: Apache-2.0 */
/* Packs kernel modules of a container root into an archive for the guest's initial RAM file system. */
#ifndef URUNC_IMAGE_MODULES_H
#define URUNC_IMAGE_MODULES_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Where urunit looks for the list; it lies beside it. */
#define MODULES_LIST "urunit.modules"
#define MODULES_DIR ".urunc"
#define MODULES_MAX_BYTES (64u << 20)

/* Writes a newc archive with these files (paths below root_fd, which may be reached by links inside of it), in a flat
 * directory and in this order in the list. An archive may follow: the size is a multiple of 4. -E2BIG beyond the limit. */
int modules_pack(int root_fd, const struct strs *files, int out_fd, struct arena *a, struct err *e)
	_must_check_;

#endif
