/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting and unmounting container roots. */
#include "shim/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/fd.h"
#include "common/mountinfo.h"
#include "common/path.h"
#include "runtime/spawn.h"
#include "shim/job.h"
#include "shim/loopdev.h"
#include "shim/mount_options.h"

#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 50
#define FUSE_MS 30000

/* A file system in a program of its own: "fuse.NAME" and "fuse3.NAME". */
struct fuse_mount {
	const char *program, *type, *source, *target, *options;
};

static int become_fuse(const void *arg, struct err *e)
{
	const struct fuse_mount *m = arg;
	const char *argv[] = {m->program, m->source, m->target, "-o", m->options, "-t", m->type, NULL};

	execvp(m->program, (char *const *)(uintptr_t)argv);
	return err_sys(e, "cannot execute '%s'", m->program);
}

static int mount_fuse(const Pb__Mount *m, const char *target, struct arena *a, struct err *e)
{
	const char *name = strchr(m->type, '.') + 1;
	struct fuse_mount f = {str_starts(m->type, "fuse3.") ? "mount.fuse3" : "mount.fuse", name, m->source,
			       target, ""};
	struct strbuf b = STRBUF(a);
	int r;

	for (size_t i = 0; i < m->n_options; i++) {
		sb_add(&b, i ? "," : "");
		sb_add(&b, m->options[i]);
	}
	r = sb_done(&b, &f.options, e);
	if (r == 0)
		r = child_run(become_fuse, &f, FUSE_MS, e);
	return r > 0 ? err_set(e, EIO, "mounting '%s' by %s failed with status %d", target, f.program,
			       spawn_exit_code(r))
		     : r;
}

/* The source that the kernel gets; a loop device stays open until it is mounted. */
static int find_source(const Pb__Mount *m, const struct mount_options *o, const char **ret, int *ret_loop,
		       char *name, struct err *e)
{
	*ret = m->source;
	if (!o->loop)
		return 0;
	*ret = name;
	return loopdev_attach(m->source, o->flags & MS_RDONLY, o->direct_io, name, ret_loop, e);
}

static int mount_kernel(const Pb__Mount *m, const char *target, struct arena *a, struct err *e)
{
	const unsigned long remount = MS_REMOUNT | MS_BIND | MS_RDONLY;
	struct mount_options o;
	char name[LOOPDEV_NAME_BYTES];
	_cleanup_fd_ int loop = -1;
	const char *source = NULL;
	int r = mount_options_sort(m->type, (const char *const *)m->options, m->n_options,
				   (size_t)getpagesize(), a, &o, e);

	if (r == 0)
		r = find_source(m, &o, &source, &loop, name, e);
	if (r < 0)
		return r;
	/* We are a child: nobody misses the directory. */
	if (o.lower_base && chdir(o.lower_base) < 0)
		return err_sys(e, "cannot go to '%s'", o.lower_base);
	if (mount(source, target, m->type, o.flags, *o.data ? o.data : NULL) < 0)
		return err_sys(e, "cannot mount %s '%s' on '%s'", m->type, m->source, target);
	r = 0;
	/* The first call does not look at this flag of a bind mount. */
	if (o.flags & MS_BIND && o.flags & MS_RDONLY && mount(NULL, target, NULL, o.flags | remount, NULL) < 0)
		r = err_sys(e, "cannot make '%s' read-only", target);
	if (r == 0 && o.propagation && mount(NULL, target, NULL, o.propagation, NULL) < 0)
		r = err_sys(e, "cannot set the propagation of '%s'", target);
	if (r < 0)
		umount2(target, MNT_DETACH);
	return r;
}

/* Where an open file is, without symbolic links. */
static int find_path(int fd, struct arena *a, const char **ret, struct err *e)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (n < 0)
		return err_sys(e, "cannot read '%s'", link);
	*ret = arena_strndup(a, path, (size_t)n);
	return *ret ? 0 : err_oom(e);
}

/* Below the root, whatever its name says, and wherever links in it, which are the image's, point to. */
static int find_target(const char *root, const char *name, struct arena *a, const char **ret, struct err *e)
{
	_cleanup_fd_ int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int found = -1;
	const struct rpath below = {top, name};
	int r = top < 0 ? err_sys(e, "cannot open '%s'", root) : rpath_open(&below, O_PATH, &found, e);

	if (r == 0)
		r = find_path(found, a, ret, e);
	return r < 0 ? err_wrap(e, "the target '%s' of a mount", name) : 0;
}

static int mount_one(const Pb__Mount *m, const char *root, struct arena *a, struct err *e)
{
	const char *target = root;
	int r = *m->target ? find_target(root, m->target, a, &target, e) : 0;

	if (r < 0)
		return r;
	if (str_starts(m->type, "fuse.") || str_starts(m->type, "fuse3."))
		return mount_fuse(m, target, a, e);
	return mount_kernel(m, target, a, e);
}

int rootfs_mount(Pb__Mount *const *mounts, size_t n, const char *target, struct err *e)
{
	struct arena a = {0};
	struct err ignored = {0};
	int r = path_mkdirs(target, 0711, e);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = mount_one(mounts[i], target, &a, e);
		if (r < 0 && i > 0 && rootfs_unmount(target, true, &ignored) < 0)
			err_wrap(e, "what was mounted before is still there (%s)", ignored.msg);
	}
	arena_release(&a);
	return r;
}

/* The mounts at and below target, in the order they were made. */
static int list_below(const char *target, struct arena *a, struct strs *ret, struct err *e)
{
	_cleanup_fd_ int fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n;
	struct mount_list all = {0};
	struct strv v = STRV(a);
	/* The kernel's list knows no links, and the bundle may be called by one (/var/run). */
	int r = fd >= 0 ? find_path(fd, a, &target, e) : 0;

	n = strlen(target);
	if (r == 0)
		r = mountinfo_read(a, &all, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		const char *at = all.v[i].mountpoint;

		if (strncmp(at, target, n) == 0 && (!at[n] || at[n] == '/'))
			strv_add(&v, at);
	}
	return strv_done(&v, ret, e);
}

/* One file system; -EBUSY when somebody uses it for longer than we wait. */
static int unmount_one(const char *path, int lazily, struct err *e)
{
	for (int i = 0; umount2(path, UMOUNT_NOFOLLOW) < 0; i++) {
		/* Gone already: with its parent, or by somebody else. */
		if (errno == EINVAL || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return err_sys(e, "cannot unmount '%s'", path);
		if (i >= BUSY_TRIES || (lazily && i > 2)) {
			if (lazily && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
				return 0;
			return err_set(e, EBUSY, "cannot unmount '%s': it is in use", path);
		}
		child_pause(BUSY_PAUSE_MS);
	}
	return 0;
}

int rootfs_unmount(const char *target, int lazily, struct err *e)
{
	struct arena a = {0};
	struct strs list = {0};
	int r = list_below(target, &a, &list, e);

	/* Nested ones come after what they lie in. */
	for (size_t i = list.n; r == 0 && i > 0; i--)
		r = unmount_one(list.v[i - 1], lazily, e);
	arena_release(&a);
	return r;
}
