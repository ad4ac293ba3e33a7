/* SPDX-License-Identifier: Apache-2.0 */
/* How control groups are mounted, and which memory limits already stand above a container. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/parts.h"
#include "machine/cgroup_path.h"

/* v1 says "no limit" as the largest multiple of a page in 63 bits. */
#define NO_LIMIT (1ull << 62)

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

static void add_controller(struct host_facts *h, const char *names, const char *self,
			   const struct mount_entry *m)
{
	h->cgroups.v[h->cgroups.n++] = (struct cgroup_controller){names, m->mountpoint,
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

int cgroups_layout(const struct mount_list *mounts, struct bytes self, struct arena *a,
		   struct host_facts *ret, struct err *e)
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
	ret->cgroups.v = arena_array(a, lines, sizeof *ret->cgroups.v);
	if (!ret->cgroups.v)
		return err_oom(e);
	ret->cgroups.n = 0;
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
	ret->cgroup_version = has_v1 ? 1 : unified && unified_self ? 2 : 0;
	if (!has_v1) {
		ret->cgroups.n = 0;
		if (ret->cgroup_version == 2)
			add_controller(ret, "", unified_self, unified);
	}
	return 0;
}

/* The limit in dir, 0 = none or no such group. */
static uint64_t limit_in(const char *dir, const char *file, struct arena *a)
{
	const char *path = arena_printf(a, "%s/%s", dir, file);
	_cleanup_fd_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	char text[32];
	uint64_t v = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return str_u64(text, 0, NO_LIMIT - 1, &v) ? v : 0;
}

static const struct cgroup_controller *memory_hierarchy(const struct host_facts *h)
{
	for (size_t i = 0; i < h->cgroups.n; i++)
		if (h->cgroup_version == 2 || mount_option_has(h->cgroups.v[i].names, "memory"))
			return &h->cgroups.v[i];
	return NULL;
}

int cgroups_ancestor_limit(const char *cgroups_path, const char *id, struct arena *a, struct host_facts *h,
			   struct err *e)
{
	const struct cgroup_controller *c = memory_hierarchy(h);
	const char *file = h->cgroup_version == 2 ? "memory.max" : "memory.limit_in_bytes";
	const char *below;
	size_t mount_bytes;
	char *dir, *slash;
	int r;

	h->cgroup_ancestor_limit_bytes = 0;
	h->ancestor_limit_path = NULL;
	if (!c)
		return 0;
	/* A path that cannot be used is refused by plan, in words. */
	r = cgroup_path_decide(a, h->cgroup_version, cgroups_path, id, c->self, &below, NULL);
	if (r < 0)
		return r == -ENOMEM ? err_oom(e) : 0;
	dir = arena_printf(a, "%s%s", c->mountpoint, below);
	if (!dir)
		return err_oom(e);
	mount_bytes = strlen(c->mountpoint);
	while ((slash = strrchr(dir, '/')) != NULL && (size_t)(slash - dir) >= mount_bytes) {
		uint64_t limit;

		*slash = '\0';
		limit = limit_in(dir, file, a);
		if (limit == 0 ||
		    (h->cgroup_ancestor_limit_bytes != 0 && limit >= h->cgroup_ancestor_limit_bytes))
			continue;
		h->cgroup_ancestor_limit_bytes = limit;
		h->ancestor_limit_path = arena_strdup(a, dir);
		if (!h->ancestor_limit_path)
			return err_oom(e);
	}
	return 0;
}
