/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: every code point passes, everything else does not. */
#include "common/utf8.h"

#include "unit.h"

/* The textbook encoder, for any 21 bits. */
static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void every_code_point_has_one_form(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x200000; c++) {
		char s[4];
		size_t n = encode(c, s), got = utf8_seq(s, n);
		int good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

		if (got != (good ? n : 0))
			fail_msg("U+%04X: length %zu", c, got);
		if (n > 1 && utf8_seq(s, n - 1) != 0)
			fail_msg("U+%04X cut short is taken", c);
	}
}

static void bad_sequences_are_refused(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xc2"
		"a",
		"\xe1\x80"
		"a",
		"\xf1\x80\x80"
		"a",
		"\xfe",
		"\xff",
		"\xf8\x88\x80\x80\x80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (utf8_seq(bad[i], strlen(bad[i])))
			fail_msg("sequence %zu is taken", i);
	assert_int_equal(utf8_seq("a", 0), 0);
}

static void whole_texts(void **state)
{
	(void)state;
	assert_true(str_is_utf8("", 0));
	assert_true(str_is_utf8("a\0b", 3));
	assert_true(str_is_utf8("gr\xc3\xbc\xc3\x9f", 6));
	assert_false(str_is_utf8("gr\xc3\xbc\xc3", 5));
	assert_false(str_is_utf8("a\xff", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_has_one_form),
		cmocka_unit_test(bad_sequences_are_refused),
		cmocka_unit_test(whole_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
