/* SPDX-License-Identifier: Apache-2.0 */
/* Where the cgroup lies in every hierarchy, which devices it allows, and what is refused. */
#include "plan/world.h"

static void hybrid(struct world *w)
{
	w->f.host.cgroup_version = 1;
	w->f.host.cgroups.n = 0;
	world_group(w, "name=systemd", "/sys/fs/cgroup/systemd", "/init.scope");
	world_group(w, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/");
	world_group(w, "memory", "/sys/fs/cgroup/memory", "/user");
}

static void every_hierarchy_gets_its_directory(void **state)
{
	struct world *w = *state;

	hybrid(w);
	w->f.spec.cgroups_path = "/a/c1";
	assert_planned(w);
	assert_int_equal(w->p.cgroup.version, 1);
	assert_int_equal(w->p.cgroup.dirs.n, 3);
	assert_string_equal(w->p.cgroup.dirs.v[0].path, "/sys/fs/cgroup/systemd/a/c1");
	assert_string_equal(w->p.cgroup.dirs.v[1].path, "/sys/fs/cgroup/cpu,cpuacct/a/c1");
	assert_string_equal(w->p.cgroup.dirs.v[1].names, "cpu,cpuacct");
	assert_string_equal(w->p.cgroup.dirs.v[2].mountpoint, "/sys/fs/cgroup/memory");
	assert_string_equal(w->p.cgroup.path, "/a/c1");
	w->f.spec.cgroups_path = NULL;
	assert_planned(w);
	assert_string_equal(w->p.cgroup.dirs.v[0].path, "/sys/fs/cgroup/systemd/init.scope/c1");
	assert_string_equal(w->p.cgroup.dirs.v[2].path, "/sys/fs/cgroup/memory/user/c1");
	assert_string_equal(w->p.cgroup.path, "/user/c1"); /* that of the memory controller */
}

static void every_directory_stays_below_its_mount(void **state)
{
	static const char *const wishes[] = {"../../x",   "/../../../x", "x/../../../y",
					     "/a/./b//c", "..x",         "a/..b"};
	struct world *w = *state;

	for (int version = 1; version <= 2; version++) {
		if (version == 1)
			hybrid(w);
		for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
			w->f.spec.cgroups_path = wishes[i];
			assert_planned(w);
			for (size_t k = 0; k < w->p.cgroup.dirs.n; k++) {
				const struct cgroup_dir *d = &w->p.cgroup.dirs.v[k];

				assert_true(str_starts(d->path, d->mountpoint));
				assert_int_equal(d->path[strlen(d->mountpoint)], '/');
				assert_null(strstr(d->path, "/../"));
				assert_false(str_ends(d->path, "/.."));
				assert_false(str_ends(d->path, "/"));
			}
		}
	}
}

static bool allowed(const struct world *w, int64_t major, int64_t minor)
{
	for (size_t i = 0; i < w->p.cgroup.devices.n; i++) {
		const struct device_rule *d = &w->p.cgroup.devices.v[i];

		assert_true(d->allow);
		assert_string_equal(d->type, "c");
		if (d->major == major && d->minor == minor)
			return true;
	}
	return false;
}

static void devices_are_the_monitors(void **state)
{
	struct world *w = *state;
	static struct spec_device_rule disk = {.allow = true,
					       .type = "b",
					       .major = 8,
					       .minor = 0,
					       .access = "rwm"};

	w->f.spec.resources.devices.v = &disk; /* the application's wishes are not the monitor's */
	w->f.spec.resources.devices.n = 1;
	assert_planned(w);
	assert_true(allowed(w, 1, 3) && allowed(w, 1, 9) && allowed(w, 10, 232));
	assert_false(allowed(w, 10, 200)); /* QEMU gets its tap as a descriptor */
	assert_false(allowed(w, 5, 2) || allowed(w, 136, -1) || allowed(w, 8, 0) || allowed(w, -1, -1));
	w->f.spec.terminal = true;
	w->f.host.kvm = KVM_ABSENT;
	assert_planned(w);
	assert_true(allowed(w, 5, 0) && allowed(w, 5, 2) && allowed(w, 136, -1));
	assert_false(allowed(w, 10, 232));
}

static void without_cgroups(void **state)
{
	struct world *w = *state;

	w->f.host.cgroup_version = 0;
	w->f.host.cgroups.n = 0;
	assert_planned(w);
	assert_int_equal(w->p.cgroup.version, 0);
	assert_int_equal(w->p.cgroup.dirs.n + w->p.cgroup.settings.n + w->p.cgroup.devices.n, 0);
	assert_int_equal(w->p.warnings.n, 1);
	assert_non_null(strstr(w->p.warnings.v[0], "no limit is enforced"));
}

static void refused(void **state)
{
	struct world *w = *state;
	struct spec_resources *r = &w->f.spec.resources;

	r->memory_swap_bytes = 5;
	assert_refused(w, EINVAL, "swap needs linux.resources.memory.limit");
	r->memory_limit_bytes = 256 << 20;
	assert_refused(w, EINVAL, "is below memory.limit");
	r->memory_swap_bytes = r->memory_limit_bytes;
	assert_planned(w);
	assert_string_equal(world_setting(w, "memory.swap.max"), "0");
	w->unified[r->unified.n++] = (struct spec_kv){"cpu.weight", "50"};
	assert_planned(w);
	hybrid(w);
	assert_refused(w, EINVAL, "needs cgroup v2");
	r->unified.n = 0;
	w->f.systemd_cgroup = true;
	w->f.spec.cgroups_path = "/a";
	w->f.host.systemd = false;
	assert_refused(w, ENOTSUP, "this host's init is not systemd");
	w->f.host.systemd = true;
	assert_refused(w, EINVAL, "of the form \"slice:prefix:name\"");
}

static void systemd_unit(void **state)
{
	struct world *w = *state;
	const struct confine_cgroup *cg = &w->p.cgroup;

	hybrid(w);
	w->f.host.systemd = w->f.systemd_cgroup = true;
	w->f.spec.cgroups_path = "machine-x.slice:pre:c1";
	assert_planned(w);
	assert_string_equal(cg->path, "/machine.slice/machine-x.slice/pre-c1.scope");
	assert_string_equal(cg->dirs.v[2].path,
			    "/sys/fs/cgroup/memory/machine.slice/machine-x.slice/pre-c1.scope");
	assert_string_equal(cg->unit->name, "pre-c1.scope");
	assert_string_equal(cg->unit->slice, "machine-x.slice");
	assert_string_equal(cg->unit->properties.v[0].name, "Description");
	/* Without being asked, it is a path like any other. */
	w->f.systemd_cgroup = false;
	assert_planned(w);
	assert_string_equal(cg->path, "/user/machine-x.slice:pre:c1");
	assert_null(cg->unit);
}

static void settings_grow(void **state)
{
	struct world *w = *state;
	struct setting_list l = {.a = &w->a};

	for (int i = 0; i < 100; i++)
		setting_add(&l, NULL, "file", i % 2, "%d", i);
	assert_false(l.oom);
	assert_int_equal(l.n, 100);
	for (int i = 0; i < 100; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%d", i);
		assert_string_equal(l.v[i].value, text);
		assert_int_equal(l.v[i].optional, i % 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_hierarchy_gets_its_directory),
		world_test(every_directory_stays_below_its_mount),
		world_test(devices_are_the_monitors),
		world_test(without_cgroups),
		world_test(refused),
		world_test(systemd_unit),
		world_test(settings_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
