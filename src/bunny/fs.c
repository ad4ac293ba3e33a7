/* SPDX-License-Identifier: Apache-2.0 */
/* Names in directories, in order. */
#include "bunny/fs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int fs_init(struct fs *fs, struct arena *a, struct err *e)
{
	struct fs_node *top = arena_alloc(a, sizeof(*top));
	struct fs_inode *i = arena_alloc(a, sizeof(*i));

	if (!top || !i)
		return err_oom(e);
	*i = (struct fs_inode){.mode = S_IFDIR | 0755, .nlink = 1};
	*top = (struct fs_node){.name = "", .i = i};
	*fs = (struct fs){.a = a, .top = top};
	return 0;
}

static int compare(const struct fs_node *n, const char *name, size_t len)
{
	int c = strncmp(n->name, name, len);

	return c != 0 ? c : n->name[len] != '\0';
}

/* Where it is, or where it would have to be. */
static size_t place(const struct fs_node *dir, const char *name, size_t len, bool *ret_found)
{
	size_t low = 0, high = dir->nkids;

	*ret_found = false;
	/* Layers are written in order, mostly. */
	if (high > 0 && compare(dir->kids[high - 1], name, len) < 0)
		return high;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = compare(dir->kids[middle], name, len);

		if (c == 0) {
			*ret_found = true;
			return middle;
		}
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct fs_node *fs_kid(const struct fs_node *dir, const char *name, size_t n)
{
	bool found;
	size_t at = place(dir, name, n, &found);

	return found ? dir->kids[at] : NULL;
}

static bool make_room(struct fs *fs, struct fs_node *dir)
{
	struct fs_node **v = arena_room(fs->a, dir->kids, dir->nkids, &dir->cap, 4, sizeof(struct fs_node *));

	if (v)
		dir->kids = v;
	return v;
}

static int check_name(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n == 0 || n > FS_NAME_MAX || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return err_set(e, EINVAL,
			       "'%.64s' is no name for a file: 1 to %d bytes, no '/', and neither '.' nor '..'",
			       name, FS_NAME_MAX);
	return 0;
}

static void release(struct fs *fs, struct fs_node *n)
{
	for (size_t i = 0; i < n->nkids; i++)
		release(fs, n->kids[i]);
	n->nkids = 0;
	n->i->nlink--;
	fs->nodes--;
}

static int add(struct fs *fs, struct fs_node *dir, const char *name, struct fs_inode *inode,
	       struct fs_node **ret, struct err *e)
{
	bool found;
	size_t at = place(dir, name, strlen(name), &found);
	struct fs_node *n;

	if (fs->nodes >= FS_NODES_MAX)
		return err_set(e, E2BIG, "more than %u files", FS_NODES_MAX);
	if (dir->depth >= FS_DEPTH_MAX)
		return err_set(e, ELOOP, "'%.64s' lies deeper than %d directories", name, FS_DEPTH_MAX);
	if (found) {
		n = dir->kids[at];
		inode->nlink++; /* before the old one goes: they may be the same */
		if (S_ISDIR(inode->mode)) {
			n->i->nlink--;
		} else {
			release(fs, n);
			fs->nodes++;
		}
	} else {
		n = arena_alloc(fs->a, sizeof(*n));
		if (!n || !(n->name = arena_strdup(fs->a, name)) || !make_room(fs, dir))
			return err_oom(e);
		memmove(&dir->kids[at + 1], &dir->kids[at], (dir->nkids - at) * sizeof(struct fs_node *));
		dir->kids[at] = n;
		dir->nkids++;
		n->parent = dir;
		n->depth = dir->depth + 1;
		inode->nlink++;
		fs->nodes++;
	}
	n->i = inode;
	n->layer = fs->layer;
	if (ret)
		*ret = n;
	return 0;
}

int fs_put(struct fs *fs, struct fs_node *dir, const char *name, const struct fs_inode *like,
	   struct fs_node **ret, struct err *e)
{
	struct fs_inode *i;
	int r = check_name(name, e);

	if (r < 0)
		return r;
	i = arena_memdup(fs->a, like, sizeof(*like));
	if (!i)
		return err_oom(e);
	i->nlink = 0;
	return add(fs, dir, name, i, ret, e);
}

int fs_link(struct fs *fs, struct fs_node *dir, const char *name, struct fs_inode *i, struct err *e)
{
	int r = check_name(name, e);

	return r < 0 ? r : add(fs, dir, name, i, NULL, e);
}

void fs_remove(struct fs *fs, struct fs_node *n)
{
	struct fs_node *dir = n->parent;
	bool found;
	size_t at = place(dir, n->name, strlen(n->name), &found);

	release(fs, n);
	memmove(&dir->kids[at], &dir->kids[at + 1], (dir->nkids - at - 1) * sizeof(struct fs_node *));
	dir->nkids--;
}

const char *fs_path(const struct fs_node *n, struct arena *a)
{
	const char *dir;

	if (!n->parent)
		return "";
	if (!n->parent->parent)
		return n->name;
	dir = fs_path(n->parent, a);
	return dir ? arena_printf(a, "%s/%s", dir, n->name) : NULL;
}

static int walk(struct fs_node *dir, fs_visit *visit, void *arg, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < dir->nkids; i++) {
		r = visit(dir->kids[i], arg, e);
		if (r == 0)
			r = walk(dir->kids[i], visit, arg, e);
	}
	return r;
}

int fs_walk(const struct fs *fs, fs_visit *visit, void *arg, struct err *e)
{
	return walk(fs->top, visit, arg, e);
}
