/* SPDX-License-Identifier: Apache-2.0 */
/* One way to look into directories and archives. */
#include "bunny/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "bunny/fs.h"
#include "bunny/fs_layer.h"
#include "common/fd.h"
#include "common/path.h"

struct files {
	struct arena *a;
	int dirfd;    /* of a directory; -1: an archive, */
	struct fs fs; /* as a tree */
};

static struct files *make(struct arena *a)
{
	struct files *f = arena_alloc(a, sizeof(*f));

	if (f)
		*f = (struct files){.a = a, .dirfd = -1};
	return f;
}

int files_of_dir(int fd, struct arena *a, const struct files **ret, struct err *e)
{
	struct files *f = make(a);

	if (!f)
		return err_oom(e);
	f->dirfd = fd;
	*ret = f;
	return 0;
}

int files_of_tar(int fd, uint64_t n, struct arena *a, const struct files **ret, struct err *e)
{
	struct files *f = make(a);
	int r = f ? fs_init(&f->fs, a, e) : err_oom(e);

	if (r == 0)
		r = fs_layer_apply(&f->fs, "", fd, 0, n, FS_LAYER_PLAIN, e);
	if (r == 0)
		*ret = f;
	return r;
}

static int get_from_dir(const struct files *f, const char *name, struct piece *ret, struct err *e)
{
	struct rpath where = {f->dirfd, name};
	struct stat st;
	int fd, r = rpath_open_regular(&where, &fd, &st, NULL);

	if (r == -EINVAL || r == -EISDIR)
		return err_set(e, EINVAL, "'%.256s' of the layout is no regular file", name);
	if (r < 0) {
		errno = -r;
		return err_sys(e, "cannot read '%.256s' of the layout", name);
	}
	*ret = piece_fd(fd, 0, (uint64_t)st.st_size); /* open until we end: its bytes are read later */
	return 0;
}

int files_get(const struct files *f, const char *name, struct piece *ret, struct err *e)
{
	struct fs_node *n;
	int r;

	if (f->dirfd >= 0)
		return get_from_dir(f, name, ret, e);
	r = fs_find(&f->fs, name, true, &n, e);
	if (r < 0)
		return r;
	if (!S_ISREG(n->i->mode))
		return err_set(e, EINVAL, "'%.256s' of the archive is no file", name);
	*ret = n->i->data;
	return 0;
}

bool files_has(const struct files *f, const char *name)
{
	_cleanup_fd_ int fd = -1;
	struct piece p = {.fd = -1};

	if (files_get(f, name, &p, NULL) < 0)
		return false;
	if (f->dirfd >= 0)
		fd = p.fd;
	return true;
}

int files_read(const struct files *f, const char *name, size_t max, struct bytes *ret, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct piece p = {.fd = -1};
	int r = files_get(f, name, &p, e);

	if (r < 0)
		return r;
	if (f->dirfd >= 0)
		fd = p.fd;
	r = piece_read(&p, max, f->a, ret, e);
	return r < 0 ? err_wrap(e, "'%.256s'", name) : 0;
}
