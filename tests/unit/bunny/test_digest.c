/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: the standard's own example, and only one way to write them. */
#include "bunny/digest.h"

#include "unit.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void the_example_of_fips_180(void **state)
{
	struct digest d = digest_of("abc", 3);

	(void)state;
	assert_string_equal(digest_text(&d, &a), ABC);
}

static void in_pieces_it_is_the_same(void **state)
{
	struct digest whole = digest_of("abc", 3), pieces;
	struct digest_ctx c;

	(void)state;
	digest_begin(&c);
	digest_add(&c, "a", 1);
	digest_add(&c, "bc", 2);
	pieces = digest_end(&c);
	assert_true(digest_eq(&whole, &pieces));
}

static void reading_is_strict(void **state)
{
	static const char *const bad[] = {
		NULL,
		"",
		"sha256:",
		"ba7816bf",
		"sha512:"
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		ABC "0",
		"sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:../16bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};
	struct digest d, abc = digest_of("abc", 3);

	(void)state;
	assert_true(digest_parse(ABC, &d));
	assert_true(digest_eq(&d, &abc));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(digest_parse(bad[i], &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_example_of_fips_180, clean),
		cmocka_unit_test_teardown(in_pieces_it_is_the_same, clean),
		cmocka_unit_test_teardown(reading_is_strict, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
