/* SPDX-License-Identifier: Apache-2.0 */
/* OCI resources as cgroup v1 files. Zero means "leave alone": Docker writes zeros for what nobody set. */
#include "plan/internal.h"

static void memory(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out)
{
	uint64_t swap = (uint64_t)r->memory_swap_bytes;

	if (m->given && m->limit_bytes > 0)
		setting_add(out, "memory", "memory.limit_in_bytes", false, "%llu",
			    (unsigned long long)m->limit_bytes);
	else if (m->given)
		setting_add(out, "memory", "memory.limit_in_bytes", false, "-1");
	/* Swap accounting may be off in the kernel. */
	if (r->memory_swap_bytes > 0)
		setting_add(out, "memory", "memory.memsw.limit_in_bytes", true, "%llu",
			    (unsigned long long)(m->limit_bytes + (swap - m->asked_bytes)));
	else if (r->memory_swap_bytes == -1)
		setting_add(out, "memory", "memory.memsw.limit_in_bytes", true, "-1");
	if (r->memory_reservation_bytes > 0)
		setting_add(out, "memory", "memory.soft_limit_in_bytes", false, "%llu",
			    (unsigned long long)((uint64_t)r->memory_reservation_bytes + m->overhead_bytes));
	if (r->disable_oom_killer)
		setting_add(out, "memory", "memory.oom_control", false, "1");
}

static void cpu(const struct spec_resources *r, struct setting_list *out)
{
	if (r->cpu_shares > 0)
		setting_add(out, "cpu", "cpu.shares", false, "%lld", (long long)r->cpu_shares);
	if (r->cpu_period_us > 0)
		setting_add(out, "cpu", "cpu.cfs_period_us", false, "%llu",
			    (unsigned long long)r->cpu_period_us);
	if (r->cpu_quota_us != 0)
		setting_add(out, "cpu", "cpu.cfs_quota_us", false, "%lld", (long long)r->cpu_quota_us);
	if (r->cpuset_cpus != NULL && r->cpuset_cpus[0] != '\0')
		setting_add(out, "cpuset", "cpuset.cpus", false, "%s", r->cpuset_cpus);
	if (r->cpuset_mems != NULL && r->cpuset_mems[0] != '\0')
		setting_add(out, "cpuset", "cpuset.mems", false, "%s", r->cpuset_mems);
}

void cgroup_v1_settings(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out)
{
	memory(r, m, out);
	cpu(r, out);
	if (r->pids_limit > 0)
		setting_add(out, "pids", "pids.max", false, "%lld",
			    (long long)(r->pids_limit < PIDS_LEAST ? PIDS_LEAST : r->pids_limit));
	else if (r->pids_limit < 0)
		setting_add(out, "pids", "pids.max", false, "max");
	/* Present only with some I/O schedulers. */
	if (r->blkio_weight > 0)
		setting_add(out, "blkio", "blkio.weight", true, "%u", r->blkio_weight);
}
