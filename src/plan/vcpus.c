/* SPDX-License-Identifier: Apache-2.0 */
/* How many virtual CPUs: as many as the container's CPU time can keep busy, no more than there are. */
#include <errno.h>
#include <string.h>

#include "common/cpulist.h"
#include "plan/internal.h"

#define DEFAULT_PERIOD_US 100000

static const char *unified_get(const struct spec_resources *r, const char *key)
{
	for (size_t i = 0; i < r->unified.n; i++)
		if (streq(r->unified.v[i].key, key))
			return r->unified.v[i].value;
	return NULL;
}

static uint64_t busy_cpus(uint64_t quota, uint64_t period)
{
	return quota / period + (quota % period != 0);
}

/* "max", "max 100000", "150000", "150000 100000"; 0 = no limit */
static int parse_cpu_max(struct arena *a, const char *s, uint64_t *ret, struct err *e)
{
	size_t n = strcspn(s, " ");
	const char *quota = arena_strndup(a, s, n);
	uint64_t q = 0, period = DEFAULT_PERIOD_US;
	bool max;

	if (quota == NULL)
		return err_oom(e);
	max = streq(quota, "max");
	if ((!max && !str_u64(quota, 1, INT64_MAX, &q)) ||
	    (s[n] != '\0' && !str_u64(s + n + 1, 1, INT64_MAX, &period)))
		return err_set(e, EINVAL,
			       "linux.resources.unified: cpu.max '%.64s' is not \"QUOTA PERIOD\" in microseconds "
			       "(numbers from 1, or max for QUOTA)",
			       s);
	*ret = max ? 0 : busy_cpus(q, period);
	return 0;
}

/* 0 = no limit. What stands in `unified` is written last, so it is what counts. */
static int cpus_of_quota(struct build *b, uint64_t *ret, struct err *e)
{
	const struct spec_resources *r = &b->f->spec.resources;
	const char *max = unified_get(r, "cpu.max");

	if (max != NULL)
		return parse_cpu_max(b->a, max, ret, e);
	if (r->cpu_quota_us > 0)
		*ret = busy_cpus((uint64_t)r->cpu_quota_us,
				 r->cpu_period_us > 0 ? r->cpu_period_us : DEFAULT_PERIOD_US);
	return 0;
}

/* 0 = any CPU */
static int cpus_of_set(const struct build *b, uint32_t *ret, struct err *e)
{
	const struct spec_resources *r = &b->f->spec.resources;
	const char *s = unified_get(r, "cpuset.cpus");
	struct cpulist l;

	if (s == NULL)
		s = r->cpuset_cpus;
	if (s == NULL || s[0] == '\0')
		return 0;
	if (cpulist_parse(s, &l)) {
		*ret = l.n;
		return 0;
	}
	return err_set(e, EINVAL, "linux.resources.cpu.cpus: '%.64s' is no list of CPUs (like 0-3,7; 0 to %u)",
		       s, CPULIST_MAX);
}

/* The most that guest and monitor can have together; 0 = any number. */
static uint32_t most(const struct build *b)
{
	uint32_t m = b->w->monitor->max_vcpus, g = b->w->guest->max_vcpus;

	return g > 0 && (m == 0 || g < m) ? g : m;
}

/* A default is for all guests of a monitor: one that can use fewer CPUs gets what it can use, and nobody asked for more. */
static int by_default(const struct build *b, uint32_t *ret, struct err *e)
{
	const struct monitor_ops *m = b->w->monitor;
	uint32_t n = config_monitor_get(&b->f->config, m->name).default_vcpus;

	if (m->max_vcpus > 0 && n > m->max_vcpus)
		return err_set(e, EINVAL,
			       "[monitors.%s] default_vcpus is %u, but this monitor can have at most %u",
			       m->name, n, m->max_vcpus);
	*ret = most(b) > 0 && n > most(b) ? most(b) : n;
	return 0;
}

/* The engine's wish is about CPU time, which a guest with fewer CPUs than asked for can still have in part. */
static uint32_t by_wish(struct build *b, uint64_t wish)
{
	uint32_t max = most(b);

	if (b->f->host.cpus > 0 && wish > b->f->host.cpus)
		wish = b->f->host.cpus;
	if (max == 0 || wish <= max)
		return wish > CPULIST_MAX ? CPULIST_MAX : (uint32_t)wish;
	strv_addf(&b->warnings,
		  "the container's CPU limits allow %llu vCPUs, but guest '%s' on monitor '%s' can have at most %u",
		  (unsigned long long)wish, b->w->guest->name, b->w->monitor->name, max);
	return max;
}

int vcpus_decide(struct build *b, struct err *e)
{
	uint64_t quota = 0;
	uint32_t set = 0, n = 0;
	int r;

	if ((r = cpus_of_quota(b, &quota, e)) < 0 || (r = cpus_of_set(b, &set, e)) < 0)
		return r;
	if (quota == 0 && set == 0) {
		r = by_default(b, &n, e);
		if (r < 0)
			return r;
	} else {
		n = by_wish(b, quota == 0 || (set > 0 && set < quota) ? set : quota);
	}
	b->p->vcpus = b->p->vm.vcpus = n;
	return 0;
}
