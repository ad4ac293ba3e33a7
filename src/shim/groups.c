/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a container's init process. */
#include "shim/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/place.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/mountinfo.h"
#include "common/walk.h"
#include "shim/task.h"

#define PROCS_MAX_BYTES (1u << 20)

/* The list of mounts that the answer was made from is long; only the answer is kept. */
static bool copy(const struct cgroup_place *from, struct arena *a, struct cgroup_place *ret)
{
	struct cgroup_place p = {.version = from->version};

	p.dirs.v = arena_array(a, from->dirs.n, sizeof(*p.dirs.v));
	for (; p.dirs.v && p.dirs.n < from->dirs.n; p.dirs.n++) {
		const struct cgroup_dir *d = &from->dirs.v[p.dirs.n];
		struct cgroup_dir c = {arena_strdup(a, d->names), arena_strdup(a, d->mountpoint),
				       arena_strdup(a, d->path)};

		if (!c.names || !c.mountpoint || !c.path)
			return false;
		p.dirs.v[p.dirs.n] = c;
	}
	*ret = p;
	return p.dirs.v;
}

void groups_find(struct task *t)
{
	struct cgroup_place found = {0};
	struct arena a = {0};
	struct err e = {0};

	if (cgroup_place_of(t->init.pid, &a, &found, &e) < 0)
		log_debug("%s: %s", t->id, e.msg);
	else if (!copy(&found, &t->memory, &t->groups))
		log_warn("%s: its control groups are not known: out of memory", t->id);
	arena_release(&a);
}

const struct cgroup_dir *groups_dir(const struct task *t, const char *controller)
{
	for (size_t i = 0; i < t->groups.dirs.n; i++) {
		const struct cgroup_dir *d = &t->groups.dirs.v[i];

		if (t->groups.version == 1 && !mount_option_has(d->names, controller))
			continue;
		/* The hierarchy's own top is everybody's. */
		return streq(d->path, d->mountpoint) || strstr(d->path, "/../") ? NULL : d;
	}
	return NULL;
}

struct collected {
	struct arena *a;
	struct u32s *pids;
	size_t cap;
};

static int add(struct collected *c, uint32_t pid)
{
	uint32_t *v = arena_room(c->a, c->pids->v, c->pids->n, &c->cap, 32, sizeof(*v));

	if (!v)
		return -ENOMEM;
	c->pids->v = v;
	c->pids->v[c->pids->n++] = pid;
	return 0;
}

static int visit(const struct walk_entry *entry, void *arg, struct err *e)
{
	struct collected *c = arg;
	struct bytes text = {0};
	char *p;

	if (!streq(entry->name, "cgroup.procs"))
		return 0;
	/* Groups come and go while they are looked at. */
	if (file_read(entry->dirfd, entry->name, PROCS_MAX_BYTES, c->a, &text, e) < 0)
		return 0;
	for (p = (char *)(uintptr_t)text.p; p && *p;) {
		unsigned long pid = strtoul(p, &p, 10);

		if (pid && add(c, (uint32_t)pid) < 0)
			return err_oom(e);
		p += strspn(p, "\n");
	}
	return 0;
}

int groups_pids(const struct task *t, struct arena *a, struct u32s *ret)
{
	const struct cgroup_dir *d = groups_dir(t, "devices");
	struct u32s pids = {0};
	struct collected c = {a, &pids, 0};
	_cleanup_fd_ int fd = -1;
	struct err e = {0};
	int r = 0;

	if (!d)
		d = groups_dir(t, "memory");
	if (d)
		fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		r = walk_tree(fd, d->path, visit, &c, &e);
	if (r == -ENOMEM)
		return r;
	*ret = pids;
	return 0;
}
