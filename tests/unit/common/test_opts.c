/* SPDX-License-Identifier: Apache-2.0 */
/* Options in every form that runc, crun and their callers write. */
#include "common/opts.h"

#include <errno.h>

#include "unit.h"

struct target {
	const char *bundle, *rootless;
	bool force, quiet;
};

static const struct opt list[] = {
	{"bundle", 'b', OPT_STR, offsetof(struct target, bundle), "DIR", "where it is"},
	{"force", 'f', OPT_BOOL, offsetof(struct target, force), NULL, "without asking"},
	{"quiet", 0, OPT_BOOL, offsetof(struct target, quiet), NULL, NULL},
	{"rootless", 0, OPT_TRISTATE, offsetof(struct target, rootless), "VALUE", "who knows"},
};
static const struct opt_table table = {list, 4};

struct result {
	struct target t;
	struct strs rest;
	size_t used;
	struct err e;
	int r;
};

static struct arena a;

/* words: separated by '|'. */
static struct result parse(unsigned flags, const char *words)
{
	struct result res = {.t = {0}};
	const char *v[16];
	size_t n = 0;
	char *copy = arena_strdup(&a, words);

	while (*words && copy) {
		char *bar = strchr(copy, '|');

		v[n++] = copy;
		if (!bar)
			break;
		*bar = '\0';
		copy = bar + 1;
	}
	res.r = opts_parse(table, flags, v, n, &res.t, &a, &res.rest, &res.used, &res.e);
	return res;
}

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void every_form(void **state)
{
	static const char *const forms[] = {"--bundle|/b", "--bundle=/b", "-bundle|/b", "-bundle=/b",
					    "-b|/b",       "-b=/b",       "--b|/b"};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct result r = parse(0, forms[i]);

		assert_ok(r.r, r.e);
		assert_string_equal(r.t.bundle, "/b");
		assert_int_equal(r.rest.n, 0);
	}
	assert_string_equal(parse(0, "--bundle=").t.bundle, "");
	assert_string_equal(parse(0, "--bundle=a=b").t.bundle, "a=b");
	assert_string_equal(parse(0, "--bundle|--force").t.bundle, "--force"); /* a value is a value */
	assert_string_equal(parse(0, "-b|x|-b|y").t.bundle, "y");
}

static void switches(void **state)
{
	struct result r;

	(void)state;
	assert_true(parse(0, "--force").t.force);
	assert_true(parse(0, "-f").t.force);
	assert_true(parse(0, "--force=true").t.force);
	assert_true(parse(0, "--force=1").t.force);
	assert_false(parse(0, "--force|--force=false").t.force);
	assert_false(parse(0, "--force=0").t.force);
	r = parse(0, "--force|true"); /* not a value: Go's flags do it so */
	assert_true(r.t.force);
	assert_int_equal(r.rest.n, 1);
	r = parse(0, "--force=maybe");
	assert_int_equal(r.r, -EINVAL);
	assert_non_null(strstr(r.e.msg, "invalid value \"maybe\" for flag -force"));
}

static void three_states(void **state)
{
	struct result r;

	(void)state;
	assert_string_equal(parse(0, "--rootless=auto").t.rootless, "auto");
	assert_string_equal(parse(0, "--rootless|false").t.rootless, "false");
	assert_string_equal(parse(0, "--rootless").t.rootless, "true");
	r = parse(0, "--rootless|create"); /* not its value */
	assert_string_equal(r.t.rootless, "true");
	assert_string_equal(r.rest.v[0], "create");
}

static void words_between_and_after(void **state)
{
	struct result r = parse(0, "id|--force|KILL|-|-b|/b");

	(void)state;
	assert_ok(r.r, r.e);
	assert_int_equal(r.rest.n, 3);
	assert_string_equal(r.rest.v[0], "id");
	assert_string_equal(r.rest.v[1], "KILL");
	assert_string_equal(r.rest.v[2], "-");
	assert_true(r.t.force);
	assert_string_equal(r.t.bundle, "/b");
	r = parse(0, "--force|--|--bundle|-x");
	assert_ok(r.r, r.e);
	assert_int_equal(r.rest.n, 2);
	assert_string_equal(r.rest.v[0], "--bundle");
	assert_null(r.t.bundle);
	r = parse(0, "");
	assert_int_equal(r.rest.n, 0);
}

static void stopping_at_a_word(void **state)
{
	struct result r = parse(OPTS_STOP_AT_WORD, "--force|ps|-x|--bundle|/b");

	(void)state;
	assert_ok(r.r, r.e);
	assert_int_equal(r.used, 1);
	assert_null(r.t.bundle);
	r = parse(OPTS_STOP_AT_WORD, "--force|--|--bundle");
	assert_ok(r.r, r.e);
	assert_int_equal(r.used, 2);
}

static void mistakes(void **state)
{
	struct result r = parse(0, "--bogus");

	(void)state;
	assert_int_equal(r.r, -EINVAL);
	assert_string_equal(r.e.msg, "flag provided but not defined: -bogus");
	r = parse(0, "-x=1");
	assert_string_equal(r.e.msg, "flag provided but not defined: -x");
	r = parse(0, "--bundle");
	assert_string_equal(r.e.msg, "flag needs an argument: -bundle");
	r = parse(0, "--bundl=/b"); /* no abbreviations */
	assert_int_equal(r.r, -EINVAL);
	r = parse(OPTS_LENIENT, "--bogus|--other=1|id");
	assert_ok(r.r, r.e);
	assert_int_equal(r.rest.n, 1);
}

static void help_shows_what_is_meant_for_people(void **state)
{
	struct strbuf out = STRBUF(&a);

	(void)state;
	opts_help(table, &out);
	assert_string_equal(out.p, "   --bundle, -b DIR              where it is\n"
				   "   --force, -f                   without asking\n"
				   "   --rootless VALUE              who knows\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_form, clean),
		cmocka_unit_test_teardown(switches, clean),
		cmocka_unit_test_teardown(three_states, clean),
		cmocka_unit_test_teardown(words_between_and_after, clean),
		cmocka_unit_test_teardown(stopping_at_a_word, clean),
		cmocka_unit_test_teardown(mistakes, clean),
		cmocka_unit_test_teardown(help_shows_what_is_meant_for_people, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
