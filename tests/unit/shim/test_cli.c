/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's log, and whose a container is. */
#include "unit.h"

#include <sys/stat.h>

#include "runtime/owner.h"
#include "shim/cli.h"

static char dir[256];
static struct cli cli;

static void log_add(const char *text)
{
	FILE *f = fopen(cli.log, "ae");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void the_last_error_since_a_place(void **state)
{
	struct err e = {0};
	off_t from;

	(void)state;
	assert_int_equal(cli_log_end(&cli), 0);
	assert_false(cli_log_error(&cli, 0, &e));
	log_add("{\"level\":\"error\",\"msg\":\"old\"}\n");
	from = cli_log_end(&cli);
	assert_false(cli_log_error(&cli, from, &e));
	log_add("{\"level\":\"error\",\"msg\":\"first\"}\n{\"level\":\"error\",\"msg\":\"last \\\"one\\\"\"}\n"
		"{\"level\":\"info\",\"msg\":\"chatter\"}\nno json\n{\"level\":\"error\",\"msg\":\"cut off");
	assert_true(cli_log_error(&cli, from, &e));
	assert_string_equal(e.msg, "last \"one\"");
	assert_true(cli_log_error(&cli, 0, &e));
}

static void whose_it_is(void **state)
{
	char path[512];

	(void)state;
	cli.owner = OWNER_NONE;
	cli_find_owner(&cli, "c");
	assert_int_equal(cli.owner, OWNER_NONE);
	snprintf(path, sizeof(path), "%s/c", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/c/state.json", dir);
	fclose(fopen(path, "we"));
	cli_find_owner(&cli, "c");
	assert_int_equal(cli.owner, OWNER_RUNC);
	snprintf(path, sizeof(path), "%s/c/plan", dir);
	fclose(fopen(path, "we"));
	cli_find_owner(&cli, "c");
	assert_int_equal(cli.owner, OWNER_US);
}

static void programs_are_found_beside_us_first(void **state)
{
	struct arena a = {0};
	const char *path = NULL, *slash = NULL;
	struct err e = {0};

	(void)state;
	assert_ok(cli_find("test_cli", &a, &path, &e), e);
	slash = strrchr(path, '/');
	assert_string_equal(slash, "/test_cli");
	assert_ok(cli_find("sh", &a, &path, &e), e);
	assert_ok(cli_find("/bin/sh", &a, &path, &e), e);
	assert_string_equal(path, "/bin/sh");
	assert_fails(cli_find("no-such-runtime", &a, &path, &e), e, ENOENT,
		     "'no-such-runtime' cannot be found");
	arena_release(&a);
}

static void words_have_an_end(void **state)
{
	struct cli_words w = {0};

	(void)state;
	for (int i = 0; i < 2 * CLI_WORDS_MAX; i++)
		cli_word(&w, "x");
	assert_int_equal(w.n, CLI_WORDS_MAX);
}

static int setup(void **state)
{
	(void)state;
	unit_tmpdir(dir);
	cli.root = strdup(dir);
	return asprintf(&cli.log, "%s/log.json", dir) < 0;
}

static int teardown(void **state)
{
	(void)state;
	cli_done(&cli);
	assert_null(cli.root);
	unit_rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_error_since_a_place),
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(programs_are_found_beside_us_first),
		cmocka_unit_test(words_have_an_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
