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

/* One entry, and whether start will read it. */
static const struct plan_source *source_of(struct world *w, struct spec_mount m)
{
	w->f.spec.mounts.v = &m;
	w->f.spec.mounts.n = 1;
	assert_planned(w);
	return w->p.sources.n > 0 ? &w->p.sources.v[0] : NULL;
}

static void the_three_files(void **state)
{
	static const char *words[] = {"rbind", "rprivate", "ro"};
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
	static const char *const others[] = {"/etc/hosts/", "/etc/passwd", "/etc/resolv.conf.d", "etc/hosts",
					     "/"};
	struct world *w = *state;
	const struct plan_source *s;
	struct spec_mount m = {.type = "bind", .source = "/var/lib/h", .options = {words, 2}};

	for (size_t i = 0; i < 3; i++) {
		m.destination = files[i];
		s = source_of(w, m);
		assert_string_equal(s->path, files[i]);
		assert_string_equal(s->source, "/var/lib/h");
		assert_false(s->readonly);
	}
	for (size_t i = 0; i < 5; i++) {
		m.destination = others[i];
		assert_null(source_of(w, m));
	}
	m.destination = "/etc/hosts";
	m.options.n = 3;
	assert_true(source_of(w, m)->readonly);
	m.source = "files/hosts";
	assert_string_equal(source_of(w, m)->source, "/run/b/c1/files/hosts");
	m.source = "";
	assert_null(source_of(w, m));
	m.source = NULL;
	assert_null(source_of(w, m));
}

static void only_bind_mounts(void **state)
{
	static const char *words[] = {"bind"};
	struct world *w = *state;
	struct spec_mount m = {.destination = "/etc/hosts", .source = "/h", .type = "bind"};

	assert_non_null(source_of(w, m));
	m.type = "tmpfs";
	assert_null(source_of(w, m));
	m.options = (struct strs){words, 1};
	assert_null(source_of(w, m));
	m.type = "none";
	assert_non_null(source_of(w, m));
	m.type = NULL;
	assert_non_null(source_of(w, m));
	m.options.n = 0;
	assert_null(source_of(w, m));
}

static void the_last_one_counts(void **state)
{
	struct world *w = *state;
	struct spec_mount m[] = {{.destination = "/etc/hosts", .type = "bind", .source = "/1"},
				 {.destination = "/etc/hostname", .type = "bind", .source = "/2"},
				 {.destination = "/etc/hosts", .type = "bind", .source = "/3"}};

	w->f.spec.mounts.v = m;
	w->f.spec.mounts.n = 3;
	assert_planned(w);
	assert_int_equal(w->p.sources.n, 2);
	assert_string_equal(w->p.sources.v[0].source, "/3");
	assert_string_equal(w->p.sources.v[1].source, "/2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(engines_own_mounts_are_silent),
		world_test(others_are_named),
		world_test(the_three_files),
		world_test(only_bind_mounts),
		world_test(the_last_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
