/* SPDX-License-Identifier: Apache-2.0 */
/* Records out of JSON text: golden tests and facts files. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/json.h"
#include "common/record.h"
#include "common/record_list.h"

#define MAX_DEPTH 16

/* Where in the document we are: a chain of names on the stack, turned into text only for an error. */
struct place {
	const struct place *up;
	const char *name;
	size_t index;
	bool is_index;
};

struct reader {
	const char *what;
	struct arena *a;
	unsigned depth;
};

static int read_record(struct reader *in, const struct record *r, const json_t *o, const struct place *at,
		       void *obj, struct err *e);

static size_t place_text(const struct place *p, char *buf, size_t n)
{
	size_t len = p->up ? place_text(p->up, buf, n) : 0;
	int w;

	if (len >= n)
		return len;
	if (p->is_index)
		w = snprintf(buf + len, n - len, "[%zu]", p->index);
	else
		w = snprintf(buf + len, n - len, "%s%s", len ? "." : "", p->name);
	return len + (w > 0 ? (size_t)w : 0);
}

static int wrong(const struct reader *in, const json_t *v, const struct place *at, const char *want,
		 struct err *e)
{
	char where[256] = "";

	if (place_text(at, where, sizeof(where)) == 0)
		snprintf(where, sizeof(where), "the document");
	json_type_error(v, where, "", want, e);
	return err_wrap(e, "%s", in->what);
}

static int read_signed(struct reader *in, const json_t *v, const struct place *at, int64_t min, int64_t max,
		       int64_t *ret, struct err *e)
{
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		return wrong(in, v, at, min == INT32_MIN ? "an integer of 32 bits" : "an integer of 64 bits",
			     e);
	*ret = json_integer_value(v);
	return 0;
}

static int read_unsigned(struct reader *in, const json_t *v, const struct place *at, uint64_t max,
			 uint64_t *ret, struct err *e)
{
	uint64_t n;

	if (!json_u64(v, &n) || n > max)
		return wrong(in, v, at,
			     max == UINT32_MAX ? "an integer from 0 to 2^32-1" : "an integer from 0 to 2^64-1",
			     e);
	*ret = n;
	return 0;
}

static int read_number(struct reader *in, const struct field *f, const json_t *v, const struct place *at,
		       void *mem, struct err *e)
{
	uint64_t u = 0;
	int64_t s = 0;
	int r;

	if (f->kind == FK_U32 || f->kind == FK_U64)
		r = read_unsigned(in, v, at, f->kind == FK_U32 ? UINT32_MAX : UINT64_MAX, &u, e);
	else if (f->kind == FK_I32)
		r = read_signed(in, v, at, INT32_MIN, INT32_MAX, &s, e);
	else
		r = read_signed(in, v, at, INT64_MIN, INT64_MAX, &s, e);
	if (r < 0)
		return r;
	if (f->kind == FK_U32)
		*(uint32_t *)mem = (uint32_t)u;
	else if (f->kind == FK_U64)
		*(uint64_t *)mem = u;
	else if (f->kind == FK_I32)
		*(int32_t *)mem = (int32_t)s;
	else
		*(int64_t *)mem = s;
	return 0;
}

static const char *text_of(const json_t *v)
{
	uint64_t big;

	/* A number that jansson could not hold travels as a string (json.h). */
	return json_is_string(v) && !json_u64(v, &big) ? json_string_value(v) : NULL;
}

static int read_strs(struct reader *in, const json_t *v, const struct place *at, struct strs *ret,
		     struct err *e)
{
	size_t n = json_array_size(v);
	const char **list;

	if (!json_is_array(v))
		return wrong(in, v, at, "an array of strings", e);
	list = arena_array(in->a, n + 1, sizeof(*list));
	if (!list)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.up = at, .index = i, .is_index = true};

		list[i] = text_of(json_array_get(v, i));
		if (!list[i])
			return wrong(in, json_array_get(v, i), &here, "a string", e);
	}
	ret->v = list;
	ret->n = n;
	return 0;
}

static int read_u32s(struct reader *in, const json_t *v, const struct place *at, struct u32s *ret,
		     struct err *e)
{
	size_t n = json_array_size(v);
	uint32_t *list;
	uint64_t u = 0;
	int r;

	if (!json_is_array(v))
		return wrong(in, v, at, "an array of numbers", e);
	list = arena_array(in->a, n, sizeof(*list));
	if (!list)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.up = at, .index = i, .is_index = true};

		r = read_unsigned(in, json_array_get(v, i), &here, UINT32_MAX, &u, e);
		if (r < 0)
			return r;
		list[i] = (uint32_t)u;
	}
	ret->v = n ? list : NULL;
	ret->n = n;
	return 0;
}

static int read_bytes(struct reader *in, const json_t *v, const struct place *at, struct bytes *ret,
		      struct err *e)
{
	const json_t *coded = json_object_get(v, "base64");
	const char *s = text_of(v);

	if (s) {
		*ret = (struct bytes){json_string_length(v) ? s : NULL, json_string_length(v)};
		return 0;
	}
	s = coded && json_object_size(v) == 1 ? text_of(coded) : NULL;
	if (!s)
		return wrong(in, v, at, "a string or {\"base64\": \"…\"}", e);
	if (base64_decode(in->a, s, strlen(s), ret, e) < 0)
		return err_wrap(e, "%s", in->what);
	return 0;
}

static int read_enum(struct reader *in, const struct field *f, const json_t *v, const struct place *at,
		     int *ret, struct err *e)
{
	const char *s = text_of(v);
	char want[200];
	size_t len = 0;

	for (int i = 0; s && f->names[i]; i++) {
		if (strcmp(s, f->names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	len = (size_t)snprintf(want, sizeof(want), "one of");
	for (size_t i = 0; f->names[i] && len < sizeof(want) - 1; i++)
		len += (size_t)snprintf(want + len, sizeof(want) - len, " %s", f->names[i]);
	return wrong(in, v, at, want, e);
}

static int read_recs(struct reader *in, const struct record *sub, const json_t *v, const struct place *at,
		     struct rec_list *ret, struct err *e)
{
	size_t n = json_array_size(v);
	char *list;
	int r;

	if (!json_is_array(v))
		return wrong(in, v, at, "an array of objects", e);
	list = arena_array(in->a, n, sub->size);
	if (!list)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.up = at, .index = i, .is_index = true};

		r = read_record(in, sub, json_array_get(v, i), &here, list + i * sub->size, e);
		if (r < 0)
			return r;
	}
	ret->v = n ? list : NULL;
	ret->n = n;
	return 0;
}

static int read_opt(struct reader *in, const struct record *sub, const json_t *v, const struct place *at,
		    void **ret, struct err *e)
{
	void *obj = arena_alloc(in->a, sub->size);
	int r;

	if (!obj)
		return err_oom(e);
	r = read_record(in, sub, v, at, obj, e);
	if (r < 0)
		return r;
	*ret = obj;
	return 0;
}

/* v is not null. */
static int read_value(struct reader *in, const struct field *f, const json_t *v, const struct place *at,
		      void *mem, struct err *e)
{
	switch (f->kind) {
	case FK_BOOL:
		if (!json_is_boolean(v))
			return wrong(in, v, at, "true or false", e);
		*(bool *)mem = json_is_true(v);
		return 0;
	case FK_U32:
	case FK_I32:
	case FK_U64:
	case FK_I64:
		return read_number(in, f, v, at, mem, e);
	case FK_STR:
		if (!text_of(v))
			return wrong(in, v, at, "a string", e);
		*(const char **)mem = text_of(v);
		return 0;
	case FK_STRS:
		return read_strs(in, v, at, mem, e);
	case FK_U32S:
		return read_u32s(in, v, at, mem, e);
	case FK_BYTES:
		return read_bytes(in, v, at, mem, e);
	case FK_ENUM:
		return read_enum(in, f, v, at, mem, e);
	case FK_REC:
		return read_record(in, f->sub, v, at, mem, e);
	case FK_OPT:
		return read_opt(in, f->sub, v, at, mem, e);
	case FK_RECS:
		return read_recs(in, f->sub, v, at, mem, e);
	}
	return err_set(e, EINVAL, "%s: field '%s' has an unknown kind", in->what, f->name);
}

static const struct field *find_field(const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->nfields; i++)
		if (strcmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}

static int read_record(struct reader *in, const struct record *r, const json_t *o, const struct place *at,
		       void *obj, struct err *e)
{
	const char *key;
	json_t *v;
	int ret;

	if (!json_is_object(o))
		return wrong(in, o, at, "an object", e);
	if (++in->depth > MAX_DEPTH)
		return err_set(e, EINVAL, "%s: nested too deep", in->what);
	json_object_foreach((json_t *)o, key, v)
	{
		const struct field *f = find_field(r, key);
		struct place here = {.up = at, .name = key};

		if (!f) {
			char where[256] = "";

			place_text(&here, where, sizeof(where));
			return err_set(e, EINVAL, "%s: unknown member '%s'", in->what, where);
		}
		if (json_is_null(v))
			continue;
		ret = read_value(in, f, v, &here, (char *)obj + f->off, e);
		if (ret < 0)
			return ret;
	}
	in->depth--;
	return 0;
}

int record_from_json(const struct record *r, struct bytes text, const char *what, struct arena *a,
		     void *ret_obj, struct err *e)
{
	struct reader in = {.what = what, .a = a};
	struct place top = {.name = ""};
	json_t *root;
	void *obj;
	int ret;

	json_use_arena(a);
	ret = json_parse(text, what, &root, e);
	if (ret < 0)
		return ret;
	obj = arena_alloc(a, r->size);
	if (!obj)
		return err_oom(e);
	ret = read_record(&in, r, root, &top, obj, e);
	if (ret < 0)
		return ret;
	memcpy(ret_obj, obj, r->size);
	return 0;
}
