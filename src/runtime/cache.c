/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of images, bounded, the least recently used going first. */
#include "runtime/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "common/proc.h"
#include "common/str.h"
#include "runtime/imager.h"

#define USE_DIR "use"

int cache_open(const char *dir, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r = path_mkdirs(dir, 0700, e);

	if (r < 0)
		return err_wrap(e, "no directory for images ([runtime] cache_dir)");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Asked now, where the error can still say whose directory it is. */
	if (fd < 0 || (mkdirat(fd, USE_DIR, 0700) < 0 && errno != EEXIST) ||
	    faccessat(fd, ".", W_OK, AT_EACCESS) < 0 || faccessat(fd, USE_DIR, W_OK, AT_EACCESS) < 0)
		return err_sys(e, "cannot use the directory '%s' for images ([runtime] cache_dir)", dir);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int cache_new_file(int dirfd, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0444);

	/* Whatever umask the engine left. */
	if (fd < 0 || fchmod(fd, 0444) < 0)
		return err_sys(e, "cannot make a file for an image ([runtime] cache_dir)");
	*ret_fd = fd_steal(&fd);
	return 0;
}

int cache_name_file(int fd, const char *path, struct err *e)
{
	return linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) < 0 ? err_sys(e, "cannot make '%s'", path) : 0;
}

static bool is_image(const char *name)
{
	return str_ends(name, ".erofs") || str_ends(name, ".ext4");
}

int cache_take(int dirfd, const char *name, const char *path, struct err *e)
{
	if (!is_image(name) || strchr(name, '/'))
		return err_set(e, EINVAL, "'%.80s' is no name of an image", name);
	if (linkat(dirfd, name, AT_FDCWD, path, 0) < 0)
		return err_sys(e, "cannot take image '%s' as '%s'", name, path);
	/* When it was used last. A disk that cannot note that still has the image. */
	if (utimensat(dirfd, name, NULL, 0) < 0)
		return 0;
	return 0;
}

int cache_lock(int dirfd, const char *name, int *ret_fd, struct err *e)
{
	char lock[16];
	_cleanup_fd_ int fd = -1;
	int r;

	/* Keys share 256 locks, so that the files need never be cleaned up. */
	snprintf(lock, sizeof(lock), ".lock-%.2s", name);
	fd = openat(dirfd, lock, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "cannot lock the cache of images");
	r = imager_lock(fd, e);
	if (r == 0)
		*ret_fd = fd_steal(&fd);
	return r;
}

/* --- keeping it small --- */

struct image {
	const char *name;
	uint64_t bytes;
	struct timespec used;
	bool taken;
};
struct images {
	struct arena *a;
	struct image *v;
	size_t n, cap;
	uint64_t bytes;
};

static int add_image(struct images *l, int dirfd, const char *name, struct err *e)
{
	struct image *v;
	struct stat st;

	if (!is_image(name) || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	v = arena_room(l->a, l->v, l->n, &l->cap, 32, sizeof(*v));
	if (!v)
		return err_oom(e);
	l->v = v;
	l->v[l->n] = (struct image){arena_strdup(l->a, name), (uint64_t)st.st_blocks * 512, st.st_mtim,
				    st.st_nlink > 1};
	l->bytes += l->v[l->n].bytes;
	return l->v[l->n++].name ? 0 : err_oom(e);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		fd_close(&fd);
	return d;
}

static int list_images(struct images *l, int dirfd, struct err *e)
{
	__attribute__((cleanup(close_dir))) DIR *d = open_dir(dirfd, ".");
	struct dirent *ent;
	int r = 0;

	if (!d)
		return err_sys(e, "cannot list the cache of images");
	while (r == 0 && (ent = readdir(d)))
		r = add_image(l, dirfd, ent->d_name, e);
	return r;
}

/* Their containers died with the boot in whose name they are. */
static int remove_stale(int cache, struct err *e)
{
	__attribute__((cleanup(close_dir))) DIR *d = open_dir(cache, USE_DIR);
	char boot[BOOT_ID_BYTES];
	struct dirent *ent;
	int r = boot_id_read(boot, e);

	while (r == 0 && d && (ent = readdir(d)))
		if (ent->d_name[0] != '.' && !str_starts(ent->d_name, boot))
			unlinkat(dirfd(d), ent->d_name, 0);
	return r;
}

static int by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const struct image *)a)->used, *y = &((const struct image *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

int cache_trim(int dirfd, uint64_t max_bytes, struct arena *a, struct err *e)
{
	struct images l = {.a = a};
	int r = remove_stale(dirfd, e);

	if (r == 0)
		r = list_images(&l, dirfd, e);
	if (r < 0)
		return r;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_use);
	/* Somebody may take one just now: then it stays theirs, under their own name. */
	for (size_t i = 0; i < l.n && l.bytes > max_bytes; i++) {
		if (l.v[i].taken || unlinkat(dirfd, l.v[i].name, 0) < 0)
			continue;
		l.bytes -= l.v[i].bytes;
	}
	return 0;
}
