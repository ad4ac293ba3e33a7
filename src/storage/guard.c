/* SPDX-License-Identifier: Apache-2.0 */
/* Guards: found by what the kernel says is mounted there, never by what a journal says. */
#include "storage/guard.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "common/mountinfo.h"

/* A page, and the root directory alone. */
#define OPTIONS "size=4k,nr_inodes=1,mode=0555"
/* After crashes there may be more than one, but not many. */
#define GUARDS_MAX 4

enum { NONE, ON_TOP, HIDDEN };

static int look(const char *target, struct arena *a, struct err *e)
{
	const struct mount_entry *m;
	struct mount_list mounts = {0};
	int r = mountinfo_read(a, &mounts, e);

	if (r < 0)
		return r;
	m = mountinfo_find(&mounts, target, mountinfo_id(target));
	if (m && streq(m->mountpoint, target) && mount_is_guard(m))
		return ON_TOP;
	for (size_t i = 0; i < mounts.n; i++)
		if (streq(mounts.v[i].mountpoint, target) && mount_is_guard(&mounts.v[i]))
			return HIDDEN;
	return NONE;
}

static int look_once(const char *target, struct err *e)
{
	struct arena a = {0};
	int r = look(target, &a, e);

	arena_release(&a);
	return r;
}

int guard_find(const char *target, struct err *e)
{
	struct statfs st;
	int r;

	/* Most places are not worth reading all mounts. */
	if (statfs(target, &st) < 0 || st.f_type != TMPFS_MAGIC)
		return 0;
	r = look_once(target, e);
	return r < 0 ? r : r == ON_TOP;
}

int guard_is_hidden(const char *target, struct err *e)
{
	int r = look_once(target, e);

	return r < 0 ? r : r == HIDDEN;
}

int guard_put(const char *target, struct err *e)
{
	int r = guard_find(target, e);

	if (r != 0)
		return r < 0 ? r : 0;
	if (mount(MOUNT_GUARD_SOURCE, target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  OPTIONS) < 0)
		return err_sys(e, "cannot mount the read-only '" MOUNT_GUARD_SOURCE "' on '%s'", target);
	return 0;
}

int guard_remove(const char *target, struct err *e)
{
	for (int n = 0; n < GUARDS_MAX; n++) {
		int r = guard_find(target, e);

		if (r <= 0)
			return r < 0 ? r : n > 0;
		/* Whoever works in it has nothing there. */
		if (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return err_sys(e, "cannot unmount the read-only '" MOUNT_GUARD_SOURCE "' from '%s'",
				       target);
	}
	return 1;
}
