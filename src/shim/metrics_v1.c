/* SPDX-License-Identifier: Apache-2.0 */
/* io.containerd.cgroups.v1.Metrics */
#include <stdio.h>

#include "proto/shim/cgroups.pb-c.h"
#include "shim/metrics.h"
#include "shim/pb.h"

static Pb__V1MemoryEntry counter(const struct cgroup_counter *c)
{
	Pb__V1MemoryEntry m = PB__V1_MEMORY_ENTRY__INIT;

	m.limit = c->limit;
	m.usage = c->usage;
	m.max = c->max;
	m.failcnt = c->failcnt;
	return m;
}

/* Members and lines of memory.stat have the same names. */
static void fill_memory(const struct cgroup_stats *s, Pb__V1Memory *m)
{
#define STAT(member) m->member = cgroup_stat_get(s, #member)
	STAT(cache);
	STAT(rss);
	STAT(rss_huge);
	STAT(mapped_file);
	STAT(dirty);
	STAT(writeback);
	STAT(pgpgin);
	STAT(pgpgout);
	STAT(pgfault);
	STAT(pgmajfault);
	STAT(inactive_anon);
	STAT(active_anon);
	STAT(inactive_file);
	STAT(active_file);
	STAT(unevictable);
	STAT(total_cache);
	STAT(total_rss);
	STAT(total_rss_huge);
	STAT(total_mapped_file);
	STAT(total_dirty);
	STAT(total_writeback);
	STAT(total_pgpgin);
	STAT(total_pgpgout);
	STAT(total_pgfault);
	STAT(total_pgmajfault);
	STAT(total_inactive_anon);
	STAT(total_active_anon);
	STAT(total_inactive_file);
	STAT(total_active_file);
	STAT(total_unevictable);
#undef STAT
	m->hierarchical_memory_limit = cgroup_stat_get(s, "hierarchical_memory_limit");
	m->hierarchical_swap_limit = cgroup_stat_get(s, "hierarchical_memsw_limit");
}

static bool fill_io(const struct cgroup_io_list *l, struct arena *a, size_t *ret_n, Pb__V1BlkioEntry ***ret)
{
	Pb__V1BlkioEntry *v = arena_array(a, l->n, sizeof(*v)), **p = arena_array(a, l->n, sizeof(*p));

	if (!v || !p)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		pb__v1_blkio_entry__init(&v[i]);
		v[i].op = (char *)(uintptr_t)l->v[i].op;
		v[i].major = l->v[i].major;
		v[i].minor = l->v[i].minor;
		v[i].value = l->v[i].value;
		p[i] = &v[i];
	}
	*ret_n = l->n;
	*ret = p;
	return true;
}

static bool fill_blkio(const struct cgroup_stats *s, struct arena *a, Pb__V1Blkio *b)
{
	return fill_io(&s->io.service_bytes, a, &b->n_service_bytes, &b->service_bytes) &&
	       fill_io(&s->io.serviced, a, &b->n_serviced, &b->serviced) &&
	       fill_io(&s->io.queued, a, &b->n_queued, &b->queued) &&
	       fill_io(&s->io.service_time, a, &b->n_service_time, &b->service_time) &&
	       fill_io(&s->io.wait_time, a, &b->n_wait_time, &b->wait_time) &&
	       fill_io(&s->io.merged, a, &b->n_merged, &b->merged) &&
	       fill_io(&s->io.time, a, &b->n_time, &b->time) &&
	       fill_io(&s->io.sectors, a, &b->n_sectors, &b->sectors);
}

static bool fill_hugetlb(const struct cgroup_stats *s, struct arena *a, Pb__V1Metrics *m)
{
	size_t n = s->hugetlb.n;
	Pb__V1Hugetlb *v = arena_array(a, n, sizeof(*v));

	m->hugetlb = arena_array(a, n, sizeof(*m->hugetlb));
	if (!v || !m->hugetlb)
		return false;
	for (size_t i = 0; i < n; i++) {
		pb__v1_hugetlb__init(&v[i]);
		v[i].usage = s->hugetlb.v[i].usage;
		v[i].max = s->hugetlb.v[i].max_usage;
		v[i].failcnt = s->hugetlb.v[i].failcnt;
		v[i].pagesize = (char *)(uintptr_t)s->hugetlb.v[i].pagesize;
		m->hugetlb[i] = &v[i];
	}
	m->n_hugetlb = n;
	return true;
}

static bool fill_cpu(const struct cgroup_stats *s, struct arena *a, Pb__V1CpuUsage *u, Pb__V1Throttle *t)
{
	size_t n = s->cpu.per_cpu.n;

	u->total = s->cpu.usage_ns;
	u->kernel = s->cpu.system_ns;
	u->user = s->cpu.user_ns;
	u->per_cpu = arena_array(a, n, sizeof(*u->per_cpu));
	if (!u->per_cpu)
		return false;
	for (u->n_per_cpu = 0; u->n_per_cpu < n; u->n_per_cpu++)
		u->per_cpu[u->n_per_cpu] = s->cpu.per_cpu.v[u->n_per_cpu].total_ns;
	t->periods = s->cpu.periods;
	t->throttled_periods = s->cpu.throttled_periods;
	t->throttled_time = s->cpu.throttled_ns;
	return true;
}

bool metrics_v1(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret)
{
	Pb__V1Metrics m = PB__V1_METRICS__INIT;
	Pb__Pids pids = PB__PIDS__INIT;
	Pb__V1CpuUsage cpu_usage = PB__V1_CPU_USAGE__INIT;
	Pb__V1Throttle throttle = PB__V1_THROTTLE__INIT;
	Pb__V1Cpu cpu = PB__V1_CPU__INIT;
	Pb__V1Memory memory = PB__V1_MEMORY__INIT;
	Pb__V1MemoryEntry usage = counter(&s->memory.usage), swap = counter(&s->memory.swap),
			  kernel = counter(&s->memory.kernel), tcp = counter(&s->memory.kernel_tcp);
	Pb__V1OomControl oom = PB__V1_OOM_CONTROL__INIT;
	Pb__V1Blkio blkio = PB__V1_BLKIO__INIT;

	if (!fill_cpu(s, a, &cpu_usage, &throttle) || !fill_blkio(s, a, &blkio) || !fill_hugetlb(s, a, &m))
		return false;
	pids.current = s->pids.current;
	/* The kernel's word "max" is 0 in this message. */
	pids.limit = s->pids.limit == CGROUP_NO_LIMIT ? 0 : s->pids.limit;
	cpu.usage = &cpu_usage;
	cpu.throttling = &throttle;
	fill_memory(s, &memory);
	memory.usage = &usage;
	memory.swap = s->memory.swap.have ? &swap : NULL;
	memory.kernel = s->memory.kernel.have ? &kernel : NULL;
	memory.kernel_tcp = s->memory.kernel_tcp.have ? &tcp : NULL;
	oom.oom_kill_disable = s->memory.oom_kill_disable;
	oom.under_oom = s->memory.under_oom;
	oom.oom_kill = s->memory.oom_kill;
	m.pids = s->pids.have ? &pids : NULL;
	m.cpu = &cpu;
	m.memory = &memory;
	m.blkio = &blkio;
	m.memory_oom_control = &oom;
	return pb_any(ret, "io.containerd.cgroups.v1.Metrics", &m, a);
}
