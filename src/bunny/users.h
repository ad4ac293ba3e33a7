/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups of a root, by name: from its own /etc/passwd and /etc/group, never from this machine's. */
#ifndef URUNC_BUNNY_USERS_H
#define URUNC_BUNNY_USERS_H

#include "bunny/fs.h"

/* A name or a number. *ret_gid: the user's group, for a number the same number. -ENOENT: no such user in the root. */
int users_uid(const struct fs *fs, const char *user, uint32_t *ret_uid, uint32_t *ret_gid, struct err *e)
	_must_check_;
int users_gid(const struct fs *fs, const char *group, uint32_t *ret, struct err *e) _must_check_;

#endif
