/* SPDX-License-Identifier: Apache-2.0 */
/* What the container root lies on. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gather/parts.h"

/* Several mounts may share one place and one text: only the kernel knows which of them is meant. Since Linux 5.8. */
static int64_t mount_id(const char *path)
{
	struct statx stx = {0};

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0 ||
	    !(stx.stx_mask & STATX_MNT_ID) || stx.stx_mnt_id > INT64_MAX)
		return 0;
	return (int64_t)stx.stx_mnt_id;
}

/* A snapshotter's device. "overlay" and other words are no paths; a path may also be of another mount namespace. */
static void look_at_source(struct root_facts *r)
{
	struct stat st;

	if (r->source[0] != '/' || stat(r->source, &st) < 0 || !S_ISBLK(st.st_mode))
		return;
	r->source_is_block = true;
	r->source_major = major(st.st_rdev);
	r->source_minor = minor(st.st_rdev);
}

int gather_root(struct root_facts *r, const struct mount_list *mounts, struct arena *a, struct err *e)
{
	const struct mount_entry *m;

	if (!r->path || !r->exists)
		return 0;
	m = mountinfo_find(mounts, r->path, mount_id(r->path));
	if (!m)
		return 0;
	r->fstype = arena_strdup(a, m->fstype);
	r->source = arena_strdup(a, m->source);
	if (!r->fstype || !r->source)
		return err_oom(e);
	look_at_source(r);
	r->is_mountpoint = streq(m->mountpoint, r->path);
	r->readonly = mount_option_has(m->options, "ro") || mount_option_has(m->super_options, "ro");
	return 0;
}
