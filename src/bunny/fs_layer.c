/* SPDX-License-Identifier: Apache-2.0 */
/* A tar archive as a layer. */
#include "bunny/fs_layer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bunny/tar_read.h"
#include "common/str.h"

#define WHITEOUT ".wh."
#define WHITEOUT_META ".wh..wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

struct layering {
	struct fs *fs;
	const char *top;
	int fd;
	unsigned flags;
};

static bool leads_up(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
		path += strspn(path, "/");
	}
	return false;
}

/* "./usr//bin/" as "usr//bin", seen from the top; "" for the top itself. */
static int clean(const struct layering *l, const char *path, const char **ret, struct err *e)
{
	size_t n;

	if (leads_up(path))
		return err_set(e, EINVAL, "'%.256s' leads out of the archive", path);
	while (*path == '/' || (path[0] == '.' && (path[1] == '/' || path[1] == '\0')))
		path++;
	n = strlen(path);
	while (n > 0 && (path[n - 1] == '/' || (n > 1 && path[n - 1] == '.' && path[n - 2] == '/')))
		n--;
	if (*l->top)
		*ret = arena_printf(l->fs->a, "%s/%.*s", l->top, (int)n, path);
	else
		*ret = arena_strndup(l->fs->a, path, n);
	return *ret ? 0 : err_oom(e);
}

/* --- whiteouts --- */

/* Takes away what the layers below have in a directory. True if nothing is left. */
static bool prune(struct fs *fs, struct fs_node *dir)
{
	for (size_t i = dir->nkids; i-- > 0;) {
		struct fs_node *kid = dir->kids[i];

		if (prune(fs, kid) && kid->layer != fs->layer)
			fs_remove(fs, kid);
	}
	return dir->nkids == 0;
}

static int white_out(struct layering *l, struct fs_node *dir, const char *name, struct err *e)
{
	struct fs_node *gone;

	if (streq(name, WHITEOUT_OPAQUE)) {
		prune(l->fs, dir);
		return 0;
	}
	if (str_starts(name, WHITEOUT_META))
		return 0; /* what aufs kept for itself */
	name += sizeof(WHITEOUT) - 1;
	if (*name == '\0' || streq(name, ".") || streq(name, ".."))
		return err_set(e, EINVAL, "'" WHITEOUT "%s' takes away no file", name);
	gone = fs_kid(dir, name, strlen(name));
	if (gone && prune(l->fs, gone) && gone->layer != l->fs->layer)
		fs_remove(l->fs, gone);
	return 0;
}

/* --- members --- */

static uint32_t type_bits(enum tar_type t)
{
	static const uint32_t bits[] = {
		[TAR_FILE] = S_IFREG,     [TAR_SYMLINK] = S_IFLNK, [TAR_CHAR] = S_IFCHR,
		[TAR_BLOCKDEV] = S_IFBLK, [TAR_DIR] = S_IFDIR,     [TAR_FIFO] = S_IFIFO,
	};

	return bits[t];
}

static struct fs_inode inode_of(const struct layering *l, const struct tar_member *m)
{
	struct fs_inode i = {.mode = m->mode | type_bits(m->type),
			     .uid = m->uid,
			     .gid = m->gid,
			     .major = m->major,
			     .minor = m->minor,
			     .mtime = m->mtime,
			     .xattrs = m->xattrs,
			     .nxattrs = m->nxattrs};

	if (m->type == TAR_SYMLINK) {
		i.target = m->target;
		i.mode = S_IFLNK | 0777;
	}
	if (m->type == TAR_FILE)
		i.data = piece_fd(l->fd, m->at, m->n);
	return i;
}

static int put_hardlink(struct layering *l, struct fs_node *dir, const char *name, const struct tar_member *m,
			struct err *e)
{
	struct fs_node *to;
	const char *target;
	int r = clean(l, m->target, &target, e);

	if (r == 0)
		r = fs_find(l->fs, target, false, &to, e);
	if (r < 0)
		return err_wrap(e, "hard link '%.256s'", m->path);
	if (S_ISDIR(to->i->mode))
		return err_set(e, EINVAL, "hard link '%.256s' leads to the directory '%.256s'", m->path,
			       m->target);
	return fs_link(l->fs, dir, name, to->i, e);
}

static int put_top(struct layering *l, const struct tar_member *m)
{
	struct fs_node *top = l->fs->top;

	if (m->type == TAR_DIR && *l->top == '\0') {
		struct fs_inode i = inode_of(l, m);

		i.nlink = top->i->nlink;
		*top->i = i;
	}
	return 0;
}

static int refuse_special(const struct tar_member *m, struct err *e)
{
	if (m->type == TAR_CHAR || m->type == TAR_BLOCKDEV || m->type == TAR_FIFO)
		return err_set(e, EINVAL, "'%.256s' is a %s, which an archive of a build context may not have",
			       m->path, m->type == TAR_FIFO ? "FIFO" : "device");
	return 0;
}

static int see(const struct tar_member *m, void *arg, struct err *e)
{
	struct layering *l = arg;
	struct fs_inode like;
	struct fs_node *dir;
	const char *path, *name;
	int r = l->flags & FS_LAYER_PLAIN ? refuse_special(m, e) : 0;

	if (r == 0)
		r = clean(l, m->path, &path, e);
	if (r < 0)
		return r;
	if (path[strlen(l->top)] == '\0' || streq(path + strlen(l->top), "/"))
		return put_top(l, m);
	r = fs_parent(l->fs, path, m->mtime, &dir, &name, e);
	if (r < 0)
		return r;
	if (!(l->flags & FS_LAYER_PLAIN) && str_starts(name, WHITEOUT))
		return white_out(l, dir, name, e);
	if (m->type == TAR_HARDLINK)
		return put_hardlink(l, dir, name, m, e);
	if (m->type == TAR_SYMLINK && *m->target == '\0')
		return err_set(e, EINVAL, "the symbolic link '%.256s' leads nowhere", m->path);
	like = inode_of(l, m);
	return fs_put(l->fs, dir, name, &like, NULL, e);
}

int fs_layer_apply(struct fs *fs, const char *top, int fd, uint64_t at, uint64_t n, unsigned flags,
		   struct err *e)
{
	struct layering l = {.fs = fs, .top = top, .fd = fd, .flags = flags};

	while (*l.top == '/')
		l.top++;
	return tar_read(fd, at, n, fs->a, see, &l, e);
}
