/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts of control groups, and memory limits above a container. */
#include "gather/mount_samples.h"
#include "gather/parts.h"
#include "gather/scratch.h"

static struct host_facts layout(struct scratch *s, const char *mounts, const char *self)
{
	struct host_facts h = {0};
	struct mount_list l;

	assert_ok(mountinfo_parse(unit_text(mounts), &s->a, &l, &s->e), s->e);
	assert_ok(cgroups_layout(&l, unit_text(self), &s->a, &h, &s->e), s->e);
	return h;
}

static void assert_group(const struct host_facts *h, size_t i, const char *names, const char *mountpoint,
			 const char *self)
{
	assert_true(i < h->cgroups.n);
	assert_string_equal(h->cgroups.v[i].names, names);
	assert_string_equal(h->cgroups.v[i].mountpoint, mountpoint);
	assert_string_equal(h->cgroups.v[i].self, self);
}

static void version_1(void **state)
{
	struct host_facts h = layout(*state, MOUNTS_V1, SELF_V1);

	assert_int_equal(h.cgroup_version, 1);
	assert_int_equal(h.cgroups.n, 3);
	assert_group(&h, 0, "memory", "/sys/fs/cgroup/memory", "/user.slice");
	assert_group(&h, 1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/");
	assert_group(&h, 2, "name=systemd", "/sys/fs/cgroup/systemd", "/user.slice/user-0.slice");
}

static void hybrid_counts_as_version_1(void **state)
{
	struct host_facts h = layout(*state, MOUNTS_HYBRID, SELF_HYBRID);

	assert_int_equal(h.cgroup_version, 1);
	assert_int_equal(h.cgroups.n, 3);
}

static void version_2(void **state)
{
	struct host_facts h = layout(*state, MOUNTS_V2, SELF_V2);

	assert_int_equal(h.cgroup_version, 2);
	assert_int_equal(h.cgroups.n, 1);
	assert_group(&h, 0, "", "/sys/fs/cgroup", "/user.slice/user-0.slice/session-1.scope");
}

/* systemd may keep a named hierarchy for itself beside v2. */
static void a_name_controls_nothing(void **state)
{
	struct host_facts h = layout(*state,
				     MOUNTS_V2
				     "31 30 0:27 / /sys/x rw - cgroup cgroup rw,xattr,name=systemd\n",
				     "1:name=systemd:/a\n" SELF_V2);

	assert_int_equal(h.cgroup_version, 2);
	assert_int_equal(h.cgroups.n, 1);
	assert_group(&h, 0, "", "/sys/fs/cgroup", "/user.slice/user-0.slice/session-1.scope");
}

static void none(void **state)
{
	assert_int_equal(layout(*state, MOUNTS_COMMON, SELF_V2).cgroup_version, 0);
	assert_int_equal(layout(*state, MOUNTS_V1, "").cgroup_version, 0);
	assert_int_equal(layout(*state, "", "").cgroup_version, 0);
	assert_int_equal(layout(*state, MOUNTS_V2, "rubbish\n::\n0::relative\n:\n").cgroup_version, 0);
}

/* Inside a container the mount begins at the container's own group. */
static void mounted_below_the_root(void **state)
{
	static const char mounts[] = "33 30 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
				     "34 30 0:28 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
				     "35 30 0:27 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
	struct host_facts h = layout(*state, mounts,
				     "1:memory:/docker/abc\n2:pids:/docker/abc/x\n3:cpu:/docker/abcd\n");

	assert_group(&h, 0, "memory", "/sys/fs/cgroup/memory", "/");
	assert_group(&h, 1, "pids", "/sys/fs/cgroup/pids", "/x");
	assert_group(&h, 2, "cpu", "/sys/fs/cgroup/cpu", "/docker/abcd");
}

/* A tree of plain files that plays one hierarchy. */
static struct host_facts tree(struct scratch *s, unsigned version, const char *self)
{
	struct host_facts h = {.cgroup_version = version};

	h.cgroups.v = arena_array(&s->a, 2, sizeof *h.cgroups.v);
	h.cgroups.v[h.cgroups.n++] = (struct cgroup_controller){version == 2 ? "" : "cpu",
								version == 2 ? s->dir : "/nowhere", self};
	if (version == 1)
		h.cgroups.v[h.cgroups.n++] = (struct cgroup_controller){"memory", s->dir, self};
	return h;
}

static void smallest_limit_version_1(void **state)
{
	struct scratch *s = *state;
	struct host_facts h = tree(s, 1, "/");

	scratch_text(s, "memory.limit_in_bytes", "9223372036854771712\n");
	scratch_text(s, "a/memory.limit_in_bytes", "500000000\n");
	scratch_text(s, "a/b/memory.limit_in_bytes", "900000000\n");
	scratch_text(s, "a/b/c1/memory.limit_in_bytes", "1000\n"); /* the container's own: ours to write */
	assert_ok(cgroups_ancestor_limit("/a/b/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 500000000);
	assert_string_equal(h.ancestor_limit_path, scratch_path(s, "a"));
	/* Groups that do not exist yet limit nothing. */
	assert_ok(cgroups_ancestor_limit("/a/x/y/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 500000000);
	assert_ok(cgroups_ancestor_limit("/other/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
	assert_null(h.ancestor_limit_path);
}

static void smallest_limit_version_2(void **state)
{
	struct scratch *s = *state;
	struct host_facts h = tree(s, 2, "/a/me");

	scratch_text(s, "a/memory.max", "max\n");
	scratch_text(s, "a/b/memory.max", "700000000\n");
	scratch_text(s, "memory.max", "800000000\n");
	assert_ok(cgroups_ancestor_limit("/a/b/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 700000000);
	assert_ok(cgroups_ancestor_limit("/a/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 800000000);
	assert_string_equal(h.ancestor_limit_path, s->dir);
	/* Nothing asked for: beside our own group. */
	scratch_text(s, "a/memory.max", "600000000\n");
	assert_ok(cgroups_ancestor_limit(NULL, "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 600000000);
}

static void strange_limits_are_none(void **state)
{
	static const char *const texts[] = {"",    "\n", "-1\n", "12 34\n", "0\n", "18446744073709551616\n",
					    "4k\n"};
	struct scratch *s = *state;
	struct host_facts h = tree(s, 2, "/");

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		scratch_text(s, "memory.max", texts[i]);
		assert_ok(cgroups_ancestor_limit("/c1", "c1", &s->a, &h, &s->e), s->e);
		assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
	}
}

/* What plan will refuse is no error here; nothing outside the hierarchy is read. */
static void unusable_paths(void **state)
{
	static const char *const paths[] = {"a.slice:docker:c1", "/", "../../..", "/x\ny"};
	struct scratch *s = *state;
	struct host_facts h = tree(s, 2, "/");

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_ok(cgroups_ancestor_limit(paths[i], "c1", &s->a, &h, &s->e), s->e);
		assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
	}
	h = (struct host_facts){0};
	assert_ok(cgroups_ancestor_limit("/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(version_1),
		scratch_test(hybrid_counts_as_version_1),
		scratch_test(version_2),
		scratch_test(a_name_controls_nothing),
		scratch_test(none),
		scratch_test(mounted_below_the_root),
		scratch_test(smallest_limit_version_1),
		scratch_test(smallest_limit_version_2),
		scratch_test(strange_limits_are_none),
		scratch_test(unusable_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
