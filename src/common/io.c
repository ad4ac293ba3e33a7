/* SPDX-License-Identifier: Apache-2.0 */
/* Whole-file reads and writes with limits. */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"

int write_all(int fd, const void *p, size_t n)
{
	const char *c = p;

	while (n) {
		ssize_t w = write(fd, c, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		if (w == 0)
			return -EIO;
		c += w;
		n -= (size_t)w;
	}
	return 0;
}

/* One read(2), EINTR handled. */
static ssize_t read_some(int fd, void *p, size_t n)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r;
}

/* Up to max_bytes of a file that says it has size_bytes: a hint, for kernel files say 0 and others may grow. */
static int read_sized(int fd, off_t size_bytes, size_t max_bytes, struct arena *a, struct bytes *ret,
		      const char *what, struct err *e)
{
	size_t cap = 4096, len = 0, room;
	char *buf;

	if (size_bytes > 0) {
		if ((uintmax_t)size_bytes > max_bytes)
			return err_set(e, EFBIG, "'%s' has %jd bytes, the limit is %zu", what,
				       (intmax_t)size_bytes, max_bytes);
		cap = (size_t)size_bytes + 2;
	}
	buf = arena_alloc(a, cap);
	if (!buf)
		return err_oom(e);
	for (;;) {
		ssize_t r;

		if (len + 1 == cap) {
			char *bigger = arena_alloc(a, cap * 2);

			if (!bigger)
				return err_oom(e);
			memcpy(bigger, buf, len);
			buf = bigger;
			cap *= 2;
		}
		room = cap - len - 1;
		r = read_some(fd, buf + len, room);
		if (r < 0)
			return err_sys(e, "cannot read '%s'", what);
		if (r == 0)
			break;
		len += (size_t)r;
		if (len > max_bytes)
			return err_set(e, EFBIG, "'%s' has more than %zu bytes", what, max_bytes);
		/* As long as it said, though there was room for more: that is all. */
		if (len == (size_t)size_bytes && (size_t)r < room)
			break;
	}
	buf[len] = '\0';
	ret->p = buf;
	ret->n = len;
	return 0;
}

int read_all(int fd, size_t max_bytes, struct arena *a, struct bytes *ret, const char *what, struct err *e)
{
	struct stat st;
	bool sized = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	return read_sized(fd, sized ? st.st_size : 0, max_bytes, a, ret, what, e);
}

int file_read(int dirfd, const char *path, size_t max_bytes, struct arena *a, struct bytes *ret, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot stat '%s'", path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, EISDIR, "'%s' is a directory, not a file", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", path);
	return read_sized(fd, st.st_size, max_bytes, a, ret, path, e);
}

int file_write(int dirfd, const char *path, int flags, const void *p, size_t n, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r;

	fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666);
	if (fd < 0)
		return err_sys(e, "cannot open '%s' for writing", path);
	r = write_all(fd, p, n);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot write '%s'", path);
	}
	return 0;
}

/* Opens a new file beside name and puts its name in tmp. A leftover of a killed process with our number
 * must not stop us, hence the counter. */
static int open_temp(int dirfd, const char *name, mode_t mode, char *tmp, size_t tmp_bytes)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;

	for (int i = 0; i < 100; i++) {
		int n = snprintf(tmp, tmp_bytes, "%.*s.%s.%ld", (int)(base - name), name, base,
				 (long)getpid());
		int fd;

		if (n > 0 && (size_t)n < tmp_bytes && i > 0)
			n += snprintf(tmp + n, tmp_bytes - (size_t)n, ".%d", i);
		if (n < 0 || (size_t)n >= tmp_bytes) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* A file that has no name before it is whole: who is killed meanwhile leaves nothing behind. Gives up (1) where the
 * file system has no such files or the name is taken. */
static int write_nameless(int dirfd, const char *name, mode_t mode, const void *p, size_t n, struct err *e)
{
	const char *slash = strrchr(name, '/');
	_cleanup_fd_ int fd = -1;
	char dir[4096] = ".";
	int r;

	if (slash && snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - name), name) >= (int)sizeof(dir))
		return 1;
	fd = openat(dirfd, dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	if (fd < 0)
		return 1;
	r = write_all(fd, p, n);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot write '%s'", name);
	}
	return linkat(fd, "", dirfd, name, AT_EMPTY_PATH) < 0;
}

int file_write_atomic(int dirfd, const char *name, mode_t mode, const void *p, size_t n, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	char tmp[4096];
	int r;

	r = write_nameless(dirfd, name, mode, p, n, e);
	if (r <= 0)
		return r;

	fd = open_temp(dirfd, name, mode, tmp, sizeof(tmp));
	if (fd < 0)
		return err_sys(e, "cannot create a new file beside '%s'", name);
	r = write_all(fd, p, n);
	if (r < 0) {
		errno = -r;
		r = err_sys(e, "cannot write '%s'", name);
	} else if (renameat(dirfd, tmp, dirfd, name) < 0) {
		r = err_sys(e, "cannot put '%s' in place", name);
	}
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	return r;
}
