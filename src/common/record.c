/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of records. Numbers little-endian; a string is u32 (0 = NULL, else its length with the NUL)
 * and the bytes with the NUL, so that a reader can use it in place; lists have a u32 count before them. */
#include "common/record.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/record_list.h"

#define MAX_DEPTH 16 /* tables have no cycles; this catches one that does */

/* --- writing --- */

static void put_le(struct strbuf *out, uint64_t v, size_t n)
{
	unsigned char b[8];

	for (size_t i = 0; i < n; i++, v >>= 8)
		b[i] = (unsigned char)v;
	sb_addn(out, b, n);
}

static void put_count(struct strbuf *out, size_t n)
{
	if (n >= UINT32_MAX)
		out->oom = true;
	else
		put_le(out, n, 4);
}

static void put_str(struct strbuf *out, const char *s)
{
	size_t n = s ? strlen(s) + 1 : 0;

	put_count(out, n);
	sb_addn(out, s, n);
}

static void put_field(const struct field *f, const void *at, struct strbuf *out)
{
	const struct strs *strs = at;
	const struct u32s *u32s = at;
	const struct bytes *bytes = at;
	const struct rec_list *list = at;
	const void *sub;

	switch (f->kind) {
	case FK_BOOL:
		sb_addc(out, *(const bool *)at ? 1 : 0);
		break;
	case FK_U32:
	case FK_I32:
	case FK_ENUM:
		put_le(out, *(const uint32_t *)at, 4);
		break;
	case FK_U64:
	case FK_I64:
		put_le(out, *(const uint64_t *)at, 8);
		break;
	case FK_STR:
		put_str(out, *(const char *const *)at);
		break;
	case FK_STRS:
		put_count(out, strs->n);
		for (size_t i = 0; i < strs->n; i++)
			put_str(out, strs->v[i]);
		break;
	case FK_U32S:
		put_count(out, u32s->n);
		for (size_t i = 0; i < u32s->n; i++)
			put_le(out, u32s->v[i], 4);
		break;
	case FK_BYTES:
		put_count(out, bytes->n);
		sb_addn(out, bytes->p, bytes->n);
		sb_addc(out, 0);
		break;
	case FK_REC:
		record_encode(f->sub, at, out);
		break;
	case FK_OPT:
		sub = *(const void *const *)at;
		sb_addc(out, sub ? 1 : 0);
		if (sub)
			record_encode(f->sub, sub, out);
		break;
	case FK_RECS:
		put_count(out, list->n);
		for (size_t i = 0; i < list->n; i++)
			record_encode(f->sub, (const char *)list->v + i * f->sub->size, out);
		break;
	}
}

void record_encode(const struct record *r, const void *obj, struct strbuf *out)
{
	for (size_t i = 0; i < r->nfields; i++)
		put_field(&r->fields[i], (const char *)obj + r->fields[i].off, out);
}

/* FNV-1a, each string with its end. */
static uint32_t mix(uint32_t h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * 16777619u;
	while (*s++ != '\0');
	return h;
}

static uint32_t mix_record(uint32_t h, const struct record *r)
{
	for (size_t i = 0; i < r->nfields; i++) {
		const struct field *f = &r->fields[i];

		h = (mix(h, f->name) ^ (uint32_t)f->kind) * 16777619u;
		for (size_t k = 0; f->kind == FK_ENUM && f->names[k] != NULL; k++)
			h = mix(h, f->names[k]);
		if (f->sub != NULL)
			h = mix_record(h, f->sub);
	}
	return mix(h, "}");
}

uint32_t record_layout(const struct record *r)
{
	return mix_record(2166136261u, r);
}

/* --- reading --- */

struct reader {
	char *p; /* our copy of the input: strings stay in it */
	size_t left;
	struct arena *a;
	unsigned depth;
	bool oom;
};

static int get_record(struct reader *in, const struct record *r, void *obj);

static char *take(struct reader *in, size_t n)
{
	char *p = in->p;

	if (n > in->left)
		return NULL;
	in->p += n;
	in->left -= n;
	return p;
}

static int get_le(struct reader *in, size_t n, uint64_t *ret)
{
	const unsigned char *b = (const unsigned char *)take(in, n);
	uint64_t v = 0;

	if (!b)
		return -1;
	for (size_t i = n; i-- > 0;)
		v = v << 8 | b[i];
	*ret = v;
	return 0;
}

/* A count of things that take at least min_bytes each. */
static int get_count(struct reader *in, size_t min_bytes, size_t *ret)
{
	uint64_t n;

	if (get_le(in, 4, &n) < 0 || n > in->left / min_bytes)
		return -1;
	*ret = (size_t)n;
	return 0;
}

static int get_flag(struct reader *in, bool *ret)
{
	uint64_t v;

	if (get_le(in, 1, &v) < 0 || v > 1)
		return -1;
	*ret = v == 1;
	return 0;
}

static int get_str(struct reader *in, const char **ret)
{
	size_t n;
	char *s;

	if (get_count(in, 1, &n) < 0)
		return -1;
	if (!n) {
		*ret = NULL;
		return 0;
	}
	s = take(in, n);
	if (!s || memchr(s, 0, n) != s + n - 1)
		return -1;
	*ret = s;
	return 0;
}

/* A zeroed array, or NULL with oom noted. */
static void *get_array(struct reader *in, size_t n, size_t size)
{
	void *v = arena_array(in->a, n, size);

	if (!v)
		in->oom = true;
	return v;
}

static int get_strs(struct reader *in, struct strs *ret)
{
	size_t n;

	if (get_count(in, 5, &n) < 0)
		return -1;
	ret->v = get_array(in, n + 1, sizeof(*ret->v));
	if (!ret->v)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (get_str(in, &ret->v[i]) < 0 || !ret->v[i])
			return -1;
	ret->n = n;
	return 0;
}

static int get_u32s(struct reader *in, struct u32s *ret)
{
	uint64_t v;
	size_t n;

	if (get_count(in, 4, &n) < 0)
		return -1;
	if (!n)
		return 0;
	ret->v = get_array(in, n, sizeof(*ret->v));
	if (!ret->v)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (get_le(in, 4, &v) < 0)
			return -1;
		ret->v[i] = (uint32_t)v;
	}
	ret->n = n;
	return 0;
}

static int get_bytes(struct reader *in, struct bytes *ret)
{
	size_t n;
	char *p;

	if (get_count(in, 1, &n) < 0)
		return -1;
	p = take(in, n + 1);
	if (!p || p[n])
		return -1;
	ret->p = n ? p : NULL;
	ret->n = n;
	return 0;
}

static int get_opt(struct reader *in, const struct record *sub, void **ret)
{
	bool there;
	void *obj;

	if (get_flag(in, &there) < 0)
		return -1;
	if (!there)
		return 0;
	obj = get_array(in, 1, sub->size);
	if (!obj || get_record(in, sub, obj) < 0)
		return -1;
	*ret = obj;
	return 0;
}

static int get_list(struct reader *in, const struct record *sub, struct rec_list *ret)
{
	size_t n, min = record_min_bytes(sub);

	/* What a hostile count can make us allocate is bounded by the input's own size. */
	if (get_count(in, min ? min : 1, &n) < 0)
		return -1;
	if (!n)
		return 0;
	ret->v = get_array(in, n, sub->size);
	if (!ret->v)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (get_record(in, sub, (char *)ret->v + i * sub->size) < 0)
			return -1;
	ret->n = n;
	return 0;
}

static int get_number(struct reader *in, const struct field *f, void *at)
{
	size_t size = f->kind == FK_U64 || f->kind == FK_I64 ? 8 : 4;
	uint64_t v;

	if (get_le(in, size, &v) < 0)
		return -1;
	if (f->kind == FK_ENUM && v >= record_enum_count(f))
		return -1;
	if (size == 8)
		*(uint64_t *)at = v;
	else
		*(uint32_t *)at = (uint32_t)v;
	return 0;
}

static int get_field(struct reader *in, const struct field *f, void *at)
{
	switch (f->kind) {
	case FK_BOOL:
		return get_flag(in, at);
	case FK_U32:
	case FK_I32:
	case FK_ENUM:
	case FK_U64:
	case FK_I64:
		return get_number(in, f, at);
	case FK_STR:
		return get_str(in, at);
	case FK_STRS:
		return get_strs(in, at);
	case FK_U32S:
		return get_u32s(in, at);
	case FK_BYTES:
		return get_bytes(in, at);
	case FK_REC:
		return get_record(in, f->sub, at);
	case FK_OPT:
		return get_opt(in, f->sub, at);
	case FK_RECS:
		return get_list(in, f->sub, at);
	}
	return -1;
}

static int get_record(struct reader *in, const struct record *r, void *obj)
{
	if (++in->depth > MAX_DEPTH)
		return -1;
	for (size_t i = 0; i < r->nfields; i++)
		if (get_field(in, &r->fields[i], (char *)obj + r->fields[i].off) < 0)
			return -1;
	in->depth--;
	return 0;
}

int record_decode(const struct record *r, const void *buf, size_t n, struct arena *a, void *ret_obj,
		  struct err *e)
{
	struct reader in = {.p = arena_memdup(a, buf, n), .left = n, .a = a};
	void *obj = arena_alloc(a, r->size);

	if (!in.p || !obj)
		return err_oom(e);
	if (get_record(&in, r, obj) < 0)
		return in.oom ? err_oom(e)
			      : err_set(e, EBADMSG, "malformed binary %s: bad at byte %zu of %zu", r->name,
					n - in.left, n);
	if (in.left)
		return err_set(e, EBADMSG, "malformed binary %s: %zu bytes too many", r->name, in.left);
	memcpy(ret_obj, obj, r->size);
	return 0;
}
