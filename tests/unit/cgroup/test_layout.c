/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts of control groups. */
#include "cgroup/layout.h"

#include "common/mountinfo.h"
#include "gather/mount_samples.h"
#include "gather/scratch.h"

static struct cgroup_layout layout(struct scratch *s, const char *mounts, const char *self)
{
	struct cgroup_layout h = {0};
	struct mount_list l;

	assert_ok(mountinfo_parse(unit_text(mounts), &s->a, &l, &s->e), s->e);
	assert_ok(cgroup_layout(&l, unit_text(self), &s->a, &h, &s->e), s->e);
	return h;
}

static void assert_group(const struct cgroup_layout *h, size_t i, const char *names, const char *mountpoint,
			 const char *self)
{
	assert_true(i < h->controllers.n);
	assert_string_equal(h->controllers.v[i].names, names);
	assert_string_equal(h->controllers.v[i].mountpoint, mountpoint);
	assert_string_equal(h->controllers.v[i].self, self);
}

static void version_1(void **state)
{
	struct cgroup_layout h = layout(*state, MOUNTS_V1, SELF_V1);

	assert_int_equal(h.version, 1);
	assert_int_equal(h.controllers.n, 3);
	assert_group(&h, 0, "memory", "/sys/fs/cgroup/memory", "/user.slice");
	assert_group(&h, 1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/");
	assert_group(&h, 2, "name=systemd", "/sys/fs/cgroup/systemd", "/user.slice/user-0.slice");
}

static void hybrid_counts_as_version_1(void **state)
{
	struct cgroup_layout h = layout(*state, MOUNTS_HYBRID, SELF_HYBRID);

	assert_int_equal(h.version, 1);
	assert_int_equal(h.controllers.n, 3);
}

static void version_2(void **state)
{
	struct cgroup_layout h = layout(*state, MOUNTS_V2, SELF_V2);

	assert_int_equal(h.version, 2);
	assert_int_equal(h.controllers.n, 1);
	assert_group(&h, 0, "", "/sys/fs/cgroup", "/user.slice/user-0.slice/session-1.scope");
}

/* systemd may keep a named hierarchy for itself beside v2. */
static void a_name_controls_nothing(void **state)
{
	struct cgroup_layout h = layout(*state,
					MOUNTS_V2
					"31 30 0:27 / /sys/x rw - cgroup cgroup rw,xattr,name=systemd\n",
					"1:name=systemd:/a\n" SELF_V2);

	assert_int_equal(h.version, 2);
	assert_int_equal(h.controllers.n, 1);
	assert_group(&h, 0, "", "/sys/fs/cgroup", "/user.slice/user-0.slice/session-1.scope");
}

static void none(void **state)
{
	assert_int_equal(layout(*state, MOUNTS_COMMON, SELF_V2).version, 0);
	assert_int_equal(layout(*state, MOUNTS_V1, "").version, 0);
	assert_int_equal(layout(*state, "", "").version, 0);
	assert_int_equal(layout(*state, MOUNTS_V2, "rubbish\n::\n0::relative\n:\n").version, 0);
}

/* Inside a container the mount begins at the container's own group. */
static void mounted_below_the_root(void **state)
{
	static const char mounts[] = "33 30 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
				     "34 30 0:28 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
				     "35 30 0:27 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
	struct cgroup_layout h = layout(*state, mounts,
					"1:memory:/docker/abc\n2:pids:/docker/abc/x\n3:cpu:/docker/abcd\n");

	assert_group(&h, 0, "memory", "/sys/fs/cgroup/memory", "/");
	assert_group(&h, 1, "pids", "/sys/fs/cgroup/pids", "/x");
	assert_group(&h, 2, "cpu", "/sys/fs/cgroup/cpu", "/docker/abcd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(version_1), scratch_test(hybrid_counts_as_version_1),
		scratch_test(version_2), scratch_test(a_name_controls_nothing),
		scratch_test(none),      scratch_test(mounted_below_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
