/* SPDX-License-Identifier: Apache-2.0 */
/* Inodes and directories of an ext file system. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bunny/ext_parts.h"

#define LOST_AND_FOUND "lost+found"
#define LOST_AND_FOUND_BLOCKS 4u
#define LINK_INLINE_BYTES 60u
#define DIR_LINKS_MAX 32000u

/* --- measuring --- */

struct measure {
	uint64_t blocks, inodes;
	uint32_t bytes; /* of a block */
};

static uint64_t dir_bytes(const struct fs_node *dir, uint32_t block)
{
	uint64_t at = 12 + 12;

	for (size_t i = 0; i < dir->nkids; i++) {
		uint64_t n = (8 + strlen(dir->kids[i]->name) + 3) / 4 * 4;

		if (at % block + n > block || at % block == 0)
			at = (at + block - 1) / block * block;
		at += n;
	}
	return (at + block - 1) / block * block;
}

static uint64_t map_blocks(uint64_t blocks, uint32_t bytes)
{
	return blocks <= 12 ? 0 : (blocks - 12) / (bytes / 4) + 3;
}

static int measure_node(struct fs_node *n, void *arg, struct err *e)
{
	struct measure *m = arg;
	struct fs_inode *i = n->i;
	uint64_t size = 0;

	(void)e;
	if (!S_ISDIR(i->mode) && i->number)
		return 0;
	i->number = 1;
	if (S_ISDIR(i->mode))
		size = dir_bytes(n, m->bytes);
	else if (S_ISREG(i->mode))
		size = i->data.n;
	else if (S_ISLNK(i->mode) && strlen(i->target) >= LINK_INLINE_BYTES)
		size = 1;
	size = (size + m->bytes - 1) / m->bytes;
	m->blocks += size + map_blocks(size, m->bytes) + (i->nxattrs > 0);
	m->inodes++;
	return 0;
}

static int forget(struct fs_node *n, void *arg, struct err *e)
{
	(void)arg, (void)e;
	n->i->number = 0;
	return 0;
}

int ext_measure(const struct fs *fs, uint32_t block_bytes, uint64_t *ret_blocks, uint64_t *ret_inodes,
		struct err *e)
{
	struct measure m = {.bytes = block_bytes};
	int r = fs_walk(fs, forget, NULL, e);

	if (r == 0)
		r = fs_walk(fs, measure_node, &m, e);
	if (r < 0)
		return r;
	*ret_blocks = m.blocks + dir_bytes(fs->top, block_bytes) / block_bytes + LOST_AND_FOUND_BLOCKS;
	*ret_inodes = m.inodes + EXT2_GOOD_OLD_FIRST_INO + 1;
	return 0;
}

/* --- inodes --- */

static void describe(const struct fs_inode *from, struct ext2_inode_large *to)
{
	uint32_t t = from->mtime < 0 ? 0 : from->mtime > INT32_MAX ? INT32_MAX : (uint32_t)from->mtime;

	memset(to, 0, sizeof(*to));
	to->i_mode = (uint16_t)from->mode;
	to->i_uid = (uint16_t)from->uid;
	to->i_gid = (uint16_t)from->gid;
	to->osd2.linux2.l_i_uid_high = (uint16_t)(from->uid >> 16);
	to->osd2.linux2.l_i_gid_high = (uint16_t)(from->gid >> 16);
	to->i_atime = to->i_mtime = to->i_ctime = t;
	to->i_links_count = (uint16_t)from->nlink;
	to->i_extra_isize = sizeof(struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
}

static int write_xattrs(struct ext *x, ext2_ino_t ino, const struct fs_inode *i, struct err *e)
{
	struct ext2_xattr_handle *h;
	errcode_t code;

	if (i->nxattrs == 0)
		return 0;
	code = ext2fs_xattrs_open(x->fs, ino, &h);
	if (code != 0)
		return ext_failed(e, "extended attributes", code);
	for (size_t k = 0; code == 0 && k < i->nxattrs; k++)
		code = ext2fs_xattr_set(h, i->xattrs[k].name, i->xattrs[k].value, i->xattrs[k].n);
	ext2fs_xattrs_close(&h);
	return code == 0 ? 0 : ext_failed(e, "extended attributes", code);
}

static int write_inode(struct ext *x, ext2_ino_t ino, struct ext2_inode_large *inode,
		       const struct fs_inode *i, struct err *e)
{
	size_t bytes = EXT2_INODE_SIZE(x->fs->super) < sizeof(*inode) ? EXT2_GOOD_OLD_INODE_SIZE
								      : sizeof(*inode);
	errcode_t code = ext2fs_write_inode_full(x->fs, ino, (struct ext2_inode *)(void *)inode, (int)bytes);

	return code == 0 ? write_xattrs(x, ino, i, e) : ext_failed(e, "an inode", code);
}

static void set_device(const struct fs_inode *from, struct ext2_inode_large *to)
{
	if (from->major < 256 && from->minor < 256)
		to->i_block[0] = from->major << 8 | from->minor;
	else
		to->i_block[1] = (from->minor & 0xff) | from->major << 8 | (from->minor & ~0xffu) << 12;
}

static int set_link(struct ext *x, ext2_ino_t ino, const struct fs_inode *from, struct ext2_inode_large *to,
		    struct err *e)
{
	size_t n = strlen(from->target);
	struct piece data = piece_bytes(from->target, n);

	if (n >= LINK_INLINE_BYTES)
		return ext_store(x, ino, to, &data, e);
	memcpy(to->i_block, from->target, n);
	to->i_size = (uint32_t)n;
	return 0;
}

static int write_other(struct ext *x, const struct fs_inode *i, struct err *e)
{
	ext2_ino_t ino = (ext2_ino_t)i->number;
	struct ext2_inode_large inode;
	int r = 0;

	describe(i, &inode);
	if (S_ISREG(i->mode))
		r = ext_store(x, ino, &inode, &i->data, e);
	else if (S_ISLNK(i->mode))
		r = set_link(x, ino, i, &inode, e);
	else if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		set_device(i, &inode);
	return r == 0 ? write_inode(x, ino, &inode, i, e) : r;
}

/* --- directories --- */

static uint8_t type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return EXT2_FT_REG_FILE;
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	case S_IFSOCK:
		return EXT2_FT_SOCK;
	default:
		return EXT2_FT_SYMLINK;
	}
}

struct dir_writer {
	unsigned char *p;
	uint64_t at, last; /* last: where the entry before begins */
	uint32_t block;
};

static void put16(unsigned char *p, uint64_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void put_entry(struct dir_writer *d, ext2_ino_t ino, const char *name, uint8_t type)
{
	uint64_t n = strlen(name), need = (8 + n + 3) / 4 * 4, room = d->block - d->at % d->block;

	/* The last entry of a block reaches to its end. */
	if (d->at % d->block == 0 || need > room) {
		if (d->at % d->block != 0) {
			put16(d->p + d->last + 4, d->block - d->last % d->block);
			d->at += room;
		}
	}
	d->last = d->at;
	put16(d->p + d->at, ino & 0xffff);
	put16(d->p + d->at + 2, ino >> 16);
	put16(d->p + d->at + 4, need);
	d->p[d->at + 6] = (unsigned char)n;
	d->p[d->at + 7] = type;
	memcpy(d->p + d->at + 8, name, n);
	d->at += need;
}

static void end_dir(struct dir_writer *d)
{
	put16(d->p + d->last + 4, d->block - d->last % d->block);
}

static int write_dir(struct ext *x, const struct fs_node *dir, ext2_ino_t parent, ext2_ino_t lost,
		     struct err *e)
{
	struct dir_writer d = {.block = x->fs->blocksize};
	uint64_t bytes = dir_bytes(dir, d.block), links = 2 + (lost != 0);
	ext2_ino_t ino = (ext2_ino_t)dir->i->number;
	struct ext2_inode_large inode;
	struct piece data;
	int r;

	if (lost)
		bytes += d.block;
	d.p = arena_alloc(x->a, bytes);
	if (!d.p)
		return err_oom(e);
	put_entry(&d, ino, ".", EXT2_FT_DIR);
	put_entry(&d, parent, "..", EXT2_FT_DIR);
	if (lost)
		put_entry(&d, lost, LOST_AND_FOUND, EXT2_FT_DIR);
	for (size_t i = 0; i < dir->nkids; i++) {
		const struct fs_node *kid = dir->kids[i];

		put_entry(&d, (ext2_ino_t)(kid->i->number & UINT32_MAX), kid->name, type_of(kid->i->mode));
		links += S_ISDIR(kid->i->mode);
	}
	end_dir(&d);
	if (links > DIR_LINKS_MAX)
		return err_set(e, EMLINK, "'%.256s' has %llu directories, more than %u", dir->name,
			       (unsigned long long)links, DIR_LINKS_MAX);
	describe(dir->i, &inode);
	inode.i_links_count = (uint16_t)links;
	data = piece_bytes(d.p, (d.last / d.block + 1) * d.block);
	r = ext_store(x, ino, &inode, &data, e);
	return r == 0 ? write_inode(x, ino, &inode, dir->i, e) : r;
}

static int write_lost(struct ext *x, ext2_ino_t ino, int64_t epoch, struct err *e)
{
	const struct fs_inode like = {.mode = S_IFDIR | 0700, .mtime = epoch};
	struct dir_writer d = {.block = x->fs->blocksize};
	struct ext2_inode_large inode;
	struct piece data;
	int r;

	d.p = arena_array(x->a, LOST_AND_FOUND_BLOCKS, d.block);
	if (!d.p)
		return err_oom(e);
	put_entry(&d, ino, ".", EXT2_FT_DIR);
	put_entry(&d, EXT2_ROOT_INO, "..", EXT2_FT_DIR);
	end_dir(&d);
	/* Empty blocks, so that e2fsck has room for what it finds: it cannot make any. */
	for (uint32_t i = 1; i < LOST_AND_FOUND_BLOCKS; i++)
		put16(d.p + i * d.block + 4, d.block);
	describe(&like, &inode);
	inode.i_links_count = 2;
	data = piece_bytes(d.p, LOST_AND_FOUND_BLOCKS * d.block);
	r = ext_store(x, ino, &inode, &data, e);
	return r == 0 ? write_inode(x, ino, &inode, &like, e) : r;
}

/* --- all --- */

/* In order, so that the same tree has the same numbers. */
static int number(struct fs_node *n, void *arg, struct err *e)
{
	struct ext *x = arg;

	if (n->i->number)
		return 0;
	if (x->next_ino > x->fs->super->s_inodes_count)
		return err_set(e, EXT_TOO_SMALL, "the files do not fit into it");
	n->i->number = x->next_ino;
	ext2fs_inode_alloc_stats2(x->fs, x->next_ino++, +1, S_ISDIR(n->i->mode));
	return 0;
}

static int write_node(struct fs_node *n, void *arg, struct err *e)
{
	struct ext *x = arg;
	int r;

	if (S_ISDIR(n->i->mode))
		r = write_dir(x, n, (ext2_ino_t)n->parent->i->number, 0, e);
	else if (n->i->number & EXT_WRITTEN)
		return 0;
	else
		r = write_other(x, n->i, e);
	if (!S_ISDIR(n->i->mode))
		n->i->number |= EXT_WRITTEN;
	return r < 0 ? err_wrap(e, "'%.256s'", n->name) : 0;
}

int ext_populate(struct ext *x, const struct fs *fs, int64_t epoch, struct err *e)
{
	const struct fs_node *own = fs_kid(fs->top, LOST_AND_FOUND, sizeof(LOST_AND_FOUND) - 1);
	ext2_ino_t lost = 0;
	int r = fs_walk(fs, forget, NULL, e);

	fs->top->i->number = EXT2_ROOT_INO;
	ext2fs_inode_alloc_stats2(x->fs, EXT2_ROOT_INO, +1, 1);
	if (!own) {
		lost = x->next_ino++;
		ext2fs_inode_alloc_stats2(x->fs, lost, +1, 1);
	}
	if (r == 0)
		r = fs_walk(fs, number, x, e);
	if (r == 0)
		r = write_dir(x, fs->top, EXT2_ROOT_INO, lost, e);
	if (r == 0 && lost)
		r = write_lost(x, lost, epoch, e);
	return r == 0 ? fs_walk(fs, write_node, x, e) : r;
}
