/* SPDX-License-Identifier: Apache-2.0 */
/* Through both forms of a record and back: every member filled, so that a forgotten one shows. */
#ifndef URUNC_TESTS_MACHINE_ROUND_H
#define URUNC_TESTS_MACHINE_ROUND_H

#include "common/json.h"
#include "common/record.h"
#include "unit.h"

static inline const char *round_json(const struct record *r, const void *obj, struct arena *a)
{
	struct strbuf b = STRBUF(a);

	record_to_json(r, obj, 1, &b);
	assert_false(b.oom);
	return b.p;
}

/* back: room for one object. */
static inline void round_trip(const struct record *r, const void *obj, void *back, struct arena *a)
{
	struct strbuf bin = STRBUF(a);
	const char *before;
	struct err e = {0};

	json_use_arena(a);
	before = round_json(r, obj, a);
	/* A member that the table lacks, or that the test did not fill, would be one of these. */
	assert_null(strstr(before, ": 0,"));
	assert_null(strstr(before, ": null"));
	assert_null(strstr(before, ": false"));
	record_encode(r, obj, &bin);
	assert_ok(record_decode(r, bin.p, bin.len, a, back, &e), e);
	assert_string_equal(round_json(r, back, a), before);
	memset(back, 0, r->size);
	assert_ok(record_from_json(r, unit_text(before), "record", a, back, &e), e);
	assert_string_equal(round_json(r, back, a), before);
}

#endif
