/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration: ours takes any byte; the original's form is exact. */
#include "guests/linux_conf.h"

#include <errno.h>

#include "unit.h"

static const char *args[] = {"/urunit", "/bin/sh", "-c", "echo 'a'\n\"b\"\nURE\n"};
static const char *env[] = {"PATH=/bin", "M=1\n2\nUEE"};
static uint32_t groups[] = {10, 20};
static struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 1024, 4096}};

static struct app_desc app(void)
{
	return (struct app_desc){
		.args = {args, 4},
		.env = {env, 2},
		.cwd = "/w",
		.uid = 7,
		.gid = 8,
		.groups = {groups, 2},
		.hostname = "box",
		.terminal = true,
		.rlimits = {limits, 1},
		.has_umask = true,
		.umask = 027,
	};
}

static void every_value_has_its_length(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct app_desc d = app();

	(void)state;
	linux_conf_exact(&d, true, &b);
	/* Line breaks, quotes and even our own end marker are just bytes; urunit's own name is left out. */
	assert_string_equal(b.p, "URS\n"
				 "ctl 1\n1\n"
				 "hostname 3\nbox\n"
				 "terminal 1\n1\n"
				 "uid 1\n7\n"
				 "gid 1\n8\n"
				 "group 2\n10\n"
				 "group 2\n20\n"
				 "umask 2\n27\n"
				 "rlimit 16\nNOFILE 1024 4096\n"
				 "cwd 2\n/w\n"
				 "env 9\nPATH=/bin\n"
				 "env 9\nM=1\n2\nUEE\n"
				 "arg 7\n/bin/sh\n"
				 "arg 2\n-c\n"
				 "arg 17\necho 'a'\n\"b\"\nURE\n\n"
				 "URE\n");
	arena_release(&a);
}

static void what_is_not_asked_for_is_not_said(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct app_desc d = {.args = {args, 2}, .cwd = "/"};

	(void)state;
	linux_conf_exact(&d, false, &b);
	assert_string_equal(b.p, "URS\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 7\n/bin/sh\nURE\n");
	arena_release(&a);
}

static void the_form_of_the_original(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct app_desc d = app();
	struct err e = {0};

	(void)state;
	d.env.n = 1;
	assert_ok(linux_conf_text(&d, &b, &e), e);
	assert_string_equal(b.p, "UES\nPATH=/bin\nUEE\nUCS\nUID:7\nGID:8\nWD:/w\nUCE\nUBS\nUBE\n");
	d.env.n = 2;
	assert_fails(linux_conf_text(&d, &b, &e), e, EINVAL, "process.env[1] has a line break");
	d.env.n = 0;
	d.cwd = "/a\nb";
	assert_fails(linux_conf_text(&d, &b, &e), e, EINVAL, "process.cwd");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_length),
		cmocka_unit_test(what_is_not_asked_for_is_not_said),
		cmocka_unit_test(the_form_of_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
