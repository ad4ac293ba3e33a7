/* SPDX-License-Identifier: Apache-2.0 */
/* The files that metadata names: what they are, without believing them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/image.h"
#include "gather/parts.h"

static const char *kind_problem(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "is a directory";
	case S_IFIFO:
		return "is a FIFO";
	case S_IFCHR:
		return "is a character device";
	case S_IFBLK:
		return "is a block device";
	case S_IFSOCK:
		return "is a socket";
	default:
		return "is not a regular file";
	}
}

/* Why rpath_open_regular failed, and whether something is there at all. */
static const char *why_not(const struct rpath *p, int code, bool *ret_exists, struct arena *a)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (rpath_open(p, O_PATH, &fd, NULL) == 0 && fstat(fd, &st) == 0) {
		*ret_exists = true;
		if (!S_ISREG(st.st_mode))
			return kind_problem(st.st_mode);
	}
	return arena_strdup(a, strerror(code));
}

static int fill(int fd, enum image_use use, struct arena *a, struct image_file *f, struct err *e)
{
	if (use == IMAGE_KERNEL)
		return kernel_inspect(fd, a, f, e);
	if (use == IMAGE_INITRD)
		initrd_inspect(fd, f->size_bytes, f);
	if (use == IMAGE_BLOCK)
		block_inspect(fd, f);
	return 0;
}

int gather_image(int rootfd, const char *path, enum image_use use, struct arena *a, struct image_file *ret,
		 struct err *e)
{
	const struct rpath p = {rootfd, path};
	struct image_file f = {.elf_arch = -1};
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	*ret = f;
	if (!path)
		return 0;
	f.path = path;
	r = rpath_open_regular(&p, &fd, &st, NULL);
	if (r < 0) {
		f.problem = why_not(&p, -r, &f.exists, a);
		if (!f.problem)
			return err_oom(e);
		*ret = f;
		return 0;
	}
	f.exists = true;
	f.size_bytes = (uint64_t)st.st_size;
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.mode = st.st_mode & 07777;
	f.uid = st.st_uid;
	f.gid = st.st_gid;
	r = fill(fd, use, a, &f, e);
	if (r < 0)
		return r;
	*ret = f;
	return 0;
}
