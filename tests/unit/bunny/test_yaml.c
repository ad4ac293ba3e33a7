/* SPDX-License-Identifier: Apache-2.0 */
/* YAML: trees with places, and what is refused. */
#include "bunny/yaml.h"

#include "unit.h"

static int read_text(struct bytes text, struct arena *a, struct yaml_node **root, struct diags *d)
{
	const struct source source = {"f", text};

	*d = DIAGS(a);
	*root = NULL;
	return yaml_read(&source, a, root, d);
}

static void a_tree_has_places(void **state)
{
	struct arena a = {0};
	struct yaml_node *root, *n;
	struct diags d;

	(void)state;
	assert_int_equal(
		read_text(unit_text(
				  "# c\r\n\xc3\xb6: \xc3\xa4 # x\r\nlist:\r\n- one\r\n- {k: 'v w'}\r\nnull: ~\r\n"),
			  &a, &root, &d),
		0);
	assert_int_equal(root->kind, YAML_MAP);
	n = root->first;
	assert_string_equal(n->key->text, "\xc3\xb6");
	assert_string_equal(n->text, "\xc3\xa4");
	assert_int_equal(n->pos.line, 2);
	assert_int_equal(n->pos.col, 5); /* bytes */
	n = n->next;
	assert_int_equal(n->kind, YAML_LIST);
	assert_string_equal(n->first->text, "one");
	assert_int_equal(n->first->pos.line, 4);
	assert_int_equal(n->first->pos.col, 3);
	assert_string_equal(n->first->next->first->text, "v w");
	assert_int_equal(n->first->next->first->pos.col, 7);
	assert_true(n->next->null);
	assert_string_equal(n->next->text, "");
	assert_null(n->next->next);
	arena_release(&a);
}

static void nothing_is_no_tree(void **state)
{
	static const char *const texts[] = {"", "\n\n", "# only\n", "\xef\xbb\xbf"};
	struct arena a = {0};
	struct yaml_node *root;
	struct diags d;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_text(unit_text(texts[i]), &a, &root, &d), 0);
		assert_null(root);
	}
	arena_release(&a);
}

static void refused(const char *text, unsigned line, unsigned col, const char *words)
{
	struct arena a = {0};
	struct yaml_node *root;
	struct diags d;
	int r = read_text(unit_text(text), &a, &root, &d);

	if (r != -EINVAL || d.n != 1 || !strstr(d.v[0].text, words) || d.v[0].pos.line != line ||
	    d.v[0].pos.col != col)
		fail_msg("'%.60s': %d, %zu: %u:%u %s", text, r, d.n, d.n ? d.v[0].pos.line : 0,
			 d.n ? d.v[0].pos.col : 0, d.n ? d.v[0].text : "");
	arena_release(&a);
}

static void what_makes_yaml_dangerous_is_refused(void **state)
{
	(void)state;
	refused("a: &x 1\n", 1, 4, "an anchor");
	refused("a: 1\nb: *x\n", 2, 4, "an alias");
	refused("a: !<tag:x> 1\n", 1, 4, "a tag");
	refused("a: !!binary eA==\n", 1, 4, "a tag");
	refused("? [a]\n: b\n", 1, 3, "a key must be a text, not a list");
	refused("a: 1\na: 2\n", 2, 1, "'a' is already there in line 1");
	refused("a: \"x\\0y\"\n", 1, 4, "a NUL byte");
	refused("a: [b\n", 2, 1, "did not find expected");
	refused("\ta: b\n", 1, 1, "cannot start any token");
	refused("a: b: c\n", 1, 5, "mapping values are not allowed");
	refused("[[[[[[[[[[[[[[[[[[", 1, 17, "nested more than 16 levels deep");
}

static void limits_hold(void **state)
{
	struct arena a = {0};
	struct strbuf many = STRBUF(&a), keys = STRBUF(&a), open = STRBUF(&a);
	struct yaml_node *root;
	struct diags d;

	(void)state;
	for (int i = 0; i < 30000; i++)
		sb_add(&many, "- a\n");
	assert_int_equal(read_text((struct bytes){many.p, many.len}, &a, &root, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "invalid format of input file: more than 20000 values");
	for (int i = 0; i < 300; i++)
		sb_addf(&keys, "k%d: a\n", i);
	assert_int_equal(read_text((struct bytes){keys.p, keys.len}, &a, &root, &d), -EINVAL);
	assert_string_equal(d.v[0].text, "invalid format of input file: more than 256 keys in one map");
	assert_int_equal(d.v[0].pos.line, 257);
	for (int i = 0; i < 1000000; i++)
		sb_addc(&open, '[');
	assert_int_equal(read_text((struct bytes){open.p, open.len}, &a, &root, &d), -EINVAL);
	arena_release(&a);
}

static void one_document_counts(void **state)
{
	struct arena a = {0};
	struct yaml_node *root;
	struct diags d;

	(void)state;
	assert_int_equal(read_text(unit_text("---\na: 1\n---\nb: 2\n"), &a, &root, &d), 0);
	assert_string_equal(root->first->key->text, "a");
	assert_int_equal(d.n, 1);
	assert_int_equal(d.v[0].level, DIAG_WARNING);
	assert_int_equal(d.v[0].pos.line, 3);
	arena_release(&a);
}

/* All ways of changing a few bytes end in words or a tree. */
static void broken_texts_end_in_words(void **state)
{
	static const char good[] =
		"version: v0.1\nrootfs:\n  include:\n  - a:b\n  - {from: x, source: 'y'}\ncmd: [\"a\", b]\n";
	uint64_t seed = 4711;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char text[sizeof(good)];
		struct arena a = {0};
		struct yaml_node *root;
		struct diags d;
		size_t n;
		int r;

		memcpy(text, good, sizeof(good));
		n = unit_mutate(&seed, text, sizeof(good) - 1);
		r = read_text((struct bytes){text, n}, &a, &root, &d);
		assert_true(r == 0 ? d.errors == 0 : r == -EINVAL && d.errors > 0);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_places),
		cmocka_unit_test(nothing_is_no_tree),
		cmocka_unit_test(what_makes_yaml_dangerous_is_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(one_document_counts),
		cmocka_unit_test(broken_texts_end_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
