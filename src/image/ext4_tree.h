/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a directory tree as an ext4 image to be mounted read-only, for kernels that have no EROFS. */
#ifndef URUNC_IMAGE_EXT4_TREE_H
#define URUNC_IMAGE_EXT4_TREE_H

#include "common/arena.h"
#include "common/err.h"
#include "image/tree.h"

/* Writes the tree, whose files are read below root_fd, into out_fd, an empty regular file open for reading and writing. It has no
 * journal and no lost+found; blocks of zeros are holes. The same tree gives the same bytes. Attributes that a guest's
 * kernel could not make sense of are left out. *ret_bytes: the image's size, which is -EFBIG beyond max_bytes. */
int ext4_tree_write(const struct tree *t, int root_fd, int out_fd, uint64_t max_bytes, struct arena *a,
		    uint64_t *ret_bytes, struct err *e) _must_check_;

#endif
