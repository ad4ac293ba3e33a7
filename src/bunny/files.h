/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an image's archive or directory, by name. */
#ifndef URUNC_BUNNY_FILES_H
#define URUNC_BUNNY_FILES_H

#include <stdbool.h>

#include "bunny/rope.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct files; /* in an arena */

/* A directory; the descriptor stays open. */
int files_of_dir(int fd, struct arena *a, const struct files **ret, struct err *e) _must_check_;
/* A tar archive in a regular file, fd[0, n); packed ones are -EINVAL. The descriptor stays open. */
int files_of_tar(int fd, uint64_t n, struct arena *a, const struct files **ret, struct err *e) _must_check_;

bool files_has(const struct files *f, const char *name);
/* The contents of a regular file, as PIECE_FD. Links lead nowhere outside. -ENOENT. */
int files_get(const struct files *f, const char *name, struct piece *ret, struct err *e) _must_check_;
/* The same in memory. */
int files_read(const struct files *f, const char *name, size_t max, struct bytes *ret, struct err *e)
	_must_check_;

#endif
