/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as an initial RAM file system: newc, uncompressed, the same bytes for the same tree. */
#ifndef URUNC_BUNNY_CPIO_IMAGE_H
#define URUNC_BUNNY_CPIO_IMAGE_H

#include "bunny/fs.h"
#include "bunny/rope.h"

/* The archive's size is a multiple of 512, so another one can follow. Extended attributes have no place in it. -EFBIG for a
 * file beyond 4 GiB. */
int cpio_image_write(const struct fs *fs, struct rope *out, struct err *e) _must_check_;

/* Behind an initrd, packed or not: the zeros up to where an archive may follow it. */
void cpio_image_follow(struct rope *out);

#endif
