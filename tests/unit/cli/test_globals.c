/* SPDX-License-Identifier: Apache-2.0 */
/* The options before the command, and where state is kept. */
#include "cli/globals.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/log.h"
#include "unit.h"

static struct arena a;

static int clean(void **state)
{
	struct err e = {0};

	(void)state;
	arena_release(&a);
	unsetenv("XDG_RUNTIME_DIR");
	return log_open(NULL, false, LOG_LVL_INFO, &e);
}

static int read_words(struct cli *c, struct globals *g, const char *const *words, size_t n, struct err *e)
{
	*c = (struct cli){.rt = {.arena = &a}};
	*g = (struct globals){0};
	return globals_read(c, words, n, g, e);
}

static void what_callers_pass(void **state)
{
	const char *words[] = {"--root",
			       "/run/containerd/runc/k8s.io",
			       "--log=/dev/null",
			       "--log-format",
			       "json",
			       "--systemd-cgroup",
			       "--rootless=false",
			       "--criu",
			       "/c",
			       "--cgroup-manager=cgroupfs",
			       "--debug",
			       "create",
			       "--bundle",
			       "/b",
			       "id"};
	struct err e = {0};
	struct globals g;
	struct cli c;

	(void)state;
	assert_ok(read_words(&c, &g, words, 15, &e), e);
	assert_int_equal(c.call.words.n, 4);
	assert_string_equal(c.call.words.v[0], "create");
	assert_ok(globals_apply(&c, &g, &e), e);
	assert_string_equal(c.rt.root, "/run/containerd/runc/k8s.io");
	assert_int_equal(c.rt.root_mode, 0711);
	assert_string_equal(c.call.root, c.rt.root);
	assert_string_equal(c.call.log, "/dev/null");
	assert_string_equal(c.call.log_format, "json");
	assert_string_equal(c.call.rootless, "false");
	assert_string_equal(c.call.criu, "/c");
	assert_string_equal(c.call.cgroup_manager, "cgroupfs");
	assert_true(c.call.debug && c.call.systemd_cgroup);
	assert_false(log_to_stderr());
	assert_true(c.rt.log_level_given);
}

static int apply_root(const char *root, struct cli *c, struct err *e)
{
	struct globals g = {.root = root};

	*c = (struct cli){.rt = {.arena = &a}};
	return globals_apply(c, &g, e);
}

static void roots(void **state)
{
	struct err e = {0};
	char cwd[4096];
	struct cli c;

	(void)state;
	assert_ok(apply_root(NULL, &c, &e), e);
	assert_string_equal(c.rt.root, "/run/urunc");
	assert_false(c.rt.log_level_given);
	assert_ok(apply_root("/a//b/../c/", &c, &e), e);
	assert_string_equal(c.rt.root, "/a/c");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_ok(apply_root("x", &c, &e), e);
	assert_int_equal(strncmp(c.rt.root, cwd, strlen(cwd)), 0);
	assert_true(str_ends(c.rt.root, "/x"));
	assert_fails(apply_root("/", &c, &e), e, EINVAL, "option --root argument should not be set to /");
	assert_fails(apply_root("", &c, &e), e, EINVAL, "should not be set to /");
	assert_fails(apply_root("../../../../../../../../../..", &c, &e), e, EINVAL, "should not be set to /");
}

/* Only who is not the real root keeps state in a directory of their own. podman sets the variable to "". */
static void a_user_s_own_directory(void **state)
{
	struct err e = {0};
	struct cli c;

	(void)state;
	setenv("XDG_RUNTIME_DIR", "", 1);
	assert_ok(apply_root(NULL, &c, &e), e);
	assert_string_equal(c.rt.root, "/run/urunc");
	setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
	assert_ok(apply_root(NULL, &c, &e), e);
	if (geteuid() == 0) {
		assert_string_equal(c.rt.root, "/run/urunc");
	} else {
		assert_string_equal(c.rt.root, "/run/user/1000/urunc");
		assert_int_equal(c.rt.root_mode, 0700 | S_ISVTX);
	}
	assert_ok(apply_root("/given", &c, &e), e);
	assert_string_equal(c.rt.root, "/given");
}

static int apply_log(const char *log, const char *format, const char *level, bool debug, struct err *e)
{
	struct globals g = {.log = log, .log_format = format, .log_level = level, .debug = debug};
	struct cli c = {.rt = {.arena = &a}};

	return globals_apply(&c, &g, e);
}

static void logs(void **state)
{
	static const char *const levels[] = {"error", "warn",  "warning", "info",
					     "debug", "trace", "fatal",   "panic"};
	struct err e = {0};

	(void)state;
	assert_fails(apply_log(NULL, "xml", NULL, false, &e), e, EINVAL,
		     "invalid log-format: xml (allowed: text, json)");
	assert_fails(apply_log(NULL, NULL, "loud", false, &e), e, EINVAL, "invalid log-level: loud");
	assert_fails(apply_log("/nonexistent/l", NULL, NULL, false, &e), e, ENOENT, "'/nonexistent/l'");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		assert_ok(apply_log("/dev/null", "text", levels[i], false, &e), e);
	assert_ok(apply_log("", NULL, NULL, true, &e), e);
	assert_true(log_to_stderr());
}

static void mistakes(void **state)
{
	const char *words[] = {"--bogus", "create"};
	struct err e = {0};
	struct globals g;
	struct cli c;

	(void)state;
	assert_fails(read_words(&c, &g, words, 2, &e), e, EINVAL, "flag provided but not defined: -bogus");
	assert_ok(read_words(&c, &g, words, 0, &e), e);
	assert_int_equal(c.call.words.n, 0);
	words[0] = "-v";
	assert_ok(read_words(&c, &g, words, 1, &e), e);
	assert_true(g.version);
	words[0] = "-h";
	assert_ok(read_words(&c, &g, words, 1, &e), e);
	assert_true(g.help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_callers_pass, clean),
		cmocka_unit_test_teardown(roots, clean),
		cmocka_unit_test_teardown(a_user_s_own_directory, clean),
		cmocka_unit_test_teardown(logs, clean),
		cmocka_unit_test_teardown(mistakes, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
