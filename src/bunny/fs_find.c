/* SPDX-License-Identifier: Apache-2.0 */
/* Ways through a tree in memory: links are followed, and end at its top. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bunny/fs.h"

struct way {
	const struct fs *fs;
	struct fs *make; /* NULL: what is missing is an error */
	int64_t mtime;
	unsigned links;
	const char *whole; /* for messages */
	struct err *e;
};

static struct fs_node *start(const struct way *w, struct fs_node *at, const char *path)
{
	return *path == '/' ? w->fs->top : at;
}

static int make_dir(const struct way *w, struct fs_node *dir, const char *name, size_t n, struct fs_node **ret)
{
	const struct fs_inode like = {.mode = S_IFDIR | 0755, .mtime = w->mtime};
	const char *copy = arena_strndup(w->fs->a, name, n);

	return copy ? fs_put(w->make, dir, copy, &like, ret, w->e) : err_oom(w->e);
}

static int go(struct way *w, struct fs_node *at, const char *path, bool follow, struct fs_node **ret);

static int step(struct way *w, struct fs_node *at, const char *name, size_t n, bool follow,
		struct fs_node **ret)
{
	struct fs_node *kid;

	if (!S_ISDIR(at->i->mode))
		return err_set(w->e, ENOTDIR, "'%.256s': '%s' on its way is no directory", w->whole, at->name);
	if (n == 0 || (n == 1 && name[0] == '.')) {
		*ret = at;
		return 0;
	}
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		*ret = at->parent ? at->parent : at;
		return 0;
	}
	kid = fs_kid(at, name, n);
	if (!kid) {
		if (w->make)
			return make_dir(w, at, name, n, ret);
		return err_set(w->e, ENOENT, "there is no '%.256s'", w->whole);
	}
	if (S_ISLNK(kid->i->mode) && follow) {
		if (++w->links > FS_LINKS_MAX)
			return err_set(w->e, ELOOP, "'%.256s': more than %d symbolic links", w->whole,
				       FS_LINKS_MAX);
		return go(w, at, kid->i->target, true, ret);
	}
	*ret = kid;
	return 0;
}

static int go(struct way *w, struct fs_node *at, const char *path, bool follow, struct fs_node **ret)
{
	int r = 0;

	at = start(w, at, path);
	do {
		size_t n = strcspn(path, "/");
		bool last = path[n + strspn(path + n, "/")] == '\0';

		r = step(w, at, path, n, follow || !last, &at);
		path += n;
		path += strspn(path, "/");
	} while (r == 0 && *path);
	if (r == 0)
		*ret = at;
	return r;
}

static int check_path(const char *path, struct err *e)
{
	size_t n = strlen(path);

	return n < FS_PATH_MAX
		       ? 0
		       : err_set(e, ENAMETOOLONG, "a path of %zu bytes, more than the %d that Linux takes", n,
				 FS_PATH_MAX);
}

int fs_find(const struct fs *fs, const char *path, bool follow, struct fs_node **ret, struct err *e)
{
	struct way w = {.fs = fs, .whole = path, .e = e};
	int r = check_path(path, e);

	return r < 0 ? r : go(&w, fs->top, path, follow, ret);
}

int fs_mkdirs(struct fs *fs, const char *path, int64_t mtime, struct fs_node **ret, struct err *e)
{
	struct way w = {.fs = fs, .make = fs, .mtime = mtime, .whole = path, .e = e};
	struct fs_node *n;
	int r = check_path(path, e);

	if (r == 0)
		r = go(&w, fs->top, path, true, &n);
	if (r < 0)
		return r;
	if (!S_ISDIR(n->i->mode))
		return err_set(e, ENOTDIR, "'%.256s' is there, and no directory", path);
	*ret = n;
	return 0;
}

int fs_parent(struct fs *fs, const char *path, int64_t mtime, struct fs_node **ret, const char **ret_name,
	      struct err *e)
{
	const char *slash, *name, *dir;
	size_t n = strlen(path);
	int r;

	while (n > 0 && path[n - 1] == '/')
		n--;
	path = arena_strndup(fs->a, path, n);
	if (!path)
		return err_oom(e);
	slash = strrchr(path, '/');
	name = slash ? slash + 1 : path;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, EINVAL, "'%.256s' names no file", path);
	dir = slash ? arena_strndup(fs->a, path, (size_t)(slash - path)) : "";
	if (!dir)
		return err_oom(e);
	r = fs_mkdirs(fs, dir, mtime, ret, e);
	if (r == 0)
		*ret_name = name;
	return r;
}

int fs_put_file(struct fs *fs, const char *path, uint32_t mode, int64_t mtime, struct piece data,
		struct err *e)
{
	const struct fs_inode like = {.mode = S_IFREG | (mode & 07777), .mtime = mtime, .data = data};
	struct fs_node *dir;
	const char *name;
	int r = fs_parent(fs, path, mtime, &dir, &name, e);

	return r < 0 ? r : fs_put(fs, dir, name, &like, NULL, e);
}
