/* SPDX-License-Identifier: Apache-2.0 */
/* A record with a member of every kind, for the tests of records. */
#ifndef URUNC_TESTS_RECORD_EXAMPLE_H
#define URUNC_TESTS_RECORD_EXAMPLE_H

#include "common/record.h"

struct inner {
	const char *name;
	uint32_t n;
};
struct example {
	bool flag;
	uint32_t u32;
	int32_t i32;
	uint64_t u64;
	int64_t i64;
	const char *str;
	struct strs strs;
	struct u32s u32s;
	struct bytes bytes;
	int color;
	struct inner rec;
	struct inner *opt;
	struct {
		struct inner *v;
		size_t n;
	} recs;
};

static const char *const color_names[] = {"red", "green", "blue", NULL};
static const struct field inner_fields[] = {
	FIELD(struct inner, name, FK_STR),
	FIELD(struct inner, n, FK_U32),
};
static const struct record rec_inner = RECORD(struct inner, inner_fields);
static const struct field example_fields[] = {
	FIELD(struct example, flag, FK_BOOL),
	FIELD(struct example, u32, FK_U32),
	FIELD(struct example, i32, FK_I32),
	FIELD(struct example, u64, FK_U64),
	FIELD(struct example, i64, FK_I64),
	FIELD(struct example, str, FK_STR),
	FIELD(struct example, strs, FK_STRS),
	FIELD(struct example, u32s, FK_U32S),
	FIELD(struct example, bytes, FK_BYTES),
	FIELD_ENUM(struct example, color, color_names),
	FIELD_SUB(struct example, rec, FK_REC, &rec_inner),
	FIELD_SUB(struct example, opt, FK_OPT, &rec_inner),
	FIELD_SUB(struct example, recs, FK_RECS, &rec_inner),
};
static const struct record rec_example = RECORD(struct example, example_fields);

static inline struct example example_full(void)
{
	static const char *words[] = {"one", "", "three \"3\""};
	static uint32_t numbers[] = {0, 7, UINT32_MAX};
	static struct inner opt = {"opt", 1}, recs[] = {{NULL, 2}, {"b\n", 3}};

	return (struct example){
		.flag = true,
		.u32 = UINT32_MAX,
		.i32 = INT32_MIN,
		.u64 = UINT64_MAX,
		.i64 = INT64_MIN,
		.str = "",
		.strs = {words, 3},
		.u32s = {numbers, 3},
		.bytes = {"\0\xff", 2},
		.color = 2,
		.rec = {"r", 9},
		.opt = &opt,
		.recs = {recs, 2},
	};
}

#endif
