/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of which less is true than their files say: of another boot of the machine, or damaged. */
#include "runtime/container.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/proc.h"
#include "common/str.h"

int container_same_boot(struct container *c, bool *ret, struct err *e)
{
	char now[BOOT_ID_BYTES];

	/* Cannot change while we look, so it is found out once. */
	if (c->other_boot < 0 && !c->journal.boot_id)
		c->other_boot = 0;
	if (c->other_boot < 0) {
		int r = boot_id_read(now, e);

		if (r < 0)
			return r;
		c->other_boot = !streq(now, c->journal.boot_id);
	}
	*ret = !c->other_boot;
	return 0;
}

static bool has_file(struct arena *a, const char *dir, const char *file)
{
	const char *path = arena_printf(a, "%s/%s", dir, file);

	return path && access(path, F_OK) == 0;
}

/* Where a file system is mounted there is the root of a hierarchy, and in it the whole host. */
static bool is_mounted(const char *path, const char *parent)
{
	struct stat st, above;

	return stat(path, &st) == 0 && stat(parent, &above) == 0 && st.st_dev != above.st_dev;
}

/* Of the settings nothing is known; but where it is, and how it is frozen, can be seen. */
int container_salvage_cgroup(struct container *c, struct arena *a, struct err *e)
{
	const struct journal *j = &c->journal;
	struct confine_cgroup cg = {.version = 1};
	bool same;
	int r = container_same_boot(c, &same, e);

	if (r < 0 || !same)
		return r;
	cg.dirs.v = arena_array(a, j->undo.n, sizeof(*cg.dirs.v));
	if (!cg.dirs.v && j->undo.n)
		return err_oom(e);
	for (size_t i = 0; i < j->undo.n; i++) {
		const char *path = j->undo.v[i].arg, *slash = strrchr(path, '/');
		char *parent;

		/* A slash at the end marks a parent that containers share. */
		if (j->undo.v[i].kind != JOURNAL_CGROUP || !slash || slash == path || !slash[1])
			continue;
		parent = arena_strndup(a, path, (size_t)(slash - path));
		if (!parent)
			return err_oom(e);
		if (is_mounted(path, parent))
			continue;
		if (cg.dirs.n == 0 && has_file(a, path, "cgroup.controllers"))
			cg.version = 2;
		cg.dirs.v[cg.dirs.n++] = (struct cgroup_dir){
			.names = has_file(a, path, "freezer.state") ? "freezer" : "",
			.mountpoint = parent,
			.path = path,
		};
	}
	c->head.cgroup = cg;
	return 0;
}

/* What is of this boot is not even locked: whoever works on it may take long, and the answer is known. */
int container_clear_stale(const struct runtime *rt, const char *id, struct err *e)
{
	for (unsigned flags = 0;; flags = OPEN_LOCK) {
		_cleanup_container_ struct container c = CONTAINER_NULL;
		bool same;
		int r = container_open(rt, id, flags, &c, e);

		if (r == 0 && c.dirfd < 0)
			return 1; /* somebody else cleared it away while we waited */
		if (r < 0 || c.owner != OWNER_US)
			return r;
		r = container_same_boot(&c, &same, e);
		if (r < 0 || same)
			return r;
		if (flags & OPEN_LOCK) {
			r = container_destroy(rt, id, c.dirfd, NULL, e);
			return r < 0 ? r : 1;
		}
	}
}
