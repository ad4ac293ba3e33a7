/* SPDX-License-Identifier: Apache-2.0 */
/* The container's directory as a lock and as a thing to remove. */
#include "runtime/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/lock.h"
#include "runtime/gate.h"

int container_lock(int dirfd, int timeout_ms, struct err *e)
{
	struct stat st;
	int r = lock_within(dirfd, timeout_ms);

	if (r == -EWOULDBLOCK)
		return err_set(e, EBUSY, "container is busy: another urunc command is working on it");
	if (r < 0)
		return err_set(e, -r, "cannot lock the container's state directory");
	if (fstat(dirfd, &st) == 0 && st.st_nlink == 0)
		return err_set(e, ENOENT,
			       "container does not exist: its state directory was removed meanwhile");
	return 0;
}

void container_unlock(int dirfd)
{
	flock(dirfd, LOCK_UN);
}

bool container_is_locked(int dirfd)
{
	if (flock(dirfd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(dirfd, LOCK_UN);
	return false;
}

/* What a killed command may have left beside the known names. Files only: we never make directories here. */
static int remove_strangers(int dirfd, struct err *e)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;
	int r = 0;

	if (!d) {
		r = err_sys(e, "cannot list the container's state directory");
		fd_close(&fd);
		return r;
	}
	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0 &&
		    unlinkat(dirfd, ent->d_name, 0) < 0 && errno != ENOENT && r == 0)
			r = err_sys(e, "cannot remove '%s' from the container's state directory", ent->d_name);
	closedir(d);
	return r;
}

static int remove_dir(const char *path, int dirfd, struct err *e)
{
	static const char *const names[] = {PLAN_FILE, JOURNAL_FILE, GATE_FILE};
	int r;

	/* `plan` first: without it the directory is nobody's container any more. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(dirfd, names[i], 0);
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_sys(e, "cannot remove state directory '%s'", path);
	r = remove_strangers(dirfd, e);
	if (r < 0)
		return r;
	if (rmdir(path) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove state directory '%s'", path);
	return 0;
}

int container_destroy(const struct runtime *rt, const char *id, int dirfd, const struct journal *j,
		      struct err *e)
{
	char path[4096];
	int len, r;

	r = j ? journal_replay(j, e) : 0;
	if (r < 0)
		return r;
	len = snprintf(path, sizeof(path), "%s/%s", rt->root, id);
	if (len < 0 || (size_t)len >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "state root '%s' is too long", rt->root);
	return remove_dir(path, dirfd, e);
}
