/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as an ext2 or ext4 disk, by libext2fs, without root and the same bytes for the same tree. */
#ifndef URUNC_BUNNY_EXT_IMAGE_H
#define URUNC_BUNNY_EXT_IMAGE_H

#include <stdbool.h>

#include "bunny/fs.h"

#define EXT_IMAGE_LEAST_BYTES (256u << 10)
#define EXT_IMAGE_MOST_BYTES (8ull << 40)
#define EXT_IMAGE_LABEL_MAX 16

struct ext_options {
	bool ext4;           /* extents; otherwise what every driver of ext2 can read and write */
	uint64_t size_bytes; /* 0: what the tree needs, and a quarter more */
	const char *label;   /* NULL: none */
	int64_t epoch;       /* when it was made */
};

/* Writes the disk into fd, an empty regular file open for reading and writing, which gets its size, a multiple of 4096. -ENOSPC
 * when it does not fit into size_bytes. */
int ext_image_write(const struct fs *fs, const struct ext_options *o, int fd, uint64_t *ret_bytes,
		    struct err *e) _must_check_;

#endif
