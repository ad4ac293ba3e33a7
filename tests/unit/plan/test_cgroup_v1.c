/* SPDX-License-Identifier: Apache-2.0 */
/* Resources as v1 files: each in the hierarchy that has it, zero for "leave alone". */
#include "plan/settings.h"

static struct setting_list settings(struct arena *a, struct spec_resources r)
{
	struct group_memory m = settings_memory(&r);
	struct setting_list l = {.a = a};

	cgroup_v1_settings(&r, &m, &l);
	assert_false(l.oom);
	return l;
}

static void nothing_asked(void **state)
{
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){0});

	(void)state;
	assert_int_equal(l.n, 1);
	setting_is(&l, "memory.limit_in_bytes", "125829120");
	assert_false(l.v[0].optional);
	arena_release(&a);
}

static void everything_asked(void **state)
{
	static const struct {
		const char *controller, *file, *value;
	} want[] = {
		{"memory", "memory.limit_in_bytes", "125829120"},
		{"memory", "memory.memsw.limit_in_bytes", "178257920"}, /* 50 MiB of swap */
		{"memory", "memory.soft_limit_in_bytes", "31457280"},
		{"memory", "memory.oom_control", "1"},
		{"cpu", "cpu.shares", "512"},
		{"cpu", "cpu.cfs_period_us", "50000"},
		{"cpu", "cpu.cfs_quota_us", "25000"},
		{"cpuset", "cpuset.cpus", "0-1"},
		{"cpuset", "cpuset.mems", "0"},
		{"pids", "pids.max", "77"},
		{"blkio", "blkio.weight", "300"},
	};
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.memory_limit_bytes = 100 * MIB,
								     .memory_swap_bytes = 150 * MIB,
								     .memory_reservation_bytes = 10 * MIB,
								     .disable_oom_killer = true,
								     .cpu_quota_us = 25000,
								     .cpu_period_us = 50000,
								     .cpu_shares = 512,
								     .cpuset_cpus = "0-1",
								     .cpuset_mems = "0",
								     .pids_limit = 77,
								     .blkio_weight = 300});

	(void)state;
	assert_int_equal(l.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < l.n; i++) {
		assert_string_equal(l.v[i].controller, want[i].controller);
		assert_string_equal(l.v[i].file, want[i].file);
		assert_string_equal(l.v[i].value, want[i].value);
	}
	assert_true(setting_find(&l, "memory.memsw.limit_in_bytes")->optional); /* swap accounting may be off */
	assert_true(setting_find(&l, "blkio.weight")->optional);
	arena_release(&a);
}

static void unlimited_and_empty(void **state)
{
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.memory_limit_bytes = -1,
								     .memory_swap_bytes = -1,
								     .memory_reservation_bytes = -1,
								     .cpu_quota_us = -1,
								     .cpuset_cpus = "",
								     .cpuset_mems = "",
								     .pids_limit = -1});

	(void)state;
	setting_is(&l, "memory.limit_in_bytes", "125829120");
	setting_is(&l, "memory.memsw.limit_in_bytes", "-1");
	setting_is(&l, "memory.soft_limit_in_bytes", NULL);
	setting_is(&l, "cpu.cfs_quota_us", "-1");
	setting_is(&l, "cpu.cfs_period_us", NULL);
	setting_is(&l, "cpuset.cpus", NULL);
	setting_is(&l, "cpuset.mems", NULL);
	setting_is(&l, "pids.max", "max");
	arena_release(&a);
}

static void the_monitor_needs_some_threads(void **state)
{
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.pids_limit = 1});

	(void)state;
	setting_is(&l, "pids.max", "32");
	l = settings(&a, (struct spec_resources){.pids_limit = 33});
	setting_is(&l, "pids.max", "33");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked),
		cmocka_unit_test(everything_asked),
		cmocka_unit_test(unlimited_and_empty),
		cmocka_unit_test(the_monitor_needs_some_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
