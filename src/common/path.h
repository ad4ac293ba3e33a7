/* SPDX-License-Identifier: Apache-2.0 */
/* Paths inside a container root: the only way image-supplied names reach the file system. */
#ifndef URUNC_COMMON_PATH_H
#define URUNC_COMMON_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/err.h"

/* A name below an open directory. It resolves as if rootfd were "/": absolute names, "..", and
 * symbolic links stay inside; /proc-style magic links are refused. Borrows both members. */
struct rpath {
	int rootfd;
	const char *path;
};

/* openat2(RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS) plus O_CLOEXEC; a component-by-component walk with
 * the same rules where openat2 is missing (ENOSYS) or path_force_fallback is true.
 * flags: open(2) flags without O_CREAT. */
int rpath_open(const struct rpath *p, int flags, int *ret_fd, struct err *e) _must_check_;
/* As rpath_open(O_RDONLY|O_NONBLOCK|O_NOCTTY) but only a regular file passes; a FIFO, device, socket or
 * directory is an error that says which it is. *ret_st is filled. Never blocks. */
int rpath_open_regular(const struct rpath *p, int *ret_fd, struct stat *ret_st, struct err *e) _must_check_;
extern bool path_force_fallback; /* tests only */

/* Lexically cleaned absolute form of p taken relative to base ("/a" if p is absolute). No access to
 * the file system. NULL when out of memory. */
char *path_join_clean(struct arena *a, const char *base, const char *p);
/* Looks for an executable regular file: names with '/' are tried as they are, others in the
 * colon-separated search list. 0 and a path, or -ENOENT. */
int path_find_program(struct arena *a, const char *name, const char *search, const char **ret, struct err *e)
	_must_check_;
/* mkdir -p with the given mode for what is missing; existing directories are left alone. */
int path_mkdirs(const char *path, mode_t mode, struct err *e) _must_check_;

#endif
