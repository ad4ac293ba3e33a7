/* SPDX-License-Identifier: Apache-2.0 */
/* The file system around the files: its size, its superblock, its identity. */
#include "bunny/ext_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/digest.h"
#include "bunny/ext_parts.h"

#define ALIGN 4096u
#define SMALL_BYTES (8ull << 20)
#define FLEX_GROUPS_LOG 4
#define GROWTHS_MAX 8

struct plan {
	uint64_t bytes, inodes;
	uint32_t block_log; /* of a block's size, above 1024 */
};

int ext_failed(struct err *e, const char *what, errcode_t code)
{
	int n = code > 0 && code < 4096 ? (int)code : EIO;

	if (code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL || code == EXT2_ET_TOOSMALL)
		return err_set(e, EXT_TOO_SMALL, "the files do not fit into it");
	return err_set(e, n, "%s: %s", what, n == EIO ? error_message(code) : strerror(n));
}

static void free_fs(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
}

static int make_plan(const struct fs *fs, const struct ext_options *o, struct plan *ret, struct err *e)
{
	uint64_t blocks, inodes, bytes, inode_bytes = o->ext4 ? 256 : 128;
	uint32_t log = 2;
	int r;

	r = ext_measure(fs, 1024, &blocks, &inodes, e);
	if (r < 0)
		return r;
	if ((o->size_bytes ? o->size_bytes : blocks * 1024) < SMALL_BYTES)
		log = 0;
	else
		r = ext_measure(fs, 4096, &blocks, &inodes, e);
	inodes += inodes / 4 + 16;
	bytes = (blocks << (10 + log)) + inodes * inode_bytes;
	bytes += bytes / 4 + (64u << 10);
	*ret = (struct plan){o->size_bytes ? o->size_bytes : bytes, inodes, log};
	return r;
}

static void describe(struct ext2_super_block *s, const struct plan *p, const struct ext_options *o,
		     bool xattrs)
{
	uint64_t least = p->bytes >> 14; /* a guest may write, too: one inode for each 16 KiB */

	memset(s, 0, sizeof(*s));
	s->s_rev_level = EXT2_DYNAMIC_REV;
	s->s_log_block_size = s->s_log_cluster_size = p->block_log;
	s->s_inode_size = o->ext4 ? 256 : 128;
	s->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE;
	s->s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
	if (xattrs || o->ext4)
		s->s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR;
	if (o->ext4) {
		s->s_log_groups_per_flex = FLEX_GROUPS_LOG;
		s->s_feature_incompat |= EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_FLEX_BG;
		s->s_feature_ro_compat |= EXT4_FEATURE_RO_COMPAT_HUGE_FILE |
					  EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
					  EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE;
	}
	ext2fs_blocks_count_set(s, p->bytes >> (10 + p->block_log));
	s->s_inodes_count = (uint32_t)(p->inodes > least ? p->inodes : least);
}

/* --- identity --- */

static int add_node(struct fs_node *n, void *arg, struct err *e)
{
	struct digest_ctx *c = arg;
	const struct fs_inode *i = n->i;
	const uint64_t numbers[] = {n->depth, i->mode, i->uid, i->gid, (uint64_t)i->mtime, i->data.n};

	(void)e;
	digest_add(c, n->name, strlen(n->name) + 1);
	digest_add(c, numbers, sizeof(numbers));
	if (i->target)
		digest_add(c, i->target, strlen(i->target) + 1);
	return 0;
}

/* The UUID is made of what is in it: the same tree has the same one, another tree another. */
static int name_it(ext2_filsys fs, const struct fs *tree, const struct ext_options *o, struct err *e)
{
	struct ext2_super_block *s = fs->super;
	struct digest_ctx c;
	struct digest d;
	int r;

	digest_begin(&c);
	r = fs_walk(tree, add_node, &c, e);
	d = digest_end(&c);
	memcpy(s->s_uuid, d.b, 16);
	s->s_uuid[6] = (uint8_t)((s->s_uuid[6] & 0x0f) | 0x80); /* version 8: as its maker likes */
	s->s_uuid[8] = (uint8_t)((s->s_uuid[8] & 0x3f) | 0x80);
	memcpy(s->s_hash_seed, d.b + 16, 16);
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	s->s_max_mnt_count = -1;
	s->s_mkfs_time = s->s_lastcheck = s->s_wtime = (uint32_t)o->epoch;
	/* The library takes 0 for "now", whatever the time is. */
	fs->now = o->epoch > 0 ? o->epoch : 1;
	if (o->ext4)
		s->s_min_extra_isize = s->s_want_extra_isize = sizeof(struct ext2_inode_large) -
							       EXT2_GOOD_OLD_INODE_SIZE;
	if (o->label)
		memcpy(s->s_volume_name, o->label, strlen(o->label));
	return r;
}

static errcode_t reserve_inodes(ext2_filsys fs)
{
	for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
		ext2fs_inode_alloc_stats2(fs, i, +1, 0);
	ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
	return ext2fs_update_bb_inode(fs, fs->badblocks);
}

static int has_xattrs(struct fs_node *n, void *arg, struct err *e)
{
	bool *any = arg;

	(void)e;
	*any |= n->i->nxattrs > 0;
	return 0;
}

/* --- writing --- */

static int fill(ext2_filsys fs, const struct fs *tree, const struct ext_options *o, int fd, struct err *e)
{
	struct ext x = {.fs = fs,
			.fd = fd,
			.ext4 = o->ext4,
			.a = tree->a,
			.next_ino = EXT2_FIRST_INODE(fs->super)};
	errcode_t code = ext2fs_allocate_tables(fs);

	if (code == 0)
		code = reserve_inodes(fs);
	if (code != 0)
		return ext_failed(e, "its tables", code);
	x.next = fs->super->s_first_data_block;
	return ext_populate(&x, tree, o->epoch, e);
}

/* The library says on standard error, too, what it returns. */
static void say_nothing(const char *who, long code, const char *format, va_list args)
{
	(void)who, (void)code, (void)format, (void)args;
}

static int write_once(const struct fs *tree, const struct ext_options *o, const struct plan *p, int fd,
		      struct err *e)
{
	__attribute__((cleanup(free_fs))) ext2_filsys fs = NULL;
	struct ext2_super_block wanted;
	bool xattrs = tree->top->i->nxattrs > 0;
	char name[16];
	errcode_t code;
	int r = fs_walk(tree, has_xattrs, &xattrs, e);

	if (r < 0)
		return r;
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)p->bytes) < 0)
		return err_sys(e, "cannot make a file of %llu bytes", (unsigned long long)p->bytes);
	describe(&wanted, p, o, xattrs);
	/* This manager of the library takes a descriptor, and closes it. */
	snprintf(name, sizeof(name), "%d", fcntl(fd, F_DUPFD_CLOEXEC, 3));
	code = ext2fs_initialize(name, EXT2_FLAG_64BITS, &wanted, unixfd_io_manager, &fs);
	if (code != 0)
		return ext_failed(e, "making it", code);
	r = name_it(fs, tree, o, e);
	if (r == 0)
		r = fill(fs, tree, o, fd, e);
	if (r < 0)
		return r;
	code = ext2fs_close_free(&fs);
	return code != 0 ? ext_failed(e, "writing it", code) : 0;
}

static int check(const struct ext_options *o, struct err *e)
{
	if (o->size_bytes && (o->size_bytes < EXT_IMAGE_LEAST_BYTES || o->size_bytes > EXT_IMAGE_MOST_BYTES))
		return err_set(e, EINVAL, "a disk of %llu bytes: allowed are %u to %llu",
			       (unsigned long long)o->size_bytes, EXT_IMAGE_LEAST_BYTES, EXT_IMAGE_MOST_BYTES);
	if (o->label && strlen(o->label) > EXT_IMAGE_LABEL_MAX)
		return err_set(e, EINVAL, "label '%s' has more than %d bytes", o->label, EXT_IMAGE_LABEL_MAX);
	return 0;
}

int ext_image_write(const struct fs *fs, const struct ext_options *o, int fd, uint64_t *ret_bytes,
		    struct err *e)
{
	const char *kind = o->ext4 ? "ext4" : "ext2";
	struct plan p;
	int r = check(o, e);

	if (r == 0)
		r = make_plan(fs, o, &p, e);
	if (r < 0)
		return r;
	set_com_err_hook(say_nothing);
	for (int i = 0; i < GROWTHS_MAX; i++) {
		p.bytes = (p.bytes + ALIGN - 1) / ALIGN * ALIGN;
		if (p.bytes < EXT_IMAGE_LEAST_BYTES)
			p.bytes = EXT_IMAGE_LEAST_BYTES;
		r = write_once(fs, o, &p, fd, e);
		/* What was measured is the files; now and then the tables around them take more than thought. */
		if (r != -EXT_TOO_SMALL || o->size_bytes)
			break;
		p.bytes += p.bytes / 4;
	}
	if (r == -EXT_TOO_SMALL && o->size_bytes)
		return err_set(
			e, ENOSPC,
			"%s disk of %llu bytes: the files do not fit into it; make it larger, or leave the size out",
			kind, (unsigned long long)o->size_bytes);
	if (r < 0)
		return err_wrap(e, "%s disk", kind);
	*ret_bytes = p.bytes;
	return 0;
}
