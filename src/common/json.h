/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON reading on jansson, in an arena. */
#ifndef URUNC_COMMON_JSON_H
#define URUNC_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* All jansson memory comes from `a` from now on and is never freed singly. Seeds the hash once
 * (json_object_seed with a fixed non-zero seed is not safe against hostile keys: getrandom, falling
 * back to jansson's own). */
void json_use_arena(struct arena *a);
/* Parses one whole document: depth at most 64, no duplicate keys, no NUL in strings, no trailing text.
 * Needs json_use_arena before. `what` names the source; errors carry line and column. Integers from 2^63 to
 * 2^64-1, which jansson has no type for, are kept so that only json_u64 and json_get_u64 read them. */
int json_parse(struct bytes text, const char *what, json_t **ret, struct err *e) _must_check_;

/* Typed member access. `where` is the JSON path for messages ("process.user"). A missing member leaves
 * *ret alone and returns 0; a present one of another type is -EINVAL naming path and type. JSON null
 * counts as missing. Strings are borrowed from the tree (which the arena owns). */
int json_get_str(const json_t *o, const char *where, const char *key, const char **ret, struct err *e)
	_must_check_;
int json_get_bool(const json_t *o, const char *where, const char *key, bool *ret, struct err *e) _must_check_;
/* An integer within min..max; a float is refused. */
int json_get_int(const json_t *o, const char *where, const char *key, int64_t min, int64_t max, int64_t *ret,
		 struct err *e) _must_check_;
/* An unsigned integer of 64 bits. */
int json_get_u64(const json_t *o, const char *where, const char *key, uint64_t *ret, struct err *e)
	_must_check_;
bool json_u64(const json_t *v, uint64_t *ret); /* false: v is no such integer; *ret stays */
int json_get_obj(const json_t *o, const char *where, const char *key, const json_t **ret, struct err *e)
	_must_check_;
int json_get_arr(const json_t *o, const char *where, const char *key, const json_t **ret, struct err *e)
	_must_check_;
int json_get_strs(const json_t *o, const char *where, const char *key, struct arena *a, struct strs *ret,
		  struct err *e) _must_check_;
/* -EINVAL: "<where>.<key> must be <want>, not <what v is>". key may be "". */
int json_type_error(const json_t *v, const char *where, const char *key, const char *want, struct err *e);

#endif
