/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories by name, bounded and never blocking. */
#include "urunit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "urunit/text.h"

static int read_rest(int fd, char *p, size_t max, size_t *ret_n)
{
	size_t n = 0;

	/* One byte more than allowed, so that a file of exactly max bytes is told from a longer one. */
	while (n <= max) {
		ssize_t r = read(fd, p + n, max + 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0) {
			*ret_n = n;
			return 0;
		}
		n += (size_t)r;
	}
	return -EFBIG;
}

static int read_regular(int fd, size_t max, char **ret, size_t *ret_n)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;

	char *p = umem_map(max + 2);

	if (!p)
		return -ENOMEM;

	int rc = read_rest(fd, p, max, ret_n);

	if (rc < 0) {
		ufile_free(p, max);
		return rc;
	}
	p[*ret_n] = '\0';
	*ret = p;
	return 0;
}

int ufile_read(const char *path, size_t max, char **ret, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;

	int rc = read_regular(fd, max, ret, ret_n);

	close(fd);
	return rc;
}

void ufile_free(char *p, size_t max)
{
	munmap(p, max + 2);
}

bool ufile_attr(const char *dir, const char *entry, const char *attr, char *buf, size_t size)
{
	struct utext path = {0};

	utext_add(&path, dir);
	utext_add(&path, "/");
	utext_add(&path, entry);
	utext_add(&path, "/");
	utext_add(&path, attr);

	int fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;

	ssize_t n = read(fd, buf, size - 1);

	close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

/* The kernel's record; libc's readdir would bring malloc with it. */
struct dirent64_raw {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

bool udir_each(const char *dir, bool (*f)(const char *dir, const char *name, void *arg), void *arg)
{
	_Alignas(uint64_t) char buf[2048];
	bool found = false;
	long n = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while (!found && (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n && !found;) {
			struct dirent64_raw *d = (struct dirent64_raw *)(buf + at);

			if (strcmp(d->name, ".") != 0 && strcmp(d->name, "..") != 0)
				found = f(dir, d->name, arg);
			at += d->reclen;
		}
	}
	close(fd);
	return found;
}

int udir_make(const char *path)
{
	char buf[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(buf))
		return -ENAMETOOLONG;
	memcpy(buf, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (buf[i] != '/' && buf[i] != '\0')
			continue;
		buf[i] = '\0';
		if (mkdir(buf, 0755) < 0 && errno != EEXIST)
			return -errno;
		buf[i] = path[i];
	}
	return 0;
}
