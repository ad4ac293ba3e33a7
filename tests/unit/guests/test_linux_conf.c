/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration, byte for byte, in both forms. */
#include "guests/linux_conf.h"

#include <errno.h>

#include "machine/confine.h"
#include "unit.h"

static void exact_is(const struct app_desc *app, bool ctl, const char *want)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);

	linux_conf_exact(app, ctl, &b);
	assert_false(b.oom);
	assert_string_equal(b.p, want);
	assert_int_equal(b.len, strlen(want));
	arena_release(&a);
}

static void exact_least(void **state)
{
	const char *args[] = {"/urunit", "/bin/app"};
	struct app_desc app = {.args = {args, 2}, .cwd = "/"};

	(void)state;
	exact_is(&app, false, "URS\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 8\n/bin/app\nURE\n");
	exact_is(&app, true, "URS\nctl 1\n1\nuid 1\n0\ngid 1\n0\ncwd 1\n/\narg 8\n/bin/app\nURE\n");
}

static void exact_everything(void **state)
{
	const char *args[] = {"/urunit", "sh", "-c", "a\n'b' \"\\", ""}, *env[] = {"N=x\ny", "URE\n=1", "E="};
	uint32_t groups[] = {7, 4294967294u};
	struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 1024, 4096}, {"RLIMIT_CORE", 0, UINT64_MAX}};
	struct app_desc app = {.args = {args, 5},
			       .env = {env, 3},
			       .cwd = "/a b\n",
			       .uid = 1000,
			       .gid = 4294967294u,
			       .groups = {groups, 2},
			       .hostname = "box",
			       .terminal = true,
			       .has_umask = true,
			       .umask = 022,
			       .rlimits = {limits, 2}};

	(void)state;
	exact_is(&app, true,
		 "URS\nctl 1\n1\nhostname 3\nbox\nterminal 1\n1\nuid 4\n1000\ngid 10\n4294967294\ngroup 1\n7\n"
		 "group 10\n4294967294\numask 2\n22\nrlimit 16\nNOFILE 1024 4096\nrlimit 27\nCORE 0 18446744073709551615\n"
		 "cwd 5\n/a b\n\nenv 5\nN=x\ny\nenv 6\nURE\n=1\nenv 2\nE=\n"
		 "arg 2\nsh\narg 2\n-c\narg 8\na\n'b' \"\\\narg 0\n\nURE\n");
}

static void text_form(void **state)
{
	const char *args[] = {"/urunit", "/bin/app"}, *env[] = {"A=1 x", "B='\"\\", "C="};
	struct app_desc app = {.args = {args, 2}, .env = {env, 3}, .cwd = "/w d", .uid = 1000, .gid = 100};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(linux_conf_text(&app, &b, &e), e);
	assert_string_equal(b.p,
			    "UES\nA=1 x\nB='\"\\\nC=\nUEE\nUCS\nUID:1000\nGID:100\nWD:/w d\nUCE\nUBS\nUBE\n");
	b = STRBUF(&a);
	app.env.n = 0;
	assert_ok(linux_conf_text(&app, &b, &e), e);
	assert_string_equal(b.p, "UES\nUEE\nUCS\nUID:1000\nGID:100\nWD:/w d\nUCE\nUBS\nUBE\n");
	arena_release(&a);
}

/* Nothing may end a section early or make a line of its own. */
static void text_form_refuses(void **state)
{
	static const char *const bad[] = {"A=x\ny", "A=x\r", "UEE", "\nUEE"};
	const char *args[] = {"/urunit", "/bin/app"}, *env[] = {"OK=1", NULL};
	struct app_desc app = {.args = {args, 2}, .env = {env, 2}, .cwd = "/"};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct strbuf b = STRBUF(&a);

		env[1] = bad[i];
		assert_fails(linux_conf_text(&app, &b, &e), e, EINVAL, "process.env[1]");
		assert_non_null(strstr(e.msg, "replace_urunit = true"));
	}
	env[1] = "A=1";
	app.cwd = "/x\nUCE";
	struct strbuf b = STRBUF(&a);

	assert_fails(linux_conf_text(&app, &b, &e), e, EINVAL, "process.cwd");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_least),
		cmocka_unit_test(exact_everything),
		cmocka_unit_test(text_form),
		cmocka_unit_test(text_form_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
