/* SPDX-License-Identifier: Apache-2.0 */
/* Files as block devices, for as long as they are mounted. */
#ifndef URUNC_SHIM_LOOPDEV_H
#define URUNC_SHIM_LOOPDEV_H

#include "common/err.h"

#define LOOPDEV_NAME_BYTES 32

/* Puts the file behind a free loop device that vanishes with its last user; its path is in name. *ret_fd keeps it alive
 * until it is mounted. */
int loopdev_attach(const char *file, int read_only, int direct_io, char name[LOOPDEV_NAME_BYTES], int *ret_fd,
		   struct err *e) _must_check_;

#endif
