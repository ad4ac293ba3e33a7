/* SPDX-License-Identifier: Apache-2.0 */
/* Which program runs what is not ours, and with which words. */
#include "runtime/delegate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/container.h"
#include "unit.h"

struct places {
	char dir[256], old_path[4096];
	struct arena a;
};

static int setup(void **state)
{
	struct places *p = calloc(1, sizeof(*p));

	unit_tmpdir(p->dir);
	snprintf(p->old_path, sizeof(p->old_path), "%s", getenv("PATH"));
	setenv("PATH", p->dir, 1);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct places *p = *state;

	setenv("PATH", p->old_path, 1);
	unit_rmdir(p->dir);
	arena_release(&p->a);
	free(p);
	return 0;
}

static const char *program(struct places *p, const char *name, const char *script)
{
	char *path = arena_printf(&p->a, "%s/%s", p->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	close(fd);
	return path;
}

static void the_first_found(void **state)
{
	struct places *p = *state;
	const char *path = NULL, *runc = program(p, "runc", "#!/bin/sh\n"),
		   *crun = program(p, "crun", "#!/bin/sh\n");
	struct err e = {0};
	bool is_crun;

	assert_ok(delegate_find(OWNER_NONE, NULL, &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, runc);
	assert_false(is_crun);
	assert_ok(delegate_find(OWNER_CRUN, NULL, &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, crun);
	assert_true(is_crun);
	assert_ok(delegate_find(OWNER_RUNC, NULL, &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, runc);
}

static void the_configured_one(void **state)
{
	struct places *p = *state;
	const char *path = NULL, *mine, *crun;
	struct err e = {0};
	bool is_crun;

	program(p, "runc", "#!/bin/sh\n");
	mine = program(p, "youki", "#!/bin/sh\n");
	crun = program(p, "crun-1.21", "#!/bin/sh\n");
	assert_ok(delegate_find(OWNER_NONE, "youki", &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, mine);
	assert_false(is_crun);
	assert_ok(delegate_find(OWNER_RUNC, mine, &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, mine);
	assert_ok(delegate_find(OWNER_CRUN, crun, &p->a, &path, &is_crun, &e), e);
	assert_string_equal(path, crun);
	assert_true(is_crun);
	/* What the other kind made stays with it, whatever is configured now. */
	assert_ok(delegate_find(OWNER_RUNC, crun, &p->a, &path, &is_crun, &e), e);
	assert_true(str_ends(path, "/runc"));
	assert_fails(delegate_find(OWNER_NONE, "/nonexistent/runc", &p->a, &path, &is_crun, &e), e, ENOENT,
		     "runtime.delegate");
}

/* podman gives no PATH. */
static void without_path(void **state)
{
	struct places *p = *state;
	const char *path = NULL;
	struct err e = {0};
	bool is_crun;

	unsetenv("PATH");
	assert_ok(delegate_find(OWNER_NONE, "true", &p->a, &path, &is_crun, &e), e);
	assert_true(str_ends(path, "/true"));
	setenv("PATH", p->dir, 1);
	assert_ok(delegate_find(OWNER_NONE, "true", &p->a, &path, &is_crun, &e), e);
}

/* Installed as "runc", urunc must not call itself. */
static void not_ourselves(void **state)
{
	struct places *p = *state;
	char self[4096] = "", *link_path = arena_printf(&p->a, "%s/ourselves", p->dir);
	const char *path = NULL;
	struct stat named, ours;
	struct err e = {0};
	bool is_crun;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(stat(self, &named), 0);
	assert_int_equal(stat("/proc/self/exe", &ours), 0);
	unit_needs("/proc/self/exe that is this program", named.st_ino == ours.st_ino);
	assert_int_equal(symlink(self, link_path), 0);
	assert_fails(delegate_find(OWNER_NONE, "ourselves", &p->a, &path, &is_crun, &e), e, ENOENT,
		     "cannot be found");
}

static void words_equal(const struct strs *got, const char *const *want, size_t n)
{
	assert_int_equal(got->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(got->v[i], want[i]);
	assert_null(got->v[n]);
}

static void words(void **state)
{
	static const char *const runc[] = {"/r",
					   "--root=/run/x",
					   "--log=/l og",
					   "--log-format=json",
					   "--rootless=auto",
					   "--criu=/c",
					   "--debug",
					   "--systemd-cgroup",
					   "create",
					   "--bundle",
					   "/b",
					   "",
					   "id"};
	static const char *const crun[] = {"/r",
					   "--root=/run/x",
					   "--log=/l og",
					   "--log-format=json",
					   "--rootless=auto",
					   "--cgroup-manager=cgroupfs",
					   "--debug",
					   "--systemd-cgroup",
					   "create",
					   "--bundle",
					   "/b",
					   "",
					   "id"};
	static const char *const least[] = {"/r", "--root=/run/x", "start", "id"};
	const char *tail[] = {"create", "--bundle", "/b", "", "id"}, *start[] = {"start", "id"};
	struct delegate_call c = {.root = "/run/x",
				  .log = "/l og",
				  .log_format = "json",
				  .criu = "/c",
				  .cgroup_manager = "cgroupfs",
				  .rootless = "auto",
				  .debug = true,
				  .systemd_cgroup = true,
				  .words = {tail, 5}};
	const struct delegate_call bare = {.root = "/run/x", .words = {start, 2}};
	struct places *p = *state;
	struct err e = {0};
	struct strs argv;

	assert_ok(delegate_argv(&c, "/r", false, &p->a, &argv, &e), e);
	words_equal(&argv, runc, sizeof(runc) / sizeof(runc[0]));
	assert_ok(delegate_argv(&c, "/r", true, &p->a, &argv, &e), e);
	words_equal(&argv, crun, sizeof(crun) / sizeof(crun[0]));
	assert_ok(delegate_argv(&bare, "/r", false, &p->a, &argv, &e), e);
	words_equal(&argv, least, sizeof(least) / sizeof(least[0]));
}

static void its_list(void **state)
{
	const struct delegate_call c = {.root = "/run/x", .log = "/l", .debug = true};
	struct places *p = *state;
	struct bytes out = {0};
	struct err e = {0};

	unit_needs_call(clone3);
	program(p, "runc", "#!/bin/sh\necho $@\n");
	assert_ok(delegate_list(&c, OWNER_RUNC, NULL, &p->a, &out, &e), e);
	assert_string_equal(out.p, "--root=/run/x list --format json\n");
}

static void a_broken_program(void **state)
{
	const struct delegate_call c = {.root = "/run/x"};
	struct places *p = *state;
	struct err e = {0};

	program(p, "runc", "no program");
	assert_fails(delegate_exec(&c, OWNER_RUNC, NULL, &p->a, &e), e, ENOEXEC, "cannot execute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_found, setup, teardown),
		cmocka_unit_test_setup_teardown(the_configured_one, setup, teardown),
		cmocka_unit_test_setup_teardown(without_path, setup, teardown),
		cmocka_unit_test_setup_teardown(not_ourselves, setup, teardown),
		cmocka_unit_test_setup_teardown(words, setup, teardown),
		cmocka_unit_test_setup_teardown(its_list, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_program, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
