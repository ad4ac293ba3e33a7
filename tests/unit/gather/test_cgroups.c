/* SPDX-License-Identifier: Apache-2.0 */
/* Memory limits above a container. */
#include "gather/parts.h"
#include "gather/scratch.h"

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
	assert_ok(cgroups_ancestor_limit(false, "/a/b/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 500000000);
	assert_string_equal(h.ancestor_limit_path, scratch_path(s, "a"));
	/* Groups that do not exist yet limit nothing. */
	assert_ok(cgroups_ancestor_limit(false, "/a/x/y/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 500000000);
	assert_ok(cgroups_ancestor_limit(false, "/other/c1", "c1", &s->a, &h, &s->e), s->e);
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
	assert_ok(cgroups_ancestor_limit(false, "/a/b/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 700000000);
	assert_ok(cgroups_ancestor_limit(false, "/a/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 800000000);
	assert_string_equal(h.ancestor_limit_path, s->dir);
	/* Nothing asked for: beside our own group. */
	scratch_text(s, "a/memory.max", "600000000\n");
	assert_ok(cgroups_ancestor_limit(false, NULL, "c1", &s->a, &h, &s->e), s->e);
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
		assert_ok(cgroups_ancestor_limit(false, "/c1", "c1", &s->a, &h, &s->e), s->e);
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
		assert_ok(cgroups_ancestor_limit(false, paths[i], "c1", &s->a, &h, &s->e), s->e);
		assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
	}
	h = (struct host_facts){0};
	assert_ok(cgroups_ancestor_limit(false, "/c1", "c1", &s->a, &h, &s->e), s->e);
	assert_int_equal(h.cgroup_ancestor_limit_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(smallest_limit_version_1),
		scratch_test(smallest_limit_version_2),
		scratch_test(strange_limits_are_none),
		scratch_test(unusable_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
