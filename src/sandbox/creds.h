/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up privileges, in the one order that works, and proof that they are gone. */
#ifndef URUNC_SANDBOX_CREDS_H
#define URUNC_SANDBOX_CREDS_H

#include "common/err.h"
#include "machine/confine.h"

/* The RLIMIT_* number of a name like "RLIMIT_NOFILE"; -1 if there is none. */
int creds_rlimit_resource(const char *type);
/* The oom score, if one is wanted. Before the box, because it needs /proc. That it may not be lowered is no error but
 * *ret_warn (a static text; NULL if there is nothing to warn of). */
int creds_oom_score(const struct confine_creds *c, const char **ret_warn, struct err *e) _must_check_;
/* rlimits. After the box, which they might be too tight for. A hard limit that may not be raised stays where it is, with
 * *ret_warn as above; anything else is an error. RLIMIT_CORE is always 0. */
int creds_limits(const struct confine_creds *c, const char **ret_warn, struct err *e) _must_check_;
/* umask; bounding and ambient sets emptied and securebits locked (while that is permitted); setgroups (always), gid,
 * uid; all other capability sets empty, no_new_privs, non-dumpable. Then verifies with getres*id, capget and a failing
 * setuid(0) (when uid != 0). Needs no /proc. */
int creds_drop(const struct confine_creds *c, struct err *e) _must_check_;

#endif
