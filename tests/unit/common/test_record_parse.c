/* SPDX-License-Identifier: Apache-2.0 */
/* Records from JSON: what was written comes back, members may be missing, nothing unknown passes. */
#include <errno.h>

#include "common/record.h"
#include "record_example.h"
#include "unit.h"

static struct bytes encode(struct arena *a, const struct example *x)
{
	struct strbuf b = STRBUF(a);

	record_encode(&rec_example, x, &b);
	assert_false(b.oom);
	return (struct bytes){b.p, b.len};
}

static void round_trip(const struct example *x, int indent)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct example y = {.u32 = 5};
	struct bytes p, q;
	struct err e = {0};

	record_to_json(&rec_example, x, indent, &b);
	assert_ok(record_from_json(&rec_example, (struct bytes){b.p, b.len}, "x", &a, &y, &e), e);
	p = encode(&a, x);
	q = encode(&a, &y);
	assert_int_equal(p.n, q.n);
	assert_memory_equal(p.p, q.p, p.n);
	arena_release(&a);
}

static void what_was_written_comes_back(void **state)
{
	struct example full = example_full(), zero = {0};

	(void)state;
	round_trip(&full, 0);
	round_trip(&full, 4);
	round_trip(&zero, 0);
	full.u64 = (uint64_t)INT64_MAX + 1;
	full.i64 = INT64_MAX;
	full.bytes = (struct bytes){"text\n", 5};
	round_trip(&full, 1);
}

static void members_may_be_missing(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct example x;

	(void)state;
	memset(&x, 0xee, sizeof(x));
	assert_ok(record_from_json(&rec_example, unit_text("{\"u32\":3,\"opt\":{},\"str\":null}"), "x", &a,
				   &x, &e),
		  e);
	assert_int_equal(x.u32, 3);
	assert_false(x.flag);
	assert_null(x.str);
	assert_non_null(x.opt);
	assert_int_equal(x.opt->n, 0);
	assert_null(x.recs.v);
	arena_release(&a);
}

static void everything_wrong_is_told_with_its_path(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"{\"nope\":1}", "x: unknown member 'nope'"},
		{"{\"rec\":{\"nope\":1}}", "x: unknown member 'rec.nope'"},
		{"{\"recs\":[{},{\"n\":-1}]}", "x: recs[1].n must be an integer from 0 to 2^32-1"},
		{"{\"recs\":[1]}", "x: recs[0] must be an object, not an integer"},
		{"{\"recs\":{}}", "x: recs must be an array of objects"},
		{"{\"recs\":[null]}", "x: recs[0] must be an object, not null"},
		{"{\"flag\":1}", "x: flag must be true or false, not an integer"},
		{"{\"u32\":4294967296}", "x: u32 must be an integer from 0 to 2^32-1"},
		{"{\"u32\":1.0}", "x: u32 must be an integer"},
		{"{\"i32\":2147483648}", "x: i32 must be an integer of 32 bits"},
		{"{\"i64\":9223372036854775808}", "x: i64 must be an integer of 64 bits, not a number above"},
		{"{\"u64\":-1}", "x: u64 must be an integer from 0 to 2^64-1"},
		{"{\"str\":5}", "x: str must be a string, not an integer"},
		{"{\"str\":18446744073709551615}", "x: str must be a string, not a number above"},
		{"{\"strs\":[\"a\",null]}", "x: strs[1] must be a string, not null"},
		{"{\"strs\":\"a\"}", "x: strs must be an array of strings"},
		{"{\"u32s\":[-1]}", "x: u32s[0] must be an integer"},
		{"{\"u32s\":7}", "x: u32s must be an array of numbers"},
		{"{\"bytes\":{\"base64\":\"?\"}}", "x: malformed base64"},
		{"{\"bytes\":{\"base64\":\"\",\"x\":1}}", "x: bytes must be a string or"},
		{"{\"bytes\":[]}", "x: bytes must be a string or"},
		{"{\"color\":\"pink\"}", "x: color must be one of red green blue"},
		{"{\"color\":1}", "x: color must be one of red green blue, not an integer"},
		{"{\"opt\":[]}", "x: opt must be an object"},
		{"[]", "x: the document must be an object, not an array"},
		{"{", "x: line 1"},
	};
	struct arena a = {0};
	struct err e = {0};
	struct example x = {.u32 = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(record_from_json(&rec_example, unit_text(bad[i].text), "x", &a, &x, &e), e,
			     EINVAL, bad[i].words);
	assert_int_equal(x.u32, 77);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_comes_back),
		cmocka_unit_test(members_may_be_missing),
		cmocka_unit_test(everything_wrong_is_told_with_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
