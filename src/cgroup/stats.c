/* SPDX-License-Identifier: Apache-2.0 */
/* What one container's cgroup has used: the parts that v1 and v2 share. */
#include "cgroup/stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/reader.h"
#include "common/fd.h"
#include "common/str.h"

const char *const cgroup_cpuset_flags[CGROUP_CPUSET_FLAGS] = {
	"cpu_exclusive",   "mem_hardwall",       "mem_exclusive",
	"memory_migrate",  "memory_spread_page", "memory_spread_slab",
	"memory_pressure", "sched_load_balance", "sched_relax_domain_level",
};

void cg_memory_stat(struct cg_reader *r, struct cgroup_stats *s)
{
	char *line;

	if (!cg_file(r, "memory.stat"))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *key = cg_word(&line, " ");
		struct cgroup_stat one, *v;

		if (!key || !cg_number(cg_word(&line, " "), &one.value))
			continue;
		one.key = arena_strdup(r->a, key);
		v = cg_grow(r, s->memory.stat.v, s->memory.stat.n, sizeof(*v));
		if (!v || !one.key) {
			r->oom = true;
			return;
		}
		s->memory.stat.v = v;
		v[s->memory.stat.n++] = one;
	}
}

static void rdma_number(const char *word, const char *key, uint32_t *ret)
{
	uint64_t n;

	if (str_starts(word, key) && cg_number(word + strlen(key), &n))
		*ret = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* "mlx4_0 hca_handle=2 hca_object=max" */
void cg_rdma(struct cg_reader *r, const char *file, struct cgroup_rdma_list *l)
{
	char *line;

	if (!cg_file(r, file))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *device = cg_word(&line, " "), *word;
		struct cgroup_rdma *v = cg_grow(r, l->v, l->n, sizeof(*v));
		struct cgroup_rdma one = {.device = arena_strdup(r->a, device)};

		if (!v || !one.device) {
			r->oom = true;
			return;
		}
		while ((word = cg_word(&line, " ")) != NULL) {
			rdma_number(word, "hca_handle=", &one.hca_handles);
			rdma_number(word, "hca_object=", &one.hca_objects);
		}
		l->v = v;
		v[l->n++] = one;
	}
}

static void add_hugetlb(struct cg_reader *r, struct cgroup_stats *s, const char *size, const char *usage,
			const char *limit)
{
	struct cgroup_hugetlb *v = cg_grow(r, s->hugetlb.v, s->hugetlb.n, sizeof(*v));
	struct cgroup_hugetlb one = {.pagesize = arena_strdup(r->a, size)};
	const struct cg_key events[] = {{"max", &one.failcnt}};
	const char *const names[] = {usage, limit, "max_usage_in_bytes", "failcnt"};
	uint64_t *const to[] = {&one.usage, &one.limit, &one.max_usage, &one.failcnt};
	char file[128];

	if (!v || !one.pagesize) {
		r->oom = true;
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "hugetlb.%s.%s", size, names[i]);
		(void)cg_u64(r, file, to[i]);
	}
	snprintf(file, sizeof(file), "hugetlb.%s.events", size);
	cg_keys(r, file, events, 1);
	s->hugetlb.v = v;
	v[s->hugetlb.n++] = one;
}

/* The page sizes are those in the names of the group's own files. */
void cg_hugetlb(struct cg_reader *r, struct cgroup_stats *s, const char *usage, const char *limit)
{
	_cleanup_fd_ int fd = openat(r->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char buf[2048];
	char size[64];
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = getdents64(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i += ((struct dirent64 *)(buf + i))->d_reclen) {
			const char *name = ((const struct dirent64 *)(buf + i))->d_name;
			size_t len = strcspn(str_starts(name, "hugetlb.") ? name + 8 : "", ".");

			if (len == 0 || len >= sizeof(size) || !streq(name + 8 + len + 1, usage))
				continue;
			memcpy(size, name + 8, len);
			size[len] = '\0';
			add_hugetlb(r, s, size, usage, limit);
		}
	}
}

uint64_t cgroup_stat_get(const struct cgroup_stats *s, const char *key)
{
	for (size_t i = 0; i < s->memory.stat.n; i++) {
		if (streq(s->memory.stat.v[i].key, key))
			return s->memory.stat.v[i].value;
	}
	return 0;
}

int cgroup_stats_read(const struct cgroup_place *at, struct arena *a, struct cgroup_stats *ret, struct err *e)
{
	struct cgroup_stats s = {.version = at->version, .cpuset = {.cpus = "", .mems = ""}};
	struct cg_reader r = {.a = a, .dirfd = -1};
	size_t found = 0;
	int x = 0;

	for (size_t i = 0; i < at->dirs.n && x != -ENOMEM; i++) {
		x = cg_reader_open(&r, at->dirs.v[i].path);
		if (x < 0)
			continue;
		found++;
		if (at->version == 2)
			cg_stats_v2(&r, &s);
		else
			cg_stats_v1(&r, at->dirs.v[i].names, &s);
		cg_reader_close(&r);
	}
	if (r.oom || x == -ENOMEM)
		return err_oom(e);
	if (found == 0)
		return err_set(e, ENOENT, "cgroup '%s' does not exist (any more)",
			       at->dirs.n ? at->dirs.v[0].path : "");
	*ret = s;
	return 0;
}
