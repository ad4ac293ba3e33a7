/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of an ext file system: where contents go, and how an inode finds them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bunny/ext_parts.h"
#include "common/fd.h"

#define EXTENT_BLOCKS_MAX 32768u
#define DIRECT 12u

struct run {
	blk64_t first;
	uint32_t blocks;
};

static int no_room(struct err *e)
{
	return err_set(e, EXT_TOO_SMALL, "the files do not fit into it");
}

/* The next free blocks in a row, `most` at the most, which are then taken. */
static int take_run(struct ext *x, uint64_t most, struct run *ret, struct err *e)
{
	blk64_t last = ext2fs_blocks_count(x->fs->super) - 1, first, end;
	errcode_t code = ext2fs_find_first_zero_block_bitmap2(x->fs->block_map, x->next, last, &first);

	if (code != 0)
		return no_room(e);
	if (ext2fs_find_first_set_block_bitmap2(x->fs->block_map, first, last, &end) != 0)
		end = last + 1;
	if (end - first > most)
		end = first + most;
	if (end - first > EXTENT_BLOCKS_MAX)
		end = first + EXTENT_BLOCKS_MAX;
	ext2fs_block_alloc_stats_range(x->fs, first, (blk_t)(end - first), +1);
	x->next = end;
	*ret = (struct run){first, (uint32_t)(end - first)};
	return 0;
}

static int take_runs(struct ext *x, uint64_t blocks, struct run **ret, size_t *ret_n, struct err *e)
{
	struct run *v = NULL;
	size_t n = 0, cap = 0;

	while (blocks > 0) {
		int r;

		v = arena_room(x->a, v, n, &cap, 4, sizeof(*v));
		if (!v)
			return err_oom(e);
		r = take_run(x, blocks, &v[n], e);
		if (r < 0)
			return r;
		blocks -= v[n++].blocks;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

/* --- extents --- */

static int map_extents(struct ext *x, ext2_ino_t ino, struct ext2_inode_large *inode, const struct run *v,
		       size_t n, struct err *e)
{
	struct ext2_inode *small = (struct ext2_inode *)(void *)inode;
	ext2_extent_handle_t h = NULL;
	uint64_t at = 0;
	errcode_t code = ext2fs_extent_open2(x->fs, ino, small, &h);

	for (size_t i = 0; code == 0 && i < n; i++) {
		struct ext2fs_extent ext = {.e_pblk = v[i].first, .e_lblk = at, .e_len = v[i].blocks};

		code = ext2fs_extent_insert(h, i ? EXT2_EXTENT_INSERT_AFTER : 0, &ext);
		if (code == 0 && i)
			code = ext2fs_extent_fix_parents(h);
		at += v[i].blocks;
	}
	if (h)
		ext2fs_extent_free(h);
	return code == 0 ? 0 : ext_failed(e, "mapping a file", code);
}

/* --- blocks of block numbers --- */

struct indirect {
	struct ext *x;
	const struct run *v;
	size_t run;
	uint32_t in_run; /* blocks of that run that are mapped already */
	uint64_t left;   /* blocks still to be mapped */
	uint64_t taken;  /* blocks of numbers */
};

static uint32_t next_block(struct indirect *m)
{
	uint32_t block = (uint32_t)(m->v[m->run].first + m->in_run);

	if (++m->in_run == m->v[m->run].blocks) {
		m->run++;
		m->in_run = 0;
	}
	m->left--;
	return block;
}

static int map_block(struct indirect *m, unsigned level, uint32_t *ret, struct err *e)
{
	uint32_t bytes = m->x->fs->blocksize, *numbers;
	struct piece all;
	struct run own;
	int r;

	if (level == 0) {
		*ret = next_block(m);
		return 0;
	}
	r = take_run(m->x, 1, &own, e);
	if (r < 0)
		return r;
	m->taken++;
	numbers = arena_array(m->x->a, bytes, 1);
	if (!numbers)
		return err_oom(e);
	for (size_t i = 0; r == 0 && m->left > 0 && i < bytes / sizeof(*numbers); i++)
		r = map_block(m, level - 1, &numbers[i], e);
	if (r < 0)
		return r;
	all = piece_bytes(numbers, bytes);
	*ret = (uint32_t)own.first;
	return piece_place(&all, m->x->fd, own.first * bytes, e);
}

static int map_indirect(struct ext *x, struct ext2_inode_large *inode, const struct run *v, uint64_t blocks,
			uint64_t *ret_taken, struct err *e)
{
	struct indirect m = {.x = x, .v = v, .left = blocks};
	int r = 0;

	for (unsigned i = 0; i < DIRECT && m.left > 0; i++)
		inode->i_block[i] = next_block(&m);
	for (unsigned level = 1; r == 0 && m.left > 0 && level <= 3; level++)
		r = map_block(&m, level, &inode->i_block[DIRECT + level - 1], e);
	*ret_taken = m.taken;
	return r < 0 || m.left == 0 ? r : err_set(e, EFBIG, "a file is larger than ext2 can hold");
}

/* --- contents --- */

static struct piece part(const struct piece *p, uint64_t at, uint64_t n)
{
	struct piece some = *p;

	some.n = n;
	if (p->kind == PIECE_BYTES)
		some.p = (const char *)p->p + at;
	else
		some.at = p->at + at;
	return some;
}

/* A file is opened once, however many runs it has. */
static int write_runs(struct ext *x, const struct run *v, size_t n, const struct piece *data, struct err *e)
{
	uint64_t bytes = x->fs->blocksize, at = 0;
	int r = 0;

	if (n == 1)
		return piece_place(data, x->fd, v[0].first * bytes, e);
	if (data->kind != PIECE_FD && data->kind != PIECE_BYTES) {
		_cleanup_fd_ int fd = -1;
		struct piece opened;

		r = piece_open(data, &fd, e);
		opened = piece_fd(fd, 0, data->n);
		return r < 0 ? r : write_runs(x, v, n, &opened, e);
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		uint64_t most = v[i].blocks * bytes;
		struct piece some = part(data, at, data->n - at < most ? data->n - at : most);

		r = piece_place(&some, x->fd, v[i].first * bytes, e);
		at += some.n;
	}
	return r;
}

int ext_store(struct ext *x, ext2_ino_t ino, struct ext2_inode_large *inode, const struct piece *data,
	      struct err *e)
{
	uint64_t bytes = x->fs->blocksize, blocks = (data->n + bytes - 1) / bytes, extra = 0;
	struct ext2_inode *small = (struct ext2_inode *)(void *)inode;
	struct run *v = NULL;
	size_t n = 0;
	int r = take_runs(x, blocks, &v, &n, e);

	if (r < 0)
		return r;
	if (ext2fs_inode_size_set(x->fs, small, (ext2_off64_t)data->n) != 0)
		return err_set(e, EFBIG, "a file is larger than it can hold");
	r = x->ext4 ? map_extents(x, ino, inode, v, n, e) : map_indirect(x, inode, v, blocks, &extra, e);
	/* Blocks of an extent tree were counted by the library. */
	if (r == 0 && ext2fs_iblk_add_blocks(x->fs, small, blocks + extra) != 0)
		return err_set(e, EFBIG, "a file is larger than it can hold");
	return r == 0 ? write_runs(x, v, n, data, e) : r;
}
