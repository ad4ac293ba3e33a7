/* SPDX-License-Identifier: Apache-2.0 */
/* Our own filter of system calls around a monitor (docs/design/seccomp.md). */
#ifndef URUNC_SANDBOX_SECCOMP_H
#define URUNC_SANDBOX_SECCOMP_H

#include "common/err.h"

/* Puts the filter of this name on this process, for ever. no_new_privs must be set. What comes after it must be on the
 * profile's list: execve, and what tells of its failure. -EINVAL when there is no such profile, or when this kernel has no
 * filters. */
int seccomp_enter(const char *profile, struct err *e) _must_check_;

#endif
