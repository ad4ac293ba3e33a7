/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics in runc's form: its names, its order, and what is zero left out where it leaves it out. */
#include <string.h>

#include "common/cpulist.h"
#include "runtime/events.h"

/* Members of one object: a comma before each but the first. */
struct members {
	struct strbuf *out;
	bool any;
};

static struct members object(struct strbuf *out)
{
	sb_addc(out, '{');
	return (struct members){.out = out};
}

static void key(struct members *m, const char *name)
{
	sb_addf(m->out, "%s\"%s\":", m->any ? "," : "", name);
	m->any = true;
}

static void number(struct members *m, const char *name, uint64_t v)
{
	key(m, name);
	sb_addf(m->out, "%llu", (unsigned long long)v);
}

static void number_unless_0(struct members *m, const char *name, uint64_t v)
{
	if (v != 0)
		number(m, name, v);
}

static void end(struct members *m)
{
	sb_addc(m->out, '}');
}

enum which_time { TOTAL, KERNEL, USER };

static void per_cpu(struct members *m, const char *name, const struct cgroup_stats *s, enum which_time which)
{
	if (s->cpu.per_cpu.n == 0)
		return;
	key(m, name);
	for (size_t i = 0; i < s->cpu.per_cpu.n; i++) {
		const struct cgroup_cpu_time *t = &s->cpu.per_cpu.v[i];
		uint64_t v = which == TOTAL ? t->total_ns : which == KERNEL ? t->system_ns : t->user_ns;

		sb_addf(m->out, "%c%llu", i ? ',' : '[', (unsigned long long)v);
	}
	sb_addc(m->out, ']');
}

static void cpu(struct members *data, const struct cgroup_stats *s)
{
	struct members m, sub;

	key(data, "cpu");
	m = object(data->out);
	key(&m, "usage");
	sub = object(data->out);
	number_unless_0(&sub, "total", s->cpu.usage_ns);
	per_cpu(&sub, "percpu", s, TOTAL);
	per_cpu(&sub, "percpu_kernel", s, KERNEL);
	per_cpu(&sub, "percpu_user", s, USER);
	number(&sub, "kernel", s->cpu.system_ns);
	number(&sub, "user", s->cpu.user_ns);
	end(&sub);
	key(&m, "throttling");
	sub = object(data->out);
	number_unless_0(&sub, "periods", s->cpu.periods);
	number_unless_0(&sub, "throttledPeriods", s->cpu.throttled_periods);
	number_unless_0(&sub, "throttledTime", s->cpu.throttled_ns);
	end(&sub);
	end(&m);
}

static void cpu_numbers(struct members *m, const char *name, const char *list)
{
	struct cpulist l;
	bool any = false;

	if (!cpulist_parse(list, &l))
		return;
	key(m, name);
	for (uint32_t i = 0; i < l.end; i++) {
		if (!cpulist_has(&l, i))
			continue;
		sb_addf(m->out, "%c%u", any ? ',' : '[', i);
		any = true;
	}
	sb_addc(m->out, ']');
}

static void cpuset(struct members *data, const struct cgroup_stats *s)
{
	struct members m;

	key(data, "cpuset");
	m = object(data->out);
	cpu_numbers(&m, "cpus", s->cpuset.cpus);
	for (size_t i = 0; i < CGROUP_CPUSET_FLAGS; i++) {
		if (i == 1)
			cpu_numbers(&m, "mems", s->cpuset.mems);
		key(&m, cgroup_cpuset_flags[i]);
		sb_addf(data->out, "%lld", (long long)s->cpuset.flags[i]);
	}
	end(&m);
}

static void memory_entry(struct members *m, const char *name, struct cgroup_counter c)
{
	struct members sub;

	key(m, name);
	sub = object(m->out);
	number(&sub, "limit", c.limit);
	number_unless_0(&sub, "usage", c.usage);
	number_unless_0(&sub, "max", c.max);
	number(&sub, "failcnt", c.failcnt);
	end(&sub);
}

/* runc counts memory and swap together on v2, too, so that readers need not know the version. */
static struct cgroup_counter swap_and_memory(const struct cgroup_stats *s)
{
	struct cgroup_counter c = s->memory.swap;

	if (s->version != 2)
		return c;
	c.usage += s->memory.usage.usage;
	if (c.limit == CGROUP_NO_LIMIT || s->memory.usage.limit == CGROUP_NO_LIMIT)
		c.limit = CGROUP_NO_LIMIT;
	else
		c.limit += s->memory.usage.limit;
	return c;
}

static void memory(struct members *data, const struct cgroup_stats *s)
{
	const struct cgroup_counter none = {0};
	struct members m, raw;

	key(data, "memory");
	m = object(data->out);
	number_unless_0(&m, "cache", cgroup_stat_get(s, s->version == 2 ? "file" : "cache"));
	memory_entry(&m, "usage", s->memory.usage);
	memory_entry(&m, "swap", swap_and_memory(s));
	memory_entry(&m, "kernel", s->version == 2 ? none : s->memory.kernel);
	memory_entry(&m, "kernelTCP", s->memory.kernel_tcp);
	if (s->memory.stat.n > 0) {
		key(&m, "raw");
		raw = object(data->out);
		for (size_t i = 0; i < s->memory.stat.n; i++)
			number(&raw, s->memory.stat.v[i].key, s->memory.stat.v[i].value);
		end(&raw);
	}
	end(&m);
}

static void pids(struct members *data, const struct cgroup_stats *s)
{
	struct members m;

	key(data, "pids");
	m = object(data->out);
	number_unless_0(&m, "current", s->pids.current);
	if (s->pids.limit != CGROUP_NO_LIMIT)
		number_unless_0(&m, "limit", s->pids.limit);
	end(&m);
}

static void io_entry(struct strbuf *out, bool first, const struct cgroup_io_entry *v)
{
	struct members m;

	sb_add(out, first ? "[" : ",");
	m = object(out);
	number_unless_0(&m, "major", v->major);
	number_unless_0(&m, "minor", v->minor);
	if (*v->op) {
		key(&m, "op");
		sb_json_str(out, v->op, strlen(v->op));
	}
	number_unless_0(&m, "value", v->value);
	end(&m);
}

static void io_list(struct members *m, const char *name, const struct cgroup_io_list *l)
{
	if (l->n == 0)
		return;
	key(m, name);
	for (size_t i = 0; i < l->n; i++)
		io_entry(m->out, i == 0, &l->v[i]);
	sb_addc(m->out, ']');
}

/* v2's one line for a device as two of v1's. */
static void io_pairs(struct members *m, const char *name, const struct cgroup_stats *s, bool bytes)
{
	if (s->io.devices.n == 0)
		return;
	key(m, name);
	for (size_t i = 0; i < s->io.devices.n; i++) {
		const struct cgroup_device_io *d = &s->io.devices.v[i];

		io_entry(m->out, i == 0,
			 &(struct cgroup_io_entry){d->major, d->minor, "Read", bytes ? d->rbytes : d->rios});
		io_entry(m->out, false,
			 &(struct cgroup_io_entry){d->major, d->minor, "Write", bytes ? d->wbytes : d->wios});
	}
	sb_addc(m->out, ']');
}

static void blkio(struct members *data, const struct cgroup_stats *s)
{
	struct members m;

	key(data, "blkio");
	m = object(data->out);
	if (s->version == 2) {
		io_pairs(&m, "ioServiceBytesRecursive", s, true);
		io_pairs(&m, "ioServicedRecursive", s, false);
	} else {
		io_list(&m, "ioServiceBytesRecursive", &s->io.service_bytes);
		io_list(&m, "ioServicedRecursive", &s->io.serviced);
		io_list(&m, "ioQueueRecursive", &s->io.queued);
		io_list(&m, "ioServiceTimeRecursive", &s->io.service_time);
		io_list(&m, "ioWaitTimeRecursive", &s->io.wait_time);
		io_list(&m, "ioMergedRecursive", &s->io.merged);
		io_list(&m, "ioTimeRecursive", &s->io.time);
		io_list(&m, "sectorsRecursive", &s->io.sectors);
	}
	end(&m);
}

static void hugetlb(struct members *data, const struct cgroup_stats *s)
{
	struct members m, sub;

	key(data, "hugetlb");
	m = object(data->out);
	for (size_t i = 0; i < s->hugetlb.n; i++) {
		key(&m, s->hugetlb.v[i].pagesize);
		sub = object(data->out);
		number_unless_0(&sub, "usage", s->hugetlb.v[i].usage);
		number_unless_0(&sub, "max", s->hugetlb.v[i].max_usage);
		number(&sub, "failcnt", s->hugetlb.v[i].failcnt);
		end(&sub);
	}
	end(&m);
}

static struct members event(const char *type, const char *id, struct strbuf *out)
{
	struct members m = object(out);

	key(&m, "type");
	sb_json_str(out, type, strlen(type));
	key(&m, "id");
	sb_json_str(out, id, strlen(id));
	return m;
}

void events_stats_json(const char *id, const struct cgroup_stats *s, struct strbuf *out)
{
	struct members m = event("stats", id, out), data;

	key(&m, "data");
	data = object(out);
	cpu(&data, s);
	cpuset(&data, s);
	memory(&data, s);
	pids(&data, s);
	blkio(&data, s);
	hugetlb(&data, s);
	/* The guest's network cards are its own affair, and no processor's cache is set aside for it. */
	key(&data, "intel_rdt");
	sb_add(out, "{}");
	key(&data, "network_interfaces");
	sb_add(out, "null");
	end(&data);
	end(&m);
	sb_addc(out, '\n');
}

void events_oom_json(const char *id, struct strbuf *out)
{
	struct members m = event("oom", id, out);

	end(&m);
	sb_addc(out, '\n');
}
