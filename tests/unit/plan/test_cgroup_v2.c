/* SPDX-License-Identifier: Apache-2.0 */
/* Resources as v2 files, by the numbers that runc makes of them. */
#include <errno.h>

#include "plan/settings.h"

static struct setting_list settings(struct arena *a, struct spec_resources r)
{
	struct group_memory m = settings_memory(&r);
	struct setting_list l = {.a = a};
	struct err e = {0};

	assert_ok(cgroup_v2_settings(&r, &m, &l, &e), e);
	assert_false(l.oom);
	return l;
}

/* runc, libcontainer/cgroups: ConvertCPUSharesToCgroupV2Value. */
static void shares_become_weight(void **state)
{
	static const struct {
		int64_t shares;
		const char *weight;
	} t[] = {{1, "1"},         {2, "1"},          {10, "1"},         {28, "1"},
		 {29, "2"},        {100, "4"},        {512, "20"},       {1024, "39"},
		 {2048, "79"},     {10000, "382"},    {102400, "3906"},  {200000, "7629"},
		 {262143, "9999"}, {262144, "10000"}, {300000, "10000"}, {INT64_MAX, "10000"}};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct setting_list l = settings(&a, (struct spec_resources){.cpu_shares = t[i].shares});

		setting_is(&l, "cpu.weight", t[i].weight);
	}
	arena_release(&a);
}

static void quota_and_period(void **state)
{
	static const struct {
		int64_t quota;
		uint64_t period;
		const char *max;
	} t[] = {{0, 0, NULL},          {50000, 0, "50000 100000"}, {50000, 20000, "50000 20000"},
		 {-1, 0, "max 100000"}, {-1, 20000, "max 20000"},   {0, 20000, "max 20000"}};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct setting_list l = settings(&a, (struct spec_resources){.cpu_quota_us = t[i].quota,
									     .cpu_period_us = t[i].period});

		setting_is(&l, "cpu.max", t[i].max);
		setting_is(&l, "cpu.weight", NULL);
	}
	arena_release(&a);
}

static void memory_and_swap(void **state)
{
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.memory_limit_bytes = 100 * MIB,
								     .memory_swap_bytes = 150 * MIB,
								     .memory_reservation_bytes = 10 * MIB});

	(void)state;
	setting_is(&l, "memory.max", "125829120");
	setting_is(&l, "memory.swap.max", "52428800"); /* swap alone */
	setting_is(&l, "memory.low", "31457280");
	assert_true(setting_find(&l, "memory.swap.max")->optional);
	assert_null(setting_find(&l, "memory.max")->controller);
	l = settings(&a, (struct spec_resources){.memory_limit_bytes = -1, .memory_swap_bytes = -1});
	setting_is(&l, "memory.max", "125829120");
	setting_is(&l, "memory.swap.max", "max");
	l = settings(&a, (struct spec_resources){.memory_limit_bytes = 100 * MIB,
						 .memory_swap_bytes = 100 * MIB});
	setting_is(&l, "memory.swap.max", "0");
	arena_release(&a);
}

/* runc: ConvertBlkIOToIOWeightValue. */
static void io_weight(void **state)
{
	static const struct {
		uint32_t weight;
		const char *io, *bfq;
	} t[] = {{0, NULL, NULL},
		 {10, "1", "10"},
		 {100, "910", "100"},
		 {500, "4950", "500"},
		 {1000, "10000", "1000"}};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct setting_list l = settings(&a, (struct spec_resources){.blkio_weight = t[i].weight});

		setting_is(&l, "io.weight", t[i].io);
		setting_is(&l, "io.bfq.weight", t[i].bfq);
	}
	arena_release(&a);
}

static void pids_and_cpuset(void **state)
{
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.pids_limit = 3,
								     .cpuset_cpus = "0,2-3",
								     .cpuset_mems = "1"});

	(void)state;
	setting_is(&l, "pids.max", "32");
	setting_is(&l, "cpuset.cpus", "0,2-3");
	setting_is(&l, "cpuset.mems", "1");
	l = settings(&a, (struct spec_resources){.pids_limit = -1, .cpuset_cpus = ""});
	setting_is(&l, "pids.max", "max");
	setting_is(&l, "cpuset.cpus", NULL);
	l = settings(&a, (struct spec_resources){0});
	assert_int_equal(l.n, 1);
	arena_release(&a);
}

static void unified_is_written_last(void **state)
{
	struct spec_kv kv[] = {{"memory.max", "1"}, {"cpu.weight", "77"}, {"hugetlb.2MB.max", "0"}};
	struct arena a = {0};
	struct setting_list l = settings(&a, (struct spec_resources){.cpu_shares = 1024, .unified = {kv, 3}});

	(void)state;
	assert_string_equal(l.v[0].value, "125829120"); /* memory.max stays ours */
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[1].value, "39");
	assert_string_equal(l.v[2].file, "cpu.weight");
	assert_string_equal(l.v[2].value, "77");
	assert_string_equal(l.v[3].file, "hugetlb.2MB.max");
	arena_release(&a);
}

static void memory_high_holds_the_monitor_too(void **state)
{
	static const struct {
		const char *asked, *written;
	} t[] = {{"1000000", "21971520"}, {"max", "max"}, {"18446744073709551615", "18446744073709551615"}};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct spec_kv kv = {"memory.high", t[i].asked};
		struct setting_list l = settings(&a, (struct spec_resources){.unified = {&kv, 1}});

		setting_is(&l, "memory.high", t[i].written);
	}
	arena_release(&a);
}

static void unified_keys_are_names_of_controller_files(void **state)
{
	static const char *const bad[] =
		{"../cgroup.procs",        "cpu", "", ".x", "/etc/passwd", "a.b/c", "cgroup.procs",
		 "cgroup.subtree_control", "..",  "."};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct spec_kv kv = {bad[i], "1"};
		struct spec_resources r = {.unified = {&kv, 1}};
		struct group_memory m = settings_memory(&r);
		struct setting_list l = {.a = &a};

		assert_fails(cgroup_v2_settings(&r, &m, &l, &e), e, EINVAL, "is no cgroup controller file");
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_become_weight),
		cmocka_unit_test(quota_and_period),
		cmocka_unit_test(memory_and_swap),
		cmocka_unit_test(io_weight),
		cmocka_unit_test(pids_and_cpuset),
		cmocka_unit_test(unified_is_written_last),
		cmocka_unit_test(memory_high_holds_the_monitor_too),
		cmocka_unit_test(unified_keys_are_names_of_controller_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
