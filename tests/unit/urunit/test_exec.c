/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a program: the order of directories, and which failure is told. */
/* wrap: execve */
#include "urunit/exec.h"

#include <errno.h>

#include "unit.h"

static char tried[512];
static const char *const (*answers)[2]; /* path, then "noent", "access"…; anything else is missing */

int __wrap_execve(const char *path, char *const args[], char *const env[]);
int __wrap_execve(const char *path, char *const args[], char *const env[])
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {{"access", EACCES}, {"notdir", ENOTDIR}, {"noexec", ENOEXEC}, {"big", E2BIG}};

	(void)args;
	assert_non_null(env);
	strcat(tried, path);
	strcat(tried, ";");
	errno = ENOENT;
	for (size_t i = 0; answers && answers[i][0]; i++)
		for (size_t k = 0; strcmp(path, answers[i][0]) == 0 && k < sizeof(codes) / sizeof(codes[0]);
		     k++)
			if (strcmp(codes[k].name, answers[i][1]) == 0)
				errno = codes[k].code;
	return -1;
}

static int run(const char *name, const char *search)
{
	char *args[] = {(char *)name, NULL}, *env[] = {NULL};

	tried[0] = '\0';
	return uexec(args, env, search);
}

static void a_name_with_a_slash_is_taken_as_it_is(void **state)
{
	(void)state;
	answers = NULL;
	assert_int_equal(run("/bin/x", "/a:/b"), ENOENT);
	assert_string_equal(tried, "/bin/x;");
	run("./x", "/a");
	assert_string_equal(tried, "./x;");
}

static void directories_are_tried_in_order(void **state)
{
	(void)state;
	answers = NULL;
	assert_int_equal(run("x", "/a:/b/::c"), ENOENT);
	assert_string_equal(tried, "/a/x;/b//x;x;c/x;");
	run("x", "");
	assert_string_equal(tried, "x;");
	run("x", NULL);
	assert_string_equal(tried,
			    "/usr/local/sbin/x;/usr/local/bin/x;/usr/sbin/x;/usr/bin/x;/sbin/x;/bin/x;");
}

static void the_telling_failure_is_told(void **state)
{
	static const char *const denied[][2] = {{"/a/x", "access"}, {"/b/x", "notdir"}, {NULL, NULL}};
	static const char *const format[][2] = {{"/a/x", "noexec"}, {NULL, NULL}};
	static const char *const big[][2] = {{"/b/x", "big"}, {NULL, NULL}};

	(void)state;
	answers = denied;
	assert_int_equal(run("x", "/a:/b:/c"), EACCES);
	assert_string_equal(tried, "/a/x;/b/x;/c/x;");
	answers = format;
	assert_int_equal(run("x", "/a:/b"), ENOEXEC);
	assert_string_equal(tried, "/a/x;");
	answers = big;
	assert_int_equal(run("x", "/a:/b:/c"), E2BIG);
	assert_string_equal(tried, "/a/x;/b/x;");
}

static void no_name_and_endless_names_are_not_found(void **state)
{
	static char endless[5000];

	(void)state;
	answers = NULL;
	assert_int_equal(run("", "/a"), ENOENT);
	assert_string_equal(tried, "");
	memset(endless, 'x', sizeof(endless) - 1);
	assert_int_equal(run(endless, "/a:/b"), ENOENT);
	assert_string_equal(tried, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_with_a_slash_is_taken_as_it_is),
		cmocka_unit_test(directories_are_tried_in_order),
		cmocka_unit_test(the_telling_failure_is_told),
		cmocka_unit_test(no_name_and_endless_names_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
