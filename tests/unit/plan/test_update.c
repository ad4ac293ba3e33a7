/* SPDX-License-Identifier: Apache-2.0 */
/* Other limits for a container that exists: what is written, what is kept, what is refused. */
#include <errno.h>

#include "plan/settings.h"

struct updating {
	struct arena a;
	struct err e;
	struct cgroup_setting before[8];
	struct launch_plan p;
	struct confine_cgroup write, after;
	struct strs warnings;
};

/* A guest of 100 MiB whose monitor takes 20. */
static int setup(void **state)
{
	struct updating *u = calloc(1, sizeof(*u));

	u->p.memory_bytes = 100 * MIB;
	u->p.overhead_bytes = 20 * MIB;
	u->p.cgroup.memory_limit_bytes = 120 * MIB;
	u->p.cgroup.version = 2;
	u->p.cgroup.devices.n = 3;
	u->before[0] = (struct cgroup_setting){NULL, "memory.max", "125829120", false};
	u->before[1] = (struct cgroup_setting){NULL, "cpu.max", "50000 100000", false};
	u->before[2] = (struct cgroup_setting){NULL, "pids.max", "100", false};
	u->p.cgroup.settings.v = u->before;
	u->p.cgroup.settings.n = 3;
	*state = u;
	return 0;
}

static void to_v1(struct updating *u)
{
	u->p.cgroup.version = 1;
	u->before[0] = (struct cgroup_setting){"memory", "memory.limit_in_bytes", "125829120", false};
	u->before[1] = (struct cgroup_setting){"memory", "memory.memsw.limit_in_bytes", "230686720", true};
	u->p.cgroup.settings.n = 2;
}

static int teardown(void **state)
{
	struct updating *u = *state;

	arena_release(&u->a);
	free(u);
	return 0;
}

static int update(struct updating *u, struct spec_resources r)
{
	return plan_update(&u->p, &r, &u->a, &u->write, &u->after, &u->warnings, &u->e);
}

static void group_has(const struct confine_cgroup *cg, const char *file, const char *value)
{
	const struct setting_list l = {.v = cg->settings.v, .n = cg->settings.n};

	setting_is(&l, file, value);
}

static void nothing_asked(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){0}), u->e);
	assert_int_equal(u->write.settings.n, 0);
	assert_int_equal(u->write.devices.n, 0);
	assert_int_equal(u->after.settings.n, 3);
	assert_int_equal(u->after.devices.n, 3);
	assert_int_equal(u->warnings.n, 0);
	assert_int_equal(u->after.memory_limit_bytes, 120 * MIB);
}

static void more_memory(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = 200 * MIB,
						    .memory_swap_bytes = 260 * MIB}),
		  u->e);
	assert_int_equal(u->write.settings.n, 2);
	group_has(&u->write, "memory.max", "230686720"); /* 220 MiB */
	group_has(&u->write, "memory.swap.max", "62914560");
	assert_int_equal(u->after.settings.n, 4);
	group_has(&u->after, "memory.max", "230686720");
	group_has(&u->after, "pids.max", "100");
	assert_int_equal(u->after.memory_limit_bytes, 220 * MIB);
	assert_int_equal(u->warnings.n, 1);
	assert_non_null(strstr(u->warnings.v[0], "the guest keeps its 104857600 bytes of memory"));
	/* And back to what the guest has. */
	u->p.cgroup = u->after;
	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = 100 * MIB}), u->e);
	group_has(&u->after, "memory.max", "125829120");
	assert_int_equal(u->warnings.n, 0);
}

static void less_than_the_guest_has(void **state)
{
	struct updating *u = *state;

	assert_fails(update(u, (struct spec_resources){.memory_limit_bytes = 100 * MIB - 1}), u->e, EINVAL,
		     "memory limit of 104857599 bytes is below the guest's memory of 104857600 bytes");
	to_v1(u);
	assert_fails(update(u, (struct spec_resources){.memory_limit_bytes = 1}), u->e, EINVAL,
		     "create the container anew");
}

static void no_memory_limit(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = -1}), u->e);
	group_has(&u->write, "memory.max", "max");
	assert_int_equal(u->after.memory_limit_bytes, 0);
	u->p.cgroup = u->after;
	assert_fails(update(u, (struct spec_resources){.memory_swap_bytes = 200 * MIB}), u->e, EINVAL,
		     "memory.swap needs");
	to_v1(u);
	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = INT64_MAX, .memory_swap_bytes = -1}),
		  u->e);
	group_has(&u->write, "memory.limit_in_bytes", "-1");
	group_has(&u->write, "memory.memsw.limit_in_bytes", "-1");
}

static void swap_alone(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){.memory_swap_bytes = 150 * MIB}), u->e);
	assert_int_equal(u->write.settings.n, 1);
	group_has(&u->write, "memory.swap.max", "52428800");
	assert_fails(update(u, (struct spec_resources){.memory_swap_bytes = 50 * MIB}), u->e, EINVAL,
		     "is below memory.limit");
	to_v1(u);
	assert_ok(update(u, (struct spec_resources){.memory_swap_bytes = 150 * MIB}), u->e);
	group_has(&u->write, "memory.memsw.limit_in_bytes", "178257920"); /* 170 MiB */
}

static void the_sum_of_v1(void **state)
{
	struct updating *u = *state;

	to_v1(u); /* memory and swap: 200 MiB and the monitor's 20 */
	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = 200 * MIB}), u->e);
	assert_fails(
		update(u, (struct spec_resources){.memory_limit_bytes = 201 * MIB}), u->e, EINVAL,
		"above the limit of memory and swap together (209715200 bytes): give that one (memory.swap)");
	assert_ok(update(u, (struct spec_resources){.memory_limit_bytes = 201 * MIB,
						    .memory_swap_bytes = 300 * MIB}),
		  u->e);
}

static void half_of_cpu_max(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){.cpu_quota_us = 20000}), u->e);
	group_has(&u->write, "cpu.max", "20000 100000");
	assert_ok(update(u, (struct spec_resources){.cpu_period_us = 20000}), u->e);
	group_has(&u->write, "cpu.max", "50000 20000");
	assert_ok(update(u, (struct spec_resources){.cpu_quota_us = -1}), u->e);
	group_has(&u->write, "cpu.max", "max 100000");
	u->before[1].value = "max 70000";
	assert_ok(update(u, (struct spec_resources){.cpu_quota_us = 20000}), u->e);
	group_has(&u->write, "cpu.max", "20000 70000");
	assert_ok(update(u, (struct spec_resources){.cpu_period_us = 20000}), u->e);
	group_has(&u->write, "cpu.max", "max 20000");
	u->p.cgroup.settings.n = 1;
	assert_ok(update(u, (struct spec_resources){.cpu_quota_us = 20000}), u->e);
	group_has(&u->write, "cpu.max", "20000 100000");
}

static void the_rest(void **state)
{
	struct updating *u = *state;

	assert_ok(update(u, (struct spec_resources){.cpu_shares = 512,
						    .cpuset_cpus = "0",
						    .cpuset_mems = "0",
						    .pids_limit = 3,
						    .blkio_weight = 500}),
		  u->e);
	group_has(&u->write, "cpu.weight", "20");
	group_has(&u->write, "cpuset.cpus", "0");
	group_has(&u->write, "cpuset.mems", "0");
	group_has(&u->write, "pids.max", "32"); /* as at create: the monitor's threads count */
	group_has(&u->write, "io.bfq.weight", "500");
	group_has(&u->after, "pids.max", "32");
	assert_int_equal(u->after.settings.n, 3 + 5);
	to_v1(u);
	assert_ok(update(u, (struct spec_resources){.cpu_shares = 512, .cpu_quota_us = 5000}), u->e);
	group_has(&u->write, "cpu.shares", "512");
	group_has(&u->write, "cpu.cfs_quota_us", "5000");
}

static void without_a_group(void **state)
{
	struct updating *u = *state;
	struct spec_kv kv = {"cpu.weight", "3"};

	to_v1(u);
	assert_fails(update(u, (struct spec_resources){.unified = {&kv, 1}}), u->e, EINVAL, "needs cgroup v2");
	u->p.cgroup.version = 0;
	assert_fails(update(u, (struct spec_resources){.cpu_shares = 1}), u->e, ENOTSUP, "has no cgroup");
}

int main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(nothing_asked),   test(more_memory), test(less_than_the_guest_has),
		test(no_memory_limit), test(swap_alone),  test(the_sum_of_v1),
		test(half_of_cpu_max), test(the_rest),    test(without_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
