/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time and CPU sets become vCPUs, never more than there are and never by a number that wrapped round. */
#include "plan/toys.h"

static uint32_t with(struct world *w, int64_t quota, uint64_t period, const char *set)
{
	w->f.spec.resources.cpu_quota_us = quota;
	w->f.spec.resources.cpu_period_us = period;
	w->f.spec.resources.cpuset_cpus = set;
	assert_planned(w);
	assert_int_equal(w->p.vcpus, w->p.vm.vcpus);
	return w->p.vcpus;
}

static uint32_t unified(struct world *w, const char *key, const char *value)
{
	w->unified[0] = (struct spec_kv){key, value};
	w->f.spec.resources.unified.n = 1;
	assert_planned(w);
	return w->p.vcpus;
}

static void quotas(void **state)
{
	struct world *w = *state;

	w->f.host.cpus = 8;
	assert_int_equal(with(w, 0, 0, NULL), 1);
	assert_int_equal(with(w, -1, 100000, ""), 1);
	assert_int_equal(with(w, 50000, 100000, NULL), 1);
	assert_int_equal(with(w, 100000, 0, NULL), 1);
	assert_int_equal(with(w, 100001, 0, NULL), 2);
	assert_int_equal(with(w, 150000, 100000, NULL), 2);
	assert_int_equal(with(w, 400000, 50000, NULL), 8);
	assert_int_equal(with(w, 900000, 100000, NULL), 8); /* so many there are */
	assert_int_equal(with(w, INT64_MAX, 1, NULL), 8);
	assert_int_equal(with(w, 4294967297, 1, NULL), 8);
	assert_int_equal(with(w, 1, UINT64_MAX, NULL), 1);
	w->f.host.cpus = 0; /* nobody knows */
	assert_int_equal(with(w, 4294967297, 1, NULL), 65535);
}

static void sets(void **state)
{
	static const char *const bad[] =
		{"0-",  "-1", "a",  "0,,1",  "3-1", "0-65536", "4294967296",
		 "0 1", ",",  "0,", "0-1-2", "1.5", " 0",      "99999999999999999999"};
	struct world *w = *state;

	w->f.host.cpus = 64;
	assert_int_equal(with(w, 0, 0, "0"), 1);
	assert_int_equal(with(w, 0, 0, "0-3,7"), 5);
	assert_int_equal(with(w, 0, 0, "0-3,2-4"), 5);
	assert_int_equal(with(w, 0, 0, "60-63\n"), 4);
	assert_int_equal(with(w, 0, 0, "0-65535"), 64);
	assert_int_equal(with(w, 300000, 100000, "0-3"), 3);
	assert_int_equal(with(w, 600000, 100000, "0-3"), 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w->f.spec.resources.cpuset_cpus = bad[i];
		assert_refused(w, EINVAL, "is no list of CPUs (like 0-3,7; 0 to 65535)");
	}
}

static void the_unified_form(void **state)
{
	static const char *const bad[] = {"",
					  "0",
					  "-1",
					  "max ",
					  "100000 0",
					  "100000 -1",
					  "1 2 3",
					  "x",
					  "1  2",
					  "18446744073709551616",
					  "1 99999999999999999999"};
	struct world *w = *state;

	w->f.host.cpus = 8;
	w->f.spec.resources.cpu_quota_us = 500000;
	assert_int_equal(unified(w, "cpu.max", "max 100000"), 1);
	assert_int_equal(unified(w, "cpu.max", "max"), 1);
	assert_int_equal(unified(w, "cpu.max", "250000 100000"), 3);
	assert_int_equal(unified(w, "cpu.max", "200000"), 2);
	assert_int_equal(unified(w, "cpu.weight", "7"), 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w->unified[0].key = "cpu.max";
		w->unified[0].value = bad[i];
		assert_refused(w, EINVAL, "linux.resources.unified: cpu.max");
	}
	w->f.spec.resources.cpuset_cpus = "0";
	assert_int_equal(unified(w, "cpuset.cpus", "1-4"), 4);
}

static void defaults_and_bounds(void **state)
{
	static struct config_monitor m = {.name = "toymon", .default_memory_mb = 256, .default_vcpus = 3};
	struct world *w = *state;

	w->f.host.cpus = 8;
	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	assert_int_equal(with(w, 0, 0, NULL), 3);
	toy_monitor.max_vcpus = 4;
	assert_int_equal(with(w, 0, 0, NULL), 3);
	assert_int_equal(with(w, 400000, 100000, NULL), 4);
	assert_false(toys_warned(w, "vCPUs"));
	assert_int_equal(with(w, 500000, 100000, NULL), 4);
	assert_true(
		toys_warned(w, "allow 5 vCPUs, but guest 'toyguest' on monitor 'toymon' can have at most 4"));
	toy_guest.max_vcpus = 2;
	assert_int_equal(with(w, 500000, 100000, NULL), 2);
	assert_true(toys_warned(w, "can have at most 2"));
	assert_int_equal(with(w, 0, 0, NULL), 2); /* the default is for other guests too */
	assert_int_equal(w->p.warnings.n, 0);
	toy_monitor.max_vcpus = 2;
	assert_refused(w, EINVAL, "[monitors.toymon] default_vcpus is 3, but this monitor can have at most 2");
	toy_guest.max_vcpus = 5; /* the monitor's is the lower one */
	m.default_vcpus = 2;
	assert_int_equal(with(w, 0, 0, NULL), 2);
	assert_int_equal(with(w, 300000, 100000, NULL), 2);
	m.default_vcpus = 3;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(quotas),
		toy_test(sets),
		toy_test(the_unified_form),
		toy_test(defaults_and_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
