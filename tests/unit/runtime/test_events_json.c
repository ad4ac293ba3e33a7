/* SPDX-License-Identifier: Apache-2.0 */
/* The whole line, for a v1 and a v2 host; tests/cli/compare.bats holds its members against runc's. */
#include "runtime/events.h"

#include "unit.h"

static const char *line(struct arena *a, const struct cgroup_stats *s)
{
	struct strbuf b = STRBUF(a);
	const char *text;
	struct err e = {0};

	events_stats_json("c1", s, &b);
	assert_ok(sb_done(&b, &text, &e), e);
	return text;
}

static void version_1(void **state)
{
	struct cgroup_cpu_time per_cpu[] = {{10, 4, 6}, {20, 15, 5}};
	struct cgroup_stat stat[] = {{"cache", 3}, {"rss", 4}};
	struct cgroup_io_entry io[] = {{8, 0, "Read", 5}, {8, 0, "Total", 0}};
	struct cgroup_hugetlb huge[] = {{"2MB", 1, 2, 3, 4}};
	struct cgroup_stats s = {
		.version = 1,
		.pids = {true, 2, 64},
		.cpu = {.usage_ns = 30, .user_ns = 20, .system_ns = 10, .per_cpu = {per_cpu, 2}, .periods = 7},
		.memory = {.stat = {stat, 2}, .usage = {true, 1, 2, 9, 3}, .kernel = {true, 4, 0, 8, 0}},
		.io.service_bytes = {io, 2},
		.hugetlb = {huge, 1},
		.cpuset = {.cpus = "0-1,3", .mems = "0", .flags = {0, 0, 0, 0, 0, 0, 0, 1, -1}},
	};
	struct arena a = {0};

	(void)state;
	assert_string_equal(
		line(&a, &s),
		"{\"type\":\"stats\",\"id\":\"c1\",\"data\":{\"cpu\":{\"usage\":{\"total\":30,\"percpu\":[10,20],"
		"\"percpu_kernel\":[6,5],\"percpu_user\":[4,15],\"kernel\":10,\"user\":20},\"throttling\":{\"periods\":7}},"
		"\"cpuset\":{\"cpus\":[0,1,3],\"cpu_exclusive\":0,\"mems\":[0],\"mem_hardwall\":0,\"mem_exclusive\":0,"
		"\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"
		"\"sched_load_balance\":1,\"sched_relax_domain_level\":-1},"
		"\"memory\":{\"cache\":3,\"usage\":{\"limit\":9,\"usage\":1,\"max\":2,\"failcnt\":3},"
		"\"swap\":{\"limit\":0,\"failcnt\":0},\"kernel\":{\"limit\":8,\"usage\":4,\"failcnt\":0},"
		"\"kernelTCP\":{\"limit\":0,\"failcnt\":0},\"raw\":{\"cache\":3,\"rss\":4}},"
		"\"pids\":{\"current\":2,\"limit\":64},"
		"\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":5},"
		"{\"major\":8,\"op\":\"Total\"}]},"
		"\"hugetlb\":{\"2MB\":{\"usage\":1,\"max\":2,\"failcnt\":4}},\"intel_rdt\":{},"
		"\"network_interfaces\":null}}\n");
	arena_release(&a);
}

static void version_2(void **state)
{
	struct cgroup_stat stat[] = {{"anon", 3}, {"file", 4}};
	struct cgroup_device_io io[] = {{8, 16, 1, 2, 3, 0}};
	struct cgroup_stats s = {
		.version = 2,
		.pids = {true, 2, CGROUP_NO_LIMIT},
		.cpu = {.usage_ns = 3000, .throttled_ns = 1000},
		.memory = {.stat = {stat, 2},
			   .usage = {true, 100, 0, 200, 0},
			   .swap = {true, 10, 0, 50, 0},
			   .kernel = {true, 7, 0, CGROUP_NO_LIMIT, 0}},
		.io.devices = {io, 1},
		.cpuset = {.cpus = "", .mems = ""},
	};
	struct arena a = {0};

	(void)state;
	assert_string_equal(
		line(&a, &s),
		"{\"type\":\"stats\",\"id\":\"c1\",\"data\":{\"cpu\":{\"usage\":{\"total\":3000,\"kernel\":0,\"user\":0},"
		"\"throttling\":{\"throttledTime\":1000}},"
		"\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
		"\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,\"sched_load_balance\":0,"
		"\"sched_relax_domain_level\":0},"
		"\"memory\":{\"cache\":4,\"usage\":{\"limit\":200,\"usage\":100,\"failcnt\":0},"
		"\"swap\":{\"limit\":250,\"usage\":110,\"failcnt\":0},\"kernel\":{\"limit\":0,\"failcnt\":0},"
		"\"kernelTCP\":{\"limit\":0,\"failcnt\":0},\"raw\":{\"anon\":3,\"file\":4}},\"pids\":{\"current\":2},"
		"\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
		"{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2}],"
		"\"ioServicedRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":3},"
		"{\"major\":8,\"minor\":16,\"op\":\"Write\"}]},"
		"\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}\n");
	s.memory.swap.limit = CGROUP_NO_LIMIT;
	assert_non_null(strstr(line(&a, &s), "\"swap\":{\"limit\":18446744073709551615,"));
	arena_release(&a);
}

static void out_of_memory(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);

	(void)state;
	events_oom_json("c+1", &b);
	assert_string_equal(b.p, "{\"type\":\"oom\",\"id\":\"c+1\"}\n");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1),
		cmocka_unit_test(version_2),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
