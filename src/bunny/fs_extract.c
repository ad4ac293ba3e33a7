/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as files of this machine. */
#include "bunny/fs_extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/fd.h"

struct extractor {
	bool root;
	size_t skipped;
	int top; /* where everything is */
	struct arena *a;
	struct err *e;
};

static int failed(struct extractor *x, const struct fs_node *n)
{
	return err_sys(x->e, "cannot write '%.256s'", n->name);
}

static int set_attributes(struct extractor *x, const struct fs_node *n, int dir)
{
	const struct fs_inode *i = n->i;
	const struct timespec times[2] = {{.tv_sec = i->mtime}, {.tv_sec = i->mtime}};

	if (x->root && fchownat(dir, n->name, i->uid, i->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(x, n);
	if (!S_ISLNK(i->mode) && fchmodat(dir, n->name, i->mode & 07777, 0) < 0)
		return failed(x, n);
	for (size_t k = 0; x->root && k < i->nxattrs && S_ISREG(i->mode); k++) {
		_cleanup_fd_ int fd = openat(dir, n->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || (fsetxattr(fd, i->xattrs[k].name, i->xattrs[k].value, i->xattrs[k].n, 0) < 0 &&
			       errno != ENOTSUP))
			return failed(x, n);
	}
	return utimensat(dir, n->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? failed(x, n) : 0;
}

/* Further names of a file: by the path of the first, which is made of names that we made. */
static int link_to_first(struct extractor *x, const struct fs_node *n, int dir)
{
	const char *first = (const char *)(uintptr_t)n->i->number;

	return linkat(x->top, first, dir, n->name, 0) < 0 ? failed(x, n) : 0;
}

static int write_file(struct extractor *x, const struct fs_node *n, int dir)
{
	_cleanup_fd_ int fd = openat(dir, n->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)n->i->data.n) < 0)
		return failed(x, n);
	return piece_place(&n->i->data, fd, 0, x->e);
}

static int write_kids(struct extractor *x, const struct fs_node *dir, int fd);

static int write_dir(struct extractor *x, const struct fs_node *n, int dir)
{
	_cleanup_fd_ int fd = -1;

	if (mkdirat(dir, n->name, 0700) < 0)
		return failed(x, n);
	fd = openat(dir, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? failed(x, n) : write_kids(x, n, fd);
}

static int write_node(struct extractor *x, const struct fs_node *n, int dir)
{
	int r = 0;

	if (n->i->number && !S_ISDIR(n->i->mode))
		return link_to_first(x, n, dir);
	switch (n->i->mode & S_IFMT) {
	case S_IFDIR:
		r = write_dir(x, n, dir);
		break;
	case S_IFREG:
		r = write_file(x, n, dir);
		break;
	case S_IFLNK:
		r = symlinkat(n->i->target, dir, n->name) < 0 ? failed(x, n) : 0;
		break;
	case S_IFIFO:
		r = mkfifoat(dir, n->name, 0600) < 0 ? failed(x, n) : 0;
		break;
	default:
		x->skipped++;
		return 0;
	}
	if (r == 0 && n->i->nlink > 1 && !S_ISDIR(n->i->mode)) {
		const char *path = fs_path(n, x->a);

		if (!path)
			return err_oom(x->e);
		n->i->number = (uint64_t)(uintptr_t)path;
	}
	return r == 0 ? set_attributes(x, n, dir) : r;
}

static int write_kids(struct extractor *x, const struct fs_node *dir, int fd)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < dir->nkids; i++)
		r = write_node(x, dir->kids[i], fd);
	return r;
}

static int forget(struct fs_node *n, void *arg, struct err *e)
{
	(void)arg, (void)e;
	n->i->number = 0;
	return 0;
}

int fs_extract(const struct fs *fs, int dirfd, size_t *ret_skipped, struct err *e)
{
	struct extractor x = {.root = geteuid() == 0, .top = dirfd, .a = fs->a, .e = e};
	int r = fs_walk(fs, forget, NULL, e);

	if (r == 0)
		r = write_kids(&x, fs->top, dirfd);
	if (r == 0)
		*ret_skipped = x.skipped;
	return r;
}

static void undo(const struct fs_node *dir, int fd)
{
	for (size_t i = 0; i < dir->nkids; i++) {
		const struct fs_node *n = dir->kids[i];

		if (S_ISDIR(n->i->mode)) {
			_cleanup_fd_ int sub = -1;

			/* Its own mode may let nobody in. */
			(void)!fchmodat(fd, n->name, 0700, 0);
			sub = openat(fd, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (sub >= 0)
				undo(n, sub);
		}
		unlinkat(fd, n->name, S_ISDIR(n->i->mode) ? AT_REMOVEDIR : 0);
	}
}

void fs_extract_undo(const struct fs *fs, int dirfd)
{
	undo(fs->top, dirfd);
}
