/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts that Create brings for a container's root. For children: everything here may block. */
#ifndef URUNC_SHIM_ROOTFS_H
#define URUNC_SHIM_ROOTFS_H

#include "common/err.h"
#include "proto/shim/types.pb-c.h"

/* Mounts all on `target`, in order; those which were made are taken back when a later one fails. */
int rootfs_mount(Pb__Mount *const *mounts, size_t n, const char *target, struct err *e) _must_check_;
/* Takes away every mount at and below target, deepest first; waits a while for busy ones. lazily: what stays busy is
 * detached. A target that does not exist has none. */
int rootfs_unmount(const char *target, int lazily, struct err *e) _must_check_;

#endif
