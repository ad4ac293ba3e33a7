/* SPDX-License-Identifier: Apache-2.0 */
/* Beside its place, then renamed: whoever looks finds all of it or what was there before. */
#include "bunny/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"

static int failed(const struct new_file *f, struct err *e)
{
	return err_sys(e, "cannot write '%.256s'", f->path);
}

static const char *dir_of(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : "./";
}

/* ".NAME.PID": the number is ours, so whoever left a file of this name is gone. */
static int temp_name(struct new_file *f, struct arena *a, struct err *e)
{
	const char *slash = strrchr(f->path, '/'), *dir = dir_of(f->path, a);

	f->temp = dir ? arena_printf(a, "%s.%.200s.%d", slash ? dir : "", slash ? slash + 1 : f->path,
				     (int)getpid())
		      : NULL;
	if (!f->temp)
		return err_oom(e);
	unlink(f->temp);
	return 0;
}

static int open_new(struct new_file *f, struct arena *a, struct err *e)
{
	const char *dir = dir_of(f->path, a);
	int r;

	if (!dir)
		return err_oom(e);
	f->fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0644);
	if (f->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return f->fd < 0 ? failed(f, e) : 0;
	r = temp_name(f, a, e);
	if (r < 0)
		return r;
	f->fd = open(f->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return f->fd < 0 ? failed(f, e) : 0;
}

int new_file_begin(const char *path, struct arena *a, struct new_file *ret, struct err *e)
{
	_cleanup_new_file_ struct new_file f = {.fd = -1, .path = path};
	struct stat st;
	int r = 0;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return failed(&f, e);
		r = open_new(&f, a, e);
	} else if (S_ISREG(st.st_mode)) {
		char *real = realpath(path, NULL);

		f.path = real ? arena_strdup(a, real) : path;
		free(real);
		r = f.path ? open_new(&f, a, e) : err_oom(e);
	} else {
		f.in_place = true;
		f.fd = open(path, (S_ISBLK(st.st_mode) ? O_RDWR : O_WRONLY) | O_CLOEXEC | O_NOCTTY);
		r = f.fd < 0 ? failed(&f, e) : 0;
	}
	if (r < 0)
		return r;
	*ret = f;
	f = NEW_FILE;
	return 0;
}

/* The nameless one gets the name itself where nothing has it, and one beside it otherwise. 1: that one. */
static int give_name(struct new_file *f, struct arena *a, struct err *e)
{
	char self[32];
	int r;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST)
		return failed(f, e);
	r = temp_name(f, a, e);
	if (r < 0)
		return r;
	return linkat(AT_FDCWD, self, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW) < 0 ? failed(f, e) : 1;
}

int new_file_end(struct new_file *f, struct arena *a, struct err *e)
{
	int r = f->in_place ? 0 : f->temp ? 1 : give_name(f, a, e);

	if (r > 0)
		r = rename(f->temp, f->path) < 0 ? failed(f, e) : 0;
	if (r == 0)
		f->temp = NULL;
	new_file_drop(f);
	return r;
}

void new_file_drop(struct new_file *f)
{
	if (f->temp)
		unlink(f->temp);
	fd_close(&f->fd);
	*f = NEW_FILE;
}
