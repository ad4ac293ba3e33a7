/* SPDX-License-Identifier: Apache-2.0 */
/* Paths: opening inside a container root, and lexical helpers. */
#include "common/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path_walk.h"
#include "common/str.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* The kernel answers EAGAIN when something was renamed or mounted while it resolved "..". */
#define EAGAIN_TRIES 64

bool path_force_fallback;

static int open_in_root(const struct rpath *p, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (path_force_fallback)
		return path_walk(p->rootfd, p->path, flags);
	for (int i = 0; i < EAGAIN_TRIES; i++) {
		fd = syscall(SYS_openat2, p->rootfd, p->path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && errno == ENOSYS)
		return path_walk(p->rootfd, p->path, flags);
	return (int)fd;
}

int rpath_open(const struct rpath *p, int flags, int *ret_fd, struct err *e)
{
	int fd = open_in_root(p, flags);

	if (fd < 0)
		return err_sys(e, "cannot open '%s' in the container root", p->path);
	*ret_fd = fd;
	return 0;
}

static const char *kind_word(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "not a file";
	}
}

static int check_regular(int fd, const char *path, struct stat *ret_st, struct err *e)
{
	if (fstat(fd, ret_st) < 0)
		return err_sys(e, "cannot stat '%s' in the container root", path);
	if (S_ISDIR(ret_st->st_mode))
		return err_set(e, EISDIR, "'%s' in the container root is a directory, not a regular file",
			       path);
	if (!S_ISREG(ret_st->st_mode))
		return err_set(e, EINVAL, "'%s' in the container root is %s, not a regular file", path,
			       kind_word(ret_st->st_mode));
	return 0;
}

int rpath_open_regular(const struct rpath *p, int *ret_fd, struct stat *ret_st, struct err *e)
{
	_cleanup_fd_ int look = -1, fd = -1;
	struct stat st;
	int r;

	/* Opening a device can already do something, so the kind is known before anything is opened. */
	r = rpath_open(p, O_PATH, &look, e);
	if (r < 0)
		return r;
	r = check_regular(look, p->path, &st, e);
	if (r < 0)
		return r;
	r = rpath_open(p, O_RDONLY | O_NONBLOCK | O_NOCTTY, &fd, e);
	if (r < 0)
		return r;
	r = check_regular(fd, p->path, &st, e);
	if (r < 0)
		return r;
	*ret_st = st;
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* Appends the components of p to out (length *len, no trailing slash), taking "." and ".." away. */
static void clean_onto(char *out, size_t *len, const char *p)
{
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (*len && out[--*len] != '/')
				;
		} else if (n && !(n == 1 && p[0] == '.')) {
			out[(*len)++] = '/';
			memcpy(out + *len, p, n);
			*len += n;
		}
		p += n;
		p += *p == '/';
	}
}

char *path_join_clean(struct arena *a, const char *base, const char *p)
{
	size_t len = 0;
	char *out = arena_alloc(a, strlen(base) + strlen(p) + 3);

	if (!out)
		return NULL;
	if (*p != '/')
		clean_onto(out, &len, base);
	clean_onto(out, &len, p);
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

int path_find_program(struct arena *a, const char *name, const char *search, const char **ret, struct err *e)
{
	if (strchr(name, '/')) {
		const char *p = arena_strdup(a, name);

		if (!p)
			return err_oom(e);
		if (!is_program(p))
			return err_set(e, ENOENT, "'%s' is not an executable file", name);
		*ret = p;
		return 0;
	}
	for (const char *s = search; *name && s && *s;) {
		size_t n = strcspn(s, ":");

		/* An empty or relative entry means the current directory, whoever chose that: skipped. */
		if (n && *s == '/') {
			char *p = arena_printf(a, "%.*s/%s", (int)n, s, name);

			if (!p)
				return err_oom(e);
			if (is_program(p)) {
				*ret = p;
				return 0;
			}
		}
		s += n;
		s += *s == ':';
	}
	return err_set(e, ENOENT, "no executable '%s' in '%s'", name, search ? search : "");
}

int path_mkdirs(const char *path, mode_t mode, struct err *e)
{
	char buf[4096];
	size_t n = strlen(path);

	if (!n || n >= sizeof(buf))
		return err_set(e, n ? ENAMETOOLONG : ENOENT, "cannot create directory '%s'", path);
	memcpy(buf, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		struct stat st;
		int why;

		if (buf[i] != '/' && buf[i] != '\0')
			continue;
		buf[i] = '\0';
		why = mkdir(buf, mode) < 0 ? errno : 0;
		if (why && why != EEXIST && (stat(buf, &st) < 0 || !S_ISDIR(st.st_mode))) {
			errno = why;
			return err_sys(e, "cannot create directory '%s'", buf);
		}
		if (i < n)
			buf[i] = '/';
	}
	return 0;
}
