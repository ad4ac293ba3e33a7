/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts that the guest misses are told, those that engines make for every container are not. */
#include "plan/world.h"

static size_t warnings_for(struct world *w, const char *destination, const char *type)
{
	struct spec_mount m = {.destination = destination, .type = type, .source = "/src"};
	size_t before;

	w->f.spec.mounts.n = 0;
	assert_planned(w);
	before = w->p.warnings.n;
	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	assert_planned(w);
	return w->p.warnings.n - before;
}

static void engines_own_mounts_are_silent(void **state)
{
	static const char *const own[] = {"/proc",
					  "/proc/acpi",
					  "/sys",
					  "/sys/fs/cgroup",
					  "/dev",
					  "/dev/shm",
					  "/etc/hosts",
					  "/etc/hostname",
					  "/etc/resolv.conf",
					  "/run/secrets",
					  "/run/.containerenv"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_int_equal(warnings_for(*state, own[i], "bind"), 0);
}

static void others_are_named(void **state)
{
	static const char *const missed[] =
		{"/data", "/device", "/system", "/etc/hosts.d", "/run/secrets/token", "/"};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++) {
		assert_int_equal(warnings_for(w, missed[i], i % 2 ? "tmpfs" : NULL), 1);
		assert_non_null(strstr(w->p.warnings.v[w->p.warnings.n - 1], missed[i]));
		assert_non_null(strstr(w->p.warnings.v[w->p.warnings.n - 1], i % 2 ? "(tmpfs," : "(bind,"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(engines_own_mounts_are_silent),
		world_test(others_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
