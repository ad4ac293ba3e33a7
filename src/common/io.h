/* SPDX-License-Identifier: Apache-2.0 */
/* Whole-file reads and writes with limits. */
#ifndef URUNC_COMMON_IO_H
#define URUNC_COMMON_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Writes all n bytes (EINTR and short writes handled). 0 or -errno, no err text. */
int write_all(int fd, const void *p, size_t n) _must_check_;
/* Reads the rest of fd into the arena, NUL-terminated after n. More than max_bytes is -EFBIG. `what`
 * names the file in errors. */
int read_all(int fd, size_t max_bytes, struct arena *a, struct bytes *ret, const char *what, struct err *e)
	_must_check_;
/* Opens (O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY, regular files and kernel files only), reads, closes. */
int file_read(int dirfd, const char *path, size_t max_bytes, struct arena *a, struct bytes *ret,
	      struct err *e) _must_check_;
/* One open(O_WRONLY|flags)+write+close; for cgroup and proc files. */
int file_write(int dirfd, const char *path, int flags, const void *p, size_t n, struct err *e) _must_check_;
/* Gives a new file (mode) its name when it is whole. Over an existing one: writes ".<name>.<pid>" beside it (O_EXCL),
 * then renames. Nothing is left on failure. */
int file_write_atomic(int dirfd, const char *name, mode_t mode, const void *p, size_t n, struct err *e)
	_must_check_;

#endif
