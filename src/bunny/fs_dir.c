/* SPDX-License-Identifier: Apache-2.0 */
/* Reading directories of this machine. */
#include "bunny/fs_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "common/walk.h"

#define BUCKETS 4096u
#define LINK_MAX_BYTES 4096

struct seen {
	dev_t dev;
	ino_t ino;
	struct fs_inode *i;
	struct seen *next;
};

struct dir_reader {
	struct fs *fs;
	struct fs_node *into;
	const char *name;   /* of the start there; NULL: the start is `into` itself */
	int fd;             /* what paths of files are seen from */
	const char *prefix; /* the start's path there */
	const struct fs_dir_options *o;
	struct seen *seen[BUCKETS];
};

static const char *from_fd(const struct dir_reader *rd, const char *path)
{
	if (*rd->prefix == '\0')
		return arena_strdup(rd->fs->a, path);
	return *path ? arena_printf(rd->fs->a, "%s/%s", rd->prefix, path)
		     : arena_strdup(rd->fs->a, rd->prefix);
}

static uint32_t mode_of(const struct fs_dir_options *o, const struct stat *st)
{
	if (o->keep_modes || S_ISLNK(st->st_mode))
		return st->st_mode;
	return (st->st_mode & S_IFMT) | (S_ISDIR(st->st_mode) || (st->st_mode & 0111) ? 0755u : 0644u);
}

static const char *kind_word(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return S_ISCHR(mode) ? "a character device" : "a block device";
}

static int describe(const struct dir_reader *rd, const struct walk_entry *w, struct fs_inode *i, struct err *e)
{
	const struct fs_dir_options *o = rd->o;
	const struct stat *st = w->st;

	if (!o->whole && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode))
		return err_set(e, EINVAL,
			       "'%.256s' is %s; only files, directories and symbolic links can be copied",
			       *w->path ? w->path : rd->prefix, kind_word(st->st_mode));
	i->mode = mode_of(o, st);
	i->mtime = o->keep_times || (!S_ISDIR(st->st_mode) && st->st_mtime < o->mtime) ? st->st_mtime
										       : o->mtime;
	if (o->whole) {
		i->uid = st->st_uid;
		i->gid = st->st_gid;
		i->major = major(st->st_rdev);
		i->minor = minor(st->st_rdev);
	}
	return 0;
}

static int read_target(struct dir_reader *rd, const struct walk_entry *w, struct fs_inode *i, struct err *e)
{
	char buf[LINK_MAX_BYTES];
	ssize_t n = readlinkat(w->dirfd, w->name, buf, sizeof(buf));

	if (n < 0)
		return err_sys(e, "cannot read the symbolic link '%.256s'", w->path);
	i->target = arena_strndup(rd->fs->a, buf, (size_t)n);
	return i->target ? 0 : err_oom(e);
}

static int read_inode(struct dir_reader *rd, const struct walk_entry *w, struct fs_inode *i, struct err *e)
{
	struct xattr *v;
	int r = describe(rd, w, i, e);

	if (r == 0 && rd->o->whole) {
		r = xattr_read(w->dirfd, w->name, NULL, NULL, rd->fs->a, &v, &i->nxattrs, e);
		if (r == 0)
			i->xattrs = v;
	}
	if (r == 0 && S_ISLNK(w->st->st_mode))
		return read_target(rd, w, i, e);
	if (r == 0 && S_ISREG(w->st->st_mode)) {
		const char *path = from_fd(rd, w->path);

		if (!path)
			return err_oom(e);
		i->data = piece_file(rd->fd, path, w->st);
	}
	return r;
}

/* The directory in the tree for the one on disk, which came before. */
static struct fs_node *parent_of(const struct dir_reader *rd, const char *path, const char **ret_name)
{
	struct fs_node *dir = rd->into;
	const char *slash;

	if (rd->name)
		dir = fs_kid(dir, rd->name, strlen(rd->name));
	while (dir && (slash = strchr(path, '/')) != NULL) {
		dir = fs_kid(dir, path, (size_t)(slash - path));
		path = slash + 1;
	}
	*ret_name = path;
	return dir;
}

static int remember(struct dir_reader *rd, const struct stat *st, struct fs_inode *i, struct err *e)
{
	struct seen **bucket = &rd->seen[(st->st_ino * 2654435761u ^ st->st_dev) % BUCKETS], *s;

	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return 0;
	s = arena_alloc(rd->fs->a, sizeof(*s));
	if (!s)
		return err_oom(e);
	*s = (struct seen){st->st_dev, st->st_ino, i, *bucket};
	*bucket = s;
	return 0;
}

static struct fs_inode *seen_before(const struct dir_reader *rd, const struct stat *st)
{
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return NULL;
	for (struct seen *s = rd->seen[(st->st_ino * 2654435761u ^ st->st_dev) % BUCKETS]; s; s = s->next) {
		if (s->ino == st->st_ino && s->dev == st->st_dev)
			return s->i;
	}
	return NULL;
}

static int take(struct dir_reader *rd, struct fs_node *dir, const char *name, const struct walk_entry *w,
		struct err *e)
{
	struct fs_inode like = {0}, *same = seen_before(rd, w->st);
	struct fs_node *n;
	int r;

	if (same)
		return fs_link(rd->fs, dir, name, same, e);
	r = read_inode(rd, w, &like, e);
	if (r == 0)
		r = fs_put(rd->fs, dir, name, &like, &n, e);
	return r == 0 ? remember(rd, w->st, n->i, e) : r;
}

static int take_top(struct dir_reader *rd, const struct walk_entry *w, struct err *e)
{
	struct fs_inode like = {0};
	int r;

	if (rd->name)
		return take(rd, rd->into, rd->name, w, e);
	r = read_inode(rd, w, &like, e);
	like.nlink = rd->into->i->nlink;
	if (r == 0 && rd->o->whole)
		*rd->into->i = like;
	return r;
}

static int visit(const struct walk_entry *w, void *arg, struct err *e)
{
	struct dir_reader *rd = arg;
	const char *name, *path;
	struct fs_node *dir;

	if (*w->path == '\0')
		return take_top(rd, w, e);
	dir = parent_of(rd, w->path, &name);
	if (!dir)
		return 0; /* left out, with all that it holds */
	path = from_fd(rd, w->path);
	if (!path)
		return err_oom(e);
	if (rd->o->skip && rd->o->skip(path, S_ISDIR(w->st->st_mode), rd->o->arg))
		return 0;
	return take(rd, dir, name, w, e);
}

static int read_tree(struct dir_reader *rd, int fd, const char *label, struct err *e)
{
	return walk_tree(fd, label, visit, rd, e);
}

int fs_read_dir(struct fs *fs, struct fs_node *into, int fd, const char *label,
		const struct fs_dir_options *o, struct err *e)
{
	struct dir_reader *rd = arena_alloc(fs->a, sizeof(*rd));

	if (!rd)
		return err_oom(e);
	rd->fs = fs;
	rd->into = into;
	rd->fd = fd;
	rd->prefix = "";
	rd->o = o;
	return read_tree(rd, fd, label, e);
}

static int read_one(struct dir_reader *rd, const char *path, const char *label, struct err *e)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	const char *dir = slash ? arena_strndup(rd->fs->a, path, (size_t)(slash - path)) : ".";
	struct rpath where = {rd->fd, dir && *dir ? dir : "/"};
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r = rpath_open(&where, O_PATH | O_DIRECTORY, &fd, e);

	if (r < 0)
		return err_wrap(e, "%s", label);
	if (fstatat(fd, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "%s: '%.256s'", label, path);
	if (S_ISDIR(st.st_mode)) {
		_cleanup_fd_ int sub = openat(fd, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (sub < 0)
			return err_sys(e, "%s: '%.256s'", label, path);
		return read_tree(rd, sub, label, e);
	}
	return take(rd, rd->into, rd->name, &(struct walk_entry){fd, last, "", &st}, e);
}

int fs_read_path(struct fs *fs, struct fs_node *into, const char *name, int fd, const char *path,
		 const char *label, const struct fs_dir_options *o, struct err *e)
{
	struct dir_reader *rd = arena_alloc(fs->a, sizeof(*rd));

	if (!rd)
		return err_oom(e);
	rd->fs = fs;
	rd->into = into;
	rd->name = name;
	rd->fd = fd;
	rd->prefix = path;
	rd->o = o;
	return read_one(rd, path, label, e);
}
