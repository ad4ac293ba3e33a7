/* SPDX-License-Identifier: Apache-2.0 */
/* Makes an empty ext4 file system by libext2fs, as mke2fs would, but without writing what is zero anyway. */
#include "image/ext4.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BLOCK_BYTES 4096u
#define BYTES_PER_INODE 16384u
#define INODE_BYTES 256u
#define FLEX_GROUPS_LOG 4
/* The smallest that the kernel takes, and plenty for one guest. */
#define JOURNAL_BLOCKS 1024
#define LOST_AND_FOUND_BLOCKS 4

static void free_fs(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
}

static int failed(struct err *e, const char *what, errcode_t code)
{
	/* Numbers below the library's own are errno. */
	int n = code > 0 && code < 4096 ? (int)code : EIO;

	return err_set(e, n, "cannot make a writable file system: %s: %s", what, strerror(n));
}

/* Everything that each Linux with ext4 can read and write, and nothing newer. */
static void describe(struct ext2_super_block *s, uint64_t size_bytes)
{
	memset(s, 0, sizeof(*s));
	s->s_rev_level = EXT2_DYNAMIC_REV;
	s->s_log_block_size = 2;
	s->s_log_cluster_size = 2;
	s->s_inode_size = INODE_BYTES;
	s->s_log_groups_per_flex = FLEX_GROUPS_LOG;
	s->s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX;
	s->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
				EXT4_FEATURE_INCOMPAT_FLEX_BG;
	s->s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
				 EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
				 EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE;
	ext2fs_blocks_count_set(s, size_bytes / BLOCK_BYTES);
	s->s_inodes_count = (uint32_t)(size_bytes / BYTES_PER_INODE < 1u << 22 ? size_bytes / BYTES_PER_INODE
									       : 1u << 22);
}

static int name_it(ext2_filsys fs, struct err *e)
{
	struct ext2_super_block *s = fs->super;
	const uint16_t extra = sizeof(struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;

	if (getrandom(s->s_uuid, sizeof(s->s_uuid), 0) < 0 ||
	    getrandom(s->s_hash_seed, sizeof(s->s_hash_seed), 0) < 0)
		return err_sys(e, "cannot get random bytes");
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	s->s_max_mnt_count = -1;
	s->s_min_extra_isize = s->s_want_extra_isize = extra;
	return 0;
}

/* A file's holes read as zeros, so every inode table is initialised already. */
static void mark_zeroed(ext2_filsys fs)
{
	for (dgrp_t i = 0; i < fs->group_desc_count; i++) {
		ext2fs_bg_flags_set(fs, i, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, i);
	}
}

static errcode_t reserve_inodes(ext2_filsys fs)
{
	for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
		ext2fs_inode_alloc_stats2(fs, i, +1, 0);
	ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
	return ext2fs_update_bb_inode(fs, fs->badblocks);
}

static errcode_t make_lost_and_found(ext2_filsys fs)
{
	errcode_t r;
	ext2_ino_t ino;

	fs->umask = 077;
	r = ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, "lost+found");
	if (r == 0)
		r = ext2fs_lookup(fs, EXT2_ROOT_INO, "lost+found", 10, 0, &ino);
	/* Room for what e2fsck finds, as it never grows this directory. */
	for (int i = 1; r == 0 && i < LOST_AND_FOUND_BLOCKS; i++)
		r = ext2fs_expand_dir(fs, ino);
	return r;
}

static int fill(ext2_filsys fs, struct err *e)
{
	errcode_t r = ext2fs_allocate_tables(fs);

	if (r != 0)
		return failed(e, "no room for its tables", r);
	mark_zeroed(fs);
	r = ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, 0);
	if (r == 0)
		r = make_lost_and_found(fs);
	if (r == 0)
		r = reserve_inodes(fs);
	if (r != 0)
		return failed(e, "its root directory", r);
	r = ext2fs_add_journal_inode2(fs, JOURNAL_BLOCKS, ~0ull, EXT2_MKJOURNAL_LAZYINIT);
	return r != 0 ? failed(e, "its journal", r) : 0;
}

int ext4_make(int fd, uint64_t size_bytes, struct err *e)
{
	__attribute__((cleanup(free_fs))) ext2_filsys fs = NULL;
	struct ext2_super_block wanted;
	char name[16];
	errcode_t code;
	int r;

	if (size_bytes < EXT4_LEAST_BYTES || size_bytes > EXT4_MOST_BYTES)
		return err_set(e, EINVAL, "a writable layer of %llu bytes: allowed are %llu to %llu",
			       (unsigned long long)size_bytes, EXT4_LEAST_BYTES, EXT4_MOST_BYTES);
	size_bytes -= size_bytes % BLOCK_BYTES;
	if (ftruncate(fd, (off_t)size_bytes) < 0)
		return err_sys(e, "cannot make a file of %llu bytes for a writable layer",
			       (unsigned long long)size_bytes);
	describe(&wanted, size_bytes);
	/* This manager of the library takes a descriptor, and closes it. */
	snprintf(name, sizeof(name), "%d", fcntl(fd, F_DUPFD_CLOEXEC, 3));
	code = ext2fs_initialize(name, EXT2_FLAG_64BITS, &wanted, unixfd_io_manager, &fs);
	if (code != 0)
		return failed(e, "libext2fs refuses it", code);
	r = name_it(fs, e);
	if (r == 0)
		r = fill(fs, e);
	if (r < 0)
		return r;
	code = ext2fs_close_free(&fs);
	return code != 0 ? failed(e, "it cannot be written", code) : 0;
}
