/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of records: exact round trips, and -EBADMSG for everything hostile. */
#include "common/record.h"

#include <errno.h>

#include "record_example.h"
#include "unit.h"

static struct bytes encode(struct arena *a, const struct example *x)
{
	struct strbuf b = STRBUF(a);

	record_encode(&rec_example, x, &b);
	assert_false(b.oom);
	return (struct bytes){b.p, b.len};
}

static void assert_same(struct arena *a, const struct example *x, const struct example *y)
{
	struct bytes p = encode(a, x), q = encode(a, y);

	assert_int_equal(p.n, q.n);
	assert_memory_equal(p.p, q.p, p.n);
}

static void everything_survives(void **state)
{
	struct example x = example_full(), y;
	struct arena a = {0};
	struct err e = {0};
	struct bytes b = encode(&a, &x);
	char *copy = malloc(b.n);

	(void)state;
	memcpy(copy, b.p, b.n);
	memset(&y, 0xee, sizeof(y));
	assert_ok(record_decode(&rec_example, copy, b.n, &a, &y, &e), e);
	memset(copy, 'X', b.n); /* nothing points into the input */
	free(copy);
	assert_true(y.flag);
	assert_int_equal(y.u32, UINT32_MAX);
	assert_int_equal(y.i32, INT32_MIN);
	assert_true(y.u64 == UINT64_MAX && y.i64 == INT64_MIN);
	assert_string_equal(y.str, "");
	assert_int_equal(y.strs.n, 3);
	assert_string_equal(y.strs.v[0], "one");
	assert_string_equal(y.strs.v[1], "");
	assert_null(y.strs.v[3]);
	assert_int_equal(y.u32s.n, 3);
	assert_int_equal(y.u32s.v[2], UINT32_MAX);
	assert_int_equal(y.bytes.n, 2);
	assert_memory_equal(y.bytes.p, "\0\xff\0", 3);
	assert_int_equal(y.color, 2);
	assert_string_equal(y.rec.name, "r");
	assert_int_equal(y.opt->n, 1);
	assert_int_equal(y.recs.n, 2);
	assert_null(y.recs.v[0].name);
	assert_string_equal(y.recs.v[1].name, "b\n");
	assert_same(&a, &x, &y);
	arena_release(&a);
}

static void nothing_survives_too(void **state)
{
	struct example x = {0}, y = example_full();
	struct arena a = {0};
	struct err e = {0};
	struct bytes b = encode(&a, &x);

	(void)state;
	assert_ok(record_decode(&rec_example, b.p, b.n, &a, &y, &e), e);
	assert_null(y.str);
	assert_int_equal(y.strs.n, 0);
	assert_null(y.u32s.v);
	assert_null(y.bytes.p);
	assert_null(y.opt);
	assert_null(y.recs.v);
	arena_release(&a);
}

static void the_form_is_the_documented_one(void **state)
{
	struct inner x = {"ab", 0x01020304};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);

	(void)state;
	record_encode(&rec_inner, &x, &b);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.p, "\3\0\0\0ab\0\4\3\2\1", 11);
	arena_release(&a);
}

static void every_cut_and_every_addition_is_noticed(void **state)
{
	struct example x = example_full(), y = {.u32 = 12345};
	struct arena a = {0};
	struct err e = {0};
	struct bytes b = encode(&a, &x);
	char *longer = malloc(b.n + 1);

	(void)state;
	for (size_t n = 0; n < b.n; n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, b.p, n);
		if (record_decode(&rec_example, exact, n, &a, &y, &e) != -EBADMSG)
			fail_msg("%zu bytes are enough", n);
		free(exact);
	}
	memcpy(longer, b.p, b.n);
	longer[b.n] = 0;
	assert_fails(record_decode(&rec_example, longer, b.n + 1, &a, &y, &e), e, EBADMSG, "1 bytes too many");
	assert_int_equal(y.u32, 12345);
	free(longer);
	arena_release(&a);
}

static int decode_inner(const void *p, size_t n)
{
	struct arena a = {0};
	struct err e = {0};
	struct inner x;
	int r = record_decode(&rec_inner, p, n, &a, &x, &e);

	arena_release(&a);
	return r;
}

static void lies_in_strings_are_noticed(void **state)
{
	(void)state;
	assert_int_equal(decode_inner("\3\0\0\0ab\0\4\3\2\1", 11), 0);
	assert_int_equal(decode_inner("\3\0\0\0abc\4\3\2\1", 11), -EBADMSG);   /* no NUL at the end */
	assert_int_equal(decode_inner("\3\0\0\0a\0\0\4\3\2\1", 11), -EBADMSG); /* NUL inside */
	assert_int_equal(decode_inner("\xff\xff\xff\xff"
				      "ab\0\4\3\2\1",
				      11),
			 -EBADMSG); /* longer than all */
	assert_int_equal(decode_inner("\0\0\0\0\4\3\2\1", 8), 0);
}

/* Puts v over the 4 bytes at off and decodes. */
static int decode_patched(const struct example *x, size_t off, uint32_t v, struct err *e)
{
	struct arena a = {0};
	struct example y;
	struct bytes b = encode(&a, x);
	int r;

	memcpy((char *)b.p + off, &v, 4);
	r = record_decode(&rec_example, b.p, b.n, &a, &y, e);
	/* A lying count may not make us take much more memory than was sent. */
	assert_true(a.used_bytes < 4096);
	arena_release(&a);
	return r;
}

static void lies_in_counts_and_enums_are_noticed(void **state)
{
	static const uint32_t lies[] = {1, 2, 0x100, 0x10000000, 0x7fffffff, 0x80000000, UINT32_MAX};
	/* of an all-zero example: where the counts of strs, u32s, bytes and recs lie; color is at 42 */
	static const size_t offsets[] = {29, 33, 37, 55};
	struct example x = {0};
	struct err e = {0};

	(void)state;
	for (size_t o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++)
		for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
			assert_fails(decode_patched(&x, offsets[o], lies[i], &e), e, EBADMSG,
				     "malformed binary");
	assert_int_equal(decode_patched(&x, 42, 2, &e), 0); /* color blue */
	assert_fails(decode_patched(&x, 42, 3, &e), e, EBADMSG, "struct example");
	assert_fails(decode_patched(&x, 42, UINT32_MAX, &e), e, EBADMSG, "struct example");
	assert_fails(decode_patched(&x, 0, 2, &e), e, EBADMSG, "bad at byte 1 of"); /* a flag is 0 or 1 */
}

/* What decodes encodes to the same bytes: no two inputs mean the same, and nothing is read from outside. */
static void chance_meets_only_clean_answers(void **state)
{
	struct example x = example_full(), y;
	struct arena a = {0};
	struct bytes b = encode(&a, &x);
	uint64_t seed = 99;
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < 8000; i++) {
		unsigned char *exact, buf[512];
		struct arena tmp = {0};
		struct err e = {0};
		size_t n;
		int r;

		assert_true(b.n < sizeof(buf));
		memcpy(buf, b.p, b.n);
		n = unit_mutate(&seed, buf, b.n);
		exact = malloc(n ? n : 1);
		memcpy(exact, buf, n);
		r = record_decode(&rec_example, exact, n, &tmp, &y, &e);
		if (r == 0) {
			struct bytes again = encode(&tmp, &y);

			assert_int_equal(again.n, n);
			assert_memory_equal(again.p, exact, n);
			good++;
		} else {
			assert_int_equal(r, -EBADMSG);
		}
		free(exact);
		arena_release(&tmp);
	}
	assert_true(good > 500);
	arena_release(&a);
}

/* A table that contains itself: the one way to endless recursion. */
struct chain {
	struct chain *next;
};
static const struct record rec_chain;
static const struct field chain_fields[] = {FIELD_SUB(struct chain, next, FK_OPT, &rec_chain)};
static const struct record rec_chain = RECORD(struct chain, chain_fields);

/* Each differs from the first in one thing. */
static void another_layout_has_another_number(void **state)
{
	static const char *const names[] = {"a", "b", NULL}, *const turned[] = {"b", "a", NULL};
	static const struct field deep[] = {{.name = "x", .kind = FK_U32}};
	static const struct record sub = {.fields = deep, .nfields = 1};
	static const struct field fields[][2] = {
		{{.name = "a", .kind = FK_U32}, {.name = "b", .kind = FK_ENUM, .names = names}},
		{{.name = "c", .kind = FK_U32}, {.name = "b", .kind = FK_ENUM, .names = names}},
		{{.name = "a", .kind = FK_I32}, {.name = "b", .kind = FK_ENUM, .names = names}},
		{{.name = "a", .kind = FK_U32}, {.name = "b", .kind = FK_ENUM, .names = turned}},
		{{.name = "b", .kind = FK_ENUM, .names = names}, {.name = "a", .kind = FK_U32}},
		{{.name = "a", .kind = FK_U32}, {.name = "b", .kind = FK_OPT, .sub = &sub}},
		{{.name = "a", .kind = FK_U32}, {.name = "b", .kind = FK_REC, .sub = &sub}},
	};
	enum { N = sizeof(fields) / sizeof(fields[0]) };
	uint32_t seen[N + 1];

	(void)state;
	for (size_t i = 0; i <= N; i++) {
		const struct record r = {.fields = fields[i % N], .nfields = i < N ? 2 : 1};

		seen[i] = record_layout(&r);
		assert_int_equal(seen[i], record_layout(&r));
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
	}
}

static void recursion_is_bounded(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct chain c;
	char *buf = malloc(100000);

	(void)state;
	memset(buf, 1, 100000);
	assert_fails(record_decode(&rec_chain, buf, 100000, &a, &c, &e), e, EBADMSG, "struct chain");
	free(buf);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_survives),
		cmocka_unit_test(nothing_survives_too),
		cmocka_unit_test(the_form_is_the_documented_one),
		cmocka_unit_test(every_cut_and_every_addition_is_noticed),
		cmocka_unit_test(lies_in_strings_are_noticed),
		cmocka_unit_test(lies_in_counts_and_enums_are_noticed),
		cmocka_unit_test(chance_meets_only_clean_answers),
		cmocka_unit_test(another_layout_has_another_number),
		cmocka_unit_test(recursion_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
