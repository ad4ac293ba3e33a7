/* SPDX-License-Identifier: Apache-2.0 */
/* Other limits for a container that exists. Its machine cannot be changed any more: memory and processors of the guest stay
 * what they are, only what its cgroup allows can move. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

static const char *setting_in_force(const struct confine_cgroup *cg, const char *file)
{
	for (size_t i = 0; i < cg->settings.n; i++)
		if (streq(cg->settings.v[i].file, file))
			return cg->settings.v[i].value;
	return NULL;
}

static uint64_t asked_now(const struct launch_plan *p)
{
	uint64_t limit = p->cgroup.memory_limit_bytes;

	return limit > p->overhead_bytes ? limit - p->overhead_bytes : 0;
}

static int memory_limit(const struct launch_plan *p, const struct spec_resources *r, struct group_memory *ret,
			struct strv *warnings, struct err *e)
{
	uint64_t limit = spec_memory_limit(r);

	*ret = (struct group_memory){false, p->cgroup.memory_limit_bytes, asked_now(p), p->overhead_bytes};
	if (limit == 0 && r->memory_limit_bytes == 0)
		return 0;
	ret->given = true;
	ret->asked_bytes = limit;
	ret->limit_bytes = limit > 0 ? limit + p->overhead_bytes : 0;
	if (limit > 0 && limit < p->memory_bytes)
		return err_set(
			e, EINVAL,
			"memory limit of %llu bytes is below the guest's memory of %llu bytes, which a running "
			"virtual machine does not give back: choose at least that, or create the container anew",
			(unsigned long long)limit, (unsigned long long)p->memory_bytes);
	if (limit != p->memory_bytes && limit != asked_now(p))
		strv_addf(warnings,
			  "the guest keeps its %llu bytes of memory: a virtual machine gets more only when its "
			  "container is created anew",
			  (unsigned long long)p->memory_bytes);
	return 0;
}

/* v1 counts memory and swap together: the sum in force may be too small for a larger limit. */
static int check_sum(const struct launch_plan *p, const struct spec_resources *r,
		     const struct group_memory *m, struct err *e)
{
	const char *sum = setting_in_force(&p->cgroup, "memory.memsw.limit_in_bytes");
	uint64_t n;

	if (!m->given || r->memory_swap_bytes != 0 || sum == NULL || !str_u64(sum, 0, UINT64_MAX, &n))
		return 0;
	if (m->limit_bytes > 0 && m->limit_bytes <= n)
		return 0;
	return err_set(e, EINVAL,
		       "the new memory limit is above the limit of memory and swap together (%llu bytes): give that one "
		       "(memory.swap), too",
		       (unsigned long long)(n > m->overhead_bytes ? n - m->overhead_bytes : n));
}

/* v2 has quota and period in one file: what was not given is what stands there. */
static int complete_cpu(const struct launch_plan *p, struct spec_resources *r, struct arena *a, struct err *e)
{
	const char *max = setting_in_force(&p->cgroup, "cpu.max");
	size_t n = max ? strcspn(max, " ") : 0;
	uint64_t quota, period;
	const char *first;

	if (max == NULL || (r->cpu_quota_us == 0 && r->cpu_period_us == 0))
		return 0;
	first = arena_strndup(a, max, n);
	if (first == NULL)
		return err_oom(e);
	if (r->cpu_quota_us == 0)
		r->cpu_quota_us = str_u64(first, 1, INT64_MAX, &quota) ? (int64_t)quota : -1;
	if (r->cpu_period_us == 0 && max[n] != '\0' && str_u64(max + n + 1, 1, INT64_MAX, &period))
		r->cpu_period_us = period;
	return 0;
}

static bool has_file(const struct setting_list *l, const char *file)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].file, file))
			return true;
	return false;
}

/* What was in force, and over it what is new. */
static int merge(const struct confine_cgroup *before, const struct setting_list *changed, struct arena *a,
		 struct confine_cgroup *ret, struct err *e)
{
	struct cgroup_setting *v = arena_array(a, before->settings.n + changed->n, sizeof(*v));
	size_t n = 0;

	if (v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < before->settings.n; i++)
		if (!has_file(changed, before->settings.v[i].file))
			v[n++] = before->settings.v[i];
	for (size_t i = 0; i < changed->n; i++)
		v[n++] = changed->v[i];
	ret->settings.v = v;
	ret->settings.n = n;
	return 0;
}

/* systemd is told of what changes. */
static int tell_unit(struct confine_cgroup *cg, struct arena *a, struct err *e)
{
	struct confine_unit *u = arena_alloc(a, sizeof(*u));

	if (u == NULL)
		return err_oom(e);
	*u = (struct confine_unit){.name = cg->unit->name,
				   .slice = cg->unit->slice,
				   .description = cg->unit->description};
	cg->unit = u;
	return unit_limits(a, cg, u, e);
}

int plan_update(const struct launch_plan *p, const struct spec_resources *wanted, struct arena *a,
		struct confine_cgroup *ret_write, struct confine_cgroup *ret_after, struct strs *ret_warnings,
		struct err *e)
{
	struct confine_cgroup write = p->cgroup, after = p->cgroup;
	struct strv warnings = STRV(a);
	struct setting_list l = {.a = a};
	struct spec_resources r = *wanted;
	struct group_memory m;
	int x;

	if (p->cgroup.version == 0)
		return err_set(e, ENOTSUP, "the container has no cgroup: no limit can be set");
	if (p->cgroup.version == 1 && r.unified.n > 0)
		return err_set(e, EINVAL,
			       "linux.resources.unified ('%.64s') needs cgroup v2, but this host has v1",
			       r.unified.v[0].key);
	if ((x = memory_limit(p, &r, &m, &warnings, e)) < 0 ||
	    (x = cgroup_check_swap(&r, m.asked_bytes, e)) < 0 || (x = check_sum(p, &r, &m, e)) < 0 ||
	    (x = complete_cpu(p, &r, a, e)) < 0)
		return x;
	if (p->cgroup.version == 1)
		cgroup_v1_settings(&r, &m, &l);
	else if ((x = cgroup_v2_settings(&r, &m, &l, e)) < 0)
		return x;
	if (l.oom)
		return err_oom(e);
	write.settings.v = l.v;
	write.settings.n = l.n;
	write.devices.n = 0;
	after.memory_limit_bytes = write.memory_limit_bytes = m.limit_bytes;
	if (p->cgroup.unit != NULL && (x = tell_unit(&write, a, e)) < 0)
		return x;
	if ((x = merge(&p->cgroup, &l, a, &after, e)) < 0 || (x = strv_done(&warnings, ret_warnings, e)) < 0)
		return x;
	*ret_write = write;
	*ret_after = after;
	return 0;
}
