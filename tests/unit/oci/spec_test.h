/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the tests of config.json: parse a text, expect a refusal. */
#ifndef URUNC_TESTS_SPEC_TEST_H
#define URUNC_TESTS_SPEC_TEST_H

#include <errno.h>

#include "oci/spec.h"
#include "unit.h"

static inline struct oci_spec spec_of(struct arena *a, const char *text)
{
	struct oci_spec s;
	struct err e = {0};

	memset(&s, 0xee, sizeof(s));
	assert_ok(spec_parse(unit_text(text), a, &s, &e), e);
	return s;
}

struct spec_refusal {
	const char *text, *words;
};

/* Every text is -EINVAL with its words, and the result stays as it was. */
static inline void assert_refused(struct arena *a, const struct spec_refusal *bad, size_t n)
{
	struct oci_spec s = {.uid = 4711};

	for (size_t i = 0; i < n; i++) {
		struct err e = {0};

		assert_fails(spec_parse(unit_text(bad[i].text), a, &s, &e), e, EINVAL, bad[i].words);
		if (strncmp(e.msg, "config.json: ", 13) != 0)
			fail_msg("does not name the file: %s", e.msg);
	}
	assert_int_equal(s.uid, 4711);
}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
