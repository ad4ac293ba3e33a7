/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving a path inside a root by hand: every component is opened without following, links are read as
 * text and put in front of what is left, ".." walks again from the root, so no rename can lead outside. */
#include "common/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"

#ifndef AAFS_MAGIC
#define AAFS_MAGIC 0x5a3c69f0
#endif
#define MAX_LINKS 40
#define PROC_ROOT_INO 1
#define LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)

struct walk {
	int rootfd, cur;     /* cur: directory reached so far; -1 = the root itself */
	char done[PATH_MAX]; /* the names that led to cur, no links among them: "a/b" */
	size_t done_len;
	char rest[2 * PATH_MAX]; /* still to walk */
	int links;
};

static int here(const struct walk *w)
{
	return w->cur < 0 ? w->rootfd : w->cur;
}

static void walk_done(struct walk *w)
{
	fd_close(&w->cur);
}

static int fail(int code)
{
	errno = code;
	return -1;
}

/* Goes one directory down; name is not a link (O_NOFOLLOW makes sure). */
static int enter(struct walk *w, const char *name)
{
	int fd = openat(here(w), name, LOOK | O_DIRECTORY);

	if (fd < 0)
		return -1;
	fd_close(&w->cur);
	w->cur = fd;
	return 0;
}

/* The same with a directory that is open already. */
static int descend(struct walk *w, const char *name, int *dir)
{
	size_t n = strlen(name);

	if (w->done_len + n + 2 > sizeof(w->done))
		return fail(ENAMETOOLONG);
	fd_close(&w->cur);
	w->cur = fd_steal(dir);
	if (w->done_len)
		w->done[w->done_len++] = '/';
	memcpy(w->done + w->done_len, name, n + 1);
	w->done_len += n;
	return 0;
}

/* From the root again, along the names in done. */
static int rewalk(struct walk *w)
{
	char names[PATH_MAX];

	memcpy(names, w->done, w->done_len + 1);
	fd_close(&w->cur);
	for (char *s = names; *s;) {
		char *end = s + strcspn(s, "/");
		bool last = !*end;

		*end = '\0';
		if (enter(w, s) < 0)
			return -1;
		s = last ? end : end + 1;
	}
	return 0;
}

static int ascend(struct walk *w)
{
	while (w->done_len && w->done[--w->done_len] != '/')
		;
	w->done[w->done_len] = '\0';
	return rewalk(w);
}

/* Links that jump instead of naming: all in proc but those directly in its root (self, mounts, …). */
static bool is_magic(const struct walk *w, int link)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(link, &fs) < 0)
		return true;
	if ((unsigned long)fs.f_type == AAFS_MAGIC)
		return true;
	if ((unsigned long)fs.f_type != PROC_SUPER_MAGIC)
		return false;
	return fstat(here(w), &st) < 0 || st.st_ino != PROC_ROOT_INO;
}

/* Puts the text of the link before what is left. */
static int follow(struct walk *w, int link, const char *left)
{
	char text[PATH_MAX], all[sizeof(w->rest)];
	size_t left_len = strlen(left);
	ssize_t n;

	if (++w->links > MAX_LINKS || is_magic(w, link))
		return fail(ELOOP);
	n = readlinkat(link, "", text, sizeof(text));
	if (n < 0)
		return -1;
	if (n == 0)
		return fail(ENOENT);
	if ((size_t)n + left_len + 1 > sizeof(all))
		return fail(ENAMETOOLONG);
	memcpy(all, text, (size_t)n);
	memcpy(all + n, left, left_len + 1);
	memcpy(w->rest, all, (size_t)n + left_len + 1);
	if (text[0] != '/')
		return 0;
	w->done_len = 0;
	w->done[0] = '\0';
	fd_close(&w->cur);
	return 0;
}

/* Takes the first name off rest. *ret_left: what follows it, slashes included. False: nothing but slashes. */
static bool take_name(struct walk *w, char name[NAME_MAX + 1], char **ret_left)
{
	char *s = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(s, "/");

	if (!n)
		return false;
	*ret_left = s + n;
	if (n > NAME_MAX) {
		name[0] = '\0';
		return true;
	}
	memcpy(name, s, n);
	name[n] = '\0';
	return true;
}

/* One component. 1 and *ret_fd when it was the last one and is open, 0 to go on, -1 and errno. */
static int step(struct walk *w, int flags, int *ret_fd)
{
	_cleanup_fd_ int at = -1;
	char name[NAME_MAX + 1], *left;
	struct stat st;
	bool last;

	if (!take_name(w, name, &left)) {
		*ret_fd = openat(here(w), ".", flags | O_CLOEXEC);
		return *ret_fd < 0 ? -1 : 1;
	}
	if (!name[0])
		return fail(ENAMETOOLONG);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		if (name[1] && ascend(w) < 0)
			return -1;
		memmove(w->rest, left, strlen(left) + 1);
		return 0;
	}
	at = openat(here(w), name, LOOK);
	if (at < 0 || fstat(at, &st) < 0)
		return -1;
	last = !*left;
	if (S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW)))
		return follow(w, at, left);
	if (last) {
		*ret_fd = openat(here(w), name, flags | O_NOFOLLOW | O_CLOEXEC);
		return *ret_fd < 0 ? -1 : 1;
	}
	if (!S_ISDIR(st.st_mode))
		return fail(ENOTDIR);
	if (descend(w, name, &at) < 0)
		return -1;
	memmove(w->rest, left, strlen(left) + 1);
	return 0;
}

int path_walk(int rootfd, const char *path, int flags)
{
	__attribute__((cleanup(walk_done))) struct walk w = {.rootfd = rootfd, .cur = -1};
	size_t n = strlen(path);
	int fd = -1, r;

	if (!n)
		return fail(ENOENT);
	if (n >= PATH_MAX)
		return fail(ENAMETOOLONG);
	memcpy(w.rest, path, n + 1);
	do
		r = step(&w, flags, &fd);
	while (r == 0);
	return r < 0 ? -1 : fd;
}
