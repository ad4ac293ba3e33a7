/* SPDX-License-Identifier: Apache-2.0 */
/* The container's own files: /etc/hosts and its like, in a root that is the image's. */
#include "urunit/putfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* rename() */
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "urunit/file.h"

#define SUFFIX ".urunit"

static bool same_bytes(int fd, const char *data, size_t n)
{
	char buf[1024];

	while (n) {
		ssize_t r = read(fd, buf, n < sizeof(buf) ? n : sizeof(buf));

		if (r <= 0 || memcmp(buf, data, (size_t)r) != 0)
			return false;
		data += r;
		n -= (size_t)r;
	}
	return true;
}

/* On a shared directory the runtime may have laid it there already, where it could not be replaced. */
static bool is_there(const struct uputfile *f)
{
	struct stat st;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return false;

	bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
		    (size_t)st.st_size == f->n && same_bytes(fd, f->data, f->n);

	close(fd);
	return same;
}

static int make_parents(const char *path)
{
	char dir[PATH_MAX];
	size_t n = (size_t)(strrchr(path, '/') - path);

	if (n == 0)
		return 0;
	if (n >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, n);
	dir[n] = '\0';
	return udir_make(dir);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* An older one is what a machine that was cut off left behind. */
static int open_new(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int fill(const struct uputfile *f, const char *name)
{
	int fd = open_new(name);

	if (fd < 0)
		return fd;

	int rc = write_all(fd, f->data, f->n);

	if (rc == 0 && fchmod(fd, f->mode) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && rename(name, f->path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(name);
	return rc;
}

int uputfile(const struct uputfile *f)
{
	char name[PATH_MAX];
	size_t n = strlen(f->path);
	int rc;

	if (n + sizeof(SUFFIX) > sizeof(name))
		return -ENAMETOOLONG;
	if (is_there(f))
		return 0;
	rc = make_parents(f->path);
	if (rc < 0)
		return rc;
	memcpy(name, f->path, n);
	memcpy(name + n, SUFFIX, sizeof(SUFFIX));
	return fill(f, name);
}

/* Where the root cannot be written the file is laid over the one that is there. /dev is a memory file system of the guest's
 * own; the file stays there without a name. */
static int lay_over(const struct uputfile *f)
{
	static const char name[] = "/dev/.urunit.file";
	struct uputfile copy = *f;

	copy.path = name;

	int rc = uputfile(&copy);

	if (rc == 0 && mount(name, f->path, NULL, MS_BIND, NULL) < 0)
		rc = -errno;
	unlink(name);
	return rc;
}

void uputfile_all(const struct uvec *files)
{
	const struct uputfile *f = files->p;

	for (size_t i = 0; i < files->bytes / sizeof(*f); i++) {
		int rc = uputfile(&f[i]);

		if (rc == -EROFS)
			rc = lay_over(&f[i]);
		if (rc < 0)
			usay_about("cannot write ", f[i].path, -rc);
	}
}
