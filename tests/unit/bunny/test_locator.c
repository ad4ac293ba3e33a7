/* SPDX-License-Identifier: Apache-2.0 */
/* How images are written on the command line and in files. */
#include "bunny/locator.h"

#include "unit.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void every_kind(void **state)
{
	static const struct {
		const char *text;
		enum locator_kind kind;
		const char *path, *tag, *full;
	} all[] = {
		{"redis", LOCATE_NAME, NULL, NULL, "docker.io/library/redis:latest"},
		{"localhost/a/b:1", LOCATE_NAME, NULL, NULL, "localhost/a/b:1"},
		{"my.tar", LOCATE_FILE, "my.tar", NULL, NULL},
		{"a/b.tar.zst", LOCATE_FILE, "a/b.tar.zst", NULL, NULL},
		{"./layout", LOCATE_FILE, "./layout", NULL, NULL},
		{"/a:b/c", LOCATE_FILE, "/a:b/c", NULL, NULL},
		{"my.tar:1", LOCATE_NAME, NULL, NULL, "docker.io/library/my.tar:1"},
		{"oci:dir", LOCATE_OCI, "dir", NULL, NULL},
		{"oci:./a/dir:tag", LOCATE_OCI, "./a/dir", "tag", NULL},
		{"oci-archive:f.tar:x/y:1", LOCATE_OCI_ARCHIVE, "f.tar", "x/y:1", NULL},
		{"docker-archive:f.tar", LOCATE_DOCKER_ARCHIVE, "f.tar", NULL, NULL},
		{"dir:/with:colon", LOCATE_DIR, "/with:colon", NULL, NULL},
		{"containerd://redis:7", LOCATE_CONTAINERD, NULL, NULL, "docker.io/library/redis:7"},
		{"containerd:redis:7", LOCATE_CONTAINERD, NULL, NULL, "docker.io/library/redis:7"},
		{"docker-daemon:redis", LOCATE_DOCKER, NULL, NULL, "docker.io/library/redis:latest"},
		{"containers-storage:redis", LOCATE_PODMAN, NULL, NULL, "docker.io/library/redis:latest"},
		{"docker://redis", LOCATE_REGISTRY, NULL, NULL, "docker.io/library/redis:latest"},
	};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct locator l;

		assert_ok(locator_parse(all[i].text, &a, &l, &e), e);
		assert_int_equal(l.kind, all[i].kind);
		assert_true(streq(l.path, all[i].path));
		assert_true(streq(l.tag, all[i].tag));
		assert_true(streq(l.full, all[i].full));
	}
}

static void wrong_ones(void **state)
{
	struct locator l;
	struct err e = {0};

	(void)state;
	assert_fails(locator_parse("oci:", &a, &l, &e), e, EINVAL, "a path must come");
	assert_fails(locator_parse("Redis", &a, &l, &e), e, EINVAL, "'Redis' is no name of an image");
}

static void short_names(void **state)
{
	struct image_ref r;
	struct err e = {0};

	(void)state;
	assert_ok(ref_parse("redis", &a, &r, &e), e);
	assert_string_equal(ref_familiar(&r, &a), "redis:latest");
	assert_ok(ref_parse("me/redis:1", &a, &r, &e), e);
	assert_string_equal(ref_familiar(&r, &a), "me/redis:1");
	assert_ok(ref_parse("localhost:5000/redis:1", &a, &r, &e), e);
	assert_string_equal(ref_familiar(&r, &a), "localhost:5000/redis:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_kind, clean),
		cmocka_unit_test_teardown(wrong_ones, clean),
		cmocka_unit_test_teardown(short_names, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
