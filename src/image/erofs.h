/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a directory tree as an EROFS image: read-only, uncompressed, small files beside their inodes.
 * On-disk format: Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h of Linux; nothing newer than 5.4's. */
#ifndef URUNC_IMAGE_EROFS_H
#define URUNC_IMAGE_EROFS_H

#include "common/arena.h"
#include "common/err.h"
#include "image/tree.h"

#define EROFS_BLOCK_BYTES 4096u

/* Writes the tree, whose files are read below root_fd, into out_fd, an empty regular file. The same tree gives the same
 * bytes. *ret_bytes: the image's size, a multiple of EROFS_BLOCK_BYTES. -EOPNOTSUPP beyond what the format can hold. */
int erofs_write(const struct tree *t, int root_fd, int out_fd, struct arena *a, uint64_t *ret_bytes,
		struct err *e) _must_check_;

#endif
