/* SPDX-License-Identifier: Apache-2.0 */
/* Which control groups a process is in. */
#include "cgroup/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/io.h"
#include "common/mountinfo.h"

#define CGROUP_TEXT_MAX_BYTES (1u << 20)

static int fill(const struct cgroup_layout *l, struct arena *a, struct cgroup_place *ret, struct err *e)
{
	struct cgroup_dir *v = arena_array(a, l->controllers.n, sizeof(*v));

	if (!v)
		return err_oom(e);
	*ret = (struct cgroup_place){.version = l->version, .dirs = {v, 0}};
	for (size_t i = 0; i < l->controllers.n; i++) {
		const struct cgroup_controller *c = &l->controllers.v[i];
		const char *path;

		/* Outside of what our cgroup namespace shows. */
		if (str_starts(c->self, "/.."))
			continue;
		path = arena_printf(a, "%s%s", c->mountpoint, c->self);
		if (!path)
			return err_oom(e);
		v[ret->dirs.n++] = (struct cgroup_dir){c->names, c->mountpoint, path};
	}
	return 0;
}

int cgroup_place_of(pid_t pid, struct arena *a, struct cgroup_place *ret, struct err *e)
{
	const char *path = arena_printf(a, "/proc/%d/cgroup", (int)pid);
	struct cgroup_layout layout;
	struct bytes self;
	struct mount_list list;
	int r;

	if (!path)
		return err_oom(e);
	r = file_read(AT_FDCWD, path, CGROUP_TEXT_MAX_BYTES, a, &self, e);
	if (r == -ENOENT || r == -ESRCH)
		return err_set(e, ESRCH, "process %d does not exist", (int)pid);
	if (r == 0)
		r = mountinfo_read(a, &list, e);
	if (r == 0)
		r = cgroup_layout(&list, self, a, &layout, e);
	return r == 0 ? fill(&layout, a, ret, e) : r;
}
