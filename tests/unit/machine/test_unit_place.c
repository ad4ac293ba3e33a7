/* SPDX-License-Identifier: Apache-2.0 */
/* slice:prefix:name, as runc takes it (tests/e2e/systemd-on-debian asks runc itself). */
#include "machine/unit_place.h"

#include "unit.h"

static void good(void **state)
{
	static const struct {
		const char *wanted, *slice, *name, *path;
	} t[] = {
		{"system.slice:docker:c1", "system.slice", "docker-c1.scope", "/system.slice/docker-c1.scope"},
		{NULL, "system.slice", "urunc-id.scope", "/system.slice/urunc-id.scope"},
		{"", "system.slice", "urunc-id.scope", "/system.slice/urunc-id.scope"},
		{":cri:x", "system.slice", "cri-x.scope", "/system.slice/cri-x.scope"},
		{"-.slice:cri:x", "-.slice", "cri-x.scope", "/cri-x.scope"},
		{"a.slice::x", "a.slice", "-x.scope", "/a.slice/-x.scope"},
		{"kubepods-burstable-pod12_3.slice:cri-containerd:abc", "kubepods-burstable-pod12_3.slice",
		 "cri-containerd-abc.scope",
		 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12_3.slice/"
		 "cri-containerd-abc.scope"},
	};
	struct arena a = {0};
	struct err e = {0};
	struct unit_place p;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_ok(unit_place_decide(&a, t[i].wanted, "id", &p, &e), e);
		assert_string_equal(p.slice, t[i].slice);
		assert_string_equal(p.name, t[i].name);
		assert_string_equal(p.path, t[i].path);
	}
	arena_release(&a);
}

static void bad(void **state)
{
	static const struct {
		const char *wanted, *words;
	} t[] = {
		{"/a/b", "of the form \"slice:prefix:name\""},
		{"a:b", "of the form \"slice:prefix:name\""},
		{"a.slice:b:c:d", "of the form \"slice:prefix:name\""},
		{"a.slice:b:", "must make a name"},
		{"a.slice:b/c:d", "must make a name"},
		{"a.slice:b:../c", "must make a name"},
		{"a.slice:b:c d", "must make a name"},
		{"a.slice:b:c\n", "must make a name"},
		{"a.slice:..:c", "must make a name"},
		{"a:b:c", "'a' is no slice"},
		{".slice:b:c", "'.slice' is no slice"},
		{"-a.slice:b:c", "'-a.slice' is no slice"},
		{"a-.slice:b:c", "'a-.slice' is no slice"},
		{"a--b.slice:b:c", "'a--b.slice' is no slice"},
		{"--.slice:b:c", "is no slice"},
		{"../x.slice:b:c", "is no slice"},
		{"a/b.slice:b:c", "is no slice"},
		{"a.service:b:c", "is no slice"},
	};
	char text[400];
	struct arena a = {0};
	struct err e = {0};
	struct unit_place p;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_fails(unit_place_decide(&a, t[i].wanted, "id", &p, &e), e, EINVAL, t[i].words);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "a.slice:b:", 10);
	assert_fails(unit_place_decide(&a, text, "id", &p, &e), e, EINVAL, "has more than 255 bytes");
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 11, ".slice:b:c", 10);
	assert_fails(unit_place_decide(&a, text, "id", &p, &e), e, EINVAL, "is no slice");
	arena_release(&a);
}

/* Whatever is asked for, the path stays below the hierarchy and ends in one unit. */
static void hostile(void **state)
{
	uint64_t seed = 7;
	struct unit_place p;
	unsigned taken = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		unsigned char text[] = "kubepods-a.slice:cri:abc";
		struct arena a = {0};
		size_t n = unit_mutate(&seed, text, sizeof(text) - 1);

		text[n] = '\0';
		if (unit_place_decide(&a, (const char *)text, "id", &p, NULL) == 0) {
			taken++;
			assert_int_equal(p.path[0], '/');
			assert_null(strstr(p.path, "/../"));
			assert_null(strstr(p.path, "//"));
			assert_null(strchr(p.name, '/'));
			assert_true(str_ends(p.path, ".scope"));
		}
		arena_release(&a);
	}
	assert_true(taken > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
