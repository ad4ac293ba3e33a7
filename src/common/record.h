/* SPDX-License-Identifier: Apache-2.0 */
/* Plain structs described once: the same table writes JSON for people, a compact binary form for state and
 * the gate, and reads both back. */
#ifndef URUNC_COMMON_RECORD_H
#define URUNC_COMMON_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

enum field_kind {
	FK_BOOL,  /* bool */
	FK_U32,   /* uint32_t */
	FK_I32,   /* int32_t */
	FK_U64,   /* uint64_t */
	FK_I64,   /* int64_t */
	FK_STR,   /* const char *; NULL is JSON null */
	FK_STRS,  /* struct strs; JSON array of strings */
	FK_U32S,  /* struct u32s; JSON array of numbers */
	FK_BYTES, /* struct bytes; JSON string when printable UTF-8, else {"base64":"…"} */
	FK_ENUM,  /* int; JSON string out of names[] (NULL-terminated, index = value) */
	FK_REC,   /* embedded struct sub; JSON object */
	FK_OPT,   /* pointer to struct sub; NULL is JSON null */
	FK_RECS,  /* struct { T *v; size_t n; }; JSON array of objects */
};

struct record;

struct field {
	const char *name;
	enum field_kind kind;
	size_t off;
	const struct record *sub; /* FK_REC, FK_OPT, FK_RECS */
	const char *const *names; /* FK_ENUM */
};

struct record {
	const char *name;
	size_t size;
	const struct field *fields;
	size_t nfields;
};

#define FIELD(type, member, kind_)                                                                           \
	{                                                                                                    \
		.name = #member, .kind = (kind_), .off = offsetof(type, member)                              \
	}
#define FIELD_SUB(type, member, kind_, sub_)                                                                 \
	{                                                                                                    \
		.name = #member, .kind = (kind_), .off = offsetof(type, member), .sub = (sub_)               \
	}
#define FIELD_ENUM(type, member, names_)                                                                     \
	{                                                                                                    \
		.name = #member, .kind = FK_ENUM, .off = offsetof(type, member), .names = (names_)           \
	}
#define RECORD(type, fields_)                                                                                \
	{                                                                                                    \
#type, sizeof(type), (fields_), sizeof(fields_) / sizeof((fields_)[0])                       \
	}

/* Appends the JSON object; indent > 0 gives one member a line. Keys in table order. */
void record_to_json(const struct record *r, const void *obj, int indent, struct strbuf *out);
/* Appends the binary form: little-endian, lengths before contents, no padding, no pointers. */
void record_encode(const struct record *r, const void *obj, struct strbuf *out);
/* A number of the binary form's layout: names, kinds and order of all that the record is made of. Changes when a description does, so
 * that what another version of the program has written is noticed, and not misread. r must not contain itself. */
uint32_t record_layout(const struct record *r);
/* Reads one object out of buf. Everything is bounds-checked: a truncated or hostile buffer is -EBADMSG.
 * Strings and arrays are allocated in a. All n bytes must be used. */
int record_decode(const struct record *r, const void *buf, size_t n, struct arena *a, void *ret_obj,
		  struct err *e) _must_check_;
/* Reads JSON text. Members may be missing (left zero); unknown members and wrong types are -EINVAL. */
int record_from_json(const struct record *r, struct bytes text, const char *what, struct arena *a,
		     void *ret_obj, struct err *e) _must_check_;

#endif
