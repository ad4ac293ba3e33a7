/* SPDX-License-Identifier: Apache-2.0 */
/* A tree into an ext4 file system, by libext2fs: inode by inode, contents read where they lie. */
#include "image/ext4_tree.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/fd.h"

#define BLOCK_BYTES 4096u
#define INODE_BYTES 256u
#define PIECE_BYTES (16u * BLOCK_BYTES)
#define NAME_BYTES 8u /* of an entry of a directory, besides the name and up to three for its alignment */
#define DIR_LINKS_MAX 32000u
/* Group descriptors, bitmaps, trees of extents: never as much as this part of all, and some blocks in any case. */
#define SPARE_PART 16
#define SPARE_BLOCKS 512u

struct writer {
	ext2_filsys fs;
	int root_fd;
	struct arena *a;
	struct err *e;
	unsigned char piece[PIECE_BYTES];
};

static void free_fs(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
}

static void close_file(ext2_file_t *f)
{
	if (*f)
		ext2fs_file_close(*f);
}

static int failed(struct writer *w, const struct tree_node *n, errcode_t code)
{
	/* Numbers below the library's own are errno. */
	int r = code > 0 && code < 4096                                                ? (int)code
		: code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL ? ENOSPC
		: code == EXT2_ET_NO_MEMORY                                            ? ENOMEM
										       : EIO;
	const char *path = n ? tree_path(n, w->a) : ".";

	if (code == EXT2_ET_EA_NO_SPACE)
		return err_set(w->e, EOPNOTSUPP,
			       "'%.256s' has more or longer extended attributes than an ext4 image can hold (%u bytes, an EROFS "
			       "image holds 32768)",
			       path ? path : "", BLOCK_BYTES);
	return err_set(w->e, r, "cannot write '%.256s' to an ext4 image: %s (libext2fs %ld)",
		       path ? path : "", strerror(r), (long)code);
}

/* --- sizes --- */

static uint64_t blocks_of(uint64_t bytes)
{
	return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

static void measure(const struct tree_node *n, uint64_t *blocks, uint64_t *inodes)
{
	uint64_t names = 2 * (NAME_BYTES + 4);

	for (size_t i = 0; i < n->nkids; i++) {
		names += NAME_BYTES + 3 + strlen(n->kids[i]->name);
		measure(n->kids[i], blocks, inodes);
	}
	if (n->same != n)
		return;
	++*inodes;
	/* No entry lies across two blocks. */
	if (S_ISDIR(n->mode))
		*blocks += blocks_of(names + names / 8) + 1;
	else if (S_ISREG(n->mode) || S_ISLNK(n->mode))
		*blocks += blocks_of(n->size_bytes);
	*blocks += n->nxattrs > 0;
}

static uint64_t image_bytes(const struct tree *t, uint64_t *ret_inodes)
{
	uint64_t blocks = 0, inodes = EXT2_GOOD_OLD_FIRST_INO + 1;

	measure(t->top, &blocks, &inodes);
	*ret_inodes = inodes;
	blocks += blocks_of(inodes * INODE_BYTES);
	return (blocks + blocks / SPARE_PART + SPARE_BLOCKS) * BLOCK_BYTES;
}

/* What each Linux with ext4 can read. Nobody will ever write it: no journal. */
static void describe(struct ext2_super_block *s, uint64_t size_bytes, uint64_t inodes)
{
	memset(s, 0, sizeof(*s));
	s->s_rev_level = EXT2_DYNAMIC_REV;
	s->s_log_block_size = 2;
	s->s_log_cluster_size = 2;
	s->s_inode_size = INODE_BYTES;
	s->s_log_groups_per_flex = 4;
	s->s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR;
	s->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
				EXT4_FEATURE_INCOMPAT_FLEX_BG;
	s->s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
				 EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
				 EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE;
	ext2fs_blocks_count_set(s, size_bytes / BLOCK_BYTES);
	s->s_inodes_count = (uint32_t)inodes;
}

/* --- inodes --- */

static uint32_t seconds(const struct tree_node *n, uint32_t *ret_extra)
{
	int64_t t = n->mtime_s < INT32_MIN ? INT32_MIN : n->mtime_s;

	/* Two bits count how often 32 bits were full; the rest are nanoseconds. */
	*ret_extra = (n->mtime_ns & 0x3fffffffu) << 2 | ((uint32_t)((t - (int32_t)(uint32_t)t) >> 32) & 3);
	return (uint32_t)t;
}

static void fill_inode(struct ext2_inode_large *to, const struct tree_node *n)
{
	uint32_t extra;

	to->i_mode = (uint16_t)n->mode;
	to->i_uid = (uint16_t)n->uid;
	to->i_gid = (uint16_t)n->gid;
	to->osd2.linux2.l_i_uid_high = (uint16_t)(n->uid >> 16);
	to->osd2.linux2.l_i_gid_high = (uint16_t)(n->gid >> 16);
	to->i_atime = to->i_mtime = to->i_ctime = to->i_crtime = seconds(n, &extra);
	to->i_extra_isize = sizeof(*to) - EXT2_GOOD_OLD_INODE_SIZE;
	to->i_atime_extra = to->i_mtime_extra = to->i_ctime_extra = to->i_crtime_extra = extra;
	if (!S_ISDIR(n->mode))
		to->i_links_count = (uint16_t)n->nlink;
}

/* The rest of what the library has put there stays: sizes, blocks, links of directories. */
static errcode_t set_attributes(struct writer *w, const struct tree_node *n)
{
	struct ext2_inode_large inode;
	errcode_t r = ext2fs_read_inode_full(w->fs, (ext2_ino_t)n->at, (struct ext2_inode *)(void *)&inode,
					     sizeof(inode));

	if (r != 0)
		return r;
	fill_inode(&inode, n);
	return ext2fs_write_inode_full(w->fs, (ext2_ino_t)n->at, (struct ext2_inode *)(void *)&inode,
				       sizeof(inode));
}

static bool has_meaning(const char *name)
{
	static const char *const known[] = {"user.", "trusted.", "security.", "system.posix_acl_"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static errcode_t set_xattrs(struct writer *w, const struct tree_node *n)
{
	struct ext2_xattr_handle *h;
	errcode_t r = n->nxattrs > 0 ? ext2fs_xattrs_open(w->fs, (ext2_ino_t)n->at, &h) : 0;

	if (r != 0 || n->nxattrs == 0)
		return r;
	for (size_t i = 0; r == 0 && i < n->nxattrs; i++)
		if (has_meaning(n->xattrs[i].name))
			r = ext2fs_xattr_set(h, n->xattrs[i].name, n->xattrs[i].value, n->xattrs[i].n);
	ext2fs_xattrs_close(&h);
	return r;
}

static int entry_type(uint32_t mode)
{
	return S_ISDIR(mode)    ? EXT2_FT_DIR
	       : S_ISLNK(mode)  ? EXT2_FT_SYMLINK
	       : S_ISCHR(mode)  ? EXT2_FT_CHRDEV
	       : S_ISBLK(mode)  ? EXT2_FT_BLKDEV
	       : S_ISFIFO(mode) ? EXT2_FT_FIFO
	       : S_ISSOCK(mode) ? EXT2_FT_SOCK
				: EXT2_FT_REG_FILE;
}

/* A directory that is full grows by a block. */
static errcode_t put_name(struct writer *w, const struct tree_node *n, ext2_ino_t ino)
{
	ext2_ino_t dir = (ext2_ino_t)n->parent->at;
	errcode_t r = ext2fs_link(w->fs, dir, n->name, ino, entry_type(n->mode));

	if (r == EXT2_ET_DIR_NO_SPACE) {
		r = ext2fs_expand_dir(w->fs, dir);
		if (r == 0)
			r = ext2fs_link(w->fs, dir, n->name, ino, entry_type(n->mode));
	}
	return r;
}

static void set_device(struct ext2_inode_large *to, uint64_t rdev)
{
	uint32_t major = major(rdev), minor = minor(rdev);

	if (major < 256 && minor < 256)
		to->i_block[0] = major << 8 | minor;
	else
		to->i_block[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* An empty tree of extents, which also a file without contents has. */
static errcode_t begin_extents(struct writer *w, ext2_ino_t ino, struct ext2_inode_large *inode)
{
	ext2_extent_handle_t h = NULL;
	errcode_t r;

	inode->i_flags = EXT4_EXTENTS_FL;
	r = ext2fs_extent_open2(w->fs, ino, (struct ext2_inode *)(void *)inode, &h);
	ext2fs_extent_free(h);
	return r;
}

static errcode_t new_inode(struct writer *w, struct tree_node *n)
{
	struct ext2_inode_large inode = {0};
	ext2_ino_t ino;
	errcode_t r = ext2fs_new_inode(w->fs, EXT2_ROOT_INO, (int)n->mode, NULL, &ino);

	if (r != 0)
		return r;
	n->at = ino;
	fill_inode(&inode, n);
	if (S_ISREG(n->mode))
		r = begin_extents(w, ino, &inode);
	if (S_ISCHR(n->mode) || S_ISBLK(n->mode))
		set_device(&inode, n->rdev);
	ext2fs_inode_alloc_stats2(w->fs, ino, +1, 0);
	return r == 0 ? ext2fs_write_inode_full(w->fs, ino, (struct ext2_inode *)(void *)&inode, sizeof(inode))
		      : r;
}

/* --- contents --- */

static bool is_zero(const unsigned char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* Whole blocks of zeros are left out. */
static errcode_t write_piece(ext2_file_t f, const unsigned char *p, size_t n)
{
	errcode_t r = 0;

	for (size_t at = 0; r == 0 && at < n; at += BLOCK_BYTES) {
		size_t k = n - at < BLOCK_BYTES ? n - at : BLOCK_BYTES;

		if (is_zero(p + at, k))
			r = ext2fs_file_llseek(f, k, EXT2_SEEK_CUR, NULL);
		else
			r = ext2fs_file_write(f, p + at, (unsigned)k, NULL);
	}
	return r;
}

static ssize_t read_whole(int fd, void *p, size_t n, uint64_t at)
{
	size_t have = 0;

	while (have < n) {
		ssize_t k = pread(fd, (char *)p + have, n - have, (off_t)(at + have));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		have += (size_t)k;
	}
	return (ssize_t)have;
}

static int copy_contents(struct writer *w, const struct tree_node *n, int fd)
{
	__attribute__((cleanup(close_file))) ext2_file_t f = NULL;
	errcode_t code = ext2fs_file_open(w->fs, (ext2_ino_t)n->at, EXT2_FILE_WRITE, &f);

	for (uint64_t at = 0; code == 0 && at < n->size_bytes; at += PIECE_BYTES) {
		size_t k = n->size_bytes - at < PIECE_BYTES ? (size_t)(n->size_bytes - at) : PIECE_BYTES;
		ssize_t got = read_whole(fd, w->piece, k, at);

		if (got < 0)
			return err_set(w->e, (int)-got, "cannot read '%.256s': %s", n->name,
				       strerror((int)-got));
		if ((size_t)got < k)
			return err_set(w->e, EAGAIN, "'%.256s' became shorter while it was read", n->name);
		code = write_piece(f, w->piece, k);
	}
	if (code == 0)
		code = ext2fs_file_set_size2(f, (ext2_off64_t)n->size_bytes);
	if (code == 0) {
		code = ext2fs_file_close(f);
		f = NULL;
	}
	return code == 0 ? 0 : failed(w, n, code);
}

static int put_file(struct writer *w, struct tree_node *n)
{
	_cleanup_fd_ int fd = -1;
	struct arena tmp = {0};
	int r = tree_open(w->root_fd, n, &tmp, &fd, w->e);

	arena_release(&tmp);
	return r == 0 ? copy_contents(w, n, fd) : r;
}

static errcode_t make_directory(struct writer *w, struct tree_node *n)
{
	ext2_ino_t ino, dir = (ext2_ino_t)n->parent->at;
	errcode_t r = ext2fs_new_inode(w->fs, dir, (int)n->mode, NULL, &ino);

	if (r != 0)
		return r;
	n->at = ino;
	/* It may be full already: for the name there must be room before the inode is made. */
	r = ext2fs_mkdir(w->fs, dir, ino, n->name);
	if (r == EXT2_ET_DIR_NO_SPACE) {
		r = ext2fs_expand_dir(w->fs, dir);
		if (r == 0)
			r = ext2fs_mkdir(w->fs, dir, ino, n->name);
	}
	return r;
}

static errcode_t make_link(struct writer *w, struct tree_node *n)
{
	ext2_ino_t ino;
	errcode_t r = ext2fs_new_inode(w->fs, EXT2_ROOT_INO, (int)n->mode, NULL, &ino);

	n->at = ino;
	return r == 0 ? ext2fs_symlink(w->fs, EXT2_ROOT_INO, ino, NULL, n->target) : r;
}

/* Anything but a directory, without a name as yet. */
static int make_inode(struct writer *w, struct tree_node *n)
{
	errcode_t code = S_ISLNK(n->mode) ? make_link(w, n) : new_inode(w, n);
	int r = 0;

	if (code == 0 && S_ISREG(n->mode))
		r = put_file(w, n);
	if (r < 0)
		return r;
	if (code == 0)
		code = set_attributes(w, n);
	if (code == 0)
		code = set_xattrs(w, n);
	return code == 0 ? 0 : failed(w, n, code);
}

/* Whichever of the names of a hard link comes first makes the inode. */
static int put_node(struct writer *w, struct tree_node *n)
{
	errcode_t code;
	int r = 0;

	if (S_ISDIR(n->mode)) {
		code = make_directory(w, n);
	} else {
		if (n->same->at == 0)
			r = make_inode(w, n->same);
		if (r < 0)
			return r;
		code = put_name(w, n, (ext2_ino_t)n->same->at);
	}
	return code == 0 ? 0 : failed(w, n, code);
}

/* More subdirectories than can be counted: then they are not. */
static errcode_t bound_links(struct writer *w, const struct tree_node *n)
{
	struct ext2_inode inode;
	size_t dirs = 0;
	errcode_t r;

	for (size_t i = 0; i < n->nkids; i++)
		dirs += S_ISDIR(n->kids[i]->mode);
	if (dirs < DIR_LINKS_MAX)
		return 0;
	r = ext2fs_read_inode(w->fs, (ext2_ino_t)n->at, &inode);
	inode.i_links_count = 1;
	return r == 0 ? ext2fs_write_inode(w->fs, (ext2_ino_t)n->at, &inode) : r;
}

/* A directory's attributes last: what is put into it changes them. */
static int put_directory(struct writer *w, struct tree_node *n)
{
	errcode_t code;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->nkids; i++) {
		r = put_node(w, n->kids[i]);
		if (r == 0 && S_ISDIR(n->kids[i]->mode))
			r = put_directory(w, n->kids[i]);
	}
	if (r < 0)
		return r;
	if ((code = set_attributes(w, n)) != 0 || (code = set_xattrs(w, n)) != 0 ||
	    (code = bound_links(w, n)) != 0)
		return failed(w, n, code);
	return 0;
}

/* --- the whole --- */

static int begin(struct writer *w, int out_fd, uint64_t bytes, uint64_t inodes)
{
	struct ext2_super_block wanted;
	char name[16];
	errcode_t code;

	describe(&wanted, bytes, inodes);
	/* This manager of the library takes a descriptor, and closes it. */
	snprintf(name, sizeof(name), "%d", fcntl(out_fd, F_DUPFD_CLOEXEC, 3));
	code = ext2fs_initialize(name, EXT2_FLAG_64BITS, &wanted, unixfd_io_manager, &w->fs);
	if (code != 0)
		return failed(w, NULL, code);
	w->fs->super->s_max_mnt_count = -1;
	w->fs->super->s_min_extra_isize = w->fs->super->s_want_extra_isize = sizeof(struct ext2_inode_large) -
									     EXT2_GOOD_OLD_INODE_SIZE;
	w->fs->super->s_r_blocks_count = 0;
	/* Not the hour: neither in what is still to be written nor in what the library has written already. */
	w->fs->now = w->fs->super->s_mkfs_time = w->fs->super->s_lastcheck = w->fs->super->s_wtime = 1;
	code = ext2fs_allocate_tables(w->fs);
	if (code == 0)
		code = ext2fs_mkdir(w->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, 0);
	for (ext2_ino_t i = EXT2_ROOT_INO + 1; code == 0 && i < EXT2_FIRST_INODE(w->fs->super); i++)
		ext2fs_inode_alloc_stats2(w->fs, i, +1, 0);
	if (code == 0) {
		ext2fs_inode_alloc_stats2(w->fs, EXT2_BAD_INO, +1, 0);
		code = ext2fs_update_bb_inode(w->fs, w->fs->badblocks);
	}
	return code == 0 ? 0 : failed(w, NULL, code);
}

int ext4_tree_write(const struct tree *t, int root_fd, int out_fd, uint64_t max_bytes, struct arena *a,
		    uint64_t *ret_bytes, struct err *e)
{
	struct writer *w = arena_alloc(a, sizeof(*w));
	__attribute__((cleanup(free_fs))) ext2_filsys fs = NULL;
	uint64_t inodes, bytes = image_bytes(t, &inodes);
	errcode_t code;
	int r;

	if (!w)
		return err_oom(e);
	if (bytes > max_bytes || inodes > UINT32_MAX)
		return err_set(e, EFBIG, "an ext4 image of %llu files needs %llu bytes, allowed are %llu",
			       (unsigned long long)inodes, (unsigned long long)bytes,
			       (unsigned long long)max_bytes);
	if (ftruncate(out_fd, (off_t)bytes) < 0)
		return err_sys(e, "cannot make a file of %llu bytes for an image", (unsigned long long)bytes);
	*w = (struct writer){.root_fd = root_fd, .a = a, .e = e};
	r = begin(w, out_fd, bytes, inodes);
	fs = w->fs;
	if (r < 0)
		return r;
	t->top->at = EXT2_ROOT_INO;
	r = put_directory(w, t->top);
	if (r < 0)
		return r;
	code = ext2fs_close_free(&fs);
	if (code != 0)
		return failed(w, NULL, code);
	*ret_bytes = bytes;
	return 0;
}
