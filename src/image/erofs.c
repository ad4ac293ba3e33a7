/* SPDX-License-Identifier: Apache-2.0 */
/* EROFS: first all inodes in one area, each with its attributes and the last part of its data, then whole blocks. */
#include "image/erofs.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "image/out.h"

#define SUPER_AT 1024u
#define SUPER_MAGIC 0xE0F5E1E2u
#define SUPER_BYTES 128u
#define SLOT_BYTES 32u
#define FORMAT_EXTENDED 1u
#define LAYOUT_PLAIN 0u
#define LAYOUT_INLINE (2u << 1)
#define NAME_MAX_BYTES 255u
#define XATTR_MAX_BYTES (32u << 10)

struct super {
	uint32_t magic, checksum, feature_compat;
	uint8_t block_bits, ext_slots;
	uint16_t root_nid;
	uint64_t inodes, build_time;
	uint32_t build_time_ns, blocks, meta_block, xattr_block;
	uint8_t uuid[16], volume[16];
	uint32_t feature_incompat;
	uint8_t reserved[44];
} __attribute__((packed));

struct inode {
	uint16_t format, xattr_count, mode, reserved;
	uint64_t size;
	uint32_t where; /* first block, or the device's number */
	uint32_t ino, uid, gid;
	uint64_t mtime;
	uint32_t mtime_ns, nlink;
	uint8_t reserved2[16];
} __attribute__((packed));

struct dirent_head {
	uint64_t nid;
	uint16_t name_at;
	uint8_t type, reserved;
} __attribute__((packed));

struct xattr_head {
	uint32_t filter;
	uint8_t shared, reserved[7];
} __attribute__((packed));

struct xattr_entry {
	uint8_t name_bytes, index;
	uint16_t value_bytes;
} __attribute__((packed));

_Static_assert(sizeof(struct super) == SUPER_BYTES && sizeof(struct inode) == 64, "on-disk sizes");

struct writer {
	struct arena *a;
	int root_fd;
	struct out out;
	uint64_t meta_end; /* next free byte among the inodes */
	uint64_t block;    /* next free block */
	uint64_t inodes;
	struct err *e;
};

/* --- extended attributes --- */

/* The format stores a number for these beginnings. */
static unsigned xattr_prefix(const char *name, const char **ret_rest)
{
	static const struct {
		unsigned index;
		const char *prefix;
		bool whole;
	} known[] = {{2, "system.posix_acl_access", true},
		     {3, "system.posix_acl_default", true},
		     {1, "user.", false},
		     {4, "trusted.", false},
		     {6, "security.", false}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i].prefix);

		if (strncmp(name, known[i].prefix, n) == 0 && (!known[i].whole || name[n] == '\0')) {
			*ret_rest = name + n;
			return known[i].index;
		}
	}
	return 0; /* of no meaning to a guest: left out */
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static uint64_t xattr_bytes(const struct tree_node *n)
{
	uint64_t sum = 0;
	const char *rest;

	for (size_t i = 0; i < n->nxattrs; i++)
		if (xattr_prefix(n->xattrs[i].name, &rest) != 0)
			sum += round_up(sizeof(struct xattr_entry) + strlen(rest) + n->xattrs[i].n, 4);
	return sum > 0 ? sizeof(struct xattr_head) + sum : 0;
}

static int put_xattrs(struct writer *w, const struct tree_node *n)
{
	const struct xattr_head head = {0};
	int r;

	if (xattr_bytes(n) == 0)
		return 0;
	r = out_put(&w->out, &head, sizeof(head), w->e);
	for (size_t i = 0; r == 0 && i < n->nxattrs; i++) {
		const struct tree_xattr *x = &n->xattrs[i];
		const char *rest;
		struct xattr_entry en = {.index = (uint8_t)xattr_prefix(x->name, &rest)};

		if (en.index == 0)
			continue;
		en.name_bytes = (uint8_t)strlen(rest);
		en.value_bytes = htole16((uint16_t)x->n);
		if ((r = out_put(&w->out, &en, sizeof(en), w->e)) == 0 &&
		    (r = out_put(&w->out, rest, en.name_bytes, w->e)) == 0 &&
		    (r = out_put(&w->out, x->value, x->n, w->e)) == 0)
			r = out_align(&w->out, 4, w->e);
	}
	return r;
}

/* --- directories --- */

/* A directory's own two names and its files, in byte order: the kernel looks names up by halving. */
struct listing {
	struct {
		const char *name;
		const struct tree_node *node;
	} * v;
	size_t n;
};

static int list_dir(const struct tree_node *d, struct arena *a, struct listing *ret, struct err *e)
{
	struct listing l = {arena_array(a, d->nkids + 2, sizeof(*l.v)), 0};
	bool dot = false, dotdot = false;

	if (!l.v)
		return err_oom(e);
	for (size_t i = 0; i <= d->nkids; i++) {
		const char *next = i < d->nkids ? d->kids[i]->name : NULL;

		if (!dot && (!next || strcmp(".", next) < 0)) {
			dot = true;
			l.v[l.n].name = ".";
			l.v[l.n++].node = d;
		}
		if (!dotdot && (!next || strcmp("..", next) < 0)) {
			dotdot = true;
			l.v[l.n].name = "..";
			l.v[l.n++].node = d->parent ? d->parent : d;
		}
		if (next) {
			l.v[l.n].name = next;
			l.v[l.n++].node = d->kids[i]->same;
		}
	}
	*ret = l;
	return 0;
}

/* How many entries, from `from` on, share a block, and the bytes they take. */
static size_t fit_block(const struct listing *l, size_t from, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = from; i < l->n; i++) {
		uint64_t more = sizeof(struct dirent_head) + strlen(l->v[i].name);

		if (bytes + more > EROFS_BLOCK_BYTES)
			break;
		bytes += more;
	}
	*ret_bytes = bytes;
	return i - from;
}

static int dir_size(struct writer *w, struct tree_node *d)
{
	struct arena tmp = {0};
	struct listing l;
	uint64_t size = 0, bytes = 0;
	int r = list_dir(d, &tmp, &l, w->e);

	for (size_t i = 0; r == 0 && i < l.n;) {
		size = round_up(size, EROFS_BLOCK_BYTES);
		i += fit_block(&l, i, &bytes);
		size += bytes;
	}
	arena_release(&tmp);
	d->size_bytes = size;
	return r;
}

static uint8_t file_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 1;
	case S_IFDIR:
		return 2;
	case S_IFCHR:
		return 3;
	case S_IFBLK:
		return 4;
	case S_IFIFO:
		return 5;
	case S_IFSOCK:
		return 6;
	default:
		return 7;
	}
}

static int put_dir_block(struct writer *w, const struct listing *l, size_t from, size_t n)
{
	uint64_t at = n * sizeof(struct dirent_head);
	int r = 0;

	for (size_t i = from; r == 0 && i < from + n; i++) {
		const struct dirent_head h = {.nid = htole64(l->v[i].node->at / SLOT_BYTES),
					      .name_at = htole16((uint16_t)at),
					      .type = file_type(l->v[i].node->mode)};

		at += strlen(l->v[i].name);
		r = out_put(&w->out, &h, sizeof(h), w->e);
	}
	for (size_t i = from; r == 0 && i < from + n; i++)
		r = out_put(&w->out, l->v[i].name, strlen(l->v[i].name), w->e);
	return r;
}

/* Blocks [first, end) of a directory; the last may be a part of one. */
static int put_dir(struct writer *w, const struct tree_node *d, uint64_t first, uint64_t end)
{
	struct arena tmp = {0};
	struct listing l;
	uint64_t bytes, block = 0;
	int r = list_dir(d, &tmp, &l, w->e);

	for (size_t i = 0, n; r == 0 && i < l.n && block < end; i += n, block++) {
		n = fit_block(&l, i, &bytes);
		if (block < first)
			continue;
		r = put_dir_block(w, &l, i, n);
		if (r == 0 && block + 1 < end)
			r = out_align(&w->out, EROFS_BLOCK_BYTES, w->e);
	}
	arena_release(&tmp);
	return r;
}

/* --- where things go --- */

static bool has_data(const struct tree_node *n)
{
	return S_ISREG(n->mode) || S_ISDIR(n->mode) || S_ISLNK(n->mode);
}

/* Bytes that lie beside the inode. A directory goes there only as a whole, its blocks are not of one length. */
static uint64_t tail_bytes(const struct tree_node *n)
{
	uint64_t head = sizeof(struct inode) + xattr_bytes(n), tail = n->size_bytes % EROFS_BLOCK_BYTES;

	return has_data(n) && head + tail <= EROFS_BLOCK_BYTES ? tail : 0;
}

static uint64_t whole_blocks(const struct tree_node *n)
{
	if (!has_data(n))
		return 0;
	return tail_bytes(n) ? n->size_bytes / EROFS_BLOCK_BYTES
			     : round_up(n->size_bytes, EROFS_BLOCK_BYTES) / EROFS_BLOCK_BYTES;
}

static int check(struct writer *w, const struct tree_node *n)
{
	const char *path;
	bool fits = strlen(n->name) <= NAME_MAX_BYTES && xattr_bytes(n) <= XATTR_MAX_BYTES;

	for (size_t i = 0; fits && i < n->nxattrs; i++)
		fits = strlen(n->xattrs[i].name) <= NAME_MAX_BYTES && n->xattrs[i].n <= UINT16_MAX;
	if (fits)
		return 0;
	path = tree_path(n, w->a);
	return err_set(w->e, EOPNOTSUPP,
		       "'%.256s' has more or longer extended attributes than an image can hold (%u bytes)",
		       path ? path : n->name, XATTR_MAX_BYTES);
}

static int place_inode(struct writer *w, struct tree_node *n)
{
	uint64_t bytes;
	int r = check(w, n);

	if (r == 0 && S_ISDIR(n->mode))
		r = dir_size(w, n);
	if (r < 0)
		return r;
	bytes = sizeof(struct inode) + xattr_bytes(n) + tail_bytes(n);
	/* What lies beside an inode must not cross a block's border. */
	if (w->meta_end % EROFS_BLOCK_BYTES + bytes > EROFS_BLOCK_BYTES)
		w->meta_end = round_up(w->meta_end, EROFS_BLOCK_BYTES);
	n->at = w->meta_end;
	w->meta_end = round_up(w->meta_end + bytes, SLOT_BYTES);
	w->inodes++;
	return 0;
}

typedef int visit(struct writer *w, struct tree_node *n);

static int each(struct writer *w, struct tree_node *n, visit *f)
{
	int r = n->same == n ? f(w, n) : 0;

	for (size_t i = 0; r == 0 && i < n->nkids; i++)
		r = each(w, n->kids[i], f);
	return r;
}

static int place_blocks(struct writer *w, struct tree_node *n)
{
	uint64_t blocks = whole_blocks(n);

	n->block = (uint32_t)w->block;
	w->block += blocks;
	return w->block <= UINT32_MAX
		       ? 0
		       : err_set(w->e, EOPNOTSUPP, "the container root is too big for an image of it");
}

/* --- writing --- */

static int put_file(struct writer *w, const struct tree_node *n, uint64_t from, uint64_t bytes)
{
	_cleanup_fd_ int fd = -1;
	struct arena tmp = {0};
	int r = tree_open(w->root_fd, n, &tmp, &fd, w->e);

	if (r == 0)
		r = out_copy(&w->out, fd, from, bytes, w->e);
	if (r < 0 && n->name[0])
		r = err_wrap(w->e, "'%.256s'", n->name);
	arena_release(&tmp);
	return r;
}

static int put_data(struct writer *w, const struct tree_node *n, uint64_t from, uint64_t bytes)
{
	uint64_t first = from / EROFS_BLOCK_BYTES;

	if (bytes == 0)
		return 0;
	if (S_ISDIR(n->mode))
		return put_dir(w, n, first, first + round_up(bytes, EROFS_BLOCK_BYTES) / EROFS_BLOCK_BYTES);
	if (S_ISLNK(n->mode))
		return out_put(&w->out, n->target + from, bytes, w->e);
	return put_file(w, n, from, bytes);
}

static uint32_t device_number(uint64_t dev)
{
	uint32_t ma = (uint32_t)(dev >> 8 & 0xfff), mi = (uint32_t)((dev & 0xff) | (dev >> 12 & 0xfff00));

	return (mi & 0xff) | ma << 8 | (mi & ~0xffu) << 12;
}

static int put_inode(struct writer *w, struct tree_node *n)
{
	uint64_t tail = tail_bytes(n), xattrs = xattr_bytes(n);
	bool device = S_ISCHR(n->mode) || S_ISBLK(n->mode);
	const struct inode i = {
		.format = htole16((uint16_t)(FORMAT_EXTENDED | (tail ? LAYOUT_INLINE : LAYOUT_PLAIN))),
		.xattr_count = htole16((uint16_t)(xattrs ? (xattrs - sizeof(struct xattr_head)) / 4 + 1 : 0)),
		.mode = htole16((uint16_t)n->mode),
		.size = htole64(n->size_bytes),
		.where = htole32(device            ? device_number(n->rdev)
				 : whole_blocks(n) ? n->block
						   : UINT32_MAX),
		.ino = htole32((uint32_t)(w->inodes++ + 1)),
		.uid = htole32(n->uid),
		.gid = htole32(n->gid),
		.mtime = htole64((uint64_t)n->mtime_s),
		.mtime_ns = htole32(n->mtime_ns),
		.nlink = htole32(n->nlink),
	};
	int r = out_zero_to(&w->out, n->at, w->e);

	if (r == 0)
		r = out_put(&w->out, &i, sizeof(i), w->e);
	if (r == 0)
		r = put_xattrs(w, n);
	return r == 0 ? put_data(w, n, n->size_bytes - tail, tail) : r;
}

static int put_blocks(struct writer *w, struct tree_node *n)
{
	uint64_t blocks = whole_blocks(n);
	int r;

	if (blocks == 0)
		return 0;
	r = out_zero_to(&w->out, (uint64_t)n->block * EROFS_BLOCK_BYTES, w->e);
	return r == 0 ? put_data(w, n, 0, n->size_bytes - tail_bytes(n)) : r;
}

static int put_super(struct writer *w, const struct tree_node *top)
{
	const struct super s = {
		.magic = htole32(SUPER_MAGIC),
		.block_bits = 12,
		.root_nid = htole16((uint16_t)(top->at / SLOT_BYTES)),
		.inodes = htole64(w->inodes),
		.blocks = htole32((uint32_t)w->block),
	};
	int r = out_zero_to(&w->out, SUPER_AT, w->e);

	return r == 0 ? out_put(&w->out, &s, sizeof(s), w->e) : r;
}

int erofs_write(const struct tree *t, int root_fd, int out_fd, struct arena *a, uint64_t *ret_bytes,
		struct err *e)
{
	struct writer w = {.a = a,
			   .root_fd = root_fd,
			   .out = {.fd = out_fd},
			   .meta_end = SUPER_AT + SUPER_BYTES,
			   .e = e};
	int r = each(&w, t->top, place_inode);

	w.block = round_up(w.meta_end, EROFS_BLOCK_BYTES) / EROFS_BLOCK_BYTES;
	if (r < 0 || (r = each(&w, t->top, place_blocks)) < 0 || (r = put_super(&w, t->top)) < 0)
		return r;
	w.inodes = 0;
	if ((r = each(&w, t->top, put_inode)) < 0 || (r = each(&w, t->top, put_blocks)) < 0 ||
	    (r = out_zero_to(&w.out, w.block * EROFS_BLOCK_BYTES, e)) < 0 || (r = out_flush(&w.out, e)) < 0)
		return r;
	*ret_bytes = w.block * EROFS_BLOCK_BYTES;
	return 0;
}
