/* SPDX-License-Identifier: Apache-2.0 */
/* Help names every command and option that is meant for people, and no line is too long for a terminal. */
#include "cli/globals.h"

#include "unit.h"

static void lines_fit(const char *text)
{
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		assert_in_range(strcspn(p, "\n"), 0, 110);
}

static void the_whole(void **state)
{
	struct arena a = {0};
	struct strbuf out = STRBUF(&a);
	const struct command *c;

	(void)state;
	help_global(globals_table, &out);
	assert_non_null(strstr(out.p, "urunc [global options] command"));
	assert_non_null(strstr(out.p, URUNC_VERSION));
	for (size_t i = 0; (c = command_next(&i));)
		if (!(c->flags & CMD_HIDDEN)) {
			assert_non_null(strstr(out.p, c->name));
			assert_non_null(strstr(out.p, c->summary));
		}
	assert_null(strstr(out.p, "checkpoint"));
	assert_non_null(strstr(out.p, "--root DIR"));
	assert_non_null(strstr(out.p, "--version, -v"));
	lines_fit(out.p);
	arena_release(&a);
}

static void each_command(void **state)
{
	struct arena a = {0};
	const struct command *c;

	(void)state;
	for (size_t i = 0; (c = command_next(&i));) {
		struct strbuf out = STRBUF(&a);

		help_command(c, &out);
		assert_non_null(strstr(out.p, c->args));
		assert_non_null(strstr(out.p, c->summary));
		for (size_t o = 0; o < c->opts.n; o++)
			assert_true(!c->opts.v[o].help || strstr(out.p, c->opts.v[o].help));
		lines_fit(out.p);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole),
		cmocka_unit_test(each_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
