/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree entry by entry, never through a symbolic link. */
#include "common/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "common/fd.h"

struct walk {
	const char *label;
	walk_visit *visit;
	void *arg;
	char path[PATH_MAX];
	size_t len;
	unsigned depth;
};

static int walk_dir(struct walk *w, int fd, struct err *e);

static int failed(const struct walk *w, struct err *e)
{
	return err_sys(e, "%s: '%s'", w->label, w->len ? w->path : ".");
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int enter(struct walk *w, int dirfd, const char *name, struct err *e)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : failed(w, e);
	if (w->depth == WALK_DEPTH_MAX)
		return err_set(e, ELOOP, "%s: '%s' lies deeper than %d directories", w->label, w->path,
			       WALK_DEPTH_MAX);
	w->depth++;
	r = walk_dir(w, fd, e);
	w->depth--;
	return r;
}

static int visit_one(struct walk *w, int dirfd, const char *name, struct err *e)
{
	size_t before = w->len, n = strlen(name);
	struct stat st = {0};
	int r;

	if (before + n + 2 > sizeof(w->path))
		return err_set(e, ENAMETOOLONG, "%s: '%.64s...' is too long a path", w->label, w->path);
	if (before > 0)
		w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, n + 1);
	w->len += n;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		r = errno == ENOENT ? 0 : failed(w, e);
	else
		r = w->visit(&(struct walk_entry){dirfd, name, w->path, &st}, w->arg, e);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = enter(w, dirfd, name, e);
	w->len = before;
	w->path[before] = '\0';
	return r;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Not sorted: a visit may stop in a directory of millions of names. */
static int walk_dir(struct walk *w, int fd, struct err *e)
{
	_cleanup_fd_ int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir __attribute__((cleanup(close_dir))) = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *d;
	int r = 0;

	if (!dir)
		return failed(w, e);
	again = -1;
	while (r == 0) {
		errno = 0;
		d = readdir(dir);
		if (!d)
			return errno ? failed(w, e) : 0;
		if (!is_dots(d->d_name))
			r = visit_one(w, dirfd(dir), d->d_name, e);
	}
	return r;
}

int walk_tree(int fd, const char *label, walk_visit *visit, void *arg, struct err *e)
{
	struct walk w = {.label = label, .visit = visit, .arg = arg};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return failed(&w, e);
	r = visit(&(struct walk_entry){fd, ".", "", &st}, arg, e);
	return r != 0 ? r : walk_dir(&w, fd, e);
}
