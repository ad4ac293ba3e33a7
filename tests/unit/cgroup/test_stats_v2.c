/* SPDX-License-Identifier: Apache-2.0 */
/* A whole v2 directory, as Linux 6.1 and 6.18 write it. */
#include "cgroup/reader.h"

#include "gather/scratch.h"

static struct cgroup_stats read_all_of(struct scratch *s)
{
	struct cgroup_dir d = {"", s->dir, s->dir};
	struct cgroup_place p = {2, {&d, 1}};
	struct cgroup_stats t;

	assert_ok(cgroup_stats_read(&p, &s->a, &t, &s->e), s->e);
	return t;
}

static void cpu_and_pids(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "cpu.stat",
		     "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\ncore_sched.force_idle_usec 0\n"
		     "nr_periods 4\nnr_throttled 3\nthrottled_usec 77\nnr_bursts 2\nburst_usec 9\n");
	scratch_text(s, "cpu.pressure",
		     "some avg10=1.25 avg60=0.07 avg300=100.00 total=4242\nfull avg10=0.00 avg60=0.00 "
		     "avg300=0.00 total=7\n");
	scratch_text(s, "pids.current", "5\n");
	scratch_text(s, "pids.max", "max\n");
	scratch_text(s, "cpuset.cpus.effective", "0-1\n");
	scratch_text(s, "cpuset.mems.effective", "0\n");
	t = read_all_of(s);
	assert_int_equal(t.cpu.usage_ns, 1500000);
	assert_int_equal(t.cpu.user_ns, 1000000);
	assert_int_equal(t.cpu.system_ns, 500000);
	assert_int_equal(t.cpu.periods, 4);
	assert_int_equal(t.cpu.throttled_periods, 3);
	assert_int_equal(t.cpu.throttled_ns, 77000);
	assert_int_equal(t.cpu.bursts, 2);
	assert_int_equal(t.cpu.burst_ns, 9000);
	assert_true(t.cpu.psi.have);
	assert_int_equal(t.cpu.psi.some.avg10, 125);
	assert_int_equal(t.cpu.psi.some.avg60, 7);
	assert_int_equal(t.cpu.psi.some.avg300, 10000);
	assert_int_equal(t.cpu.psi.some.total_us, 4242);
	assert_int_equal(t.cpu.psi.full.total_us, 7);
	assert_true(t.pids.have);
	assert_int_equal(t.pids.current, 5);
	assert_true(t.pids.limit == CGROUP_NO_LIMIT);
	assert_string_equal(t.cpuset.cpus, "0-1");
	assert_string_equal(t.cpuset.mems, "0");
}

static void memory(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "memory.current", "4096\n");
	scratch_text(s, "memory.max", "8192\n");
	scratch_text(s, "memory.peak", "6000\n");
	scratch_text(s, "memory.swap.current", "10\n");
	scratch_text(s, "memory.swap.max", "max\n");
	scratch_text(s, "memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n");
	scratch_text(s, "memory.swap.events", "high 0\nmax 8\nfail 1\n");
	scratch_text(s, "memory.stat", "anon 100\nfile 200\nkernel 300\nodd\nworkingset_refault_file 9\n");
	scratch_text(s, "memory.pressure", "some avg10=0.50 avg60=0.00 avg300=0.00 total=1\n");
	t = read_all_of(s);
	assert_true(t.memory.usage.have);
	assert_int_equal(t.memory.usage.usage, 4096);
	assert_int_equal(t.memory.usage.limit, 8192);
	assert_int_equal(t.memory.usage.max, 6000);
	assert_int_equal(t.memory.usage.failcnt, 3);
	assert_true(t.memory.swap.have);
	assert_int_equal(t.memory.swap.usage, 10);
	assert_true(t.memory.swap.limit == CGROUP_NO_LIMIT);
	assert_int_equal(t.memory.swap.failcnt, 9);
	assert_true(t.memory.kernel.have);
	assert_int_equal(t.memory.kernel.usage, 300);
	assert_false(t.memory.kernel_tcp.have);
	assert_int_equal(t.memory.low, 1);
	assert_int_equal(t.memory.high, 2);
	assert_int_equal(t.memory.max, 3);
	assert_int_equal(t.memory.oom, 4);
	assert_int_equal(t.memory.oom_kill, 5);
	assert_int_equal(t.memory.oom_group_kill, 6);
	assert_int_equal(t.memory.stat.n, 4);
	assert_string_equal(t.memory.stat.v[0].key, "anon");
	assert_int_equal(cgroup_stat_get(&t, "file"), 200);
	assert_int_equal(cgroup_stat_get(&t, "workingset_refault_file"), 9);
	assert_int_equal(cgroup_stat_get(&t, "workingset"), 0);
	assert_true(t.memory.psi.have);
	assert_int_equal(t.memory.psi.some.avg10, 50);
}

static void io(void **state)
{
	struct scratch *s = *state;
	struct cgroup_stats t;

	scratch_text(s, "io.stat",
		     "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0\nrubbish rbytes=1\n"
		     "253:1 wbytes=18446744073709551615\n");
	scratch_text(s, "io.pressure", "some avg10=x avg60=0.00 avg300=0.00 total=1\nnone avg10=0.00\n");
	t = read_all_of(s);
	assert_int_equal(t.io.devices.n, 3);
	assert_int_equal(t.io.devices.v[0].major, 8);
	assert_int_equal(t.io.devices.v[0].minor, 16);
	assert_int_equal(t.io.devices.v[0].rbytes, 1);
	assert_int_equal(t.io.devices.v[0].wbytes, 2);
	assert_int_equal(t.io.devices.v[0].rios, 3);
	assert_int_equal(t.io.devices.v[0].wios, 4);
	assert_int_equal(t.io.devices.v[1].major, 7);
	assert_int_equal(t.io.devices.v[1].rbytes, 0);
	assert_true(t.io.devices.v[2].wbytes == UINT64_MAX);
	assert_false(t.io.psi.have);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(cpu_and_pids),
		scratch_test(memory),
		scratch_test(io),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
