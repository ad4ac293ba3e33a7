/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a build's context. */
#include "bunny/context.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/content.h"
#include "bunny/fs_dir.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

#define IGNORE_MAX_BYTES (1u << 20)
#define NEAR_MAX 300
#define LINKS_MAX 40

static int read_ignore(struct context *c, struct arena *a, struct diags *d, struct err *e)
{
	static const char *const names[] = {".bunnyignore", ".dockerignore"};
	struct bytes text;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = file_read(c->fd, names[i], IGNORE_MAX_BYTES, a, &text, e);

		if (r == 0)
			return ignore_parse(text, a, &c->ignore, d);
		if (r != -ENOENT)
			return err_wrap(e, "context '%s'", c->path);
	}
	return 0;
}

int context_open(const char *path, int64_t epoch, struct arena *a, struct context *ret, struct diags *d,
		 struct err *e)
{
	struct context c = {.path = path, .epoch = epoch};
	int r;

	c.fd = open(path, O_RDONLY | O_DIRECTORY |
				  O_CLOEXEC); /* open until we end: files are read from it to the last */
	if (c.fd < 0)
		return err_sys(e, "context '%s'", path);
	r = read_ignore(&c, a, d, e);
	if (r < 0)
		return r;
	if (e)
		*e = (struct err){0};
	*ret = c;
	return 0;
}

/* An ignored directory is left out whole, unless a later rule takes some of it in again. */
static bool skip(const char *path, bool dir, void *arg)
{
	const struct context *c = arg;

	return ignore_match(&c->ignore, path) && !(dir && ignore_has_exceptions_below(&c->ignore, path));
}

static struct fs_dir_options options(struct context *c)
{
	return (struct fs_dir_options){.keep_modes = c->keep_modes,
				       .keep_times = c->keep_times,
				       .mtime = c->epoch,
				       .skip = c->ignore.n ? skip : NULL,
				       .arg = c};
}

int context_all(struct context *c, struct arena *a, const struct fs **ret, struct err *e)
{
	struct fs_dir_options o = options(c);
	int r = 0;

	if (!c->all) {
		struct fs *fs = arena_alloc(a, sizeof(*fs));

		if (!fs)
			return err_oom(e);
		r = fs_init(fs, a, e);
		if (r == 0)
			r = fs_read_dir(fs, fs->top, c->fd, c->path, &o, e);
		if (r == 0)
			c->all = fs;
	}
	*ret = c->all;
	return r;
}

/* --- one path --- */

/* Follows links at the end of a path, by their text, inside the context. */
static int resolve(struct context *c, const char *path, struct arena *a, const char **ret, struct err *e)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		const char *slash = strrchr(path, '/');
		const char *dir = slash ? arena_strndup(a, path, (size_t)(slash - path)) : "";
		struct rpath where = {c->fd, dir && *dir ? dir : "."};
		_cleanup_fd_ int fd = -1;
		char target[4096];
		ssize_t n;
		int r;

		r = dir ? rpath_open(&where, O_PATH | O_DIRECTORY, &fd, e) : err_oom(e);
		if (r < 0)
			return r;
		n = readlinkat(fd, slash ? slash + 1 : path, target, sizeof(target) - 1);
		if (n < 0) {
			*ret = path;
			return 0;
		}
		target[n] = '\0';
		path = arena_printf(a, "/%s", dir);
		path = path ? path_join_clean(a, path, target) : NULL;
		if (!path)
			return err_oom(e);
		path++;
	}
	return err_set(e, ELOOP, "'%.256s': more than %d symbolic links", path, LINKS_MAX);
}

int context_read(struct context *c, const char *path, bool follow, struct fs *fs, const char *name,
		 struct err *e)
{
	struct fs_dir_options o = options(c);
	int r = 0;

	if (streq(path, ".")) {
		struct fs_node *top;

		r = fs_mkdirs(fs, name, c->epoch, &top, e);
		return r == 0 ? fs_read_dir(fs, top, c->fd, c->path, &o, e) : r;
	}
	if (follow)
		r = resolve(c, path, fs->a, &path, e);
	if (r < 0)
		return r;
	if (ignore_match(&c->ignore, path) && !ignore_has_exceptions_below(&c->ignore, path))
		return err_set(e, ENOENT,
			       "'%.256s' is there, but the context's list of what to leave out has it", path);
	return fs_read_path(fs, fs->top, name, c->fd, path, c->path, &o, e);
}

/* --- facts --- */

static int list_near(struct context *c, const char *path, struct arena *a, struct strs *ret, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
	struct rpath where = {c->fd, dir};
	struct strv names = STRV(a);
	const struct dirent *d;
	int fd;
	DIR *open_dir;

	if (!dir)
		return err_oom(e);
	if (rpath_open(&where, O_RDONLY | O_DIRECTORY, &fd, NULL) < 0)
		return 0;
	open_dir = fdopendir(fd);
	if (!open_dir) {
		close(fd);
		return 0;
	}
	while (names.n < NEAR_MAX && (d = readdir(open_dir)) != NULL) {
		if (d->d_name[0] != '.')
			strv_add(&names, d->d_name);
	}
	closedir(open_dir);
	return strv_done(&names, ret, e);
}

static int look_inside(int fd, struct arena *a, struct path_facts *f, struct err *e)
{
	char *head = arena_alloc(a, CONTENT_HEAD_BYTES);
	ssize_t n = head ? pread(fd, head, CONTENT_HEAD_BYTES, 0) : -1;

	if (!head)
		return err_oom(e);
	f->content = content_of((struct bytes){head, n > 0 ? (size_t)n : 0}, &f->arch);
	return 0;
}

static int look_at(struct context *c, const char *path, bool content, struct arena *a, struct path_facts *f,
		   struct err *e)
{
	struct rpath where = {c->fd, path};
	_cleanup_fd_ int look = -1, fd = -1;
	struct stat st;
	int r;

	if (rpath_open(&where, O_PATH, &look, NULL) < 0 || fstat(look, &st) < 0) {
		f->kind = fstatat(c->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? PATH_OUTSIDE : PATH_ABSENT;
		return list_near(c, path, a, &f->near, e);
	}
	f->ignored = ignore_match(&c->ignore, path);
	f->size_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	f->kind = S_ISREG(st.st_mode) ? PATH_FILE : S_ISDIR(st.st_mode) ? PATH_DIR : PATH_OTHER;
	if (f->kind != PATH_FILE || !content)
		return 0;
	r = rpath_open_regular(&where, &fd, &st, NULL);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot read '%.256s' of the context", path);
	}
	return look_inside(fd, a, f, e);
}

static int match_one(struct fs_node *n, void *arg, struct err *e)
{
	const char *pattern = arg, *path;
	struct arena scratch = {0};
	bool match;

	path = fs_path(n, &scratch);
	match = path && pattern_match(pattern, path);
	arena_release(&scratch);
	(void)e;
	return match;
}

int context_look(struct context *c, const struct path_want *want, struct arena *a, struct path_facts *ret,
		 struct err *e)
{
	struct path_facts f = {0};
	const struct fs *all;
	int r;

	if (!want->pattern) {
		r = look_at(c, want->path, want->content, a, &f, e);
	} else {
		r = context_all(c, a, &all, e);
		if (r == 0)
			r = fs_walk(all, match_one, (void *)(uintptr_t)want->path, e);
		f.kind = r > 0 ? PATH_MATCHES : PATH_ABSENT;
		r = r > 0 ? 0 : r;
	}
	if (r == 0)
		*ret = f;
	return r;
}
