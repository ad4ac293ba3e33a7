/* SPDX-License-Identifier: Apache-2.0 */
/* What lies over a place whose block device a guest has. Without it the place would be an ordinary directory, and whoever
 * comes next would write to the disk below, where the device's file system hides it later. */
#ifndef URUNC_STORAGE_GUARD_H
#define URUNC_STORAGE_GUARD_H

#include "common/err.h"

/* Mounts an empty read-only tmpfs (MOUNT_GUARD_SOURCE) there, if none is on top. */
int guard_put(const char *target, struct err *e) _must_check_;
/* 1: one is on top of what is mounted there, 0: none. */
int guard_find(const char *target, struct err *e) _must_check_;
/* 1: one is there, and something else is mounted over it or on the way to it; 0: none. */
int guard_is_hidden(const char *target, struct err *e) _must_check_;
/* Takes it away, whoever works in it; 1 when there was one, else 0. Nothing but a guard is ever unmounted. */
int guard_remove(const char *target, struct err *e) _must_check_;

#endif
