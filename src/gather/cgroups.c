/* SPDX-License-Identifier: Apache-2.0 */
/* Which memory limits already stand above a container. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/parts.h"
#include "machine/cgroup_path.h"

/* v1 says "no limit" as the largest multiple of a page in 63 bits. */
#define NO_LIMIT (1ull << 62)

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

int cgroups_ancestor_limit(bool systemd, const char *cgroups_path, const char *id, struct arena *a,
			   struct host_facts *h, struct err *e)
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
	r = cgroup_path_decide(a, h->cgroup_version, systemd, cgroups_path, id, c->self, &below, NULL);
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
