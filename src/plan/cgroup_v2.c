/* SPDX-License-Identifier: Apache-2.0 */
/* OCI resources as cgroup v2 files, with the conversions that runc makes. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define DEFAULT_PERIOD_US 100000

static void memory(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out)
{
	if (m->given && m->limit_bytes > 0)
		setting_add(out, NULL, "memory.max", false, "%llu", (unsigned long long)m->limit_bytes);
	else if (m->given)
		setting_add(out, NULL, "memory.max", false, "max");
	/* v1 counts memory and swap together, v2 swap alone. */
	if (r->memory_swap_bytes > 0)
		setting_add(out, NULL, "memory.swap.max", true, "%llu",
			    (unsigned long long)((uint64_t)r->memory_swap_bytes - m->asked_bytes));
	else if (r->memory_swap_bytes == -1)
		setting_add(out, NULL, "memory.swap.max", true, "max");
	if (r->memory_reservation_bytes > 0)
		setting_add(out, NULL, "memory.low", false, "%llu",
			    (unsigned long long)((uint64_t)r->memory_reservation_bytes + m->overhead_bytes));
}

/* 2..262144 onto 1..10000, as runc does. */
static long long weight_of_shares(int64_t shares)
{
	if (shares < 2)
		shares = 2;
	if (shares > 262144)
		shares = 262144;
	return 1 + (shares - 2) * 9999 / 262142;
}

static void cpu(const struct spec_resources *r, struct setting_list *out)
{
	unsigned long long period = r->cpu_period_us > 0 ? r->cpu_period_us : DEFAULT_PERIOD_US;

	if (r->cpu_shares > 0)
		setting_add(out, NULL, "cpu.weight", false, "%lld", weight_of_shares(r->cpu_shares));
	if (r->cpu_quota_us > 0)
		setting_add(out, NULL, "cpu.max", false, "%lld %llu", (long long)r->cpu_quota_us, period);
	else if (r->cpu_quota_us != 0 || r->cpu_period_us > 0)
		setting_add(out, NULL, "cpu.max", false, "max %llu", period);
	if (r->cpuset_cpus != NULL && r->cpuset_cpus[0] != '\0')
		setting_add(out, NULL, "cpuset.cpus", false, "%s", r->cpuset_cpus);
	if (r->cpuset_mems != NULL && r->cpuset_mems[0] != '\0')
		setting_add(out, NULL, "cpuset.mems", false, "%s", r->cpuset_mems);
}

static void blkio(const struct spec_resources *r, struct setting_list *out)
{
	uint32_t w = r->blkio_weight;

	if (w == 0)
		return;
	setting_add(out, NULL, "io.bfq.weight", true, "%u", w);
	if (w >= 10 && w <= 1000)
		setting_add(out, NULL, "io.weight", true, "%u", 1 + (w - 10) * 9999 / 990);
}

/* Like memory.max, this is counted for the guest alone: without the monitor's part the guest would be throttled. */
static void memory_high(const char *value, const struct group_memory *m, struct setting_list *out)
{
	uint64_t n;

	if (str_u64(value, 0, UINT64_MAX - m->overhead_bytes, &n))
		setting_add(out, NULL, "memory.high", false, "%llu",
			    (unsigned long long)(n + m->overhead_bytes));
	else
		setting_add(out, NULL, "memory.high", false, "%s", value); /* "max" */
}

/* Keys are file names of the container's own group; memory.max is ours, since it must hold the monitor too. */
static int unified(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out,
		   struct err *e)
{
	for (size_t i = 0; i < r->unified.n; i++) {
		const char *key = r->unified.v[i].key;

		if (strchr(key, '/') != NULL || strchr(key, '.') == NULL || key[0] == '.' ||
		    str_starts(key, "cgroup."))
			return err_set(
				e, EINVAL,
				"linux.resources.unified: '%.64s' is no cgroup controller file (like 'cpu.weight')",
				key);
		if (streq(key, "memory.high"))
			memory_high(r->unified.v[i].value, m, out);
		else if (!streq(key, "memory.max"))
			setting_add(out, NULL, key, false, "%s", r->unified.v[i].value);
	}
	return 0;
}

int cgroup_v2_settings(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out,
		       struct err *e)
{
	memory(r, m, out);
	cpu(r, out);
	if (r->pids_limit > 0)
		setting_add(out, NULL, "pids.max", false, "%lld",
			    (long long)(r->pids_limit < PIDS_LEAST ? PIDS_LEAST : r->pids_limit));
	else if (r->pids_limit < 0)
		setting_add(out, NULL, "pids.max", false, "max");
	blkio(r, out);
	return unified(r, m, out, e);
}
