/* SPDX-License-Identifier: Apache-2.0 */
/* Words for a kernel's command line: quoted so that they arrive whole, or refused. */
#include "guests/linux_words.h"

#include <errno.h>

#include "unit.h"

struct words_case {
	struct arena a;
	struct err e;
	struct strbuf b;
	const char *v[40];
};

static int setup(void **state)
{
	struct words_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->b = STRBUF(&c->a);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct words_case *c = *state;

	arena_release(&c->a);
	free(c);
	return 0;
}
#define words_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

typedef int adder(struct strbuf *, const struct strs *, struct err *);

/* n of c->v given to f, which must add exactly this. */
static void adds(struct words_case *c, adder *f, size_t n, const char *want)
{
	struct strs l = {c->v, n};
	const char *got;

	c->b = STRBUF(&c->a);
	assert_ok(f(&c->b, &l, &c->e), c->e);
	assert_ok(sb_done(&c->b, &got, &c->e), c->e);
	assert_string_equal(got, want);
}

static void refuses(struct words_case *c, adder *f, size_t n, int code, const char *words)
{
	struct strs l = {c->v, n};

	c->b = STRBUF(&c->a);
	assert_fails(f(&c->b, &l, &c->e), c->e, code, words);
}

static void single_words(void **state)
{
	static const char *const t[][2] = {
		{"a", " a"},
		{"a=b,c", " a=b,c"},
		{"", " \"\""},
		{"a b", " \"a b\""},
		{"a\tb", " \"a\tb\""},
		{" ", " \" \""},
		{"it's", " it's"},
		{"\\", " \\"},
		{"[x]", " [x]"},
		{"\xc3\xa4", " \xc3\xa4"},
		/* A kernel takes byte 0xa0 for a blank. */
		{"\xc3\xa0", " \"\xc3\xa0\""},
		{"-", " -"},
	};
	struct words_case *c = *state;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		c->b = STRBUF(&c->a);
		assert_ok(linux_word_add(&c->b, "it", t[i][0], &c->e), c->e);
		assert_string_equal(c->b.p, t[i][1]);
	}
}

static void bytes_no_quoting_carries(void **state)
{
	struct words_case *c = *state;

	for (int ch = 1; ch < 256; ch++) {
		char s[] = {'a', (char)ch, 'b', 0};
		bool bad = (ch < ' ' && ch != '\t') || ch == 127 || ch == '"';

		c->b = STRBUF(&c->a);
		c->e = (struct err){0};
		assert_int_equal(linux_word_add(&c->b, "process.args[3]", s, &c->e), bad ? -EINVAL : 0);
		if (bad)
			assert_true(str_starts(c->e.msg, "process.args[3] has a "));
	}
}

static void environment(void **state)
{
	struct words_case *c = *state;

	c->v[0] = "A=1";
	c->v[1] = "B=x y";
	c->v[2] = "C=";
	adds(c, linux_words_env, 3, " A=1 \"B=x y\" C=");
	adds(c, linux_words_env, 0, "");
	c->v[1] = "B=x\ny";
	refuses(c, linux_words_env, 3, EINVAL, "process.env[1] has a line break");
	c->v[1] = "B=\"";
	refuses(c, linux_words_env, 3, EINVAL, "process.env[1] has a double quote");
}

/* Such names would be eaten by the kernel, or steer it. */
static void environment_names(void **state)
{
	static const char *const bad[] = {"init=/bin/sh",    "rdinit=/x", "console=tty9", "root=/dev/sda",
					  "panic=0",         "mem=1G",    "quiet=",       "loglevel=9",
					  "tsc_early_khz=1", "ip=dhcp",   "kvm.x=1",      "a.b=c"};
	static const char *const good[] = {"INIT=/x", "Root=1", "INITRD=1", "initx=1", "PANIC=1", "A=b.c"};
	struct words_case *c = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c->v[0] = bad[i];
		refuses(c, linux_words_env, 1, EINVAL, "process.env[0]: ");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c->v[0] = good[i];
		adds(c, linux_words_env, 1, arena_printf(&c->a, " %s", good[i]));
	}
}

static void arguments(void **state)
{
	struct words_case *c = *state;

	c->v[0] = "/init";
	c->v[1] = "-x";
	c->v[2] = "two words";
	c->v[3] = "";
	adds(c, linux_words_args, 4, " -- -x \"two words\" \"\"");
	adds(c, linux_words_args, 1, "");
	adds(c, linux_words_args, 0, "");
	c->v[2] = "--";
	refuses(c, linux_words_args, 4, EINVAL, "process.args[2] is '--'");
	c->v[2] = "a\rb";
	refuses(c, linux_words_args, 4, EINVAL, "process.args[2] has a line break");
}

static void groups_for_an_older_urunit(void **state)
{
	static const char *const bad[] = {"", "  ", "--", "it's so", "\xc3\xa0", "a\nb", "\""};
	struct words_case *c = *state;

	c->v[0] = "/urunit";
	c->v[1] = "/bin/app";
	c->v[2] = "daemon  off;";
	c->v[3] = "it's";
	adds(c, linux_words_grouped, 4, " -- /bin/app 'daemon off;' it's");
	adds(c, linux_words_grouped, 1, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c->v[2] = bad[i];
		refuses(c, linux_words_grouped, 4, EINVAL, "process.args[2]");
	}
}

static void counts(void **state)
{
	struct words_case *c = *state;
	struct strs l = {c->v, 31};

	for (size_t i = 0; i < 40; i++)
		c->v[i] = "K=v";
	assert_ok(linux_words_env(&c->b, &l, &c->e), c->e);
	refuses(c, linux_words_env, 32, E2BIG,
		"process.env has 32 entries, but a Linux kernel passes on at most 31");
	l.n = 32; /* the init's own name does not count */
	assert_ok(linux_words_args(&c->b, &l, &c->e), c->e);
	assert_ok(linux_words_grouped(&c->b, &l, &c->e), c->e);
	refuses(c, linux_words_args, 33, E2BIG, "process.args has 32 words");
	refuses(c, linux_words_grouped, 33, E2BIG, "process.args has 32 words");
	c->v[1] = "a b"; /* two words in one group */
	refuses(c, linux_words_grouped, 32, E2BIG, "process.args has 32 words");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		words_test(single_words), words_test(bytes_no_quoting_carries),
		words_test(environment),  words_test(environment_names),
		words_test(arguments),    words_test(groups_for_an_older_urunit),
		words_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
