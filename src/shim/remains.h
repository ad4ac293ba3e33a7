/* SPDX-License-Identifier: Apache-2.0 */
/* Having the runtime take away what a shim that is gone has left. */
#ifndef URUNC_SHIM_REMAINS_H
#define URUNC_SHIM_REMAINS_H

#include "common/err.h"
#include "shim/keep.h"

/* Has the container of that bundle deleted with force. Whatever takes longer than wait_ms is finished without us, by
 * processes of a session of their own that hold none of our descriptors, and what was mounted on the bundle's rootfs
 * meanwhile is unmounted, unless the bundle has gone: -EBUSY, in words, as for every other failure -errno. */
int remains_delete(const struct kept *k, const char *id, const char *bundle, int wait_ms, struct err *e)
	_must_check_;

#endif
