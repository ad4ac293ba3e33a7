/* SPDX-License-Identifier: Apache-2.0 */
/* Every command is found by its name, and its table is sound. */
#include "cli/cli.h"

#include "unit.h"

static void all_are_there(void **state)
{
	static const char *const names[] = {"create", "start", "run",    "state",    "kill",       "delete",
					    "list",   "ps",    "spec",   "features", "plan",       "pause",
					    "resume", "exec",  "update", "events",   "checkpoint", "restore"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(command_find(names[i]));
		assert_string_equal(command_find(names[i])->name, names[i]);
	}
	assert_null(command_find("Create"));
	assert_null(command_find(""));
}

static void their_tables_are_sound(void **state)
{
	const struct command *c;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; (c = command_next(&i)); n++) {
		assert_non_null(c->run);
		assert_true(c->summary && *c->summary && c->args);
		assert_true(c->max_args < 0 || c->max_args >= c->min_args);
		for (size_t o = 0; o < c->opts.n; o++) {
			const struct opt *opt = &c->opts.v[o];
			size_t size = opt->kind == OPT_BOOL ? sizeof(bool) : sizeof(char *);

			assert_true(opt->off + size <= c->opts_bytes);
			assert_true((opt->kind == OPT_BOOL) == (opt->arg == NULL) || !opt->help);
			for (size_t p = 0; p < o; p++) {
				assert_string_not_equal(opt->name, c->opts.v[p].name);
				assert_true(!opt->letter || opt->letter != c->opts.v[p].letter);
			}
		}
	}
	assert_int_equal(n, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_there),
		cmocka_unit_test(their_tables_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
