/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up privileges, in the one order that works, and proof that they are gone. */
#ifndef URUNC_SANDBOX_CREDS_H
#define URUNC_SANDBOX_CREDS_H

#include "common/err.h"
#include "machine/confine.h"

/* The RLIMIT_* number of a name like "RLIMIT_NOFILE"; -1 if there is none. */
int creds_rlimit_resource(const char *type);
/* Before the box (needs /proc): rlimits and oom score. EPERM/EACCES for raising a limit or lowering the score is
 * reported through *ret_warn (a static text, NULL if none) and is no error; anything else is. RLIMIT_CORE is always 0. */
int creds_limits(const struct confine_creds *c, const char **ret_warn, struct err *e) _must_check_;
/* umask; bounding and ambient sets emptied and securebits locked (while that is permitted); setgroups (always), gid,
 * uid; all other capability sets empty, no_new_privs, non-dumpable. Then verifies with getres*id, capget and a failing
 * setuid(0) (when uid != 0). Needs no /proc. */
int creds_drop(const struct confine_creds *c, struct err *e) _must_check_;

#endif
