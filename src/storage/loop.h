/* SPDX-License-Identifier: Apache-2.0 */
/* Loop devices that vanish with their last user, as `mount -o loop` makes them. */
#ifndef URUNC_STORAGE_LOOP_H
#define URUNC_STORAGE_LOOP_H

#include <stdbool.h>

#include "common/err.h"

/* Is it a loop device with this property? */
bool loop_vanishes(const char *device);
/* Gives or takes it. */
int loop_set_vanishes(const char *device, bool on, struct err *e) _must_check_;

#endif
