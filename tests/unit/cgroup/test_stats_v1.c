/* SPDX-License-Identifier: Apache-2.0 */
/* v1 hierarchies, each with its own files. */
#include "cgroup/reader.h"

#include "gather/scratch.h"

static struct cgroup_stats read_all_of(struct scratch *s, const char *names)
{
	struct cgroup_dir d = {names, s->dir, s->dir};
	struct cgroup_place p = {1, {&d, 1}};
	struct cgroup_stats t;

	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	return t;
}

static void cpu(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;
	uint64_t tick = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);

	scratch_text(s, "cpuacct.usage", "30\n");
	scratch_text(s, "cpuacct.usage_percpu", "10 20 \n");
	scratch_text(s, "cpuacct.usage_all", "cpu user system\n0 4 6\n1 15 5\n7 1 1\n");
	scratch_text(s, "cpuacct.stat", "user 3\nsystem 2\n");
	scratch_text(s, "cpu.stat",
		     "nr_periods 1\nnr_throttled 2\nthrottled_time 3\nnr_bursts 4\nburst_time 5\n");
	t = read_all_of(s, "cpu,cpuacct");
	assert_int_equal(t.cpu.usage_ns, 30);
	assert_int_equal(t.cpu.user_ns, 3 * tick);
	assert_int_equal(t.cpu.system_ns, 2 * tick);
	assert_int_equal(t.cpu.per_cpu.n, 2);
	assert_int_equal(t.cpu.per_cpu.v[0].total_ns, 10);
	assert_int_equal(t.cpu.per_cpu.v[0].user_ns, 4);
	assert_int_equal(t.cpu.per_cpu.v[0].system_ns, 6);
	assert_int_equal(t.cpu.per_cpu.v[1].total_ns, 20);
	assert_int_equal(t.cpu.per_cpu.v[1].user_ns, 15);
	assert_int_equal(t.cpu.periods, 1);
	assert_int_equal(t.cpu.throttled_periods, 2);
	assert_int_equal(t.cpu.throttled_ns, 3);
	assert_int_equal(t.cpu.bursts, 4);
	assert_int_equal(t.cpu.burst_ns, 5);
	/* Only what the hierarchy is for is read. */
	t = read_all_of(s, "cpu");
	assert_int_equal(t.cpu.usage_ns, 0);
	assert_int_equal(t.cpu.periods, 1);
	t = read_all_of(s, "cpuset,xcpu,name=cpu");
	assert_int_equal(t.cpu.periods, 0);
}

static void memory(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "memory.usage_in_bytes", "1\n");
	scratch_text(s, "memory.max_usage_in_bytes", "2\n");
	scratch_text(s, "memory.limit_in_bytes", "9223372036854771712\n");
	scratch_text(s, "memory.failcnt", "3\n");
	scratch_text(s, "memory.kmem.usage_in_bytes", "4\n");
	scratch_text(s, "memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 6\n");
	scratch_text(s, "memory.stat", "cache 10\nrss 20\ntotal_rss 30\n");
	t = read_all_of(s, "memory");
	assert_true(t.memory.usage.have);
	assert_int_equal(t.memory.usage.usage, 1);
	assert_int_equal(t.memory.usage.max, 2);
	assert_int_equal(t.memory.usage.limit, 9223372036854771712ull);
	assert_int_equal(t.memory.usage.failcnt, 3);
	assert_false(t.memory.swap.have); /* a kernel without swap accounting */
	assert_true(t.memory.kernel.have);
	assert_int_equal(t.memory.kernel.usage, 4);
	assert_false(t.memory.kernel_tcp.have);
	assert_true(t.memory.oom_kill_disable);
	assert_false(t.memory.under_oom);
	assert_int_equal(t.memory.oom_kill, 6);
	assert_int_equal(cgroup_stat_get(&t, "total_rss"), 30);
}

static void blkio(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "blkio.throttle.io_service_bytes_recursive", "8:0 Read 1\n8:0 Total 1\nTotal 1\n");
	scratch_text(s, "blkio.bfq.io_service_bytes_recursive", "Total 0\n");
	scratch_text(s, "blkio.bfq.io_serviced_recursive", "8:0 Read 2\n8:0 Write 3\nTotal 5\n");
	scratch_text(s, "blkio.throttle.io_serviced", "8:0 Read 9\n");
	scratch_text(s, "blkio.sectors_recursive", "8:0 77\n");
	t = read_all_of(s, "blkio");
	/* A scheduler that knows no disk yields to the throttle's own count. */
	assert_int_equal(t.io.service_bytes.n, 2);
	assert_string_equal(t.io.service_bytes.v[0].op, "Read");
	assert_int_equal(t.io.service_bytes.v[0].major, 8);
	assert_int_equal(t.io.service_bytes.v[0].value, 1);
	assert_string_equal(t.io.service_bytes.v[1].op, "Total");
	assert_int_equal(t.io.serviced.n, 2);
	assert_int_equal(t.io.serviced.v[1].value, 3);
	assert_int_equal(t.io.sectors.n, 1);
	assert_string_equal(t.io.sectors.v[0].op, "");
	assert_int_equal(t.io.sectors.v[0].value, 77);
	assert_int_equal(t.io.queued.n, 0);
}

static void pids_and_cpuset(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "pids.current", "4\n");
	scratch_text(s, "pids.max", "100\n");
	scratch_text(s, "cpuset.cpus", "0,3-4\n");
	scratch_text(s, "cpuset.mems", "0\n");
	scratch_text(s, "cpuset.sched_load_balance", "1\n");
	scratch_text(s, "cpuset.sched_relax_domain_level", "-1\n");
	t = read_all_of(s, "cpuset,pids");
	assert_int_equal(t.pids.current, 4);
	assert_int_equal(t.pids.limit, 100);
	assert_string_equal(t.cpuset.cpus, "0,3-4");
	assert_string_equal(t.cpuset.mems, "0");
	for (size_t i = 0; i < CGROUP_CPUSET_FLAGS; i++) {
		int64_t want = streq(cgroup_cpuset_flags[i], "sched_load_balance")         ? 1
			       : streq(cgroup_cpuset_flags[i], "sched_relax_domain_level") ? -1
											   : 0;

		assert_int_equal(t.cpuset.flags[i], want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(cpu),
		scratch_test(memory),
		scratch_test(blkio),
		scratch_test(pids_and_cpuset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
