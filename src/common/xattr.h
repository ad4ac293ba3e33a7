/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes of a file, read by its name and without opening it. */
#ifndef URUNC_COMMON_XATTR_H
#define URUNC_COMMON_XATTR_H

#include "common/arena.h"
#include "common/err.h"

#define XATTR_LIST_BYTES_MAX 65536
#define XATTR_VALUE_BYTES_MAX 65536

struct xattr {
	const char *name; /* "security.capability" */
	const void *value;
	size_t n;
};

/* 1: this attribute is wanted, 0: it is not; negative: an error, told in e. */
typedef int xattr_keep(const char *name, void *arg, struct err *e);

/* Those of `name` in the directory dirfd, which may be a symbolic link (whose own they are). None where the file system
 * has no such thing. keep NULL: all are wanted. */
int xattr_read(int dirfd, const char *name, xattr_keep *keep, void *arg, struct arena *a, struct xattr **ret,
	       size_t *ret_n, struct err *e) _must_check_;

#endif
