/* SPDX-License-Identifier: Apache-2.0 */
/* Writes tar archives: ustar, with pax headers only where ustar cannot say it. */
#ifndef URUNC_BUNNY_TAR_WRITE_H
#define URUNC_BUNNY_TAR_WRITE_H

#include "bunny/fs.h"
#include "bunny/rope.h"

/* A file or directory (mode says which; path without '/' in front) that only this archive has. */
void tar_add(struct rope *out, const char *path, uint32_t mode, int64_t mtime, struct piece data);
void tar_end(struct rope *out);

/* What layer `fs->layer` changed in the tree, as a layer's archive: names without "./", a directory before what it holds, in byte
 * order, hard links within the layer kept. */
int tar_write_layer(const struct fs *fs, struct rope *out, struct err *e) _must_check_;

#endif
