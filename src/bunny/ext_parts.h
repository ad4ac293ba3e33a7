/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the ext writer share. */
#ifndef URUNC_BUNNY_EXT_PARTS_H
#define URUNC_BUNNY_EXT_PARTS_H

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

#include "bunny/fs.h"

/* In fs_inode.number, beside the inode's number: it is on the disk already. */
#define EXT_WRITTEN (1ull << 32)

/* The disk is too small: what ENOSPC says of the place where it is written. */
#define EXT_TOO_SMALL EXFULL

struct ext {
	ext2_filsys fs;
	int fd;
	bool ext4;
	struct arena *a;
	blk64_t next; /* blocks below were given out */
	ext2_ino_t next_ino;
};

/* "<what>: <why>" and an errno; the library's own numbers among them. */
int ext_failed(struct err *e, const char *what, errcode_t code);

/* Gives an inode blocks for `data`, in order, and writes it there. Sets size, blocks and the map. */
int ext_store(struct ext *x, ext2_ino_t ino, struct ext2_inode_large *inode, const struct piece *data,
	      struct err *e) _must_check_;

/* Writes all inodes and directories of the tree, whose top becomes the root, and lost+found. */
int ext_populate(struct ext *x, const struct fs *fs, int64_t epoch, struct err *e) _must_check_;
/* How many blocks its contents need, and inodes. */
int ext_measure(const struct fs *fs, uint32_t block_bytes, uint64_t *ret_blocks, uint64_t *ret_inodes,
		struct err *e) _must_check_;

#endif
