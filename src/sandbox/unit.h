/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd's that containers are: made, changed and ended over D-Bus. */
#ifndef URUNC_SANDBOX_UNIT_H
#define URUNC_SANDBOX_UNIT_H

#include <sys/types.h>

#include "common/err.h"
#include "machine/confine.h"

/* Makes the transient scope with this process in it, and returns when it is there: systemd has then moved the process into
 * the unit's control group. An old failed unit of the same name makes room; any other is -EEXIST. */
int unit_start(const struct confine_unit *u, pid_t pid, struct err *e) _must_check_;
/* Tells it other properties, which hold as long as it lives. */
int unit_set(const struct confine_unit *u, struct err *e) _must_check_;
/* Ends it: kills what is in it, waits until systemd has let it go. A unit that does not exist, or has another description
 * (it is somebody else's), is left alone: 0. */
int unit_stop(const char *name, const char *description, struct err *e) _must_check_;

#endif
