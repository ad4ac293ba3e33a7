/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images: what Docker takes them for, and which it refuses. */
#include "bunny/ref.h"

#include "unit.h"

#define SUM "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena arena;

static void short_names_become_whole(void **state)
{
	static const char *const pairs[][2] = {
		{"redis", "docker.io/library/redis:latest"},
		{"redis:alpine", "docker.io/library/redis:alpine"},
		{"a/b", "docker.io/a/b:latest"},
		{"a/b/c:1.2_x-y", "docker.io/a/b/c:1.2_x-y"},
		{"docker.io/redis", "docker.io/library/redis:latest"},
		{"index.docker.io/a/b", "docker.io/a/b:latest"},
		{"localhost/x:1", "localhost/x:1"},
		{"localhost:5000/x", "localhost:5000/x:latest"},
		{"127.0.0.1:5577/a/b:v1", "127.0.0.1:5577/a/b:v1"},
		{"[::1]:5000/x", "[::1]:5000/x:latest"},
		{"unikraft.org/nginx:1.15", "unikraft.org/nginx:1.15"},
		{"Example.ORG/x", "Example.ORG/x:latest"},
		{"a__b/c---d/e.f_g", "docker.io/a__b/c---d/e.f_g:latest"},
		{"x@" SUM, "docker.io/library/x@" SUM},
		{"x:1@" SUM, "docker.io/library/x:1@" SUM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct image_ref r;
		struct err e = {0};

		assert_ok(ref_parse(pairs[i][0], &arena, &r, &e), e);
		assert_string_equal(ref_text(&r, &arena), pairs[i][1]);
	}
}

static void names_that_are_none(void **state)
{
	static const char *const bad[][2] = {
		{"", "its parts"},         {"Redis", "its parts"},   {"a//b", "its parts"},
		{"a/", "its parts"},       {"/a", "its parts"},      {"a.", "its parts"},
		{"-a", "its parts"},       {"a___b", "its parts"},   {"a b", "its parts"},
		{"a:", "its tag"},         {"a:.x", "its tag"},      {"a:x y", "its tag"},
		{"a@sha256:12", "digest"}, {"a@md5:0123", "digest"}, {"x.y:0/a", "no host"},
		{"-x.y/a", "no host"},     {"x_.y/a", "no host"},    {"localhost:z/a", "no host"},
	};
	struct image_ref r;
	struct err e;
	char tag[140] = "a:";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_fails(ref_parse(bad[i][0], &arena, &r, &e), e, EINVAL, bad[i][1]);
		assert_non_null(strstr(e.msg, "is no name of an image"));
	}
	memset(tag + 2, 'x', 129);
	assert_fails(ref_parse(tag, &arena, &r, &e), e, EINVAL, "at most 128");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_become_whole),
		cmocka_unit_test(names_that_are_none),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
