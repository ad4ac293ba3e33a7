/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup v1: each hierarchy tells its part. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/reader.h"
#include "common/mountinfo.h"
#include "common/str.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))
#define NS_PER_SECOND 1000000000ull

static void counter(struct cg_reader *r, const char *prefix, struct cgroup_counter *c)
{
	static const char *const suffixes[] = {"usage_in_bytes", "max_usage_in_bytes", "limit_in_bytes",
					       "failcnt"};
	uint64_t *const to[] = {&c->usage, &c->max, &c->limit, &c->failcnt};
	char file[64];

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(file, sizeof(file), "%s.%s", prefix, suffixes[i]);
		c->have |= cg_u64(r, file, to[i]);
	}
}

static void memory(struct cg_reader *r, struct cgroup_stats *s)
{
	uint64_t disabled = 0, under = 0;
	const struct cg_key oom[] = {{"oom_kill_disable", &disabled},
				     {"under_oom", &under},
				     {"oom_kill", &s->memory.oom_kill}};

	counter(r, "memory", &s->memory.usage);
	counter(r, "memory.memsw", &s->memory.swap);
	counter(r, "memory.kmem", &s->memory.kernel);
	counter(r, "memory.kmem.tcp", &s->memory.kernel_tcp);
	cg_keys(r, "memory.oom_control", oom, COUNT(oom));
	s->memory.oom_kill_disable = disabled != 0;
	s->memory.under_oom = under != 0;
	cg_memory_stat(r, s);
}

static bool add_cpu(struct cg_reader *r, struct cgroup_stats *s, struct cgroup_cpu_time one)
{
	struct cgroup_cpu_time *v = cg_grow(r, s->cpu.per_cpu.v, s->cpu.per_cpu.n, sizeof(*v));

	if (!v)
		return false;
	s->cpu.per_cpu.v = v;
	v[s->cpu.per_cpu.n++] = one;
	return true;
}

/* The sums by processor, and "cpu user system" lines where the kernel has them (4.10). */
static void per_cpu(struct cg_reader *r, struct cgroup_stats *s)
{
	char *line = cg_file(r, "cpuacct.usage_percpu") ? cg_line(r) : NULL;
	const char *word;

	while (line && (word = cg_word(&line, " ")) != NULL) {
		struct cgroup_cpu_time one = {0};

		if (!cg_number(word, &one.total_ns) || !add_cpu(r, s, one))
			return;
	}
	if (!cg_file(r, "cpuacct.usage_all"))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *user, *system;
		uint64_t cpu;

		if (!cg_number(cg_word(&line, " "), &cpu) || cpu >= s->cpu.per_cpu.n)
			continue;
		user = cg_word(&line, " ");
		system = cg_word(&line, " ");
		(void)cg_number(user, &s->cpu.per_cpu.v[cpu].user_ns);
		(void)cg_number(system, &s->cpu.per_cpu.v[cpu].system_ns);
	}
}

/* cpuacct.stat counts clock ticks. */
static uint64_t ticks_to_ns(uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);

	return ticks * (NS_PER_SECOND / (uint64_t)(hz > 0 ? hz : 100));
}

static void cpuacct(struct cg_reader *r, struct cgroup_stats *s)
{
	uint64_t user = 0, system = 0;
	const struct cg_key keys[] = {{"user", &user}, {"system", &system}};

	(void)cg_u64(r, "cpuacct.usage", &s->cpu.usage_ns);
	cg_keys(r, "cpuacct.stat", keys, COUNT(keys));
	s->cpu.user_ns = ticks_to_ns(user);
	s->cpu.system_ns = ticks_to_ns(system);
	per_cpu(r, s);
}

static void cpu(struct cg_reader *r, struct cgroup_stats *s)
{
	const struct cg_key keys[] = {
		{"nr_periods", &s->cpu.periods},          {"nr_throttled", &s->cpu.throttled_periods},
		{"throttled_time", &s->cpu.throttled_ns}, {"nr_bursts", &s->cpu.bursts},
		{"burst_time", &s->cpu.burst_ns},
	};

	cg_keys(r, "cpu.stat", keys, COUNT(keys));
}

/* "8:0 Read 4096", "8:0 4096", and a last "Total 8192" of all devices, which is left out as it names none. */
static void io_file(struct cg_reader *r, const char *file, struct cgroup_io_list *l)
{
	char *line;

	if (!cg_file(r, file))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *device = cg_word(&line, " "), *op = cg_word(&line, " "),
			   *number = cg_word(&line, " ");
		char *colon = device ? strchr(device, ':') : NULL;
		struct cgroup_io_entry *v, one = {.op = number ? op : ""};

		if (!colon || !op)
			continue;
		*colon = '\0';
		if (!cg_number(device, &one.major) || !cg_number(colon + 1, &one.minor) ||
		    !cg_number(number ? number : op, &one.value))
			continue;
		one.op = arena_strdup(r->a, one.op);
		v = cg_grow(r, l->v, l->n, sizeof(*v));
		if (!v || !one.op) {
			r->oom = true;
			return;
		}
		l->v = v;
		v[l->n++] = one;
	}
}

/* Which files there are depends on the kernel and on each disk's scheduler: the first of a row that knows a disk counts. */
static void blkio(struct cg_reader *r, struct cgroup_stats *s)
{
	const struct {
		const char *name;
		struct cgroup_io_list *to;
	} files[] = {
		{"io_service_bytes", &s->io.service_bytes},
		{"io_serviced", &s->io.serviced},
		{"io_queued", &s->io.queued},
		{"io_service_time", &s->io.service_time},
		{"io_wait_time", &s->io.wait_time},
		{"io_merged", &s->io.merged},
		{"time", &s->io.time},
		{"sectors", &s->io.sectors},
	};
	static const char *const forms[] = {"blkio.bfq.%s_recursive", "blkio.%s_recursive",
					    "blkio.throttle.%s_recursive", "blkio.throttle.%s"};
	char file[64];

	for (size_t i = 0; i < COUNT(files); i++) {
		for (size_t form = 0; form < COUNT(forms) && files[i].to->n == 0; form++) {
			snprintf(file, sizeof(file), "%.*s%s%s", (int)(strcspn(forms[form], "%")),
				 forms[form], files[i].name, strchr(forms[form], '%') + 2);
			io_file(r, file, files[i].to);
		}
	}
}

static void cpuset(struct cg_reader *r, struct cgroup_stats *s)
{
	char file[64];

	s->cpuset.cpus = cg_text(r, "cpuset.cpus");
	s->cpuset.mems = cg_text(r, "cpuset.mems");
	for (size_t i = 0; i < COUNT(cgroup_cpuset_flags); i++) {
		const char *line;
		uint64_t n;

		snprintf(file, sizeof(file), "cpuset.%s", cgroup_cpuset_flags[i]);
		line = cg_file(r, file) ? cg_line(r) : NULL;
		if (line && str_u64(*line == '-' ? line + 1 : line, 0, INT64_MAX, &n))
			s->cpuset.flags[i] = *line == '-' ? -(int64_t)n : (int64_t)n;
	}
}

static void pids(struct cg_reader *r, struct cgroup_stats *s)
{
	s->pids.have = cg_u64(r, "pids.current", &s->pids.current);
	(void)cg_u64(r, "pids.max", &s->pids.limit);
}

static void rdma(struct cg_reader *r, struct cgroup_stats *s)
{
	cg_rdma(r, "rdma.current", &s->rdma_current);
	cg_rdma(r, "rdma.max", &s->rdma_limit);
}

static void hugetlb(struct cg_reader *r, struct cgroup_stats *s)
{
	cg_hugetlb(r, s, "usage_in_bytes", "limit_in_bytes");
}

void cg_stats_v1(struct cg_reader *r, const char *names, struct cgroup_stats *s)
{
	static const struct {
		const char *controller;
		void (*read)(struct cg_reader *r, struct cgroup_stats *s);
	} parts[] = {
		{"memory", memory}, {"cpuacct", cpuacct}, {"cpu", cpu},   {"blkio", blkio},
		{"cpuset", cpuset}, {"pids", pids},       {"rdma", rdma}, {"hugetlb", hugetlb},
	};

	for (size_t i = 0; i < COUNT(parts); i++) {
		if (mount_option_has(names, parts[i].controller))
			parts[i].read(r, s);
	}
}
