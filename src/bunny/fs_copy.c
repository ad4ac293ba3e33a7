/* SPDX-License-Identifier: Apache-2.0 */
/* Copying between trees. Hard links within what is copied stay hard links. */
#include "bunny/fs_copy.h"

#include <string.h>
#include <sys/stat.h>

#include "bunny/ignore.h"

struct copier {
	struct fs *fs;
	const struct fs_copy_options *o;
	struct fs_inode **made; /* of the inode with this number, less 1 */
	size_t n, cap;
	const struct fs_node *top;
	bool keep_layers;
	struct err *e;
};

static void forget(const struct fs_node *n)
{
	n->i->number = 0;
	for (size_t i = 0; i < n->nkids; i++)
		forget(n->kids[i]);
}

static int remember(struct copier *c, struct fs_inode *from, struct fs_inode *to)
{
	struct fs_inode **v = arena_room(c->fs->a, c->made, c->n, &c->cap, 64, sizeof(struct fs_inode *));

	if (!v)
		return err_oom(c->e);
	c->made = v;
	c->made[c->n++] = to;
	from->number = c->n;
	return 0;
}

static void change(const struct fs_copy_options *o, struct fs_inode *i)
{
	if (o->mode >= 0 && !S_ISLNK(i->mode))
		i->mode = (i->mode & S_IFMT) | ((uint32_t)o->mode & 07777);
	if (o->set_owner) {
		i->uid = o->uid;
		i->gid = o->gid;
	}
}

static bool excluded(const struct copier *c, const struct fs_node *n)
{
	const char *path = n->name;

	if (c->o->exclude.n == 0 || n == c->top)
		return false;
	for (const struct fs_node *p = n->parent; p && p != c->top; p = p->parent) {
		path = arena_printf(c->fs->a, "%s/%s", p->name, path);
		if (!path)
			return false;
	}
	for (size_t i = 0; i < c->o->exclude.n; i++) {
		if (pattern_match(c->o->exclude.v[i], path))
			return true;
	}
	return false;
}

static int copy_kids(struct copier *c, struct fs_node *into, const struct fs_node *from);

static int copy_node(struct copier *c, struct fs_node *into, const char *name, const struct fs_node *from)
{
	struct fs_inode like = *from->i;
	uint32_t layer = c->fs->layer;
	struct fs_node *made = NULL;
	int r;

	if (excluded(c, from))
		return 0;
	if (c->keep_layers)
		c->fs->layer = from->layer;
	if (from->i->number && !S_ISDIR(like.mode)) {
		r = fs_link(c->fs, into, name, c->made[from->i->number - 1], c->e);
		c->fs->layer = layer;
		return r;
	}
	change(c->o, &like);
	r = fs_put(c->fs, into, name, &like, &made, c->e);
	c->fs->layer = layer;
	if (r == 0 && from->i->nlink > 1 && !S_ISDIR(like.mode))
		r = remember(c, from->i, made->i);
	return r == 0 && S_ISDIR(like.mode) ? copy_kids(c, made, from) : r;
}

static int copy_kids(struct copier *c, struct fs_node *into, const struct fs_node *from)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->nkids; i++)
		r = copy_node(c, into, from->kids[i]->name, from->kids[i]);
	return r;
}

int fs_copy_node(struct fs *fs, struct fs_node *into, const char *name, const struct fs_node *from,
		 const struct fs_copy_options *o, struct err *e)
{
	struct copier c = {.fs = fs, .o = o, .top = from, .e = e};

	forget(from);
	return copy_node(&c, into, name, from);
}

int fs_copy_kids(struct fs *fs, struct fs_node *into, const struct fs_node *from,
		 const struct fs_copy_options *o, struct err *e)
{
	struct copier c = {.fs = fs, .o = o, .top = from, .e = e};

	forget(from);
	return copy_kids(&c, into, from);
}

int fs_clone(const struct fs *fs, struct fs *ret, struct err *e)
{
	const struct fs_copy_options o = {.mode = -1};
	struct copier c = {.fs = ret, .o = &o, .top = fs->top, .keep_layers = true, .e = e};
	int r = fs_init(ret, fs->a, e);

	if (r < 0)
		return r;
	*ret->top->i = *fs->top->i;
	ret->layer = fs->layer;
	forget(fs->top);
	return copy_kids(&c, ret->top, fs->top);
}
