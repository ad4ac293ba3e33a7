/* SPDX-License-Identifier: Apache-2.0 */
/* How control groups are mounted. Mount points and groups may be named by others, so both texts may be hostile. */
#include "cgroup/layout.h"

#include <string.h>

#include "common/mountinfo.h"

static const struct mount_entry *find_hierarchy(const struct mount_list *mounts, const char *names)
{
	size_t n = strcspn(names, ",");
	char first[64];

	if (n == 0 || n >= sizeof first)
		return NULL;
	memcpy(first, names, n);
	first[n] = '\0';
	for (size_t i = 0; i < mounts->n; i++)
		if (streq(mounts->v[i].fstype, "cgroup") &&
		    mount_option_has(mounts->v[i].super_options, first))
			return &mounts->v[i];
	return NULL;
}

static const struct mount_entry *find_unified(const struct mount_list *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (streq(mounts->v[i].fstype, "cgroup2"))
			return &mounts->v[i];
	return NULL;
}

/* A mount that begins below the hierarchy's root (as in a container) shows our path without that beginning. */
static const char *below_mount(const char *path, const char *mount_root)
{
	size_t n = strlen(mount_root);

	if (n == 1 || strncmp(path, mount_root, n) != 0)
		return path;
	if (path[n] == '\0')
		return "/";
	return path[n] == '/' ? path + n : path;
}

static void add_controller(struct cgroup_layout *l, const char *names, const char *self,
			   const struct mount_entry *m)
{
	l->controllers.v[l->controllers.n++] = (struct cgroup_controller){names, m->mountpoint,
									  below_mount(self, m->root)};
}

/* "4:memory:/path": the two texts, borrowed from line. */
static bool split_line(char *line, const char **ret_names, const char **ret_path)
{
	char *names = strchr(line, ':');
	char *path = names ? strchr(names + 1, ':') : NULL;

	if (!path || path[1] != '/')
		return false;
	*path = '\0';
	*ret_names = names + 1;
	*ret_path = path + 1;
	return true;
}

int cgroup_layout(const struct mount_list *mounts, struct bytes self, struct arena *a,
		  struct cgroup_layout *ret, struct err *e)
{
	const struct mount_entry *unified = find_unified(mounts);
	const char *unified_self = NULL;
	bool has_v1 = false;
	size_t lines = 1;
	char *p, *next;

	p = arena_memdup(a, self.p, self.n);
	if (!p)
		return err_oom(e);
	for (const char *c = p; (c = strchr(c, '\n')) != NULL; c++)
		lines++;
	ret->controllers.v = arena_array(a, lines, sizeof *ret->controllers.v);
	if (!ret->controllers.v)
		return err_oom(e);
	ret->controllers.n = 0;
	for (; p && *p; p = next) {
		const struct mount_entry *m;
		const char *names, *path;

		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		if (!split_line(p, &names, &path))
			continue;
		if (*names == '\0') {
			unified_self = path;
			continue;
		}
		m = find_hierarchy(mounts, names);
		if (!m)
			continue;
		add_controller(ret, names, path, m);
		/* A named hierarchy alone (systemd keeps one for itself) controls nothing. */
		has_v1 |= !str_starts(names, "name=");
	}
	ret->version = has_v1 ? 1 : unified && unified_self ? 2 : 0;
	if (!has_v1) {
		ret->controllers.n = 0;
		if (ret->version == 2)
			add_controller(ret, "", unified_self, unified);
	}
	return 0;
}
