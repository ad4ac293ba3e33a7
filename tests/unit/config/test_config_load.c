/* SPDX-License-Identifier: Apache-2.0 */
/* Which file is read: the argument, else the environment, else the default, which alone may be absent. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/io.h"
#include "config/config.h"
#include "unit.h"

static char dir[256], one[300], two[300], none[300], fifo[300];

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	unit_tmpdir(dir);
	snprintf(one, sizeof(one), "%s/one", dir);
	snprintf(two, sizeof(two), "%s/two", dir);
	snprintf(none, sizeof(none), "%s/none", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_ok(file_write(AT_FDCWD, one, O_CREAT, "[log]\nlevel='debug'\n", 20, &e), e);
	assert_ok(file_write(AT_FDCWD, two, O_CREAT, "[log]\nlevel='error'\n", 20, &e), e);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unsetenv("URUNC_CONFIG_FILE");
	unit_rmdir(dir);
	return 0;
}

static void the_argument_wins_over_the_environment(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct config c;

	(void)state;
	setenv("URUNC_CONFIG_FILE", one, 1);
	assert_ok(config_load(NULL, &a, &c, &e), e);
	assert_string_equal(c.log_level, "debug");
	assert_string_equal(c.source, one);
	assert_ok(config_load(two, &a, &c, &e), e);
	assert_string_equal(c.log_level, "error");
	arena_release(&a);
}

static void a_named_file_must_be_there(void **state)
{
	struct config c = {.stop_grace_ms = 1};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_fails(config_load(none, &a, &c, &e), e, ENOENT, none);
	setenv("URUNC_CONFIG_FILE", none, 1);
	assert_fails(config_load(NULL, &a, &c, &e), e, ENOENT, "configuration: cannot open");
	assert_fails(config_load(dir, &a, &c, &e), e, EISDIR, "is a directory");
	alarm(5);
	assert_fails(config_load(fifo, &a, &c, &e), e, EINVAL, "not a regular file");
	alarm(0);
	assert_int_equal(c.stop_grace_ms, 1);
	arena_release(&a);
}

static void the_default_file_may_be_absent(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct config c;

	(void)state;
	assert_string_equal(CONFIG_DEFAULT_PATH, URUNC_SYSCONFDIR "/urunc/config.toml");
	if (access(CONFIG_DEFAULT_PATH, F_OK) == 0)
		skip();
	setenv("URUNC_CONFIG_FILE", "", 1); /* empty counts as unset */
	assert_ok(config_load(NULL, &a, &c, &e), e);
	assert_null(c.source);
	assert_string_equal(c.log_level, "info");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_argument_wins_over_the_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(a_named_file_must_be_there, setup, teardown),
		cmocka_unit_test_setup_teardown(the_default_file_may_be_absent, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
