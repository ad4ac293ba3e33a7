/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory, the monitor's overhead, and the sums at their edges. */
#include "plan/toys.h"

static uint64_t toys_need(const struct guest_image *img)
{
	(void)img;
	return 100 * MIB;
}

static uint64_t fixed(const struct world *w)
{
	return w->p.overhead_bytes - w->p.memory_bytes / 64;
}

static void default_and_limit(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 256 * MIB);
	assert_int_equal(w->p.vm.memory_bytes, 256 * MIB);
	assert_int_equal(w->p.cgroup.memory_limit_bytes, w->p.memory_bytes + w->p.overhead_bytes);
	w->f.spec.resources.memory_limit_bytes = 129 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 129 * MIB);
	assert_string_equal(world_option(w, "-m"), "135266304B");
	assert_int_equal(w->p.cgroup.memory_limit_bytes, w->p.memory_bytes + w->p.overhead_bytes);
}

static void no_limit_is_spelled_in_many_ways(void **state)
{
	static const int64_t none[] = {0, -1, INT64_MIN, 1ll << 60, INT64_MAX, INT64_MAX - 4095};
	struct spec_resources r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		r.memory_limit_bytes = none[i];
		assert_int_equal(spec_memory_limit(&r), 0);
	}
	r.memory_limit_bytes = (1ll << 60) - 1;
	assert_int_equal(spec_memory_limit(&r), (1ull << 60) - 1);
	r.memory_limit_bytes = 1;
	assert_int_equal(spec_memory_limit(&r), 1);
}

static void unified_limit(void **state)
{
	static const char *const none[] =
		{"max", "0", "-1", "12k", "", "18446744073709551616", "1152921504606846976"};
	struct spec_kv kv = {"memory.max", "134217728"};
	struct spec_resources r = {.unified = {&kv, 1}};

	(void)state;
	assert_int_equal(spec_memory_limit(&r), 128 * MIB);
	r.memory_limit_bytes = 64 << 20;
	assert_int_equal(spec_memory_limit(&r), 64 * MIB);
	r.memory_limit_bytes = 0;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		kv.value = none[i];
		assert_int_equal(spec_memory_limit(&r), 0);
	}
}

static void overhead_counts_what_lies_in_memory(void **state)
{
	struct world *w = *state;
	uint64_t bare, n;

	w->args[0] = "/init";
	assert_planned(w);
	bare = fixed(w);
	w->f.kernel.size_bytes += 3 * MIB; /* read by the monitor */
	assert_planned(w);
	assert_int_equal(fixed(w), bare + 3 * MIB);
	w->f.kernel.mode = 0; /* and copied */
	assert_planned(w);
	assert_int_equal(fixed(w), bare + 3 * MIB + w->f.kernel.size_bytes);
	w->f.kernel.mode = 0644;
	w->f.kernel.size_bytes -= 3 * MIB;
	w->args[0] = "/urunit"; /* the initrd becomes a copy with our archive behind it */
	assert_planned(w);
	n = fixed(w) - bare - w->f.initrd.size_bytes;
	assert_in_range(n, 40001, 40001 + 1024);
	w->f.host.kvm = KVM_ABSENT;
	n = fixed(w);
	assert_planned(w);
	assert_true(fixed(w) >= n + 64 * MIB); /* of translated code */
}

static void overhead_by_configuration(void **state)
{
	struct world *w = *state;
	static struct config_monitor m = {.name = "qemu", .default_memory_mb = 200, .default_vcpus = 3};
	uint64_t one;

	w->args[0] = "/init";
	assert_planned(w);
	one = fixed(w);
	w->f.config.monitors.v = &m;
	w->f.config.monitors.n = 1;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 200 * MIB);
	assert_int_equal(w->p.vcpus, 3);
	assert_int_equal(fixed(w), one + 2 * 4 * MIB);
	m.overhead_mb = 30;
	assert_planned(w);
	assert_int_equal(fixed(w), 30 * MIB + w->f.kernel.size_bytes);
}

static uint64_t least(struct world *w)
{
	const struct guest_image img = {.kernel_bytes = w->f.kernel.size_bytes,
					.kernel_memory_bytes = w->f.kernel.memory_bytes,
					.initrd_bytes = w->f.initrd.size_bytes,
					.initrd_unpacked_bytes = w->f.initrd.unpacked_bytes};

	return guest_find("linux")->min_memory(&img);
}

static void too_small_is_refused_to_the_byte(void **state)
{
	struct world *w = *state;

	w->args[0] = "/init";
	w->f.spec.resources.memory_limit_bytes = (int64_t)least(w);
	assert_planned(w);
	w->f.spec.resources.memory_limit_bytes--;
	assert_refused(w, ENOMEM, "linux.resources.memory.limit) is too small");
	w->f.spec.resources.memory_limit_bytes = 0;
	w->f.kernel.memory_bytes = 250 * MIB;
	assert_refused(w, ENOMEM, "default_memory_mb) is too small");
}

static void an_ancestors_limit_shrinks_to_the_edge(void **state)
{
	struct world *w = *state;
	uint64_t lowest = 0;

	w->args[0] = "/init";
	w->f.host.ancestor_limit_path = "/sys/fs/cgroup/pod";
	assert_planned(w);
	w->f.host.cgroup_ancestor_limit_bytes = w->p.cgroup.memory_limit_bytes;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 256 * MIB);
	assert_int_equal(w->p.warnings.n, 0);
	for (uint64_t limit = w->p.cgroup.memory_limit_bytes - 1; world_plan(w) == 0; limit -= MIB / 2 + 1) {
		w->f.host.cgroup_ancestor_limit_bytes = limit;
		if (world_plan(w) < 0)
			break;
		lowest = w->p.memory_bytes;
		assert_true(w->p.memory_bytes < 256 * MIB && w->p.memory_bytes >= least(w));
		assert_int_equal(w->p.memory_bytes % MIB, 0);
		assert_int_equal(w->p.cgroup.memory_limit_bytes, w->p.memory_bytes + w->p.overhead_bytes);
		assert_true(w->p.cgroup.memory_limit_bytes <= limit);
		assert_true(limit - w->p.cgroup.memory_limit_bytes < 2 * MIB); /* nothing is given away */
		assert_int_equal(w->p.warnings.n, 1);
		assert_non_null(strstr(w->p.warnings.v[0], "/sys/fs/cgroup/pod"));
	}
	assert_true(lowest > 0 && lowest < least(w) + 2 * MIB);
	assert_refused(w, ENOMEM, "/sys/fs/cgroup/pod");
	w->f.host.cgroup_ancestor_limit_bytes = 1;
	assert_refused(w, ENOMEM, "(1 bytes) is too small");
}

static void the_hosts_memory_is_a_ceiling_too(void **state)
{
	struct world *w = *state;

	w->f.host.memory_bytes = 256 * MIB;
	assert_planned(w);
	assert_true(w->p.cgroup.memory_limit_bytes <= 256 * MIB);
	assert_non_null(strstr(w->p.warnings.v[0], "the host's memory"));
	w->f.host.memory_bytes = 0; /* not known */
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 256 * MIB);
}

static int huge(struct world *w, uint64_t *where, uint64_t n)
{
	uint64_t before = *where;
	int r;

	*where = n;
	r = world_plan(w);
	*where = before;
	return r;
}

/* Sizes come from images: no sum of them may wrap round to something small. */
static void huge_files_are_refused(void **state)
{
	struct world *w = *state;
	struct image_file *k = &w->f.kernel, *i = &w->f.initrd;

	for (int init = 0; init < 2; init++) {
		w->args[0] = init ? "/urunit" : "/init";
		for (uint64_t n = UINT64_MAX; n > 1ull << 40; n = n / 8 * 3) {
			k->mode = i->mode = 0;
			assert_true(huge(w, &k->size_bytes, n) < 0);
			assert_true(huge(w, &i->size_bytes, n) < 0);
			k->mode = i->mode = 0644;
			assert_true(huge(w, &k->memory_bytes, n) < 0);
			assert_true(huge(w, &k->size_bytes, n) < 0);
			assert_true(huge(w, &i->size_bytes, n) < 0);
			assert_true(huge(w, &i->unpacked_bytes, n) < 0);
		}
		assert_planned(w);
	}
	k->memory_bytes = UINT64_MAX - 64 * MIB;
	assert_refused(w, EINVAL, "needs more than 256 TiB");
}

/* Rounded down, so that the limit holds; the guest's need is rounded up. */
static void in_steps(void **state)
{
	struct world *w = *state;

	w->f.spec.resources.memory_limit_bytes = 128 * MIB + 12345;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 128 * MIB + 12345);
	toy_monitor.memory_step_bytes = 2 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 128 * MIB);
	assert_int_equal(w->p.warnings.n, 0);
	w->f.spec.resources.memory_limit_bytes = 131 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 130 * MIB);
	w->f.spec.resources.memory_limit_bytes = 2 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 2 * MIB);
	w->f.spec.resources.memory_limit_bytes = 2 * MIB - 1;
	assert_refused(w, ENOMEM, "memory limit of 2097151 bytes (linux.resources.memory.limit) is too small");
	assert_non_null(strstr(w->e.msg, "needs at least 2097152 bytes"));
	w->f.spec.resources.memory_limit_bytes = 0;
	w->f.host.memory_bytes = 151 * MIB; /* shrinks in steps too */
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes % (2 * MIB), 0);
	assert_true(w->p.cgroup.memory_limit_bytes <= 151 * MIB);
}

static void no_more_than_the_monitor_can(void **state)
{
	struct world *w = *state;

	toy_monitor.max_memory_bytes = 64 * MIB;
	assert_planned(w);
	assert_int_equal(w->p.memory_bytes, 64 * MIB);
	assert_true(
		toys_warned(w, "reduced from 268435456 to 67108864 bytes: monitor 'toymon' cannot give more"));
	toy_guest.min_memory = toys_need;
	assert_refused(w, ENOMEM,
		       "monitor 'toymon' can give a guest at most 67108864 bytes of memory, but guest 'toyguest' with "
		       "this kernel and initrd needs at least 104857600");
	w->f.spec.resources.memory_limit_bytes = 50 * MIB;
	assert_refused(w, ENOMEM, "memory limit of 52428800 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(default_and_limit),
		world_test(no_limit_is_spelled_in_many_ways),
		world_test(unified_limit),
		world_test(overhead_counts_what_lies_in_memory),
		world_test(overhead_by_configuration),
		world_test(too_small_is_refused_to_the_byte),
		world_test(an_ancestors_limit_shrinks_to_the_edge),
		world_test(the_hosts_memory_is_a_ceiling_too),
		world_test(huge_files_are_refused),
		toy_test(in_steps),
		toy_test(no_more_than_the_monitor_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
