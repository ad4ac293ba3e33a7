/* SPDX-License-Identifier: Apache-2.0 */
/* Control group directories and files: made, read, written, listed, removed; the same for v1 and v2. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/fd.h"
#include "sandbox/cgroup_internal.h"

/* On every parent we made. Whoever finds it notes the parent as well, so the last container out removes it. */
#define PARENT_MARK "trusted.urunc"
#define MAKE_TRIES 16
#define AGAIN 1
#define TREE_DEPTH 32

static int path_of(char buf[CG_PATH_BYTES], const char *dir, const char *file)
{
	int n = snprintf(buf, CG_PATH_BYTES, "%s/%s", dir, file);

	return n < 0 || n >= CG_PATH_BYTES ? -ENAMETOOLONG : 0;
}

int cg_open(const char *dir, const char *file, int flags)
{
	char path[CG_PATH_BYTES];
	int fd, r = path_of(path, dir, file);

	if (r < 0)
		return r;
	fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

ssize_t cg_read(const char *dir, const char *file, char *buf, size_t n)
{
	_cleanup_fd_ int fd = cg_open(dir, file, O_RDONLY);
	size_t len;
	ssize_t r;

	if (fd < 0)
		return fd;
	/* The kernel gives a text that fits in one piece. */
	do
		r = read(fd, buf, n - 1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	len = (size_t)r;
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return (ssize_t)len;
}

int cg_put(int fd, const char *value)
{
	ssize_t r;

	/* The kernel takes a control file's value in one call or not at all. */
	do
		r = write(fd, value, strlen(value));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int cg_write(const char *dir, const char *file, const char *value)
{
	_cleanup_fd_ int fd = cg_open(dir, file, O_WRONLY);

	return fd < 0 ? fd : cg_put(fd, value);
}

bool cg_has_word(const char *list, const char *word, const char *seps)
{
	size_t n = strlen(word);

	while (*list) {
		size_t len = strcspn(list, seps);

		if (len == n && memcmp(list, word, n) == 0)
			return true;
		list += len;
		list += strspn(list, seps);
	}
	return false;
}

/* Notes path (cut to len bytes) as a shared parent. */
static int note_parent(const char *path, size_t len, cgroup_note_fn note, void *arg, struct err *e)
{
	char text[CG_PATH_BYTES + 1];

	memcpy(text, path, len);
	memcpy(text + len, "/", 2);
	return note(arg, text, e);
}

/* Makes every missing directory between the mount point and the last component. AGAIN if one vanished meanwhile. */
static int make_parents(const struct cgroup_dir *d, size_t mount_len, cgroup_note_fn note, void *arg,
			struct err *e)
{
	char path[CG_PATH_BYTES];
	size_t len = strlen(d->path), i;
	int r;

	memcpy(path, d->path, len + 1);
	for (i = mount_len + 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (access(path, F_OK) < 0) {
			r = note_parent(path, i, note, arg, e);
			if (r < 0)
				return r;
			if (mkdir(path, 0755) == 0)
				(void)setxattr(path, PARENT_MARK, "", 0, 0);
			else if (errno == ENOENT)
				return AGAIN;
			else if (errno != EEXIST)
				return err_sys(e, "cgroup '%s'", path);
		}
		path[i] = '/';
	}
	return 0;
}

/* Notes the chain of parents that we (or another container of ours) made. AGAIN if the nearest is missing. */
static int note_marked_parents(const struct cgroup_dir *d, size_t mount_len, cgroup_note_fn note, void *arg,
			       struct err *e)
{
	char path[CG_PATH_BYTES];
	size_t marked[TREE_DEPTH], n = 0;
	char *slash;
	int r;

	memcpy(path, d->path, strlen(d->path) + 1);
	while (n < TREE_DEPTH && (slash = strrchr(path, '/')) != NULL && (size_t)(slash - path) > mount_len) {
		*slash = '\0';
		if (getxattr(path, PARENT_MARK, NULL, 0) < 0) {
			if (errno == ENOENT)
				return AGAIN;
			break;
		}
		marked[n++] = (size_t)(slash - path);
	}
	while (n > 0) { /* outermost first: notes are replayed backwards */
		r = note_parent(d->path, marked[--n], note, arg, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int cg_tree_make(const struct cgroup_dir *d, cgroup_note_fn note, void *arg, bool *ret_made, struct err *e)
{
	size_t mount_len = strlen(d->mountpoint);
	unsigned tries;
	int r;

	if (strlen(d->path) >= CG_PATH_BYTES)
		return err_set(e, ENAMETOOLONG, "cgroup path is longer than %d bytes: '%.64s...'",
			       CG_PATH_BYTES - 1, d->path);
	/* Another container's delete may take an empty shared parent away between two steps: start over then. */
	for (tries = 0; tries < MAKE_TRIES; tries++) {
		r = note_marked_parents(d, mount_len, note, arg, e);
		if (r == AGAIN)
			r = make_parents(d, mount_len, note, arg, e);
		if (r == AGAIN)
			continue;
		if (r < 0)
			return r;
		if (access(d->path, F_OK) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(e, "cgroup '%s'", d->path);
		r = note(arg, d->path, e);
		if (r < 0)
			return r;
		if (mkdir(d->path, 0755) == 0) {
			*ret_made = true;
			return 0;
		}
		if (errno == EEXIST)
			return 0;
		if (errno != ENOENT)
			return err_sys(e, "cgroup '%s'", d->path);
	}
	return err_set(e, ENOENT, "cgroup '%s': its parent was removed again and again while it was made",
		       d->path);
}

typedef int (*child_fn)(void *arg, char path[CG_PATH_BYTES], unsigned depth);

/* Calls fn for every directory in path (a buffer that is extended and restored). */
static int each_child(char path[CG_PATH_BYTES], unsigned depth, child_fn fn, void *arg)
{
	_cleanup_fd_ int fd = -1;
	_Alignas(struct dirent64) char buf[2048];
	size_t len = strlen(path), name;
	struct stat st;
	ssize_t n, i;
	int r;

	if (depth >= TREE_DEPTH)
		return -ELOOP;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	/* A control group's link count is 2 + directories inside: spares reading some fifty file names. */
	if (fstat(fd, &st) == 0 && st.st_nlink == 2)
		return 0;
	while ((n = getdents64(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i += ((struct dirent64 *)(buf + i))->d_reclen) {
			const struct dirent64 *ent = (const struct dirent64 *)(buf + i);

			name = strlen(ent->d_name);
			if (ent->d_type != DT_DIR || ent->d_name[0] == '.' || len + name + 2 > CG_PATH_BYTES)
				continue;
			path[len] = '/';
			memcpy(path + len + 1, ent->d_name, name + 1);
			r = fn(arg, path, depth + 1);
			path[len] = '\0';
			if (r < 0)
				return r;
		}
	}
	return n < 0 && errno != ENOENT && errno != ENODEV ? -errno : 0;
}

static int remove_one(void *arg, char path[CG_PATH_BYTES], unsigned depth)
{
	int r;

	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	r = each_child(path, depth, remove_one, arg);
	if (r < 0)
		return r;
	return rmdir(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int cg_tree_remove(const char *path)
{
	char buf[CG_PATH_BYTES];

	if (strlen(path) >= sizeof(buf))
		return -ENAMETOOLONG;
	memcpy(buf, path, strlen(path) + 1);
	return remove_one(NULL, buf, 0);
}

static int pids_add(struct cg_pids *p, pid_t pid)
{
	pid_t *v = arena_room(p->a, p->v, p->n, &p->cap, 64, sizeof(*v));

	if (!v)
		return -ENOMEM;
	p->v = v;
	p->v[p->n++] = pid;
	return 0;
}

static int pids_of(void *arg, char path[CG_PATH_BYTES], unsigned depth)
{
	struct cg_pids *out = arg;
	_cleanup_fd_ int fd = cg_open(path, "cgroup.procs", O_RDONLY);
	char buf[2048];
	pid_t pid = -1;
	ssize_t n, i;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				pid = (pid < 0 ? 0 : pid * 10) + (buf[i] - '0');
				continue;
			}
			/* 0 stands for a process that our own pid namespace does not show. */
			r = pid > 0 ? pids_add(out, pid) : 0;
			if (r < 0)
				return r;
			pid = -1;
		}
	}
	if (n < 0 && errno != ENODEV)
		return -errno;
	return each_child(path, depth, pids_of, arg);
}

int cg_tree_pids(const char *path, struct cg_pids *out, struct err *e)
{
	char buf[CG_PATH_BYTES];
	size_t i, j, kept = 0;
	int r;

	if (strlen(path) >= sizeof(buf))
		return err_set(e, ENAMETOOLONG, "cgroup path is too long: '%.64s...'", path);
	memcpy(buf, path, strlen(path) + 1);
	out->n = 0;
	r = pids_of(out, buf, 0);
	if (r == -ENOMEM)
		return err_oom(e);
	if (r < 0)
		return err_set(e, -r, "cgroup '%s': cannot list its processes: %s", path, strerror(-r));
	/* v1 may name a process twice. The lists are short, and sorting is nobody's need. */
	for (i = 0; i < out->n; i++) {
		for (j = 0; j < kept && out->v[j] != out->v[i]; j++)
			;
		if (j == kept)
			out->v[kept++] = out->v[i];
	}
	out->n = kept;
	return 0;
}
