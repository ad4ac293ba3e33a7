/* SPDX-License-Identifier: Apache-2.0 */
/* The scope of a container: which limits become which properties. Whole plans: tests/golden/systemd-*. */
#include "plan/settings.h"

static const struct unit_property *find(const struct confine_unit *u, const char *name)
{
	for (size_t i = 0; i < u->properties.n; i++)
		if (streq(u->properties.v[i].name, name))
			return &u->properties.v[i];
	return NULL;
}

static void number_is(const struct confine_unit *u, const char *name, uint64_t want)
{
	const struct unit_property *p = find(u, name);

	assert_non_null(p);
	assert_int_equal(p->kind, UNIT_U64);
	if (p->number != want)
		fail_msg("%s is %llu", name, (unsigned long long)p->number);
}

static struct confine_unit limits(struct arena *a, uint32_t version, struct cgroup_setting *v, size_t n)
{
	struct confine_cgroup cg = {.version = version, .settings = {v, n}};
	struct confine_unit u = {0};
	struct err e = {0};

	assert_ok(unit_limits(a, &cg, &u, &e), e);
	return u;
}

static void version_2(void **state)
{
	struct cgroup_setting v[] = {
		{NULL, "memory.max", "4096", false}, {NULL, "memory.swap.max", "max", true},
		{NULL, "memory.high", "max", false}, {NULL, "memory.low", "1024", false},
		{NULL, "cpu.weight", "39", false},   {NULL, "cpu.max", "25000 50000", false},
		{NULL, "cpuset.cpus", "0-3", false}, {NULL, "cpuset.mems", "0", false},
		{NULL, "pids.max", "64", false},     {NULL, "io.weight", "200", true},
		{NULL, "io.bfq.weight", "20", true}, {NULL, "memory.oom.group", "1", false},
	};
	struct arena a = {0};
	struct confine_unit u = limits(&a, 2, v, sizeof(v) / sizeof(v[0]));

	(void)state;
	number_is(&u, "MemoryMax", 4096);
	number_is(&u, "MemorySwapMax", UINT64_MAX);
	number_is(&u, "MemoryHigh", UINT64_MAX);
	number_is(&u, "MemoryLow", 1024);
	number_is(&u, "CPUWeight", 39);
	number_is(&u, "CPUQuotaPerSecUSec", 500000);
	number_is(&u, "CPUQuotaPeriodUSec", 50000);
	number_is(&u, "TasksMax", 64);
	number_is(&u, "IOWeight", 200);
	assert_string_equal(find(&u, "AllowedCPUs")->text, "0-3");
	assert_int_equal(find(&u, "AllowedCPUs")->kind, UNIT_CPUS);
	assert_string_equal(find(&u, "AllowedMemoryNodes")->text, "0");
	assert_int_equal(u.properties.n, 11); /* what systemd has no word for stays ours */
	arena_release(&a);
}

static void version_1(void **state)
{
	struct cgroup_setting v[] = {
		{"memory", "memory.limit_in_bytes", "4096", false},
		{"memory", "memory.memsw.limit_in_bytes", "-1", true},
		{"cpu", "cpu.shares", "512", false},
		{"cpu", "cpu.cfs_period_us", "50000", false},
		{"cpu", "cpu.cfs_quota_us", "25000", false},
		{"pids", "pids.max", "max", false},
		{"blkio", "blkio.weight", "300", true},
		{"cpuset", "cpuset.cpus", "0", false},
	};
	struct arena a = {0};
	struct confine_unit u = limits(&a, 1, v, sizeof(v) / sizeof(v[0]));

	(void)state;
	number_is(&u, "MemoryLimit", 4096);
	number_is(&u, "CPUShares", 512);
	number_is(&u, "CPUQuotaPerSecUSec", 500000);
	number_is(&u, "TasksMax", UINT64_MAX);
	number_is(&u, "BlockIOWeight", 300);
	assert_int_equal(u.properties.n, 5);
	arena_release(&a);
}

static void quotas(void **state)
{
	static const struct {
		const char *max;
		uint64_t per_second, period; /* 0: not told */
	} t[] = {
		{"100000 100000", 1000000, 0},
		{"max 100000", UINT64_MAX, 0},
		{"12345 100000", 130000, 0},
		{"1 1000000", 10000, 1000000},
		{"50000", 500000, 0},
		{"max 20000", UINT64_MAX, 20000},
		{"18446744073709551614 100000", UINT64_MAX, 0},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct cgroup_setting v = {NULL, "cpu.max", t[i].max, false};
		struct confine_unit u = limits(&a, 2, &v, 1);

		number_is(&u, "CPUQuotaPerSecUSec", t[i].per_second);
		if (t[i].period)
			number_is(&u, "CPUQuotaPeriodUSec", t[i].period);
		else
			assert_null(find(&u, "CPUQuotaPeriodUSec"));
	}
	arena_release(&a);
}

/* An update tells only what changes, and the unit's name. */
static void an_update(void **state)
{
	struct confine_unit unit = {.name = "u.scope", .slice = "s.slice", .description = "d"};
	struct launch_plan p = {.memory_bytes = MIB, .cgroup = {.version = 2, .unit = &unit}};
	const struct spec_resources r = {.pids_limit = 50};
	struct confine_cgroup write, after;
	struct strs warnings;
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_ok(plan_update(&p, &r, &a, &write, &after, &warnings, &e), e);
	assert_string_equal(write.unit->name, "u.scope");
	assert_int_equal(write.unit->properties.n, 1);
	number_is(write.unit, "TasksMax", 50);
	assert_ptr_equal(after.unit, &unit);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2),
		cmocka_unit_test(version_1),
		cmocka_unit_test(quotas),
		cmocka_unit_test(an_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
