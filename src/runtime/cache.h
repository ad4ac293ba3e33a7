/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of images: files KEY.erofs and KEY.ext4 in one directory; below use/ the files of single containers, which may be further
 * names of the former. */
#ifndef URUNC_RUNTIME_CACHE_H
#define URUNC_RUNTIME_CACHE_H

#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

/* Opens the directory; makes it and use/ when missing, for root alone. */
int cache_open(const char *dir, int *ret_fd, struct err *e) _must_check_;
/* A file without a name in directory dirfd: whatever happens, nothing is left of it. Readable by all who get it. */
int cache_new_file(int dirfd, int *ret_fd, struct err *e) _must_check_;
/* Gives it its name. -EEXIST when there is one. */
int cache_name_file(int fd, const char *path, struct err *e) _must_check_;
/* Makes the image of this name (KEY.erofs) known as path, too: 0, or -ENOENT when there is none. */
int cache_take(int dirfd, const char *name, const char *path, struct err *e) _must_check_;
/* One builder for a name: the lock lasts until *ret_fd is closed. */
int cache_lock(int dirfd, const char *name, int *ret_fd, struct err *e) _must_check_;
/* Removes what containers of former boots left below use/, then the images that were taken longest ago until at most
 * max_bytes of the disk are used. Those that a container has do not count as removable. */
int cache_trim(int dirfd, uint64_t max_bytes, struct arena *a, struct err *e) _must_check_;

#endif
