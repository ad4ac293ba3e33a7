/* SPDX-License-Identifier: Apache-2.0 */
/* TOML: tables and keys, nothing twice, errors with their line. Values are in test_toml_value.c. */
#include "common/toml.h"

#include <errno.h>

#include "unit.h"

static void tables_and_keys_in_order(void **state)
{
	static const char text[] = "# head\n"
				   "top = 1\r\n"
				   "\n"
				   "[monitors.qemu] # one\n"
				   "  path = \"/usr/bin/qemu\"\n"
				   "\t\"quoted key\" = true\n"
				   "[ monitors . \"cloud-hypervisor\" ]\n"
				   "[monitors.'a.b']\n"
				   "x-1_Y=-5";
	struct arena a = {0};
	struct err e = {0};
	struct toml_doc d;

	(void)state;
	assert_ok(toml_parse(unit_text(text), "f", &a, &d, &e), e);
	assert_int_equal(d.ntables, 4);
	assert_int_equal(d.tables[0].path.n, 0);
	assert_int_equal(d.tables[0].nkeys, 1);
	assert_string_equal(d.tables[0].keys[0].name, "top");
	assert_int_equal(d.tables[0].keys[0].line, 2);
	assert_int_equal(d.tables[0].keys[0].integer, 1);
	assert_int_equal(d.tables[1].line, 4);
	assert_int_equal(d.tables[1].path.n, 2);
	assert_string_equal(d.tables[1].path.v[1], "qemu");
	assert_int_equal(d.tables[1].nkeys, 2);
	assert_string_equal(d.tables[1].keys[0].str, "/usr/bin/qemu");
	assert_string_equal(d.tables[1].keys[1].name, "quoted key");
	assert_true(d.tables[1].keys[1].boolean);
	assert_string_equal(d.tables[2].path.v[1], "cloud-hypervisor");
	assert_int_equal(d.tables[2].nkeys, 0);
	assert_string_equal(d.tables[3].path.v[1], "a.b");
	assert_string_equal(d.tables[3].keys[0].name, "x-1_Y");
	assert_int_equal(d.tables[3].keys[0].integer, -5);
	assert_int_equal(d.tables[3].keys[0].line, 9);
	arena_release(&a);
}

static void nearly_nothing_is_fine(void **state)
{
	static const char *const texts[] = {"", "\n", "\r\n", "# x", "#\n", " \t ", "[a]", "[a.b]\n[a]\n[c]"};
	struct arena a = {0};
	struct err e = {0};
	struct toml_doc d;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_ok(toml_parse(unit_text(texts[i]), "f", &a, &d, &e), e);
		assert_true(d.ntables >= 1);
	}
	arena_release(&a);
}

static void nothing_is_defined_twice(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"a=1\nb=2\na=3", "f: line 3: key 'a' is there twice"},
		{"a=1\n\"a\"=3", "f: line 2: key 'a' is there twice"},
		{"[t]\nx=1\n[u]\n[t]", "f: line 4: this table was already begun in line 1"},
		{"[t.'x']\n[t.x]", "f: line 2: this table was already begun in line 1"},
		{"a=1\n[a]", "f: line 2: 'a' is a key already"},
		{"a=1\n[a.b.c]", "f: line 2: 'a' is a key already"},
		{"[a]\nb=1\n[a.b]", "f: line 3: 'b' is a key already"},
		{"[a]\nb=1\n[a.b.c]", "f: line 3: 'b' is a key already"},
		{"[a.b]\n[a]\nb=1", "f: line 3: 'b' is a table already"},
		{"[a.b.c]\n[a]\nb=1", "f: line 3: 'b' is a table already"},
	};
	struct arena a = {0};
	struct err e = {0};
	struct toml_doc d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(toml_parse(unit_text(bad[i].text), "f", &a, &d, &e), e, EINVAL, bad[i].words);
	/* the same name elsewhere is another thing */
	assert_ok(toml_parse(unit_text("a=1\n[t]\na=2\n[u]\na=3\n[t.u]\na=4\n[u.t]"), "f", &a, &d, &e), e);
	arena_release(&a);
}

static void malformed_lines_say_which(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"\nkey", "f: line 2: '=' is expected"},
		{"= 1", "f: line 1: a name is expected"},
		{"a.b = 1", "f: line 1: dotted keys are not known"},
		{"a = ", "f: line 1: a value is expected"},
		{"a = 1 b = 2", "f: line 1: the line should end"},
		{"a = 1\n\n[t", "f: line 3: ']' is expected"},
		{"[t] x=1", "f: line 1: the line should end"},
		{"[]", "f: line 1: a name is expected"},
		{"[a..b]", "f: line 1: a name is expected"},
		{"[a.]", "f: line 1: a name is expected"},
		{"[[a]]", "f: line 1: arrays of tables are not known"},
		{"a = 1\r", "f: line 1: the line should end"},
		{"\ra = 1", "f: line 1"},
		{"# bell \a", "f: line 1: a control character in a comment"},
		{"# cr \r x", "f: line 1: a control character in a comment"},
		{"caf\xc3\xa9 = 1", "f: line 1: '=' is expected"},
		{"\"open = 1", "f: line 1: the string does not end"},
		{"a = \"\xff\"", "f: is not UTF-8"},
	};
	struct arena a = {0};
	struct err e = {0};
	struct toml_doc d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(toml_parse(unit_text(bad[i].text), "f", &a, &d, &e), e, EINVAL, bad[i].words);
	assert_fails(toml_parse((struct bytes){"a=1\0", 4}, "f", &a, &d, &e), e, EINVAL, "not UTF-8 text");
	arena_release(&a);
}

static void numbers_of_things_are_bounded(void **state)
{
	struct arena a = {0};
	struct strbuf keys = STRBUF(&a), tables = STRBUF(&a);
	struct err e = {0};
	struct toml_doc d;

	(void)state;
	for (unsigned i = 0; i < TOML_MAX_KEYS; i++)
		sb_addf(&keys, "k%u=1\n", i);
	assert_ok(toml_parse((struct bytes){keys.p, keys.len}, "f", &a, &d, &e), e);
	assert_int_equal(d.tables[0].nkeys, TOML_MAX_KEYS);
	sb_add(&keys, "more=1\n");
	assert_fails(toml_parse((struct bytes){keys.p, keys.len}, "f", &a, &d, &e), e, EINVAL,
		     "too many keys");
	for (unsigned i = 0; i < TOML_MAX_TABLES - 1; i++)
		sb_addf(&tables, "[t%u]\n", i);
	assert_ok(toml_parse((struct bytes){tables.p, tables.len}, "f", &a, &d, &e), e);
	sb_add(&tables, "[more]\n");
	assert_fails(toml_parse((struct bytes){tables.p, tables.len}, "f", &a, &d, &e), e, EINVAL,
		     "too many tables");
	arena_release(&a);
}

static void chance_meets_only_clean_answers(void **state)
{
	static const char seedtext[] = "# c\n[a.\"b\"]\nk = \"v\\n\\u00e9\" # x\nl = 'lit'\nn = -1_0\nt=true\n"
				       "s = [ \"a\", # c\n 'b',\n]\n[c]\nz=0\n";
	uint64_t seed = 5;
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		unsigned char text[sizeof(seedtext)];
		size_t n = unit_mutate(&seed, (unsigned char *)memcpy(text, seedtext, sizeof(seedtext)),
				       sizeof(seedtext) - 1);
		char *exact = malloc(n ? n : 1);
		struct arena a = {0};
		struct err e = {0};
		struct toml_doc d;
		int r;

		memcpy(exact, text, n);
		r = toml_parse((struct bytes){exact, n}, "f", &a, &d, &e);
		if (r == 0)
			good++;
		else if (r != -EINVAL || strncmp(e.msg, "f: ", 3) != 0)
			fail_msg("%d '%s'", r, e.msg);
		free(exact);
		arena_release(&a);
	}
	assert_true(good > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_and_keys_in_order),
		cmocka_unit_test(nearly_nothing_is_fine),
		cmocka_unit_test(nothing_is_defined_twice),
		cmocka_unit_test(malformed_lines_say_which),
		cmocka_unit_test(numbers_of_things_are_bounded),
		cmocka_unit_test(chance_meets_only_clean_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
