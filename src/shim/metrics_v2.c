/* SPDX-License-Identifier: Apache-2.0 */
/* io.containerd.cgroups.v2.Metrics */
#include "proto/shim/cgroups.pb-c.h"
#include "shim/metrics.h"
#include "shim/pb.h"

#define NS_PER_US 1000u

bool metrics_any(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret)
{
	return s->version == 2 ? metrics_v2(s, a, ret) : metrics_v1(s, a, ret);
}

/* Pressure with the room for its parts. */
struct psi {
	Pb__PsiData some, full;
	Pb__Psi psi;
};

static Pb__PsiData psi_line(const struct cgroup_psi_line *l)
{
	Pb__PsiData d = PB__PSI_DATA__INIT;

	d.avg10 = l->avg10 / 100.0;
	d.avg60 = l->avg60 / 100.0;
	d.avg300 = l->avg300 / 100.0;
	d.total = l->total_us;
	return d;
}

static Pb__Psi *psi(const struct cgroup_psi *p, struct psi *room)
{
	if (!p->have)
		return NULL;
	pb__psi__init(&room->psi);
	room->some = psi_line(&p->some);
	room->full = psi_line(&p->full);
	room->psi.some = &room->some;
	room->psi.full = &room->full;
	return &room->psi;
}

static void fill_memory(const struct cgroup_stats *s, Pb__V2Memory *m)
{
#define STAT(member) m->member = cgroup_stat_get(s, #member)
	STAT(anon);
	STAT(file);
	STAT(kernel_stack);
	STAT(slab);
	STAT(sock);
	STAT(shmem);
	STAT(file_mapped);
	STAT(file_dirty);
	STAT(file_writeback);
	STAT(anon_thp);
	STAT(inactive_anon);
	STAT(active_anon);
	STAT(inactive_file);
	STAT(active_file);
	STAT(unevictable);
	STAT(slab_reclaimable);
	STAT(slab_unreclaimable);
	STAT(pgfault);
	STAT(pgmajfault);
	STAT(pgrefill);
	STAT(pgscan);
	STAT(pgsteal);
	STAT(pgactivate);
	STAT(pgdeactivate);
	STAT(pglazyfree);
	STAT(pglazyfreed);
	STAT(thp_fault_alloc);
	STAT(thp_collapse_alloc);
	STAT(workingset_nodereclaim);
#undef STAT
	/* Newer kernels count these two apart for anonymous memory and files. */
	m->workingset_refault = cgroup_stat_get(s, "workingset_refault") +
				cgroup_stat_get(s, "workingset_refault_anon") +
				cgroup_stat_get(s, "workingset_refault_file");
	m->workingset_activate = cgroup_stat_get(s, "workingset_activate") +
				 cgroup_stat_get(s, "workingset_activate_anon") +
				 cgroup_stat_get(s, "workingset_activate_file");
	m->usage = s->memory.usage.usage;
	m->usage_limit = s->memory.usage.limit;
	m->max_usage = s->memory.usage.max;
	m->swap_usage = s->memory.swap.usage;
	m->swap_limit = s->memory.swap.limit;
	m->swap_max_usage = s->memory.swap.max;
}

static void fill_cpu(const struct cgroup_stats *s, Pb__V2Cpu *c)
{
	c->usage_usec = s->cpu.usage_ns / NS_PER_US;
	c->user_usec = s->cpu.user_ns / NS_PER_US;
	c->system_usec = s->cpu.system_ns / NS_PER_US;
	c->nr_periods = s->cpu.periods;
	c->nr_throttled = s->cpu.throttled_periods;
	c->throttled_usec = s->cpu.throttled_ns / NS_PER_US;
	c->nr_bursts = s->cpu.bursts;
	c->burst_usec = s->cpu.burst_ns / NS_PER_US;
}

static bool fill_io(const struct cgroup_stats *s, struct arena *a, Pb__V2Io *io)
{
	size_t n = s->io.devices.n;
	Pb__V2IoEntry *v = arena_array(a, n, sizeof(*v));

	io->usage = arena_array(a, n, sizeof(*io->usage));
	if (!v || !io->usage)
		return false;
	for (size_t i = 0; i < n; i++) {
		pb__v2_io_entry__init(&v[i]);
		v[i].major = s->io.devices.v[i].major;
		v[i].minor = s->io.devices.v[i].minor;
		v[i].rbytes = s->io.devices.v[i].rbytes;
		v[i].wbytes = s->io.devices.v[i].wbytes;
		v[i].rios = s->io.devices.v[i].rios;
		v[i].wios = s->io.devices.v[i].wios;
		io->usage[i] = &v[i];
	}
	io->n_usage = n;
	return true;
}

static bool fill_hugetlb(const struct cgroup_stats *s, struct arena *a, Pb__V2Metrics *m)
{
	size_t n = s->hugetlb.n;
	Pb__V2Hugetlb *v = arena_array(a, n, sizeof(*v));

	m->hugetlb = arena_array(a, n, sizeof(*m->hugetlb));
	if (!v || !m->hugetlb)
		return false;
	for (size_t i = 0; i < n; i++) {
		pb__v2_hugetlb__init(&v[i]);
		v[i].current = s->hugetlb.v[i].usage;
		v[i].max = s->hugetlb.v[i].limit;
		v[i].failcnt = s->hugetlb.v[i].failcnt;
		v[i].pagesize = (char *)(uintptr_t)s->hugetlb.v[i].pagesize;
		m->hugetlb[i] = &v[i];
	}
	m->n_hugetlb = n;
	return true;
}

bool metrics_v2(const struct cgroup_stats *s, struct arena *a, Pb__Any *ret)
{
	Pb__V2Metrics m = PB__V2_METRICS__INIT;
	Pb__Pids pids = PB__PIDS__INIT;
	Pb__V2Cpu cpu = PB__V2_CPU__INIT;
	Pb__V2Memory memory = PB__V2_MEMORY__INIT;
	Pb__V2MemoryEvents events = PB__V2_MEMORY_EVENTS__INIT;
	Pb__V2Io io = PB__V2_IO__INIT;
	struct psi cpu_psi, memory_psi, io_psi;

	if (!fill_io(s, a, &io) || !fill_hugetlb(s, a, &m))
		return false;
	pids.current = s->pids.current;
	pids.limit = s->pids.limit;
	fill_cpu(s, &cpu);
	cpu.psi = psi(&s->cpu.psi, &cpu_psi);
	fill_memory(s, &memory);
	memory.psi = psi(&s->memory.psi, &memory_psi);
	io.psi = psi(&s->io.psi, &io_psi);
	events.low = s->memory.low;
	events.high = s->memory.high;
	events.max = s->memory.max;
	events.oom = s->memory.oom;
	events.oom_kill = s->memory.oom_kill;
	events.oom_group_kill = s->memory.oom_group_kill;
	m.pids = s->pids.have ? &pids : NULL;
	m.cpu = &cpu;
	m.memory = &memory;
	m.memory_events = &events;
	m.io = &io;
	return pb_any(ret, "io.containerd.cgroups.v2.Metrics", &m, a);
}
