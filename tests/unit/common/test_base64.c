/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: one text for one run of bytes, everything else refused. */
#include "common/base64.h"

#include <errno.h>

#include "unit.h"

static void known_answers_both_ways(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfb", "//77"},
		{"\xfb\xff", "+/8="},
	};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct strbuf b = STRBUF(&a);
		struct bytes got;
		const char *text;

		assert_ok(base64_decode(&a, pairs[i][1], strlen(pairs[i][1]), &got, &e), e);
		assert_int_equal(got.n, strlen(pairs[i][0]));
		assert_string_equal(got.p, pairs[i][0]); /* NUL-terminated too */
		base64_encode(&b, pairs[i][0], strlen(pairs[i][0]));
		assert_ok(sb_done(&b, &text, &e), e);
		assert_string_equal(text, pairs[i][1]);
	}
	arena_release(&a);
}

static void malformed_text_is_refused(void **state)
{
	static const char *const bad[] = {"Z",      "Zg",         "Zg=",   "Z===",        "====", "Zg==Zg==",
					  "Zm9v\n", "Zm9v\nZm9v", " Zm9v", "Zm 9",        "Zh==", "Zm9=",
					  "Z=g=",   "Zm9vZm9=",   "Zm-_",  "Zm9vY\xff==", "=Zm9"};
	struct arena a = {0};
	struct err e = {0};
	struct bytes got = {NULL, 77};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (base64_decode(&a, bad[i], strlen(bad[i]), &got, &e) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
	assert_int_equal(got.n, 77);
	arena_release(&a);
}

/* Whatever decodes is exactly what encoding gives back: no second spelling exists. */
static void chance_finds_no_second_spelling(void **state)
{
	uint64_t seed = 7;
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct arena a = {0};
		struct err e = {0};
		unsigned char text[64] = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkwKysvLw==";
		size_t n = strlen((char *)text);
		struct strbuf b = STRBUF(&a);
		struct bytes got;

		n = unit_mutate(&seed, text, n);
		if (base64_decode(&a, (char *)text, n, &got, &e) == 0) {
			base64_encode(&b, got.p, got.n);
			assert_int_equal(b.len, n);
			if (n)
				assert_memory_equal(b.p, text, n);
			taken++;
		} else {
			assert_int_equal(e.code, EINVAL);
		}
		arena_release(&a);
	}
	assert_true(taken > 50); /* the test has met both outcomes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_both_ways),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(chance_finds_no_second_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
