/* SPDX-License-Identifier: Apache-2.0 */
/* Words that say where an image goes. */
#include "bunny/output.h"

#include "unit.h"

static void every_word(void **state)
{
	static const struct {
		const char *word;
		enum output_kind kind;
		const char *path, *engine;
	} all[] = {
		{"x.tar", OUTPUT_TAR, "x.tar", NULL},
		{"tar=x", OUTPUT_TAR, "x", NULL},
		{"-", OUTPUT_STDOUT, NULL, NULL},
		{"oci=d", OUTPUT_OCI_DIR, "d", NULL},
		{"oci-archive=f", OUTPUT_OCI_ARCHIVE, "f", NULL},
		{"docker", OUTPUT_LOAD, NULL, "docker"},
		{"ctr", OUTPUT_LOAD, NULL, "containerd"},
		{"podman", OUTPUT_LOAD, NULL, "podman"},
		{"registry", OUTPUT_REGISTRY, NULL, NULL},
	};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct output o;

		assert_ok(output_parse(all[i].word, &o, &e), e);
		assert_int_equal(o.kind, all[i].kind);
		assert_true(streq(o.path, all[i].path));
		assert_true(streq(o.engine, all[i].engine));
	}
}

static void wrong_words(void **state)
{
	static const char *const all[] = {"", "oci=", "type=image", "foo=bar"};
	struct output o;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_fails(output_parse(all[i], &o, &e), e, EINVAL, "-o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_word), cmocka_unit_test(wrong_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
