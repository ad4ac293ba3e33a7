/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup v2: one directory has everything. */
#include <stdlib.h>
#include <string.h>

#include "cgroup/reader.h"
#include "common/str.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* "12.34" in hundredths; false if it is something else. */
static bool hundredths(const char *s, uint32_t *ret)
{
	const char *dot = strchr(s, '.');
	uint64_t whole = 0, part = 0;
	char text[16];

	if (!dot || (size_t)(dot - s) >= sizeof(text) || strlen(dot + 1) != 2)
		return false;
	memcpy(text, s, (size_t)(dot - s));
	text[dot - s] = '\0';
	if (!str_u64(text, 0, 1000, &whole) || !str_u64(dot + 1, 0, 99, &part))
		return false;
	*ret = (uint32_t)(whole * 100 + part);
	return true;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void pressure(struct cg_reader *r, const char *file, struct cgroup_psi *ret)
{
	char *line;

	if (!cg_file(r, file))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *kind = cg_word(&line, " "), *word;
		struct cgroup_psi_line *to = streq(kind, "some")   ? &ret->some
					     : streq(kind, "full") ? &ret->full
								   : NULL;

		while (to && (word = cg_word(&line, " ")) != NULL) {
			if (str_starts(word, "avg10="))
				ret->have |= hundredths(word + 6, &to->avg10);
			else if (str_starts(word, "avg60="))
				(void)hundredths(word + 6, &to->avg60);
			else if (str_starts(word, "avg300="))
				(void)hundredths(word + 7, &to->avg300);
			else if (str_starts(word, "total="))
				(void)cg_number(word + 6, &to->total_us);
		}
	}
}

static void cpu(struct cg_reader *r, struct cgroup_stats *s)
{
	const struct cg_key keys[] = {
		{"usage_usec", &s->cpu.usage_ns},
		{"user_usec", &s->cpu.user_ns},
		{"system_usec", &s->cpu.system_ns},
		{"nr_periods", &s->cpu.periods},
		{"nr_throttled", &s->cpu.throttled_periods},
		{"throttled_usec", &s->cpu.throttled_ns},
		{"nr_bursts", &s->cpu.bursts},
		{"burst_usec", &s->cpu.burst_ns},
	};
	uint64_t *const usec[] = {&s->cpu.usage_ns, &s->cpu.user_ns, &s->cpu.system_ns, &s->cpu.throttled_ns,
				  &s->cpu.burst_ns};

	cg_keys(r, "cpu.stat", keys, COUNT(keys));
	for (size_t i = 0; i < COUNT(usec); i++)
		*usec[i] *= 1000;
	pressure(r, "cpu.pressure", &s->cpu.psi);
}

static void memory(struct cg_reader *r, struct cgroup_stats *s)
{
	uint64_t swap_max = 0, swap_fail = 0;
	const struct cg_key events[] = {
		{"low", &s->memory.low},           {"high", &s->memory.high},
		{"max", &s->memory.max},           {"oom", &s->memory.oom},
		{"oom_kill", &s->memory.oom_kill}, {"oom_group_kill", &s->memory.oom_group_kill},
	};
	const struct cg_key swap_events[] = {{"max", &swap_max}, {"fail", &swap_fail}};
	struct cgroup_counter *usage = &s->memory.usage, *swap = &s->memory.swap;

	usage->have = cg_u64(r, "memory.current", &usage->usage);
	(void)cg_u64(r, "memory.max", &usage->limit);
	(void)cg_u64(r, "memory.peak", &usage->max);
	swap->have = cg_u64(r, "memory.swap.current", &swap->usage);
	(void)cg_u64(r, "memory.swap.max", &swap->limit);
	(void)cg_u64(r, "memory.swap.peak", &swap->max);
	cg_keys(r, "memory.events", events, COUNT(events));
	cg_keys(r, "memory.swap.events", swap_events, COUNT(swap_events));
	usage->failcnt = s->memory.max;
	swap->failcnt = swap_max + swap_fail;
	cg_memory_stat(r, s);
	for (size_t i = 0; i < s->memory.stat.n; i++) {
		if (streq(s->memory.stat.v[i].key, "kernel")) /* since Linux 5.18 */
			s->memory.kernel = (struct cgroup_counter){.have = true,
								   .usage = s->memory.stat.v[i].value,
								   .limit = CGROUP_NO_LIMIT};
	}
	pressure(r, "memory.pressure", &s->memory.psi);
}

/* "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0" */
static void io(struct cg_reader *r, struct cgroup_stats *s)
{
	char *line;

	if (!cg_file(r, "io.stat"))
		return;
	while ((line = cg_line(r)) != NULL) {
		const char *major = cg_word(&line, ": "), *minor = cg_word(&line, " "), *word;
		struct cgroup_device_io *v, one = {0};
		const struct cg_key keys[] = {{"rbytes=", &one.rbytes},
					      {"wbytes=", &one.wbytes},
					      {"rios=", &one.rios},
					      {"wios=", &one.wios}};

		if (!minor || !cg_number(major, &one.major) || !cg_number(minor, &one.minor))
			continue;
		while ((word = cg_word(&line, " ")) != NULL) {
			for (size_t i = 0; i < COUNT(keys); i++) {
				if (str_starts(word, keys[i].key))
					(void)cg_number(word + strlen(keys[i].key), keys[i].to);
			}
		}
		v = cg_grow(r, s->io.devices.v, s->io.devices.n, sizeof(*v));
		if (!v)
			return;
		s->io.devices.v = v;
		v[s->io.devices.n++] = one;
	}
}

void cg_stats_v2(struct cg_reader *r, struct cgroup_stats *s)
{
	s->pids.have = cg_u64(r, "pids.current", &s->pids.current);
	(void)cg_u64(r, "pids.max", &s->pids.limit);
	cpu(r, s);
	memory(r, s);
	io(r, s);
	pressure(r, "io.pressure", &s->io.psi);
	cg_rdma(r, "rdma.current", &s->rdma_current);
	cg_rdma(r, "rdma.max", &s->rdma_limit);
	cg_hugetlb(r, s, "current", "max");
	s->cpuset.cpus = cg_text(r, "cpuset.cpus.effective");
	s->cpuset.mems = cg_text(r, "cpuset.mems.effective");
}
