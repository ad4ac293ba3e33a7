/* SPDX-License-Identifier: Apache-2.0 */
/* Layers on top of each other. */
#ifndef URUNC_BUNNY_FS_LAYER_H
#define URUNC_BUNNY_FS_LAYER_H

#include "bunny/fs.h"

enum {
	/* For archives of a build context: devices and FIFOs are refused, and names are only names, never whiteouts. */
	FS_LAYER_PLAIN = 1u << 0,
};

/* Puts the uncompressed tar archive fd[at, at + n) on top of `top` (a directory; all paths are seen from it, and links in
 * them stay below the root of the tree) as one layer: whiteouts take away what the layers below have. Contents are not
 * copied: fd must stay open. Names with ".." are refused, wherever they lead. */
int fs_layer_apply(struct fs *fs, const char *top, int fd, uint64_t at, uint64_t n, unsigned flags,
		   struct err *e) _must_check_;

#endif
