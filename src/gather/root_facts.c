/* SPDX-License-Identifier: Apache-2.0 */
/* What the container root lies on, and what a path of the host is to the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/parts.h"

const char *gather_fd_path(int fd, const char *path, struct arena *a)
{
	const char *link = arena_printf(a, "/proc/self/fd/%d", fd);
	char buf[4096];
	ssize_t n;

	if (!link)
		return NULL;
	n = readlink(link, buf, sizeof buf);
	if (n <= 0 || (size_t)n >= sizeof buf || buf[0] != '/')
		return path;
	return arena_strndup(a, buf, (size_t)n);
}

const char *gather_real_path(const char *path, struct arena *a)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? path : gather_fd_path(fd, path, a);
}

bool gather_is_block(const char *source, dev_t *ret)
{
	struct stat st;

	if (source[0] != '/' || stat(source, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	*ret = st.st_rdev;
	return true;
}

int gather_is_taken(struct err *e, const char *what, const char *path, const char *guard)
{
	return err_set(
		e, EBUSY,
		"%s '%.256s' cannot be used: its block device is given to the guest of another container; delete "
		"that one first (if there is none, mounting the device again has failed: umount '%.256s', where "
		"'" MOUNT_GUARD_SOURCE "' is mounted)",
		what, path, guard);
}

int gather_check_root(int rootfd, const char *path, struct arena *a, struct err *e)
{
	const struct mount_entry *m;
	struct mount_list mounts;
	struct statfs st;
	int r;

	/* Few roots are worth reading all mounts once more. */
	if (fstatfs(rootfd, &st) < 0 || st.f_type != TMPFS_MAGIC || !(st.f_flags & ST_RDONLY))
		return 0;
	r = mountinfo_read(a, &mounts, e);
	if (r < 0)
		return r;
	m = mountinfo_find(&mounts, path, mountinfo_id(path));
	return m && mount_is_guard(m) ? gather_is_taken(e, "container root", path, m->mountpoint) : 0;
}

/* A snapshotter's device: one that is mounted here, whole, and nowhere else, and not the host's own. A directory of the host's own disk bound to
 * its place has that disk as its source too, and must never be taken for a snapshot. "overlay" and other words are no
 * paths; a path may also be of another mount namespace. */
static int look_at_source(struct root_facts *r, const struct mount_list *mounts, struct host_mounts *own,
			  const struct mount_entry *m, struct arena *a, struct err *e)
{
	dev_t device, other;
	int result;

	if (!streq(m->root, "/") || !gather_is_block(m->source, &device))
		return 0;
	for (size_t i = 0; i < mounts->n; i++)
		if (&mounts->v[i] != m && (streq(mounts->v[i].source, m->source) ||
					   (gather_is_block(mounts->v[i].source, &other) && other == device)))
			return 0;
	result = host_mounts_has(own, mounts, r->path, a, &r->own, e);
	if (result < 0 || r->own)
		return result;
	r->source_is_block = true;
	r->source_major = major(device);
	r->source_minor = minor(device);
	return 0;
}

int gather_root(struct root_facts *r, const struct mount_list *mounts, struct host_mounts *own,
		struct arena *a, struct err *e)
{
	const struct mount_entry *m;

	if (!r->path || !r->exists)
		return 0;
	m = mountinfo_find(mounts, r->path, mountinfo_id(r->path));
	if (!m)
		return 0;
	r->fstype = arena_strdup(a, m->fstype);
	r->source = arena_strdup(a, m->source);
	r->options = arena_strdup(a, m->options);
	r->super_options = arena_strdup(a, m->super_options);
	if (!r->fstype || !r->source || !r->options || !r->super_options)
		return err_oom(e);
	r->is_mountpoint = streq(m->mountpoint, r->path);
	r->readonly = mount_option_has(m->options, "ro") || mount_option_has(m->super_options, "ro");
	return look_at_source(r, mounts, own, m, a, e);
}
